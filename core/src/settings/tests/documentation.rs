//! `docs/settings.md` says all that the settings know, and nothing else.

use std::collections::BTreeMap;

use super::super::load::examine;
use super::super::log::Log;
use super::{environment, good};

const DOCUMENT: &str = include_str!("../../../../docs/settings.md");

/// Every variable and key, with its default.
pub(super) fn known() -> BTreeMap<String, String> {
    let log = Log::default();
    let settings = examine(&environment(&[]), None, &|_| Err(String::new()), &log);
    assert!(settings.is_some());
    log.known()
}

/// The rows `| `key` | type | default | effect |`.
fn documented() -> BTreeMap<String, String> {
    let row = |line: &str| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let key = cells.next()?.trim_end_matches('`').to_owned();
        let default = cells.nth(1)?.trim_matches('`').to_owned();
        Some((key, default))
    };
    DOCUMENT.lines().filter_map(row).collect()
}

#[test]
fn every_key_is_documented_with_its_default() {
    assert_eq!(documented(), known());
}

#[test]
fn every_row_is_whole() {
    for line in DOCUMENT.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches(['|', ' ']).split(" | ").collect();
        assert!(
            cells.len() == 4 && cells.iter().all(|cell| !cell.trim().is_empty()),
            "{line}"
        );
    }
}

#[test]
fn the_example_loads() {
    let (_, example) = DOCUMENT.split_once("```yaml\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let settings = good(example);
    assert!(
        settings.authentication.two_factor && settings.smtp.is_some() && settings.reset_password.is_some()
    );
    assert!(settings.warnings().is_empty(), "{:?}", settings.warnings());
}

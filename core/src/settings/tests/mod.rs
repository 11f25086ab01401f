//! What the settings accept and refuse.

mod documentation;
mod files;
mod geomapfish;
mod keys;
mod networks;
mod robustness;
mod variables;

use std::collections::BTreeMap;

use super::{Environment, Settings, load};

const REQUIRED: [(&str, &str); 3] = [
    ("MAPGATE_BASE_URL", "https://map.example.com/portal/"),
    ("MAPGATE_TABLE", "mapgate"),
    ("MAPGATE_SECRETS", "mapgate/keys"),
];

/// The variables that must be there, and `more`.
fn environment(more: &[(&str, &str)]) -> Environment {
    REQUIRED.iter().chain(more).copied().collect()
}

/// Settings from `vars.yaml`, or the faults as they are printed.
fn settings(yaml: &str, more: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
    settings_of(yaml, more, &[])
}

fn settings_of(yaml: &str, more: &[(&str, &str)], files: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
    let files: BTreeMap<&str, &str> = files.iter().copied().collect();
    let read = |path: &str| {
        files
            .get(path)
            .map(|text| (*text).to_owned())
            .ok_or("no such file".to_owned())
    };
    let loaded = load(&environment(more), Some(("vars.yaml", yaml)), &read);
    loaded.map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

fn good(yaml: &str) -> Settings {
    settings(yaml, &[]).unwrap()
}

fn faults(yaml: &str) -> Vec<String> {
    settings(yaml, &[]).unwrap_err()
}

//! The real clients of `tests/clients`.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

/// The repository's folder.
///
/// # Panics
/// Never: the tests lie in a folder of it.
#[must_use]
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Runs a script of `tests/clients` and returns the JSON that it prints.
///
/// # Panics
/// Where it fails: `tests/run` installs what the scripts need, and leaves their tests out where it cannot.
pub async fn client(script: &str, arguments: &[&str]) -> Value {
    let environment = repository().join(".venv/bin/python");
    let path = repository().join("tests/clients").join(script);
    // A script that needs the system's own Python, for QGIS's packages, says so.
    let text = std::fs::read_to_string(&path).unwrap();
    let python = if text.starts_with("#!/usr/bin/python3") {
        "/usr/bin/python3".into()
    } else if environment.exists() {
        environment
    } else {
        "python3".into()
    };
    let mut command = Command::new(python);
    command.arg(path).args(arguments);
    let output = command
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let (told, said) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    );
    assert!(
        output.status.success(),
        "{script} failed (does tests/run install what it needs?): {said}{told}"
    );
    match serde_json::from_str(told.trim()) {
        Ok(value) => value,
        Err(error) => panic!("{script}: {error}: {told}{said}"),
    }
}

//! The real clients of `tests/clients`.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;

use crate::Actor;

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
    let mut command = command(script, arguments);
    told(script, command.stdin(Stdio::null()).output().await.unwrap())
}

/// The same with a script that has its user's browser open pages. A line `{"open": URL}` of it asks for that; it is told
/// the URL that `username` was sent back to, after signing in and allowing what was asked with `browser`.
///
/// # Panics
/// Where it fails, or the sign-in does.
pub async fn client_of(browser: &Actor, username: &str, script: &str, arguments: &[&str]) -> Value {
    let mut command = command(script, arguments);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut stdout = Vec::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        let said: Option<Value> = serde_json::from_str(&line).ok();
        if let Some(url) = said.as_ref().and_then(|said| said["open"].as_str()) {
            let back = browser.authorize(url, username).await;
            input.write_all(format!("{back}\n").as_bytes()).await.unwrap();
        } else {
            stdout.extend(line.into_bytes());
        }
    }
    drop(input);
    let output = child.wait_with_output().await.unwrap();
    told(script, Output { stdout, ..output })
}

/// The Python with what `tests/clients/requirements.txt` names.
#[must_use]
pub fn python() -> PathBuf {
    repository().join(".venv/bin/python")
}

/// What runs a script: its name's ending and its first line say.
fn command(script: &str, arguments: &[&str]) -> Command {
    let environment = python();
    let path = repository().join("tests/clients").join(script);
    // A script that needs the system's own Python, for QGIS's packages, says so.
    let text = std::fs::read_to_string(&path).unwrap();
    let interpreter = if path.extension().is_some_and(|ending| ending == "mjs") {
        "node".into()
    } else if text.starts_with("#!/usr/bin/python3") {
        "/usr/bin/python3".into()
    } else if environment.exists() {
        environment
    } else {
        "python3".into()
    };
    let mut command = Command::new(interpreter);
    command.arg(path).args(arguments).kill_on_drop(true);
    command
}

fn told(script: &str, output: Output) -> Value {
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

//! Load by wrk, on the clients' core.

use crate::site::{CLIENT_CORE, pinned};

const CONNECTIONS: &str = "16";

/// What wrk asks for.
pub struct Load<'a> {
    pub url: &'a str,
    /// One header; empty for none.
    pub header: &'a str,
    /// A form makes it a POST.
    pub form: Option<&'a str>,
    pub seconds: u64,
}

/// Requests a second, and the 99th percentile in milliseconds.
pub fn load(load: &Load<'_>) -> (f64, f64) {
    let mut command = pinned(CLIENT_CORE, "wrk");
    command.args(["-t1", "--latency", "-c", CONNECTIONS]);
    command.arg(format!("-d{}s", load.seconds));
    if !load.header.is_empty() {
        command.args(["-H", load.header]);
    }
    let folder = tempfile::tempdir().expect("a folder");
    if let Some(form) = load.form {
        let script = folder.path().join("post.lua");
        let text = format!(
            "wrk.method = \"POST\"\nwrk.body = \"{form}\"\nwrk.headers[\"Content-Type\"] = \"{}\"\n",
            crate::client::FORM
        );
        std::fs::write(&script, text).expect("written");
        command.arg("-s").arg(script);
    }
    let output = command.arg(load.url).output().expect("wrk runs");
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(!text.contains("Non-2xx"), "{}: {text}", load.url);
    let figure = |name: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(name));
        line.unwrap_or_else(|| panic!("{name}: {text}")).trim().to_owned()
    };
    let rate = figure("Requests/sec:").parse().expect("a rate");
    let tail = figure("99%");
    let (digits, unit) = tail.split_at(
        tail.find(|letter: char| letter.is_alphabetic())
            .unwrap_or(tail.len()),
    );
    let scale = match unit {
        "us" => 0.001,
        "s" => 1000.0,
        _ => 1.0,
    };
    (rate, digits.parse::<f64>().expect("a time") * scale)
}

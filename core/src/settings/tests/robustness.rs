//! No document, however made, may end in anything but settings or faults.

use std::fmt::Write;

use proptest::prelude::*;

use super::super::{Environment, load};
use super::{environment, faults, settings};

fn try_load(text: &str) {
    let _ = load(&environment(&[]), Some(("vars.yaml", text)), &|_| {
        Ok(text.to_owned())
    });
}

#[test]
fn deep_nesting_is_a_fault() {
    for text in [
        "[".repeat(100_000),
        "{a: ".repeat(100_000),
        "- ".repeat(100_000),
        "? ".repeat(100_000),
    ] {
        assert_eq!(faults(&text).len(), 1);
    }
    let mut blocks = String::new();
    for depth in 0..1_000 {
        let _ = writeln!(blocks, "{}a:", " ".repeat(depth));
    }
    assert_eq!(faults(&blocks), ["vars.yaml:65: nested deeper than 64 levels"]);
}

#[test]
fn aliases_that_multiply_are_a_fault() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..20 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        let _ = writeln!(text, "a{level}: &a{level} [{aliases}]");
    }
    assert_eq!(
        faults(&text),
        ["vars.yaml:6: more than 100000 values, aliases counted at each use"]
    );
    assert_eq!(
        faults("vars: &a\n  b: *a\n"),
        ["vars.yaml:2: an alias must not hold itself"]
    );
}

#[test]
fn too_large_a_file_is_a_fault() {
    let text = format!("# {}\nvars: {{}}\n", "x".repeat(1 << 20));
    assert_eq!(faults(&text), ["vars.yaml: larger than 1048576 bytes"]);
}

#[test]
fn odd_documents_are_faults_or_nothing() {
    for text in [
        "",
        "\u{feff}",
        "---\n",
        "# only a comment",
        "vars:",
        "vars: ~",
        "\r\nvars:\r\n  hide_capabilities: yes\r\n",
    ] {
        assert!(settings(text, &[]).is_ok(), "{text:?}");
    }
    for text in [
        "text",
        "[1]",
        "vars: 1",
        "vars: []",
        "a: b\n---\nc: d",
        "vars: {a: 1, a: 2}",
        "a: *b",
        "{",
        "\t- a",
        "? [a]\n: b",
    ] {
        assert_eq!(faults(text).len(), 1, "{text:?}");
    }
}

/// Pieces of settings files, so that random documents get far.
fn yaml() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "vars:",
        "\n",
        "\n  ",
        "\n    ",
        "\n      ",
        "- ",
        "authentication:",
        "intranet:",
        "networks:",
        "10.0.0.0/8",
        "headers:",
        "login:",
        "&a ",
        "*a",
        "<<: ",
        "{",
        "}",
        "[",
        "]",
        "smtp:",
        "host:",
        "password:",
        "x",
        ": ",
        "'",
        "\"",
        "|",
        ">",
        "!!str ",
        "!x ",
        "? ",
        "---",
        "...",
        "extends: vars.yaml",
        "environment:",
        "{NAME}",
        "name: NAME",
        "%s",
        "targets:",
        "ldap:",
        "1",
        "true",
        "null",
        "~",
        "# c",
        "\t",
        "é",
        "\u{0}",
        "\u{85}",
        "\\",
        ",",
        "argon2:",
        "\r\n",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>()) {
        try_load(&text);
    }

    #[test]
    fn no_yaml_panics(text in yaml()) {
        try_load(&text);
    }

    #[test]
    fn no_value_panics(key in prop::sample::select(KEYS.to_vec()), value in any::<String>()) {
        let (section, key) = key;
        try_load(&format!("vars:\n  {section}:\n    {key}: {value:?}\n"));
        try_load(&format!("vars:\n  {section}:\n    {key}: [{value:?}]\n"));
        try_load(&format!("vars:\n  {section}:\n    {key}: {{a: {value:?}}}\n"));
    }

    #[test]
    fn no_environment_panics(values in prop::collection::vec(any::<String>(), 8)) {
        let names = ["MAPGATE_BASE_URL", "MAPGATE_TABLE", "MAPGATE_SECRETS", "MAPGATE_SETTINGS", "AUTHTKT_TIMEOUT",
            "AUTHTKT_SECRET", "AUTHTKT_COOKIENAME", "BASICAUTH"];
        let environment: Environment = names.into_iter().zip(values).collect();
        let _ = load(&environment, None, &|_| Err(String::new()));
    }
}

const KEYS: [(&str, &str); 10] = [
    ("intranet", "networks"),
    ("resourceproxy", "targets"),
    ("resourceproxy", "allowed_headers"),
    ("http_options", "timeout"),
    ("smtp", "host"),
    ("headers", "login"),
    ("reset_password", "email_body"),
    ("urllogin", "aes_key"),
    ("authentication", "allowed_hosts"),
    ("authentication", "max_consecutive_failures"),
];

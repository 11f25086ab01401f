//! Attempts to make the proxy ask for something else. Nothing of them may reach anybody.

use http::StatusCode;
use mapgate_tests::gate::get;

use super::backend::{World, path};

/// Values that would leave their place in a path, or are no tuple.
const IN_A_PATH: &[&str] = &[
    "'.'",
    "'..'",
    "'../'",
    "'../..'",
    "'../admin'",
    "'..\\\\'",
    "'..\\\\admin'",
    "'x/../../admin'",
    "'x\\\\..\\\\admin'",
    "'/..'",
    "'/../admin'",
    "'//..'",
    "'./.'",
    "'%2e%2e'",
    "'%2E%2E/admin'",
    "'.%2e'",
    "'%2e.'",
    "'%252e%252e%252fadmin'",
    "'%25252e%25252e'",
    "'..%2fadmin'",
    "'..%5cadmin'",
    "'%2e%2e%2fadmin'",
    "'%2e%2e%5cadmin'",
    "'..;/admin'",
    "'..;x=y/admin'",
    "'.. '",
    "'．．'",
    "'．．／admin'",
    "'‥/admin'",
    "'․․/admin'",
    r"'\x2e\x2e'",
    r"'\u002e\u002e/admin'",
    r"'\U0000002e\U0000002e'",
    r"'\uff0e\uff0e'",
    r#""..""#,
    r#"("..",)"#,
];

/// Control characters: of a header, of a log, of a C string.
const CONTROLS: &[&str] = &[
    "'x\r\nX-Injected: 1'",
    "'x\nX-Injected: 1'",
    "'x\r\n\r\nGET /admin HTTP/1.1\r\nHost: x'",
    r"'x\r\nX-Injected: 1'",
    r"'\x0d\x0a'",
    r"'\u000d\u000a'",
    r"'x\x00.png'",
    "'x\0'",
    r"'\x1b[2J'",
    "'\u{7f}'",
    "'\u{85}'",
    r"'\x85'",
    "'\t'",
];

/// No tuples: code, structures, half ones.
const NO_TUPLES: &[&str] = &[
    "__import__('os').system('id')",
    "open('/etc/passwd').read()",
    "(1).__class__",
    "lambda: 1",
    "[1]",
    "{'a': 1}",
    "{1}",
    "((1,),)",
    "(1",
    "1)",
    "'",
    "'x",
    "x",
    "None",
    "1+1",
    "1 or 1",
    "'a' 'b'",
    "'a'+'b'",
    "'a' % 1",
    "'%s' % 'a'",
    "f'{1}'",
    "b'..'",
    "0x2e2e",
    "9**9**9",
    "'x'*999999999",
    "1;2",
    "1#",
    "(1,)#",
    "(1)(2)",
    "*'a'",
    "@x",
    "$(id)",
    "`id`",
];

#[tokio::test]
async fn t117_attempts_reach_nobody() {
    let world = World::new().await;
    let attempts = IN_A_PATH.iter().chain(CONTROLS).chain(NO_TUPLES);
    assert!(attempts.clone().count() >= 60);
    for values in attempts {
        let answer = world.ask("one", values).await;
        assert_eq!(
            answer.status,
            StatusCode::BAD_REQUEST,
            "{values:?}: {}",
            answer.body
        );
    }
    for (target, values) in [
        ("glued", "'.'"),
        ("glued", "'./x'"),
        ("glued", "''"),
        ("query", "'a\r\nb'"),
    ] {
        assert_eq!(
            world.ask(target, values).await.status,
            StatusCode::BAD_REQUEST,
            "{target} {values:?}"
        );
    }
    assert_eq!(world.seen(), Vec::<String>::new());
    assert_eq!(world.elsewhere(), 0);
}

/// Names of targets are names, nothing else.
#[tokio::test]
async fn t114_a_url_is_no_target() {
    let world = World::new().await;
    for target in [
        world.url.clone(),
        format!("{}/admin", world.url),
        "http://169.254.169.254/".to_owned(),
        "//evil".to_owned(),
        "file:///etc/passwd".to_owned(),
        "one/../one".to_owned(),
        "one ".to_owned(),
        " one".to_owned(),
        "one\0".to_owned(),
        "one,parcel".to_owned(),
        "targets".to_owned(),
        "__proto__".to_owned(),
        "*".to_owned(),
        "o%6ee".to_owned(),
    ] {
        assert_eq!(
            world.ask(&target, "1").await.status,
            StatusCode::BAD_REQUEST,
            "{target:?}"
        );
    }
    assert_eq!(world.seen(), Vec::<String>::new());
    // Whatever else is asked for beside it has no effect.
    let asked = format!("{}&url={}/admin&host=evil&map=/x", path("one", "1"), world.url);
    assert_eq!(world.send(get(&asked)).await.status, StatusCode::OK);
    assert_eq!(world.seen(), ["GET /one/1/end?own=1"]);
}

/// What is let through is one value in its place, whatever it holds.
#[tokio::test]
async fn t117_what_passes_stays_in_its_place() {
    let world = World::new().await;
    for (value, encoded) in [
        ("a/b", "a%2Fb"),
        ("a\\\\b", "a%5Cb"),
        ("?own=2", "%3Fown%3D2"),
        ("x#y", "x%23y"),
        ("x&own=2", "x%26own%3D2"),
        ("x;own=2", "x%3Bown%3D2"),
        ("@evil.example", "%40evil.example"),
        (":80@evil.example/", "%3A80%40evil.example%2F"),
        ("http://evil.example/", "http%3A%2F%2Fevil.example%2F"),
        ("//evil.example", "%2F%2Fevil.example"),
        ("%2f%2fevil.example", "%252f%252fevil.example"),
        ("%0d%0aX: 1", "%250d%250aX%3A%201"),
        ("a..b", "a..b"),
        ("...", "..."),
        ("+", "%2B"),
        (" ", "%20"),
        ("<script>", "%3Cscript%3E"),
        (
            "' OR 1=1 --".replace('\'', "\\'").as_str(),
            "%27%20OR%201%3D1%20--",
        ),
        ("é", "%C3%A9"),
        ("\u{202e}", "%E2%80%AE"),
        ("%s", "%25s"),
        ("{0}", "%7B0%7D"),
        ("", ""),
    ] {
        for (target, reached) in [
            ("one", format!("GET /one/{encoded}/end?own=1")),
            ("query", format!("GET /query?q={encoded}&own=1")),
        ] {
            let answer = world.ask(target, &format!("('{value}',)")).await;
            assert_eq!(answer.status, StatusCode::OK, "{value}: {}", answer.body);
            assert_eq!(world.seen(), [reached], "{value}");
        }
    }
    assert_eq!(
        world.ask("query", "'../..'").await.status,
        StatusCode::OK,
        "in a query dots are dots"
    );
    assert_eq!(world.seen(), ["GET /query?q=..%2F..&own=1"]);
    assert_eq!(world.elsewhere(), 0);
}

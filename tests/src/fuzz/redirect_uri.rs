//! Redirect URIs as a request names them.

use std::sync::LazyLock;

use mapgate_core::oauth::{RedirectMatch, match_redirect_uri, valid_redirect_uri};
use url::Url;

pub(super) const SEEDS: &[&[u8]] = &[
    b"http://127.0.0.1:7070/",
    b"http://[::1]:51004/cb",
    b"http://localhost",
    b"http://127.0.0.1:0/",
    b"https://a.example/cb?x=1",
    b"org.example.app:/cb",
];

pub(super) const WORDS: &[&[u8]] = &[
    b"http://",
    b"https://",
    b"HTTP://",
    b"127.0.0.1",
    b"127.1",
    b"0x7f.1",
    b"[::1]",
    b"[::ffff:127.0.0.1]",
    b"localhost",
    b".evil.example",
    b"a.example",
    b"@",
    b":",
    b"/",
    b"//",
    b"\\",
    b"?",
    b"#",
    b"%",
    b"%2f",
    b"..",
    b"/cb",
    b"?x=1",
    b"7070",
    b"0",
    b"65536",
    b"\t",
    b"\r\n",
    b" ",
    b"\xe3\x80\x82",
];

static REGISTERED: LazyLock<Vec<String>> = LazyLock::new(|| {
    let registered = [
        "http://127.0.0.1/",
        "http://[::1]/cb",
        "http://localhost:8080/",
        "https://a.example/cb?x=1",
        "org.example.app:/cb",
    ];
    registered.map(str::to_owned).to_vec()
});

/// A request names this redirect URI.
///
/// # Panics
/// Where it is taken for a client's though a browser would go elsewhere with it.
pub fn redirect_uri(input: &[u8]) {
    let Ok(requested) = std::str::from_utf8(input) else {
        return;
    };
    if match_redirect_uri(requested, &REGISTERED) == RedirectMatch::Unknown {
        return;
    }
    assert!(valid_redirect_uri(requested), "{requested}");
    let asked = Url::parse(requested).unwrap();
    let is_same = REGISTERED.iter().any(|own| {
        let own = Url::parse(own).unwrap();
        let is_free = own.scheme() == "http";
        own.scheme() == asked.scheme()
            && own.host() == asked.host()
            && (is_free || own.port() == asked.port())
            && (own.path(), own.query()) == (asked.path(), asked.query())
    });
    let is_plain = asked.username().is_empty() && asked.password().is_none() && asked.fragment().is_none();
    assert!(is_same && is_plain, "{requested}");
}

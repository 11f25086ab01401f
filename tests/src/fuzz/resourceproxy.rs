//! The resource proxy's `values`, and the address that they become.

use mapgate_resourceproxy::address::address;
use mapgate_resourceproxy::values::parse;
use percent_encoding::percent_decode_str;

/// Whole inputs.
pub const SEEDS: &[&[u8]] = &[
    b"(175,2633)",
    b"(1,'a b')",
    b"(1,)",
    b"-1.5e+3",
    b"('it\\'s',\"\\x41\\u00e9\\U0001F5FA\")",
    b"('..','%2e%2e/')",
    b"('a\\r\\nb','\\x00')",
    b"('a/b?c#d&e=f','@evil:80')",
];
/// What tuples are made of.
pub const WORDS: &[&[u8]] = &[
    b"(",
    b")",
    b",",
    b"'",
    b"\"",
    b"\\",
    b" ",
    b"0",
    b"1",
    b"-",
    b"+",
    b".",
    b"..",
    b"e",
    b"/",
    b"%2e",
    b"%25",
    b"%2f",
    b";",
    b"\\x2e",
    b"\\u002e",
    b"\\U0000002e",
    b"\\\\",
    b"\\'",
    b"\xef\xbc\x8e",
    b"\r\n",
    b"#",
    b"?",
    b"&",
    b"@",
    b"//",
];

/// Values hold no control characters, written again they are the same, and two of them fill a target without changing
/// anything but their own places.
///
/// # Panics
/// Where it is not so.
pub fn resourceproxy_values(input: &[u8]) {
    let Some(values) = std::str::from_utf8(input).ok().and_then(|text| parse(text).ok()) else {
        return;
    };
    assert!(!values.iter().any(|value| value.contains(char::is_control)));
    let quoted = values
        .iter()
        .map(|value| format!("'{}',", value.replace('\\', r"\\").replace('\'', r"\'")));
    assert_eq!(
        parse(&format!("({})", quoted.collect::<String>())).as_ref(),
        Ok(&values)
    );

    let target = "https://a.ch:8443/x/%s/y?a=%s&b=c".parse().unwrap();
    let Ok(url) = address(&target, &values) else {
        return;
    };
    assert_eq!(url.origin().ascii_serialization(), "https://a.ch:8443");
    assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
    let segments: Vec<&str> = url.path_segments().unwrap().collect();
    assert!(
        matches!(segments[..], ["x", value, "y"] if percent_decode_str(value).decode_utf8().unwrap() == values[0])
    );
    let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    assert_eq!(
        query,
        [
            ("a".to_owned(), values[1].clone()),
            ("b".to_owned(), "c".to_owned())
        ]
    );
}

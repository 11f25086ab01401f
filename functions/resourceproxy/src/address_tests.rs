use proptest::prelude::*;

use super::*;

fn filled(template: &str, values: &[&str]) -> Result<String, Unfit> {
    let values: Vec<String> = values.iter().map(ToString::to_string).collect();
    address(&template.parse().unwrap(), &values).map(String::from)
}

#[test]
fn t117_values_are_encoded_where_they_land() {
    for (template, values, expected) in [
        (
            "https://a.ch/rf?commune=%s&parcelle=%s",
            &["175", "2633"][..],
            "https://a.ch/rf?commune=175&parcelle=2633",
        ),
        ("https://a.ch/%s/x", &["a b"], "https://a.ch/a%20b/x"),
        (
            "https://a.ch/%s",
            &["a/b\\c?d#e;f&g=h+i%j@k:l"],
            "https://a.ch/a%2Fb%5Cc%3Fd%23e%3Bf%26g%3Dh%2Bi%25j%40k%3Al",
        ),
        (
            "https://a.ch/?q=%s",
            &["x&y=z#w"],
            "https://a.ch/?q=x%26y%3Dz%23w",
        ),
        ("https://a.ch/?q=%s", &["../.."], "https://a.ch/?q=..%2F.."),
        (
            "https://a.ch/%s",
            &["Zürich'\"<>`{}|^"],
            "https://a.ch/Z%C3%BCrich%27%22%3C%3E%60%7B%7D%7C%5E",
        ),
        ("https://a.ch/%s.json", &[".."], "https://a.ch/...json"),
        ("https://a.ch/v%s", &["-1.5"], "https://a.ch/v-1.5"),
        ("https://a.ch/%s", &["1e+3"], "https://a.ch/1e%2B3"),
        ("https://a.ch/100%%25/%s", &["1"], "https://a.ch/100%25/1"),
        ("https://a.ch?q=%s", &["/.."], "https://a.ch/?q=%2F.."),
        ("https://a.ch/a/../%s", &["1"], "https://a.ch/1"),
        ("https://a.ch/%s/b", &[""], "https://a.ch//b"),
        ("https://a.ch/%s", &["a..b"], "https://a.ch/a..b"),
        ("https://a.ch/x", &[], "https://a.ch/x"),
    ] {
        assert_eq!(
            filled(template, values).as_deref(),
            Ok(expected),
            "{template} {values:?}"
        );
    }
}

#[test]
fn t114_the_host_is_the_templates_own() {
    for (template, host) in [
        ("https://Data.Example.com/%s", "https://data.example.com/x"),
        ("https://data.example.com./%s", "https://data.example.com./x"),
        ("https://zürich.example/%s", "https://xn--zrich-kva.example/x"),
        (
            "https://xn--zrich-kva.example/%s",
            "https://xn--zrich-kva.example/x",
        ),
        ("https://data.example.com:443/%s", "https://data.example.com/x"),
        (
            "https://data.example.com:8443/%s",
            "https://data.example.com:8443/x",
        ),
        ("http://[2001:db8::1]:81/%s", "http://[2001:db8::1]:81/x"),
    ] {
        assert_eq!(filled(template, &["x"]).as_deref(), Ok(host), "{template}");
    }
}

#[test]
fn t117_no_value_makes_dots_of_a_segment() {
    for value in [
        ".",
        "..",
        "%2e",
        "%2E%2e",
        ".%2e",
        "%2e.",
        "%252e%252e",
        "%25252e.",
        "../x",
        "x/..",
        "x/../y",
        "..\\x",
        "x\\..\\y",
        "/..",
        "../",
        "..;x",
        "x/..;a=b/y",
        ".. ",
        " ..",
        "..%2f",
        "..%5c..",
        "%2e%2e%2f",
        "%c0%ae/../x",
        "．．",
        "‥",
        "․․",
        "..／x",
        "..%00/../",
        "%ff/%2e%2e",
        "%2525252525252e",
        "%25252525252525252525252e%25",
    ] {
        for template in ["https://a.ch/%s", "https://a.ch/x/%s/y?z", "https://a.ch/%s?q"] {
            assert_eq!(filled(template, &[value]), Err(Unfit::Dots), "{template} {value}");
        }
    }
    assert_eq!(filled("https://a.ch/%s%s/x", &[".", "."]), Err(Unfit::Dots));
    assert_eq!(filled("https://a.ch/.%s", &["."]), Err(Unfit::Dots));
    assert_eq!(filled("https://a.ch/.%s/x", &[""]), Err(Unfit::Dots));
    assert_eq!(filled("https://a.ch/%%2e%s/x", &["."]), Err(Unfit::Dots));
}

#[test]
fn a_wrong_count_is_refused() {
    for (template, values, expected) in [
        ("https://a.ch/%s", &[][..], 1),
        ("https://a.ch/%s", &["1", "2"], 1),
        ("https://a.ch/x", &["1"], 0),
        ("https://a.ch/%s?%s", &["1"], 2),
    ] {
        let got = values.len();
        assert_eq!(filled(template, values), Err(Unfit::Count { expected, got }));
    }
}

#[test]
fn a_value_that_decodes_for_ever_ends_soon() {
    let value = format!("%{}2e", "25".repeat(30_000));
    assert_eq!(filled("https://a.ch/%s", &[&value]), Err(Unfit::Dots));
}

proptest! {
    /// Whatever a value holds, it comes out where it went in, and nothing around it has changed.
    #[test]
    fn a_value_stays_in_its_place(path in "\\PC{0,20}", query in "\\PC{0,20}") {
        let values = [path.clone(), query.clone()];
        let target = "https://a.ch:8443/x/%s/y?a=%s&b=c".parse().unwrap();
        let Ok(url) = address(&target, &values) else { return Ok(()) };
        prop_assert_eq!(url.origin().ascii_serialization(), "https://a.ch:8443");
        let segments: Vec<&str> = url.path_segments().unwrap().collect();
        prop_assert_eq!(segments.len(), 3);
        prop_assert_eq!((segments[0], segments[2]), ("x", "y"));
        prop_assert_eq!(percent_decode_str(segments[1]).decode_utf8().unwrap(), path);
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        prop_assert_eq!(pairs, [("a".to_owned(), query), ("b".to_owned(), "c".to_owned())]);
        prop_assert!(url.fragment().is_none() && url.username().is_empty() && url.password().is_none());
    }

    #[test]
    fn dots_in_any_dress_are_refused(dots in prop::sample::select(vec![".", ".."]), times in 0usize..5, at in 0usize..3) {
        let mut dressed = dots.to_owned();
        for _ in 0..times {
            dressed = dressed.replace('%', "%25").replace('.', "%2e");
        }
        let value = [dressed.clone(), format!("x/{dressed}"), format!("{dressed}\\x")][at].clone();
        let target = "https://a.ch/x/%s/y".parse().unwrap();
        prop_assert_eq!(address(&target, &[value]), Err(Unfit::Dots));
    }
}

//! The raw query string. What QGIS sends is not percent-encoded, and a `state` goes back as it came.

/// The value of `name` as it stands in the query, still encoded; the last one where it is repeated.
pub(crate) fn raw_value<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    let mut values = pairs(query).filter(|(found, _)| is_named(found, name));
    values.next_back().map(|(_, value)| value)
}

/// The query without the parameter `name`.
pub(crate) fn without(query: &str, name: &str) -> String {
    let others = query
        .split('&')
        .filter(|pair| !is_named(pair.split_once('=').map_or(*pair, |(found, _)| found), name));
    others.collect::<Vec<_>>().join("&")
}

fn pairs(query: &str) -> impl DoubleEndedIterator<Item = (&str, &str)> {
    query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

fn is_named(encoded: &str, name: &str) -> bool {
    percent_encoding::percent_decode_str(encoded).eq(name.bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_given_as_it_stands() {
        let query = "client_id=qgis&state=a+b%2F~%7e=%26&redirect_uri=http://127.0.0.1:7070/";
        assert_eq!(raw_value(query, "state"), Some("a+b%2F~%7e=%26"));
        assert_eq!(raw_value(query, "redirect_uri"), Some("http://127.0.0.1:7070/"));
        assert_eq!(raw_value("a&%73tate=1&state", "state"), Some(""));
        assert_eq!(raw_value(query, "scope"), None);
    }

    #[test]
    fn a_parameter_goes_however_it_is_spelt() {
        assert_eq!(
            without("lang=de&client_id=qgis&l%61ng=fr&lang", "lang"),
            "client_id=qgis"
        );
        assert_eq!(without("language=de&x=lang", "lang"), "language=de&x=lang");
    }
}

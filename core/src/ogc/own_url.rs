//! What a map server's own URL asks, beside what a request does.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use url::Url;

use super::request::{BESIDE_A_BODY, OF_A_REQUEST, REFUSED};

/// What is asked of an answer: the proxy asks it where a client does, and reads the answer by that.
const OF_AN_ANSWER: &[&str] = &["EXCEPTIONS", "OUTPUTFORMAT", "ALIASES", "NAMESPACES"];

/// What separates parameters differs from one program to the other.
const SEPARATORS: [char; 3] = ['&', ';', '?'];

/// What a server's own URL asks beside what a request does, by its parameter; none where it asks nothing, or is no URL. There
/// a program may read it in place of what was checked: a form's parameters count less than those of the URL (`MapServer`).
/// `map` and other parameters of a program's own ask nothing.
#[must_use]
pub fn asks_of_its_own(url: &str) -> Option<String> {
    // As it is sent: tabs and line ends are gone from it then.
    let url = Url::parse(url).ok()?;
    let mut names = url.query()?.split(SEPARATORS).map(name);
    names.find(|name| {
        // QGIS Server's of one map of a layout stand behind its name.
        let plain = name.rsplit(':').next().unwrap_or_default();
        [REFUSED, BESIDE_A_BODY, OF_A_REQUEST, OF_AN_ANSWER]
            .iter()
            .any(|known| known.contains(&plain))
    })
}

/// A server's URL without `SERVICE`, `REQUEST` and `VERSION`, in any letter case: URLs have them where they were copied from
/// a request, and each request has its own. What only some programs would read as one of them stays, for
/// [`asks_of_its_own`] to find.
#[must_use]
pub fn without_operation(url: &str) -> Cow<'_, str> {
    let Ok(mut parsed) = Url::parse(url) else {
        return Cow::Borrowed(url);
    };
    let pairs: Vec<&str> = parsed.query().unwrap_or_default().split('&').collect();
    let stays = |pair: &&str| pair.contains(SEPARATORS) || !BESIDE_A_BODY.contains(&name(pair).as_str());
    let kept: Vec<&str> = pairs.iter().copied().filter(stays).collect();
    if kept.len() == pairs.len() {
        return Cow::Borrowed(url);
    }
    let kept = kept.join("&");
    parsed.set_query(Some(kept.as_str()).filter(|kept| !kept.is_empty()));
    Cow::Owned(parsed.into())
}

/// The name of a parameter, in upper case, without what programs take off it.
fn name(pair: &str) -> String {
    let name = pair.split_once('=').map_or(pair, |(name, _)| name);
    let name = name.replace('+', " ");
    let name = percent_decode_str(&name).decode_utf8_lossy().to_ascii_uppercase();
    name.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_asks_by_itself_is_found_however_it_is_written() {
        for (query, found) in [
            ("LAYERS=x", "LAYERS"),
            ("map=/x&l%61yers=x", "LAYERS"),
            ("map=/x;LAYERS=x", "LAYERS"),
            ("map=/x?LAYERS=x", "LAYERS"),
            ("+LAYERS=x", "LAYERS"),
            ("%20LAYERS+=x", "LAYERS"),
            ("map0:LAYERS=x", "MAP0:LAYERS"),
            ("LAY\tERS=x", "LAYERS"),
            ("map=/x&LAY\r\nERS=x", "LAYERS"),
            ("layers", "LAYERS"),
            ("map=/x&&sld=", "SLD"),
            ("exceptions=inimage", "EXCEPTIONS"),
            ("Aliases=a", "ALIASES"),
            ("NAMESPACES=xmlns(a,b)", "NAMESPACES"),
            ("outputFormat=json", "OUTPUTFORMAT"),
            ("map=/x;SERVICE=WMS", "SERVICE"),
        ] {
            let url = format!("http://maps/ows?{query}");
            assert_eq!(asks_of_its_own(&url).as_deref(), Some(found), "{query}");
            let left = without_operation(&url);
            assert_eq!(asks_of_its_own(&left).as_deref(), Some(found), "{left}");
        }
    }

    #[test]
    fn a_programs_own_parameters_and_what_is_not_sent_ask_nothing() {
        for url in [
            "http://maps/ows",
            "http://maps/ows?",
            "http://maps/ows?map=/x&key=layers&dpiMode=7&LAYERSX=a",
            "http://maps/ows?map=LAYERS%3Dx%26SERVICE%3DWMS",
            "http://maps/ows?map=/x#&LAYERS=x",
            "http://maps/ows#?LAYERS=x",
            "http://maps/LAYERS=x&SERVICE=WMS",
            "nonsense?LAYERS=x",
        ] {
            assert_eq!(asks_of_its_own(url), None, "{url}");
            assert_eq!(without_operation(url), url);
        }
    }

    #[test]
    fn an_operation_is_left_out_and_all_else_stays() {
        for (url, left) in [
            ("http://maps/ows?SERVICE=WMS", "http://maps/ows"),
            (
                "http://maps/ows?map=/a%20b&Service=WMS&request=GetCapabilities&VERSION=1.3.0&key=k",
                "http://maps/ows?map=/a%20b&key=k",
            ),
            (
                "http://maps/ows?s%65rvice=WMS&map=/x&version",
                "http://maps/ows?map=/x",
            ),
            (
                "http://maps/ows?SER\tVICE=WMS&LAYERS=x",
                "http://maps/ows?LAYERS=x",
            ),
            (
                "http://maps/ows?SERVICE=WMS;map=/x&VERSION=",
                "http://maps/ows?SERVICE=WMS;map=/x",
            ),
        ] {
            assert_eq!(without_operation(url), left);
        }
    }
}

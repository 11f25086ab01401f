//! `came_from`: where a login leads back to. Only to this host or an allowed one, or mapgate would lend its name to
//! whoever wants to be believed.

use http::HeaderValue;
use mapgate_core::http::Failure;
use mapgate_core::pages::form_target;
use mapgate_core::settings::Settings;
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

/// What a browser would encode in a path and its query by itself.
const NOT_IN_A_URL: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`');

/// A place to go back to that was found good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CameFrom {
    /// As it was given, for a form's field.
    pub(crate) given: String,
    /// The answer's `Location`.
    pub(crate) location: HeaderValue,
    /// The form's target, where it is another origin than the page's own may be.
    pub(crate) target: Option<String>,
}

impl CameFrom {
    /// A path on this host (`/x`), or an absolute URL whose host is the base URL's, an authorized referrer or one of
    /// `authentication.allowed_hosts`.
    ///
    /// 400 for anything else: browsers read `//host`, `/\host` and a line break within as another host's.
    pub(crate) fn parse(given: &str, settings: &Settings) -> Result<Self, Failure> {
        let bad = || {
            let text = "came_from must be a path on this host, or the URL of an allowed one";
            Failure::BadRequest(text.to_owned())
        };
        if given.contains(|letter: char| letter == '\\' || letter.is_control()) {
            return Err(bad());
        }
        let (location, target) = if given.starts_with('/') {
            if given.starts_with("//") {
                return Err(bad());
            }
            (utf8_percent_encode(given, NOT_IN_A_URL).to_string(), None)
        } else {
            let url = Url::parse(given).map_err(|_| bad())?;
            if !is_allowed(&url, settings) {
                return Err(bad());
            }
            (url.to_string(), Some(form_target(&url)))
        };
        Ok(Self {
            given: given.to_owned(),
            location: HeaderValue::from_str(&location).map_err(|_| bad())?,
            target,
        })
    }
}

/// `path` with it in the query, so that the page there leads back to the same place.
pub(crate) fn onto(path: &str, came_from: Option<&CameFrom>) -> String {
    came_from.map_or_else(|| path.to_owned(), |found| format!("{path}?{}", in_query(found)))
}

/// It as a parameter of a query.
pub(crate) fn in_query(came_from: &CameFrom) -> String {
    let given = utf8_percent_encode(&came_from.given, NON_ALPHANUMERIC);
    format!("came_from={given}")
}

/// The form's field for it, and the form's target.
pub(crate) fn of_form(came_from: Option<&CameFrom>) -> (Vec<(&str, &str)>, Option<&str>) {
    let field = came_from.map(|found| ("came_from", found.given.as_str()));
    let target = came_from.and_then(|found| found.target.as_deref());
    (field.into_iter().collect(), target)
}

fn is_allowed(url: &Url, settings: &Settings) -> bool {
    let Some(host) = url.host_str() else { return false };
    let host = url
        .port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    matches!(url.scheme(), "http" | "https")
        && url.username().is_empty()
        && url.password().is_none()
        && (host == settings.base_url.host_with_port()
            || settings.authentication.allowed_hosts.contains(&host)
            || settings
                .authorized_referers
                .iter()
                .any(|referer| referer.covers(url)))
}

#[cfg(test)]
mod tests {
    use mapgate_core::settings::{Environment, load};
    use proptest::prelude::*;

    use super::*;

    fn settings() -> Settings {
        let environment: Environment = [
            ("MAPGATE_BASE_URL", "https://maps.example.com/geo"),
            ("MAPGATE_TABLE", "mapgate"),
            ("MAPGATE_SECRETS", "file:/secrets.json"),
        ]
        .into_iter()
        .collect();
        let vars = "vars:\n  authentication: {allowed_hosts: ['dev.example.com:8443']}\n  \
                    authorized_referers: ['https://portal.example.com/a']\n";
        load(&environment, Some(("vars.yaml", vars)), &|_| Err(String::new())).unwrap()
    }

    fn location(given: &str) -> Option<String> {
        let found = CameFrom::parse(given, &settings()).ok()?;
        Some(found.location.to_str().unwrap().to_owned())
    }

    #[test]
    fn paths_and_allowed_hosts_are_gone_back_to() {
        for (given, expected) in [
            ("/", "/"),
            ("/theme/x?map_x=1&q=//y#z", "/theme/x?map_x=1&q=//y#z"),
            ("/thème/a b", "/th%C3%A8me/a%20b"),
            ("/.//evil.com", "/.//evil.com"),
            ("https://maps.example.com/geo/", "https://maps.example.com/geo/"),
            ("HTTPS://MAPS.example.com:443", "https://maps.example.com/"),
            ("http://maps.example.com/x", "http://maps.example.com/x"),
            (
                "https://portal.example.com/ä",
                "https://portal.example.com/%C3%A4",
            ),
            ("https://dev.example.com:8443/", "https://dev.example.com:8443/"),
        ] {
            assert_eq!(location(given).as_deref(), Some(expected), "{given}");
        }
    }

    #[test]
    fn t71_anything_else_is_refused() {
        for given in [
            "//evil.com",
            "///evil.com",
            "/\\evil.com",
            "\\\\evil.com",
            "/x\\y",
            "/\t/evil.com",
            "/\n/evil.com",
            "/x\r\nSet-Cookie: a=b",
            "x",
            "?x",
            " ",
            "https:evil.com",
            "https:/evil.com",
            "https://evil.com",
            "https://maps.example.com.evil.com",
            "https://maps.example.com@evil.com",
            "https://jane@maps.example.com/",
            "https://maps.example.com:8443/",
            "https://dev.example.com/",
            "https://",
            "javascript:alert(1)",
            "data:text/html,x",
            "ftp://maps.example.com/",
            "blob:https://maps.example.com/x",
        ] {
            assert_eq!(location(given), None, "{given}");
        }
    }

    #[test]
    fn the_forms_target_is_the_other_origin() {
        let target = |given| CameFrom::parse(given, &settings()).unwrap().target;
        assert_eq!(target("/x"), None);
        assert_eq!(
            target("https://portal.example.com/x").as_deref(),
            Some("https://portal.example.com")
        );
    }

    proptest! {
        /// Whatever is let through leads, as a browser reads it, to an allowed host.
        #[test]
        fn no_other_host_is_ever_reached(given in "[/\\\\:@.a-z\t ]{0,12}(maps.example.com|evil.com)?[/\\\\:@.?#]{0,4}x?") {
            if let Some(location) = location(&given) {
                let here = Url::parse("https://maps.example.com/geo/login").unwrap();
                let reached = here.join(&location).unwrap();
                prop_assert_eq!(reached.host_str(), Some("maps.example.com"), "{}", location);
            }
        }
    }
}

//! Replacing a backend's URLs by the proxy's.

use super::ogcapi::{Api, ITEMS, Resource};
use super::params::{Params, write_query};
use std::borrow::Cow;

/// What a link through the proxy may keep of a backend's link: what the standards' own requests are made of. `map=`,
/// `role_ids=` and whatever else a server adds is its own affair.
const KEPT: &[&str] = &[
    "SERVICE",
    "VERSION",
    "REQUEST",
    "LAYER",
    "LAYERS",
    "STYLE",
    "STYLES",
    "FORMAT",
    "SLD_VERSION",
    "WIDTH",
    "HEIGHT",
    "SCALE",
    "RULE",
    "TYPENAME",
    "TYPENAMES",
    "OUTPUTFORMAT",
    "NAMESPACE",
    "NAMESPACES",
    "TRANSPARENT",
    "LANGUAGE",
    // What `next` and `previous` of a WFS 2.0.0 answer go on with.
    "COUNT",
    "MAXFEATURES",
    "STARTINDEX",
    "RESULTTYPE",
    "BBOX",
    "SRSNAME",
    "PROPERTYNAME",
    "SORTBY",
    "FILTER",
    "TIME",
    "RESOURCEID",
    "FEATUREID",
    "VALUEREFERENCE",
    "ALIASES",
    "STOREDQUERY_ID",
];

/// How many URLs a server may give itself.
const MAX_BASES: usize = 16;

/// Finds a backend's URLs in texts and puts the proxy's in their place.
#[derive(Clone, Debug)]
pub struct UrlRewriter {
    bases: Vec<Base>,
    /// Hosts (with port) on which nothing is for clients: those of the configured URLs, but for the proxy's own.
    hosts: Vec<String>,
    proxy: String,
    api: Option<ApiUrls>,
}

/// The addresses of an OGC API, whose links keep their paths.
#[derive(Clone, Debug)]
struct ApiUrls {
    api: Api,
    bases: Vec<Base>,
    proxy: String,
    /// Parameters that a link keeps, beside the standards'.
    kept: Vec<String>,
}

/// The part of a URL that makes it the backend's, whatever the scheme.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Base {
    authority: String,
    path: String,
}

impl UrlRewriter {
    /// Takes the URLs of the backend (what is not an http or https URL is left out), and the proxy's own, to which
    /// parameters are appended: it ends in `?` or `&`.
    ///
    /// On the hosts of these URLs every URL is the backend's: it may advertise legends, metadata and schemas beside
    /// its service, and who follows such a link goes past the proxy, credentials included.
    #[must_use]
    pub fn new<'a>(backend: impl IntoIterator<Item = &'a str>, proxy: &str) -> Self {
        let mut rewriter = Self {
            bases: Vec::new(),
            hosts: Vec::new(),
            proxy: proxy.to_owned(),
            api: None,
        };
        let own = split(proxy).map(|(base, _)| base.authority);
        for url in backend {
            rewriter.learn(url);
            let host = split(url.trim()).map(|(base, _)| base.authority);
            rewriter
                .hosts
                .extend(host.filter(|host| own.as_ref() != Some(host)));
        }
        rewriter
    }

    /// Also replaces what lies below the addresses of an API by the same below the proxy's, `proxy`; a link keeps the
    /// standards' parameters and those of these names.
    #[must_use]
    pub fn with_api<'a>(
        mut self,
        api: Api,
        bases: impl IntoIterator<Item = &'a str>,
        proxy: &str,
        kept: Vec<String>,
    ) -> Self {
        let bases: Vec<Base> = bases
            .into_iter()
            .filter_map(|url| split(url.trim()))
            .map(|(base, _)| base)
            .collect();
        let own = split(proxy).map(|(base, _)| base.authority);
        let hosts = bases.iter().map(|base| &base.authority);
        self.hosts
            .extend(hosts.filter(|host| own.as_ref() != Some(host)).cloned());
        self.api = Some(ApiUrls {
            api,
            bases,
            proxy: proxy.trim_end_matches('/').to_owned(),
            kept,
        });
        self
    }

    /// The resource of the API that a URL is, and the proxy's URL of it; `None` where it is none, or none that the
    /// proxy offers.
    pub(super) fn api_url(&self, url: &str) -> Option<(Resource, String)> {
        let known = self.api.as_ref()?;
        let (base, query) = split(url)?;
        let below = |own: &Base| {
            (own.authority == base.authority)
                .then(|| base.path.strip_prefix(&own.path))
                .flatten()
                .filter(|rest| rest.is_empty() || rest.starts_with(['/', '.']))
        };
        let rest = known.bases.iter().find_map(below)?;
        // QGIS Server's landing page is `wfs3.json`.
        let rest = if matches!(rest, ".json") { "" } else { rest };
        let resource = Resource::parse(known.api, rest).ok()?;
        let params = Params::parse_exact(query).ok()?;
        if params.iter().any(|(name, value)| name == "f" && value == "html") {
            return None;
        }
        let kept = |name: &&str| ITEMS.contains(name) || known.kept.iter().any(|kept| kept == name);
        let query = write_query(params.iter().filter(|(name, _)| kept(name)));
        let mark = if query.is_empty() { "" } else { "?" };
        let ours = format!("{}{}{mark}{query}", known.proxy, resource.path());
        Some((resource, ours))
    }

    /// The proxy's URL.
    #[must_use]
    pub fn proxy(&self) -> &str {
        &self.proxy
    }

    /// Takes one more URL that the backend gives as its own.
    pub fn learn(&mut self, url: &str) {
        if let Some((base, _)) = split(url.trim())
            && !self.bases.contains(&base)
            && self.bases.len() < MAX_BASES
        {
            self.bases.push(base);
        }
    }

    /// The text with every URL of the backend replaced; harmless parameters of the link stay.
    #[must_use]
    pub fn rewrite<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut written = String::new();
        let mut done = 0;
        let mut at = 0;
        while let Some(start) = text.get(at..).and_then(find_url).map(|found| at + found) {
            let rest = text.get(start..).unwrap_or_default();
            let end = start + rest.find(ends_url).unwrap_or(rest.len());
            if let Some(ours) = text.get(start..end).and_then(|url| self.rewrite_url(url)) {
                written.push_str(text.get(done..start).unwrap_or_default());
                written.push_str(&ours);
                done = end;
            }
            at = end;
        }
        if done == 0 {
            return Cow::Borrowed(text);
        }
        written.push_str(text.get(done..).unwrap_or_default());
        Cow::Owned(written)
    }

    /// The proxy's form of one URL; `None` where it is not the backend's.
    pub(super) fn rewrite_url(&self, url: &str) -> Option<String> {
        if let Some((_, ours)) = self.api_url(url) {
            return Some(ours);
        }
        let (base, query) = split(url)?;
        // In a sentence, what stands behind a URL is none of it.
        let of_text: &[char] = &['.', ',', ';', ':', '!', ')', ']', '}'];
        let path = if query.is_empty() {
            base.path.trim_end_matches(of_text).trim_end_matches('/')
        } else {
            base.path.as_str()
        };
        let authority = base.authority.trim_end_matches(of_text);
        let below = |known: &Base| {
            known.authority == authority
                && path
                    .strip_prefix(&known.path)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let ours = self.hosts.iter().any(|host| host == authority) || self.bases.iter().any(below);
        ours.then(|| {
            let link = Params::parse_lossy(query);
            // Elsewhere an id is a catalogue's.
            let stored = link.last("STOREDQUERY_ID").is_some();
            let kept = |name: &str| KEPT.contains(&name) || stored && name == "ID";
            let kept = write_query(link.iter().filter(|(name, _)| kept(name)));
            format!("{}{kept}", self.proxy)
        })
    }
}

/// Whether a character ends a URL in a text.
pub(super) fn ends_url(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>')
}

/// Where the next http or https URL begins.
fn find_url(text: &str) -> Option<usize> {
    text.as_bytes().windows(7).position(starts_url)
}

/// Whether a URL begins in a window of at least 7 bytes; `https:/` is enough.
fn starts_url(window: &[u8]) -> bool {
    window
        .get(..4)
        .is_some_and(|http| http.eq_ignore_ascii_case(b"http"))
        && match window.get(4) {
            Some(b':') => window.get(5..7) == Some(b"//"),
            Some(b's' | b'S') => window.get(5..7) == Some(b":/"),
            _ => false,
        }
}

/// A URL as base and query.
fn split(url: &str) -> Option<(Base, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let default_port = match scheme.to_ascii_lowercase().as_str() {
        "http" => ":80",
        "https" => ":443",
        _ => return None,
    };
    let rest = rest.split('#').next().unwrap_or_default();
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = place.find('/').map_or((place, ""), |at| place.split_at(at));
    let authority = authority
        .rsplit('@')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let authority = authority
        .strip_suffix(default_port)
        .unwrap_or(&authority)
        .to_owned();
    (!authority.is_empty()).then(|| {
        (
            Base {
                authority,
                path: path.trim_end_matches('/').to_owned(),
            },
            query,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rewriter() -> UrlRewriter {
        UrlRewriter::new(
            [
                "http://backend:8090/mapserv?map=/x.map",
                "https://maps.example.com/ows/",
            ],
            "https://p/m?s=a&",
        )
    }

    #[test]
    fn backend_urls_become_the_proxys() {
        for (text, expected) in [
            ("http://backend:8090/mapserv", "https://p/m?s=a&"),
            (
                "HTTP://Backend:8090/mapserv?MAP=/x&role_ids=1&",
                "https://p/m?s=a&",
            ),
            ("https://u:p@backend:8090/mapserv/sub?a=b#c", "https://p/m?s=a&"),
            (
                "see http://backend:8090/mapserv?layer=a%20b&request=GetLegendGraphic.",
                "see https://p/m?s=a&LAYER=a%20b&REQUEST=GetLegendGraphic.",
            ),
            (
                "x http://maps.example.com:80/ows y https://maps.example.com:443/ows",
                "x https://p/m?s=a& y https://p/m?s=a&",
            ),
            (
                "ns https://maps.example.com/ows?TYPENAME=a ns2 http://other/",
                "ns https://p/m?s=a&TYPENAME=a ns2 http://other/",
            ),
        ] {
            assert_eq!(rewriter().rewrite(text), expected);
        }
    }

    #[test]
    fn other_urls_stay() {
        for text in [
            "http://backend/mapserv",
            "http://backend:80901/mapserv",
            "ftp://backend:8090/mapserv",
            "http:",
            "https:/",
            "é http://",
        ] {
            assert_eq!(rewriter().rewrite(text), text);
        }
    }

    #[test]
    fn nothing_on_the_backends_host_is_left_but_for_the_proxys_own() {
        for (text, expected) in [
            ("http://backend:8090/", "https://p/m?s=a&"),
            ("http://backend:8090/schemas/wms.xsd", "https://p/m?s=a&"),
            (
                "(see http://backend:8090/mapserv), or",
                "(see https://p/m?s=a& or",
            ),
            ("at http://backend:8090.", "at https://p/m?s=a&"),
        ] {
            assert_eq!(rewriter().rewrite(text), expected);
        }
        let same_host = UrlRewriter::new(["https://p/mapserv"], "https://p/m?s=a&");
        for (text, expected) in [
            ("https://p/mapserv?x", "https://p/m?s=a&"),
            ("(https://p/mapserv)", "(https://p/m?s=a&"),
            ("https://p/metadata/1.xml", "https://p/metadata/1.xml"),
            ("https://p/mapserver", "https://p/mapserver"),
        ] {
            assert_eq!(same_host.rewrite(text), expected);
        }
    }

    #[test]
    fn the_next_page_stays_the_next_page() {
        let next = "http://backend:8090/mapserv?SERVICE=WFS&COUNT=2&STARTINDEX=4&BBOX=1,2,3,4&role_ids=1,5&user_id=3&VALUEREFERENCE=a&RESOURCEID=r.1&FEATUREID=r.2&ALIASES=x&STOREDQUERY_ID=q&ID=r.3&s_id=4";
        assert_eq!(
            rewriter().rewrite(next),
            "https://p/m?s=a&SERVICE=WFS&COUNT=2&STARTINDEX=4&BBOX=1,2,3,4&VALUEREFERENCE=a&RESOURCEID=r.1&FEATUREID=r.2&ALIASES=x&STOREDQUERY_ID=q&ID=r.3"
        );
    }

    proptest! {
        #[test]
        fn no_backend_url_survives(before in "\\PC{0,8}", after in "\\PC{0,8}", query in "[a-zA-Z=&%0-9+]{0,20}") {
            let text = format!("{before} http://backend:8090/mapserv?{query} {after}");
            prop_assert!(!rewriter().rewrite(&text).contains("backend:8090/mapserv"));
        }
    }
}

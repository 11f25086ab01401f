//! `vars.authorized_referers`.

use std::fmt;

use url::Url;

/// A host, with its port where that is not the scheme's own, from which a browser may use a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referer(String);

impl Referer {
    /// `host` or `host:port`, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `url` (a `Referer`, an `Origin`, a `came_from`) is on this host.
    #[must_use]
    pub fn covers(&self, url: &Url) -> bool {
        host_with_port(url).is_some_and(|host| host == self.0)
    }
}

impl fmt::Display for Referer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

pub(super) fn host_with_port(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(
        url.port()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")),
    )
}

/// A host, a `host:port`, or a URL whose host counts.
pub(super) fn referer(text: &str) -> Result<Referer, String> {
    let text = text.trim();
    let (text, is_url) = if text.contains("://") {
        (text.to_owned(), true)
    } else {
        // A bare `host:80` is the http one.
        (
            text.strip_suffix(":80")
                .map_or_else(|| format!("https://{text}"), |host| format!("http://{host}")),
            false,
        )
    };
    let url = Url::parse(&text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"));
    let sane = |url: &Url| {
        !text.contains('*')
            && url.username().is_empty()
            && url.password().is_none()
            && (is_url || url.path() == "/" && url.query().is_none() && url.fragment().is_none())
    };
    let host = url.filter(sane).and_then(|url| host_with_port(&url));
    host.map(Referer)
        .ok_or_else(|| "a host, a host:port or a URL".to_owned())
}

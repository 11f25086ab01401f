//! Which requests a browser made on behalf of a stranger's page: those do not use a ticket.

use http::{HeaderMap, header};
use url::Url;

use crate::settings::Settings;

/// Whether a route may be reached from elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// A page that a browser may rightly reach from a stranger's page, by GET.
    Page,
    /// Anything else.
    Own,
}

/// Whether a ticket is believed: not where the `Referer` is foreign, nor where `Sec-Fetch-Site: cross-site` comes
/// without one, nor for an `Origin` that is not ours. The log says why.
#[must_use]
pub fn ticket_is_believed(settings: &Settings, headers: &HeaderMap, reach: Reach) -> bool {
    if reach == Reach::Page {
        return true;
    }
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let referer = text("referer").map(|referer| is_own(settings, headers, referer));
    let cross_site = text("sec-fetch-site").is_some_and(|site| site == "cross-site");
    let origin = text("origin").map(|origin| is_own(settings, headers, origin));
    let reason = match (referer, origin) {
        (Some(false), _) => "the Referer is foreign",
        (None, _) if cross_site => "Sec-Fetch-Site is cross-site",
        (_, Some(false)) => "the Origin is foreign",
        _ => return true,
    };
    tracing::info!(reason, "a ticket is not believed");
    false
}

/// Whether the `Origin` and `Referer` of a POST are ours, where they are there at all; `null` is foreign, and so is
/// `Sec-Fetch-Site: cross-site` with neither.
#[must_use]
pub fn origin_is_own(settings: &Settings, headers: &HeaderMap) -> bool {
    let said = [header::ORIGIN, header::REFERER];
    let cross_site = headers
        .get("sec-fetch-site")
        .is_some_and(|site| site == "cross-site");
    if cross_site && !said.iter().any(|name| headers.contains_key(name)) {
        return false;
    }
    said.iter().all(|name| {
        let mut values = headers.get_all(name).iter();
        values.all(|value| value.to_str().is_ok_and(|value| is_own(settings, headers, value)))
    })
}

fn is_own(settings: &Settings, headers: &HeaderMap, url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let Some(host) = url.host_str() else { return false };
    let host = url
        .port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let asked = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .map(str::to_ascii_lowercase);
    // The Host header may spell out the scheme's own port.
    let asked = asked.map(|asked| match (url.scheme(), asked.rsplit_once(':')) {
        ("http", Some((name, "80"))) | ("https", Some((name, "443"))) => name.to_owned(),
        _ => asked,
    });
    host == settings.base_url.host_with_port()
        || asked.is_some_and(|asked| asked == host)
        || settings
            .authorized_referers
            .iter()
            .any(|referer| referer.covers(&url))
}

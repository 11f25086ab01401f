//! Redirect URIs: exact (RFC 9700 §2.1), but any port on a loopback address (RFC 8252 §7.3), with or without the
//! root's slash, since QGIS always ends it in one.

use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// What a request's redirect URI is to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedirectMatch {
    /// One of the client's.
    Registered,
    /// One of the client's loopback ones with port 0, which QGIS sends after a failed first login.
    PortZero,
    /// None of the client's.
    Unknown,
}

/// Whether a client may register `uri`: absolute, no fragment, no user; `https`, or `http` on a loopback host, or a
/// private-use scheme with a dot in it (RFC 8252 §7.1).
#[must_use]
pub fn valid_redirect_uri(uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else { return false };
    let clean = url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && uri.bytes().all(|byte| byte.is_ascii_graphic());
    let scheme = match url.scheme() {
        "https" => url.host().is_some(),
        "http" => is_loopback(&url) || url.host_str() == Some("localhost"),
        other => other.contains('.'),
    };
    clean && scheme
}

/// How `requested` stands to the client's `registered` ones.
#[must_use]
pub fn match_redirect_uri(requested: &str, registered: &[String]) -> RedirectMatch {
    if registered.iter().any(|own| own == requested) {
        return RedirectMatch::Registered;
    }
    let Some((port, asked)) = loopback(requested) else {
        return RedirectMatch::Unknown;
    };
    let known = registered
        .iter()
        .any(|own| loopback(own).is_some_and(|(_, own)| own == asked));
    match (known, port) {
        (false, _) => RedirectMatch::Unknown,
        (true, Some(0)) => RedirectMatch::PortZero,
        (true, _) => RedirectMatch::Registered,
    }
}

/// A loopback URI's port, and the rest of it. Spelt in its plain form only: `url` reads `0x7f.1` as `127.0.0.1`.
fn loopback(uri: &str) -> Option<(Option<u16>, (&'static str, String))> {
    let rest = uri.strip_prefix("http://")?;
    let (host, rest) = ["127.0.0.1", "[::1]"]
        .into_iter()
        .find_map(|host| Some((host, rest.strip_prefix(host)?)))?;
    let (port, path) = match rest.strip_prefix(':') {
        None => (None, rest),
        Some(rest) => {
            let end = rest
                .find(|letter: char| !letter.is_ascii_digit())
                .unwrap_or(rest.len());
            let (port, path) = rest.split_at(end);
            (Some(port.parse().ok()?), path)
        }
    };
    let plain = path.is_empty() || path.starts_with('/') || path.starts_with('?');
    let graphic = path
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'#' && byte != b'\\');
    if !plain || !graphic {
        return None;
    }
    let path = if path.is_empty() { "/" } else { path };
    Some((port, (host, path.to_owned())))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address == Ipv4Addr::LOCALHOST,
        Some(Host::Ipv6(address)) => address == Ipv6Addr::LOCALHOST,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::RedirectMatch::{PortZero, Registered, Unknown};
    use super::*;

    fn against(registered: &str, requested: &str) -> RedirectMatch {
        match_redirect_uri(requested, &[registered.to_owned()])
    }

    #[test]
    fn https_is_exact() {
        assert_eq!(against("https://a/cb", "https://a/cb"), Registered);
        for other in [
            "https://a/cb/",
            "https://a/cb?x=1",
            "https://a/cb#f",
            "https://a.evil/cb",
            "https://a@evil/cb",
            "https://A/cb",
            "https://a/%2e%2e/cb",
            "https://a:443/cb",
            "http://a/cb",
        ] {
            assert_eq!(against("https://a/cb", other), Unknown, "{other}");
        }
    }

    #[test]
    fn a_loopback_address_takes_any_port_and_the_roots_slash_is_free() {
        for own in ["http://127.0.0.1/", "http://127.0.0.1", "http://127.0.0.1:7070/"] {
            for asked in [
                "http://127.0.0.1:51004/",
                "http://127.0.0.1:7070",
                "http://127.0.0.1/",
            ] {
                assert_eq!(against(own, asked), Registered, "{own} {asked}");
            }
            assert_eq!(against(own, "http://127.0.0.1:0/"), PortZero);
        }
        assert_eq!(against("http://[::1]/cb", "http://[::1]:1/cb"), Registered);
        assert_eq!(against("http://localhost/", "http://localhost/"), Registered);
    }

    #[test]
    fn what_only_looks_like_a_loopback_address_is_unknown() {
        for asked in [
            "http://localhost:7070/",
            "http://127.0.0.1.evil.com:7070/",
            "http://127.0.0.1@evil.com/",
            "http://127.0.0.1:80@evil.com/",
            "http://0x7f.1/",
            "http://127.0.0.2/",
            "http://127.0.0.1:70000/",
            "http://127.0.0.1:/",
            "http://127.0.0.1/other",
            "http://127.0.0.1/#f",
            "http://127.0.0.1/\\evil",
            "http://[::1]/",
            "https://127.0.0.1/",
            "",
        ] {
            assert_eq!(against("http://127.0.0.1/", asked), Unknown, "{asked}");
        }
    }

    #[test]
    fn plain_http_is_for_loopback_hosts_only() {
        for good in [
            "https://a/cb",
            "http://127.0.0.1:7070/",
            "http://[::1]/",
            "http://localhost/",
            "org.qgis.app:/cb",
        ] {
            assert!(valid_redirect_uri(good), "{good}");
        }
        for bad in [
            "http://a/cb",
            "https://a/#f",
            "https://u@a/",
            "javascript:alert(1)",
            "/cb",
            "",
            "https://a/ b",
        ] {
            assert!(!valid_redirect_uri(bad), "{bad}");
        }
    }
}

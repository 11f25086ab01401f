//! Redirect URIs: exact (RFC 9700 §2.1), but any port on a loopback address (RFC 8252 §7.3) and, where a client
//! registers it, on `localhost` (RFC 9700 §4.1.3), with or without the root's slash, since QGIS always ends it in one.

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

/// Whether a client may register `uri`: absolute, no fragment, no user; `https`, or `http` on a loopback host in its
/// plain form, or a private-use scheme with a dot in it (RFC 8252 §7.1).
#[must_use]
pub fn valid_redirect_uri(uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else { return false };
    let clean = uri.bytes().all(|byte| byte.is_ascii_graphic()) && !uri.contains(['#', '\\']);
    let has_user = uri.split_once("://").is_some_and(|(_, rest)| {
        rest.split(['/', '?'])
            .next()
            .is_some_and(|host| host.contains('@'))
    });
    let scheme = match url.scheme() {
        "https" => url.host().is_some(),
        "http" => loopback(uri).is_some(),
        other => other.contains('.'),
    };
    clean && !has_user && scheme
}

/// Whether a URL's host is one of this machine's own names.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// How `requested` stands to the client's `registered` ones.
#[must_use]
pub fn match_redirect_uri(requested: &str, registered: &[String]) -> RedirectMatch {
    let asked = loopback(requested);
    let is_known = registered.iter().any(|own| {
        own == requested
            || asked
                .as_ref()
                .is_some_and(|(_, asked)| loopback(own).is_some_and(|(_, own)| own == *asked))
    });
    match asked {
        _ if !is_known => RedirectMatch::Unknown,
        Some((Some(0), _)) => RedirectMatch::PortZero,
        _ => RedirectMatch::Registered,
    }
}

/// A loopback URI's port, and the rest of it. Spelt in its plain form only: `url` reads `0x7f.1` as `127.0.0.1`. The name
/// `localhost` is one of its own, which stands for neither address (RFC 8252 §8.3).
fn loopback(uri: &str) -> Option<(Option<u16>, (&'static str, String))> {
    let rest = uri.strip_prefix("http://")?;
    let (host, rest) = ["127.0.0.1", "[::1]", "localhost"]
        .into_iter()
        .find_map(|host| Some((host, rest.strip_prefix(host)?)))?;
    let (port, path) = match rest.strip_prefix(':') {
        None => (None, rest),
        Some(rest) => {
            let end = rest
                .find(|letter: char| !letter.is_ascii_digit())
                .unwrap_or(rest.len());
            let (port, path) = rest.split_at(end);
            (Some(port.parse().ok().filter(|_| port.len() <= 5)?), path)
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
        assert_eq!(against("http://localhost/", "http://localhost:51004"), Registered);
        assert_eq!(against("http://localhost/", "http://127.0.0.1/"), Unknown);
        assert_eq!(against("http://127.0.0.1:0/", "http://127.0.0.1:0/"), PortZero);
        assert_eq!(
            against("https://127.0.0.1:0/", "https://127.0.0.1:0/"),
            Registered
        );
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
            "HTTP://127.0.0.1/",
            "http://127.0.0.1:00000000000000000007070/",
            "",
        ] {
            assert_eq!(against("http://127.0.0.1/", asked), Unknown, "{asked}");
        }
    }

    #[test]
    fn t10_plain_http_is_for_loopback_hosts_only() {
        for good in [
            "https://a/cb",
            "http://127.0.0.1:7070/",
            "http://[::1]/",
            "http://localhost/",
            "org.qgis.app:/cb",
            "https://a/cb?to=@b",
        ] {
            assert!(valid_redirect_uri(good), "{good}");
        }
        for bad in [
            "http://a/cb",
            "https://a/#f",
            "https://a/#",
            "https://u@a/",
            "https://@a/",
            "https://a\\@b/",
            "http://0x7f.1/",
            "http://127.0.0.2/",
            "http://localhost.evil.example/",
            "http://127.0.0.1.evil.example/",
            "ftp://a/cb",
            "data:text/html,x",
            "file:///etc/passwd",
            "qgis:/cb",
            "https:",
            "javascript:alert(1)",
            "/cb",
            "",
            "https://a/ b",
        ] {
            assert!(!valid_redirect_uri(bad), "{bad}");
        }
    }
}

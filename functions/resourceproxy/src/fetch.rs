//! Calling a target.

use http::header::{IF_MODIFIED_SINCE, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header, request};
use mapgate_core::outbound::Outbound;
use reqwest::Response;
use url::Url;

use crate::fault::Fault;

/// So many redirects are followed.
const REDIRECTS: usize = 5;

/// Asks for `url` with the request's method, follows redirects on the same host, and gives what comes at the end.
///
/// The target is told nothing of who asks, not the cookie, nor `Authorization`, nor the address; only what the client
/// has of the answer already. [`Fault::Down`] where it cannot be called, [`Fault::Slow`] where it is slow.
pub async fn fetch(outbound: &Outbound, parts: &request::Parts, mut url: Url) -> Result<Response, Fault> {
    let headers = headers(parts);
    for _ in 0..=REDIRECTS {
        let response = send(outbound, &parts.method, &url, headers.clone()).await?;
        if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
            return Ok(response);
        }
        let location = response.headers().get(header::LOCATION);
        let Some(next) = location.and_then(|location| next(&url, location)) else {
            tracing::error!(host = url.host_str(), ?location, "the target redirects elsewhere");
            return Err(Fault::Down);
        };
        url = next;
    }
    tracing::error!(host = url.host_str(), "the target redirects too often");
    Err(Fault::Down)
}

fn headers(parts: &request::Parts) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for name in [IF_NONE_MATCH, IF_MODIFIED_SINCE] {
        if let Some(value) = parts.headers.get(&name) {
            headers.insert(name, value.clone());
        }
    }
    // What comes encoded all the same is refused: a small answer could unfold to any size.
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers
}

async fn send(
    outbound: &Outbound,
    method: &Method,
    url: &Url,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let down = |error: &dyn std::error::Error| {
        let reasons = std::iter::successors(error.source(), |error| error.source());
        let reasons: Vec<String> = reasons.map(ToString::to_string).collect();
        tracing::error!(host = url.host_str(), %error, ?reasons, "the target cannot be called");
        Fault::Down
    };
    outbound.check(url.as_str()).map_err(|error| down(&error))?;
    let client = outbound.client().map_err(|error| down(&error))?;
    let request = client.request(method.clone(), url.clone()).headers(headers);
    request.send().await.map_err(|error| {
        if error.is_timeout() {
            tracing::error!(host = url.host_str(), "the target is slow");
            return Fault::Slow;
        }
        down(&error.without_url())
    })
}

/// Where a redirect leads; none where that is another host or port, a user, or http after https.
fn next(from: &Url, location: &HeaderValue) -> Option<Url> {
    let mut to = from.join(location.to_str().ok()?).ok()?;
    to.set_fragment(None);
    let own = |url: &Url| url.username().is_empty() && url.password().is_none();
    let upgraded =
        from.scheme() == "http" && to.scheme() == "https" && from.port().is_none() && to.port().is_none();
    let same_way = from.scheme() == to.scheme() && from.port() == to.port();
    let same_host = from.host().is_some() && from.host() == to.host();
    (own(&to) && same_host && (same_way || upgraded)).then_some(to)
}

/// Whether a status is that of an answer.
pub fn is_answer(status: StatusCode) -> bool {
    status == StatusCode::NOT_MODIFIED || (status.is_success() && status != StatusCode::PARTIAL_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t116_redirects_stay_on_the_host() {
        let led = |from: &str, location: &str| {
            let location = HeaderValue::from_str(location).unwrap();
            next(&from.parse().unwrap(), &location).map(String::from)
        };
        let from = "http://data.example.com/a/b?c";
        for (location, to) in [
            ("/x", "http://data.example.com/x"),
            ("x?y#z", "http://data.example.com/a/x?y"),
            ("//data.example.com/x", "http://data.example.com/x"),
            ("HTTP://DATA.example.com:80/", "http://data.example.com/"),
            ("https://data.example.com/a", "https://data.example.com/a"),
        ] {
            assert_eq!(led(from, location).as_deref(), Some(to), "{location}");
        }
        for location in [
            "http://evil.example.com/",
            "//evil.example.com/",
            "\\\\evil.example.com\\",
            "/\\evil.example.com",
            "http://data.example.com.evil.com/",
            "http://data.example.com./",
            "http://data.example.com@evil.com/",
            "http://data.example.com:pass@evil.com/",
            "http://user@data.example.com/",
            "http://:pass@data.example.com/",
            "http://data.example.com:8080/",
            "http://data.example.com:443/",
            "https://data.example.com:8443/",
            "http://127.0.0.1/",
            "http://169.254.169.254/latest/meta-data/",
            "http://[::1]/",
            "ftp://data.example.com/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "http://",
        ] {
            assert_eq!(led(from, location), None, "{location}");
        }
        let tls = "https://data.example.com/";
        assert_eq!(led(tls, "http://data.example.com/"), None);
        assert_eq!(led(tls, "http://data.example.com:443/"), None);
        assert_eq!(
            led("http://data.example.com:8080/", "https://data.example.com/"),
            None
        );
        assert_eq!(
            led("http://data.example.com:8080/", "/x").as_deref(),
            Some("http://data.example.com:8080/x")
        );
        assert_eq!(
            next(
                &from.parse().unwrap(),
                &HeaderValue::from_bytes(b"/\xff").unwrap()
            ),
            None
        );
    }
}

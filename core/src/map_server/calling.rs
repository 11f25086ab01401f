//! Calling a map server.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use reqwest::Response;

use super::NotAnswered;
use crate::outbound::Outbound;

/// A request for a map server.
pub struct Outgoing {
    /// The method.
    pub method: Method,
    /// The server's URL.
    pub url: String,
    /// Parameters behind those that the URL has.
    pub query: String,
    /// All headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Option<Bytes>,
}

/// Sends a GET with `query` behind what the server's URL already has, or a POST with this body and its media type, and
/// these headers alone.
///
/// Refuses where the server is down, misconfigured, slow, or redirects. What went wrong is in the log.
pub async fn send(
    outbound: &Outbound,
    url: &str,
    query: &str,
    body: Option<(&'static str, String)>,
    mut headers: HeaderMap,
) -> Result<Response, NotAnswered> {
    let (method, body) = match body {
        None => (Method::GET, None),
        Some((kind, body)) => {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
            (Method::POST, Some(Bytes::from(body)))
        }
    };
    let outgoing = Outgoing {
        method,
        url: url.to_owned(),
        query: query.to_owned(),
        headers,
        body,
    };
    ask(outbound, outgoing).await
}

/// Sends a request; refuses like [`send`].
pub async fn ask(outbound: &Outbound, outgoing: Outgoing) -> Result<Response, NotAnswered> {
    let url = outgoing.url.as_str();
    let down = |error: &dyn std::fmt::Display| {
        tracing::error!(url, %error, "the map server cannot be called");
        NotAnswered::Down
    };
    let client = outbound.client().map_err(|error| down(&error))?;
    let target = with_query(url, &outgoing.query);
    let target = outbound.check(&target).map_err(|error| down(&error))?;
    let mut request = client.request(outgoing.method, target).headers(outgoing.headers);
    if let Some(body) = outgoing.body {
        request = request.body(body);
    }
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) if error.is_timeout() => return Err(slow(url)),
        Err(error) => return Err(down(&error.without_url())),
    };
    // A 304 leads nowhere; it answers a condition.
    if response.status().is_redirection() && response.status() != StatusCode::NOT_MODIFIED {
        return Err(down(&format!("it redirects ({})", response.status())));
    }
    Ok(response)
}

/// Waits for what is made of a server's answer until the first of it can go on, however many bytes still arrive. Refuses where
/// that takes longer than `limit`.
pub async fn in_time<T, E: From<NotAnswered>>(
    limit: Duration,
    url: &str,
    answering: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    tokio::time::timeout(limit, answering)
        .await
        .unwrap_or_else(|_| Err(slow(url).into()))
}

fn slow(url: &str) -> NotAnswered {
    tracing::error!(url, "the map server is slow");
    NotAnswered::Slow
}

/// A URL with more parameters behind its own.
fn with_query(url: &str, query: &str) -> String {
    let url = url.split('#').next().unwrap_or_default();
    if query.is_empty() {
        return url.to_owned();
    }
    let separator = match url.rsplit_once('?') {
        None => "?",
        Some((_, own)) if own.is_empty() || own.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{url}{separator}{query}")
}

#[cfg(test)]
mod tests {
    use super::with_query;

    #[test]
    fn a_servers_own_parameters_stay() {
        for (url, expected) in [
            ("http://b/m", "http://b/m?a=1"),
            ("http://b/m?", "http://b/m?a=1"),
            ("http://b/m?map=/x", "http://b/m?map=/x&a=1"),
            ("http://b/m?map=/x&#y", "http://b/m?map=/x&a=1"),
        ] {
            assert_eq!(with_query(url, "a=1"), expected);
        }
        assert_eq!(with_query("http://b/m?map=/x", ""), "http://b/m?map=/x");
    }
}

//! Calling a map server.

use std::time::Duration;

use axum::body::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use mapgate_core::gate::Gate;
use reqwest::Response;

use crate::fault::Fault;

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
/// 502 where the server is down, misconfigured or redirects, 504 where it is slow. What went wrong is in the log.
pub async fn send(
    gate: &Gate,
    url: &str,
    query: &str,
    body: Option<(&'static str, String)>,
    mut headers: HeaderMap,
) -> Result<Response, Fault> {
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
    ask(gate, outgoing).await
}

/// Sends a request; faults are those of [`send`].
pub async fn ask(gate: &Gate, outgoing: Outgoing) -> Result<Response, Fault> {
    let url = outgoing.url.as_str();
    let down = |error: &dyn std::fmt::Display| {
        tracing::error!(url, %error, "the map server cannot be called");
        Fault::backend(StatusCode::BAD_GATEWAY, "The map server does not answer.")
    };
    let client = gate.outbound.client().map_err(|error| down(&error))?;
    let target = with_query(url, &outgoing.query);
    let target = gate.outbound.check(&target).map_err(|error| down(&error))?;
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

/// Waits for what is made of a server's answer until the first of it can go on, however many bytes still arrive. 504 where
/// that takes longer than `limit`.
pub async fn in_time<T>(
    limit: Duration,
    url: &str,
    answering: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    tokio::time::timeout(limit, answering)
        .await
        .unwrap_or_else(|_| Err(slow(url)))
}

fn slow(url: &str) -> Fault {
    tracing::error!(url, "the map server is slow");
    Fault::backend(
        StatusCode::GATEWAY_TIMEOUT,
        "The map server does not answer in time.",
    )
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

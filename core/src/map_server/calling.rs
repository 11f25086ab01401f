//! Calling a map server.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};

use super::NotAnswered;
use crate::measure::{self, Count, Since};
use crate::ogc::{asks_of_its_own, without_operation};
use crate::outbound::{Arriving, Call, CallError, Outbound};

/// Sends a GET with `query` behind what the server's URL already has, its own operation left out, or a POST with this body and its media type, and
/// these headers alone.
///
/// Refuses where the server is down, misconfigured, slow, or redirects. What went wrong is in the log.
pub async fn send(
    outbound: &Outbound,
    url: &str,
    query: String,
    body: Option<(&'static str, String)>,
    mut headers: HeaderMap,
) -> Result<Response<Arriving>, NotAnswered> {
    let (method, body) = match body {
        None => (Method::GET, None),
        Some((kind, body)) => {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
            (Method::POST, Some(Bytes::from(body)))
        }
    };
    let call = Call {
        method,
        url: url.to_owned(),
        query,
        headers,
        body,
    };
    ask(outbound, call).await
}

/// Sends a request; refuses like [`send`].
pub async fn ask(outbound: &Outbound, mut call: Call) -> Result<Response<Arriving>, NotAnswered> {
    let url = place(&call.url).to_owned();
    let down = |error: &dyn std::fmt::Display| {
        tracing::error!(url, %error, "the map server cannot be called");
        NotAnswered::Down
    };
    if let Cow::Owned(left) = without_operation(&call.url) {
        call.url = left;
    }
    if let Some(parameter) = asks_of_its_own(&call.url) {
        let text =
            format!("its URL in the administration must not hold {parameter}: the proxy asks by itself");
        return Err(down(&text));
    }
    let since = Since::now();
    let called = outbound.call(call).await;
    measure::count(Count::ProxiedRequests);
    measure::note(|measures| measures.backend_time += since.elapsed());
    let response = match called {
        Ok(response) => response,
        Err(CallError::Slow) => return Err(slow(&url)),
        Err(error) => return Err(down(&error)),
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
    tracing::error!(url = place(url), "the map server is slow");
    NotAnswered::Slow
}

/// What the log may know of a server's URL: a name and a password before the host, or a key in its query, are nobody's business.
#[must_use]
pub fn place(url: &str) -> &str {
    let (path, _) = url.split_once(['?', '#']).unwrap_or((url, ""));
    let (_, rest) = path.split_once("://").unwrap_or(("", path));
    let host = rest.split('/').next().unwrap_or_default();
    host.rfind('@').and_then(|at| rest.get(at + 1..)).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn the_log_learns_neither_a_password_nor_a_key() {
        for (url, told) in [
            ("http://b:8080/m?map=/x&key=hush", "http://b:8080/m"),
            ("http://maps:hush@b/m", "b/m"),
            ("https://maps:hu@sh@b/m/@c?key=hush#x", "b/m/@c"),
            ("http://b/@c", "http://b/@c"),
            ("nonsense", "nonsense"),
        ] {
            assert_eq!(place(url), told);
        }
    }
}

//! A target's answer on its way to the client.

use std::convert::Infallible;

use axum::body::Body;
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use mapgate_core::http::sandboxed;

use crate::fault::Fault;
use crate::fetch::is_answer;

/// The largest answer, in bytes.
pub const LIMIT: usize = 10 * 1024 * 1024;

/// Never passed on, whatever is allowed: what belongs to the connection, and what would speak for the portal itself.
const NEVER: [HeaderName; 11] = [
    header::CONNECTION,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::PROXY_AUTHENTICATE,
    header::SET_COOKIE,
    header::STRICT_TRANSPORT_SECURITY,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::WWW_AUTHENTICATE,
];

/// The answer, with the allowed headers alone. One of a known length is streamed: should it break off, so does the
/// client's. One of an unknown length is read first, so that too large a one can still be told as such.
pub async fn answer(
    target: reqwest::Response,
    method: &Method,
    allowed: &[HeaderName],
) -> Result<Response, Fault> {
    let status = target.status();
    let headers = target.headers().clone();
    let encoded = headers
        .get(header::CONTENT_ENCODING)
        .is_some_and(|encoding| encoding != "identity");
    if encoded || !is_answer(status) {
        tracing::warn!(%status, encoded, "the target's answer is not passed on");
        return Err(match status {
            StatusCode::NOT_FOUND | StatusCode::GONE => mapgate_core::http::Failure::NotFound.into(),
            _ => Fault::Down,
        });
    }
    let length = headers.get(header::CONTENT_LENGTH);
    let size = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if size.is_some_and(|size| size > LIMIT) {
        return Err(too_large());
    }
    let empty = method == Method::HEAD || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    let body = match (empty, size) {
        // Of no known length, or one would be told to a HEAD.
        (true, _) => Body::from_stream(stream::empty::<Result<Bytes, Infallible>>()),
        (false, Some(_)) => Body::from_stream(target.bytes_stream()),
        (false, None) => Body::from(gather(target).await?),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = passed(&headers, allowed);
    if let Some(length) = length.filter(|_| status != StatusCode::NO_CONTENT) {
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, length.clone());
    }
    Ok(sandboxed(response))
}

/// The headers that come back. Where the target says nothing of how long its answer is good, a cache asks again.
fn passed(headers: &HeaderMap, allowed: &[HeaderName]) -> HeaderMap {
    let mut passed = HeaderMap::new();
    for name in allowed.iter().filter(|name| !NEVER.contains(name)) {
        for value in headers.get_all(name) {
            passed.append(name, value.clone());
        }
    }
    let kind = headers.get(header::CONTENT_TYPE).cloned();
    passed.insert(
        header::CONTENT_TYPE,
        kind.unwrap_or(HeaderValue::from_static("application/octet-stream")),
    );
    if !passed.contains_key(header::CACHE_CONTROL) && !passed.contains_key(header::EXPIRES) {
        passed.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    passed
}

async fn gather(mut target: reqwest::Response) -> Result<Bytes, Fault> {
    let mut body = BytesMut::new();
    loop {
        match target.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > LIMIT => return Err(too_large()),
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body.freeze()),
            Err(error) if error.is_timeout() => return Err(Fault::Slow),
            Err(error) => {
                tracing::error!(error = %error.without_url(), "the target broke off");
                return Err(Fault::Down);
            }
        }
    }
}

fn too_large() -> Fault {
    tracing::warn!("the target's answer is over 10 MiB");
    Fault::TooLarge
}

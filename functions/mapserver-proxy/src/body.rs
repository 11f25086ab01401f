//! Bodies of answers: as they arrive, looked at, or whole.

use std::pin::Pin;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use http::{HeaderMap, StatusCode, header};
use mapgate_core::http::{Failure, revalidated};
use mapgate_core::ogc::{OgcCode, OgcError, ogcapi};
use mapgate_core::outbound::CallError;

use crate::BODY_LIMIT;
use crate::fault::Fault;

/// Capabilities and legends that are no longer than this go out whole, so that a client may keep them; longer ones as they
/// come.
const KEEPABLE: usize = 256 * 1024;

/// A body that arrives.
pub type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, CallError>> + Send>>;

/// A body of which the beginning was looked at.
pub fn again(beginning: Bytes, rest: Option<Chunks>) -> Chunks {
    let beginning = stream::iter([Ok(beginning)]);
    match rest {
        Some(rest) => Box::pin(beginning.chain(rest)),
        None => Box::pin(beginning),
    }
}

/// Reads so much of a body, and what follows it; or all of it where it is shorter.
pub async fn look(mut body: Chunks, enough: usize) -> Result<(Bytes, Option<Chunks>), Fault> {
    let mut beginning = Vec::new();
    while beginning.len() < enough {
        match body.next().await {
            Some(Ok(chunk)) => beginning.extend_from_slice(&chunk),
            Some(Err(error)) => return Err(broke_off(&error, error == CallError::Slow)),
            None => return Ok((Bytes::from(beginning), None)),
        }
    }
    Ok((Bytes::from(beginning), Some(body)))
}

/// Gives an answer its body. A client that `asked` what may be kept gets what is short enough whole and may keep it, if it
/// asks each time whether its copy is still good; all else may be kept by nobody.
pub async fn kept<E: std::error::Error + Send + Sync + 'static>(
    mut answer: Response,
    mut body: impl Stream<Item = Result<Bytes, E>> + Send + Unpin + 'static,
    asked: Option<&HeaderMap>,
) -> Result<Response, E> {
    let Some(asked) = asked else {
        *answer.body_mut() = Body::from_stream(body);
        return Ok(answer);
    };
    let mut whole = Vec::new();
    while let Some(piece) = body.next().await {
        whole.extend_from_slice(&piece?);
        if whole.len() > KEEPABLE {
            let beginning = stream::iter([Ok(Bytes::from(whole))]);
            *answer.body_mut() = Body::from_stream(beginning.chain(body));
            return Ok(answer);
        }
    }
    Ok(revalidated(asked, answer, whole.into()))
}

/// What is told of a body that could not be read to where it was needed.
pub fn broke_off(error: &dyn std::error::Error, slow: bool) -> Fault {
    tracing::error!(%error, "the map server broke off");
    if slow {
        let text = "The map server does not answer in time.";
        return Fault::backend(StatusCode::GATEWAY_TIMEOUT, text);
    }
    Fault::backend(StatusCode::BAD_GATEWAY, "The map server broke off.")
}

/// A body that is JSON, by its type and by itself. 415 and 400 where it is not, 413 where it is too large.
pub async fn json_object(headers: &HeaderMap, body: Body) -> Result<Bytes, Fault> {
    let media = headers.get(header::CONTENT_TYPE);
    let media = media.and_then(|media| media.to_str().ok()).unwrap_or_default();
    let essence = media
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    if essence != "application/json" && !(essence.starts_with("application/") && essence.ends_with("+json")) {
        let text = "The body must be JSON.";
        return Err(Fault::Ogc(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            OgcError::new(OgcCode::InvalidParameterValue, text),
        ));
    }
    let body = axum::body::to_bytes(body, BODY_LIMIT)
        .await
        .map_err(|_| Failure::TooLarge)?;
    let written = ogcapi::body(&body).ok_or_else(|| {
        let text = "The body is no JSON object.";
        Fault::bad_request(OgcError::new(OgcCode::InvalidParameterValue, text))
    })?;
    Ok(Bytes::from(written))
}

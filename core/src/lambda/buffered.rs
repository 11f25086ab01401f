//! Answers as a buffered invocation gives them: gathered whole, within what Lambda carries.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::HttpBody as _;
use axum::response::Response;
use futures_util::StreamExt as _;
use http::{HeaderMap, HeaderValue, StatusCode, header, response};
use lambda_http::lambda_runtime::{self, Service};
use lambda_http::request::RequestContext;
use lambda_http::{Body, Request, RequestExt as _};
use tokio::time::{Instant, timeout_at};

use super::Peers;
use crate::clock::Timestamp;
use crate::http::private;
use crate::ogc::{ExceptionForm, OgcCode, OgcError, Params};

/// What Lambda carries of an answer as JSON, in bytes; base64 leaves 4.5 MiB of it to what is no text.
pub(super) const LIMIT: usize = 6 * 1024 * 1024;
/// What an ALB takes of it.
pub(super) const ALB_LIMIT: usize = 1024 * 1024;
/// The names of the JSON's fields, and what else stands around headers and body.
const ENVELOPE: usize = 1024;
/// What is left of an invocation's time to say that there was not enough of it.
const TO_TELL: Duration = Duration::from_secs(1);
/// The longest that an answer takes where the invocation does not tell when it ends: the template's functions have 29 seconds.
const LONGEST: Duration = Duration::from_secs(28);
/// The longest that Lambda gives any.
const LAMBDAS: Duration = Duration::from_mins(15);

/// Gathers a router's answers.
#[derive(Clone)]
pub(super) struct Buffered(pub(super) Peers);

/// An answer, gathered. Text goes as text whatever its type says, so that every byte stays what it is.
pub(super) struct Gathered(http::Response<Body>);

impl lambda_http::IntoResponse for Gathered {
    fn into_response(self) -> Pin<Box<dyn Future<Output = http::Response<Body>> + Send>> {
        Box::pin(std::future::ready(self.0))
    }
}

impl Service<Request> for Buffered {
    type Response = Gathered;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Gathered, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let limit = match request.request_context_ref() {
            Some(RequestContext::Alb(_)) => ALB_LIMIT,
            _ => LIMIT,
        };
        let left = left(&request, self.0.clock.now());
        let form = form(&request);
        let answering = self.0.call(request);
        Box::pin(async move {
            let end = Instant::now() + left;
            if let Ok(answered) = timeout_at(end, answering).await {
                return Ok(Gathered(gather(answered?, limit, end).await));
            }
            let (mut parts, _) = private(Response::default()).into_parts();
            form.map(|form| parts.extensions.insert(form));
            Ok(Gathered(told(parts, Fault::late())))
        })
    }
}

/// How long an answer may take as a whole: Lambda ends what is not done by its deadline, and then nobody is told anything.
fn left(request: &Request, now: Timestamp) -> Duration {
    let context = request.extensions().get::<lambda_runtime::Context>();
    let deadline = context.and_then(|context| i64::try_from(context.deadline).ok());
    // One that is past is none: some emulators count it from their own start.
    let left = deadline.map(|deadline| Timestamp::from_millis(deadline).since(now));
    left.filter(|left| !left.is_zero())
        .map_or(LONGEST, |left| left.min(LAMBDAS).saturating_sub(TO_TELL))
}

/// The form in which faults are told where the endpoint has not said it yet; none where no service of OGC is asked.
fn form(request: &Request) -> Option<ExceptionForm> {
    let params = Params::parse_lossy(request.uri().query().unwrap_or_default());
    let asks = params
        .iter()
        .any(|(name, _)| matches!(name, "SERVICE" | "REQUEST"));
    asks.then(|| ExceptionForm::asked(&params))
}

/// Why an answer cannot be given.
#[derive(Clone, Copy)]
enum Fault {
    TooLarge,
    BrokeOff,
    Late,
}

impl Fault {
    fn late() -> Self {
        tracing::error!("an answer is not there by the end of the invocation");
        Self::Late
    }
}

async fn gather(response: Response, limit: usize, end: Instant) -> http::Response<Body> {
    let (parts, body) = response.into_parts();
    let room = limit.saturating_sub(ENVELOPE + size(&parts.headers));
    let read = timeout_at(end, read(body, room)).await;
    match read.unwrap_or_else(|_| Err(Fault::late())) {
        Ok(body) => http::Response::from_parts(parts, body),
        Err(fault) => told(parts, fault),
    }
}

/// What headers take as JSON; for an ALB they stand there twice.
fn size(headers: &HeaderMap) -> usize {
    let line = |(name, value): (&http::HeaderName, &HeaderValue)| {
        // Quotes, colon and comma; no value has control characters, but it may have quotes.
        2 * (name.as_str().len() + 2 * value.len() + 8)
    };
    headers.iter().map(line).sum()
}

async fn read(body: axum::body::Body, room: usize) -> Result<Body, Fault> {
    let known = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if known > room {
        tracing::error!(bytes = known, "an answer is larger than Lambda carries");
        return Err(Fault::TooLarge);
    }
    let mut bytes = Vec::with_capacity(known);
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| {
            tracing::error!(%error, "an answer breaks off");
            Fault::BrokeOff
        })?;
        bytes.extend_from_slice(&piece);
        if bytes.len() > room {
            break;
        }
    }
    encode(bytes, room).ok_or_else(|| {
        tracing::error!(room, "an answer is larger than Lambda carries");
        Fault::TooLarge
    })
}

/// A body as text where it is UTF-8, else in base64; `None` where it fits in no form.
fn encode(bytes: Vec<u8>, room: usize) -> Option<Body> {
    let base64 = bytes.len().div_ceil(3) * 4;
    let body = match String::from_utf8(bytes) {
        Ok(text) if text.is_empty() => Body::Empty,
        Ok(text) if escaped(&text) <= room => Body::Text(text),
        Ok(text) if base64 <= room => Body::Binary(text.into_bytes()),
        Err(error) if base64 <= room => Body::Binary(error.into_bytes()),
        Ok(_) | Err(_) => return None,
    };
    Some(body)
}

/// The length of a text as a string of JSON.
fn escaped(text: &str) -> usize {
    let length = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
        0..0x20 => 6,
        _ => 1,
    };
    text.bytes().map(length).sum()
}

/// The answer that tells of a fault, in the form that the endpoint left for it; its other headers stay.
fn told(mut parts: response::Parts, fault: Fault) -> http::Response<Body> {
    let (status, text) = match fault {
        Fault::TooLarge => (
            StatusCode::PAYLOAD_TOO_LARGE,
            "The answer is larger than can be given at once. Ask for less; or let the function stream its answers \
             (MAPGATE_INVOKE_MODE).",
        ),
        Fault::BrokeOff => (StatusCode::BAD_GATEWAY, "The answer broke off."),
        Fault::Late => (
            StatusCode::GATEWAY_TIMEOUT,
            "The answer was not there in time. Ask for less.",
        ),
    };
    parts.status = status;
    for of_the_body in [
        header::CONTENT_LENGTH,
        header::CONTENT_ENCODING,
        header::CONTENT_RANGE,
        header::CONTENT_DISPOSITION,
        header::ACCEPT_RANGES,
        header::ETAG,
        header::LAST_MODIFIED,
    ] {
        parts.headers.remove(of_the_body);
    }
    let policy = HeaderValue::from_static("private, no-store");
    parts.headers.insert(header::CACHE_CONTROL, policy);
    let (content_type, body) = match parts.extensions.get::<ExceptionForm>() {
        Some(form) => {
            let rendered = form.render(&OgcError::new(OgcCode::NoApplicableCode, text));
            (HeaderValue::from_static(rendered.content_type), rendered.body)
        }
        None => (
            HeaderValue::from_static("application/json"),
            serde_json::json!({ "error": text }).to_string(),
        ),
    };
    parts.headers.insert(header::CONTENT_TYPE, content_type);
    http::Response::from_parts(parts, Body::Text(body))
}

#[cfg(test)]
#[path = "buffered_tests.rs"]
mod tests;

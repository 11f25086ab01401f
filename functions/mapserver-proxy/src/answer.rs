//! A map server's answer on its way to the client.

use std::pin::Pin;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use http::{HeaderValue, StatusCode, header};
use mapgate_core::http::private;
use mapgate_core::ogc::{
    AnswerRewriter, CapabilitiesFilter, Forward, OgcCode, OgcError, Operation, Service, UrlRewriter,
    XmlError, backend_exception_code, filter_capabilities, rewrite_answer, transaction_answer,
};

use crate::fault::{Fault, sandboxed};

/// So much of a text is looked at before it goes on: an exception shows itself at its beginning.
const LOOKED_AT: usize = 4 * 1024;
/// So much of an exception is read, for its code and the log.
const EXCEPTION: usize = 64 * 1024;
/// So much of a transaction's answer is read: it lists what was inserted.
const TRANSACTION: usize = 16 * 1024 * 1024;
/// How long a legend may be kept, in seconds.
const LEGEND_AGE: u32 = 3600;

/// What is expected of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// An image, and nothing else.
    Image,
    /// An image as a rule, but a text is possible.
    Legend,
    /// Mostly text.
    Data,
    /// What became of a transaction.
    Transaction,
}

impl Way {
    /// What is expected for a request.
    pub fn of(forward: &Forward) -> Self {
        match forward.operation {
            Operation::GetMap => Self::Image,
            Operation::GetLegendGraphic => Self::Legend,
            Operation::Transaction => Self::Transaction,
            _ => Self::Data,
        }
    }
}

type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, reqwest::Error>> + Send>>;

/// Capabilities, filtered. What is wrong at the beginning of the document is a fault; later the answer breaks off.
pub async fn capabilities(
    response: reqwest::Response,
    filter: CapabilitiesFilter,
    forward: &Forward,
) -> Result<Response, Fault> {
    let status = response.status();
    let mut filtered = Box::pin(filter_capabilities(Box::pin(response.bytes_stream()), filter));
    let first = match filtered.next().await {
        Some(Ok(first)) if status.is_success() => first,
        Some(Err(XmlError::Exception(code))) => return Err(exception(code)),
        other => {
            let error = other.and_then(Result::err).map(|error| error.to_string());
            tracing::error!(%status, error, "the capabilities cannot be filtered");
            let text = "The map server's capabilities cannot be read.";
            return Err(Fault::backend(StatusCode::BAD_GATEWAY, text));
        }
    };
    let content_type = match (forward.service, forward.version) {
        (Service::Wms, "1.1.1" | "1.1.0") => "application/vnd.ogc.wms_xml; charset=UTF-8",
        _ => "text/xml; charset=UTF-8",
    };
    let body = Body::from_stream(stream::iter([Ok(first)]).chain(filtered));
    Ok(finish(body, HeaderValue::from_static(content_type), forward))
}

/// Any other answer. Images pass untouched, texts lose the backend's URLs, exceptions all but their code.
pub async fn answer(
    response: reqwest::Response,
    urls: UrlRewriter,
    forward: &Forward,
    way: Way,
) -> Result<Response, Fault> {
    let status = response.status();
    let headers = response.headers().clone();
    let content_type = headers.get(header::CONTENT_TYPE).cloned();
    let kind = content_type
        .as_ref()
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    let kind = kind.to_ascii_lowercase();
    let body: Chunks = Box::pin(response.bytes_stream());
    let image = kind.starts_with("image/");
    if !status.is_success() || headers.contains_key(header::CONTENT_ENCODING) {
        return Err(failed(status, body).await);
    }
    if way == Way::Transaction {
        return transaction(body, &urls).await;
    }
    if way == Way::Image && !image {
        return Err(not_an_image(body).await);
    }
    if !is_text(&kind) {
        let content_type = content_type.unwrap_or(HeaderValue::from_static("application/octet-stream"));
        let mut passed = finish(Body::from_stream(body), content_type, forward);
        for name in [header::CONTENT_LENGTH, header::CONTENT_DISPOSITION] {
            if let Some(value) = headers.get(&name) {
                passed.headers_mut().insert(name, value.clone());
            }
        }
        return Ok(passed);
    }
    let (beginning, rest) = look(body, LOOKED_AT).await?;
    if backend_exception_code(&beginning).is_some() {
        let whole = stream::iter([Ok(beginning)]).chain(rest);
        return Err(failed(StatusCode::BAD_REQUEST, Box::pin(whole)).await);
    }
    let whole: Chunks = Box::pin(stream::iter([Ok(beginning)]).chain(rest));
    let rewritten = rewrite_answer(whole, AnswerRewriter::new(urls));
    let content_type = content_type.unwrap_or(HeaderValue::from_static("text/plain; charset=UTF-8"));
    let mut passed = finish(Body::from_stream(rewritten), content_type, forward);
    if let Some(value) = headers.get(header::CONTENT_DISPOSITION) {
        passed
            .headers_mut()
            .insert(header::CONTENT_DISPOSITION, value.clone());
    }
    Ok(passed)
}

/// A document of our own making.
pub fn document(text: String) -> Response {
    let mut response = private(Response::new(Body::from(text)));
    let kind = HeaderValue::from_static("text/xml; charset=UTF-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    sandboxed(response)
}

/// What became of a transaction, without the server's words on what failed.
async fn transaction(body: Chunks, urls: &UrlRewriter) -> Result<Response, Fault> {
    let (whole, _) = look(body, TRANSACTION).await?;
    let written = std::str::from_utf8(&whole)
        .ok()
        .map(|text| transaction_answer(text, urls));
    match written {
        Some(Ok(written)) => {
            if written.contains("FAILED") {
                note(&whole);
            }
            Ok(document(written))
        }
        _ => Err(failed(StatusCode::BAD_REQUEST, Box::pin(stream::iter([Ok(whole)]))).await),
    }
}

/// Whether a media type is that of a text, in which URLs can stand. What tells nothing counts as one.
fn is_text(kind: &str) -> bool {
    let raster = kind.starts_with("image/") && !kind.contains("xml");
    let texts = ["text/", "xml", "json", "gml", "kml", "csv", "javascript"];
    !raster && (kind.is_empty() || texts.iter().any(|text| kind.contains(text)))
}

/// The headers that every answer has; only a legend may be kept, by everybody where everybody may see it.
fn finish(body: Body, content_type: HeaderValue, forward: &Forward) -> Response {
    let mut response = private(Response::new(body));
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    if forward.operation == Operation::GetLegendGraphic {
        let who = if forward.public { "public" } else { "private" };
        if let Ok(kept) = HeaderValue::from_str(&format!("{who}, max-age={LEGEND_AGE}")) {
            response.headers_mut().insert(header::CACHE_CONTROL, kept);
        }
    }
    sandboxed(response)
}

/// Reads so much of a body, or all of it where it is shorter.
async fn look(mut body: Chunks, enough: usize) -> Result<(Bytes, Chunks), Fault> {
    let mut beginning = Vec::new();
    while beginning.len() < enough {
        match body.next().await {
            Some(Ok(chunk)) => beginning.extend_from_slice(&chunk),
            Some(Err(error)) => {
                tracing::error!(error = %error.without_url(), "the map server broke off");
                return Err(Fault::backend(
                    StatusCode::BAD_GATEWAY,
                    "The map server broke off.",
                ));
            }
            None => break,
        }
    }
    Ok((Bytes::from(beginning), body))
}

/// A map that is none: the code of the exception that came instead, always as 400.
async fn not_an_image(body: Chunks) -> Fault {
    match look(body, EXCEPTION).await {
        Ok((text, _)) => {
            note(&text);
            exception(backend_exception_code(&text).unwrap_or(OgcCode::NoApplicableCode))
        }
        Err(fault) => fault,
    }
}

/// An answer that tells of a fault: the client's where it is an exception, else the server's own.
async fn failed(status: StatusCode, body: Chunks) -> Fault {
    let Ok((text, _)) = look(body, EXCEPTION).await else {
        return Fault::backend(StatusCode::BAD_GATEWAY, "The map server broke off.");
    };
    note(&text);
    match backend_exception_code(&text) {
        Some(code) if !status.is_server_error() => exception(code),
        Some(code) => Fault::Ogc(StatusCode::BAD_GATEWAY, plain(code)),
        None => Fault::backend(StatusCode::BAD_GATEWAY, "The map server failed."),
    }
}

/// What a backend says of its faults is for the log alone: it can hold SQL and names of tables.
fn note(text: &[u8]) {
    let shown = text.get(..text.len().min(2000)).unwrap_or_default();
    tracing::warn!(answer = %shown.escape_ascii(), "the map server tells of a fault");
}

fn exception(code: OgcCode) -> Fault {
    Fault::bad_request(plain(code))
}

fn plain(code: OgcCode) -> OgcError {
    OgcError::new(code, "The map server could not answer the request.")
}

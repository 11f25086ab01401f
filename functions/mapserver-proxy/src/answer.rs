//! A map server's answer on its way to the client.

use axum::body::Body;
use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use mapgate_core::http::private;
use mapgate_core::ogc::{
    AnswerRewriter, CapabilitiesFilter, Forward, OgcCode, OgcError, Operation, Service, UrlRewriter,
    XmlError, backend_exception_code, filter_capabilities, rewrite_answer, transaction_answer,
};
use mapgate_core::outbound::{Arriving, CallError};

use crate::HEADERS;
use crate::body::{Chunks, again, broke_off, kept, look};
use crate::fault::{Fault, sandboxed};
use crate::media::{asks_html, is_html, is_text};

/// So much of an answer is waited for before it goes on: an exception shows itself at its beginning, a small answer that
/// breaks off can still be told of, and one that is whole goes out in one piece, which costs half of a piece for the head
/// and others behind it.
const LOOKED_AT: usize = 16 * 1024;
/// So much of an exception is read, for its code and the log.
const EXCEPTION: usize = 64 * 1024;
/// So much of a transaction's answer is read: it lists what was inserted.
const TRANSACTION: usize = 16 * 1024 * 1024;
/// How long a legend may be kept that is for everybody.
const FOR_EVERYBODY: HeaderValue = HeaderValue::from_static("public, max-age=3600");
/// What a client may ask of a server about an answer that goes on untouched; the first is no condition.
const CONDITIONS: [HeaderName; 5] = [
    header::ACCEPT_ENCODING,
    header::IF_NONE_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_RANGE,
    header::RANGE,
];
/// What such an answer keeps of the server's headers, beside its type. None is hop-by-hop, none tells of the server.
const KEPT: [HeaderName; 7] = [
    header::CONTENT_LENGTH,
    header::CONTENT_DISPOSITION,
    header::CONTENT_ENCODING,
    header::CONTENT_RANGE,
    header::ACCEPT_RANGES,
    header::ETAG,
    header::LAST_MODIFIED,
];

/// What is expected of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
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

/// Whether the answer is to be a picture that goes on byte by byte: conditions, ranges and compression are then an affair
/// between client and server. All else is read or rewritten, or may turn out so.
fn is_untouched(forward: &Forward) -> bool {
    let picture = |value: &str| {
        let value = value.to_ascii_lowercase();
        value.starts_with("image/") && !value.contains("xml")
    };
    let format = || {
        let mut formats = forward.query.iter().filter(|(name, _)| *name == "FORMAT");
        formats.next().is_some_and(|(_, value)| picture(value))
    };
    matches!(Way::of(forward), Way::Image | Way::Legend) && format()
}

/// What a server is asked beside the request: the client's conditions where the answer goes on untouched, else that it come
/// as it is.
pub fn conditions(asked: &HeaderMap, forward: &Forward) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if is_untouched(forward) {
        // A server's validator of what is drawn for one user may be that of what it draws for another: see `kept`.
        let many = if is_own_legend(forward) {
            1
        } else {
            CONDITIONS.len()
        };
        for name in CONDITIONS.into_iter().take(many) {
            // Several lines of one, or several ranges (whose answer is no picture), are not worth it.
            let mut values = asked.get_all(&name).iter();
            if let (Some(value), None) = (values.next(), values.next())
                && !(name == header::RANGE && value.as_bytes().contains(&b','))
            {
                headers.insert(name, value.clone());
            }
        }
    }
    headers
        .entry(header::ACCEPT_ENCODING)
        .or_insert(HeaderValue::from_static("identity"));
    headers
}

/// Whether it is a legend that not everybody may see.
fn is_own_legend(forward: &Forward) -> bool {
    forward.operation == Operation::GetLegendGraphic && !forward.is_for_everybody()
}

/// Capabilities, filtered. What is wrong at the beginning of the document, or anywhere in one that may be kept, is a fault;
/// later the answer breaks off. `asked` are the headers of a client that may keep it.
pub async fn capabilities(
    response: http::Response<Arriving>,
    filter: CapabilitiesFilter,
    forward: &Forward,
    asked: Option<&HeaderMap>,
) -> Result<Response, Fault> {
    let status = response.status();
    let unreadable = |error: Option<XmlError>| {
        if let Some(XmlError::Exception(code)) = error {
            return exception(code);
        }
        let error = error.map(|error| error.to_string());
        tracing::error!(%status, error, "the capabilities cannot be filtered");
        let text = "The map server's capabilities cannot be read.";
        Fault::backend(StatusCode::BAD_GATEWAY, text)
    };
    let mut filtered = Box::pin(filter_capabilities(Box::pin(response.into_body()), filter));
    let first = match filtered.next().await {
        Some(Ok(first)) if status == StatusCode::OK => first,
        other => return Err(unreadable(other.and_then(Result::err))),
    };
    let content_type = match (forward.service, forward.version) {
        (Service::Wms, "1.1.1" | "1.1.0") => "application/vnd.ogc.wms_xml; charset=UTF-8",
        _ => "text/xml; charset=UTF-8",
    };
    let answer = finish(StatusCode::OK, HeaderValue::from_static(content_type), forward);
    let body = stream::iter([Ok(first)]).chain(filtered);
    kept(answer, body, asked)
        .await
        .map_err(|error| unreadable(Some(error)))
}

/// Any other answer. Images pass untouched, texts lose the URLs that `urls` knows as the backend's, exceptions all but their
/// code. `asked` are the headers of a client that may keep it.
pub async fn answer(
    response: http::Response<Arriving>,
    urls: impl FnOnce() -> UrlRewriter,
    forward: &Forward,
    asked: Option<&HeaderMap>,
) -> Result<Response, Fault> {
    let way = Way::of(forward);
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.to_ascii_lowercase();
    let encoded = response.headers().contains_key(header::CONTENT_ENCODING);
    let untouched = is_untouched(forward);
    let asked = asked.filter(|_| is_own_legend(forward));
    let conditional = untouched && !is_own_legend(forward);
    match status {
        StatusCode::NOT_MODIFIED | StatusCode::RANGE_NOT_SATISFIABLE if conditional => {
            return Ok(without_body(&response, forward));
        }
        StatusCode::PARTIAL_CONTENT if conditional && !is_text(&kind) => {}
        StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED => {
            return Err(failed(StatusCode::BAD_GATEWAY, chunks(response)).await);
        }
        _ if !status.is_success() || (encoded && (!untouched || is_text(&kind))) => {
            return Err(failed(status, chunks(response)).await);
        }
        _ => {}
    }
    if way == Way::Transaction {
        return transaction(chunks(response), &urls()).await;
    }
    if way == Way::Image && !kind.starts_with("image/") {
        return Err(not_an_image(chunks(response)).await);
    }
    if !is_text(&kind) {
        return pass(response, forward, asked).await;
    }
    let content_type = response.headers().get(header::CONTENT_TYPE).cloned();
    let disposition = response.headers().get(header::CONTENT_DISPOSITION).cloned();
    let (beginning, rest) = look(chunks(response), LOOKED_AT).await?;
    if backend_exception_code(&beginning).is_some() {
        return Err(failed(StatusCode::BAD_REQUEST, again(beginning, rest)).await);
    }
    if is_html(&kind, &beginning) && !asks_html(forward) {
        return Err(failed(StatusCode::BAD_GATEWAY, again(beginning, rest)).await);
    }
    let rewritten = rewrite_answer(again(beginning, rest), AnswerRewriter::new(urls()));
    let content_type = content_type.unwrap_or(HeaderValue::from_static("text/plain; charset=UTF-8"));
    let mut passed = finish(StatusCode::OK, content_type, forward);
    if let Some(value) = disposition {
        passed.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    let passed = kept(passed, Box::pin(rewritten), asked).await;
    passed.map_err(|error| broke_off(&error, false))
}

fn chunks(response: http::Response<Arriving>) -> Chunks {
    Box::pin(response.into_body())
}

/// An answer on its way as it is.
async fn pass(
    mut response: http::Response<Arriving>,
    forward: &Forward,
    asked: Option<&HeaderMap>,
) -> Result<Response, Fault> {
    let status = response.status();
    let mut headers = std::mem::take(response.headers_mut());
    let content_type = headers.remove(header::CONTENT_TYPE);
    let content_type = content_type.unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let mut passed = finish(status, content_type, forward);
    if is_own_legend(forward) {
        for name in [header::ETAG, header::LAST_MODIFIED, header::ACCEPT_RANGES] {
            headers.remove(name);
        }
    }
    keep_headers(&mut headers, passed.headers_mut());
    if asked.is_some() {
        let passed = kept(passed, chunks(response), asked).await;
        return passed.map_err(|error| broke_off(&error, error == CallError::Slow));
    }
    *passed.body_mut() = match look(chunks(response), LOOKED_AT).await? {
        (whole, None) => Body::from(whole),
        (beginning, rest) => Body::from_stream(again(beginning, rest)),
    };
    Ok(passed)
}

/// That a client's copy is still good, or that there is no such range.
fn without_body(response: &http::Response<Arriving>, forward: &Forward) -> Response {
    let mut passed = finish(response.status(), HeaderValue::from_static("image/*"), forward);
    let mut headers = response.headers().clone();
    keep_headers(&mut headers, passed.headers_mut());
    // They tell of a body that is not here.
    for name in [
        header::CONTENT_TYPE,
        header::CONTENT_LENGTH,
        header::CONTENT_ENCODING,
    ] {
        passed.headers_mut().remove(name);
    }
    passed
}

fn keep_headers(from: &mut HeaderMap, to: &mut HeaderMap) {
    let by_encoding = from.contains_key(header::CONTENT_ENCODING)
        || from.get_all(header::VARY).iter().any(|names| {
            let names = names.to_str().unwrap_or_default().to_ascii_lowercase();
            names.contains("accept-encoding")
        });
    if by_encoding {
        to.append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    }
    for name in KEPT {
        if let Some(value) = from.remove(&name) {
            to.insert(name, value);
        }
    }
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
    let (whole, rest) = look(body, TRANSACTION).await?;
    if rest.is_some() {
        // It may well have happened, and who sends it again does it twice.
        tracing::error!("the map server's answer to a transaction is too long");
        let text = "The transaction was sent, but the map server's answer to it is too long to be read: see what became of it \
                    before you send it again.";
        return Err(Fault::backend(StatusCode::BAD_GATEWAY, text));
    }
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
        _ => Err(failed(StatusCode::BAD_REQUEST, again(whole, None)).await),
    }
}

/// An answer without its body: with the headers that every one has. Only a legend that everybody may see may be kept by
/// everybody; what says that there is none is kept by nobody.
fn finish(status: StatusCode, content_type: HeaderValue, forward: &Forward) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response.headers_mut().reserve(HEADERS);
    let mut response = private(response);
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    let is_legend = matches!(
        status,
        StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED
    );
    if is_legend && forward.is_for_everybody() {
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, FOR_EVERYBODY);
    }
    sandboxed(response)
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
    let text = match look(body, EXCEPTION).await {
        Ok((text, _)) => text,
        Err(fault) => return fault,
    };
    note(&text);
    if let Some(fault) = Fault::too_large(status) {
        return fault;
    }
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

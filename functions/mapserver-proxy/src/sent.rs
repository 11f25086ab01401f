//! What a client sent: a query string, and with a POST a form or an XML document.

use axum::body::{Body, BodyDataStream};
use axum::response::Response;
use futures_util::StreamExt as _;
use http::{StatusCode, header, request};
use mapgate_core::http::Failure;
use mapgate_core::ogc::{Asked, ExceptionForm, OgcCode, OgcError, ServerType};

use crate::BODY_LIMIT;
use crate::fault::Fault;

/// A request's query string and body.
pub struct Sent {
    /// The raw query string of the URL.
    pub query: String,
    body: Posted,
}

enum Posted {
    /// By GET.
    Nothing,
    Form(String),
    Xml(String),
}

impl Sent {
    /// A GET.
    pub fn query(parts: &request::Parts) -> Self {
        Self {
            query: parts.uri.query().unwrap_or_default().to_owned(),
            body: Posted::Nothing,
        }
    }

    /// A POST. Answers with 415 what is neither a urlencoded form nor XML, with 413 what is too large, and with 400 what
    /// is not UTF-8 or breaks off, in the form that its beginning asks for.
    pub async fn posted(parts: &request::Parts, body: Body) -> Result<Self, Response> {
        let kind = parts
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .and_then(|kind| kind.split(';').next())
            .map(|kind| kind.trim().to_ascii_lowercase())
            .unwrap_or_default();
        let kept: fn(String) -> Posted = match kind.as_str() {
            "application/x-www-form-urlencoded" => Posted::Form,
            "text/xml" | "application/xml" => Posted::Xml,
            _ if kind.starts_with("application/") && kind.ends_with("+xml") => Posted::Xml,
            _ => {
                let text = "The body must be a urlencoded form or XML.";
                let error = OgcError::new(OgcCode::OperationNotSupported, text);
                let fault = Fault::Ogc(StatusCode::UNSUPPORTED_MEDIA_TYPE, error);
                return Err(fault.into_response(Self::query(parts).form()));
            }
        };
        let of = |text: String| Self {
            body: kept(text),
            ..Self::query(parts)
        };
        let refused = |fault: Fault, beginning: &[u8]| {
            let text = beginning
                .utf8_chunks()
                .next()
                .map(|chunk| chunk.valid().to_owned());
            fault.into_response(of(text.unwrap_or_default()).form())
        };
        match gather(body.into_data_stream(), announced(parts)).await {
            Ok(bytes) => String::from_utf8(bytes).map(of).map_err(|error| {
                let text = "The body is not UTF-8.";
                let error_of = OgcError::new(OgcCode::OperationParsingFailed, text);
                refused(Fault::bad_request(error_of), error.as_bytes())
            }),
            Err((fault, beginning)) => Err(refused(fault, &beginning)),
        }
    }

    /// The form in which faults are to be told.
    pub fn form(&self) -> ExceptionForm {
        match &self.body {
            Posted::Nothing => ExceptionForm::asked(&self.query),
            Posted::Form(body) => ExceptionForm::asked(body),
            Posted::Xml(body) => ExceptionForm::asked_by_document(body),
        }
    }

    /// Understands it.
    pub fn understand(&self, server: ServerType) -> Result<Asked, OgcError> {
        match &self.body {
            Posted::Nothing => Asked::parse(server, &self.query),
            Posted::Form(body) => Asked::parse_form(server, &self.query, body),
            Posted::Xml(body) => Asked::parse_xml(server, &self.query, body),
        }
    }
}

/// The length that a request says its body has.
fn announced(parts: &request::Parts) -> Option<usize> {
    let length = parts.headers.get(header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}

/// A body, whole; or why not, and how it begins. Of one that is announced as too large no more than that is read.
async fn gather(mut body: BodyDataStream, announced: Option<usize>) -> Result<Vec<u8>, (Fault, Vec<u8>)> {
    let announced_too_large = announced.is_some_and(|length| length > BODY_LIMIT);
    let mut bytes = Vec::new();
    while let Some(piece) = body.next().await {
        match piece {
            Ok(piece) => bytes.extend_from_slice(&piece),
            Err(error) => {
                tracing::info!(%error, "a posted body breaks off");
                let text = "The body cannot be read.";
                let error = OgcError::new(OgcCode::OperationParsingFailed, text);
                return Err((Fault::bad_request(error), bytes));
            }
        }
        if announced_too_large || bytes.len() > BODY_LIMIT {
            return Err((Failure::TooLarge.into(), bytes));
        }
    }
    if announced_too_large {
        return Err((Failure::TooLarge.into(), bytes));
    }
    Ok(bytes)
}

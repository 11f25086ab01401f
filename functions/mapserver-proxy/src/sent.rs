//! What a client sent: a query string, and with a POST a form or an XML document.

use axum::body::{Body, BodyDataStream};
use axum::response::Response;
use futures_util::StreamExt as _;
use http::{StatusCode, header, request};
use mapgate_core::http::{Failure, Form};
use mapgate_core::ogc::{Access, Asked, ExceptionForm, OgcCode, OgcError, Params, ServerType};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::BODY_LIMIT;
use crate::fault::Fault;

/// So much is read of a form in parts that is too large, to tell so in the form that it asks for.
const BEGINNING: usize = 64 * 1024;

/// A request's query string and body.
pub struct Sent<'a> {
    raw_query: &'a str,
    query: Result<Params, OgcError>,
    body: Posted,
}

enum Posted {
    /// By GET.
    Nothing,
    Form(String),
    Xml(String),
}

impl<'a> Sent<'a> {
    /// A GET, or a POST whose body is not read yet.
    pub fn query(parts: &'a request::Parts) -> Self {
        let raw_query = parts.uri.query().unwrap_or_default();
        Self {
            raw_query,
            query: Params::parse(raw_query),
            body: Posted::Nothing,
        }
    }

    /// The parameters of the URL, or why they cannot be read.
    pub fn params(&self) -> Result<&Params, OgcError> {
        self.query.as_ref().map_err(OgcError::clone)
    }

    /// The same with the POST's body. Answers with 415 what is neither a form nor XML, with 413 what is too large, and with 400 what
    /// is not UTF-8 or breaks off, in the form that its beginning asks for.
    pub async fn with_body(mut self, parts: &request::Parts, body: Body) -> Result<Self, Response> {
        let kind = parts
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .and_then(|kind| kind.split(';').next())
            .map(|kind| kind.trim().to_ascii_lowercase())
            .unwrap_or_default();
        if kind == "multipart/form-data" {
            return self.with_multipart(parts, body).await;
        }
        let kept: fn(String) -> Posted = match kind.as_str() {
            "application/x-www-form-urlencoded" => Posted::Form,
            "text/xml" | "application/xml" => Posted::Xml,
            _ if kind.starts_with("application/") && kind.ends_with("+xml") => Posted::Xml,
            _ => {
                let text = "The body must be a form or XML.";
                let error = OgcError::new(OgcCode::OperationNotSupported, text);
                let fault = Fault::Ogc(StatusCode::UNSUPPORTED_MEDIA_TYPE, error);
                return Err(fault.into_response(self.form()));
            }
        };
        let beginning = |bytes: &[u8]| {
            let chunk = bytes.utf8_chunks().next();
            chunk.map(|chunk| chunk.valid().to_owned()).unwrap_or_default()
        };
        let (text, fault) = match gather(body.into_data_stream(), is_too_large(parts)).await {
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => (text, None),
                Err(error) => {
                    let text = "The body is not UTF-8.";
                    let told = OgcError::new(OgcCode::OperationParsingFailed, text);
                    (beginning(error.as_bytes()), Some(Fault::bad_request(told)))
                }
            },
            Err((fault, bytes)) => (beginning(&bytes), Some(fault)),
        };
        self.body = kept(text);
        match fault {
            None => Ok(self),
            Some(fault) => Err(fault.into_response(self.form())),
        }
    }

    /// The same with a form in parts, which is a form like others from then on.
    async fn with_multipart(mut self, parts: &request::Parts, body: Body) -> Result<Self, Response> {
        let kind = parts.headers.get(header::CONTENT_TYPE).cloned();
        let limit = if is_too_large(parts) {
            BEGINNING
        } else {
            BODY_LIMIT
        };
        let mut form = Form::default();
        let read = form.read_parts(kind, body, limit).await;
        let field = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let pairs = form.fields();
        let pairs = pairs.map(|(name, value)| format!("{}={}", field(name), field(value)));
        self.body = Posted::Form(pairs.collect::<Vec<_>>().join("&"));
        match read {
            Ok(()) => Ok(self),
            Err(failure) => Err(Fault::from(failure).into_response(self.form())),
        }
    }

    /// The form in which faults are to be told.
    pub fn form(&self) -> ExceptionForm {
        match &self.body {
            Posted::Nothing => match &self.query {
                Ok(params) => ExceptionForm::asked(params),
                Err(_) => ExceptionForm::asked(&Params::parse_lossy(self.raw_query)),
            },
            Posted::Form(body) => ExceptionForm::asked(&Params::parse_lossy(body)),
            Posted::Xml(body) => ExceptionForm::asked_by_document(body),
        }
    }

    /// Understands it.
    pub fn understand(&self, server: ServerType) -> Result<Asked, OgcError> {
        let query = self.params()?;
        match &self.body {
            Posted::Nothing => {
                let asked = Asked::parse(server, query)?;
                // A link on anybody's page is a GET, and must change nothing (RFC 9110, 9.2.1).
                if asked.access == Access::Write {
                    let text = "What changes or locks something is asked for by POST.";
                    return Err(OgcError::at(OgcCode::OperationNotSupported, "REQUEST", text));
                }
                Ok(asked)
            }
            Posted::Form(body) => Asked::parse_form(server, query, body),
            Posted::Xml(body) => Asked::parse_xml(server, query, body),
        }
    }
}

/// Whether a request announces a body that is too large.
fn is_too_large(parts: &request::Parts) -> bool {
    let length = parts.headers.get(header::CONTENT_LENGTH);
    let length: Option<usize> = length.and_then(|length| length.to_str().ok()?.parse().ok());
    length.is_some_and(|length| length > BODY_LIMIT)
}

/// A body, whole; or why not, and how it begins. Of one that is announced as too large no more than that is read.
async fn gather(mut body: BodyDataStream, too_large: bool) -> Result<Vec<u8>, (Fault, Vec<u8>)> {
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
        if too_large || bytes.len() > BODY_LIMIT {
            return Err((Failure::TooLarge.into(), bytes));
        }
    }
    if too_large {
        return Err((Failure::TooLarge.into(), bytes));
    }
    Ok(bytes)
}

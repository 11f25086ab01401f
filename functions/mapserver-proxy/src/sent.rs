//! What a client sent: a query string, and with a POST a form or an XML document.

use axum::body::{Body, to_bytes};
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

    /// A POST. Refuses with 415 what is neither a urlencoded form nor XML, with 413 what is too large, and with 400 what
    /// is not UTF-8.
    pub async fn posted(parts: &request::Parts, body: Body) -> Result<Self, Fault> {
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
                return Err(Fault::Ogc(StatusCode::UNSUPPORTED_MEDIA_TYPE, error));
            }
        };
        let bytes = to_bytes(body, BODY_LIMIT)
            .await
            .map_err(|_| Fault::from(Failure::TooLarge))?;
        let text = String::from_utf8(bytes.into()).map_err(|_| {
            let text = "The body is not UTF-8.";
            Fault::bad_request(OgcError::new(OgcCode::OperationParsingFailed, text))
        })?;
        Ok(Self {
            body: kept(text),
            ..Self::query(parts)
        })
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

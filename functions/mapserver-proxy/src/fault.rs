//! What a map request can fail of, as an OGC exception with the right status.

use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use mapgate_core::http::Failure;
pub use mapgate_core::http::sandboxed;
use mapgate_core::map_server::NotAnswered;
use mapgate_core::ogc::{ExceptionForm, OgcCode, OgcError, Refusal};
use mapgate_core::table::TableError;

/// A map request that is not answered as asked.
#[derive(Clone, Debug)]
pub enum Fault {
    /// A fault that any route can have: identity, table. Its challenge is kept.
    Failure(Failure),
    /// A fault with a status of its own.
    Ogc(StatusCode, OgcError),
}

impl Fault {
    /// 400: the request is not understood, or asks for what nobody offers.
    pub fn bad_request(error: OgcError) -> Self {
        Self::Ogc(StatusCode::BAD_REQUEST, error)
    }

    /// 502 or 504, or another status that is the map server's.
    pub fn backend(status: StatusCode, text: &str) -> Self {
        Self::Ogc(status, OgcError::new(OgcCode::NoApplicableCode, text))
    }

    /// 414 or 413, where a map server's status says that it takes no request of this length: it is the client's to ask for less.
    pub fn too_large(status: StatusCode) -> Option<Self> {
        let status = match status {
            // A query that fills the head of a request.
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE | StatusCode::URI_TOO_LONG => {
                StatusCode::URI_TOO_LONG
            }
            StatusCode::PAYLOAD_TOO_LARGE => status,
            _ => return None,
        };
        Some(Self::backend(
            status,
            "The request is too long for the map server.",
        ))
    }

    /// The answer, an exception in this form.
    pub fn into_response(self, form: ExceptionForm) -> Response {
        let (status, error, failure) = match self {
            Self::Failure(failure) => {
                let error = OgcError::new(OgcCode::NoApplicableCode, failure.to_string());
                (failure.status(), error, Some(failure))
            }
            Self::Ogc(status, error) => (status, error, None),
        };
        let rendered = form.render(&error);
        let response = (
            status,
            [(header::CONTENT_TYPE, rendered.content_type)],
            rendered.body,
        )
            .into_response();
        let response = mapgate_core::http::private(response);
        sandboxed(match failure {
            Some(failure) => failure.onto(response),
            None => response,
        })
    }
}

/// A layer that is not for this user: 403 for a known one, 401 with a bearer challenge for an anonymous one, since a
/// browser that shows a portal must never open a password dialog by itself.
pub fn refusal(refusal: Refusal, known_user: bool, form: ExceptionForm) -> Response {
    match refusal {
        Refusal::Fault(error) => Fault::bad_request(error).into_response(form),
        Refusal::Forbidden(error) if known_user => {
            Fault::Ogc(StatusCode::FORBIDDEN, error).into_response(form)
        }
        Refusal::Forbidden(error) => {
            let response = Fault::Ogc(StatusCode::UNAUTHORIZED, error).into_response(form);
            Failure::Unauthorized(String::new()).onto(response)
        }
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<TableError> for Fault {
    fn from(error: TableError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<NotAnswered> for Fault {
    fn from(error: NotAnswered) -> Self {
        let status = match error {
            NotAnswered::Slow => StatusCode::GATEWAY_TIMEOUT,
            NotAnswered::Down | NotAnswered::Unreadable => StatusCode::BAD_GATEWAY,
        };
        Self::backend(status, &error.to_string())
    }
}

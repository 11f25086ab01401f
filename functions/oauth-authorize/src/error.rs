//! What an authorization request can be refused for: on a page where the answer has no safe way to the client
//! (RFC 6749 §4.1.2.1), by a redirect otherwise, where each variant is one of the RFC's codes.

use axum::response::Response;
use http::StatusCode;
use mapgate_core::http::Failure;
use mapgate_core::oauth::InvalidScope;
use mapgate_core::pages::{Reader, failure, message};
use mapgate_core::random::NoRandomness;
use mapgate_core::table::TableError;

use crate::target::Target;

/// Why nothing is sent to the client: the user reads a page, always 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PageError {
    /// No client of that identifier, or none named.
    #[error("the client is unknown")]
    UnknownClient,
    /// None of the client's, or left out where the client has not exactly one.
    #[error("redirect_uri is none of the client's")]
    UnknownRedirectUri,
    /// What QGIS sends after a failed first login.
    #[error("redirect_uri has port 0")]
    PortZero,
    /// The query cannot be read, or not in one way.
    #[error("{0}")]
    Unreadable(&'static str),
}

/// What the client is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RedirectError {
    /// `invalid_request`
    #[error("{0}")]
    InvalidRequest(&'static str),
    /// `unsupported_response_type`
    #[error("response_type must be code")]
    UnsupportedResponseType,
    /// `invalid_scope`
    #[error("a scope is unknown, or not one of the client's")]
    InvalidScope,
    /// `access_denied`
    #[error("the user refused")]
    AccessDenied,
}

/// A request that ends here.
#[derive(Debug)]
pub(crate) enum Halt {
    Page(PageError),
    Redirect(Target, RedirectError),
    Failure(Failure),
    /// The form's token is not this browser's.
    StaleForm,
    /// The form was sent from a stranger's page.
    ForeignOrigin,
}

impl PageError {
    /// The page, in the user's language.
    fn page(self, reader: Reader<'_>) -> Response {
        let id = match self {
            Self::UnknownClient => "unknown-client",
            Self::UnknownRedirectUri => "unknown-redirect",
            Self::PortZero => "restart-qgis",
            Self::Unreadable(what) => return failure(reader, &Failure::BadRequest(what.to_owned())),
        };
        message(reader, StatusCode::BAD_REQUEST, id, &[], &[])
    }
}

impl RedirectError {
    /// The RFC's code.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::AccessDenied => "access_denied",
        }
    }
}

impl Halt {
    /// The answer to the browser. `redirect` is the status of a redirect after this request's method.
    pub(crate) fn response(self, reader: Reader<'_>, redirect: StatusCode, issuer: &str) -> Response {
        let refused = |id| message(reader, StatusCode::FORBIDDEN, id, &[], &[]);
        match self {
            Self::Page(error) => {
                tracing::info!(%error, "an authorization request was refused");
                error.page(reader)
            }
            Self::Redirect(target, error) => {
                tracing::info!(%error, "an authorization request was refused");
                let description = error.to_string();
                let answer = [("error", error.code()), ("error_description", &description)];
                target.redirect(redirect, &answer, issuer)
            }
            Self::Failure(error) => failure(reader, &error),
            Self::StaleForm => refused("form-expired"),
            Self::ForeignOrigin => refused("foreign-origin"),
        }
    }
}

impl From<PageError> for Halt {
    fn from(error: PageError) -> Self {
        Self::Page(error)
    }
}

impl From<Failure> for Halt {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<TableError> for Halt {
    fn from(error: TableError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<NoRandomness> for Halt {
    fn from(error: NoRandomness) -> Self {
        Self::Failure(error.into())
    }
}

impl From<InvalidScope> for RedirectError {
    fn from(_: InvalidScope) -> Self {
        Self::InvalidScope
    }
}

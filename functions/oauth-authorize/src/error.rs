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
    /// `invalid_target` (RFC 8707 §2)
    #[error("resource names nothing that tokens are given for")]
    InvalidTarget,
    /// `access_denied`
    #[error("the user refused")]
    AccessDenied,
    /// `login_required` (OpenID Connect Core §3.1.2.6)
    #[error("the user must log in, and no page may be shown")]
    LoginRequired,
    /// `consent_required`
    #[error("the user must be asked, and no page may be shown")]
    ConsentRequired,
    /// `request_not_supported`
    #[error("request is not supported")]
    RequestNotSupported,
    /// `request_uri_not_supported`
    #[error("request_uri is not supported")]
    RequestUriNotSupported,
    /// `registration_not_supported`
    #[error("registration is not supported")]
    RegistrationNotSupported,
}

/// A request that ends here.
#[derive(Debug)]
pub(crate) enum Halt {
    Page(PageError),
    Redirect(Box<Target>, RedirectError),
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
            Self::InvalidTarget => "invalid_target",
            Self::AccessDenied => "access_denied",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::RegistrationNotSupported => "registration_not_supported",
        }
    }
}

impl Halt {
    /// Tells the client at `target`.
    pub(crate) fn told(target: Target, error: RedirectError) -> Self {
        Self::Redirect(Box::new(target), error)
    }

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
                target.answer(reader, redirect, &answer, issuer)
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

//! What a token request can be refused for: each variant is one code of RFC 6749 §5.2.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use mapgate_core::http::Failure;
use mapgate_core::oauth::InvalidScope;
use mapgate_core::random::NoRandomness;
use mapgate_core::table::TableError;
use serde_json::json;

/// Why a token request is refused. Its words never hold a value that was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    /// `invalid_request`
    #[error("{0}")]
    InvalidRequest(&'static str),
    /// `invalid_client`; a client that used the header is challenged.
    #[error("the client is unknown, or did not authenticate as it must")]
    InvalidClient {
        /// Whether it used the `Authorization` header.
        by_header: bool,
    },
    /// `invalid_grant`
    #[error("{0}")]
    InvalidGrant(&'static str),
    /// `invalid_scope`
    #[error("the scope goes beyond what was granted")]
    InvalidScope,
    /// `unsupported_grant_type`
    #[error("grant_type must be authorization_code or refresh_token")]
    UnsupportedGrantType,
    /// The form could not be read, or something mapgate needs is not there.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl TokenError {
    fn code(&self) -> &'static str {
        match self {
            Self::InvalidClient { .. } => "invalid_client",
            Self::InvalidGrant(_) => "invalid_grant",
            Self::InvalidScope => "invalid_scope",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::Failure(failure) if failure.status().is_server_error() => "temporarily_unavailable",
            Self::InvalidRequest(_) | Self::Failure(_) => "invalid_request",
        }
    }
}

impl From<InvalidScope> for TokenError {
    fn from(_: InvalidScope) -> Self {
        Self::InvalidScope
    }
}

impl From<TableError> for TokenError {
    fn from(error: TableError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<NoRandomness> for TokenError {
    fn from(error: NoRandomness) -> Self {
        Self::Failure(error.into())
    }
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.code(), "error_description": self.to_string() });
        let response = (StatusCode::BAD_REQUEST, Json(body)).into_response();
        let response = match &self {
            Self::Failure(failure) => failure.onto(response),
            // Without the header it stays 400: QGIS answers a Basic challenge with a dialog that nobody can fill in.
            Self::InvalidClient { by_header: true } => challenged(response),
            _ => response,
        };
        uncached(response)
    }
}

fn challenged(mut response: Response) -> Response {
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    let challenge = HeaderValue::from_static("Basic realm=\"mapgate clients\", charset=\"UTF-8\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

/// No cache keeps it (RFC 6749 §5.1).
pub(crate) fn uncached(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

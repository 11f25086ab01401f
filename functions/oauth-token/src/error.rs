//! What a client's request can be refused for: each variant is one code of RFC 6749 §5.2, or of RFC 8707 §2.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use mapgate_core::http::{Failure, oauth_error, uncached};
use mapgate_core::oauth::InvalidScope;
use mapgate_core::random::NoRandomness;
use mapgate_core::table::TableError;

/// Why a request is refused. Its words never hold a value that was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    /// `invalid_request`
    #[error("{0}")]
    InvalidRequest(&'static str),
    /// `invalid_client`; a client that used the header, or that must authenticate, is challenged.
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
    /// `invalid_target`
    #[error("the resource is not the one that was granted")]
    InvalidTarget,
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
            Self::InvalidTarget => "invalid_target",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::Failure(Failure::TooManyRequests(_)) => "temporarily_unavailable",
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
        tracing::info!(error = %self, "a client's request was refused");
        let response = oauth_error(StatusCode::BAD_REQUEST, self.code(), &self.to_string());
        match &self {
            Self::Failure(failure) => uncached(failure.onto(response)),
            // Without the header it stays 400: QGIS answers a Basic challenge with a dialog that nobody can fill in.
            Self::InvalidClient { by_header: true } => challenged(response),
            _ => response,
        }
    }
}

fn challenged(mut response: Response) -> Response {
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    let challenge = HeaderValue::from_static("Basic realm=\"mapgate clients\", charset=\"UTF-8\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

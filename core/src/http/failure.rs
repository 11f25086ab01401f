//! What can go wrong at any route, and its form on the wire: JSON `{"error": "…"}`.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use crate::account::AccountError;
use crate::identity::Refused;
use crate::random::NoRandomness;
use crate::secrets::SecretsUnavailable;
use crate::table::TableError;

/// Seconds after which a try again makes sense.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

/// A request that cannot be answered as asked. What it says is for everyone to read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// 400: a field is missing or wrong; the text names it.
    #[error("{0}")]
    BadRequest(String),
    /// 401: who asks is not logged in, or not rightly.
    #[error("{0}")]
    Unauthorized(String),
    /// 401 with a bearer challenge (RFC 6750 §3).
    #[error("the access token is not valid")]
    InvalidToken,
    /// 401 with a Basic challenge, for a client that sent Basic.
    #[error("the user name or password is wrong")]
    WrongBasic,
    /// 403.
    #[error("{0}")]
    Forbidden(String),
    /// 403 with a bearer challenge (RFC 6750 §3.1).
    #[error("the access token lacks the scope {0}")]
    InsufficientScope(&'static str),
    /// 404.
    #[error("not found")]
    NotFound,
    /// 413.
    #[error("the request is too large")]
    TooLarge,
    /// 415.
    #[error("the body must be application/x-www-form-urlencoded or multipart/form-data")]
    UnsupportedMediaType,
    /// 429 (RFC 6585 §4): too many wrong tries; the next may come after so long.
    #[error("too many wrong tries, please try again later")]
    TooManyRequests(Duration),
    /// 503: something mapgate needs is not there. The log says what.
    #[error("the service is not available, please try again later")]
    Unavailable,
}

impl Failure {
    /// The status that belongs to it.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Unauthorized(_) | Self::InvalidToken | Self::WrongBasic => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) | Self::InsufficientScope(_) => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooManyRequests(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Status and headers onto an answer whose body has the protocol's own form.
    #[must_use]
    pub fn onto(&self, mut response: Response) -> Response {
        *response.status_mut() = self.status();
        let challenge = match self {
            Self::Unauthorized(_) => Some("Bearer".to_owned()),
            Self::InvalidToken => Some("Bearer error=\"invalid_token\"".to_owned()),
            Self::WrongBasic => Some("Basic realm=\"Access to restricted layers\"".to_owned()),
            Self::InsufficientScope(scope) => {
                Some(format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\""))
            }
            _ => None,
        };
        let headers = response.headers_mut();
        if let Some(challenge) = challenge.and_then(|text| HeaderValue::from_str(&text).ok()) {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        match self {
            Self::Unavailable => {
                headers.insert(header::RETRY_AFTER, RETRY_AFTER);
            }
            Self::TooManyRequests(wait) => {
                // Rounded up: who comes back in time must not be sent away again.
                let seconds = wait.as_millis().div_ceil(1000).max(1);
                let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            _ => {}
        }
        headers.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-store"),
        );
        response
    }
}

/// A JSON body `{"error": "…"}` with its status.
#[must_use]
pub fn json_error(status: StatusCode, text: &str) -> Response {
    (status, axum::Json(json!({ "error": text }))).into_response()
}

/// An error as RFC 6749 §5.2 has it.
#[must_use]
pub fn oauth_error(status: StatusCode, error: &str, description: &str) -> Response {
    let body = json!({ "error": error, "error_description": description });
    uncached((status, axum::Json(body)).into_response())
}

/// Problem details (RFC 9457). `wrong` are members of the body (RFC 6901) and what is wrong with each.
#[must_use]
pub fn problem(status: StatusCode, detail: &str, wrong: &[(String, String)]) -> Response {
    let mut body = json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or_default(),
        "status": status.as_u16(),
        "detail": detail,
    });
    if !wrong.is_empty() {
        let wrong = wrong
            .iter()
            .map(|(pointer, detail)| json!({ "pointer": pointer, "detail": detail }));
        body["errors"] = wrong.collect();
    }
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        ),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-store"),
        ),
    ];
    (status, headers, body.to_string()).into_response()
}

/// Marks an answer with or about tokens: no cache keeps it (RFC 6749 §5.1).
#[must_use]
pub fn uncached(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        self.onto(json_error(self.status(), &self.to_string()))
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Bearer => Self::InvalidToken,
            Refused::Basic => Self::WrongBasic,
            Refused::UrlLogin | Refused::Authorization => Self::Unauthorized(refused.to_string()),
            Refused::Account(error) => error.into(),
            Refused::Table(error) => error.into(),
            Refused::Secrets(error) => error.into(),
            Refused::Random(error) => error.into(),
        }
    }
}

impl From<AccountError> for Failure {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::TooMany(wait) => Self::TooManyRequests(wait),
            error => unavailable(&error),
        }
    }
}

impl From<TableError> for Failure {
    fn from(error: TableError) -> Self {
        unavailable(&error)
    }
}

impl From<SecretsUnavailable> for Failure {
    fn from(error: SecretsUnavailable) -> Self {
        unavailable(&error)
    }
}

impl From<NoRandomness> for Failure {
    fn from(error: NoRandomness) -> Self {
        unavailable(&error)
    }
}

fn unavailable(error: &dyn std::error::Error) -> Failure {
    tracing::error!(%error, "a request cannot be served");
    Failure::Unavailable
}

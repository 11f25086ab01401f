//! What a request can fail of, as JSON `{"error": "…"}` with the right status.

use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use mapgate_core::http::{Failure, json_error, private, sandboxed};

/// A request that is not answered as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// One that any route can have.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// 502: the target is down, may not be called, leads elsewhere, or answers with a fault. The log says which.
    #[error("the target does not answer as it should")]
    Down,
    /// 502: the answer is larger than what is passed on.
    #[error("the target's answer is too large")]
    TooLarge,
    /// 504: the target is slow.
    #[error("the target does not answer in time")]
    Slow,
}

impl Fault {
    /// The answer.
    pub fn into_response(self) -> Response {
        let status = match &self {
            Self::Failure(failure) => return sandboxed(failure.clone().into_response()),
            Self::Down | Self::TooLarge => StatusCode::BAD_GATEWAY,
            Self::Slow => StatusCode::GATEWAY_TIMEOUT,
        };
        sandboxed(private(json_error(status, &self.to_string())))
    }
}

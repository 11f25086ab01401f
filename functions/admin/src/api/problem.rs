//! Problem details (RFC 9457): the form of every error of the API.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use mapgate_core::http::{Failure, problem};
use mapgate_core::map_server::NotAnswered;
use utoipa::{IntoResponses, ToSchema};

use crate::fault::Fault;

/// What went wrong.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the OpenAPI document; core writes it")]
pub(crate) struct Problem {
    /// `about:blank`: the status says what kind of problem it is.
    r#type: &'static str,
    /// The status in words.
    title: &'static str,
    /// The status.
    status: u16,
    /// What is wrong here.
    detail: String,
    /// The fields that are wrong; left out where it is not about a field.
    #[schema(required = false)]
    errors: Vec<WrongField>,
}

/// A field that is wrong.
#[derive(ToSchema)]
#[expect(dead_code, reason = "for the OpenAPI document; core writes it")]
pub(crate) struct WrongField {
    /// Where it stands (RFC 6901).
    pointer: String,
    /// What is wrong with it.
    detail: String,
}

/// What any operation can answer besides its own.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "for the OpenAPI document")]
pub(crate) enum Usual {
    /// The request is malformed.
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(Problem),
    /// Nobody is logged in, or the access token is not valid.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(Problem),
    /// Who asks is no administrator, or the access token lacks the scope `admin`.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(Problem),
    /// There is no such thing.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Problem),
    /// It cannot be, beside what is there.
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(Problem),
    /// It was changed since it was read.
    #[response(status = 412, content_type = "application/problem+json")]
    PreconditionFailed(Problem),
    /// The body is over 1 MiB.
    #[response(status = 413, content_type = "application/problem+json")]
    ContentTooLarge(Problem),
    /// The body is no JSON.
    #[response(status = 415, content_type = "application/problem+json")]
    UnsupportedMediaType(Problem),
    /// Some fields are wrong.
    #[response(status = 422, content_type = "application/problem+json")]
    UnprocessableContent(Problem),
    /// Something mapgate needs is not there; try again later.
    #[response(status = 503, content_type = "application/problem+json")]
    ServiceUnavailable(Problem),
}

/// What an operation can answer besides that asks a map server.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "for the OpenAPI document")]
pub(crate) enum OfMapServer {
    /// The map server is down, or what it answers is no list of layers.
    #[response(status = 502, content_type = "application/problem+json")]
    BadGateway(Problem),
    /// The map server takes too long.
    #[response(status = 504, content_type = "application/problem+json")]
    GatewayTimeout(Problem),
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let text = self.to_string();
        match self {
            Self::Failure(Failure::UnsupportedMediaType) => {
                let text = "the body must be application/json";
                problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, text, &[])
            }
            Self::Failure(failure) => failure.onto(problem(failure.status(), &text, &[])),
            Self::NotFound(_) => problem(StatusCode::NOT_FOUND, &text, &[]),
            Self::Conflict(_) => problem(StatusCode::CONFLICT, &text, &[]),
            Self::MapServer(NotAnswered::Slow) => problem(StatusCode::GATEWAY_TIMEOUT, &text, &[]),
            Self::MapServer(_) => problem(StatusCode::BAD_GATEWAY, &text, &[]),
            Self::ChangedMeanwhile => problem(StatusCode::PRECONDITION_FAILED, &text, &[]),
            Self::Invalid(wrongs) => {
                let wrongs = wrongs
                    .into_iter()
                    .map(|wrong| (format!("/{}", wrong.field), wrong.said.to_string()));
                problem(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    &text,
                    &wrongs.collect::<Vec<_>>(),
                )
            }
        }
    }
}

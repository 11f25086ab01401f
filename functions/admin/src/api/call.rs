//! A request of the API, from an administrator, read whole; and the forms of its answers.

use std::error::Error;
use std::sync::Arc;

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header, request};
use http_body_util::LengthLimitError;
use mapgate_core::gate::Gate;
use mapgate_core::http::{Failure, Form, Reach, private};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::desk::{Desk, Part, Tagged};
use crate::entering::{Administrator, enter};
use crate::fault::Fault;

/// How many things a list gives where no number is asked for, and at most.
const USUAL: usize = 50;
const MOST: usize = 100;

/// A request of an administrator.
pub(crate) struct Call {
    gate: Arc<Gate>,
    administrator: Administrator,
    parts: request::Parts,
    body: Bytes,
    query: Form,
}

impl FromRequest<Arc<Gate>> for Call {
    type Rejection = Fault;

    async fn from_request(request: Request, gate: &Arc<Gate>) -> Result<Self, Fault> {
        let (parts, body) = request.into_parts();
        let administrator = enter(gate, &parts, Reach::Own).await?;
        let body = to_bytes(body, usize::MAX).await.map_err(|error| {
            let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
            while let Some(error) = cause {
                if error.is::<LengthLimitError>() {
                    return Failure::TooLarge;
                }
                cause = error.source();
            }
            Failure::BadRequest("the body broke off".to_owned())
        })?;
        let query = Form::of_query(parts.uri.query())?;
        if let Some(name) = query.repeated() {
            return Err(Failure::BadRequest(format!("the parameter {name} is there twice")).into());
        }
        Ok(Self {
            gate: gate.clone(),
            administrator,
            parts,
            body,
            query,
        })
    }
}

impl Call {
    /// The desk of who asks.
    pub(crate) async fn desk(&self) -> Desk<'_> {
        Desk {
            gate: &self.gate,
            table: self.gate.table().await,
            administrator: &self.administrator,
        }
    }

    /// A parameter of the query; an empty one counts as absent.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.get(name)
    }

    /// Which part of a list is asked for: `search`, `descending`, `after`, `limit`.
    pub(crate) fn part(&self) -> Result<Part<'_>, Fault> {
        let descending = match self.parameter("descending") {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(bad("descending must be true or false")),
        };
        let limit = match self.parameter("limit").map(str::parse::<usize>) {
            None => USUAL,
            Some(Ok(limit)) if (1..=MOST).contains(&limit) => limit,
            Some(_) => return Err(bad("limit must be a number from 1 to 100")),
        };
        Ok(Part {
            prefix: self.parameter("search").unwrap_or_default(),
            descending,
            after: self.parameter("after"),
            limit,
        })
    }

    /// The entity tags that the client knows.
    pub(crate) fn if_match(&self) -> Option<&str> {
        let value = self.parts.headers.get(header::IF_MATCH)?;
        // What is no text fits nothing.
        Some(value.to_str().unwrap_or_default())
    }

    /// The body. 415 where it is no JSON, 400 where it is malformed or not what the operation takes; the text names the member.
    pub(crate) fn body<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        let kind = self.parts.headers.get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(Failure::UnsupportedMediaType.into());
        }
        let mut json = serde_json::Deserializer::from_slice(&self.body);
        let read = serde_path_to_error::deserialize(&mut json);
        // What serde says can hold what was sent, a password among it.
        let read = read.map_err(|error| bad(&format!("the body is not as described at {}", error.path())))?;
        json.end().map_err(|_| bad("the body goes on behind its JSON"))?;
        Ok(read)
    }

    /// One thing, with its entity tag.
    pub(crate) async fn one(&self, status: StatusCode, shown: &impl Tagged) -> Response {
        let mut response = self.answer(status, shown).await;
        if let Ok(etag) = HeaderValue::from_str(&shown.etag()) {
            response.headers_mut().insert(header::ETAG, etag);
        }
        response
    }

    /// Anything else.
    pub(crate) async fn answer(&self, status: StatusCode, shown: &impl Serialize) -> Response {
        self.reissued((status, axum::Json(shown)).into_response()).await
    }

    /// 204.
    pub(crate) async fn nothing(&self) -> Response {
        self.reissued(StatusCode::NO_CONTENT.into_response()).await
    }

    async fn reissued(&self, response: Response) -> Response {
        self.gate
            .reissue(&self.administrator.identity, private(response))
            .await
    }
}

/// 400 with a text.
pub(crate) fn bad(text: &str) -> Fault {
    Failure::BadRequest(text.to_owned()).into()
}

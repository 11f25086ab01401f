//! A request for a page, and a form that was sent, from an administrator.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, Method, StatusCode, header, request};
use mapgate_core::gate::{Gate, NotTaken, Origins};
use mapgate_core::http::{Failure, Form, Reach, private};
use mapgate_core::pages::{Headers, Language, Reader, answer};
use mapgate_core::session::csrf::Csrf;

use super::frame::{BESIDE, Frame, frame};
use super::trouble::Trouble;
use super::words::{Words, with};
use crate::desk::{Desk, Part};
use crate::entering::{Administrator, enter};

/// How many things a page lists.
pub(crate) const AT_ONCE: usize = 50;

/// Words that a page can begin with, after a change: [`Visit::lead`].
const DONE: [&str; 6] = [
    "created",
    "saved",
    "deleted",
    "copied",
    "signed-out",
    "session-ended",
];

/// A request for a page.
pub(crate) struct Visit {
    pub(crate) gate: Arc<Gate>,
    pub(crate) administrator: Administrator,
    pub(crate) parts: request::Parts,
    pub(crate) csrf: Csrf,
    query: Form,
}

/// A form that was sent from a page of ours.
pub(crate) struct Sent {
    visit: Visit,
    pub(crate) form: Form,
}

impl Deref for Sent {
    type Target = Visit;

    fn deref(&self) -> &Visit {
        &self.visit
    }
}

impl FromRequest<Arc<Gate>> for Visit {
    type Rejection = Trouble;

    async fn from_request(request: Request, gate: &Arc<Gate>) -> Result<Self, Trouble> {
        let (parts, _) = request.into_parts();
        let administrator = enter(gate, &parts, Reach::Page).await?;
        Self::of(gate, administrator, parts).await
    }
}

impl FromRequest<Arc<Gate>> for Sent {
    type Rejection = Trouble;

    /// 403 for a form that is not from a page of ours, in this browser: see [`Gate::posted`].
    async fn from_request(request: Request, gate: &Arc<Gate>) -> Result<Self, Trouble> {
        let (parts, body) = request.into_parts();
        let administrator = enter(gate, &parts, Reach::Own).await?;
        let posted = gate
            .posted(Request::from_parts(parts, body), Origins::Own)
            .await?;
        // A program has the API; what comes without a token may come from anywhere.
        if !posted.is_page {
            return Err(NotTaken::Expired(posted.language).into());
        }
        let form = posted.form;
        let visit = Visit::of(gate, administrator, posted.parts).await?;
        Ok(Self { visit, form })
    }
}

impl Visit {
    async fn of(
        gate: &Arc<Gate>,
        administrator: Administrator,
        parts: request::Parts,
    ) -> Result<Self, Trouble> {
        let query = Form::of_query(parts.uri.query())?;
        let csrf = gate.csrf(&parts, &*gate.secrets().await?)?;
        Ok(Self {
            gate: gate.clone(),
            administrator,
            parts,
            csrf,
            query,
        })
    }

    /// The desk of who asks.
    pub(crate) async fn desk(&self) -> Desk<'_> {
        Desk {
            gate: &self.gate,
            table: self.gate.table().await,
            administrator: &self.administrator,
        }
    }

    /// A parameter of the query; empty where it is not there.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        self.query.get(name).unwrap_or_default()
    }

    /// A parameter of the query that is a number.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.parameter(name).parse().ok()
    }

    /// Which part of a list is asked for: `search`, `descending`, `after`.
    pub(crate) fn part(&self) -> Part<'_> {
        Part {
            prefix: self.parameter("search").trim(),
            descending: self.parameter("descending") == "true",
            after: self.query.get("after"),
            limit: AT_ONCE,
        }
    }

    /// The page's words.
    pub(crate) fn words(&self) -> Words<'_> {
        Words {
            language: Language::of(&self.parts),
            prefix: self.gate.settings.base_url.path_prefix(),
        }
    }

    /// A page around `content`.
    pub(crate) async fn show(
        &self,
        status: StatusCode,
        page: Frame<'_>,
        content: &impl askama::Template,
    ) -> Response {
        let content = match content.render() {
            Ok(content) => content,
            Err(error) => {
                tracing::error!(%error, "a page cannot be rendered");
                return Failure::Unavailable.into_response();
            }
        };
        let done = self.parameter("done");
        let done = DONE.iter().find(|known| **known == done);
        // What was done is told of the page that it led to, not of the answer to the next form.
        let done = done.filter(|_| self.parts.method != Method::POST);
        let page = frame(self, page, done.map(|done| format!("done-{done}")), content);
        let headers = Headers {
            style: Some(&BESIDE),
            ..Headers::of_form(&self.csrf, None)
        };
        let response = answer(status, &page, headers);
        self.gate.reissue(&self.administrator.identity, response).await
    }

    /// The reader of the page.
    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader::of(&self.parts)
    }

    /// 303 to `path`, where the page tells what was done.
    pub(crate) async fn lead(&self, path: &str, done: Option<&str>) -> Response {
        let location = self
            .words()
            .link(&with(path, &[("done", done.unwrap_or_default())]));
        let Ok(location) = HeaderValue::from_str(&location) else {
            return Failure::Unavailable.into_response();
        };
        let response = (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response();
        self.gate
            .reissue(&self.administrator.identity, private(response))
            .await
    }
}

impl Sent {
    /// A field's value as it was typed; empty where it is not there.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.form.get(name).unwrap_or_default()
    }

    /// A field's value without space around it; none where nothing was typed.
    pub(crate) fn typed(&self, name: &str) -> Option<String> {
        let typed = self.field(name).trim();
        (!typed.is_empty()).then(|| typed.to_owned())
    }

    /// The lines of a field that have something in them.
    pub(crate) fn lines(&self, name: &str) -> Vec<String> {
        let lines = self.field(name).lines().map(str::trim);
        lines.filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }

    /// Whether a box is ticked.
    pub(crate) fn ticked(&self, name: &str) -> bool {
        self.form.has(name)
    }

    /// The entity tag that the form was made with. A form without one fits nothing.
    pub(crate) fn known(&self) -> &str {
        self.field("etag")
    }
}

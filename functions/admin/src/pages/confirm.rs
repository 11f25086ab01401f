//! The question before something is taken away or cannot be taken back, with what depends on it.

use askama::Template;
use axum::response::Response;

use super::form::{Refused, status};
use super::frame::Frame;
use super::visit::Visit;
use super::words::Words;
use crate::fault::Fault;

/// A question with one button.
#[derive(Template)]
#[template(path = "confirm.html")]
pub(crate) struct Confirm<'a> {
    pub(crate) words: Words<'a>,
    pub(crate) token: &'a str,
    pub(crate) action: String,
    pub(crate) etag: String,
    /// What will be, in sentences.
    pub(crate) texts: Vec<String>,
    /// What depends on it: address and name.
    pub(crate) depends: Vec<(String, String)>,
    pub(crate) wrong: Option<String>,
    pub(crate) button: String,
    /// The way out.
    pub(crate) back: String,
}

impl<'a> Confirm<'a> {
    /// The question at `path`, of what has `etag` and is shown at `back`.
    pub(crate) fn of(visit: &'a Visit, path: &str, back: &str, etag: String) -> Self {
        let words = visit.words();
        Self {
            words,
            token: &visit.csrf.token,
            action: words.link(path),
            etag,
            texts: Vec::new(),
            depends: Vec::new(),
            wrong: None,
            button: words.say("delete"),
            back: words.link(back),
        }
    }

    /// As a page, with what was refused.
    pub(crate) async fn show(
        mut self,
        visit: &Visit,
        frame: Frame<'_>,
        refused: Option<Refused>,
    ) -> Response {
        self.wrong = refused.as_ref().map(|refused| match &refused.fault {
            Fault::Conflict(said) => said.tell(self.words.language),
            _ => self.words.say("changed-meanwhile-asked"),
        });
        let frame = Frame {
            is_wrong: refused.is_some(),
            ..frame
        };
        visit.show(status(refused.as_ref()), frame, &self).await
    }
}

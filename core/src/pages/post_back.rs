//! The page that carries an answer to a program's site by a form (OAuth 2.0 Form Post Response Mode). Its button does
//! what others leave to a script, which no page here has.

use askama::Template;
use axum::response::Response;
use http::StatusCode;

use super::answer::{Headers, STYLE, answer};
use super::{Language, Place, Reader};

/// An answer to a program.
#[derive(Debug, Clone, Copy)]
pub struct PostBack<'a> {
    /// The redirect URI, found good.
    pub action: &'a str,
    /// The same as a [`super::form_target`]: the form leads there and nowhere else.
    pub target: &'a str,
    /// The answer, by name and value.
    pub fields: &'a [(&'a str, &'a str)],
    /// Where this is, for people.
    pub place: Place<'a>,
}

#[derive(Template)]
#[template(path = "post_back.html")]
struct PostBackPage<'a> {
    language: Language,
    reader: Reader<'a>,
    referrer: Option<&'static str>,
    intro: String,
    form: &'a PostBack<'a>,
}

/// The page that carries an answer to a program. It offers no other language: to ask for it again would make another
/// answer.
#[must_use]
pub fn post_back<'a>(reader: impl Into<Reader<'a>>, form: &PostBack<'_>) -> Response {
    let language = reader.into().language;
    let page = PostBackPage {
        language,
        reader: language.into(),
        referrer: None,
        intro: form.place.told(language, "post-back"),
        form,
    };
    let headers = Headers {
        target: Some(form.target),
        referrer: "no-referrer",
        ..Headers::default()
    };
    answer(StatusCode::OK, &page, headers)
}

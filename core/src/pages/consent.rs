//! The page that asks whether a program may have access.

use askama::Template;
use axum::response::Response;
use http::StatusCode;

use super::access::ToldAccess;
use super::answer::{Headers, STYLE, answer};
use super::{Access, Language, Reader, text};
use crate::session::csrf::Csrf;

/// A question with two answers, posted as the field `decision` with the value `allow` or `refuse`.
#[derive(Debug, Clone, Copy)]
pub struct ConsentForm<'a> {
    /// The path to which it is posted, with the base URL's prefix.
    pub action: &'a str,
    /// The form's token, of the browser that asks.
    pub csrf: &'a Csrf,
    /// Further fields, by name and value.
    pub hidden: &'a [(&'a str, &'a str)],
    /// Where the answer to the POST may redirect, as a [`super::form_target`].
    pub target: Option<&'a str>,
    /// The program that asks for access.
    pub client: &'a str,
    /// The user in whose name it asks.
    pub username: &'a str,
    /// What it asks for.
    pub access: Access<'a>,
    /// The path to where someone else can log in, with the base URL's prefix; none where only this user can.
    pub other_login: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage<'a> {
    language: Language,
    reader: Reader<'a>,
    referrer: Option<&'static str>,
    action: String,
    question: String,
    access: ToldAccess,
    other_login: Option<String>,
    form: &'a ConsentForm<'a>,
}

/// The page that asks whether a program may have access.
#[must_use]
pub fn consent_form<'a>(reader: impl Into<Reader<'a>>, form: &ConsentForm<'_>) -> Response {
    let reader = reader.into();
    let language = reader.language;
    let names = [("client", form.client), ("username", form.username)];
    let page = ConsentPage {
        language,
        reader,
        referrer: None,
        action: language.kept(form.action),
        question: text(language, "consent", &names),
        access: form.access.told(language),
        other_login: form.other_login.map(|path| language.kept(path)),
        form,
    };
    answer(StatusCode::OK, &page, Headers::of_form(form.csrf, form.target))
}

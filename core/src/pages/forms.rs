//! The pages that more than one function shows.

use askama::Template;
use axum::response::Response;
use http::StatusCode;

use super::answer::{STYLE, answer};
use super::{Language, text};
use crate::http::Failure;
use crate::session::csrf::Csrf;

/// What is wrong with a form, told above it and tied to one of its fields.
#[derive(Debug, Clone, Copy)]
pub struct FieldError<'a> {
    /// The text's id.
    pub text: &'a str,
    /// The name of the field.
    pub field: &'a str,
}

/// The form that asks for name and password: fields `login`, `password` and `csrf_token`.
#[derive(Debug, Clone, Copy)]
pub struct LoginForm<'a> {
    /// The answer's status.
    pub status: StatusCode,
    /// The path to which it is posted, with the base URL's prefix.
    pub action: &'a str,
    /// The form's token, of the browser that asks.
    pub csrf: &'a Csrf,
    /// Further fields, by name and value.
    pub hidden: &'a [(&'a str, &'a str)],
    /// Where the answer to the POST may redirect, as a [`super::form_target`].
    pub target: Option<&'a str>,
    /// The user name to begin with.
    pub username: Option<&'a str>,
    /// What was wrong with the last try.
    pub error: Option<FieldError<'a>>,
    /// A text above the form, by its id and arguments.
    pub intro: Option<(&'a str, &'a [(&'a str, &'a str)])>,
    /// Links below the form: address and text id.
    pub links: &'a [(&'a str, &'a str)],
}

/// The form that asks for a new password: fields `login`, `oldPassword`, `newPassword`, `confirmNewPassword` and
/// `csrf_token`.
#[derive(Debug, Clone, Copy)]
pub struct PasswordForm<'a> {
    /// The answer's status.
    pub status: StatusCode,
    /// The path to which it is posted, with the base URL's prefix.
    pub action: &'a str,
    /// The form's token, of the browser that asks.
    pub csrf: &'a Csrf,
    /// Further fields, by name and value.
    pub hidden: &'a [(&'a str, &'a str)],
    /// Where the answer to the POST may redirect, as a [`super::form_target`].
    pub target: Option<&'a str>,
    /// The user name to begin with.
    pub username: Option<&'a str>,
    /// Whether it is known whose password this is, so that the form does not ask for the name.
    pub is_known: bool,
    /// Whether the user must change the password before going on.
    pub must_change: bool,
    /// What was wrong with the last try.
    pub error: Option<FieldError<'a>>,
}

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
}

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage<'a> {
    language: Language,
    action: String,
    intro: Option<String>,
    focus: &'a str,
    form: &'a LoginForm<'a>,
}

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage<'a> {
    language: Language,
    action: String,
    whose: Option<String>,
    focus: &'a str,
    form: &'a PasswordForm<'a>,
}

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage<'a> {
    language: Language,
    action: String,
    question: String,
    form: &'a ConsentForm<'a>,
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage<'a> {
    language: Language,
    title: String,
    text: String,
    detail: Option<String>,
    links: Vec<(String, &'a str)>,
}

impl Language {
    /// What templates ask of a page's language.
    fn say(self, id: &str) -> String {
        text(self, id, &[])
    }
}

/// The login page.
#[must_use]
pub fn login_form(language: Language, form: &LoginForm<'_>) -> Response {
    let first = form.username.map_or("login", |_| "password");
    let page = LoginPage {
        focus: form.error.map_or(first, |error| error.field),
        language,
        action: language.kept(form.action),
        intro: form.intro.map(|(id, arguments)| text(language, id, arguments)),
        form,
    };
    answer(form.status, &page, Some(form.csrf), form.target)
}

/// The page on which a user sets a new password.
#[must_use]
pub fn password_form(language: Language, form: &PasswordForm<'_>) -> Response {
    let whose = |username| text(language, "password-for", &[("username", username)]);
    let first = form.username.map_or("login", |_| "oldPassword");
    let page = PasswordPage {
        focus: form.error.map_or(first, |error| error.field),
        language,
        action: language.kept(form.action),
        whose: form.username.filter(|_| form.is_known).map(whose),
        form,
    };
    answer(form.status, &page, Some(form.csrf), form.target)
}

/// The page that asks whether a program may have access.
#[must_use]
pub fn consent_form(language: Language, form: &ConsentForm<'_>) -> Response {
    let names = [("client", form.client), ("username", form.username)];
    let page = ConsentPage {
        language,
        action: language.kept(form.action),
        question: text(language, "consent", &names),
        form,
    };
    answer(StatusCode::OK, &page, Some(form.csrf), form.target)
}

/// A page that says one thing: the text `id`, under the title `id.title`. `links` are addresses and text ids.
#[must_use]
pub fn message(
    language: Language,
    status: StatusCode,
    id: &str,
    arguments: &[(&str, &str)],
    links: &[(&str, &str)],
) -> Response {
    let page = MessagePage {
        language,
        title: text(language, &format!("{id}.title"), arguments),
        text: text(language, id, arguments),
        detail: None,
        links: links
            .iter()
            .map(|(path, text)| (language.kept(path), *text))
            .collect(),
    };
    answer(status, &page, None, None)
}

/// A [`Failure`] as a page, with the failure's status and headers. What a bad request lacks is told in English, as
/// the API tells it.
#[must_use]
pub fn failure(language: Language, failure: &Failure) -> Response {
    let id = match failure.status() {
        StatusCode::UNAUTHORIZED => "unauthorized",
        StatusCode::FORBIDDEN => "forbidden",
        StatusCode::NOT_FOUND => "not-found",
        StatusCode::SERVICE_UNAVAILABLE => "unavailable",
        _ => "bad-request",
    };
    let page = MessagePage {
        language,
        title: text(language, &format!("{id}.title"), &[]),
        text: text(language, id, &[]),
        detail: (id == "bad-request").then(|| failure.to_string()),
        links: Vec::new(),
    };
    failure.onto(answer(failure.status(), &page, None, None))
}

#[cfg(test)]
#[path = "forms_tests.rs"]
mod tests;

//! The pages for a forgotten password: the one that asks whose, and the one that the mail's link leads to.

use askama::Template;
use axum::response::Response;
use http::StatusCode;

use super::answer::{Headers, STYLE, answer};
use super::{FieldError, Language, Reader, Told, text};
use crate::session::csrf::Csrf;

/// The form that asks whose password is forgotten: fields `login` (user name or e-mail address) and `csrf_token`.
#[derive(Debug, Clone, Copy)]
pub struct ResetForm<'a> {
    /// The answer's status.
    pub status: StatusCode,
    /// The path to which it is posted, with the base URL's prefix.
    pub action: &'a str,
    /// The form's token, of the browser that asks.
    pub csrf: &'a Csrf,
    /// Further fields, by name and value.
    pub hidden: &'a [(&'a str, &'a str)],
    /// The user name or address to begin with.
    pub username: Option<&'a str>,
    /// What was wrong with the last try.
    pub error: Option<FieldError<'a>>,
}

/// The form behind a mail's link: fields `newPassword`, `confirmNewPassword` and `csrf_token`. Who holds the link needs
/// no old password.
#[derive(Debug, Clone, Copy)]
pub struct NewPasswordForm<'a> {
    /// The answer's status.
    pub status: StatusCode,
    /// The path to which it is posted, with the base URL's prefix.
    pub action: &'a str,
    /// The form's token, of the browser that asks.
    pub csrf: &'a Csrf,
    /// The user whose password it is; the page names him, and a password manager keeps the password under it.
    pub username: Option<&'a str>,
    /// What was wrong with the last try.
    pub error: Option<FieldError<'a>>,
}

#[derive(Template)]
#[template(path = "reset.html")]
struct ResetPage<'a> {
    language: Language,
    reader: Reader<'a>,
    referrer: Option<&'static str>,
    action: String,
    error: Option<Told<'a>>,
    focus: &'static str,
    form: &'a ResetForm<'a>,
}

#[derive(Template)]
#[template(path = "new_password.html")]
struct NewPasswordPage<'a> {
    language: Language,
    reader: Reader<'a>,
    referrer: Option<&'static str>,
    action: String,
    whose: Option<String>,
    error: Option<Told<'a>>,
    focus: &'a str,
    form: &'a NewPasswordForm<'a>,
}

/// The page that asks whose password is forgotten.
#[must_use]
pub fn reset_form<'a>(reader: impl Into<Reader<'a>>, form: &ResetForm<'_>) -> Response {
    let reader = reader.into();
    let language = reader.language;
    let page = ResetPage {
        language,
        reader,
        referrer: None,
        action: language.kept(form.action),
        error: form.error.map(|error| error.told(language, false)),
        focus: "login",
        form,
    };
    answer(form.status, &page, Headers::of_form(form.csrf, None))
}

/// The page behind a mail's link. Its address is a secret, which no `Referer` carries.
#[must_use]
pub fn new_password_form<'a>(reader: impl Into<Reader<'a>>, form: &NewPasswordForm<'_>) -> Response {
    let reader = reader.into();
    let language = reader.language;
    let whose = |username| text(language, "password-for", &[("username", username)]);
    let page = NewPasswordPage {
        language,
        reader,
        // The header stands for whoever does not read the page. In a browser this takes its place: a `Referer` is the
        // origin alone, and the form's own POST still says which `Origin` it has, which after `no-referrer` is `null`.
        referrer: Some("strict-origin"),
        action: language.kept(form.action),
        whose: form.username.map(whose),
        error: form.error.map(|error| error.told(language, false)),
        focus: form.error.map_or("newPassword", |error| error.field),
        form,
    };
    let headers = Headers {
        referrer: "no-referrer",
        ..Headers::of_form(form.csrf, None)
    };
    answer(form.status, &page, headers)
}

//! The login page.

use askama::Template;
use axum::response::Response;
use http::StatusCode;

use super::access::ToldAccess;
use super::answer::{Headers, STYLE, answer};
use super::{Access, FieldError, Language, Reader, Told, text};
use crate::session::csrf::Csrf;

/// What a login form asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// Name and password.
    Password,
    /// Both, and a code. Its field may stay empty: who has no second factor yet gets one after this page.
    PasswordAndCode,
    /// The code alone, of who proved elsewhere who it is.
    Code,
    /// Nothing: who proved it elsewhere goes on to set up the second factor.
    Nothing,
}

impl Asks {
    const fn has_password(self) -> bool {
        matches!(self, Self::Password | Self::PasswordAndCode)
    }

    const fn has_code(self) -> bool {
        matches!(self, Self::PasswordAndCode | Self::Code)
    }
}

/// The form to log in with: fields `login`, `password` and `otp`, as far as they are asked for, and `csrf_token`.
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
    /// What it asks for.
    pub asks: Asks,
    /// What was wrong with the last try.
    pub error: Option<FieldError<'a>>,
    /// A text above the form, by its id and arguments.
    pub intro: Option<(&'a str, &'a [(&'a str, &'a str)])>,
    /// What a program is allowed with the login, told below the intro.
    pub access: Option<Access<'a>>,
    /// Links below the form: address and text id.
    pub links: &'a [(&'a str, &'a str)],
}

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage<'a> {
    language: Language,
    reader: Reader<'a>,
    referrer: Option<&'static str>,
    action: String,
    intro: Option<String>,
    access: Option<ToldAccess>,
    error: Option<Told<'a>>,
    focus: &'a str,
    /// Text ids.
    code_hint: &'static str,
    button: &'static str,
    form: &'a LoginForm<'a>,
}

/// The login page.
#[must_use]
pub fn login_form<'a>(reader: impl Into<Reader<'a>>, form: &LoginForm<'_>) -> Response {
    let reader = reader.into();
    let language = reader.language;
    let first = match (form.asks.has_password(), form.username) {
        (false, _) => "otp",
        (true, None) => "login",
        (true, Some(_)) => "password",
    };
    let page = LoginPage {
        focus: form.error.map_or(first, |error| error.field),
        language,
        reader,
        referrer: None,
        action: language.kept(form.action),
        intro: form.intro.map(|(id, arguments)| text(language, id, arguments)),
        access: form.access.map(|access| access.told(language)),
        error: form.error.map(|error| error.told(language, form.asks.has_code())),
        code_hint: if form.asks.has_password() {
            "code-hint-login"
        } else {
            "code-hint"
        },
        button: if form.asks == Asks::Nothing {
            "continue"
        } else {
            "log-in"
        },
        form,
    };
    answer(form.status, &page, Headers::of_form(form.csrf, form.target))
}

//! The page on which a user sets a password, sets up the second factor, or both.

use std::fmt;

use askama::Template;
use axum::response::Response;
use http::StatusCode;

use super::answer::{Headers, STYLE, answer};
use super::{FieldError, Language, Reader, Told, text};
use crate::account::PolicyFault;
use crate::session::csrf::Csrf;

/// The form that asks for a new password, for the second factor, or for both: fields `login`, `oldPassword`,
/// `newPassword`, `confirmNewPassword`, `otp` and `csrf_token`.
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
    /// Whose password this is.
    pub whose: Whose,
    /// Whether the user must change the password before going on.
    pub must_change: bool,
    /// Whether it asks for a new password: not of a user whose password a directory keeps.
    pub asks_new_password: bool,
    /// What it asks of the second factor.
    pub code: CodeField<'a>,
    /// What was wrong with the last try.
    pub error: Option<FieldError<'a>>,
}

/// Whose password it is, or whose second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The form asks for the name, and for the password that holds.
    Asked,
    /// It is known, and the form asks for the password that holds.
    Known,
    /// It is known by another's word: the form asks for neither.
    Vouched,
}

/// What the form asks of the second factor.
#[derive(Debug, Clone, Copy)]
pub enum CodeField<'a> {
    /// Nothing.
    None,
    /// A code of the factor that is there: field `otp`, required.
    Asked,
    /// The enrolment: QR code, secret and the first code, field `otp`, required.
    Enrol(Enrolment<'a>),
}

/// A second factor that waits for its first code.
#[derive(Clone, Copy)]
pub struct Enrolment<'a> {
    /// The `d` of the QR code's SVG path, a unit a module, without a quiet zone.
    pub qr_path: &'a str,
    /// The QR code's side in modules.
    pub qr_size: usize,
    /// Base32; the page shows it in groups of four.
    pub secret: &'a str,
    /// The `otpauth:` URI; the page has it as a link, which on a phone opens the app.
    pub uri: &'a str,
}

impl fmt::Debug for Enrolment<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Enrolment").finish_non_exhaustive()
    }
}

/// Modules of white around a QR code (ISO/IEC 18004).
const QUIET_ZONE: usize = 4;

impl Enrolment<'_> {
    /// The SVG's `viewBox`: the code and its quiet zone.
    fn view_box(&self) -> String {
        let side = self.qr_size + 2 * QUIET_ZONE;
        format!("-{QUIET_ZONE} -{QUIET_ZONE} {side} {side}")
    }

    /// The secret in groups of four.
    fn groups(&self) -> Vec<String> {
        let letters: Vec<char> = self.secret.chars().collect();
        letters.chunks(4).map(|group| group.iter().collect()).collect()
    }
}

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage<'a> {
    language: Language,
    reader: Reader<'a>,
    referrer: Option<&'static str>,
    action: String,
    /// The text ids of the title and of the texts below it.
    title: &'static str,
    intro: Vec<String>,
    error: Option<Told<'a>>,
    focus: &'a str,
    has_code: bool,
    enrolment: Option<&'a Enrolment<'a>>,
    /// Text ids.
    old_label: &'static str,
    button: &'static str,
    form: &'a PasswordForm<'a>,
}

impl PasswordForm<'_> {
    fn is_known(&self) -> bool {
        self.whose != Whose::Asked
    }

    fn asks_old_password(&self) -> bool {
        self.whose != Whose::Vouched
    }

    fn title(&self) -> &'static str {
        match (self.asks_new_password, self.code) {
            (true, CodeField::Enrol(_)) => "password-and-second-factor",
            (false, CodeField::Enrol(_)) => "second-factor",
            (..) => "change-password",
        }
    }

    fn intro(&self, language: Language) -> Vec<String> {
        let mut intro = Vec::new();
        if self.must_change {
            intro.push(text(language, "must-change-password", &[]));
        }
        // Where a password is asked for first, this stands above the steps.
        if matches!(self.code, CodeField::Enrol(_)) && !self.asks_new_password {
            intro.push(text(language, "must-enrol", &[]));
        }
        if let Some(username) = self.username.filter(|_| self.is_known()) {
            let id = if self.asks_new_password {
                "password-for"
            } else {
                "account-of"
            };
            intro.push(text(language, id, &[("username", username)]));
        }
        intro
    }
}

/// The text that says which fault of a new password it is.
#[must_use]
pub fn policy_text(fault: PolicyFault) -> &'static str {
    match fault {
        PolicyFault::TooShort => "password-too-short",
        PolicyFault::TooLong => "password-too-long",
        PolicyFault::Old => "password-is-old",
        PolicyFault::Username => "password-is-username",
        PolicyFault::Common => "password-is-common",
    }
}

/// The page on which a user sets a new password, sets up the second factor, or both.
#[must_use]
pub fn password_form<'a>(reader: impl Into<Reader<'a>>, form: &PasswordForm<'_>) -> Response {
    let reader = reader.into();
    let language = reader.language;
    let first = match (form.asks_old_password(), form.username) {
        (false, _) => "otp",
        (true, None) => "login",
        (true, Some(_)) => "oldPassword",
    };
    let enrolment = match &form.code {
        CodeField::Enrol(enrolment) => Some(enrolment),
        CodeField::None | CodeField::Asked => None,
    };
    let has_code = !matches!(form.code, CodeField::None);
    let page = PasswordPage {
        focus: form.error.map_or(first, |error| error.field),
        language,
        reader,
        referrer: None,
        action: language.kept(form.action),
        title: form.title(),
        intro: form.intro(language),
        error: form.error.map(|error| error.told(language, has_code)),
        has_code,
        enrolment,
        old_label: if form.asks_new_password {
            "old-password"
        } else {
            "password"
        },
        button: if enrolment.is_some() {
            "finish"
        } else {
            "change-password"
        },
        form,
    };
    answer(form.status, &page, Headers::of_form(form.csrf, form.target))
}

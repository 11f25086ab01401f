//! HTML for people: layout, languages, forms with their CSRF token. Without JavaScript, readable by a screen reader,
//! under a strict Content-Security-Policy.
//!
//! Texts are Fluent messages in `texts/`, one file a language; a page names them by their id. To add a page, add its
//! message (with the attribute `.title`) to all four files, and show it with [`message`]. A function with pages of its own
//! brings its texts with [`Texts`], its templates below `layout.html`, and its [`Style`], and answers with [`answer`()].

mod access;
mod account;
mod answer;
mod consent;
mod language;
mod login;
mod message;
mod password;
mod post_back;
mod qgis;
mod reader;
mod reset;
mod text;

pub use access::{Access, Place};
pub use account::{AccountPage, account_page};
pub use answer::{Headers, STYLE, Style, answer, form_target};
pub use consent::{ConsentForm, consent_form};
pub use language::Language;
pub use login::{Asks, LoginForm, login_form};
pub use message::{failure, message, recovery_codes, renewed_recovery_codes};
pub use password::{CodeField, Enrolment, PasswordForm, Whose, password_form, policy_text};
pub use post_back::{PostBack, post_back};
pub use qgis::{QgisPage, qgis_page};
pub use reader::{Choice, Reader};
pub use reset::{NewPasswordForm, ResetForm, new_password_form, reset_form};
pub use text::{Texts, text};

/// What is wrong with a form, told above it and tied to one of its fields.
#[derive(Debug, Clone, Copy)]
pub struct FieldError<'a> {
    /// The text's id.
    pub text: &'a str,
    /// The name of the field.
    pub field: &'a str,
}

/// A [`FieldError`] as its page tells it.
#[derive(Debug)]
struct Told<'a> {
    text: String,
    field: &'a str,
}

impl<'a> FieldError<'a> {
    /// In a page's language. Where the page has a code too, a text that blames the password blames either: which of
    /// the two was wrong is not for a stranger to know.
    fn told(self, language: Language, has_code: bool) -> Told<'a> {
        let code = if has_code { "asked" } else { "none" };
        Told {
            text: text(language, self.text, &[("code", code)]),
            field: self.field,
        }
    }
}

impl Language {
    /// The shared text `id`, which takes no arguments: what templates ask of a page's language.
    #[must_use]
    pub fn say(self, id: &str) -> String {
        text(self, id, &[])
    }

    /// The title of a form's page: a screen reader reads it first, so that it begins with what went wrong.
    fn title(self, title: &str, error: Option<&Told<'_>>) -> String {
        match error {
            Some(_) => text(self, "title-with-error", &[("title", title)]),
            None => title.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;

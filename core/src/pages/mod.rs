//! HTML for people: layout, languages, forms with their CSRF token. Without JavaScript, readable by a screen reader,
//! under a strict Content-Security-Policy.
//!
//! Texts are Fluent messages in `texts/`, one file a language; a page names them by their id. To add a page, add its
//! message (with the attribute `.title`) to all four files, and show it with [`message`].

mod answer;
mod forms;
mod language;
mod text;

pub use answer::form_target;
pub use forms::{
    ConsentForm, FieldError, LoginForm, PasswordForm, consent_form, failure, login_form, message,
    password_form,
};
pub use language::Language;
pub use text::text;

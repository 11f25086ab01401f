//! `vars.smtp`, `vars.reset_password`, `vars.welcome_email`.

use super::Secret;

/// A mail server.
#[derive(Debug, Clone)]
pub struct Smtp {
    /// The host, without port.
    pub host: String,
    /// The port: the host's suffix, else 465 with `ssl`, 587 with `starttls`, else 25.
    pub port: u16,
    /// Whether TLS is spoken from the first byte.
    pub ssl: bool,
    /// Whether the connection is upgraded before anything is sent.
    pub starttls: bool,
    /// The login name; `None`: no login.
    pub user: Option<String>,
    /// The login's password, unless the secret has it.
    pub password: Option<Secret>,
}

/// A mail's sender, subject and body, with `{…}` fields that the sender fills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailTemplate {
    /// `From`.
    pub email_from: String,
    /// `Subject`.
    pub email_subject: String,
    /// The text.
    pub email_body: String,
}

/// The mail of a password reset; fields `{user}`, `{password}` or `{reset_url}`, `{application_url}`, `{current_url}`.
pub type ResetPassword = MailTemplate;

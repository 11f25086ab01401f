//! `vars.smtp`, `vars.reset_password`, `vars.welcome_email`.

use super::Secret;
use super::reader::NONE;
use super::section::Section;

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

impl Smtp {
    /// `None` without `host`, as where `GeoMapFish`'s own defaults stand alone.
    pub(super) fn read(section: Section<'_>) -> Option<Self> {
        let (ssl, starttls) = (section.boolean("ssl", false), section.boolean("starttls", false));
        let usual = match (ssl, starttls) {
            (true, _) => 465,
            (false, true) => 587,
            (false, false) => 25,
        };
        let user = section.text("user", NONE);
        let password = section.secret("password", |_| Ok(()));
        let is_needed = user.is_some() || password.is_some();
        let host = section.required(
            "host",
            is_needed,
            "a host, as smtp.example.com:465",
            host_and_port,
        );
        let smtp = host.map(|(host, port)| {
            let port = port.unwrap_or(usual);
            Self {
                host,
                port,
                ssl,
                starttls,
                user,
                password,
            }
        });
        if let Some(smtp) = &smtp {
            smtp.check(&section);
        }
        section.finish(|_| false);
        smtp
    }

    fn check(&self, section: &Section<'_>) {
        if self.ssl && self.starttls {
            section.fault("starttls", "cannot go with ssl");
        }
        if self.password.is_some() && self.user.is_none() {
            section.fault("password", "needs user");
        }
        if self.user.is_some() && !self.ssl && !self.starttls {
            section
                .log()
                .warn("vars.smtp: neither ssl nor starttls: the login goes over the network in the clear");
        }
    }
}

fn host_and_port(text: &str) -> Result<(String, Option<u16>), String> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let port = port.map(|port| port.parse::<u16>().ok().filter(|port| *port > 0));
    let sane =
        !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || c.is_control() || "/@".contains(c));
    match port {
        Some(None) => Err("a port behind the colon".to_owned()),
        _ if !sane => Err("a host, as smtp.example.com:465".to_owned()),
        port => Ok((host.trim_matches(['[', ']']).to_owned(), port.flatten())),
    }
}

impl MailTemplate {
    /// `None` where the section is empty. A welcome mail says a password, a link, or neither.
    pub(super) fn read_welcome(section: Section<'_>) -> Option<Self> {
        Self::read_with(section, "text with {password}, {reset_url}, or neither", |body| {
            !(body.contains("{password}") && body.contains("{reset_url}"))
        })
    }

    /// A reset mail says the password or the link, one of both.
    pub(super) fn read_reset(section: Section<'_>) -> Option<Self> {
        Self::read_with(section, "text with either {password} or {reset_url}", |body| {
            body.contains("{password}") != body.contains("{reset_url}")
        })
    }

    fn read_with(section: Section<'_>, expected: &str, is_body: impl Fn(&str) -> bool) -> Option<Self> {
        let is_present = section.is_present();
        let from = section.required("email_from", is_present, SENDER, sender);
        let subject = section.required("email_subject", is_present, "a single line", single_line);
        let body = section.required("email_body", is_present, expected, |text| {
            if is_body(text) {
                Ok(text.to_owned())
            } else {
                Err(expected.to_owned())
            }
        });
        section.finish(|_| false);
        Some(Self {
            email_from: from?,
            email_subject: subject?,
            email_body: body?,
        })
    }
}

const SENDER: &str = "an address, as maps@example.com or Maps <maps@example.com>";

/// An address, or a name and an address in angle brackets (RFC 5322 §3.4). A name with anything in it that the RFC
/// gives a meaning of its own must be quoted.
fn sender(text: &str) -> Result<String, String> {
    let line = single_line(text)?;
    let (name, address) = match line.strip_suffix('>').and_then(|line| line.rsplit_once('<')) {
        Some((name, address)) => (name.trim(), address),
        None => ("", line.as_str()),
    };
    let inner = name.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
    let is_name = match inner {
        Some(inner) => !inner.contains(['"', '\\']),
        None => !name.contains(|c| "()<>[]:;@\\,.\"".contains(c)),
    };
    if is_name && is_email_address(address) {
        Ok(line)
    } else {
        Err(SENDER.to_owned())
    }
}

/// Whether a mail could be sent to `text`: something before and behind the last `@`, of no more than 254 bytes, without
/// spaces and what would part it from other addresses.
#[must_use]
pub fn is_email_address(text: &str) -> bool {
    let parts = text
        .rsplit_once('@')
        .filter(|(name, host)| !name.is_empty() && !host.is_empty());
    let strange = |c: char| c.is_whitespace() || c.is_control() || matches!(c, ',' | ';' | '<' | '>');
    parts.is_some() && text.len() <= 254 && !text.contains(strange)
}

fn single_line(text: &str) -> Result<String, String> {
    let line = text.trim();
    if line.contains(char::is_control) {
        Err("a single line".to_owned())
    } else {
        Ok(line.to_owned())
    }
}

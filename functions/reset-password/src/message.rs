//! What a mail says: the operator's template or a notice, and what a reset gives out.

use std::time::{Duration, UNIX_EPOCH};

use lettre::Message;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder};
use mapgate_core::clock::Timestamp;
use mapgate_core::gate::Gate;
use mapgate_core::http::Failure;
use mapgate_core::pages::{Language, text};
use mapgate_core::random::{NoRandomness, Random};
use mapgate_core::secrets::{Purpose, Secrets};
use mapgate_core::settings::{MailTemplate, Secret};
use mapgate_core::table::{Mail, MailKind, ResetKind, User};

/// What no eye takes for another: 31 letters and digits.
const READABLE: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";
/// 26 of 31 are 128.8 bits.
const LETTERS: usize = 26;
/// How long a mailed password holds.
const PASSWORD_LASTS: Duration = Duration::from_hours(24);
/// How long a mailed link holds.
const LINK_LASTS: Duration = Duration::from_hours(1);

/// What a reset mail gives out.
#[derive(Debug)]
pub(crate) enum Given {
    /// A new password.
    Password(Secret),
    /// The token of a link.
    Link(Secret),
}

impl Given {
    /// A new one, as the template asks; none where it asks for none.
    pub(crate) fn new(template: &MailTemplate, random: &Random) -> Result<Option<Self>, Failure> {
        Ok(if template.email_body.contains("{reset_url}") {
            Some(Self::Link(Secret::new(random.token::<32>()?)))
        } else if template.email_body.contains("{password}") {
            Some(Self::Password(password(random)?))
        } else {
            None
        })
    }

    pub(crate) fn kind(&self) -> ResetKind {
        match self {
            Self::Password(_) => ResetKind::Password,
            Self::Link(_) => ResetKind::Link,
        }
    }

    /// How long it holds. Who forgot a password waits for the mail; a new user may read it the next day.
    pub(crate) fn lasts(&self, kind: MailKind) -> Duration {
        match (self, kind) {
            (Self::Link(_), MailKind::Reset) => LINK_LASTS,
            _ => PASSWORD_LASTS,
        }
    }

    /// The keyed hash to store; `None` where no data key is in force.
    pub(crate) fn hash(&self, secrets: &Secrets, user: &User, now: Timestamp) -> Option<String> {
        let (Self::Password(secret) | Self::Link(secret)) = self;
        secrets.keyed_hash(
            now,
            Purpose::Reset,
            &[&user.id.0.to_be_bytes(), secret.expose_bytes()],
        )
    }
}

/// A password of random letters. Bytes past the greatest multiple of their number are left out, so that each is as
/// likely as the next.
fn password(random: &Random) -> Result<Secret, NoRandomness> {
    let mut letters = String::with_capacity(LETTERS);
    while letters.len() < LETTERS {
        let even = random.bytes::<32>()?.into_iter().filter(|byte| *byte < 248);
        let drawn = even.map(|byte| char::from(READABLE[usize::from(byte) % READABLE.len()]));
        letters.extend(drawn.take(LETTERS - letters.len()));
    }
    Ok(Secret::new(letters))
}

/// A mail that no mail server could be given; why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unwritable(pub(crate) &'static str);

/// The mail as it goes out (RFC 5322).
pub(crate) fn write(
    gate: &Gate,
    template: &MailTemplate,
    mail: &Mail,
    user: &User,
    language: &str,
    given: Option<&Given>,
) -> Result<Message, Unwritable> {
    let from: Mailbox = template
        .email_from
        .parse()
        .map_err(|_| Unwritable("the template's email_from is no address"))?;
    let to = user.email.as_deref().unwrap_or_default().trim().parse();
    let to = to.map_err(|_| Unwritable("the user's e-mail is no address"))?;
    let (subject, body) = match mail.kind {
        MailKind::Reset | MailKind::Welcome => (
            template.email_subject.clone(),
            of_template(gate, template, user, given),
        ),
        MailKind::PasswordChanged => notice(gate, user, language),
    };
    headed(gate, mail)
        .from(from)
        .to(Mailbox::new(None, to))
        .subject(subject)
        .header(ContentType::TEXT_PLAIN)
        .body(body.expose().to_owned())
        .map_err(|_| Unwritable("the message cannot be written"))
}

/// What every mail has: it is a machine's, to which none may answer by itself (RFC 3834 §5).
fn headed(gate: &Gate, mail: &Mail) -> MessageBuilder {
    let host = gate.settings.base_url.host_with_port();
    let host = host.split(':').next().filter(|host| !host.starts_with('['));
    let id = format!("<{}@{}>", mail.id, host.unwrap_or("localhost"));
    let now = u64::try_from(gate.clock.now().seconds()).unwrap_or_default();
    let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
    Message::builder()
        .date(UNIX_EPOCH + Duration::from_secs(now))
        .message_id(Some(id))
        .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
}

fn of_template(gate: &Gate, template: &MailTemplate, user: &User, given: Option<&Given>) -> Secret {
    let base = &gate.settings.base_url;
    let login = base.join("/login.html");
    let url;
    let mut fields = vec![
        ("user", user.username.as_str()),
        ("application_url", base.as_str()),
        ("current_url", login.as_str()),
    ];
    match given {
        Some(Given::Password(password)) => fields.push(("password", password.expose())),
        Some(Given::Link(token)) => {
            url = Secret::new(base.join(&format!("/loginresetpassword/{}", token.expose())));
            fields.push(("reset_url", url.expose()));
        }
        None => {}
    }
    filled(&template.email_body, &fields)
}

fn notice(gate: &Gate, user: &User, language: &str) -> (String, Secret) {
    let language = Language::named(language).unwrap_or(Language::English);
    let arguments = [
        ("username", user.username.as_str()),
        ("site", gate.settings.base_url.as_str()),
    ];
    let say = |id| text(language, id, &arguments);
    let body = say("notice-password-changed");
    (say("notice-password-changed.subject"), Secret::new(body))
}

/// The template with its fields, each put in once and as it is: a value that looks like a field stays what it is.
fn filled(template: &str, fields: &[(&str, &str)]) -> Secret {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once('{') {
        text.push_str(before);
        let named = fields.iter().find_map(|(name, value)| {
            let behind = behind.strip_prefix(name)?.strip_prefix('}')?;
            Some((value, behind))
        });
        if let Some((value, behind)) = named {
            text.push_str(value);
            rest = behind;
        } else {
            text.push('{');
            rest = behind;
        }
    }
    text.push_str(rest);
    Secret::new(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_that_settings_take_is_one_that_mails_can_have() {
        let environment = [
            ("MAPGATE_BASE_URL", "https://maps.example.com"),
            ("MAPGATE_TABLE", "mapgate"),
            ("MAPGATE_SECRETS", "file:/secrets.json"),
        ];
        for sender in [
            "maps@example.com",
            "maps@localhost",
            "Géoportail de la commune <maps+noreply@exämple.com>",
            "\"Maps, Inc.\" <maps@example.com>",
            "O'Hara & Sons - Maps <maps@example.com>",
            "<maps@example.com>",
        ] {
            let vars = format!(
                "vars: {{reset_password: {{email_from: '{}', email_subject: s, email_body: '{{password}}'}}}}",
                sender.replace('\'', "''")
            );
            let read = mapgate_core::settings::load(
                &environment.into_iter().collect(),
                Some(("vars.yaml", &vars)),
                &|_| Err(String::new()),
            );
            let sender = read.unwrap().reset_password.unwrap().email_from;
            assert!(sender.parse::<Mailbox>().is_ok(), "{sender}");
        }
    }

    #[test]
    fn a_value_that_looks_like_a_field_is_put_in_as_it_is() {
        let fields = [("user", "{password}{"), ("password", "s3cret")];
        let text = filled("{user}: {password} {unknown} {{user}} {", &fields);
        assert_eq!(text.expose(), "{password}{: s3cret {unknown} {{password}{} {");
    }

    #[test]
    fn a_password_has_128_bits_and_no_letter_that_looks_like_another() {
        let random = Random::seeded(3);
        let mut seen = std::collections::BTreeMap::new();
        for _ in 0..2000 {
            let password = password(&random).unwrap();
            assert_eq!(password.expose().len(), LETTERS);
            for letter in password.expose().chars() {
                *seen.entry(letter).or_insert(0) += 1;
            }
        }
        assert!(31_f64.log2() * 26.0 > 128.0);
        assert_eq!(seen.len(), 31);
        assert!(!seen.keys().any(|letter| "ilo01".contains(*letter)));
        // Each some 1677 times; a seeded row is the same each time.
        assert!(
            seen.values().all(|count| (1500..1860).contains(count)),
            "{seen:?}"
        );
    }
}

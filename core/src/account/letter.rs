//! What a queued mail says, sealed: whoever reads the table learns neither whom it is for, nor whether it is for anyone.

use serde::{Deserialize, Serialize};

use super::trying::AccountError;
use crate::clock::Timestamp;
use crate::random::Random;
use crate::secrets::{Purpose, Secrets};
use crate::settings::Secret;
use crate::table::{Mail, MailKind, MailStage, User, UserId};

/// Letters are of a multiple of so many bytes: the length tells nothing of a name of usual length.
const PADDED: usize = 512;

/// Whom a mail is for. The address is read when it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// What it is about.
    pub kind: MailKind,
    /// The user; none in a decoy, which stands for a request that leads to no mail.
    pub to: Option<Addressee>,
    /// The tag (RFC 5646) of the language it is to be in.
    pub language: String,
}

/// A user at the time of the request. The number tells him from a namesake made later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addressee {
    /// The name one logs in with.
    pub username: String,
    /// The number.
    pub id: UserId,
}

impl From<&User> for Addressee {
    fn from(user: &User) -> Self {
        Self {
            username: user.username.clone(),
            id: user.id,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Text {
    to: Option<Addressee>,
    language: String,
}

impl Letter {
    /// The letter as an item of the queue, to be sent at once.
    pub fn queued(&self, secrets: &Secrets, random: &Random, now: Timestamp) -> Result<Mail, AccountError> {
        let id = random.token::<16>().map_err(|_| AccountError::NoKey)?;
        let text = Text {
            to: self.to.clone(),
            language: self.language.clone(),
        };
        let mut text = serde_json::to_string(&text).map_err(|_| AccountError::NoKey)?;
        // JSON may end with spaces.
        text.extend(std::iter::repeat_n(
            ' ',
            text.len().next_multiple_of(PADDED) - text.len(),
        ));
        let sealed = secrets.seal(now, random, Purpose::Mail, &id, &Secret::new(text));
        Ok(Mail {
            sealed: sealed.map_err(|_| AccountError::NoKey)?,
            id,
            created_at: now,
            kind: self.kind,
            stage: MailStage::Queued {
                due_at: now,
                tries: 0,
            },
        })
    }

    /// The letter of a mail; `None` where its key is gone.
    #[must_use]
    pub fn open(mail: &Mail, secrets: &Secrets) -> Option<Self> {
        let text = secrets.open(Purpose::Mail, &mail.id, &mail.sealed)?;
        let text: Text = serde_json::from_str(text.expose()).ok()?;
        Some(Self {
            kind: mail.kind,
            to: text.to,
            language: text.language,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> Secrets {
        let document = format!(
            r#"{{"authtkt": [{{"secret": "{}"}}], "jwt": [{{"kid": "k", "pem": "p"}}],
                "data_keys": [{{"id": "d", "key": "{}A="}}]}}"#,
            "s".repeat(64),
            "A".repeat(42)
        );
        Secrets::parse(&document, None).unwrap()
    }

    fn letter(username: Option<&str>) -> Letter {
        Letter {
            kind: MailKind::Reset,
            to: username.map(|username| Addressee {
                username: username.to_owned(),
                id: UserId(7),
            }),
            language: "de".to_owned(),
        }
    }

    fn queued(letter: &Letter) -> Mail {
        let (random, now) = (Random::seeded(1), Timestamp::from_seconds(1));
        letter.queued(&secrets(), &random, now).unwrap()
    }

    #[test]
    fn a_letter_is_read_again_and_only_as_the_mail_it_was_sealed_for() {
        let letter = letter(Some("zoé"));
        let mail = queued(&letter);
        assert_eq!(Letter::open(&mail, &secrets()), Some(letter));
        assert!(!format!("{mail:?}").contains("zoé"));
        let other = Mail {
            id: "other".to_owned(),
            ..mail
        };
        assert_eq!(Letter::open(&other, &secrets()), None);
    }

    #[test]
    fn a_decoy_is_as_long_as_a_letter() {
        let lengths = [None, Some("j"), Some("a-name-as-long-as-an-address@example.com")];
        let lengths = lengths.map(|username| queued(&letter(username)).sealed.len());
        assert_eq!(lengths, [lengths[0]; 3]);
    }
}

//! The secret's keys by purpose: which signs, which verify, when to read again.
//!
//! `MAPGATE_SECRETS` names a JSON document (contract, section 2) in Secrets Manager, or in a file on a laptop.

mod keyring;
mod purpose;
mod sealing;

pub use keyring::{Keyring, SecretsUnavailable};
pub use purpose::Purpose;
pub use sealing::CannotSeal;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::clock::Timestamp;
use crate::settings::Secret;

/// Every key of a deployment, as read at one moment.
#[derive(Debug)]
pub struct Secrets {
    authtkt: Vec<Dated<Secret>>,
    jwt: Vec<Dated<JwtKey>>,
    data_keys: Vec<Dated<DataKey>>,
    smtp_password: Option<Secret>,
    ldap_bind_password: Option<Secret>,
}

/// A key of the access tokens' signatures (ES256, RFC 7518 §3.4).
#[derive(Debug)]
pub struct JwtKey {
    /// The key's name in a token's header (RFC 7515 §4.1.4).
    pub kid: String,
    /// The private key, PKCS#8 in PEM.
    pub pem: Secret,
}

struct DataKey {
    id: String,
    key: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DataKey({})", self.id)
    }
}

#[derive(Debug)]
struct Dated<K> {
    sign_from: Timestamp,
    key: K,
}

/// What is wrong with the secret's document; names fields, never values.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0}")]
pub struct BadSecrets(String);

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    authtkt: Vec<AuthtktEntry>,
    #[serde(default)]
    jwt: Vec<JwtEntry>,
    #[serde(default)]
    data_keys: Vec<DataKeyEntry>,
    smtp_password: Option<String>,
    ldap_bind_password: Option<String>,
}

#[derive(Deserialize)]
struct AuthtktEntry {
    secret: String,
    sign_from: Option<String>,
}

#[derive(Deserialize)]
struct JwtEntry {
    kid: String,
    pem: String,
    sign_from: Option<String>,
}

#[derive(Deserialize)]
struct DataKeyEntry {
    id: String,
    key: String,
    sign_from: Option<String>,
}

impl Secrets {
    /// Reads the document. `authtkt_secret`, from the environment, wins over the document's tickets' secrets.
    ///
    /// Refuses ticket secrets under 64 characters, data keys that are not 32 bytes, and lists without an entry.
    pub fn parse(document: &str, authtkt_secret: Option<&Secret>) -> Result<Self, BadSecrets> {
        // serde_json's message could quote a value, so only its place is told.
        let document: Document = serde_json::from_str(document).map_err(|error| {
            BadSecrets(format!(
                "not the secret's JSON: line {}, column {}",
                error.line(),
                error.column()
            ))
        })?;
        let mut authtkt = Vec::new();
        if let Some(secret) = authtkt_secret {
            authtkt.push(Dated {
                sign_from: dated(None, "")?,
                key: secret.clone(),
            });
        } else {
            for (index, entry) in document.authtkt.into_iter().enumerate() {
                let path = format!("authtkt[{index}]");
                if entry.secret.chars().count() < 64 {
                    return Err(BadSecrets(format!("{path}.secret: at least 64 characters")));
                }
                authtkt.push(Dated {
                    sign_from: dated(entry.sign_from, &path)?,
                    key: Secret::new(entry.secret),
                });
            }
        }
        let mut jwt = Vec::new();
        for (index, entry) in document.jwt.into_iter().enumerate() {
            let sign_from = dated(entry.sign_from, &format!("jwt[{index}]"))?;
            jwt.push(Dated {
                sign_from,
                key: JwtKey {
                    kid: entry.kid,
                    pem: Secret::new(entry.pem),
                },
            });
        }
        let mut data_keys = Vec::new();
        for (index, entry) in document.data_keys.into_iter().enumerate() {
            let path = format!("data_keys[{index}]");
            let key = STANDARD
                .decode(Zeroizing::new(entry.key).as_bytes())
                .map(Zeroizing::new)
                .unwrap_or_default();
            if key.len() != 32 {
                return Err(BadSecrets(format!("{path}.key: 32 bytes in base64")));
            }
            if entry.id.is_empty() || entry.id.contains('.') {
                return Err(BadSecrets(format!("{path}.id: a name without a dot")));
            }
            let sign_from = dated(entry.sign_from, &path)?;
            data_keys.push(Dated {
                sign_from,
                key: DataKey { id: entry.id, key },
            });
        }
        for (list, empty) in [
            ("authtkt", authtkt.is_empty()),
            ("jwt", jwt.is_empty()),
            ("data_keys", data_keys.is_empty()),
        ] {
            if empty {
                return Err(BadSecrets(format!("{list}: no entry")));
            }
        }
        Ok(Self {
            authtkt,
            jwt,
            data_keys,
            smtp_password: document.smtp_password.map(Secret::new),
            ldap_bind_password: document.ldap_bind_password.map(Secret::new),
        })
    }

    /// The mail server's password.
    #[must_use]
    pub fn smtp_password(&self) -> Option<&Secret> {
        self.smtp_password.as_ref()
    }

    /// The password of who searches the LDAP directory.
    #[must_use]
    pub fn ldap_bind_password(&self) -> Option<&Secret> {
        self.ldap_bind_password.as_ref()
    }

    /// The secret that signs tickets at `now`; none where every entry's `sign_from` is still to come.
    #[must_use]
    pub fn authtkt_signing(&self, now: Timestamp) -> Option<&Secret> {
        newest(&self.authtkt, now)
    }

    /// Every secret that verifies tickets.
    pub fn authtkt_verifying(&self) -> impl Iterator<Item = &Secret> {
        self.authtkt.iter().map(|entry| &entry.key)
    }

    /// The key that signs access tokens at `now`.
    #[must_use]
    pub fn jwt_signing(&self, now: Timestamp) -> Option<&JwtKey> {
        newest(&self.jwt, now)
    }

    /// Every key that verifies access tokens, those whose `sign_from` is still to come among them.
    pub fn jwt_verifying(&self) -> impl Iterator<Item = &JwtKey> {
        self.jwt.iter().map(|entry| &entry.key)
    }

    /// The keyed hash of `parts` for `purpose` as `key.hex`, to be stored; none where no data key is in force.
    #[must_use]
    pub fn keyed_hash(&self, now: Timestamp, purpose: Purpose, parts: &[&[u8]]) -> Option<String> {
        let key = newest(&self.data_keys, now)?;
        Some(format!(
            "{}.{}",
            key.id,
            hex::encode(purpose.mac(&key.key, parts))
        ))
    }

    /// Whether `stored` is a keyed hash of `parts` for `purpose`, under whichever key it names. In constant time.
    #[must_use]
    pub fn verifies(&self, purpose: Purpose, parts: &[&[u8]], stored: &str) -> bool {
        let Some((id, hash)) = stored.split_once('.') else {
            return false;
        };
        let Ok(hash) = hex::decode(hash) else { return false };
        self.data_keys
            .iter()
            .filter(|entry| entry.key.id == id)
            .any(|entry| verify_slices_are_equal(&purpose.mac(&entry.key.key, parts), &hash).is_ok())
    }
}

/// How the keys of one kind stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The list of the document that they are in.
    pub list: &'static str,
    /// How many there are; all of them verify.
    pub count: usize,
    /// Since when the one that signs is in force, 0 where it does not say so; none where no key is in force yet.
    pub signs_since: Option<Timestamp>,
    /// When the next one is to sign.
    pub next: Option<Timestamp>,
}

impl Standing {
    fn of<K>(list: &'static str, keys: &[Dated<K>], now: Timestamp) -> Self {
        let moments = || keys.iter().map(|entry| entry.sign_from);
        Self {
            list,
            count: keys.len(),
            signs_since: moments().filter(|from| *from <= now).max(),
            next: moments().filter(|from| *from > now).min(),
        }
    }
}

impl Secrets {
    /// How the keys stand at `now`, without any of them: of tickets, of access tokens, of what is stored.
    #[must_use]
    pub fn standing(&self, now: Timestamp) -> [Standing; 3] {
        [
            Standing::of("authtkt", &self.authtkt, now),
            Standing::of("jwt", &self.jwt, now),
            Standing::of("data_keys", &self.data_keys, now),
        ]
    }
}

fn newest<K>(keys: &[Dated<K>], now: Timestamp) -> Option<&K> {
    keys.iter()
        .filter(|entry| entry.sign_from <= now)
        .max_by_key(|entry| entry.sign_from)
        .map(|entry| &entry.key)
}

fn dated(sign_from: Option<String>, path: &str) -> Result<Timestamp, BadSecrets> {
    match sign_from {
        None => Ok(Timestamp::from_millis(0)),
        Some(text) => Timestamp::parse_rfc3339(&text)
            .ok_or_else(|| BadSecrets(format!("{path}.sign_from: not an RFC 3339 time"))),
    }
}

#[cfg(test)]
mod tests;

//! An authorization code's text: what it is found by, and 256 random bits of which only a keyed hash is stored.

use crate::clock::Timestamp;
use crate::random::{NoRandomness, Random};
use crate::secrets::{Purpose, Secrets};
use crate::settings::Secret;

/// A code as the client holds it.
#[derive(Debug, Clone)]
pub struct CodeToken {
    /// What the table finds it by.
    pub lookup: String,
    whole: Secret,
}

impl CodeToken {
    /// A new code.
    pub fn new(random: &Random) -> Result<Self, NoRandomness> {
        let lookup = random.token::<16>()?;
        let whole = Secret::new(format!("{lookup}.{}", random.token::<32>()?));
        Ok(Self { lookup, whole })
    }

    /// Reads a code that a client sent; `None` where it has not a code's form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (lookup, secret) = text.split_once('.')?;
        let plain = |part: &str, length| {
            part.len() == length
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        };
        (plain(lookup, 22) && plain(secret, 43)).then(|| Self {
            lookup: lookup.to_owned(),
            whole: Secret::new(text),
        })
    }

    /// The code, for the redirect.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.whole.expose()
    }
}

/// The keyed hash to store; `None` where no data key is in force.
#[must_use]
pub fn code_hash(code: &CodeToken, secrets: &Secrets, now: Timestamp) -> Option<String> {
    secrets.keyed_hash(now, Purpose::AuthorizationCode, &[code.expose().as_bytes()])
}

/// Whether a code gives the stored hash. In constant time.
#[must_use]
pub fn code_verifies(code: &CodeToken, secrets: &Secrets, stored: &str) -> bool {
    secrets.verifies(Purpose::AuthorizationCode, &[code.expose().as_bytes()], stored)
}

//! A refresh token's text: where its family stands, its number, and a keyed hash of both. A function of family and
//! number, so that a lost reply can be repeated without the token being stored.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::secrets::{Purpose, Secrets};
use crate::settings::Secret;
use crate::table::GrantKey;

/// A refresh token whose keyed hash was right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// Where the family stands.
    pub grant: GrantKey,
    /// The token's number in its family.
    pub counter: i64,
}

#[derive(Serialize, Deserialize)]
struct Body(String, String, String, bool, i64);

impl RefreshToken {
    /// The token's text; `None` where no data key is in force.
    #[must_use]
    pub fn sign(&self, secrets: &Secrets, now: Timestamp) -> Option<Secret> {
        let GrantKey {
            username,
            client_id,
            family,
            single,
        } = self.grant.clone();
        let body = serde_json::to_vec(&Body(username, client_id, family, single, self.counter)).ok()?;
        let body = URL_SAFE_NO_PAD.encode(body);
        let mac = secrets.keyed_hash(now, Purpose::RefreshToken, &[body.as_bytes()])?;
        Some(Secret::new(format!("{body}.{mac}")))
    }

    /// Reads a token; `None` for anything that was not signed here. In constant time.
    #[must_use]
    pub fn verify(text: &str, secrets: &Secrets) -> Option<Self> {
        let (body, mac) = text.split_once('.')?;
        if !secrets.verifies(Purpose::RefreshToken, &[body.as_bytes()], mac) {
            return None;
        }
        let Body(username, client_id, family, single, counter) =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).ok()?).ok()?;
        Some(Self {
            grant: GrantKey {
                username,
                client_id,
                family,
                single,
            },
            counter,
        })
    }
}

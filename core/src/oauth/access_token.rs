//! Access tokens: JWTs after RFC 9068, and their verification. A verified one is remembered by its hash until it
//! expires, since desktop GIS send it with every tile.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::PublicKey;
use crate::clock::Timestamp;
use crate::secrets::{JwtKey, Secrets};
use crate::table::GrantKey;

/// The claims (RFC 9068 §2.2), with those by which mapgate finds user and family.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The base URL.
    pub iss: String,
    /// The user's number: never reassigned.
    pub sub: String,
    /// The base URL, or the resource asked for (RFC 8707).
    pub aud: String,
    /// When it expires, in seconds.
    pub exp: i64,
    /// When it was issued, in seconds.
    pub iat: i64,
    /// When the user logged in, in seconds.
    pub auth_time: i64,
    /// The token's own name.
    pub jti: String,
    /// The client.
    pub client_id: String,
    /// The scopes granted.
    pub scope: String,
    /// The user's name.
    pub username: String,
    /// The token family.
    pub sid: String,
    /// Whether the client has one session a user.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub single: bool,
}

impl Claims {
    /// Where the token's family stands.
    #[must_use]
    pub fn grant(&self) -> GrantKey {
        GrantKey {
            username: self.username.clone(),
            client_id: self.client_id.clone(),
            family: self.sid.clone(),
            single: self.single,
        }
    }
}

/// Why an access token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// Its key is none of ours: perhaps one that was not read yet.
    #[error("the token's key is unknown")]
    UnknownKey,
    /// Anything else: form, algorithm, type, signature, issuer.
    #[error("the token is not valid")]
    Invalid,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
}

/// The most tokens remembered at a time; beyond it the memory starts anew.
const REMEMBERED: usize = 4096;

/// Verifies access tokens.
#[derive(Debug, Default)]
pub struct TokenVerifier {
    verified: Mutex<HashMap<[u8; 32], Arc<Claims>>>,
}

impl TokenVerifier {
    /// The claims of a token that one of the keys signed for this issuer and that has not expired. Whether its audience
    /// is the one who asks is left to see (see [`Resource`](super::Resource)).
    ///
    /// Refuses other algorithms than ES256 and other types than `at+jwt` (RFC 9068 §4), so that an `id_token`, an
    /// unsigned token or one signed with a public key as a secret is none.
    pub fn verify(
        &self,
        token: &str,
        secrets: &Secrets,
        base_url: &str,
        now: Timestamp,
    ) -> Result<Arc<Claims>, InvalidToken> {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        let header = jsonwebtoken::decode_header(token).map_err(|_| InvalidToken::Invalid)?;
        // Looked for each time, so that a key taken out of the secret takes its tokens with it.
        let kid = header.kid.as_deref().ok_or(InvalidToken::Invalid)?;
        let key = secrets
            .jwt_verifying()
            .find(|key| key.kid == kid)
            .ok_or(InvalidToken::UnknownKey)?;
        let known = self
            .verified
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&hash)
            .cloned();
        let claims = match known {
            Some(claims) => claims,
            None => Arc::new(decode(token, header.typ.as_deref(), key, base_url)?),
        };
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if claims.exp <= now.seconds() {
            verified.remove(&hash);
            return Err(InvalidToken::Expired);
        }
        if verified.len() >= REMEMBERED {
            verified.clear();
        }
        verified.insert(hash, claims.clone());
        Ok(claims)
    }
}

fn decode(token: &str, typ: Option<&str>, key: &JwtKey, base_url: &str) -> Result<Claims, InvalidToken> {
    let typ = typ.ok_or(InvalidToken::Invalid)?.to_ascii_lowercase();
    if typ != "at+jwt" && typ != "application/at+jwt" {
        return Err(InvalidToken::Invalid);
    }
    signed(token, key, base_url)
}

/// The claims of a token that `key` signed for this issuer, of any type and age.
fn signed<T: DeserializeOwned>(token: &str, key: &JwtKey, base_url: &str) -> Result<T, InvalidToken> {
    let key = PublicKey::of(key).map_err(|_| InvalidToken::UnknownKey)?;
    let key = DecodingKey::from_ec_components(&key.x, &key.y).map_err(|_| InvalidToken::UnknownKey)?;
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_issuer(&[base_url]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    // Against our own clock, and by who asks, after this.
    (validation.validate_exp, validation.validate_aud) = (false, false);
    let decoded = jsonwebtoken::decode::<T>(token, &key, &validation);
    decoded
        .map(|token| token.claims)
        .map_err(|_| InvalidToken::Invalid)
}

/// Whose an id token of ours is, by its `sub`; it may be old (OpenID Connect Core 1.0, 3.1.2.1, `id_token_hint`). `None`
/// for whatever is no id token of this issuer.
#[must_use]
pub fn id_token_subject(token: &str, secrets: &Secrets, base_url: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Subject {
        sub: String,
    }
    let header = jsonwebtoken::decode_header(token).ok()?;
    let kid = header.kid.filter(|_| header.typ.as_deref() == Some("JWT"))?;
    let key = secrets.jwt_verifying().find(|key| key.kid == kid)?;
    let Subject { sub } = signed(token, key, base_url).ok()?;
    Some(sub)
}

#[cfg(test)]
#[path = "access_token_tests.rs"]
mod tests;

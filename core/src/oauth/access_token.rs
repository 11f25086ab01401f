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
    verified: Mutex<HashMap<[u8; 32], Verified>>,
}

/// A token that was found genuine.
#[derive(Debug, Clone)]
struct Verified {
    kid: String,
    claims: Arc<Claims>,
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
        let memory = || self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        let known = memory().get(&hash).cloned();
        let is_new = known.is_none();
        let verified = match known {
            Some(known) => known,
            None => genuine(token, secrets, base_url)?,
        };
        // Looked for each time, so that a key taken out of the secret takes its tokens with it.
        key_named(secrets, &verified.kid)?;
        let claims = verified.claims.clone();
        if claims.exp <= now.seconds() {
            memory().remove(&hash);
            return Err(InvalidToken::Expired);
        }
        if is_new {
            let mut memory = memory();
            if memory.len() >= REMEMBERED {
                memory.clear();
            }
            memory.insert(hash, verified);
        }
        Ok(claims)
    }
}

fn key_named<'a>(secrets: &'a Secrets, kid: &str) -> Result<&'a JwtKey, InvalidToken> {
    let mut keys = secrets.jwt_verifying();
    keys.find(|key| key.kid == kid).ok_or(InvalidToken::UnknownKey)
}

/// Verifies all of an access token but its age.
fn genuine(token: &str, secrets: &Secrets, base_url: &str) -> Result<Verified, InvalidToken> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| InvalidToken::Invalid)?;
    let kid = header.kid.ok_or(InvalidToken::Invalid)?;
    let key = key_named(secrets, &kid)?;
    let typ = header.typ.ok_or(InvalidToken::Invalid)?.to_ascii_lowercase();
    if typ != "at+jwt" && typ != "application/at+jwt" {
        return Err(InvalidToken::Invalid);
    }
    let claims = Arc::new(signed(token, key, base_url)?);
    Ok(Verified { kid, claims })
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

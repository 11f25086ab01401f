//! GeoMapFish's URL login tokens: name, password and expiry under AES-EAX, in hexadecimal, for the parameter `auth`.
//! A token is nonce (16 bytes), tag (16 bytes) and the encrypted JSON `{"u": user, "p": password, "t": expiry}`.

use aes::{Aes128, Aes192, Aes256};
use eax::Eax;
use eax::aead::array::Array;
use eax::aead::consts::U16;
use eax::aead::{AeadInOut, KeyInit};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::clock::Timestamp;
use crate::random::{NoRandomness, Random};
use crate::settings::Secret;

/// Bytes of the nonce, and of the tag.
const BLOCK: usize = 16;

/// What a token says.
#[derive(Debug, Clone)]
pub struct UrlLogin {
    /// The user's name, as it was given.
    pub username: String,
    /// The user's password.
    pub password: Secret,
    /// The token is good before this moment, in whole seconds.
    pub expires_at: Timestamp,
}

/// Why a token is none; for the log only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadUrlLogin {
    /// Not hexadecimal, or too short.
    #[error("it is not nonce, tag and text in hexadecimal")]
    Encoding,
    /// Made with another key, or changed since. Also where the key itself is none.
    #[error("its tag is wrong")]
    Tag,
    /// Not the JSON that belongs inside.
    #[error("its content is not understood")]
    Content,
}

/// No token can be made: the key is none of AES, or there is no randomness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CannotMake {
    /// Not 16, 24 or 32 bytes.
    #[error("the key is not of 16, 24 or 32 bytes")]
    Key,
    /// The operating system.
    #[error(transparent)]
    Random(#[from] NoRandomness),
}

#[derive(Deserialize)]
struct Content {
    u: String,
    p: String,
    t: serde_json::Number,
}

#[derive(Serialize)]
struct ContentOf<'a> {
    u: &'a str,
    p: &'a str,
    t: i64,
}

impl UrlLogin {
    /// Reads a token. Whether it has expired is for the caller to look at.
    pub fn decode(key: &Secret, token: &str) -> Result<Self, BadUrlLogin> {
        let bytes = hex::decode(token).map_err(|_| BadUrlLogin::Encoding)?;
        let (nonce, rest) = bytes.split_first_chunk::<BLOCK>().ok_or(BadUrlLogin::Encoding)?;
        let (tag, text) = rest.split_first_chunk::<BLOCK>().ok_or(BadUrlLogin::Encoding)?;
        let mut text = Zeroizing::new(text.to_vec());
        let key = key.expose_bytes();
        let opened = match key.len() {
            16 => open::<Eax<Aes128>>(key, *nonce, *tag, &mut text),
            24 => open::<Eax<Aes192>>(key, *nonce, *tag, &mut text),
            _ => open::<Eax<Aes256>>(key, *nonce, *tag, &mut text),
        };
        opened.ok_or(BadUrlLogin::Tag)?;
        // serde_json's message could hold what it read.
        let content: Content = serde_json::from_slice(&text).map_err(|_| BadUrlLogin::Content)?;
        let password = Secret::new(content.p);
        Ok(Self {
            username: content.u,
            password,
            expires_at: seconds(&content.t).ok_or(BadUrlLogin::Content)?,
        })
    }

    /// The token under `key`, with a nonce of its own.
    pub fn encode(&self, key: &Secret, random: &Random) -> Result<Secret, CannotMake> {
        let content = ContentOf {
            u: &self.username,
            p: self.password.expose(),
            t: self.expires_at.seconds(),
        };
        // Strings and a number always have a JSON form.
        let mut text = Zeroizing::new(serde_json::to_vec(&content).unwrap_or_default());
        let nonce = random.bytes::<BLOCK>()?;
        let key = key.expose_bytes();
        let tag = match key.len() {
            16 => seal::<Eax<Aes128>>(key, nonce, &mut text),
            24 => seal::<Eax<Aes192>>(key, nonce, &mut text),
            _ => seal::<Eax<Aes256>>(key, nonce, &mut text),
        };
        let tag = tag.ok_or(CannotMake::Key)?;
        Ok(Secret::new(hex::encode([&nonce[..], &tag, &text].concat())))
    }
}

/// Decrypts `text` where it stands; `None` for another key or a wrong tag.
fn open<C>(key: &[u8], nonce: [u8; BLOCK], tag: [u8; BLOCK], text: &mut [u8]) -> Option<()>
where
    C: AeadInOut<NonceSize = U16, TagSize = U16> + KeyInit,
{
    let cipher = C::new_from_slice(key).ok()?;
    let (nonce, tag) = (Array::from(nonce), Array::from(tag));
    cipher.decrypt_inout_detached(&nonce, b"", text.into(), &tag).ok()
}

/// Encrypts `text` where it stands, and gives the tag; `None` for a key of another length.
fn seal<C>(key: &[u8], nonce: [u8; BLOCK], text: &mut [u8]) -> Option<[u8; BLOCK]>
where
    C: AeadInOut<NonceSize = U16, TagSize = U16> + KeyInit,
{
    let cipher = C::new_from_slice(key).ok()?;
    let nonce = Array::from(nonce);
    let tag = cipher.encrypt_inout_detached(&nonce, b"", text.into()).ok()?;
    Some(tag.into())
}

/// Whole seconds of what Python's `time.time()` may have made.
fn seconds(number: &serde_json::Number) -> Option<Timestamp> {
    let whole = number.as_i64().or_else(|| {
        let text = format!("{:.0}", number.as_f64()?.floor());
        text.parse().ok()
    });
    whole.map(Timestamp::from_seconds)
}

#[cfg(test)]
#[path = "url_login_tests.rs"]
mod tests;

//! The keys of access tokens: ES256 (RFC 7518 §3.4), PKCS#8 in PEM.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject as _;

use crate::secrets::JwtKey;

/// The secret's `pem` is no P-256 key in PKCS#8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a P-256 private key, PKCS#8 in PEM")]
pub struct BadKey;

/// The public half of a key, as a JWK has it (RFC 7517 §4, RFC 7518 §6.2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// The key's name.
    pub kid: String,
    /// The point's first coordinate, unpadded base64url.
    pub x: String,
    /// The second.
    pub y: String,
}

/// The private key in DER, for who signs.
pub fn key_pair(key: &JwtKey) -> Result<PrivatePkcs8KeyDer<'static>, BadKey> {
    PrivatePkcs8KeyDer::from_pem_slice(key.pem.expose_bytes()).map_err(|_| BadKey)
}

impl PublicKey {
    /// The public half of `key`.
    pub fn of(key: &JwtKey) -> Result<Self, BadKey> {
        let der = key_pair(key)?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.secret_pkcs8_der());
        let pair = pair.map_err(|_| BadKey)?;
        // Uncompressed: a 4, then two coordinates of 32 bytes each.
        let point = pair.public_key().as_ref();
        let (x, y) = point
            .get(1..)
            .and_then(|point| point.split_at_checked(32))
            .ok_or(BadKey)?;
        Ok(Self {
            kid: key.kid.clone(),
            x: URL_SAFE_NO_PAD.encode(x),
            y: URL_SAFE_NO_PAD.encode(y),
        })
    }
}

//! The keys that the harness makes where it is given none, in the form of the secret that `MAPGATE_SECRETS` names.

use anyhow::anyhow;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mapgate_core::clock::Timestamp;
use mapgate_core::random::Random;
use serde_json::json;

/// A new secret's JSON: one entry of each kind, each in force from `now`.
pub fn make(random: &Random, now: Timestamp) -> anyhow::Result<String> {
    let from = now.rfc3339();
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
        .and_then(|pair| pair.to_pkcs8v1())
        .map_err(|_| anyhow!("no key pair could be made"))?;
    let pem = pem::encode(&pem::Pem::new("PRIVATE KEY", pair.as_ref()));
    let secret = json!({
        "authtkt": [{ "secret": random.token::<64>()?, "sign_from": from }],
        "jwt": [{ "kid": random.token::<8>()?, "pem": pem, "sign_from": from }],
        "data_keys": [{ "id": random.token::<8>()?, "key": STANDARD.encode(random.bytes::<32>()?), "sign_from": from }],
    });
    Ok(serde_json::to_string_pretty(&secret)?)
}

#[cfg(test)]
mod tests {
    use mapgate_core::oauth::{PublicKey, key_pair};
    use mapgate_core::secrets::Secrets;

    use super::*;

    #[test]
    fn core_reads_the_keys_and_they_differ() {
        let now = Timestamp::from_seconds(1_800_000_000);
        let document = make(&Random::system(), now).unwrap();
        let secrets = Secrets::parse(&document, None).unwrap();
        assert!(secrets.authtkt_signing(now).is_some());
        let jwt = secrets.jwt_signing(now).unwrap();
        assert!(key_pair(jwt).is_ok() && PublicKey::of(jwt).is_ok());
        assert_ne!(document, make(&Random::system(), now).unwrap());
    }
}

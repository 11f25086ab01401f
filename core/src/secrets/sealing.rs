//! Sealing: what must be read again, but not in the table. AES-256-GCM under a data key, which the result names.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::{DataKey, Purpose, Secrets, newest};
use crate::clock::Timestamp;
use crate::random::Random;
use crate::settings::Secret;

/// Nothing could be sealed: no data key is in force, or no randomness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nothing can be encrypted: no data key is in force, or there is no randomness")]
pub struct CannotSeal;

impl Secrets {
    /// `text` sealed for `purpose` as `key.base64url`, bound to `whose`: what is sealed for one cannot be put in another's
    /// place.
    pub fn seal(
        &self,
        now: Timestamp,
        random: &Random,
        purpose: Purpose,
        whose: &str,
        text: &Secret,
    ) -> Result<String, CannotSeal> {
        let key = newest(&self.data_keys, now).ok_or(CannotSeal)?;
        let nonce = random.bytes::<NONCE_LEN>().map_err(|_| CannotSeal)?;
        let mut sealed = nonce.to_vec();
        let mut body = text.expose_bytes().to_vec();
        cipher(key, purpose)
            .ok_or(CannotSeal)?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(whose.as_bytes()),
                &mut body,
            )
            .map_err(|_| CannotSeal)?;
        sealed.extend(body);
        Ok(format!("{}.{}", key.id, URL_SAFE_NO_PAD.encode(sealed)))
    }

    /// What was sealed for `purpose` and `whose`; `None` where it was not, or where its key is gone.
    #[must_use]
    pub fn open(&self, purpose: Purpose, whose: &str, sealed: &str) -> Option<Secret> {
        let (id, sealed) = sealed.split_once('.')?;
        let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut keys = self.data_keys.iter().filter(|entry| entry.key.id == id);
        keys.find_map(|entry| {
            let mut body = Zeroizing::new(body.to_vec());
            let nonce = Nonce::assume_unique_for_key(*nonce);
            let opened =
                cipher(&entry.key, purpose)?.open_in_place(nonce, Aad::from(whose.as_bytes()), &mut body);
            std::str::from_utf8(opened.ok()?)
                .ok()
                .map(|text| Secret::new(text.to_owned()))
        })
    }
}

fn cipher(key: &DataKey, purpose: Purpose) -> Option<LessSafeKey> {
    let own = purpose.own_key(&key.key);
    UnboundKey::new(&AES_256_GCM, own.as_ref())
        .ok()
        .map(LessSafeKey::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(ids: &[&str]) -> Secrets {
        let key = |id: &str, fill: &str| format!(r#"{{"id": "{id}", "key": "{}"}}"#, fill.repeat(42) + "A=");
        let keys: Vec<String> = ids.iter().map(|id| key(id, id)).collect();
        let document = format!(
            r#"{{"authtkt": [{{"secret": "{}"}}], "jwt": [{{"kid": "k", "pem": "p"}}], "data_keys": [{}]}}"#,
            "s".repeat(64),
            keys.join(",")
        );
        Secrets::parse(&document, None).unwrap()
    }

    fn seal(secrets: &Secrets, text: &str) -> String {
        let now = Timestamp::from_seconds(1);
        let random = Random::system();
        secrets
            .seal(now, &random, Purpose::Mail, "jane", &Secret::new(text))
            .unwrap()
    }

    #[test]
    fn what_is_sealed_is_read_again_by_whoever_it_is_for_alone() {
        let all = secrets(&["A"]);
        let sealed = seal(&all, "Grüezi");
        assert!(sealed.starts_with("A.") && !sealed.contains("Gr"));
        let open = |purpose, whose, sealed: &str| {
            let opened = all.open(purpose, whose, sealed);
            opened.map(|text| text.expose().to_owned())
        };
        assert_eq!(open(Purpose::Mail, "jane", &sealed).as_deref(), Some("Grüezi"));
        assert_eq!(open(Purpose::Mail, "joe", &sealed), None);
        assert_eq!(open(Purpose::FactorSecret, "jane", &sealed), None);
        let mut broken = sealed.clone();
        broken.replace_range(20..21, if &sealed[20..21] == "x" { "y" } else { "x" });
        for wrong in ["", "A.", "A.AAAA", "B.AAAA", &broken, &sealed[..30]] {
            assert_eq!(open(Purpose::Mail, "jane", wrong), None, "{wrong}");
        }
        assert_ne!(sealed, seal(&all, "Grüezi"), "a nonce was used twice");
    }

    #[test]
    fn after_a_rotation_the_old_key_still_opens() {
        let sealed = seal(&secrets(&["A"]), "x");
        assert!(
            secrets(&["A", "B"])
                .open(Purpose::Mail, "jane", &sealed)
                .is_some()
        );
        assert!(secrets(&["B"]).open(Purpose::Mail, "jane", &sealed).is_none());
    }
}

//! Client secrets, of which only a keyed hash is stored (RFC 6749 §2.3.1).

use crate::clock::Timestamp;
use crate::secrets::{Purpose, Secrets};
use crate::settings::Secret;

/// The keyed hash to store for a client's secret; `None` where no data key is in force.
#[must_use]
pub fn client_secret_hash(
    secrets: &Secrets,
    now: Timestamp,
    client_id: &str,
    secret: &Secret,
) -> Option<String> {
    let parts = [client_id.as_bytes(), secret.expose_bytes()];
    secrets.keyed_hash(now, Purpose::ClientSecret, &parts)
}

/// Whether `secret` gives the hash stored for the client `client_id`. In constant time.
#[must_use]
pub fn client_secret_verifies(secrets: &Secrets, client_id: &str, secret: &Secret, stored: &str) -> bool {
    let parts = [client_id.as_bytes(), secret.expose_bytes()];
    secrets.verifies(Purpose::ClientSecret, &parts, stored)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn a_secret_is_its_clients_own() {
        let (ticket, key) = ("t".repeat(64), STANDARD.encode([1u8; 32]));
        let document = format!(
            r#"{{"authtkt": [{{"secret": "{ticket}"}}], "jwt": [{{"kid": "k", "pem": ""}}],
                 "data_keys": [{{"id": "d", "key": "{key}"}}]}}"#
        );
        let secrets = Secrets::parse(&document, None).unwrap();
        let secret = Secret::new("1234");
        let stored = client_secret_hash(&secrets, Timestamp::from_seconds(1), "qgis", &secret).unwrap();
        assert!(!stored.contains("1234"));
        assert!(client_secret_verifies(&secrets, "qgis", &secret, &stored));
        assert!(!client_secret_verifies(&secrets, "other", &secret, &stored));
        assert!(!client_secret_verifies(
            &secrets,
            "qgis",
            &Secret::new("12345"),
            &stored
        ));
        assert!(!client_secret_verifies(&secrets, "qgis", &secret, ""));
    }
}

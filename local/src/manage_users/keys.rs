//! `manage-users keys`: the first keys, and their rotation.

use std::io::Write;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use mapgate_core::clock::Timestamp;
use mapgate_core::gate::Gate;
use mapgate_core::random::Random;
use mapgate_core::secrets::Secrets;
use mapgate_core::settings::{Secret, SecretsSource};
use serde_json::Value;

/// From then on new keys sign: by then every function has read them (at most 5 minutes), with time to spare.
const AHEAD: Duration = Duration::from_mins(15);
/// So long a replaced key is kept: nothing that it signed is good for longer, unless `AUTHTKT_TIMEOUT` or
/// `oauth2_token_expire_minutes` says so.
const KEPT: Duration = Duration::from_hours(24 * 90);

/// Makes the keys where `MAPGATE_SECRETS` holds none, else adds new ones; and says what it did, never a key. In Secrets Manager the
/// document of before stays as `AWSPREVIOUS`.
///
/// Data keys stay as they are: what they keyed, such as a client's secret, names them.
pub(super) async fn make_or_rotate(gate: &Gate, output: &mut impl Write) -> anyhow::Result<()> {
    let now = gate.clock.now();
    let place = Place::of(gate).await;
    let before = place.read().await?;
    let (after, said) = match before.filter(|before| !before.expose().trim().is_empty()) {
        None => (crate::keys::make(&gate.random, now)?, "keys are made".to_owned()),
        Some(before) => rotated(before.expose(), &gate.random, now)?,
    };
    Secrets::parse(&after, None).map_err(|fault| anyhow!("the keys would not do: {fault}"))?;
    place.write(&Secret::new(after)).await?;
    writeln!(output, "{said}")?;
    Ok(())
}

/// The document with a new ticket secret and a new token key, without those that are long replaced; and what was done.
fn rotated(before: &str, random: &Random, now: Timestamp) -> anyhow::Result<(String, String)> {
    // serde_json's message could quote a value.
    let mut document: Value =
        serde_json::from_str(before).map_err(|_| anyhow!("the secret holds no JSON"))?;
    let from = now.plus(AHEAD);
    let mut new: Value = serde_json::from_str(&crate::keys::make(random, from)?)?;
    let mut dropped = 0;
    for list in ["authtkt", "jwt"] {
        let keys = document.get_mut(list).and_then(Value::as_array_mut);
        let keys = keys.with_context(|| format!("the secret has no list {list}"))?;
        let long_in_force = keys.iter().map(sign_from).filter(|from| from.plus(KEPT) <= now);
        let replaced = long_in_force.max();
        let count = keys.len();
        keys.retain(|key| replaced.is_none_or(|replaced| sign_from(key) >= replaced));
        dropped += count - keys.len();
        keys.push(new[list][0].take());
    }
    let said = format!(
        "new keys sign from {} on; {dropped} that were replaced long ago are gone",
        from.rfc3339()
    );
    Ok((serde_json::to_string_pretty(&document)?, said))
}

/// From when on a key signs; one that does not say it is the oldest.
fn sign_from(key: &Value) -> Timestamp {
    let told = key["sign_from"].as_str().and_then(Timestamp::parse_rfc3339);
    told.unwrap_or(Timestamp::from_millis(0))
}

/// Where the document is kept.
enum Place<'a> {
    File(&'a std::path::Path),
    SecretsManager(aws_sdk_secretsmanager::Client, &'a str),
}

impl<'a> Place<'a> {
    async fn of(gate: &'a Gate) -> Self {
        match &gate.settings.secrets {
            SecretsSource::File(path) => Self::File(path),
            SecretsSource::SecretsManager(id) => {
                let client = aws_sdk_secretsmanager::Client::new(gate.aws.config().await);
                Self::SecretsManager(client, id)
            }
        }
    }

    /// The document; none where the secret was made without a value, as the template makes it, or the file is not there.
    async fn read(&self) -> anyhow::Result<Option<Secret>> {
        match self {
            Self::File(path) if !path.exists() => Ok(None),
            Self::File(path) => {
                let text = std::fs::read_to_string(path);
                let text = text.context("the file of MAPGATE_SECRETS cannot be read")?;
                Ok(Some(Secret::new(text)))
            }
            Self::SecretsManager(client, id) => {
                // Fails where there is no such secret: below, that would look like one without a value.
                let there = client.describe_secret().secret_id(*id).send().await;
                there.map_err(aws_sdk_secretsmanager::Error::from)?;
                let answer = client.get_secret_value().secret_id(*id).send().await;
                match answer.map_err(aws_sdk_secretsmanager::Error::from) {
                    Ok(answer) => Ok(answer.secret_string.map(Secret::new)),
                    Err(aws_sdk_secretsmanager::Error::ResourceNotFoundException(_)) => Ok(None),
                    Err(error) => Err(error.into()),
                }
            }
        }
    }

    async fn write(&self, document: &Secret) -> anyhow::Result<()> {
        match self {
            Self::File(path) => {
                // Beside it first, so that no function reads half a document.
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                let folder = folder.unwrap_or(std::path::Path::new("."));
                let mut file = tempfile::NamedTempFile::new_in(folder)?;
                file.write_all(document.expose_bytes())?;
                file.persist(path)?;
            }
            Self::SecretsManager(client, id) => {
                let put = client.put_secret_value().secret_id(*id);
                let put = put.secret_string(document.expose()).send().await;
                put.map_err(aws_sdk_secretsmanager::Error::from)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    #[test]
    fn a_rotation_signs_a_quarter_of_an_hour_later_and_keeps_what_still_verifies() {
        let (random, begun) = (Random::system(), Timestamp::from_seconds(1_800_000_000));
        let first = crate::keys::make(&random, begun).unwrap();
        let kid = |document: &str, at: Timestamp| {
            let secrets = Secrets::parse(document, None).unwrap();
            secrets.jwt_signing(at).unwrap().kid.clone()
        };
        let count = |document: &str| {
            let secrets = Secrets::parse(document, None).unwrap();
            (
                secrets.authtkt_verifying().count(),
                secrets.jwt_verifying().count(),
            )
        };
        let later = begun.plus(DAY);
        let (second, said) = rotated(&first, &random, later).unwrap();
        assert!(said.contains("0 that were replaced"), "{said}");
        assert_eq!(count(&second), (2, 2));
        assert_eq!(kid(&second, later), kid(&first, begun));
        assert_ne!(kid(&second, later.plus(AHEAD)), kid(&first, begun));
        // A day before the second has been in force for 90 days, the first still stands beside it.
        let (third, _) = rotated(&second, &random, later.plus(AHEAD).plus(DAY * 89)).unwrap();
        assert_eq!(count(&third), (3, 3));
        let (fourth, said) = rotated(&third, &random, later.plus(AHEAD).plus(DAY * 90)).unwrap();
        assert!(said.contains("2 that were replaced"), "{said}");
        assert_eq!(count(&fourth), (3, 3));
        let data = |document: &str| serde_json::from_str::<Value>(document).unwrap()["data_keys"].clone();
        assert_eq!(data(&fourth), data(&first));
    }

    #[test]
    fn what_is_no_key_stays_and_a_fault_quotes_nothing() {
        let (random, now) = (Random::system(), Timestamp::from_seconds(1_800_000_000));
        let first = crate::keys::make(&random, now).unwrap();
        let mut first: Value = serde_json::from_str(&first).unwrap();
        first["smtp_password"] = "hidden".into();
        let (second, _) = rotated(&first.to_string(), &random, now).unwrap();
        let second: Value = serde_json::from_str(&second).unwrap();
        assert_eq!(second["smtp_password"], "hidden");
        for wrong in ["{\"jwt\": \"hidden\"}", "hidden"] {
            let fault = rotated(wrong, &random, now).unwrap_err();
            assert!(!format!("{fault:#}").contains("hidden"), "{fault:#}");
        }
    }
}

//! Argon2id (RFC 9106), with a cap on how many are computed at once: each takes its memory for itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use crate::random::Random;
use crate::settings::{self, Secret};

/// How long a try waits for its turn.
const WAIT: Duration = Duration::from_secs(2);

/// Too many passwords are being hashed: try again in a moment. Counts for nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are being checked at once")]
pub struct Busy;

/// Hashes and verifies passwords. Made once a process.
#[derive(Debug)]
pub struct Hashing {
    argon2: Argon2<'static>,
    turns: Arc<Semaphore>,
    random: Random,
    evaluated: AtomicU64,
}

impl Hashing {
    /// With the settings' parameters. Refuses parameters that Argon2 does not know.
    pub fn new(settings: settings::Argon2, random: Random) -> Result<Self, argon2::Error> {
        let settings::Argon2 {
            memory_kib,
            iterations,
            parallelism,
            concurrent,
        } = settings;
        let params = Params::new(memory_kib, iterations, parallelism, None)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let turns = Arc::new(Semaphore::new(usize::try_from(concurrent).unwrap_or(1).max(1)));
        Ok(Self {
            argon2,
            turns,
            random,
            evaluated: AtomicU64::new(0),
        })
    }

    /// The hash of `password` as a PHC string, with a salt of its own.
    pub async fn hash(&self, password: &Secret) -> Result<Secret, Busy> {
        let salt = self.random.bytes::<16>().map_err(|_| Busy)?;
        let argon2 = self.argon2.clone();
        let password = normalized(password);
        self.in_turn(move || {
            let hash = argon2.hash_password_with_salt(password.as_bytes(), &salt);
            hash.map(|hash| Secret::new(hash.to_string()))
        })
        .await?
        .map_err(|_| Busy)
    }

    /// Whether `password` gives `hash`. Without a hash the same work is done, and the answer is no.
    pub async fn verify(&self, password: &Secret, hash: Option<&Secret>) -> Result<bool, Busy> {
        let argon2 = self.argon2.clone();
        let password = normalized(password);
        let hash = hash.cloned();
        self.in_turn(move || {
            // Another kind of hash, or a broken one, must not answer sooner than a wrong password.
            let hash = hash.filter(|hash| hash.expose().starts_with("$argon2"));
            if let Some(hash) = hash {
                argon2.verify_password(password.as_bytes(), hash.expose()).is_ok()
            } else {
                let _ = argon2.hash_password_into(password.as_bytes(), &[0; 16], &mut [0; 32]);
                false
            }
        })
        .await
    }

    /// How many passwords this process hashed so far: what a try costs, as a test can count it.
    #[must_use]
    pub fn evaluated(&self) -> u64 {
        self.evaluated.load(Ordering::SeqCst)
    }

    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
        let turn = tokio::time::timeout(WAIT, self.turns.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| Busy)?.map_err(|_| Busy)?;
        self.evaluated.fetch_add(1, Ordering::SeqCst);
        let done = tokio::task::spawn_blocking(move || {
            // Held in here, so that a visitor who goes away does not free a turn whose work still runs.
            let _turn = turn;
            work()
        });
        done.await.map_err(|_| Busy)
    }
}

/// In NFC, never trimmed: the same password typed on two systems is the same.
fn normalized(password: &Secret) -> Zeroizing<String> {
    Zeroizing::new(password.expose().nfc().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashing(concurrent: u32) -> Hashing {
        let cheap = settings::Argon2 {
            memory_kib: 64,
            iterations: 1,
            parallelism: 1,
            concurrent,
        };
        Hashing::new(cheap, Random::seeded(1)).unwrap()
    }

    #[tokio::test]
    async fn a_password_verifies_and_another_does_not() {
        let hashing = hashing(1);
        let hash = hashing.hash(&Secret::new("correct horse")).await.unwrap();
        assert!(hash.expose().starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
        assert!(
            hashing
                .verify(&Secret::new("correct horse"), Some(&hash))
                .await
                .unwrap()
        );
        for wrong in ["", "Correct horse", "correct horse "] {
            assert!(!hashing.verify(&Secret::new(wrong), Some(&hash)).await.unwrap());
        }
    }

    #[tokio::test]
    async fn composed_and_decomposed_letters_are_the_same_password_and_nothing_is_cut() {
        let hashing = hashing(1);
        let hash = hashing
            .hash(&Secret::new("Zu\u{308}rich\0 bergstrasse"))
            .await
            .unwrap();
        assert!(
            hashing
                .verify(&Secret::new("Z\u{fc}rich\0 bergstrasse"), Some(&hash))
                .await
                .unwrap()
        );
        let long = "x".repeat(100);
        let hash = hashing.hash(&Secret::new(long.as_str())).await.unwrap();
        assert!(
            !hashing
                .verify(&Secret::new(&long[..72]), Some(&hash))
                .await
                .unwrap()
        );
    }

    #[tokio::test]
    async fn no_hash_and_a_broken_hash_cost_the_same_and_are_wrong() {
        let hashing = hashing(1);
        let password = Secret::new("secret");
        for (turn, hash) in [None, Some(Secret::new("x")), Some(Secret::new(""))]
            .iter()
            .enumerate()
        {
            assert!(!hashing.verify(&password, hash.as_ref()).await.unwrap());
            assert_eq!(hashing.evaluated(), turn as u64 + 1);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_longer_than_two_seconds_is_sent_away() {
        let hashing = hashing(1);
        let _held = hashing.turns.clone().acquire_owned().await.unwrap();
        assert_eq!(hashing.verify(&Secret::new("secret"), None).await, Err(Busy));
        assert_eq!(hashing.evaluated(), 0);
    }
}

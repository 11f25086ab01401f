//! Argon2id (RFC 9106), with a cap on how many are computed at once: each takes its memory for itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use sha_crypt::ShaCrypt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
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
        self.compute(self.turn().await?, move || {
            let hash = argon2.hash_password_with_salt(password.as_bytes(), &salt);
            hash.map(|hash| Secret::new(hash.to_string()))
        })
        .await?
        .map_err(|_| Busy)
    }

    /// Waits for a turn to verify a password, for at most two seconds.
    pub async fn turn(&self) -> Result<Turn, Busy> {
        let turn = tokio::time::timeout(WAIT, self.turns.clone().acquire_owned()).await;
        Ok(Turn(turn.map_err(|_| Busy)?.map_err(|_| Busy)?))
    }

    /// Whether `password` gives `hash`, of Argon2id or of GeoMapFish's kinds. Whatever the hash, and without one, one
    /// Argon2id is computed, so that nobody learns from the work what is stored.
    pub async fn verify(
        &self,
        turn: Turn,
        password: &Secret,
        hash: Option<&Secret>,
    ) -> Result<Verified, Busy> {
        let argon2 = self.argon2.clone();
        let salt = self.random.bytes::<16>().map_err(|_| Busy)?;
        let (password, hash) = (password.clone(), hash.cloned());
        self.compute(turn, move || verify(&argon2, &salt, &password, hash.as_ref()))
            .await
    }

    /// How many passwords this process hashed so far: what a try costs, as a test can count it.
    #[must_use]
    pub fn evaluated(&self) -> u64 {
        self.evaluated.load(Ordering::SeqCst)
    }

    async fn compute<T: Send + 'static>(
        &self,
        turn: Turn,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Busy> {
        self.evaluated.fetch_add(1, Ordering::SeqCst);
        let done = tokio::task::spawn_blocking(move || {
            // Held in here, so that a visitor who goes away does not free a turn whose work still runs.
            let _turn = turn;
            work()
        });
        done.await.map_err(|_| Busy)
    }
}

/// A turn to hash.
#[derive(Debug)]
pub struct Turn(#[expect(dead_code, reason = "held, never read")] OwnedSemaphorePermit);

/// What became of verifying a password.
#[derive(Debug, Clone)]
pub enum Verified {
    /// It is another one, or there is none.
    Wrong,
    /// It is right.
    Right,
    /// It is right, and is to be stored as this hash from now on: the stored one is of an older kind, or cost less than
    /// the settings ask.
    Outdated(Secret),
}

/// The longest password that is looked up in a hash of an older kind, whose cost grows with the square of the length.
const LONGEST_LEGACY: usize = 1024;

fn verify(argon2: &Argon2<'_>, salt: &[u8], password: &Secret, hash: Option<&Secret>) -> Verified {
    let normal = normalized(password);
    let fresh = || {
        let fresh = argon2.hash_password_with_salt(normal.as_bytes(), salt);
        fresh.map(|fresh| Secret::new(fresh.to_string()))
    };
    match hash.map(Secret::expose) {
        Some(hash) if hash.starts_with("$argon2") => {
            if argon2.verify_password(normal.as_bytes(), hash).is_err() {
                return Verified::Wrong;
            }
            match is_weaker(hash, argon2.params()).then(fresh) {
                Some(Ok(fresh)) => Verified::Outdated(fresh),
                _ => Verified::Right,
            }
        }
        hash => {
            // Another kind of hash, or none, must not answer sooner than a wrong password.
            let fresh = fresh();
            // GeoMapFish hashed what was typed.
            let typed = password.expose();
            let is_other = typed != normal.as_str();
            let genuine =
                hash.is_some_and(|hash| is_legacy(hash, &normal) || (is_other && is_legacy(hash, typed)));
            match (genuine, fresh) {
                (false, _) => Verified::Wrong,
                (true, Ok(fresh)) => Verified::Outdated(fresh),
                (true, Err(_)) => Verified::Right,
            }
        }
    }
}

/// Whether any of the hash's parameters is below the settings'.
fn is_weaker(hash: &str, wanted: &Params) -> bool {
    let own = argon2::password_hash::phc::PasswordHash::new(hash).ok();
    let own = own.and_then(|hash| Params::try_from(&hash).ok());
    own.is_none_or(|own| {
        own.m_cost() < wanted.m_cost() || own.t_cost() < wanted.t_cost() || own.p_cost() < wanted.p_cost()
    })
}

/// GeoMapFish's hashes: SHA-512-crypt, or the unsalted SHA-1 of its early versions in hexadecimal.
fn is_legacy(hash: &str, password: &str) -> bool {
    if password.len() > LONGEST_LEGACY {
        return false;
    }
    if hash.starts_with("$6$") {
        return ShaCrypt::default()
            .verify_password(password.as_bytes(), hash)
            .is_ok();
    }
    let sha1 = digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
    hash.len() == 40
        && hex::decode(hash).is_ok_and(|hash| verify_slices_are_equal(&hash, sha1.as_ref()).is_ok())
}

/// In NFC, never trimmed: the same password typed on two systems is the same.
fn normalized(password: &Secret) -> Zeroizing<String> {
    Zeroizing::new(password.expose().nfc().collect())
}

#[cfg(test)]
#[path = "password_tests.rs"]
mod tests;

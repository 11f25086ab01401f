//! The second factor: time-based codes (RFC 6238: SHA-1, 6 digits, 30 seconds, one step of drift either way) and
//! recovery codes.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use totp_rs::{Algorithm, Builder, Totp};

use super::AccountError;
use crate::clock::Timestamp;
use crate::random::Random;
use crate::secrets::{Purpose, Secrets};
use crate::settings::Secret;
use crate::table::{FactorStage, SecondFactor, User};

/// Seconds of a step (RFC 6238 §4.1).
const STEP: i64 = 30;
const DIGITS: u8 = 6;
/// For how long the secret of an enrolment that was begun stays the same.
const PENDING: Duration = Duration::from_hours(24);
/// How many recovery codes an enrolment gives.
const RECOVERY_CODES: usize = 10;

/// An enrolment that was begun: what an authenticator app needs.
#[derive(Debug, Clone)]
pub struct Enrolment {
    /// The secret, in base32 (RFC 4648 §6) without padding.
    pub secret: Secret,
    /// The same as an `otpauth:` URI, for a QR code.
    pub uri: Secret,
}

impl Enrolment {
    /// Of a secret in base32, as a form kept it; `None` where it is none.
    #[must_use]
    pub fn of_secret(issuer: &str, username: &str, secret: &str) -> Option<Self> {
        let secret = totp_rs::Secret::try_from_base32(secret).ok()?;
        let secret = Secret::new(hex::encode(secret.as_bytes()));
        (secret.expose().len() == 40).then(|| enrolment(issuer, username, &totp(&secret)))
    }
}

/// Keys and time, as each of the functions here needs them.
#[derive(Clone, Copy)]
pub(super) struct Keys<'a> {
    pub(super) secrets: &'a Secrets,
    pub(super) random: &'a Random,
    pub(super) now: Timestamp,
}

/// Whether every login of `user` needs a code.
#[must_use]
pub fn is_enrolled(user: &User) -> bool {
    user.second_factor
        .as_ref()
        .is_some_and(SecondFactor::is_confirmed)
}

/// How many recovery codes are left to `user`; nothing without a second factor in force.
#[must_use]
pub fn recovery_codes_left(user: &User) -> Option<usize> {
    match &user.second_factor.as_ref()?.stage {
        FactorStage::Confirmed { recovery_codes, .. } => Some(recovery_codes.len()),
        FactorStage::Pending => None,
    }
}

impl Keys<'_> {
    /// The enrolment that is under way, where it is not older than a day; else a new one, to be written.
    pub(super) fn enrolment(
        self,
        user: &User,
        issuer: &str,
    ) -> Result<(Enrolment, Option<SecondFactor>), AccountError> {
        if let Some(secret) = self.pending_secret(user) {
            return Ok((enrolment(issuer, &user.username, &totp(&secret)), None));
        }
        let bytes = self.random.bytes::<20>().map_err(|_| AccountError::NoKey)?;
        let secret = Secret::new(hex::encode(bytes));
        let sealed_secret = self
            .secrets
            .seal(
                self.now,
                self.random,
                Purpose::FactorSecret,
                &whose(user),
                &secret,
            )
            .map_err(|_| AccountError::NoKey)?;
        let factor = SecondFactor {
            sealed_secret,
            begun_at: self.now,
            stage: FactorStage::Pending,
        };
        let enrolment = enrolment(issuer, &user.username, &totp(&secret));
        Ok((enrolment, Some(factor)))
    }

    /// Whether an enrolment is under way.
    pub(super) fn is_pending(self, user: &User) -> bool {
        self.pending_secret(user).is_some()
    }

    /// The secret of the enrolment under way.
    fn pending_secret(self, user: &User) -> Option<Secret> {
        let factor = user.second_factor.as_ref()?;
        let is_fresh = factor.stage == FactorStage::Pending && self.now < factor.begun_at.plus(PENDING);
        is_fresh.then(|| self.open(user, factor)).flatten()
    }

    fn open(self, user: &User, factor: &SecondFactor) -> Option<Secret> {
        self.secrets
            .open(Purpose::FactorSecret, &whose(user), &factor.sealed_secret)
    }

    /// Ends the enrolment where `code` is the app's; gives the factor to be written, and the recovery codes.
    pub(super) fn confirm(
        self,
        user: &User,
        code: &Secret,
    ) -> Result<Option<(SecondFactor, Vec<Secret>)>, AccountError> {
        let (Some(secret), Some(factor)) = (self.pending_secret(user), &user.second_factor) else {
            return Ok(None);
        };
        let Some(last_step) = step_of(&totp(&secret), code, self.now, i64::MIN) else {
            return Ok(None);
        };
        let (codes, recovery_codes) = self.recovery_codes(user)?;
        let stage = FactorStage::Confirmed {
            last_step,
            recovery_codes,
        };
        let confirmed = SecondFactor {
            stage,
            ..factor.clone()
        };
        Ok(Some((confirmed, codes)))
    }

    /// Checks a code or a recovery code of a factor in force, and gives the factor to be written. Either is good once; of
    /// the app's, none older than the newest one used.
    pub(super) fn check(self, user: &User, code: &Secret) -> Option<SecondFactor> {
        let factor = user.second_factor.as_ref()?;
        let FactorStage::Confirmed {
            last_step,
            recovery_codes,
        } = &factor.stage
        else {
            return None;
        };
        let Some(secret) = self.open(user, factor) else {
            tracing::error!("a second factor's secret cannot be read: is its data key gone?");
            return None;
        };
        let step = step_of(&totp(&secret), code, self.now, *last_step);
        let (whose, plain) = (whose(user), plain(code));
        let parts = [whose.as_bytes(), plain.as_bytes()];
        let is_it = |hash: &&String| self.secrets.verifies(Purpose::RecoveryCode, &parts, hash);
        let stage = match (step, recovery_codes.iter().find(is_it)) {
            (Some(step), _) => FactorStage::Confirmed {
                last_step: step,
                recovery_codes: recovery_codes.clone(),
            },
            (None, Some(spent)) => FactorStage::Confirmed {
                last_step: *last_step,
                recovery_codes: recovery_codes
                    .iter()
                    .filter(|hash| *hash != spent)
                    .cloned()
                    .collect(),
            },
            (None, None) => return None,
        };
        Some(SecondFactor {
            stage,
            ..factor.clone()
        })
    }

    /// `factor` with new recovery codes in place of all it had, where it is in force, and the codes as the user gets them.
    pub(super) fn renewed(
        self,
        user: &User,
        mut factor: SecondFactor,
    ) -> Result<(SecondFactor, Vec<Secret>), AccountError> {
        let (codes, hashes) = self.recovery_codes(user)?;
        if let FactorStage::Confirmed { recovery_codes, .. } = &mut factor.stage {
            *recovery_codes = hashes;
        }
        Ok((factor, codes))
    }

    /// New recovery codes, as the user gets them and as they are stored.
    fn recovery_codes(self, user: &User) -> Result<(Vec<Secret>, BTreeSet<String>), AccountError> {
        let whose = whose(user);
        let mut codes = Vec::new();
        let mut hashes = BTreeSet::new();
        for _ in 0..RECOVERY_CODES {
            let bytes = self.random.bytes::<10>().map_err(|_| AccountError::NoKey)?;
            let code = totp_rs::Secret::new(Box::new(bytes)).to_base32().to_lowercase();
            let parts = [whose.as_bytes(), code.as_bytes()];
            let hash = self.secrets.keyed_hash(self.now, Purpose::RecoveryCode, &parts);
            hashes.insert(hash.ok_or(AccountError::NoKey)?);
            let groups: Vec<&str> = [0, 4, 8, 12]
                .iter()
                .filter_map(|at| code.get(*at..at + 4))
                .collect();
            codes.push(Secret::new(groups.join("-")));
        }
        Ok((codes, hashes))
    }
}

/// A namesake made later must not have the factor.
fn whose(user: &User) -> String {
    user.id.0.to_string()
}

/// What `secret`, in hexadecimal, generates.
fn totp(secret: &Secret) -> Totp {
    let bytes = hex::decode(secret.expose()).unwrap_or_default();
    let builder = Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(DIGITS)
        .with_step_duration(STEP.unsigned_abs())
        .with_secret(bytes);
    builder.build_noncompliant()
}

fn enrolment(issuer: &str, username: &str, totp: &Totp) -> Enrolment {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let secret = totp.secret().to_base32();
    let (issuer, username) = (encoded(issuer), encoded(username));
    let uri = format!("otpauth://totp/{issuer}:{username}?secret={secret}&issuer={issuer}");
    Enrolment {
        secret: Secret::new(secret),
        uri: Secret::new(uri),
    }
}

/// The step of which `code` is, among those that drift allows and that are later than `last_step`.
fn step_of(totp: &Totp, code: &Secret, now: Timestamp, last_step: i64) -> Option<i64> {
    let code = plain(code);
    let current = now.seconds().div_euclid(STEP);
    let mut found = None;
    // All three are computed, so that the time taken does not tell which one it was.
    for step in [current - 1, current, current + 1] {
        let expected = totp
            .generate(u64::try_from(step * STEP).unwrap_or_default())
            .to_string();
        let equal = verify_slices_are_equal(expected.as_bytes(), code.as_bytes()).is_ok();
        if equal && step > last_step && found.is_none() {
            found = Some(step);
        }
    }
    found
}

/// A code as people type it: with spaces, hyphens and capitals.
fn plain(code: &Secret) -> zeroize::Zeroizing<String> {
    let letters = code
        .expose()
        .chars()
        .filter(|letter| !letter.is_whitespace() && *letter != '-');
    zeroize::Zeroizing::new(letters.flat_map(char::to_lowercase).collect())
}

#[cfg(test)]
#[path = "second_factor_tests.rs"]
mod tests;

//! What a user may have besides the password: a second factor, and what a reset mail gave out.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// A second factor (RFC 6238). Written only where it still is as it was read, so that of two that use the same code one
/// is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactor {
    /// The secret, sealed under a data key.
    pub sealed_secret: String,
    /// When the enrolment began.
    pub begun_at: Timestamp,
    /// How far it is.
    pub stage: FactorStage,
}

impl SecondFactor {
    /// Whether a code came back: every login needs one.
    #[must_use]
    pub const fn is_confirmed(&self) -> bool {
        matches!(self.stage, FactorStage::Confirmed { .. })
    }
}

/// How far a second factor is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactorStage {
    /// The secret was shown, no code came back yet.
    Pending,
    /// A code came back: from then on every login needs one.
    Confirmed {
        /// The time step of the newest code accepted; only later ones are.
        last_step: i64,
        /// Keyed hashes of the recovery codes that are left.
        recovery_codes: BTreeSet<String>,
    },
}

/// What a reset mail gave out; a later mail replaces it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reset {
    /// What it is.
    pub kind: ResetKind,
    /// The keyed hash of the password or of the link's token: both have more than 128 bits, so they need no slow hash.
    pub hash: String,
    /// When it dies.
    pub expires_at: Timestamp,
}

/// What a reset mail holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResetKind {
    /// A new password; it holds beside the old one until it is first used, and instead of it from then on.
    Password,
    /// A link to a page that sets one.
    Link,
}

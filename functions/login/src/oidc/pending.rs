//! A login under way: what the answer must fit, sealed in a cookie of the browser that began it, for ten minutes.

use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use mapgate_core::clock::Timestamp;
use mapgate_core::random::{NoRandomness, Random};
use mapgate_core::secrets::{CannotSeal, Purpose, Secrets};
use serde::{Deserialize, Serialize};

use crate::sealed::{LASTS, Sealed};

const COOKIE: Sealed = Sealed {
    names: ["mapgate_oidc", "__Host-mapgate_oidc"],
    purpose: Purpose::ProviderLogin,
};

/// By how much the provider's clock may differ from ours.
const SKEW: Duration = Duration::from_mins(1);

/// A login under way.
#[derive(Serialize, Deserialize)]
pub(super) struct Pending {
    /// `state` (RFC 6749 §4.1.1). Not in the cookie: it is what opens the cookie.
    #[serde(skip)]
    pub(super) state: String,
    /// `nonce` (OpenID Connect Core 1.0 §3.1.2.1).
    pub(super) nonce: String,
    /// `code_verifier` (RFC 7636 §4.1).
    pub(super) verifier: String,
    /// Where to go afterwards, as it was given.
    pub(super) came_from: Option<String>,
    /// How fresh the login must be.
    pub(super) fresh: Fresh,
    began_at: Timestamp,
}

/// How fresh a login must be at the provider (OpenID Connect Core 1.0 §3.1.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fresh {
    /// However long ago.
    Any,
    /// `prompt=login`: a new one.
    Anew,
    /// `max_age`: not longer ago than so many seconds.
    Within(u64),
}

impl Fresh {
    /// `max_age` of the authorization request: what makes the provider say when the user logged in.
    pub(super) const fn max_age(self) -> Option<Duration> {
        match self {
            Self::Any => None,
            Self::Anew => Some(Duration::ZERO),
            Self::Within(seconds) => Some(Duration::from_secs(seconds)),
        }
    }
}

impl Pending {
    /// A login that begins now.
    pub(super) fn begin(
        random: &Random,
        now: Timestamp,
        came_from: Option<String>,
        fresh: Fresh,
    ) -> Result<Self, NoRandomness> {
        Ok(Self {
            state: random.token::<32>()?,
            nonce: random.token::<32>()?,
            verifier: random.token::<32>()?,
            came_from,
            fresh,
            began_at: now,
        })
    }

    /// The `Set-Cookie` that keeps it in the browser.
    pub(super) fn cookie(
        &self,
        secrets: &Secrets,
        random: &Random,
        now: Timestamp,
        secure: bool,
    ) -> Result<HeaderValue, CannotSeal> {
        COOKIE.set(secrets, random, now, secure, &self.state, self)
    }

    /// The login of this browser that has that `state`, where it is not too old.
    pub(super) fn of(
        headers: &HeaderMap,
        state: &str,
        secrets: &Secrets,
        now: Timestamp,
        secure: bool,
    ) -> Option<Self> {
        let mut pending: Self = COOKIE.open(headers, secrets, secure, state)?;
        state.clone_into(&mut pending.state);
        Some(pending).filter(|pending| pending.began_at <= now && now < pending.began_at.plus(LASTS))
    }

    /// Whether a login at the provider at `auth_time` is as fresh as was asked for (OpenID Connect Core 1.0 §3.1.3.7, 13).
    /// The time spent there since does not count.
    ///
    /// A provider that does not say when it was, has not understood `max_age`; `prompt=login` it may have.
    pub(super) fn is_fresh(&self, auth_time: Option<Timestamp>) -> bool {
        match (self.fresh.max_age(), auth_time) {
            (None, _) => true,
            (Some(_), None) => self.fresh == Fresh::Anew,
            (Some(most), Some(at)) => self.began_at <= at.plus(most).plus(SKEW),
        }
    }
}

/// The `Set-Cookie` that takes it out of the browser.
pub(super) fn cleared(secure: bool) -> Option<HeaderValue> {
    COOKIE.cleared(secure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_as_fresh_as_asked_for_or_none() {
        let now = Timestamp::from_seconds(1_000_000);
        let is_fresh = |fresh, ago: Option<u64>| {
            let pending = Pending::begin(&Random::system(), now, None, fresh).unwrap();
            pending.is_fresh(ago.map(|ago| now.minus(Duration::from_secs(ago))))
        };
        for (fresh, ago, expected) in [
            (Fresh::Any, None, true),
            (Fresh::Any, Some(999_999), true),
            (Fresh::Anew, None, true),
            (Fresh::Anew, Some(60), true),
            (Fresh::Anew, Some(61), false),
            (Fresh::Within(100), None, false),
            (Fresh::Within(100), Some(160), true),
            (Fresh::Within(100), Some(161), false),
            (Fresh::Within(u64::MAX), Some(999_999), true),
        ] {
            assert_eq!(is_fresh(fresh, ago), expected, "{fresh:?} {ago:?}");
        }
    }
}

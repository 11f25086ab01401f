//! Who proved elsewhere who it is, and has to give the second factor here: whoever comes back from the provider, which a
//! sealed cookie says for ten minutes, or whom a front proxy names in its header.

use http::{HeaderValue, request};
use mapgate_core::account::{From as Way, Voucher};
use mapgate_core::clock::Timestamp;
use mapgate_core::gate::Gate;
use mapgate_core::http::{Failure, Reach};
use mapgate_core::secrets::{CannotSeal, Purpose, Secrets};
use mapgate_core::table::User;
use serde::{Deserialize, Serialize};

use crate::sealed::{LASTS, Sealed};

const COOKIE: Sealed = Sealed {
    names: ["mapgate_vouched", "__Host-mapgate_vouched"],
    purpose: Purpose::Voucher,
};

/// Who is vouched for.
pub(crate) struct Vouched {
    pub(crate) voucher: Voucher,
    way: &'static str,
    /// When the user proved to the provider who it is; none where the proxy says it with each request.
    since: Option<Timestamp>,
}

/// What the cookie holds.
#[derive(Serialize, Deserialize)]
struct Kept {
    voucher: Voucher,
    since: Timestamp,
    at: Timestamp,
}

impl Vouched {
    /// Who is vouched for at this request, where second factors are on.
    pub(crate) async fn of(
        gate: &Gate,
        parts: &request::Parts,
        secrets: &Secrets,
        reach: Reach,
    ) -> Result<Option<Self>, Failure> {
        let authentication = &gate.settings.authentication;
        if !authentication.two_factor {
            return Ok(None);
        }
        if authentication.openid_connect.is_some() {
            let now = gate.clock.now();
            let kept: Option<Kept> = COOKIE.open(&parts.headers, secrets, gate.is_https(parts), "");
            if let Some(kept) = kept.filter(|kept| kept.at <= now && now < kept.at.plus(LASTS)) {
                return Ok(Some(Self {
                    voucher: kept.voucher,
                    way: "openid_connect",
                    since: Some(kept.since),
                }));
            }
        }
        let user = gate.vouched(parts, reach).await?;
        Ok(user.map(|user| Self {
            voucher: Voucher::of(&user, None),
            way: "trusted_header",
            since: None,
        }))
    }

    /// The cookie for `user`, who proved to the provider `since` who it is, in the login known as `state`.
    pub(crate) fn cookie(
        gate: &Gate,
        parts: &request::Parts,
        secrets: &Secrets,
        user: &User,
        state: &str,
        since: Timestamp,
    ) -> Result<HeaderValue, CannotSeal> {
        let at = gate.clock.now();
        let kept = Kept {
            // Longer than the cookie counts.
            voucher: Voucher::of(user, Some((format!("voucher {state}"), at.plus(2 * LASTS)))),
            since,
            at,
        };
        COOKIE.set(secrets, &gate.random, at, gate.is_https(parts), "", &kept)
    }

    /// From where the word comes, for the audit trail.
    pub(crate) fn from(&self, gate: &Gate, parts: &request::Parts) -> Way {
        Way {
            address: gate.address(parts),
            way: self.way,
        }
    }

    /// The user as the table has it now; none where it is not who was vouched for any more.
    pub(crate) async fn user(&self, gate: &Gate) -> Result<Option<User>, Failure> {
        let user = gate.table().await.user(&self.voucher.username).await?;
        let now = gate.clock.now();
        Ok(user.filter(|user| self.voucher.is_for(user) && user.is_active(now)))
    }

    /// The `Set-Cookie`s that log `user` in, whose code was right too. The word is used up with it.
    pub(crate) fn log_in(
        &self,
        gate: &Gate,
        parts: &request::Parts,
        secrets: &Secrets,
        user: &User,
    ) -> Result<Vec<HeaderValue>, Failure> {
        let since = self.since.unwrap_or_else(|| gate.clock.now());
        let mut cookies = gate.log_in_since(parts, secrets, user, since)?;
        let cleared = COOKIE.cleared(gate.is_https(parts));
        cookies.extend(cleared.filter(|_| self.since.is_some()));
        Ok(cookies)
    }
}

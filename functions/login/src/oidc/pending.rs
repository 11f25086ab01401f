//! A login under way: what the answer must fit, sealed in a cookie of the browser that began it, for ten minutes.

use std::time::Duration;

use axum_extra::extract::cookie::{Cookie, SameSite};
use http::{HeaderMap, HeaderValue};
use mapgate_core::clock::Timestamp;
use mapgate_core::random::{NoRandomness, Random};
use mapgate_core::secrets::{CannotSeal, Purpose, Secrets};
use mapgate_core::session::cookies_named;
use mapgate_core::settings::Secret;
use serde::{Deserialize, Serialize};

/// How long a login may take at the provider.
pub(super) const LASTS: Duration = Duration::from_mins(10);

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
    began_at: Timestamp,
}

/// The cookie's name; over https the prefix keeps other hosts and paths from setting it (RFC 6265bis §4.1.3.2).
fn name(secure: bool) -> &'static str {
    if secure {
        "__Host-mapgate_oidc"
    } else {
        "mapgate_oidc"
    }
}

impl Pending {
    /// A login that begins now.
    pub(super) fn begin(
        random: &Random,
        now: Timestamp,
        came_from: Option<String>,
    ) -> Result<Self, NoRandomness> {
        Ok(Self {
            state: random.token::<32>()?,
            nonce: random.token::<32>()?,
            verifier: random.token::<32>()?,
            came_from,
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
        let text = Secret::new(serde_json::to_string(self).map_err(|_| CannotSeal)?);
        let sealed = secrets.seal(now, random, Purpose::ProviderLogin, &self.state, &text)?;
        set_cookie(secure, sealed, LASTS).ok_or(CannotSeal)
    }

    /// The login of this browser that has that `state`, where it is not too old.
    pub(super) fn of(
        headers: &HeaderMap,
        state: &str,
        secrets: &Secrets,
        now: Timestamp,
        secure: bool,
    ) -> Option<Self> {
        let opened = cookies_named(headers, name(secure))
            .find_map(|sealed| secrets.open(Purpose::ProviderLogin, state, &sealed))?;
        let mut pending: Self = serde_json::from_str(opened.expose()).ok()?;
        state.clone_into(&mut pending.state);
        Some(pending).filter(|pending| pending.began_at <= now && now < pending.began_at.plus(LASTS))
    }
}

/// The `Set-Cookie` that takes it out of the browser.
pub(super) fn cleared(secure: bool) -> Option<HeaderValue> {
    set_cookie(secure, String::new(), Duration::ZERO)
}

fn set_cookie(secure: bool, value: String, lasts: Duration) -> Option<HeaderValue> {
    let cookie = Cookie::build((name(secure), value))
        .path("/")
        .http_only(true)
        .secure(secure)
        // The way back is a GET from the provider's site, which Strict would not let through.
        .same_site(SameSite::Lax)
        .max_age(lasts.try_into().ok()?)
        .build();
    HeaderValue::from_str(&cookie.to_string()).ok()
}

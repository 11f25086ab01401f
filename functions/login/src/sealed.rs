//! Cookies that mapgate alone can read, for what a login needs between two requests.

use std::time::Duration;

use axum_extra::extract::cookie::{Cookie, SameSite};
use http::{HeaderMap, HeaderValue};
use mapgate_core::clock::Timestamp;
use mapgate_core::random::Random;
use mapgate_core::secrets::{CannotSeal, Purpose, Secrets};
use mapgate_core::session::cookies_named;
use mapgate_core::settings::Secret;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How long a browser keeps one.
pub(crate) const LASTS: Duration = Duration::from_mins(10);

/// A kind of cookie.
pub(crate) struct Sealed {
    /// Its name over plain http, and over https, where the prefix keeps other hosts and paths from setting it (RFC 6265bis
    /// §4.1.3.2).
    pub(crate) names: [&'static str; 2],
    pub(crate) purpose: Purpose,
}

impl Sealed {
    fn name(&self, secure: bool) -> &'static str {
        let [plain, prefixed] = self.names;
        if secure { prefixed } else { plain }
    }

    /// The `Set-Cookie` that keeps `value` in the browser; who opens it must know `key`.
    pub(crate) fn set(
        &self,
        secrets: &Secrets,
        random: &Random,
        now: Timestamp,
        secure: bool,
        key: &str,
        value: &impl Serialize,
    ) -> Result<HeaderValue, CannotSeal> {
        let text = Secret::new(serde_json::to_string(value).map_err(|_| CannotSeal)?);
        let sealed = secrets.seal(now, random, self.purpose, key, &text)?;
        self.set_cookie(secure, sealed, LASTS).ok_or(CannotSeal)
    }

    /// What is in it. How old it is, is for the value to say.
    pub(crate) fn open<T: DeserializeOwned>(
        &self,
        headers: &HeaderMap,
        secrets: &Secrets,
        secure: bool,
        key: &str,
    ) -> Option<T> {
        let opened = cookies_named(headers, self.name(secure))
            .find_map(|sealed| secrets.open(self.purpose, key, &sealed))?;
        serde_json::from_str(opened.expose()).ok()
    }

    /// The `Set-Cookie` that takes it out of the browser.
    pub(crate) fn cleared(&self, secure: bool) -> Option<HeaderValue> {
        self.set_cookie(secure, String::new(), Duration::ZERO)
    }

    fn set_cookie(&self, secure: bool, value: String, lasts: Duration) -> Option<HeaderValue> {
        let cookie = Cookie::build((self.name(secure), value))
            .path("/")
            .http_only(true)
            .secure(secure)
            // The way back is a GET from the provider's site, which Strict would not let through.
            .same_site(SameSite::Lax)
            .max_age(lasts.try_into().ok()?)
            .build();
        HeaderValue::from_str(&cookie.to_string()).ok()
    }
}

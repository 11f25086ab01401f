//! Form tokens against cross-site requests: a random cookie, and in the form a keyed hash of it (OWASP's signed
//! double submit). A stranger's page can send neither.

use axum_extra::extract::cookie::{Cookie, SameSite};
use http::{HeaderMap, HeaderValue};

use super::cookies_named;
use crate::clock::Timestamp;
use crate::random::{NoRandomness, Random};
use crate::secrets::{Purpose, Secrets};

/// A browser's half, and the token that goes into its forms.
#[derive(Debug, Clone)]
pub struct Csrf {
    cookie: String,
    is_new: bool,
    secure: bool,
    /// What a form carries in its field `csrf_token`.
    pub token: String,
}

/// The cookie's name; over https the prefix keeps other hosts and paths from setting it (RFC 6265bis §4.1.3.2).
fn name(secure: bool) -> &'static str {
    if secure {
        "__Host-mapgate_form"
    } else {
        "mapgate_form"
    }
}

impl Csrf {
    /// The token for the browser that sent `headers`; a browser without the cookie gets one.
    ///
    /// `None` where no data key is in force.
    pub fn of(
        headers: &HeaderMap,
        secure: bool,
        secrets: &Secrets,
        random: &Random,
        now: Timestamp,
    ) -> Result<Option<Self>, NoRandomness> {
        let known = cookies_named(headers, name(secure)).find(|value| value.len() == 43);
        let is_new = known.is_none();
        let cookie = match known {
            Some(cookie) => cookie,
            None => random.token::<32>()?,
        };
        let token = secrets.keyed_hash(now, Purpose::Csrf, &[cookie.as_bytes()]);
        Ok(token.map(|token| Self {
            cookie,
            is_new,
            secure,
            token,
        }))
    }

    /// The `Set-Cookie` for a browser that has none yet.
    #[must_use]
    pub fn set_cookie(&self) -> Option<HeaderValue> {
        if !self.is_new {
            return None;
        }
        let cookie = Cookie::build((name(self.secure), self.cookie.clone()))
            .path("/")
            .http_only(true)
            .secure(self.secure)
            .same_site(SameSite::Lax)
            .build();
        HeaderValue::from_str(&cookie.to_string()).ok()
    }
}

/// Whether a form's `token` belongs to the browser that sent `headers`. In constant time.
#[must_use]
pub fn is_valid(headers: &HeaderMap, secure: bool, secrets: &Secrets, token: &str) -> bool {
    cookies_named(headers, name(secure))
        .any(|cookie| secrets.verifies(Purpose::Csrf, &[cookie.as_bytes()], token))
}

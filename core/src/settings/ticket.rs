//! The auth ticket's settings: `AUTHTKT_…`.

use std::fmt;
use std::time::Duration;

/// Lifetime and attributes of the auth-ticket cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authtkt {
    /// Past this age a ticket is refused; `None`: never by its age.
    pub timeout: Option<Duration>,
    /// Past this age a ticket is reissued; `None`: never.
    pub reissue_time: Option<Duration>,
    /// The cookie's `Max-Age`; `None`: a session cookie.
    pub max_age: Option<Duration>,
    /// The cookie's name.
    pub cookie_name: String,
    /// Whether the cookie is `HttpOnly`.
    pub http_only: bool,
    /// Whether the cookie is `Secure`.
    pub secure: bool,
    /// The cookie's `SameSite`.
    pub same_site: SameSite,
}

/// The `SameSite` attribute of a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameSite {
    /// `Strict`
    Strict,
    /// `Lax`
    Lax,
    /// `None`, which browsers take only with `Secure`.
    None,
}

impl fmt::Display for SameSite {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Strict => "Strict",
            Self::Lax => "Lax",
            Self::None => "None",
        })
    }
}

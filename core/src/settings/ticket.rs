//! The auth ticket's settings: `AUTHTKT_…`.

use std::fmt;
use std::time::Duration;

use super::reader::{Reader, number};

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

/// Ten years: longer than any browser keeps a cookie.
const LONGEST: u32 = 315_360_000;

impl Authtkt {
    pub(super) fn read(reader: &Reader<'_>) -> Self {
        let ticket = Self {
            timeout: lifetime(reader, "AUTHTKT_TIMEOUT", 86_400),
            reissue_time: lifetime(reader, "AUTHTKT_REISSUE_TIME", 9_000),
            max_age: lifetime(reader, "AUTHTKT_MAXAGE", 86_400),
            cookie_name: reader
                .variable("AUTHTKT_COOKIENAME", "auth_tkt", cookie_name)
                .unwrap_or_else(|| "auth_tkt".to_owned()),
            http_only: reader.flag("AUTHTKT_HTTP_ONLY", true),
            secure: reader.flag("AUTHTKT_SECURE", true),
            same_site: reader
                .variable("AUTHTKT_SAMESITE", "Lax", same_site)
                .unwrap_or(SameSite::Lax),
        };
        if ticket.same_site == SameSite::None && !ticket.secure {
            reader.log.fault(
                "AUTHTKT_SAMESITE",
                "None needs AUTHTKT_SECURE, or browsers refuse the cookie",
            );
        }
        if let (Some(timeout), Some(reissue)) = (ticket.timeout, ticket.reissue_time)
            && reissue >= timeout
        {
            reader
                .log
                .warn("AUTHTKT_REISSUE_TIME is not below AUTHTKT_TIMEOUT: tickets are never reissued");
        }
        ticket
    }
}

/// Seconds, or `none`.
fn lifetime(reader: &Reader<'_>, name: &str, default: u32) -> Option<Duration> {
    let range = 1..=LONGEST;
    let parse = |text: &str| {
        if text.trim().eq_ignore_ascii_case("none") {
            return Ok(None);
        }
        number(text, &range)
            .map(Some)
            .map_err(|expected| format!("{expected} (seconds), or none"))
    };
    let seconds = reader
        .variable(name, &default.to_string(), parse)
        .unwrap_or(Some(default));
    seconds.map(|seconds| Duration::from_secs(seconds.into()))
}

/// A token, RFC 6265 section 4.1.1.
fn cookie_name(text: &str) -> Result<String, String> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if text.len() <= 128 && text.bytes().all(is_token) {
        return Ok(text.to_owned());
    }
    Err("a cookie name".to_owned())
}

fn same_site(text: &str) -> Result<SameSite, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "strict" => Ok(SameSite::Strict),
        "lax" => Ok(SameSite::Lax),
        "none" => Ok(SameSite::None),
        _ => Err("Strict, Lax or None".to_owned()),
    }
}

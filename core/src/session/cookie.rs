//! The ticket's cookie (RFC 6265), host-only on `Path=/`.

use axum_extra::extract::cookie::{Cookie, SameSite};
use http::{HeaderMap, HeaderValue, header};

use crate::settings::{self, Authtkt};

/// The values of every cookie of that name, in the request's order: Pyramid sets `Domain`, so two may arrive.
pub fn cookies_named<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = String> + 'a {
    headers
        .get_all(header::COOKIE)
        .iter()
        // One by one: a cookie of another program on this host may hold any bytes (RFC 9110 §5.5), and must not hide ours.
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b';'))
        .filter_map(|pair| std::str::from_utf8(pair).ok()?.split_once('='))
        .filter(move |(found, _)| found.trim() == name)
        .map(|(_, value)| value.trim().to_owned())
}

/// The `Set-Cookie` that hands out a ticket.
#[must_use]
pub fn ticket_cookie(settings: &Authtkt, value: &str) -> Option<HeaderValue> {
    let mut cookie = attributes(settings, value.to_owned());
    if let Some(max_age) = settings.max_age {
        cookie.set_max_age(time::Duration::try_from(max_age).ok());
    }
    header_value(&cookie)
}

/// The `Set-Cookie`s that clear a ticket: the host-only form, and the one with `Domain=host` that Pyramid sets.
pub fn expired_cookies(settings: &Authtkt, host: &str) -> impl Iterator<Item = HeaderValue> {
    let clear = |domain: Option<&str>| {
        let mut cookie = attributes(settings, String::new());
        cookie.set_max_age(time::Duration::ZERO);
        cookie.set_expires(time::OffsetDateTime::UNIX_EPOCH);
        if let Some(domain) = domain {
            cookie.set_domain(domain.to_owned());
        }
        header_value(&cookie)
    };
    [clear(None), clear(Some(host))].into_iter().flatten()
}

fn attributes(settings: &Authtkt, value: String) -> Cookie<'static> {
    let same_site = match settings.same_site {
        settings::SameSite::Lax => SameSite::Lax,
        settings::SameSite::Strict => SameSite::Strict,
        settings::SameSite::None => SameSite::None,
    };
    Cookie::build((settings.cookie_name.clone(), value))
        .path("/")
        .http_only(settings.http_only)
        .secure(settings.secure)
        .same_site(same_site)
        .build()
}

fn header_value(cookie: &Cookie<'_>) -> Option<HeaderValue> {
    HeaderValue::from_str(&cookie.to_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_programs_cookie_of_any_bytes_hides_none_of_ours() {
        let mut headers = HeaderMap::new();
        for line in [
            &b"theme=caf\xc3\xa9; auth_tkt=a;auth_tkt=b"[..],
            b"x=\xff\xfe; auth_tkt = c",
        ] {
            headers.append(header::COOKIE, HeaderValue::from_bytes(line).unwrap());
        }
        let values: Vec<String> = cookies_named(&headers, "auth_tkt").collect();
        assert_eq!(values, ["a", "b", "c"]);
    }
}

//! The `Authorization` header (RFC 9110 §11.6.2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, header};
use zeroize::Zeroizing;

use super::Refused;
use crate::settings::Secret;

/// A name and a password (RFC 7617).
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) username: String,
    pub(super) password: Secret,
}

#[derive(Debug)]
pub(super) enum Authorization {
    Bearer(Secret),
    /// No pair where what follows the scheme's name cannot be read.
    Basic(Option<Pair>),
}

/// What the request's `Authorization` says; refuses two of them, and schemes that nobody here knows.
pub(super) fn authorization(headers: &HeaderMap) -> Result<Option<Authorization>, Refused> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(Refused::Authorization);
    }
    let value = value.to_str().map_err(|_| Refused::Authorization)?;
    let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        Ok(Some(Authorization::Bearer(Secret::new(rest))))
    } else if scheme.eq_ignore_ascii_case("basic") {
        Ok(Some(Authorization::Basic(pair(rest))))
    } else {
        Err(Refused::Authorization)
    }
}

fn pair(encoded: &str) -> Option<Pair> {
    let decoded = Zeroizing::new(STANDARD.decode(encoded).ok()?);
    let (username, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some(Pair {
        username: username.to_owned(),
        password: Secret::new(password),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Result<Option<Authorization>, Refused> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, value.parse().unwrap());
        }
        authorization(&headers)
    }

    #[test]
    fn the_schemes_are_read_in_any_case() {
        let Ok(Some(Authorization::Bearer(token))) = read(&["bEARER abc"]) else {
            panic!("no bearer")
        };
        assert_eq!(token.expose(), "abc");
        let Ok(Some(Authorization::Basic(Some(pair)))) = read(&["basic amFuZTpwdzpk"]) else {
            panic!("no pair")
        };
        assert_eq!((pair.username.as_str(), pair.password.expose()), ("jane", "pw:d"));
    }

    #[test]
    fn a_pair_that_cannot_be_read_is_present_but_wrong() {
        for value in ["Basic", "Basic !!!", "Basic amFuZQ==", "Basic /////w=="] {
            assert!(
                matches!(read(&[value]), Ok(Some(Authorization::Basic(None)))),
                "{value}"
            );
        }
    }

    #[test]
    fn two_headers_and_unknown_schemes_are_refused() {
        assert!(matches!(
            read(&["Bearer a", "Bearer b"]),
            Err(Refused::Authorization)
        ));
        assert!(matches!(
            read(&["Digest username=\"jane\""]),
            Err(Refused::Authorization)
        ));
        assert!(matches!(read(&[]), Ok(None)));
    }
}

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

/// What the request's `Authorization` says, as far as it names a scheme that counts here: Bearer, and Basic where
/// `takes_basic`. Any other is for someone else, a front proxy's Negotiate say, and as good as absent.
///
/// Refuses a second header beside one that counts (RFC 9110 §5.3).
pub(super) fn authorization(
    headers: &HeaderMap,
    takes_basic: bool,
) -> Result<Option<Authorization>, Refused> {
    let values = headers.get_all(header::AUTHORIZATION);
    let found = values
        .iter()
        .find_map(|value| read(value.as_bytes(), takes_basic));
    if found.is_some() && values.iter().nth(1).is_some() {
        return Err(Refused::Authorization);
    }
    Ok(found)
}

/// One header. What follows a scheme's name need not be text.
fn read(value: &[u8], takes_basic: bool) -> Option<Authorization> {
    let value = value.trim_ascii();
    let end = value
        .iter()
        .position(|byte| !is_token(*byte))
        .unwrap_or(value.len());
    let (scheme, rest) = value.split_at_checked(end)?;
    // Nothing, where something else than space stands between.
    let rest = rest.strip_prefix(b" ").unwrap_or_default().trim_ascii();
    let text = std::str::from_utf8(rest).ok().filter(|text| text.is_ascii());
    if scheme.eq_ignore_ascii_case(b"bearer") {
        Some(Authorization::Bearer(Secret::new(text.unwrap_or_default())))
    } else if takes_basic && scheme.eq_ignore_ascii_case(b"basic") {
        Some(Authorization::Basic(text.and_then(pair)))
    } else {
        None
    }
}

/// What a scheme's name is made of (RFC 9110 §5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
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
    use http::HeaderValue;

    use super::*;

    fn read(values: &[&[u8]], takes_basic: bool) -> Result<Option<Authorization>, Refused> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
        }
        authorization(&headers, takes_basic)
    }

    #[test]
    fn the_schemes_are_read_in_any_case() {
        for value in [&b"bEARER abc"[..], b"  Bearer   abc "] {
            let Ok(Some(Authorization::Bearer(token))) = read(&[value], false) else {
                panic!("no bearer")
            };
            assert_eq!(token.expose(), "abc");
        }
        let Ok(Some(Authorization::Basic(Some(pair)))) = read(&[b"basic amFuZTpwdzpk"], true) else {
            panic!("no pair")
        };
        assert_eq!((pair.username.as_str(), pair.password.expose()), ("jane", "pw:d"));
    }

    #[test]
    fn what_cannot_be_read_is_present_but_wrong_and_a_basic_that_is_off_is_absent() {
        for value in [
            &b"Basic"[..],
            b"Basic !!!",
            b"Basic amFuZQ==",
            b"Basic /////w==",
            b"Basic\tamFuZTpwdzpk",
            b"Basic=amFuZTpwdzpk",
            b"Basic amFu\xe9",
            b"Basic\xff",
        ] {
            assert!(
                matches!(read(&[value], true), Ok(Some(Authorization::Basic(None)))),
                "{value:?}"
            );
            assert!(matches!(read(&[value], false), Ok(None)), "{value:?}");
        }
        for value in [
            &b"Bearer"[..],
            b"Bearer ",
            b"Bearer,abc",
            b"Bearer\tabc",
            b"Bearer \xe9",
            b"Bearer:abc",
        ] {
            let Ok(Some(Authorization::Bearer(token))) = read(&[value], false) else {
                panic!("{value:?} is absent")
            };
            assert_eq!(token.expose(), "", "{value:?}");
        }
    }

    #[test]
    fn other_schemes_are_absent() {
        for value in [
            &b"Negotiate YIIJ"[..],
            b"NTLM TlRMTVNTUAAB",
            b"Digest username=\"jane\"",
            b"Bearers abc",
            b"Basically amFuZTpwdzpk",
            b"",
            b"\xe9",
            b"Token \xe9",
            b": x",
        ] {
            assert!(matches!(read(&[value], true), Ok(None)), "{value:?}");
        }
        assert!(matches!(read(&[], true), Ok(None)));
        assert!(matches!(read(&[b"Negotiate a", b"Digest b"], true), Ok(None)));
    }

    #[test]
    fn of_two_headers_none_is_believed() {
        for values in [
            [&b"Bearer a"[..], b"Bearer b"],
            [b"Bearer a", b"Negotiate b"],
            [b"Negotiate b", b"Basic amFuZTpwdzpk"],
        ] {
            assert!(
                matches!(read(&values, true), Err(Refused::Authorization)),
                "{values:?}"
            );
        }
    }
}

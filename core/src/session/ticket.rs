//! The ticket, byte by byte that of Pyramid's `AuthTktCookieHelper(hashalg='sha512')` without the client's address:
//! 128 hex digits of digest, 8 hex digits of time, the quoted user name in base64, `!`, tokens, `!`, user data.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{Context, SHA512};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::clock::Timestamp;
use crate::settings::Secret;

const DIGEST: usize = 128;
const TIME: usize = 8;
/// What Python's `urllib.parse.quote` leaves as it is.
const QUOTE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'_')
    .remove(b'.')
    .remove(b'-')
    .remove(b'~')
    .remove(b'/');
const USER_DATA: &str = "userid_type:b64unicode";

/// A ticket whose digest was right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The user's name.
    pub username: String,
    /// When it was issued or reissued, in whole seconds.
    pub issued_at: Timestamp,
    /// mapgate's token; a ticket of Pyramid's own has none.
    pub session: Option<SessionToken>,
}

/// The one token of mapgate's tickets: `m<generation>-<session id>-<start>`. Pyramid's reissue keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionToken {
    /// The user's generation when the session began.
    pub generation: i64,
    /// The session's own name.
    pub id: String,
    /// When the session began, in whole seconds.
    pub started_at: Timestamp,
}

/// Not a ticket, or not one of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadTicket {
    /// It has not a ticket's form.
    #[error("not an auth ticket")]
    Malformed,
    /// No secret gives its digest: forged, or of a secret not read yet.
    #[error("the ticket's digest is wrong")]
    Digest,
}

impl Ticket {
    /// The cookie's value, signed with `secret`.
    #[must_use]
    pub fn sign(&self, secret: &Secret) -> String {
        let userid = STANDARD.encode(&self.username);
        let tokens = self
            .session
            .as_ref()
            .map(SessionToken::to_string)
            .unwrap_or_default();
        // Pyramid writes eight digits, which last until 2106; before 1970 nothing is issued.
        let time = u32::try_from(self.issued_at.seconds()).unwrap_or(0);
        let digest = digest(secret, time, userid.as_bytes(), &tokens, USER_DATA);
        let userid = utf8_percent_encode(&userid, QUOTE);
        let tokens = if tokens.is_empty() {
            tokens
        } else {
            format!("{tokens}!")
        };
        format!("{digest}{time:08x}{userid}!{tokens}{USER_DATA}")
    }

    /// Reads a cookie's value, whose digest one of `secrets` must give.
    ///
    /// Refuses what has not the form, a wrong digest, user names that are not text, and tokens that mapgate did not
    /// write: with those it could not tell whether the ticket still holds.
    pub fn verify<'a>(value: &str, secrets: impl Iterator<Item = &'a Secret>) -> Result<Self, BadTicket> {
        let value = value.trim_matches('"');
        let (claimed, rest) = value.split_at_checked(DIGEST).ok_or(BadTicket::Malformed)?;
        let (time, rest) = rest.split_at_checked(TIME).ok_or(BadTicket::Malformed)?;
        if !time.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(BadTicket::Malformed);
        }
        let time = u32::from_str_radix(time, 16).map_err(|_| BadTicket::Malformed)?;
        let (userid, data) = rest.split_once('!').ok_or(BadTicket::Malformed)?;
        let (tokens, user_data) = data.split_once('!').unwrap_or(("", data));
        let userid = percent_decode_str(userid)
            .decode_utf8()
            .map_err(|_| BadTicket::Malformed)?;

        let genuine = secrets.fold(false, |genuine, secret| {
            let expected = digest(secret, time, userid.as_bytes(), tokens, user_data);
            genuine | verify_slices_are_equal(expected.as_bytes(), claimed.as_bytes()).is_ok()
        });
        if !genuine {
            return Err(BadTicket::Digest);
        }
        let session = match tokens {
            "" => None,
            token => Some(SessionToken::parse(token).ok_or(BadTicket::Malformed)?),
        };
        Ok(Self {
            username: username(&userid, user_data).ok_or(BadTicket::Malformed)?,
            issued_at: Timestamp::from_seconds(i64::from(time)),
            session,
        })
    }
}

/// The user name as Pyramid's type decoders give it; the last type named wins there.
fn username(userid: &str, user_data: &str) -> Option<String> {
    let kind = user_data
        .split('|')
        .filter_map(|datum| datum.strip_prefix("userid_type:"))
        .next_back()?;
    match kind {
        "b64unicode" | "b64str" => String::from_utf8(STANDARD.decode(userid).ok()?).ok(),
        "unicode" => Some(userid.to_owned()),
        _ => None,
    }
}

/// Pyramid's `calculate_digest` with the address 0.0.0.0.
fn digest(secret: &Secret, time: u32, userid: &[u8], tokens: &str, user_data: &str) -> String {
    let secret = secret.expose().as_bytes();
    let mut inner = Context::new(&SHA512);
    inner.update(&[0; 4]);
    inner.update(&time.to_be_bytes());
    for part in [
        secret,
        userid,
        b"\0",
        tokens.as_bytes(),
        b"\0",
        user_data.as_bytes(),
    ] {
        inner.update(part);
    }
    let mut outer = Context::new(&SHA512);
    outer.update(hex::encode(inner.finish()).as_bytes());
    outer.update(secret);
    hex::encode(outer.finish())
}

impl SessionToken {
    fn parse(token: &str) -> Option<Self> {
        let mut parts = token.strip_prefix('m')?.split('-');
        let (generation, id, started_at) = (parts.next()?, parts.next()?, parts.next()?);
        let plain = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if parts.next().is_some() || !plain(id) || !plain(generation) || !plain(started_at) {
            return None;
        }
        Some(Self {
            generation: generation.parse().ok()?,
            id: id.to_owned(),
            started_at: Timestamp::from_seconds(started_at.parse().ok()?),
        })
    }
}

impl std::fmt::Display for SessionToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "m{}-{}-{}",
            self.generation,
            self.id,
            self.started_at.seconds()
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn secret(letter: char) -> Secret {
        Secret::new(std::iter::repeat_n(letter, 64).collect::<String>())
    }

    fn ticket() -> Ticket {
        Ticket {
            username: "jané".to_owned(),
            issued_at: Timestamp::from_seconds(1_700_000_000),
            session: Some(SessionToken {
                generation: 1_700_000_000_123,
                id: "00ff00ff".to_owned(),
                started_at: Timestamp::from_seconds(1_699_999_999),
            }),
        }
    }

    /// What Pyramid 2.0.2 gives for the same secret, name, time and token.
    #[test]
    fn the_bytes_are_pyramids() {
        let plain = Ticket {
            session: None,
            ..ticket()
        };
        for (ticket, pyramid) in [
            (plain, include_str!("testdata/plain.txt")),
            (ticket(), include_str!("testdata/token.txt")),
        ] {
            assert_eq!(ticket.sign(&secret('s')), pyramid.trim());
            assert_eq!(Ticket::verify(pyramid.trim(), [secret('s')].iter()), Ok(ticket));
        }
    }

    #[test]
    fn any_of_the_secrets_verifies_and_another_does_not() {
        let value = ticket().sign(&secret('b'));
        assert_eq!(
            Ticket::verify(&value, [secret('a'), secret('b')].iter()),
            Ok(ticket())
        );
        assert_eq!(
            Ticket::verify(&value, [secret('a')].iter()),
            Err(BadTicket::Digest)
        );
        assert_eq!(Ticket::verify(&value, [].iter()), Err(BadTicket::Digest));
    }

    #[test]
    fn quotes_around_it_are_no_part_of_it() {
        let value = format!("\"{}\"", ticket().sign(&secret('a')));
        assert_eq!(Ticket::verify(&value, [secret('a')].iter()), Ok(ticket()));
    }

    #[test]
    fn a_token_that_is_not_mapgates_is_refused() {
        for token in [
            "editor",
            "m1-2",
            "m1-a-2-3",
            "m1--2",
            "m1-a-2,editor",
            "mx-a-2",
            "m+1-a-2",
        ] {
            let time = 1_700_000_000;
            let userid = STANDARD.encode("jane");
            let digest = digest(&secret('a'), time, userid.as_bytes(), token, USER_DATA);
            let value = format!("{digest}{time:08x}{userid}!{token}!{USER_DATA}");
            assert_eq!(
                Ticket::verify(&value, [secret('a')].iter()),
                Err(BadTicket::Malformed),
                "{token}"
            );
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_is_refused_without_a_panic(value in "\\PC{0,300}") {
            prop_assert!(Ticket::verify(&value, [secret('a')].iter()).is_err());
        }

        #[test]
        fn one_changed_byte_is_refused(at in 0usize..200, byte in 0x21u8..0x7f) {
            let value = ticket().sign(&secret('a'));
            let mut bytes = value.clone().into_bytes();
            let at = at % bytes.len();
            bytes[at] = byte;
            let changed = String::from_utf8(bytes).unwrap();
            // Hex digits of the time may change their case without changing their meaning.
            prop_assume!(!changed.eq_ignore_ascii_case(&value) && byte != b'"');
            prop_assert!(Ticket::verify(&changed, [secret('a')].iter()).is_err());
        }

        #[test]
        fn every_name_comes_back(name in "\\PC{1,40}") {
            let ticket = Ticket { username: name, ..ticket() };
            prop_assert_eq!(Ticket::verify(&ticket.sign(&secret('a')), [secret('a')].iter()), Ok(ticket.clone()));
        }
    }
}

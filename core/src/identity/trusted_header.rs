//! Single sign-on by a front proxy: it says in a header who the user is.
//!
//! Believed only where the peer itself, as the socket or the event's request context names it, is one of the listed
//! proxies: no header says who the peer is. Each account has one source: an account that has a password here is not the
//! proxy's to hand out. Where second factors are on, the proxy's word is only the first.

use std::sync::Arc;

use http::{HeaderMap, HeaderName};

use super::{Credentials, Known, Parts, Refused, Scheme};
use crate::clock::Timestamp;
use crate::table::{
    AuditEntry, CreateUser, Event, Holder, IdentityRecord, NewUser, Source, User, UserChange, normalized,
};

/// The most characters of a name, as in GeoMapFish's user table.
const LONGEST_NAME: usize = 255;

/// The user whom the proxy names; nobody where a second factor is asked for besides, which comes with a login.
pub(super) async fn identify(
    parts: Parts<'_>,
    credentials: Credentials<'_>,
) -> Result<Option<Known>, Refused> {
    let authentication = &parts.settings.authentication;
    let trusted = authentication.trusted_header.as_ref();
    let is_there = trusted.is_some_and(|trusted| credentials.headers.contains_key(&trusted.header));
    if authentication.two_factor && is_there {
        tracing::info!("a trusted header alone logs nobody in, since second factors are on");
        return Ok(None);
    }
    let named = named(parts, credentials).await?;
    Ok(named.map(|record| (record, Scheme::TrustedHeader)))
}

/// The user whom the proxy names. What is not right about the header just means anonymous, as with a ticket: it is not
/// the visitor who wrote it.
pub(super) async fn named(
    parts: Parts<'_>,
    credentials: Credentials<'_>,
) -> Result<Option<Arc<IdentityRecord>>, Refused> {
    let Some(trusted) = &parts.settings.authentication.trusted_header else {
        return Ok(None);
    };
    if !credentials.headers.contains_key(&trusted.header) {
        return Ok(None);
    }
    if !trusted.proxies.contains(credentials.peer) {
        tracing::info!(peer = %credentials.peer, "a trusted header of a peer that is not listed is ignored");
        return Ok(None);
    }
    let username = match username(credentials.headers, &trusted.header) {
        Ok(Some(username)) => username,
        Ok(None) => return Ok(None),
        Err(fault) => {
            tracing::warn!(peer = %credentials.peer, fault, "a trusted header is ignored");
            return Ok(None);
        }
    };
    let now = parts.clock.now();
    let may_be = |record: &IdentityRecord| {
        let user = record.user.as_ref().filter(|user| user.is_active(now));
        user.is_some_and(|user| user.source == Source::TrustedHeader || is_unclaimed(user))
    };
    let cache = &parts.memory.cache;
    let known = cache
        .record(parts, &username, Holder::Nothing, now, may_be)
        .await?;
    let record = match known.as_ref().and_then(|record| record.user.as_ref()) {
        Some(user) if is_unclaimed(user) => claimed(parts, credentials, user).await?,
        Some(_) => known,
        None if trusted.create_user => created(parts, credentials, &username).await?,
        None => None,
    };
    let record = record.filter(|record| is_own(record, now));
    if record.is_none() {
        tracing::warn!(
            username,
            "the trusted header names nobody, or an account that is not in force or has another source"
        );
    }
    Ok(record)
}

/// The header's name in NFC; none where it is empty, as proxies send it for an anonymous visitor.
///
/// Refuses what could be two names: a second header, and a comma, by which an HTTP API joins two of a name; control
/// characters, what is not UTF-8, and more than 255 characters.
fn username(headers: &HeaderMap, header: &HeaderName) -> Result<Option<String>, &'static str> {
    let mut values = headers.get_all(header).iter();
    let value = values.next().map_or(&b""[..], |value| value.as_bytes());
    if values.next().is_some() {
        return Err("it is there twice");
    }
    let name = std::str::from_utf8(value).map_err(|_| "it is not UTF-8")?;
    let name = name.trim_matches([' ', '\t']);
    if name.contains(|letter: char| letter == ',' || letter.is_control()) {
        return Err("it holds a comma or a control character");
    }
    let name = normalized(name);
    if name.chars().count() > LONGEST_NAME {
        return Err("it is too long");
    }
    Ok(Some(name).filter(|name| !name.is_empty()))
}

/// Whether the account is the proxy's, and in force.
fn is_own(record: &IdentityRecord, now: Timestamp) -> bool {
    let user = record.user.as_ref().filter(|user| user.is_active(now));
    user.is_some_and(|user| user.source == Source::TrustedHeader)
}

/// Whether an administrator made the account and gave it no way in yet: it waits for who has its name.
fn is_unclaimed(user: &User) -> bool {
    user.source == Source::Directory
        && user.password.is_none()
        && user.reset.is_none()
        && user.second_factor.is_none()
        && user.subject.is_none()
}

/// Makes an unclaimed account the proxy's, for good.
async fn claimed(
    parts: Parts<'_>,
    credentials: Credentials<'_>,
    user: &User,
) -> Result<Option<Arc<IdentityRecord>>, Refused> {
    let change = UserChange {
        source: Some(Source::TrustedHeader),
        // Named although there is none: one that was set meanwhile holds, and this is refused.
        password: Some(None),
        reset: Some(None),
        is_password_changed: Some(true),
        ..UserChange::default()
    };
    let audit = audit(parts, credentials, Event::UserChanged, &user.username);
    let audit = audit.detail("source", "trusted_header");
    let written = parts.table.transaction().change(user, &change).audit(&audit);
    // Refused where another request was faster: the record tells.
    let _ = written.commit().await?;
    read(parts, &user.username).await.map(Some)
}

/// Makes the user where there is none of the name. 50 requests at once make one.
async fn created(
    parts: Parts<'_>,
    credentials: Credentials<'_>,
    username: &str,
) -> Result<Option<Arc<IdentityRecord>>, Refused> {
    // Anew: a user who is there and may not come in must not cost a number at each request.
    if read(parts, username).await?.user.is_some() {
        return Ok(None);
    }
    let new = NewUser {
        username: username.to_owned(),
        id: None,
        display_name: username.to_owned(),
        email: None,
        roles: std::collections::BTreeSet::new(),
        password: None,
        is_password_changed: true,
        deactivated: false,
        expire_on: None,
        source: Source::TrustedHeader,
    };
    let audit = audit(parts, credentials, Event::UserCreated, username);
    let audit = audit.detail("by", "trusted_header");
    let created = parts.table.create_user(new, parts.clock.now(), &audit).await?;
    if created == CreateUser::NameTaken {
        tracing::info!(
            username,
            "a user of the trusted header's name was made just now, or has it in another case"
        );
    }
    read(parts, username).await.map(Some)
}

async fn read(parts: Parts<'_>, username: &str) -> Result<Arc<IdentityRecord>, Refused> {
    parts.memory.cache.read(parts, username, Holder::Nothing).await
}

fn audit(parts: Parts<'_>, credentials: Credentials<'_>, event: Event, username: &str) -> AuditEntry {
    AuditEntry::new(event, parts.clock.now(), parts.settings.audit_retention_days)
        .of(username)
        .from(credentials.address)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(values: &[&[u8]]) -> Result<Option<String>, &'static str> {
        let header = HeaderName::from_static("x-remote-user");
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(&header, HeaderValue::from_bytes(value).unwrap());
        }
        username(&headers, &header)
    }

    #[test]
    fn a_name_is_read_in_nfc_and_without_space_around_it() {
        for (value, name) in [
            ("jane", "jane"),
            (" jane\t", "jane"),
            ("zoe\u{301}", "zo\u{e9}"),
            ("EXAMPLE\\jane", "EXAMPLE\\jane"),
            ("Jane Doe", "Jane Doe"),
        ] {
            assert_eq!(of(&[value.as_bytes()]), Ok(Some(name.to_owned())), "{value:?}");
        }
        let longest = "é".repeat(LONGEST_NAME);
        assert_eq!(of(&[longest.as_bytes()]), Ok(Some(longest)));
    }

    #[test]
    fn an_empty_one_is_none() {
        for value in [&b""[..], b" ", b"\t "] {
            assert_eq!(of(&[value]), Ok(None));
        }
    }

    #[test]
    fn what_could_be_two_names_or_none_is_refused() {
        for values in [
            &[&b"jane"[..], b"joe"][..],
            &[b"jane", b""],
            &[b"jane", b"jane"],
            &[b"jane,joe"],
            &[b"jane, "],
            &[b"caf\xe9"],
            &["jane\u{85}".as_bytes()],
            &["x".repeat(LONGEST_NAME + 1).as_bytes()],
        ] {
            assert!(of(values).is_err(), "{values:?}");
        }
    }
}

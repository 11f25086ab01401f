//! The auth ticket.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;

use super::{Known, Parts, Refused, Scheme, secrets_again};
use crate::clock::Timestamp;
use crate::random::{NoRandomness, Random};
use crate::secrets::Secrets;
use crate::session::{BadTicket, SessionToken, Ticket, cookies_named};
use crate::table::{Holder, IdentityRecord, User};

/// A session of `user`'s that began `since`.
pub fn begin(random: &Random, user: &User, since: Timestamp) -> Result<SessionToken, NoRandomness> {
    Ok(SessionToken {
        generation: user.generation,
        id: hex::encode(random.bytes::<16>()?),
        started_at: Timestamp::from_seconds(since.seconds()),
    })
}

/// A ticket for `user`, as the cookie's value: a new session, or `session` going on.
///
/// `None` where no ticket secret is in force.
pub fn sign(
    secrets: &Secrets,
    random: &Random,
    now: Timestamp,
    user: &User,
    session: Option<&SessionToken>,
) -> Result<Option<String>, NoRandomness> {
    let session = match session {
        Some(session) => session.clone(),
        None => begin(random, user, now)?,
    };
    let ticket = Ticket {
        username: user.username.clone(),
        issued_at: now,
        session: Some(session),
    };
    Ok(secrets.authtkt_signing(now).map(|secret| ticket.sign(secret)))
}

/// Whether a cookie of the ticket's name came along, be it good or bad.
pub(super) fn is_present(parts: Parts<'_>, headers: &HeaderMap) -> bool {
    cookies_named(headers, &parts.settings.authtkt.cookie_name)
        .next()
        .is_some()
}

/// The user of the first valid ticket among the request's cookies. A bad one just means anonymous.
pub(super) async fn identify(parts: Parts<'_>, headers: &HeaderMap) -> Result<Option<Known>, Refused> {
    let name = &parts.settings.authtkt.cookie_name;
    for value in cookies_named(headers, name) {
        if let Some(ticket) = verify(parts, &value).await?
            && let Some(record) = record(parts, &ticket).await?
        {
            let age = parts.clock.now().since(ticket.issued_at);
            let reissue = parts
                .settings
                .authtkt
                .reissue_time
                .is_some_and(|reissue| age > reissue);
            let Ticket {
                session, issued_at, ..
            } = ticket;
            return Ok(Some((
                record,
                Scheme::Ticket {
                    session,
                    issued_at,
                    reissue,
                },
            )));
        }
    }
    Ok(None)
}

/// A ticket whose digest is right and whose time is not over.
async fn verify(parts: Parts<'_>, value: &str) -> Result<Option<Ticket>, Refused> {
    let secrets = parts.keyring.current().await?;
    let tickets = &parts.memory.tickets;
    let mut ticket = tickets.verify(value, &secrets);
    if ticket == Err(BadTicket::Digest)
        && let Some(secrets) = secrets_again(parts, &secrets).await?
    {
        ticket = tickets.verify(value, &secrets);
    }
    let now = parts.clock.now();
    let timeout = parts.settings.authtkt.timeout;
    Ok(ticket
        .ok()
        .filter(|ticket| timeout.is_none_or(|timeout| now <= ticket.issued_at.plus(timeout))))
}

async fn record(parts: Parts<'_>, ticket: &Ticket) -> Result<Option<Arc<IdentityRecord>>, Refused> {
    let now = parts.clock.now();
    let session_max = parts.settings.authentication.session_max;
    if ticket
        .session
        .as_ref()
        .is_some_and(|session| session.started_at.plus(session_max) <= now)
    {
        return Ok(None);
    }
    let holder = ticket
        .session
        .as_ref()
        .map_or(Holder::Nothing, |session| Holder::Session(&session.id));
    // The ticket's seconds are rounded down: it may have been made just after the cached read.
    let made_at = ticket.issued_at.plus(Duration::from_secs(1));
    parts
        .memory
        .cache
        .record(parts, &ticket.username, holder, made_at, |record| {
            stands(ticket, record, parts.settings.authentication.two_factor, now)
        })
        .await
}

/// Whether the ticket still holds for the user as read.
fn stands(ticket: &Ticket, record: &IdentityRecord, two_factor: bool, now: Timestamp) -> bool {
    let Some(user) = record
        .user
        .as_ref()
        .filter(|user| user.is_active(now) && user.is_set_up(two_factor))
    else {
        return false;
    };
    match &ticket.session {
        Some(session) => session.generation == user.generation && !record.session_ended,
        None => ticket.issued_at > user.generation_since,
    }
}

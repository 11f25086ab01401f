//! Passwords that come with every request, by Basic or in a URL: a verified credential is remembered as a keyed hash for
//! the identity cache's time, one is verified at a time, and an identical wrong one counts once in 15 minutes, so that one
//! stale saved password locks no account in one pan of the map. Meanwhile it is looked at again, since it may have become
//! right where nobody tells: a directory knows the user now, or the new password.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::{Parts, Refused};
use crate::account::{Accounts, From};
use crate::clock::Timestamp;
use crate::secrets::Purpose;
use crate::settings::Secret;
use crate::table::{Holder, IdentityRecord, User, normalized};

/// For how long a wrong credential that was counted is not counted again.
const COUNTED_FOR: Duration = Duration::from_mins(15);
/// After so long a wrong credential is looked at again, and each time after twice as long as before, up to
/// [`COUNTED_FOR`]: a directory counts what it is asked, too, so it is asked four times in a quarter of an hour.
const LOOKED_AT_AGAIN: Duration = Duration::from_mins(1);
/// The most credentials remembered; beyond it the memory starts anew.
const KEPT: usize = 4096;

/// Credentials that were tried, by keyed hash.
#[derive(Debug, Default)]
pub(super) struct Remembered(std::sync::Mutex<HashMap<String, Arc<tokio::sync::Mutex<Option<Tried>>>>>);

#[derive(Debug, Clone, Copy)]
struct Tried {
    at: Timestamp,
    /// The account for which it was right or wrong; none where there was no such user.
    account: Option<Account>,
    outcome: Outcome,
}

#[derive(Debug, Clone, Copy)]
enum Outcome {
    Right,
    Wrong {
        /// When it was last counted.
        counted_at: Timestamp,
        /// For how long it is not looked at.
        rests: Duration,
    },
}

/// What the outcome of a try depends on beside the password: once it changes, the credential is tried anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Account {
    generation: i64,
    is_active: bool,
    is_locked: bool,
}

/// The user with that name and password; none where they are wrong, or where the user needs more than a password.
pub(super) async fn enter(
    parts: Parts<'_>,
    username: &str,
    password: &Secret,
    from: From,
) -> Result<Option<Arc<IdentityRecord>>, Refused> {
    let now = parts.clock.now();
    let secrets = parts.keyring.current().await?;
    let credential = [username.as_bytes(), password.expose_bytes()];
    let Some(hash) = secrets.keyed_hash(now, Purpose::Credential, &credential) else {
        return Ok(None);
    };
    let place = parts.memory.tried.place(hash);
    // Others with the same credential wait here for the one that verifies it.
    let mut tried = place.lock().await;

    let username = normalized(username);
    let cache = &parts.memory.cache;
    // The cache keeps known users only, so it would tell them from unknown ones by its speed: it is for those who gave
    // the right password.
    let any = if tried.is_some_and(|tried| matches!(tried.outcome, Outcome::Right)) {
        let any_age = Timestamp::from_millis(i64::MIN);
        let any = cache.record(parts, &username, Holder::Nothing, any_age, |_| true);
        any.await?
    } else {
        Some(cache.read(parts, &username, Holder::Nothing).await?)
    };
    let accounts = Accounts {
        settings: parts.settings,
        table: parts.table,
        hashing: parts.hashing,
        directory: parts.directory,
        secrets: &secrets,
        clock: parts.clock,
        random: parts.random,
    };
    let account_of = |user: &User| Account {
        generation: user.generation,
        is_active: user.is_active(now),
        is_locked: accounts.is_locked(user, now),
    };
    let account = any
        .as_ref()
        .and_then(|record| record.user.as_ref())
        .map(account_of);
    let mut before = None;
    if let Some(tried) = tried.filter(|tried| tried.account == account) {
        let age = now.since(tried.at);
        match tried.outcome {
            Outcome::Right if age < parts.settings.identity_cache => {
                let two_factor = parts.settings.authentication.two_factor;
                return Ok(any.filter(|record| may_enter(record, two_factor, now)));
            }
            Outcome::Right => {}
            Outcome::Wrong { rests, .. } if age < rests => return Ok(None),
            Outcome::Wrong { counted_at, rests } => before = Some((counted_at, rests)),
        }
    }

    let counted_at = before.map(|(counted_at, _)| counted_at);
    let counted_at = counted_at.filter(|at| now.since(*at) < COUNTED_FOR);
    let verdict = match counted_at {
        None => accounts.try_password(&username, password, from).await?,
        Some(_) => accounts.try_again(&username, password, from).await?,
    };
    let mut account = account;
    let entered = match verdict {
        Ok(right) => accounts.enter_plainly(right).await?,
        Err(wrong) => {
            // The lock may be newer than what was read; once it is gone, the credential is to be tried anew.
            account = account.map(|account| Account {
                is_locked: account.is_locked || wrong.is_locked,
                ..account
            });
            Err(wrong.into())
        }
    };
    let Ok(entered) = entered else {
        *tried = Some(Tried {
            at: now,
            account,
            outcome: Outcome::Wrong {
                counted_at: counted_at.unwrap_or(now),
                rests: before.map_or(LOOKED_AT_AGAIN, |(_, rests)| (rests * 2).min(COUNTED_FOR)),
            },
        });
        return Ok(None);
    };
    *tried = Some(Tried {
        at: now,
        account: Some(account_of(&entered.user)),
        outcome: Outcome::Right,
    });
    Ok(Some(Arc::new(IdentityRecord {
        user: Some(entered.user),
        roles: entered.roles,
        session_ended: false,
        grant: None,
        client: None,
    })))
}

fn may_enter(record: &IdentityRecord, two_factor: bool, now: Timestamp) -> bool {
    record
        .user
        .as_ref()
        .is_some_and(|user| user.is_active(now) && user.is_set_up(two_factor))
}

impl Remembered {
    fn place(&self, hash: String) -> Arc<tokio::sync::Mutex<Option<Tried>>> {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() >= KEPT {
            places.clear();
        }
        places.entry(hash).or_default().clone()
    }
}

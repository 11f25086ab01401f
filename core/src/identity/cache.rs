//! What was read of a user, for at most `MAPGATE_IDENTITY_CACHE_SECONDS`. The cache only ever delays refusals: that
//! something does not exist is never kept, and a refusal of a credential newer than the record is read once more.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Parts, Refused};
use crate::clock::Timestamp;
use crate::table::{GrantKey, Holder, IdentityRecord, Roles};

/// The most records kept; beyond it the memory starts anew.
const KEPT: usize = 4096;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    username: String,
    holder: String,
}

#[derive(Debug, Clone)]
struct Kept<T> {
    value: Arc<T>,
    /// When the read began: its age counts from there.
    read_at: Timestamp,
}

/// Records by user and holder, and the roles.
#[derive(Debug, Default)]
pub struct IdentityCache {
    records: Mutex<HashMap<Key, Kept<IdentityRecord>>>,
    roles: Mutex<Option<Kept<Roles>>>,
}

impl IdentityCache {
    /// The record for a credential that was made at `made_at` at the latest, where `stands` accepts it.
    pub(super) async fn record(
        &self,
        parts: Parts<'_>,
        username: &str,
        holder: Holder<'_>,
        made_at: Timestamp,
        stands: impl Fn(&IdentityRecord) -> bool,
    ) -> Result<Option<Arc<IdentityRecord>>, Refused> {
        let key = Key {
            username: username.to_owned(),
            holder: name(holder),
        };
        let now = parts.clock.now();
        let kept = self
            .records
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
            .cloned();
        if let Some(kept) = kept.filter(|kept| is_fresh(parts, kept.read_at, now)) {
            if stands(&kept.value) {
                return Ok(Some(kept.value));
            }
            if made_at < kept.read_at {
                return Ok(None);
            }
        }
        let value = Box::pin(self.read(parts, username, holder)).await?;
        Ok(Some(value).filter(|value| stands(value)))
    }

    /// The record as the table has it now.
    pub(super) async fn read(
        &self,
        parts: Parts<'_>,
        username: &str,
        holder: Holder<'_>,
    ) -> Result<Arc<IdentityRecord>, Refused> {
        let read_at = parts.clock.now();
        let value = Arc::new(parts.table.identity(username, holder).await?);
        if value.user.is_some() {
            let key = Key {
                username: username.to_owned(),
                holder: name(holder),
            };
            let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
            if records.len() >= KEPT {
                records.clear();
            }
            records.insert(
                key,
                Kept {
                    value: value.clone(),
                    read_at,
                },
            );
        }
        Ok(value)
    }

    /// All roles.
    pub(super) async fn roles(&self, parts: Parts<'_>) -> Result<Arc<Roles>, Refused> {
        let now = parts.clock.now();
        let kept = self.roles.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(kept) = kept.filter(|kept| is_fresh(parts, kept.read_at, now)) {
            return Ok(kept.value);
        }
        let value = Arc::new(Box::pin(parts.table.roles()).await?);
        *self.roles.lock().unwrap_or_else(PoisonError::into_inner) = Some(Kept {
            value: value.clone(),
            read_at: now,
        });
        Ok(value)
    }
}

fn is_fresh(parts: Parts<'_>, read_at: Timestamp, now: Timestamp) -> bool {
    now.since(read_at) < parts.settings.identity_cache && read_at <= now
}

fn name(holder: Holder<'_>) -> String {
    match holder {
        Holder::Nothing => String::new(),
        Holder::Session(session) => format!("session {session}"),
        Holder::Grant(GrantKey {
            client_id,
            family,
            single,
            ..
        }) => format!("grant {single} {family} {client_id}"),
    }
}

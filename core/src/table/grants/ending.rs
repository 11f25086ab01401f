//! A user's token families: which there are, and their end.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};

use super::super::audit::AuditEntry;
use super::super::item::{Key, s, update};
use super::super::{Table, TableError, User, users};
use super::{Grant, GrantKey, key, read, with_names};
use crate::clock::Timestamp;

const PREFIX: &str = "grant#";

/// So many families end in one transaction, each with its audit entry: DynamoDB takes 100 writes.
const AT_ONCE: usize = 50;

/// Some of a user's families.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantPage {
    /// Those that live, by client.
    pub grants: Vec<Grant>,
    /// Behind what the next page begins; none where this is the last.
    pub next: Option<String>,
}

impl Table {
    /// The user's families that live, `limit` at most, from behind `after` on, an earlier page's
    /// [`next`](GrantPage::next). An `after` that never was one begins anew.
    pub async fn grants(
        &self,
        user: &User,
        now: Timestamp,
        limit: usize,
        after: Option<&str>,
    ) -> Result<GrantPage, TableError> {
        let pk = users::key(&user.username).pk;
        let mut from = after
            .map(|sk| Key::new(pk.as_str(), sk))
            .filter(|key| key.sk.starts_with(PREFIX))
            .map(|key| key.attributes());
        let mut grants = Vec::new();
        loop {
            let missing = i32::try_from(limit - grants.len()).unwrap_or(i32::MAX);
            let (items, next) = self.query_page(&pk, PREFIX, from, Some(missing)).await?;
            for item in items {
                let grant = read(item)?;
                if grant.lives(now) && grant.is_of(user, false, now) {
                    grants.push(grant);
                }
            }
            if next.is_none() || grants.len() >= limit {
                let next = next.and_then(|key| key.get("sk")?.as_s().ok().cloned());
                return Ok(GrantPage { grants, next });
            }
            from = next;
        }
    }

    /// Ends a family. A family that took its place meanwhile is left alone. Says whether it was this that ended it.
    pub async fn revoke_grant(&self, grant: &GrantKey, audit: &AuditEntry) -> Result<bool, TableError> {
        let writes = vec![self.grant_ended(grant)?, self.audit_put(audit)?];
        Ok(self.transact(writes).await?.is_ok())
    }

    /// Ends all of the user's families, one entry of the trail each, and says how many. The user's tickets live on.
    pub async fn revoke_grants(
        &self,
        user: &User,
        now: Timestamp,
        audit: &AuditEntry,
    ) -> Result<usize, TableError> {
        let (mut ended, mut after) = (0, None);
        loop {
            let page = self.grants(user, now, AT_ONCE, after.as_deref()).await?;
            let mut writes = Vec::new();
            for grant in &page.grants {
                writes.push(self.grant_ended(&grant.key)?);
                writes.push(self.audit_put(&of_client(audit, &grant.key))?);
            }
            if writes.is_empty() || self.transact(writes).await?.is_ok() {
                ended += page.grants.len();
            } else {
                // One of them ended, or was replaced, meanwhile: that one alone is left out.
                for grant in &page.grants {
                    let audit = of_client(audit, &grant.key);
                    ended += usize::from(self.revoke_grant(&grant.key, &audit).await?);
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(ended);
            }
        }
    }

    fn grant_ended(&self, grant: &GrantKey) -> Result<TransactWriteItem, TableError> {
        let ended = update(
            &self.name,
            &key(grant),
            "SET revoked = :true",
            "#key.#family = :family AND revoked = :false",
            &[
                (":true", AttributeValue::Bool(true)),
                (":false", AttributeValue::Bool(false)),
                (":family", s(grant.family.as_str())),
            ],
        )?;
        Ok(with_names(ended))
    }
}

fn of_client(audit: &AuditEntry, grant: &GrantKey) -> AuditEntry {
    audit.clone().detail("client_id", grant.client_id.as_str())
}

//! A user's token families: which there are, and their end.

use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, TransactWriteItem};

use super::super::audit::AuditEntry;
use super::super::item::{Item, Key, n, put_if, s, update};
use super::super::{Limit, Table, TableError, User, users};
use super::{Grant, GrantKey, key, read, with_names};
use crate::clock::Timestamp;

const PREFIX: &str = "grant#";

/// For how long it is marked that a family was ended: longer than any code lives.
const MARKED: Duration = Duration::from_hours(48);

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

    /// Ends a family, and with it the codes that its user gave the client before: they would begin another one. A family
    /// that took its place meanwhile is left alone. Says whether it was this that ended it. The moment is `audit`'s.
    pub async fn revoke_grant(&self, grant: &GrantKey, audit: &AuditEntry) -> Result<bool, TableError> {
        let writes = self.grant_ended(grant, audit)?;
        Ok(self.transact(writes).await?.is_ok())
    }

    /// The same for a client that asks for it; `limit` is that of its wrong secrets. `false`: it was reached, and nothing
    /// was done.
    pub async fn revoke_grant_within(
        &self,
        grant: &GrantKey,
        limit: Limit<'_>,
        now: Timestamp,
        audit: &AuditEntry,
    ) -> Result<bool, TableError> {
        let mut writes = vec![self.not_reached(limit, now)?];
        writes.extend(self.grant_ended(grant, audit)?);
        // Refused for another reason, it had ended before.
        let reached = self
            .transact(writes)
            .await?
            .is_err_and(|reasons| reasons.failed(0));
        Ok(!reached)
    }

    fn grant_ended(
        &self,
        grant: &GrantKey,
        audit: &AuditEntry,
    ) -> Result<Vec<TransactWriteItem>, TableError> {
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
        let mut mark: Item = ended_key(grant).attributes();
        mark.insert("ended_at".to_owned(), n(audit.at.millis()));
        mark.insert("ttl".to_owned(), n(audit.at.plus(MARKED).seconds()));
        Ok(vec![
            with_names(ended),
            put_if(&self.name, mark, "", &[])?,
            self.audit_put(audit)?,
        ])
    }

    /// The condition, to stand in a transaction, that none of the client's families was ended since `issued_at`.
    pub(super) fn none_ended_since(
        &self,
        grant: &GrantKey,
        issued_at: Timestamp,
    ) -> Result<TransactWriteItem, TableError> {
        let check = ConditionCheck::builder()
            .table_name(&self.name)
            .set_key(Some(ended_key(grant).attributes()))
            .condition_expression("attribute_not_exists(ended_at) OR ended_at <= :issued_at")
            .expression_attribute_values(":issued_at", n(issued_at.millis()))
            .build()
            .map_err(|error| TableError::Unavailable(error.to_string()))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }
}

/// Where it is marked that a family of the client's was ended.
fn ended_key(grant: &GrantKey) -> Key {
    Key::new(key(grant).pk, format!("ended#{}", grant.client_id))
}

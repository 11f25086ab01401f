//! The audit trail: one item an event, written in the transaction of what it tells of, by day, for as long as
//! `audit.retention_days` says. No password, code, token, secret or hash ever goes into one.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use aws_sdk_dynamodb::types::TransactWriteItem;
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use super::item::{Item, Key, from_item, put_new, s, to_item};
use super::{Table, TableError, unavailable};
use crate::clock::Timestamp;

/// In how many partitions a day's entries stand. DynamoDB writes some five hundred of them a second to one, which an attack
/// on many accounts would exceed, and with it every login.
const PARTITIONS: u8 = 8;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A right password; the user got a ticket, or was asked for a new password.
    LoginSucceeded,
    /// A try to log in that was refused; the details say why.
    LoginFailed,
    /// A ticket ended by its holder.
    LoggedOut,
    /// A password changed by its holder.
    PasswordChanged,
    /// A forgotten password was asked for.
    ResetRequested,
    /// A mail was taken by the mail server.
    MailSent,
    /// A mail was not sent, since nobody is to get it; the details say why.
    MailDropped,
    /// A mail was refused for good, or too often.
    MailFailed,
    /// A mail of which nobody knows whether it went out. It is not sent again.
    MailUncertain,
    /// A second factor was set up by a user whose password is kept elsewhere.
    SecondFactorEnrolled,
    /// A user made new recovery codes, and the old ones are dead.
    RecoveryCodesRenewed,
    /// Too many failures locked an account.
    AccountLocked,
    /// A user was made.
    UserCreated,
    /// A user was changed by an operator; the details say what.
    UserChanged,
    /// A user was taken away.
    UserDeleted,
    /// All that is stored of a user was handed out.
    UserExported,
    /// A user was signed out everywhere.
    SessionsEnded,
    /// A role was made.
    RoleCreated,
    /// A role was changed.
    RoleChanged,
    /// A role was taken away.
    RoleDeleted,
    /// An OAuth2 client was made.
    ClientCreated,
    /// An OAuth2 client was changed.
    ClientChanged,
    /// An OAuth2 client was taken away.
    ClientDeleted,
    /// An OGC server was made.
    ServerCreated,
    /// An OGC server was changed.
    ServerChanged,
    /// An OGC server was taken away.
    ServerDeleted,
    /// A layer of an OGC server was made.
    LayerCreated,
    /// A layer of an OGC server was changed.
    LayerChanged,
    /// A layer of an OGC server was taken away.
    LayerDeleted,
    /// Roles, a client or a server were brought from GeoMapFish; the details say which.
    Imported,
    /// An authorization code was handed out.
    CodeIssued,
    /// A code was exchanged for tokens.
    CodeRedeemed,
    /// An exchange that did not fit its code, which is dead since.
    CodeRefused,
    /// A code came a second time; what the first one gave was revoked.
    CodeReplayed,
    /// Tokens were refreshed.
    TokenRefreshed,
    /// A used refresh token came back; its family was revoked.
    RefreshTokenReused,
    /// A token family was ended by its client, or by who may end it; the details say which client's it was.
    TokenRevoked,
}

/// One entry of the trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// What.
    pub event: Event,
    /// Of which account; for a refused login the name tried, where such an account exists.
    pub username: Option<String>,
    /// From which address.
    pub address: Option<IpAddr>,
    /// More words: the scheme, the client, the reason. Never a secret.
    #[serde(default)]
    pub details: BTreeMap<String, String>,
    #[serde(skip)]
    keep: Option<Duration>,
}

impl AuditEntry {
    /// An entry with neither account nor address yet, kept for `retention_days`.
    #[must_use]
    pub fn new(event: Event, at: Timestamp, retention_days: u32) -> Self {
        let keep = Some(Duration::from_secs(u64::from(retention_days) * 86_400));
        Self {
            at,
            event,
            username: None,
            address: None,
            details: BTreeMap::new(),
            keep,
        }
    }

    /// Says whose account.
    #[must_use]
    pub fn of(mut self, username: impl Into<String>) -> Self {
        self.username = Some(username.into());
        self
    }

    /// Says from where.
    #[must_use]
    pub fn from(mut self, address: IpAddr) -> Self {
        self.address = Some(address);
        self
    }

    /// Says what an administrator changed: each `(field, before, after)` that differs becomes the details
    /// `field_before` and `field_after`. Never a secret.
    #[must_use]
    pub fn changes<'a>(self, fields: impl IntoIterator<Item = (&'a str, String, String)>) -> Self {
        let differ = fields.into_iter().filter(|(_, before, after)| before != after);
        differ.fold(self, |entry, (field, before, after)| {
            entry
                .detail(&format!("{field}_before"), before)
                .detail(&format!("{field}_after"), after)
        })
    }

    /// Adds a detail. Never a secret.
    #[must_use]
    pub fn detail(mut self, name: &str, value: impl Into<String>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }
}

/// Some entries of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPage {
    /// The newest first.
    pub entries: Vec<AuditEntry>,
    /// Behind what the next page begins; none where this is the last.
    pub next: Option<String>,
}

impl Table {
    /// The entry as a write for a transaction.
    pub(super) fn audit_put(&self, entry: &AuditEntry) -> Result<TransactWriteItem, TableError> {
        let moment = entry.at.rfc3339();
        let day = moment.get(..10).unwrap_or(&moment);
        // Two events in one millisecond are two items.
        let apart = self
            .random
            .token::<9>()
            .map_err(|error| TableError::Unavailable(error.to_string()))?;
        let number = self.random.bytes::<1>().map(|[byte]| byte % PARTITIONS);
        let number = number.map_err(|error| TableError::Unavailable(error.to_string()))?;
        let key = Key::new(
            partition(day, number),
            format!("{:015}#{apart}", entry.at.millis()),
        );
        let item = to_item(&key, entry, entry.keep.map(|keep| entry.at.plus(keep)))?;
        put_new(&self.name, item)
    }

    /// The entries of a day (`2026-11-23`, in UTC), oldest first.
    pub async fn audit(&self, day: &str) -> Result<Vec<AuditEntry>, TableError> {
        let partitions: Vec<String> = (0..PARTITIONS).map(|number| partition(day, number)).collect();
        let queries = partitions.iter().map(|partition| self.query(partition, ""));
        let mut items: Vec<Item> = try_join_all(queries).await?.into_iter().flatten().collect();
        // Each partition is in order; a sort merges what is.
        let sort_key = |item: &Item| item.get("sk").and_then(|sk| sk.as_s().ok()).cloned();
        items.sort_by_cached_key(sort_key);
        items.into_iter().map(from_item).collect()
    }
}

impl Table {
    /// At most `limit` entries of a day, the newest first, from behind `after` on, an earlier page's
    /// [`next`](AuditPage::next). One request for each of the day's partitions.
    pub async fn audit_page(
        &self,
        day: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<AuditPage, TableError> {
        let queries = (0..PARTITIONS).map(|number| self.newest(partition(day, number), after, limit + 1));
        let mut items: Vec<(String, Item)> = try_join_all(queries)
            .await?
            .into_iter()
            .flatten()
            .filter_map(|item| Some((item.get("sk")?.as_s().ok()?.clone(), item)))
            .collect();
        items.sort_by(|(one, _), (other, _)| other.cmp(one));
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|(sk, _)| sk.clone());
        let entries = items.into_iter().map(|(_, item)| from_item(item));
        Ok(AuditPage {
            entries: entries.collect::<Result<_, _>>()?,
            next,
        })
    }

    /// The newest entries of a partition that are older than the one at `before`. An answer of DynamoDB ends at 1 MB, limit or
    /// not, so it may take several.
    async fn newest(&self, pk: String, before: Option<&str>, limit: usize) -> Result<Vec<Item>, TableError> {
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            .scan_index_forward(false)
            .expression_attribute_values(":pk", s(pk));
        // No key is empty.
        let query = match before.filter(|before| (1..=1024).contains(&before.len())) {
            Some(before) => query
                .key_condition_expression("pk = :pk AND sk < :before")
                .expression_attribute_values(":before", s(before)),
            None => query.key_condition_expression("pk = :pk"),
        };
        let (mut items, mut from) = (Vec::new(), None);
        loop {
            let left = i32::try_from(limit.saturating_sub(items.len())).ok();
            let query = query.clone().set_limit(left).set_exclusive_start_key(from);
            let answer = query.send().await.map_err(|error| unavailable(&error))?;
            items.extend(answer.items.unwrap_or_default());
            from = answer.last_evaluated_key;
            if from.is_none() || items.len() >= limit {
                return Ok(items);
            }
        }
    }
}

fn partition(day: &str, number: u8) -> String {
    format!("audit#{day}#{number}")
}

//! Authorization codes and token families, as stages: a replay is a match arm.

mod asking;
mod ending;

pub use asking::KnownClient;
pub use ending::GrantPage;

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, TransactWriteItem};
use serde::{Deserialize, Serialize};

use super::audit::AuditEntry;
use super::item::{Item, Key, from_item, n, put_if, put_new, s, to_item, update};
use super::{Client, Limit, Reasons, Table, TableError, User, UserId, clients, users};
use crate::clock::Timestamp;

/// An authorization code (RFC 6749 §4.1.2), bound to client, redirect URI, challenge and user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// What it is found by; the code's first part.
    pub lookup: String,
    /// The keyed hash of the whole code.
    pub hash: String,
    /// The client it was given to.
    pub client_id: String,
    /// The redirect URI as the request gave it; a token request must repeat it (RFC 6749 §4.1.3).
    pub redirect_uri: Option<String>,
    /// The PKCE challenge, always `S256` (RFC 7636 §4.2).
    pub challenge: Option<String>,
    /// What the id token must repeat (OpenID Connect Core 1.0, 3.1.2.1).
    #[serde(default)]
    pub nonce: Option<String>,
    /// The resource that the tokens are for (RFC 8707 §2); none where they are for mapgate as a whole.
    #[serde(default)]
    pub resource: Option<String>,
    /// The user who allowed it.
    pub username: String,
    /// The user's number: a namesake made later is someone else.
    pub user_id: UserId,
    /// The user's generation at that moment.
    pub generation: i64,
    /// When the client was made: a namesake made later is another one.
    #[serde(default = "clients::long_ago")]
    pub client_made_at: Timestamp,
    /// The scopes granted, separated by spaces.
    pub scope: String,
    /// When the user logged in.
    pub auth_time: Timestamp,
    /// When the code was made.
    pub issued_at: Timestamp,
    /// When it dies by itself.
    pub expires_at: Timestamp,
    /// What became of it.
    pub stage: CodeStage,
}

/// What became of a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeStage {
    /// Nobody used it yet.
    Issued,
    /// It was exchanged for the tokens of this family.
    Redeemed(GrantKey),
    /// It is dead: something was wrong with the exchange, or it came twice.
    Revoked,
}

/// Where a token family stands. A client with `single_session` has one place a user, so that a new family takes the
/// place of the older one, whose tokens die with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantKey {
    /// The user.
    pub username: String,
    /// The client.
    pub client_id: String,
    /// The family's own name.
    pub family: String,
    /// Whether the client has one place a user.
    pub single: bool,
}

/// A token family: all that came of one code (RFC 9700 §4.14.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Where it stands.
    pub key: GrantKey,
    /// The user's number.
    pub user_id: UserId,
    /// The user's generation when the code was made; another one now means that the family is dead.
    pub generation: i64,
    /// When the client was made: a namesake made later has none of its families.
    #[serde(default = "clients::long_ago")]
    pub client_made_at: Timestamp,
    /// The scopes granted, separated by spaces.
    pub scope: String,
    /// The resource that the tokens are for (RFC 8707 §2); none where they are for mapgate as a whole.
    #[serde(default)]
    pub resource: Option<String>,
    /// When the user logged in.
    pub auth_time: Timestamp,
    /// When the family began.
    pub created_at: Timestamp,
    /// When it dies unless refreshed before.
    pub expires_at: Timestamp,
    /// The number of the refresh token in force; each use adds one.
    pub counter: i64,
    /// When the one in force was made.
    pub rotated_at: Timestamp,
    /// Whether it was ended.
    pub revoked: bool,
}

impl Grant {
    /// Whether the family was not ended and its time is not over.
    #[must_use]
    pub fn lives(&self, now: Timestamp) -> bool {
        !self.revoked && now < self.expires_at
    }

    /// Whether `user` is still as when the code was made: the same account, in force, of the same generation, and with
    /// nothing of the first login left to do ([`User::is_set_up`]).
    #[must_use]
    pub fn is_of(&self, user: &User, two_factor: bool, now: Timestamp) -> bool {
        user.id == self.user_id
            && user.generation == self.generation
            && user.is_active(now)
            && user.is_set_up(two_factor)
    }

    /// Whether `client` is the one that it was given to, and not one made later under its identifier.
    #[must_use]
    pub fn is_given_to(&self, client: &Client) -> bool {
        client.client_id == self.key.client_id && client.made_at == self.client_made_at
    }
}

/// What became of a code's exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redemption {
    /// The family is there.
    Redeemed,
    /// Someone else used the code first, or it is dead.
    AlreadyUsed,
    /// The user was deactivated, expired or changed since, or one of the client's families was ended.
    UserChanged,
    /// Too many wrong secrets of the client were counted meanwhile.
    TooMany,
}

/// What became of a refresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// The next refresh token is in force.
    Rotated,
    /// Someone else refreshed first, or the family was ended.
    Overtaken,
    /// The user was deactivated, expired or changed since.
    UserChanged,
    /// Too many wrong secrets of the client were counted meanwhile.
    TooMany,
}

/// A user's own condition in a transaction: still the same account, in force, of the same generation, and with a
/// password that the user chose.
const USER_STANDS: &str = "id = :id AND generation = :generation AND deactivated = :false \
     AND is_password_changed = :true AND (attribute_type(expire_on, :null) OR attribute_not_exists(expire_on) OR expire_on > :now)";
/// Where second factors are on: the user's is confirmed.
const FACTOR_CONFIRMED: &str = " AND attribute_exists(second_factor.stage.confirmed)";

pub(super) fn key(grant: &GrantKey) -> Key {
    let GrantKey {
        username,
        client_id,
        family,
        single,
    } = grant;
    let slot = if *single { "one" } else { family.as_str() };
    Key::new(
        format!("user#{}", users::normalized(username)),
        format!("grant#{client_id}#{slot}"),
    )
}

pub(super) fn read(item: Item) -> Result<Grant, TableError> {
    from_item(item)
}

fn code_key(lookup: &str) -> Key {
    Key::new(format!("code#{lookup}"), "code")
}

/// A code is kept past its end, so that a second use is known as one (RFC 6749 §4.1.2): a redeemed one as long as any
/// family lives.
fn code_kept_until(code: &Code) -> Timestamp {
    let days = match code.stage {
        CodeStage::Redeemed(_) => 90,
        CodeStage::Issued | CodeStage::Revoked => 1,
    };
    code.expires_at.plus(std::time::Duration::from_hours(24 * days))
}

impl Table {
    /// Writes a new code.
    pub async fn issue_code(&self, code: &Code, audit: &AuditEntry) -> Result<(), TableError> {
        let item = to_item(&code_key(&code.lookup), code, Some(code_kept_until(code)))?;
        let writes = vec![put_new(&self.name, item)?, self.audit_put(audit)?];
        self.transact(writes)
            .await?
            .map_err(|_| TableError::Unavailable("a code twice".to_owned()))
    }

    /// Exchanges a code for a family: the code is Redeemed, the family takes its place, or nothing happens. `two_factor`
    /// is as for [`User::is_set_up`], and `limit` that of the client's wrong secrets, here and below.
    pub async fn redeem_code(
        &self,
        code: &Code,
        grant: &Grant,
        two_factor: bool,
        limit: Limit<'_>,
        now: Timestamp,
        audit: &AuditEntry,
    ) -> Result<Redemption, TableError> {
        let redeemed = Code {
            stage: CodeStage::Redeemed(grant.key.clone()),
            ..code.clone()
        };
        let item = to_item(
            &code_key(&code.lookup),
            &redeemed,
            Some(code_kept_until(&redeemed)),
        )?;
        let writes = vec![
            self.not_reached(limit, now)?,
            put_if(&self.name, item, "stage = :issued", &[(":issued", s("issued"))])?,
            self.user_stands(grant, two_factor, now)?,
            self.none_ended_since(&grant.key, code.issued_at)?,
            put_if(
                &self.name,
                to_item(&key(&grant.key), grant, Some(grant.expires_at))?,
                "",
                &[],
            )?,
            self.audit_put(audit)?,
        ];
        Ok(match self.transact(writes).await? {
            Ok(()) => Redemption::Redeemed,
            Err(reasons) if reasons.failed(0) => Redemption::TooMany,
            Err(reasons) if reasons.failed(1) => Redemption::AlreadyUsed,
            Err(_) => Redemption::UserChanged,
        })
    }

    /// Burns a code that nobody redeemed: something was wrong with the exchange.
    pub async fn revoke_code(&self, code: &Code, audit: &AuditEntry) -> Result<(), TableError> {
        let revoked = Code {
            stage: CodeStage::Revoked,
            ..code.clone()
        };
        let item = to_item(&code_key(&code.lookup), &revoked, Some(code_kept_until(code)))?;
        let writes = vec![
            put_if(&self.name, item, "stage = :issued", &[(":issued", s("issued"))])?,
            self.audit_put(audit)?,
        ];
        // Overtaken by an exchange: then that one stands, and a second use of the code will be seen as one.
        let _ = self.transact(writes).await?;
        Ok(())
    }

    /// Puts the next refresh token in force, where `grant` still stands as read. `two_factor` as for
    /// [`User::is_set_up`].
    pub async fn rotate_grant(
        &self,
        grant: &Grant,
        two_factor: bool,
        expires_at: Timestamp,
        limit: Limit<'_>,
        now: Timestamp,
        audit: &AuditEntry,
    ) -> Result<Rotation, TableError> {
        let rotated = update(
            &self.name,
            &key(&grant.key),
            "SET #counter = :next, rotated_at = :now, expires_at = :expires_at, #ttl = :ttl",
            "#key.#family = :family AND revoked = :false AND #counter = :counter",
            &[
                (":next", n(grant.counter + 1)),
                (":counter", n(grant.counter)),
                (":now", n(now.millis())),
                (":expires_at", n(expires_at.millis())),
                (":ttl", n(expires_at.seconds())),
                (":false", AttributeValue::Bool(false)),
                (":family", s(grant.key.family.as_str())),
            ],
        )?;
        let writes = vec![
            self.not_reached(limit, now)?,
            self.user_stands(grant, two_factor, now)?,
            with_names(rotated),
            self.audit_put(audit)?,
        ];
        Ok(rotation(self.transact(writes).await?))
    }

    /// What [`Table::rotate_grant`] would give, writing nothing.
    pub async fn repeat_rotation(
        &self,
        grant: &Grant,
        two_factor: bool,
        limit: Limit<'_>,
        now: Timestamp,
    ) -> Result<Rotation, TableError> {
        let checks = vec![
            self.not_reached(limit, now)?,
            self.user_stands(grant, two_factor, now)?,
        ];
        Ok(rotation(self.transact(checks).await?))
    }

    /// The condition that [`Grant::is_of`] holds for the user.
    fn user_stands(
        &self,
        grant: &Grant,
        two_factor: bool,
        now: Timestamp,
    ) -> Result<TransactWriteItem, TableError> {
        let factor = if two_factor { FACTOR_CONFIRMED } else { "" };
        let check = ConditionCheck::builder()
            .table_name(&self.name)
            .set_key(Some(users::key(&grant.key.username).attributes()))
            .condition_expression(format!("{USER_STANDS}{factor}"))
            .expression_attribute_values(":id", n(grant.user_id.0))
            .expression_attribute_values(":generation", n(grant.generation))
            .expression_attribute_values(":false", AttributeValue::Bool(false))
            .expression_attribute_values(":true", AttributeValue::Bool(true))
            .expression_attribute_values(":null", s("NULL"))
            .expression_attribute_values(":now", n(now.millis()))
            .build()
            .map_err(|error| TableError::Unavailable(error.to_string()))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }
}

fn rotation(outcome: Result<(), Reasons>) -> Rotation {
    match outcome {
        Ok(()) => Rotation::Rotated,
        Err(reasons) if reasons.failed(0) => Rotation::TooMany,
        Err(reasons) if reasons.failed(1) => Rotation::UserChanged,
        Err(_) => Rotation::Overtaken,
    }
}

/// Names that DynamoDB reserves, as the updates above write them.
fn with_names(mut write: TransactWriteItem) -> TransactWriteItem {
    if let Some(update) = &mut write.update {
        for (name, attribute) in [
            ("#key", "key"),
            ("#counter", "counter"),
            ("#ttl", "ttl"),
            ("#family", "family"),
        ] {
            if update.update_expression.contains(name)
                || update
                    .condition_expression
                    .as_ref()
                    .is_some_and(|condition| condition.contains(name))
            {
                update
                    .expression_attribute_names
                    .get_or_insert_default()
                    .insert(name.to_owned(), attribute.to_owned());
            }
        }
    }
    write
}

#[cfg(test)]
mod tests;

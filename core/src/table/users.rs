//! Users. Keyed by name, since a ticket carries the name; a second item keeps names that differ only in case apart,
//! a third keeps a number from being used twice.

mod finding;
mod making;

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use super::credentials::{Reset, SecondFactor};
use super::item::{Item, Key, delete, from_item, n, s};
use super::listing::{EMAIL_KEY, listed};
use super::{RoleId, Subject, Table, TableError, Transaction};
use crate::clock::Timestamp;
use crate::settings::Secret;

use finding::email_prefix;
pub use finding::{UserOrder, UserPage};
pub use making::{CreateUser, NewUser};

/// The most bytes of a partition key and of a sort key in DynamoDB.
const MAX_KEY: usize = 2048;
const MAX_SORT_KEY: usize = 1024;

/// The most roles of a user: each is an item more in the transaction that gives or takes it, and a transaction takes 100. So
/// many can be taken for as many others, with ten items besides.
pub const MAX_ROLES: usize = 45;

const USERS: &str = "users";

/// A user's number, as MapServer's `%user_id%` needs it. Never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(pub i64);

/// Who knows whether it is the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The user table.
    Directory,
    /// The LDAP directory.
    Ldap,
    /// A front proxy that names the user in a header.
    TrustedHeader,
    /// Another `OpenID` provider.
    OpenidConnect,
}

impl Source {
    /// Whether the user proves who it is by a password.
    #[must_use]
    pub const fn has_password(self) -> bool {
        matches!(self, Self::Directory | Self::Ldap)
    }
}

/// A user.
#[derive(Debug, Clone)]
pub struct User {
    /// The user's number.
    pub id: UserId,
    /// The name one logs in with, in NFC.
    pub username: String,
    /// The name shown.
    pub display_name: String,
    /// Where mail goes.
    pub email: Option<String>,
    /// The user's own roles.
    pub roles: BTreeSet<RoleId>,
    /// The password's hash.
    pub password: Option<Secret>,
    /// Whether the user chose the password; until then the first login asks for a new one.
    pub is_password_changed: bool,
    /// Whether an administrator turned the account off.
    pub deactivated: bool,
    /// When the account ends.
    pub expire_on: Option<Timestamp>,
    /// When the user last logged in.
    pub last_login: Option<Timestamp>,
    /// Who knows whether it is the user. Each has one source, so that a namesake elsewhere takes over no account.
    pub source: Source,
    /// Whose account it is at the `OpenID` provider.
    pub subject: Option<Subject>,
    /// Tickets and tokens of another generation are dead. A name used again gets a generation never used before.
    pub generation: i64,
    /// When the generation began: a ticket without one (Pyramid's own) must be newer.
    pub generation_since: Timestamp,
    /// The second factor, begun or in force.
    pub second_factor: Option<SecondFactor>,
    /// What a reset mail gave out.
    pub reset: Option<Reset>,
    /// When too many failures locked the account. It shows as deactivated; tickets and tokens already given go on.
    pub locked_at: Option<Timestamp>,
}

impl User {
    /// Whether the account is in force at `now`: neither deactivated nor expired.
    #[must_use]
    pub fn is_active(&self, now: Timestamp) -> bool {
        !self.deactivated && self.expire_on.is_none_or(|expire_on| now < expire_on)
    }

    /// Whether nothing of the first login is left to do: the password is the user's own, and where `two_factor` is on, the
    /// second factor is confirmed. Until then no ticket and no token counts.
    #[must_use]
    pub fn is_set_up(&self, two_factor: bool) -> bool {
        let factor = self.second_factor.as_ref();
        self.is_password_changed && (!two_factor || factor.is_some_and(SecondFactor::is_confirmed))
    }
}

/// What is stored: a `User`, whose hash only this file turns into text.
#[derive(Serialize, Deserialize)]
struct Record {
    id: i64,
    username: String,
    display_name: String,
    email: Option<String>,
    roles: BTreeSet<RoleId>,
    password: Option<String>,
    is_password_changed: bool,
    deactivated: bool,
    expire_on: Option<Timestamp>,
    last_login: Option<Timestamp>,
    source: Source,
    subject: Option<Subject>,
    generation: i64,
    generation_since: Timestamp,
    second_factor: Option<SecondFactor>,
    reset: Option<Reset>,
    locked_at: Option<Timestamp>,
}

impl From<Record> for User {
    fn from(record: Record) -> Self {
        Self {
            id: UserId(record.id),
            username: record.username,
            display_name: record.display_name,
            email: record.email,
            roles: record.roles,
            password: record.password.map(Secret::new),
            is_password_changed: record.is_password_changed,
            deactivated: record.deactivated,
            expire_on: record.expire_on,
            last_login: record.last_login,
            source: record.source,
            subject: record.subject,
            generation: record.generation,
            generation_since: record.generation_since,
            second_factor: record.second_factor,
            reset: record.reset,
            locked_at: record.locked_at,
        }
    }
}

/// The form names are compared in: as they are, in NFC.
#[must_use]
pub fn normalized(username: &str) -> String {
    username.nfc().collect()
}

/// The key of a name that someone typed; `None` for one too long for a key, which is nobody's.
pub(super) fn key_of_any(username: &str) -> Option<Key> {
    let key = key(username);
    (key.pk.len() <= MAX_KEY).then_some(key)
}

pub(super) fn key(username: &str) -> Key {
    Key::new(format!("user#{}", normalized(username)), "user")
}

/// What the indexes need of a user. One without an address, or with one too long for a key, is not in the index of
/// addresses.
pub(super) fn index(username: &str, email: Option<&str>) -> Item {
    let email = email.map(|email| format!("{}{username}", email_prefix(email)));
    let email = email.filter(|key| key.len() <= MAX_SORT_KEY);
    let mut index = listed(USERS, &username.to_lowercase());
    index.extend(email.map(|email| (EMAIL_KEY.to_owned(), s(email))));
    index
}

impl From<&User> for Record {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.0,
            username: user.username.clone(),
            display_name: user.display_name.clone(),
            email: user.email.clone(),
            roles: user.roles.clone(),
            password: user
                .password
                .as_ref()
                .map(|password| password.expose().to_owned()),
            is_password_changed: user.is_password_changed,
            deactivated: user.deactivated,
            expire_on: user.expire_on,
            last_login: user.last_login,
            source: user.source,
            subject: user.subject.clone(),
            generation: user.generation,
            generation_since: user.generation_since,
            second_factor: user.second_factor.clone(),
            reset: user.reset.clone(),
            locked_at: user.locked_at,
        }
    }
}

/// What keeps names that differ only in case apart.
fn name_key(username: &str) -> Key {
    Key::new(format!("name#{}", username.to_lowercase()), "name")
}

/// What keeps a number from being used twice; it outlives its user.
fn number_key(id: i64) -> Key {
    Key::new(format!("user-id#{id}"), "id")
}

pub(super) fn read(item: Item) -> Result<User, TableError> {
    from_item::<Record>(item).map(User::from)
}

impl Table {
    /// The user of that name (in NFC), read consistently.
    pub async fn user(&self, username: &str) -> Result<Option<User>, TableError> {
        match key_of_any(username) {
            Some(key) => self.get(&key).await?.map(read).transpose(),
            None => Ok(None),
        }
    }
}

impl Transaction<'_> {
    /// Takes the account away, where it still is as read; its number stays used. Tickets and tokens die with it.
    ///
    /// Whether it is in force is part of that: one that was not, and needed no other administrator to stay, may be the last
    /// one by now.
    pub fn delete(self, user: &User) -> Self {
        let table = self.table();
        // Records are written with every field, absent ones as NULL; changes take them away.
        let (ends, expire_on) = user.expire_on.map_or_else(
            || {
                (
                    "(attribute_not_exists(expire_on) OR expire_on = :ends)",
                    AttributeValue::Null(true),
                )
            },
            |moment| ("expire_on = :ends", n(moment.millis())),
        );
        let conditions =
            "id = :id AND generation = :generation AND #roles = :roles AND deactivated = :deactivated AND ";
        let of_user = serde_dynamo::to_attribute_value(&user.roles)
            .map_err(|error| TableError::Unreadable(error.to_string()))
            .and_then(|roles| {
                let delete = Delete::builder()
                    .table_name(&table.name)
                    .set_key(Some(key(&user.username).attributes()))
                    .condition_expression(conditions.to_owned() + ends)
                    .expression_attribute_names("#roles", "roles")
                    .expression_attribute_values(":id", n(user.id.0))
                    .expression_attribute_values(":generation", n(user.generation))
                    .expression_attribute_values(":roles", roles)
                    .expression_attribute_values(":deactivated", AttributeValue::Bool(user.deactivated))
                    .expression_attribute_values(":ends", expire_on)
                    .build();
                delete.map_err(|error| TableError::Unavailable(error.to_string()))
            })
            .map(|delete| TransactWriteItem::builder().delete(delete).build());
        let mut writes = self
            .with_user(of_user)
            .with_other(delete(&table.name, &name_key(&user.username)));
        if let Some(subject) = &user.subject {
            writes = writes.with_other(delete(&table.name, &subject.key()));
        }
        writes.with_all(table.membership(&user.username, &user.roles, &BTreeSet::new()))
    }
}

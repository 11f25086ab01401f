//! Users. Keyed by name, since a ticket carries the name; a second item keeps names that differ only in case apart,
//! a third keeps a number from being used twice.

mod finding;

use std::collections::BTreeSet;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{Delete, ReturnValue, TransactWriteItem};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use super::audit::AuditEntry;
use super::credentials::{Reset, SecondFactor};
use super::item::{Item, Key, delete, from_item, n, put_new, s, to_item};
use super::listing::{EMAIL_KEY, listed};
use super::{RoleId, Subject, Table, TableError, Transaction, unavailable};
use crate::clock::Timestamp;
use crate::settings::Secret;

use finding::email_prefix;
pub use finding::{UserOrder, UserPage};

/// The most bytes of a partition key and of a sort key in DynamoDB.
const MAX_KEY: usize = 2048;
const MAX_SORT_KEY: usize = 1024;

/// The most roles of a user: each is an item more in the transaction that gives it, and a transaction takes 100.
pub const MAX_ROLES: usize = 50;

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

/// What an administrator gives to make a user.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The name one logs in with; stored in NFC.
    pub username: String,
    /// A number to keep, from a database brought along; else the next free one.
    pub id: Option<UserId>,
    /// The name shown.
    pub display_name: String,
    /// Where mail goes.
    pub email: Option<String>,
    /// The user's own roles.
    pub roles: BTreeSet<RoleId>,
    /// The password's hash.
    pub password: Option<Secret>,
    /// See [`User::is_password_changed`].
    pub is_password_changed: bool,
    /// See [`User::deactivated`].
    pub deactivated: bool,
    /// See [`User::expire_on`].
    pub expire_on: Option<Timestamp>,
    /// See [`User::source`].
    pub source: Source,
}

/// What became of making a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreateUser {
    /// The user is there, with this number.
    Created(UserId),
    /// The name is taken, perhaps in another case.
    NameTaken,
    /// The number is taken, or was.
    IdTaken,
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

    /// Makes a user, with `audit` in the same transaction.
    pub async fn create_user(
        &self,
        new: NewUser,
        now: Timestamp,
        audit: &AuditEntry,
    ) -> Result<CreateUser, TableError> {
        let username = normalized(&new.username);
        let id = match new.id {
            Some(UserId(id)) => id,
            None => self.next_user_id().await?,
        };
        let record = Record {
            id,
            username: username.clone(),
            display_name: new.display_name,
            email: new.email,
            roles: new.roles,
            password: new.password.map(|password| password.expose().to_owned()),
            is_password_changed: new.is_password_changed,
            deactivated: new.deactivated,
            expire_on: new.expire_on,
            last_login: None,
            source: new.source,
            subject: None,
            second_factor: None,
            reset: None,
            locked_at: None,
            // Beyond any generation that a deleted namesake may have had: generations grow by one a change.
            generation: now.millis(),
            generation_since: now,
        };
        let (name, number) = (name_key(&username), number_key(id));
        let of = Item::from([("username".to_owned(), s(username.as_str()))]);
        let mut item = to_item(&key(&username), &record, None)?;
        item.extend(index(&username, record.email.as_deref()));
        let mut writes = vec![put_new(&self.name, item)?];
        for key in [&name, &number] {
            let mut item = of.clone();
            item.extend(key.attributes());
            writes.push(put_new(&self.name, item)?);
        }
        writes.extend(self.membership(&username, &BTreeSet::new(), &record.roles)?);
        writes.push(self.audit_put(audit)?);
        Ok(match self.transact(writes).await? {
            Ok(()) => CreateUser::Created(UserId(id)),
            Err(reasons) if reasons.failed(2) && !reasons.failed(0) && !reasons.failed(1) => {
                CreateUser::IdTaken
            }
            Err(_) => CreateUser::NameTaken,
        })
    }

    /// Lets new users have numbers beyond `last` only: stepping over thousands of numbers brought along takes minutes.
    pub async fn number_users_beyond(&self, last: UserId) -> Result<(), TableError> {
        let update = self.client.update_item().table_name(&self.name);
        let sent = update
            .set_key(Some(Key::new("counter", "user-id").attributes()))
            .update_expression("SET last_id = :last")
            .condition_expression("attribute_not_exists(last_id) OR last_id < :last")
            .expression_attribute_values(":last", n(last.0))
            .send()
            .await;
        match sent {
            Err(error)
                if !error
                    .as_service_error()
                    .is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Err(unavailable(&error))
            }
            _ => Ok(()),
        }
    }

    /// The next number that no user has or had. Numbers brought along are stepped over.
    async fn next_user_id(&self) -> Result<i64, TableError> {
        loop {
            let update = self.client.update_item().table_name(&self.name);
            let answer = update
                .set_key(Some(Key::new("counter", "user-id").attributes()))
                .update_expression("ADD last_id :one")
                .expression_attribute_values(":one", n(1))
                .return_values(ReturnValue::UpdatedNew)
                .send()
                .await
                .map_err(|error| unavailable(&error))?;
            let id = answer
                .attributes
                .as_ref()
                .and_then(|item| item.get("last_id"))
                .and_then(|id| id.as_n().ok());
            let id: i64 = id
                .and_then(|id| id.parse().ok())
                .ok_or_else(|| TableError::Unreadable("counter: last_id".to_owned()))?;
            if self.get(&number_key(id)).await?.is_none() {
                return Ok(id);
            }
        }
    }
}

impl Transaction<'_> {
    /// Takes the account away, where it still is as read; its number stays used. Tickets and tokens die with it.
    pub fn delete(self, user: &User) -> Self {
        let table = self.table();
        let conditions = "id = :id AND generation = :generation AND #roles = :roles";
        let of_user = serde_dynamo::to_attribute_value(&user.roles)
            .map_err(|error| TableError::Unreadable(error.to_string()))
            .and_then(|roles| {
                let delete = Delete::builder()
                    .table_name(&table.name)
                    .set_key(Some(key(&user.username).attributes()))
                    .condition_expression(conditions)
                    .expression_attribute_names("#roles", "roles")
                    .expression_attribute_values(":id", n(user.id.0))
                    .expression_attribute_values(":generation", n(user.generation))
                    .expression_attribute_values(":roles", roles)
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

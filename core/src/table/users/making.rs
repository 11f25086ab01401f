//! Making a user: numbered first, then written with its name and its number, which keep both from being taken twice.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ReturnValue, TransactWriteItem};

use super::super::audit::AuditEntry;
use super::super::item::{Item, Key, n, put_new, s, to_item};
use super::super::{Mail, RoleId, Table, TableError, Transaction, unavailable};
use super::{Record, Source, User, UserId, index, key, name_key, normalized, number_key};
use crate::clock::Timestamp;
use crate::settings::Secret;

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

impl Table {
    /// Makes a user, with `audit` in the same transaction.
    pub async fn create_user(
        &self,
        new: NewUser,
        now: Timestamp,
        audit: &AuditEntry,
    ) -> Result<CreateUser, TableError> {
        let user = self.numbered(new, now).await?;
        self.create_numbered(&user, audit, None).await
    }

    /// Makes a user that has its number, with `audit` and a mail to it in the same transaction.
    pub async fn create_numbered(
        &self,
        user: &User,
        audit: &AuditEntry,
        mail: Option<&Mail>,
    ) -> Result<CreateUser, TableError> {
        let mut writes = self.transaction().create(user).audit(audit);
        if let Some(mail) = mail {
            writes = writes.mail(mail);
        }
        Ok(match writes.commit().await? {
            Ok(()) => CreateUser::Created(user.id),
            Err(refused) if refused.other && !refused.user => CreateUser::IdTaken,
            Err(_) => CreateUser::NameTaken,
        })
    }

    /// The user that `new` becomes: with a number, which nobody gets again, and not written yet.
    pub async fn numbered(&self, new: NewUser, now: Timestamp) -> Result<User, TableError> {
        let id = match new.id {
            Some(id) => id,
            None => UserId(self.next_user_id().await?),
        };
        Ok(User {
            id,
            username: normalized(&new.username),
            display_name: new.display_name,
            email: new.email,
            roles: new.roles,
            password: new.password,
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
    /// Writes a [`Table::numbered`] user. Refused as [`super::super::Refused::user`] where the name is taken, perhaps in
    /// another case, and as [`super::super::Refused::other`] where the number is.
    pub fn create(self, user: &User) -> Self {
        let table = self.table();
        let of = |key: Key| {
            let mut item = Item::from([("username".to_owned(), s(user.username.as_str()))]);
            item.extend(key.attributes());
            put_new(&table.name, item)
        };
        self.with_user(of_user(table, user))
            .with_user(of(name_key(&user.username)))
            .with_other(of(number_key(user.id.0)))
            .with_all(table.membership(&user.username, &BTreeSet::new(), &user.roles))
    }
}

fn of_user(table: &Table, user: &User) -> Result<TransactWriteItem, TableError> {
    let mut item = to_item(&key(&user.username), &Record::from(user), None)?;
    item.extend(index(&user.username, user.email.as_deref()));
    put_new(&table.name, item)
}

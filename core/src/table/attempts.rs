//! Tries to log in. A try takes a place before its password is hashed, and gives it back with the outcome, in one
//! transaction with what the outcome changes and with its audit entry. Known and unknown names take the same steps:
//! the counters stand under a keyed hash of the name, whoever has it.

use std::time::Duration;

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};

use super::audit::AuditEntry;
use super::item::{Key, n, s, update};
use super::users::{self, PasswordChange, User};
use super::{CONFLICTS, ChangedMeanwhile, Table, TableError, unavailable};
use crate::clock::Timestamp;
use crate::settings::Secret;

/// How long counters stay after the last try.
const KEPT: Duration = Duration::from_hours(24);

/// Whose tries are counted together: a keyed hash of the account's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt(pub String);

/// A place taken by one try.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a place not given back counts as a failure"]
pub struct Place {
    key: Key,
    id: String,
    ttl: Timestamp,
}

impl Table {
    /// Takes a place for one try.
    pub async fn take_place(&self, attempt: &Attempt, now: Timestamp) -> Result<Place, TableError> {
        let key = Key::new(format!("try#{}", attempt.0), "try");
        let apart = self
            .random
            .token::<9>()
            .map_err(|error| TableError::Unavailable(error.to_string()))?;
        let place = Place {
            key,
            id: format!("{}.{apart}", now.millis()),
            ttl: now.plus(KEPT),
        };
        for turn in 0.. {
            let update = self.client.update_item().table_name(&self.name);
            let sent = update
                .set_key(Some(place.key.attributes()))
                .update_expression("ADD places :place SET #ttl = :ttl")
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":place", AttributeValue::Ss(vec![place.id.clone()]))
                .expression_attribute_values(":ttl", n(place.ttl.seconds()))
                .send()
                .await;
            match sent {
                Ok(_) => break,
                // Another try of this name is just giving its place back.
                Err(error) if is_conflict(&error) && turn < CONFLICTS => self.part(turn).await,
                Err(error) => return Err(unavailable(&error)),
            }
        }
        Ok(place)
    }

    /// Gives the place back of a try that was not evaluated: it counts for nobody.
    pub async fn leave_place(&self, place: &Place) -> Result<(), TableError> {
        let id = AttributeValue::Ss(vec![place.id.clone()]);
        let left = update(
            &self.name,
            &place.key,
            "DELETE places :place",
            "",
            &[(":place", id)],
        )?;
        self.transact(vec![left])
            .await?
            .map_err(|_| TableError::Unavailable("no condition failed".to_owned()))
    }

    /// Gives the place back after a right password: no failures any more, and the login's moment noted.
    ///
    /// Refuses where the account was changed since `user` was read: then the password may be another.
    pub async fn login_succeeded(
        &self,
        place: &Place,
        user: &User,
        now: Timestamp,
        audit: &AuditEntry,
    ) -> Result<Result<(), ChangedMeanwhile>, TableError> {
        let noted = update(
            &self.name,
            &users::key(&user.username),
            "SET last_login = :now",
            "id = :id AND generation = :generation",
            &[
                (":now", n(now.millis())),
                (":id", n(user.id.0)),
                (":generation", n(user.generation)),
            ],
        )?;
        let writes = vec![noted, self.give_back(place, true)?, self.audit_put(audit)?];
        Ok(self.transact(writes).await?.map_err(|_| ChangedMeanwhile))
    }

    /// Gives the place back after a wrong try, which counts.
    pub async fn login_failed(&self, place: &Place, audit: &AuditEntry) -> Result<(), TableError> {
        let writes = vec![self.give_back(place, false)?, self.audit_put(audit)?];
        self.transact(writes)
            .await?
            .map_err(|_| TableError::Unavailable("an audit entry twice".to_owned()))
    }

    /// Sets a password that the user chose, and with it ends every ticket and token of the user. The place goes
    /// back as after a login.
    ///
    /// Refuses where the account was changed since `change.user` was read.
    pub async fn change_password(
        &self,
        place: &Place,
        change: &PasswordChange<'_>,
        audit: &AuditEntry,
    ) -> Result<Result<(), ChangedMeanwhile>, TableError> {
        let user = change.user;
        let old = user.password.as_ref().map(Secret::expose).unwrap_or_default();
        let changed = update(
            &self.name,
            &users::key(&user.username),
            "SET password = :new, is_password_changed = :true, generation = :next, generation_since = :now, \
             last_login = :now",
            "id = :id AND generation = :generation AND password = :old",
            &[
                (":new", s(change.password.expose())),
                (":old", s(old)),
                (":true", AttributeValue::Bool(true)),
                (":next", n(user.generation + 1)),
                (":generation", n(user.generation)),
                (":id", n(user.id.0)),
                (":now", n(change.now.millis())),
            ],
        )?;
        let writes = vec![changed, self.give_back(place, true)?, self.audit_put(audit)?];
        Ok(self.transact(writes).await?.map_err(|_| ChangedMeanwhile))
    }

    fn give_back(&self, place: &Place, right: bool) -> Result<TransactWriteItem, TableError> {
        let id = AttributeValue::Ss(vec![place.id.clone()]);
        if right {
            let values = [(":place", id), (":none", n(0))];
            update(
                &self.name,
                &place.key,
                "DELETE places :place SET failures = :none",
                "",
                &values,
            )
        } else {
            let values = [(":place", id), (":one", n(1))];
            update(
                &self.name,
                &place.key,
                "DELETE places :place ADD failures :one",
                "",
                &values,
            )
        }
    }
}

fn is_conflict(error: &SdkError<UpdateItemError, HttpResponse>) -> bool {
    error
        .as_service_error()
        .is_some_and(UpdateItemError::is_transaction_conflict_exception)
}

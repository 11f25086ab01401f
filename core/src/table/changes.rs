//! Changes to a user: whatever changes one, changes it by one conditional update.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use serde::Serialize;

use super::credentials::{Reset, SecondFactor};
use super::item::{n, s};
use super::listing::EMAIL_KEY;
use super::users;
use super::{RoleId, Source, Subject, Table, TableError, User};
use crate::clock::Timestamp;
use crate::settings::Secret;

/// What changes of a user. What is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct UserChange {
    /// The password's hash; the inner `None` takes it away.
    pub password: Option<Option<Secret>>,
    /// See [`User::is_password_changed`].
    pub is_password_changed: Option<bool>,
    /// See [`User::display_name`].
    pub display_name: Option<String>,
    /// See [`User::email`].
    pub email: Option<Option<String>>,
    /// See [`User::roles`].
    pub roles: Option<BTreeSet<RoleId>>,
    /// See [`User::deactivated`].
    pub deactivated: Option<bool>,
    /// See [`User::expire_on`].
    pub expire_on: Option<Option<Timestamp>>,
    /// See [`User::last_login`].
    pub last_login: Option<Timestamp>,
    /// See [`User::second_factor`].
    pub second_factor: Option<Option<SecondFactor>>,
    /// See [`User::reset`].
    pub reset: Option<Option<Reset>>,
    /// See [`User::source`].
    pub source: Option<Source>,
    /// See [`User::subject`].
    pub subject: Option<Subject>,
    /// See [`User::locked_at`].
    pub locked_at: Option<Option<Timestamp>>,
    /// Whether every ticket and token of the user dies, at this moment.
    pub ends_sessions: Option<Timestamp>,
    /// Whether all that an administrator's form shows must still be as read.
    pub as_shown: bool,
}

impl UserChange {
    /// The user as the change leaves it.
    #[must_use]
    pub fn applied(&self, user: &User) -> User {
        let mut user = user.clone();
        if let Some(now) = self.ends_sessions {
            user.generation += 1;
            user.generation_since = now;
        }
        user.last_login = self.last_login.or(user.last_login);
        put(&mut user.password, self.password.as_ref());
        put(&mut user.is_password_changed, self.is_password_changed.as_ref());
        put(&mut user.display_name, self.display_name.as_ref());
        put(&mut user.email, self.email.as_ref());
        put(&mut user.roles, self.roles.as_ref());
        put(&mut user.deactivated, self.deactivated.as_ref());
        put(&mut user.expire_on, self.expire_on.as_ref());
        put(&mut user.second_factor, self.second_factor.as_ref());
        put(&mut user.reset, self.reset.as_ref());
        user.subject = self.subject.clone().or(user.subject);
        put(&mut user.source, self.source.as_ref());
        put(&mut user.locked_at, self.locked_at.as_ref());
        user
    }
}

fn put<T: Clone>(field: &mut T, change: Option<&T>) {
    if let Some(value) = change {
        field.clone_from(value);
    }
}

/// An update expression as it grows.
#[derive(Default)]
struct Expression {
    sets: Vec<String>,
    removes: Vec<String>,
    conditions: Vec<String>,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Expression {
    fn value(&mut self, value: AttributeValue) -> String {
        let name = format!(":v{}", self.values.len());
        self.values.insert(name.clone(), value);
        name
    }

    fn name(&mut self, attribute: &str) -> String {
        let name = format!("#{attribute}");
        self.names.insert(name.clone(), attribute.to_owned());
        name
    }

    fn set(&mut self, attribute: &str, value: Option<AttributeValue>) {
        let name = self.name(attribute);
        match value {
            Some(value) => {
                let value = self.value(value);
                self.sets.push(format!("{name} = {value}"));
            }
            None => self.removes.push(name),
        }
    }

    fn require(&mut self, attribute: &str, value: Option<AttributeValue>) {
        let name = self.name(attribute);
        let condition = if let Some(value) = value {
            format!("{name} = {}", self.value(value))
        } else {
            // Records are written with every field, absent ones as NULL.
            let null = self.value(AttributeValue::Null(true));
            format!("(attribute_not_exists({name}) OR {name} = {null})")
        };
        self.conditions.push(condition);
    }

    fn update(self, table: &str, user: &User) -> Result<TransactWriteItem, TableError> {
        let clause = |word: &str, parts: &[String]| {
            let clause = format!("{word} {} ", parts.join(", "));
            if parts.is_empty() { String::new() } else { clause }
        };
        let text = clause("SET", &self.sets) + &clause("REMOVE", &self.removes);
        let update = Update::builder()
            .table_name(table)
            .set_key(Some(users::key(&user.username).attributes()))
            .update_expression(text)
            .condition_expression(self.conditions.join(" AND "))
            .set_expression_attribute_names(Some(self.names))
            .set_expression_attribute_values(Some(self.values))
            .build()
            .map_err(|error| TableError::Unavailable(error.to_string()))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}

fn value(value: &impl Serialize) -> Result<AttributeValue, TableError> {
    serde_dynamo::to_attribute_value(value).map_err(|error| TableError::Unreadable(error.to_string()))
}

fn optional(inner: Option<&impl Serialize>) -> Result<Option<AttributeValue>, TableError> {
    inner.map(value).transpose()
}

impl Table {
    /// The change as a write for a transaction: refused where the user is another one by now, where the generation
    /// moved on, and where a password, second factor, reset, lock, source, subject or set of roles that is replaced is
    /// no longer the one that was read.
    pub(super) fn user_update(
        &self,
        user: &User,
        change: &UserChange,
    ) -> Result<TransactWriteItem, TableError> {
        let mut expression = Expression::default();
        expression.require("id", Some(n(user.id.0)));
        expression.require("generation", Some(n(user.generation)));
        if let Some(password) = &change.password {
            let text = |hash: &Option<Secret>| hash.as_ref().map(|hash| s(hash.expose()));
            expression.require("password", text(&user.password));
            expression.set("password", text(password));
        }
        if let Some(factor) = &change.second_factor {
            expression.require("second_factor", optional(user.second_factor.as_ref())?);
            expression.set("second_factor", optional(factor.as_ref())?);
        }
        if let Some(reset) = &change.reset {
            expression.require("reset", optional(user.reset.as_ref())?);
            expression.set("reset", optional(reset.as_ref())?);
        }
        if let Some(source) = &change.source {
            expression.require("source", Some(value(&user.source)?));
            expression.set("source", Some(value(source)?));
        }
        if let Some(subject) = &change.subject {
            expression.require("subject", optional(user.subject.as_ref())?);
            expression.set("subject", Some(value(subject)?));
        }
        if change.locked_at.is_some() {
            expression.require("locked_at", user.locked_at.map(|moment| n(moment.millis())));
        }
        if change.roles.is_some() {
            expression.require("roles", Some(value(&user.roles)?));
        }
        if let Some(email) = &change.email {
            expression.set("email", email.as_deref().map(s));
            let index = users::index(&user.username, email.as_deref());
            expression.set(EMAIL_KEY, index.get(EMAIL_KEY).cloned());
        }
        if change.as_shown {
            require_as_shown(&mut expression, user)?;
        }
        set_flags(&mut expression, change)?;
        if let Some(now) = change.ends_sessions {
            expression.set("generation", Some(n(user.generation + 1)));
            expression.set("generation_since", Some(n(now.millis())));
        }
        expression.update(&self.name, user)
    }
}

/// What an administrator's form shows is as read.
fn require_as_shown(expression: &mut Expression, user: &User) -> Result<(), TableError> {
    expression.require("display_name", Some(s(&user.display_name)));
    expression.require("email", user.email.as_deref().map(s));
    expression.require("roles", Some(value(&user.roles)?));
    for (attribute, flag) in [
        ("is_password_changed", user.is_password_changed),
        ("deactivated", user.deactivated),
    ] {
        expression.require(attribute, Some(AttributeValue::Bool(flag)));
    }
    expression.require("expire_on", user.expire_on.map(|moment| n(moment.millis())));
    expression.require("locked_at", user.locked_at.map(|moment| n(moment.millis())));
    Ok(())
}

/// What is simply written.
fn set_flags(expression: &mut Expression, change: &UserChange) -> Result<(), TableError> {
    for (attribute, flag) in [
        ("is_password_changed", change.is_password_changed),
        ("deactivated", change.deactivated),
    ] {
        if let Some(flag) = flag {
            expression.set(attribute, Some(AttributeValue::Bool(flag)));
        }
    }
    if let Some(display_name) = &change.display_name {
        expression.set("display_name", Some(s(display_name)));
    }
    if let Some(roles) = &change.roles {
        expression.set("roles", Some(value(roles)?));
    }
    for (attribute, moment) in [
        ("last_login", change.last_login.map(Some)),
        ("expire_on", change.expire_on),
        ("locked_at", change.locked_at),
    ] {
        if let Some(moment) = moment {
            expression.set(attribute, moment.map(|moment| n(moment.millis())));
        }
    }
    Ok(())
}

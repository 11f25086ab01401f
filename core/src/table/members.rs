//! Which users have a role: one item for each user and role, written in the transaction that gives or takes the role.
//! And who stays administrator, so that the last one cannot be lost.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, TransactWriteItem};

use super::item::{Item, Key, delete, n, put_if, s};
use super::users::{self, MAX_ROLES};
use super::{ROLE_ADMIN, RoleId, Roles, Table, TableError, Transaction, User, UserChange, UserPage};
use crate::clock::Timestamp;

/// The change would leave nobody who can administer mapgate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the last administrator cannot be removed, deactivated or demoted")]
pub struct LastAdministrator;

/// An administrator who stays, so that another one may go: the transaction holds only while that is so.
#[derive(Debug, Clone)]
pub struct Witness {
    user: User,
    role: RoleId,
}

fn partition(role: RoleId) -> String {
    format!("members#{}", role.0)
}

/// Whether the user can administer mapgate at `now`.
fn administers(user: &User, role: RoleId, now: Timestamp) -> bool {
    user.roles.contains(&role) && user.is_active(now)
}

impl Table {
    /// What changes of the memberships where a user's roles do.
    pub(super) fn membership(
        &self,
        username: &str,
        before: &BTreeSet<RoleId>,
        after: &BTreeSet<RoleId>,
    ) -> Result<Vec<TransactWriteItem>, TableError> {
        if after.len() > MAX_ROLES {
            let text = format!("a user can have {MAX_ROLES} roles, not {}", after.len());
            return Err(TableError::Unavailable(text));
        }
        let key = |role: &RoleId| Key::new(partition(*role), username);
        let given = after.difference(before).map(|role| {
            let key = key(role);
            let mut item = Item::from([("username".to_owned(), s(username))]);
            item.extend(key.attributes());
            put_if(&self.name, item, "", &[])
        });
        let taken = before
            .difference(after)
            .map(|role| delete(&self.name, &key(role)));
        given.chain(taken).collect()
    }

    /// At most `limit` users who have `role` (100 at most), by name, from behind `after` on, an earlier page's
    /// [`next`](UserPage::next). Those of `anonymous`, `intranet` and `registered` are written nowhere.
    pub async fn members(
        &self,
        role: RoleId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<UserPage, TableError> {
        let limit = limit.clamp(1, 100);
        let pk = partition(role);
        // No key is empty.
        let after = after.filter(|after| !after.is_empty());
        let from = after.map(|after| Key::new(pk.as_str(), after).attributes());
        let (items, next) = self.query_page(&pk, "", from, i32::try_from(limit).ok()).await?;
        let keys: Vec<Key> = items
            .iter()
            .filter_map(|item| Some(users::key(item.get("username")?.as_s().ok()?)))
            .collect();
        let mut users = Vec::new();
        if !keys.is_empty() {
            let read = self.batch(&keys.iter().collect::<Vec<_>>()).await?;
            users = read.into_iter().map(users::read).collect::<Result<_, _>>()?;
        }
        users.retain(|user: &User| user.roles.contains(&role));
        users.sort_by(|one, other| one.username.cmp(&other.username));
        let next = next.and_then(|key| key.get("sk")?.as_s().ok().cloned());
        Ok(UserPage { users, next })
    }

    /// What must hold with a change that makes `after` of `user`, none where the account is deleted: nothing, where an
    /// administrator stays one as long as before; else that another one is there. Refuses where there is none.
    pub async fn witness(
        &self,
        user: &User,
        after: Option<&User>,
        roles: &Roles,
        now: Timestamp,
    ) -> Result<Result<Option<Witness>, LastAdministrator>, TableError> {
        let Some(role) = roles.named(ROLE_ADMIN).map(|role| role.id) else {
            return Ok(Ok(None));
        };
        let ends = |user: &User| user.expire_on.map_or(i64::MAX, Timestamp::millis);
        let stays = after.is_some_and(|after| administers(after, role, now) && ends(after) >= ends(user));
        if stays || !administers(user, role, now) {
            return Ok(Ok(None));
        }
        let mut from = None;
        loop {
            let page = self.members(role, from.as_deref(), 100).await?;
            let other = page.users.into_iter().find(|other| {
                other.id != user.id && administers(other, role, now) && other.locked_at.is_none()
            });
            if let Some(user) = other {
                return Ok(Ok(Some(Witness { user, role })));
            }
            from = page.next;
            if from.is_none() {
                return Ok(Err(LastAdministrator));
            }
        }
    }
}

impl Table {
    /// For a change that a directory elsewhere asks for, which nobody can be told is refused: the last administrator keeps
    /// the role. What must hold with the change as it then is.
    pub async fn spare_last_administrator(
        &self,
        user: &User,
        change: &mut UserChange,
        roles: &Roles,
        now: Timestamp,
    ) -> Result<Option<Witness>, TableError> {
        let witness = self
            .witness(user, Some(&change.applied(user)), roles, now)
            .await?;
        Ok(witness.unwrap_or_else(|LastAdministrator| {
            tracing::warn!(username = user.username, "the last administrator keeps the role");
            let role = roles.named(ROLE_ADMIN).map(|role| role.id);
            change.roles.get_or_insert_default().extend(role);
            None
        }))
    }
}

impl Transaction<'_> {
    /// Writes only while the witness is still an administrator in force: of two administrators who remove each other at
    /// once, one stays. Refused as [`super::Refused::witness`].
    pub fn witnessed(self, witness: Option<&Witness>, now: Timestamp) -> Self {
        let Some(Witness { user, role }) = witness else {
            return self;
        };
        let check = ConditionCheck::builder()
            .table_name(&self.table().name)
            .set_key(Some(users::key(&user.username).attributes()))
            .condition_expression(
                "id = :id AND contains(#roles, :role) AND deactivated = :false \
                 AND (attribute_not_exists(expire_on) OR expire_on = :null OR expire_on > :now) \
                 AND (attribute_not_exists(locked_at) OR locked_at = :null)",
            )
            .expression_attribute_names("#roles", "roles")
            .expression_attribute_values(":id", n(user.id.0))
            .expression_attribute_values(":role", n(role.0))
            .expression_attribute_values(":false", AttributeValue::Bool(false))
            .expression_attribute_values(":null", AttributeValue::Null(true))
            .expression_attribute_values(":now", n(now.millis()))
            .build()
            .map(|check| TransactWriteItem::builder().condition_check(check).build())
            .map_err(|error| TableError::Unavailable(error.to_string()));
        self.with_witness(check)
    }
}

//! Roles and their functionalities: one item for all, so that a login reads them together with the user.
//!
//! DynamoDB's 400 KB for an item hold some thousand roles. One item also makes names and ids unique by a single
//! conditional write.

mod adoption;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::audit::AuditEntry;
use super::item::{Item, Key, from_item, n, put_if, to_item};
use super::{Table, TableError, Transaction};

pub use adoption::CannotAdopt;

/// A role's number, as MapServer's `%role_ids%` needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RoleId(pub i64);

/// The role that every request has.
pub const ANONYMOUS: &str = "anonymous";
/// The role of a request from an address in `intranet.networks`.
pub const INTRANET: &str = "intranet";
/// The role of every user.
pub const REGISTERED: &str = "registered";
/// The role that opens the admin interface.
pub const ROLE_ADMIN: &str = "role_admin";

/// A role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Its number; never reused.
    pub id: RoleId,
    /// Its name; unique.
    pub name: String,
    /// GeoMapFish's functionalities: name → values.
    #[serde(default)]
    pub functionalities: BTreeMap<String, Vec<String>>,
}

impl Role {
    /// Whether mapgate itself refers to the role by its name: it can neither be renamed nor taken away.
    #[must_use]
    pub fn is_built_in(&self) -> bool {
        [ANONYMOUS, INTRANET, REGISTERED, ROLE_ADMIN].contains(&self.name.as_str())
    }
}

/// All roles, as they stood at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roles {
    version: i64,
    next_id: i64,
    #[serde(rename = "roles")]
    all: Vec<Role>,
}

/// The roles were changed by someone else since they were read: read again, then write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the roles were changed meanwhile")]
pub struct ChangedMeanwhile;

impl Default for Roles {
    /// What is there from the start: anonymous, intranet, registered and `role_admin`, with ids.
    fn default() -> Self {
        let role = |(id, name): (i64, &str)| Role {
            id: RoleId(id),
            name: name.to_owned(),
            functionalities: BTreeMap::new(),
        };
        let roles = [(1, ANONYMOUS), (2, INTRANET), (3, REGISTERED), (4, ROLE_ADMIN)].map(role);
        Self {
            version: 0,
            next_id: 5,
            all: roles.into(),
        }
    }
}

impl Roles {
    /// The role of that name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Role> {
        self.all.iter().find(|role| role.name == name)
    }

    /// The role of that number.
    #[must_use]
    pub fn get(&self, id: RoleId) -> Option<&Role> {
        self.all.iter().find(|role| role.id == id)
    }

    /// All roles, in the order they were made.
    pub fn iter(&self) -> impl Iterator<Item = &Role> {
        self.all.iter()
    }

    /// Sets a role's functionalities, making the role where it is missing, and gives its number.
    ///
    /// `id` is kept where it is free (mapfiles refer to ids); refuses, with `None`, one that another role has or
    /// that the role of this name cannot change to. Nothing is written before [`Table::save_roles`].
    pub fn set(
        &mut self,
        name: &str,
        id: Option<RoleId>,
        functionalities: BTreeMap<String, Vec<String>>,
    ) -> Option<RoleId> {
        let taken = |id: RoleId| self.all.iter().any(|role| role.id == id && role.name != name);
        if id.is_some_and(|id| taken(id) || id.0 < 1) {
            return None;
        }
        let known = self.all.iter().position(|role| role.name == name);
        let id = match (id, known) {
            (None, Some(at)) => self.all.get(at)?.id,
            (None, None) => RoleId(self.next_id),
            (Some(id), _) => id,
        };
        self.next_id = self.next_id.max(id.0.saturating_add(1));
        let role = Role {
            id,
            name: name.to_owned(),
            functionalities,
        };
        match known.and_then(|at| self.all.get_mut(at)) {
            Some(place) => *place = role,
            None => self.all.push(role),
        }
        Some(id)
    }

    /// Renames a role and sets its functionalities. Refuses, with `false`, a name that another role has, a role that is
    /// not there, and another name for one that is built in.
    pub fn change(&mut self, id: RoleId, name: &str, functionalities: BTreeMap<String, Vec<String>>) -> bool {
        let taken = self.all.iter().any(|role| role.id != id && role.name == name);
        let role = self.all.iter_mut().find(|role| role.id == id);
        let role = role.filter(|role| !taken && (role.name == name || !role.is_built_in()));
        let Some(role) = role else { return false };
        name.clone_into(&mut role.name);
        role.functionalities = functionalities;
        true
    }

    /// Takes a role away: who had it, and layers that name it, have it no longer, since its number is never used again.
    /// Refuses, with `false`, a role that is not there or is built in.
    pub fn remove(&mut self, id: RoleId) -> bool {
        let before = self.all.len();
        self.all.retain(|role| role.id != id || role.is_built_in());
        self.all.len() < before
    }

    /// The functionalities that hold for a user's own roles, else `registered`, else `intranet`, else `anonymous`
    /// (GeoMapFish's order). Values of several roles come together, each once.
    #[must_use]
    pub fn functionalities(
        &self,
        own: &BTreeSet<RoleId>,
        registered: bool,
        intranet: bool,
    ) -> BTreeMap<String, Vec<String>> {
        let names: BTreeSet<&String> = self
            .all
            .iter()
            .flat_map(|role| role.functionalities.keys())
            .collect();
        let found = names.into_iter().filter_map(|name| {
            let values = self.functionality(name, own.iter().copied(), registered, intranet)?;
            Some((name.clone(), values.into_iter().map(str::to_owned).collect()))
        });
        found.collect()
    }

    /// The values of one functionality, by the same rule; `None` where nothing sets it. A role that sets one leaves the
    /// others to the fallbacks.
    #[must_use]
    pub fn functionality(
        &self,
        name: &str,
        own: impl Iterator<Item = RoleId>,
        registered: bool,
        intranet: bool,
    ) -> Option<Vec<&str>> {
        let mut values: Vec<&Vec<String>> = Vec::new();
        for role in own.filter_map(|id| self.get(id)) {
            values.extend(role.functionalities.get(name));
        }
        if values.is_empty() {
            let fallbacks = [(registered, REGISTERED), (intranet, INTRANET), (true, ANONYMOUS)];
            let mut fallbacks = fallbacks.into_iter().filter(|(on, _)| *on);
            values.push(fallbacks.find_map(|(_, role)| self.named(role)?.functionalities.get(name))?);
        }
        let mut each: Vec<&str> = Vec::new();
        for value in values.into_iter().flatten().map(String::as_str) {
            if !each.contains(&value) {
                each.push(value);
            }
        }
        Some(each)
    }
}

pub(super) fn key() -> Key {
    Key::new("roles", "roles")
}

pub(super) fn read(item: Option<Item>) -> Result<Roles, TableError> {
    item.map_or_else(|| Ok(Roles::default()), from_item)
}

impl Table {
    /// All roles, read consistently.
    pub async fn roles(&self) -> Result<Roles, TableError> {
        read(self.get(&key()).await?)
    }

    /// Like [`Table::save_roles`], with `audit` in the same transaction.
    pub async fn save_roles_audited(
        &self,
        roles: &Roles,
        audit: &AuditEntry,
    ) -> Result<Result<(), ChangedMeanwhile>, TableError> {
        let written = self.transaction().roles(roles).audit(audit).commit().await?;
        Ok(written.map_err(|_| ChangedMeanwhile))
    }

    /// Writes the roles on the condition that nobody else did since they were read.
    pub async fn save_roles(&self, roles: &Roles) -> Result<Result<(), ChangedMeanwhile>, TableError> {
        let written = self.transaction().roles(roles).commit().await?;
        Ok(written.map_err(|_| ChangedMeanwhile))
    }
}

impl Transaction<'_> {
    /// Writes the roles, where nobody else did since they were read.
    pub fn roles(self, roles: &Roles) -> Self {
        let next = Roles {
            version: roles.version + 1,
            ..roles.clone()
        };
        let (table, read) = (self.table(), n(roles.version));
        let condition = "attribute_not_exists(pk) OR version = :read";
        let put = to_item(&key(), &next, None)
            .and_then(|item| put_if(&table.name, item, condition, &[(":read", read)]));
        self.with_other(put)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(list: &[&str]) -> Vec<String> {
        list.iter().map(|value| (*value).to_owned()).collect()
    }

    #[test]
    fn the_three_roles_and_the_administrators_exist_from_the_start() {
        let roles = Roles::default();
        let ids: Vec<i64> = [ANONYMOUS, INTRANET, REGISTERED, ROLE_ADMIN]
            .map(|name| roles.named(name).unwrap().id.0)
            .into();
        assert_eq!(ids, [1, 2, 3, 4]);
    }

    #[test]
    fn a_role_keeps_its_number_and_no_two_share_one() {
        let mut roles = Roles::default();
        let editor = roles.set("editor", Some(RoleId(12)), BTreeMap::new()).unwrap();
        assert_eq!(roles.set("editor", None, BTreeMap::new()), Some(editor));
        assert_eq!(roles.set("other", Some(editor), BTreeMap::new()), None);
        assert_eq!(roles.set("other", Some(RoleId(0)), BTreeMap::new()), None);
        assert_eq!(roles.set("other", None, BTreeMap::new()), Some(RoleId(13)));
        assert_eq!(
            roles.set(ANONYMOUS, Some(RoleId(99)), BTreeMap::new()),
            Some(RoleId(99))
        );
        assert_eq!(roles.iter().filter(|role| role.name == ANONYMOUS).count(), 1);
    }

    #[test]
    fn functionalities_fall_back_name_by_name() {
        let mut roles = Roles::default();
        let of = |name: &str, list: &[&str]| BTreeMap::from([(name.to_owned(), values(list))]);
        let one = roles.set("one", None, of("map", &["a", "b"])).unwrap();
        let two = roles.set("two", None, of("map", &["b", "c"])).unwrap();
        roles.set(REGISTERED, None, of("print", &["r"])).unwrap();
        roles
            .set(
                ANONYMOUS,
                None,
                [of("map", &["x"]), of("print", &["x"])].concat_maps(),
            )
            .unwrap();
        let own = BTreeSet::from([one, two]);
        let found = roles.functionalities(&own, true, false);
        assert_eq!(found["map"], values(&["a", "b", "c"]));
        assert_eq!(found["print"], values(&["r"]));
        assert_eq!(
            roles.functionalities(&BTreeSet::new(), false, false)["map"],
            values(&["x"])
        );
    }

    trait ConcatMaps {
        fn concat_maps(self) -> BTreeMap<String, Vec<String>>;
    }
    impl<const N: usize> ConcatMaps for [BTreeMap<String, Vec<String>>; N] {
        fn concat_maps(self) -> BTreeMap<String, Vec<String>> {
            self.into_iter().flatten().collect()
        }
    }
}

//! Roles brought along with their numbers, which mapfiles refer to.

use std::collections::BTreeSet;

use super::super::item::s;
use super::super::{Table, TableError};
use super::{Role, RoleId, Roles};

/// Why a role cannot be brought with its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CannotAdopt {
    /// Another role has it.
    #[error("the id {} is that of another role", .0.0)]
    IdTaken(RoleId),
    /// The role is there, under another number.
    #[error("the role is there already, with the id {}", .0.0)]
    OtherId(RoleId),
}

impl Roles {
    /// Brings roles with their numbers, and says of each whether it was new, in their order; a role that is there under
    /// this number stays as it is, unless it is one from the start that has no functionalities yet.
    ///
    /// `unused` says that no user and no layer has any role yet. Then the roles from the start take the numbers that are
    /// brought for them, and give way to others. Names and numbers of `brought` are unique, and numbers are at least 1.
    pub fn adopt(&mut self, brought: &[Role], unused: bool) -> Vec<Result<bool, CannotAdopt>> {
        if unused {
            self.give_way(brought);
        }
        let adopted = brought.iter().map(|role| self.adopt_one(role));
        adopted.collect()
    }

    fn adopt_one(&mut self, role: &Role) -> Result<bool, CannotAdopt> {
        if let Some(known) = self.named(&role.name) {
            if known.id != role.id {
                return Err(CannotAdopt::OtherId(known.id));
            }
            let to_fill = is_from_the_start(known) && known != role;
            if !to_fill {
                return Ok(false);
            }
        }
        let functionalities = role.functionalities.clone();
        let set = self.set(&role.name, Some(role.id), functionalities);
        set.map(|_| true).ok_or(CannotAdopt::IdTaken(role.id))
    }

    /// Renumbers the roles from the start that are as they were made.
    fn give_way(&mut self, brought: &[Role]) {
        let mut taken: BTreeSet<i64> = brought.iter().map(|role| role.id.0).collect();
        taken.extend(
            self.all
                .iter()
                .filter(|role| !is_from_the_start(role))
                .map(|role| role.id.0),
        );
        let all_taken = taken.iter().chain(self.all.iter().map(|role| &role.id.0));
        let mut free = all_taken
            .max()
            .map_or(1, |id| id.saturating_add(1))
            .max(self.next_id);
        for role in self.all.iter_mut().filter(|role| is_from_the_start(role)) {
            let own = brought.iter().find(|brought| brought.name == role.name);
            if let Some(own) = own {
                role.id = own.id;
            } else if taken.contains(&role.id.0) {
                role.id = RoleId(free);
                free = free.saturating_add(1);
            }
        }
        self.next_id = self.next_id.max(free);
    }
}

/// Whether it is one of those that are there from the start, and nothing was added to it.
fn is_from_the_start(role: &Role) -> bool {
    role.is_built_in() && role.functionalities.is_empty()
}

impl Table {
    /// Whether there is any user or OGC server, which could refer to roles. Reads the table through where there is none.
    pub async fn has_users_or_servers(&self) -> Result<bool, TableError> {
        if !self.ogc_servers().await?.is_empty() {
            return Ok(true);
        }
        let mut from = None;
        loop {
            let scan = self.client.scan().table_name(&self.name).consistent_read(true);
            let page = scan
                .filter_expression("sk = :user")
                .expression_attribute_values(":user", s("user"))
                .projection_expression("pk")
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(|error| super::super::unavailable(&error))?;
            if page.items.is_some_and(|items| !items.is_empty()) {
                return Ok(true);
            }
            from = page.last_evaluated_key;
            if from.is_none() {
                return Ok(false);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::{ANONYMOUS, INTRANET, REGISTERED, ROLE_ADMIN};
    use super::*;

    fn role(id: i64, name: &str) -> Role {
        Role {
            id: RoleId(id),
            name: name.to_owned(),
            functionalities: BTreeMap::new(),
        }
    }

    fn ids(roles: &Roles) -> BTreeMap<&str, i64> {
        roles.iter().map(|role| (role.name.as_str(), role.id.0)).collect()
    }

    #[test]
    fn roles_from_the_start_take_the_ids_brought_for_them_and_give_way() {
        let mut roles = Roles::default();
        let brought = [role(1, ROLE_ADMIN), role(2, "editor"), role(7, ANONYMOUS)];
        assert_eq!(roles.adopt(&brought, true), [Ok(false), Ok(true), Ok(false)]);
        let expected = [
            (ANONYMOUS, 7),
            (INTRANET, 8),
            (REGISTERED, 3),
            (ROLE_ADMIN, 1),
            ("editor", 2),
        ];
        assert_eq!(ids(&roles), BTreeMap::from(expected));
        // Once more, with users by now: nothing moves.
        let before = roles.clone();
        assert_eq!(roles.adopt(&brought, false), [Ok(false), Ok(false), Ok(false)]);
        assert_eq!(roles, before);
        assert_eq!(roles.set("next", None, BTreeMap::new()), Some(RoleId(9)));
    }

    #[test]
    fn once_roles_are_used_no_id_moves() {
        let mut roles = Roles::default();
        let before = roles.clone();
        let brought = [role(1, ROLE_ADMIN), role(2, "editor")];
        let expected = [
            Err(CannotAdopt::OtherId(RoleId(4))),
            Err(CannotAdopt::IdTaken(RoleId(2))),
        ];
        assert_eq!(roles.adopt(&brought, false), expected);
        assert_eq!(roles, before);
    }

    #[test]
    fn what_was_added_meanwhile_stays() {
        let mut roles = Roles::default();
        let more = BTreeMap::from([("map".to_owned(), vec!["a".to_owned()])]);
        roles.set(REGISTERED, None, more.clone()).unwrap();
        let mut brought = role(3, REGISTERED);
        brought.functionalities = BTreeMap::from([("map".to_owned(), vec!["b".to_owned()])]);
        assert_eq!(roles.adopt(&[brought], true), [Ok(false)]);
        assert_eq!(roles.named(REGISTERED).unwrap().functionalities, more);
        let mut filled = role(1, ANONYMOUS);
        filled.functionalities = more.clone();
        assert_eq!(roles.adopt(&[filled], false), [Ok(true)]);
        assert_eq!(roles.named(ANONYMOUS).unwrap().functionalities, more);
    }
}

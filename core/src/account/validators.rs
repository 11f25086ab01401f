//! The validators in order: the user table decides for its users, the LDAP directory for those it made and for names
//! that nobody has yet.

use std::collections::BTreeSet;

use super::ldap::{DirectoryAnswer, DirectoryEntry};
use super::trying::{AccountError, Accounts, Decider, Reason};
use crate::settings::Secret;
use crate::table::{AuditEntry, CreateUser, Event, NewUser, RoleId, Roles, Source, User, UserChange};

/// The user whose password it is, with what the directory said; or the reason against it, and whom it concerns.
type Answered = Result<(User, Option<DirectoryEntry>), (Reason, Option<User>)>;

impl Accounts<'_> {
    /// Asks the LDAP directory where it is listed: really where it decides, else for show, so that a refusal takes the
    /// same whoever decided it, and none is given while the directory is down. A right password of the user table does
    /// not wait for it.
    pub(super) async fn ask_directory(
        &self,
        username: &str,
        password: &Secret,
        decided: Result<Decider, Reason>,
        user: Option<User>,
    ) -> Result<Answered, AccountError> {
        let reader = self.secrets.ldap_bind_password();
        let refused = |reason, user| Ok(Err((reason, user)));
        match (decided, self.directory) {
            (Ok(Decider::Table), _) => Ok(user.map(|user| (user, None)).ok_or((Reason::UnknownUser, None))),
            (Err(reason), None) => refused(reason, user),
            (Err(reason), Some(directory)) => {
                directory.pretend(username, reader).await?;
                refused(reason, user)
            }
            (Ok(Decider::Ldap), None) => refused(Reason::UnknownUser, user),
            (Ok(Decider::Ldap), Some(directory)) => {
                match directory.verify(username, password, reader).await? {
                    DirectoryAnswer::Unknown => refused(Reason::UnknownUser, user),
                    DirectoryAnswer::Wrong => refused(Reason::WrongPassword, user),
                    DirectoryAnswer::Right(entry) => {
                        let user = match user {
                            Some(user) => Some(user),
                            None => self.create(username, &entry).await?,
                        };
                        Ok(user
                            .map(|user| (user, Some(entry)))
                            .ok_or((Reason::NameTaken, None)))
                    }
                }
            }
        }
    }

    /// Makes the user at the first login. `None` where a user has the name in another case.
    async fn create(&self, username: &str, entry: &DirectoryEntry) -> Result<Option<User>, AccountError> {
        let now = self.clock.now();
        let roles = self.table.roles().await?;
        let new = NewUser {
            username: username.to_owned(),
            id: None,
            display_name: entry.display_name.clone().unwrap_or_else(|| username.to_owned()),
            email: entry.email.clone(),
            roles: ids(&roles, entry.roles.iter()),
            password: None,
            is_password_changed: true,
            deactivated: false,
            expire_on: None,
            source: Source::Ldap,
        };
        let audit = AuditEntry::new(Event::UserCreated, now, self.settings.audit_retention_days)
            .of(username)
            .detail("by", "ldap");
        let created = self.table.create_user(new, now, &audit).await?;
        let user = self.table.user(username).await?;
        Ok(match created {
            CreateUser::Created(_) => user,
            // Two first logins at once: the other one made the same user.
            _ => user.filter(|user| user.source == Source::Ldap),
        })
    }

    /// What the directory's entry changes of the user. Roles that no group stands for stay as an administrator set them.
    pub(super) fn of_entry(
        &self,
        user: &User,
        roles: &Roles,
        entry: Option<&DirectoryEntry>,
        change: &mut UserChange,
    ) {
        let (Some(entry), Some(ldap)) = (entry, &self.settings.authentication.ldap) else {
            return;
        };
        let by_group = ids(roles, ldap.group_roles.values());
        let mut own: BTreeSet<RoleId> = user.roles.difference(&by_group).copied().collect();
        own.extend(ids(roles, entry.roles.iter()));
        change.roles = Some(own).filter(|own| *own != user.roles);
        change.email = Some(entry.email.clone()).filter(|email| *email != user.email);
        let name = entry.display_name.clone();
        change.display_name = name.filter(|name| *name != user.display_name);
        // There is no password here that could have to be changed.
        change.is_password_changed = (!user.is_password_changed).then_some(true);
    }
}

/// The roles of these names; a name that no role has gives nothing.
fn ids<'a>(roles: &Roles, names: impl Iterator<Item = &'a String>) -> BTreeSet<RoleId> {
    let id = |name: &String| {
        let id = roles.named(name).map(|role| role.id);
        if id.is_none() {
            tracing::warn!(
                role = name,
                "vars.authentication.ldap.group_roles: there is no such role"
            );
        }
        id
    };
    names.filter_map(id).collect()
}

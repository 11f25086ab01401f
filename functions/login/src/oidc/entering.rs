//! Letting in whom the provider logged in: the account is found or made, takes over what the settings say, and its login
//! is written with it and with its audit entry in one transaction. Where second factors are on, that is a login only once
//! the code is there: what is written now is what the provider says.

use std::collections::BTreeSet;
use std::net::IpAddr;

use mapgate_core::clock::Timestamp;
use mapgate_core::gate::Gate;
use mapgate_core::http::Failure;
use mapgate_core::settings::{OpenidConnect, UserField};
use mapgate_core::table::{
    ANONYMOUS, AuditEntry, Event, INTRANET, NewUser, REGISTERED, RoleId, Roles, Source, Table, TableError,
    Transaction, User, UserChange,
};

use super::claims::Person;
use super::finding::{Found, find};
use crate::sealed::LASTS;

/// How often a login is written anew that met another change of the same account.
const TURNS: u32 = 6;

/// Why nobody is let in.
#[derive(Debug, thiserror::Error)]
pub(super) enum EnterError {
    /// This login was finished before.
    #[error("the login was finished before")]
    Replayed,
    /// There is no account for the person, or it is not in force.
    #[error("there is no account for the person")]
    Denied,
    /// What can happen anywhere.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<TableError> for EnterError {
    fn from(error: TableError) -> Self {
        Self::Failure(error.into())
    }
}

/// A login that the provider vouches for.
pub(super) struct Entering<'a> {
    pub(super) gate: &'a Gate,
    pub(super) table: &'a Table,
    pub(super) settings: &'a OpenidConnect,
    /// The client's address.
    pub(super) address: IpAddr,
    /// What the login is known by, so that it counts once.
    pub(super) state: &'a str,
}

impl Entering<'_> {
    /// The person's account, as the login leaves it.
    pub(super) async fn enter(&self, person: &Person) -> Result<User, EnterError> {
        let mut name_taken = false;
        for _ in 0..TURNS {
            let now = self.gate.clock.now();
            let user = match find(self.table, self.settings, person).await? {
                Found::User(user) => *user,
                // Not made just now by another login: someone has it in another case.
                Found::Nobody if name_taken => return Err(self.deny("name_taken", None).await?),
                Found::Nobody if self.settings.create_user || self.settings.provide_roles => {
                    match self.create(person, now).await? {
                        Some(user) => return Ok(user),
                        None => name_taken = true,
                    }
                    continue;
                }
                Found::Nobody => return Err(self.deny("unknown_user", None).await?),
                Found::Refused(reason, username) => return Err(self.deny(reason, username).await?),
            };
            if user.deactivated {
                return Err(self.deny("deactivated", Some(user.username)).await?);
            }
            if !user.is_active(now) {
                return Err(self.deny("expired", Some(user.username)).await?);
            }
            if let Some(user) = self.let_in(person, &user, now).await? {
                return Ok(user);
            }
        }
        Err(Failure::Unavailable.into())
    }

    /// Writes the login. None where the account was changed meanwhile.
    async fn let_in(&self, person: &Person, user: &User, now: Timestamp) -> Result<Option<User>, EnterError> {
        let roles = self.all_roles(person).await?;
        let mut change = self.change(person, user, roles.as_ref(), now);
        let witness = match &roles {
            Some(roles) => {
                let spared = self.table.spare_last_administrator(user, &mut change, roles, now);
                spared.await?
            }
            None => None,
        };
        let changes = [
            ("subject", change.subject.is_some()),
            ("display_name", change.display_name.is_some()),
            ("email", change.email.is_some()),
            ("roles", change.roles.is_some()),
            ("password", change.password.is_some()),
        ];
        let changes = changes.into_iter().filter(|(_, changes)| *changes);
        let event = if self.is_login() {
            Event::LoginSucceeded
        } else {
            Event::UserChanged
        };
        let audit = self.audit(event, now).of(&user.username);
        let is_something = self.is_login() || changes.clone().next().is_some();
        let audit = changes.fold(audit, |audit, (name, _)| audit.detail(name, "of_the_provider"));
        let mut writes = self.table.transaction();
        if is_something {
            writes = writes.change(user, &change).audit(&audit);
            writes = writes.witnessed(witness.as_ref(), now);
        }
        if change.subject.is_some() {
            writes = writes.give(&person.subject, user);
        }
        Ok(self.write_once(writes, now).await?.then(|| change.applied(user)))
    }

    /// Whether the provider's word is enough to log in.
    fn is_login(&self) -> bool {
        !self.gate.settings.authentication.two_factor
    }

    /// Writes what this login does, unless it was finished before. `false` where something is not as read any more.
    async fn write_once(&self, writes: Transaction<'_>, now: Timestamp) -> Result<bool, EnterError> {
        // Longer than the cookie lasts that it began with.
        match writes.once(self.state, now.plus(2 * LASTS)).commit().await? {
            Ok(()) => Ok(true),
            Err(refused) if refused.done => Err(EnterError::Replayed),
            Err(_) => Ok(false),
        }
    }

    /// What the login changes of the account.
    fn change(&self, person: &Person, user: &User, roles: Option<&Roles>, now: Timestamp) -> UserChange {
        let mut change = UserChange {
            last_login: self.is_login().then_some(now),
            subject: user.subject.is_none().then(|| person.subject.clone()),
            ..UserChange::default()
        };
        if !user.is_password_changed {
            // The password that an administrator gave out is good for nothing any more, and must not outlast the provider.
            change.password = Some(None);
            change.is_password_changed = Some(true);
        }
        let updates = |field| self.settings.update_fields.contains(&field);
        if updates(UserField::DisplayName) {
            let name = person.display_name.clone();
            change.display_name = name.filter(|name| *name != user.display_name);
        }
        if updates(UserField::Email) && person.email.is_some() && person.email != user.email {
            change.email = Some(person.email.clone());
        }
        let given = roles.and_then(|roles| given(person, roles));
        change.roles = given.filter(|given| *given != user.roles);
        change
    }

    /// All roles, where the provider gives any out.
    async fn all_roles(&self, person: &Person) -> Result<Option<Roles>, TableError> {
        Ok(match &person.roles {
            Some(_) => Some(self.table.roles().await?),
            None => None,
        })
    }

    /// Makes the account, the person's from the start, and logs in. None where the name was taken, perhaps in another case.
    async fn create(&self, person: &Person, now: Timestamp) -> Result<Option<User>, EnterError> {
        let roles = self.all_roles(person).await?;
        let new = NewUser {
            username: person.username.clone(),
            id: None,
            display_name: person
                .display_name
                .clone()
                .unwrap_or_else(|| person.username.clone()),
            email: person.email.clone(),
            roles: roles.and_then(|roles| given(person, &roles)).unwrap_or_default(),
            password: None,
            is_password_changed: true,
            deactivated: false,
            expire_on: None,
            source: Source::OpenidConnect,
        };
        let mut user = self.table.numbered(new, now).await?;
        user.subject = Some(person.subject.clone());
        user.last_login = self.is_login().then_some(now);
        let created = self.audit(Event::UserCreated, now).of(&user.username);
        let created = created.detail("by", "openid_connect");
        let writes = self.table.transaction().create(&user);
        let mut writes = writes.give(&person.subject, &user).audit(&created);
        let login = self.audit(Event::LoginSucceeded, now).of(&user.username);
        if self.is_login() {
            writes = writes.audit(&login);
        }
        Ok(self.write_once(writes, now).await?.then_some(user))
    }

    /// Writes down why nobody is let in; the visitor does not learn it.
    async fn deny(&self, reason: &str, username: Option<String>) -> Result<EnterError, TableError> {
        let mut audit = self
            .audit(Event::LoginFailed, self.gate.clock.now())
            .detail("reason", reason);
        if let Some(username) = username {
            audit = audit.of(username);
        }
        let _ = self.table.transaction().audit(&audit).commit().await?;
        Ok(EnterError::Denied)
    }

    fn audit(&self, event: Event, now: Timestamp) -> AuditEntry {
        AuditEntry::new(event, now, self.gate.settings.audit_retention_days)
            .from(self.address)
            .detail("way", "openid_connect")
    }
}

/// The roles that the provider gives; none where it gives none out. A name that no role has gives nothing, nor do the
/// roles that every request or user has anyway.
fn given(person: &Person, roles: &Roles) -> Option<BTreeSet<RoleId>> {
    let id = |name: &String| {
        let implied = [ANONYMOUS, INTRANET, REGISTERED].contains(&name.as_str());
        let id = roles.named(name).map(|role| role.id);
        if id.is_none() {
            tracing::warn!(role = name, "the provider gives a role that is not here");
        }
        id.filter(|_| !implied)
    };
    Some(person.roles.as_ref()?.iter().filter_map(id).collect())
}

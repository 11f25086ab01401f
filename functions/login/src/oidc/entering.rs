//! Letting in whom the provider logged in: the account is found or made, takes over what the settings say, and its login
//! is written with its audit entry in one transaction.

use std::collections::BTreeSet;
use std::net::IpAddr;

use mapgate_core::clock::Timestamp;
use mapgate_core::gate::Gate;
use mapgate_core::http::Failure;
use mapgate_core::settings::{OpenidConnect, UserField};
use mapgate_core::table::{
    ANONYMOUS, AuditEntry, CreateUser, Event, INTRANET, NewUser, REGISTERED, RoleId, Source, Table,
    TableError, User, UserChange,
};

use super::claims::Person;
use super::finding::{Found, find};
use super::pending::LASTS;

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
        for _ in 0..TURNS {
            let user = match find(self.table, self.settings, person).await? {
                Found::User(user) => *user,
                Found::Nobody if self.settings.create_user || self.settings.provide_roles => {
                    match self.create(person).await? {
                        Some(user) => user,
                        None => return Err(self.deny("name_taken", None).await?),
                    }
                }
                Found::Nobody => return Err(self.deny("unknown_user", None).await?),
                Found::Refused(reason, username) => return Err(self.deny(reason, username).await?),
            };
            let now = self.gate.clock.now();
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
        let change = self.change(person, user, now).await?;
        let mut audit = self.audit(Event::LoginSucceeded, now).of(&user.username);
        for (name, changes) in [
            ("subject", change.subject.is_some()),
            ("display_name", change.display_name.is_some()),
            ("email", change.email.is_some()),
            ("roles", change.roles.is_some()),
        ] {
            if changes {
                audit = audit.detail(name, "of_the_provider");
            }
        }
        let mut writes = self.table.transaction().change(user, &change);
        if change.subject.is_some() {
            writes = writes.give(&person.subject, user);
        }
        // Longer than the cookie lasts that it began with.
        let written = writes
            .once(self.state, now.plus(2 * LASTS))
            .audit(&audit)
            .commit()
            .await?;
        match written {
            Ok(()) => Ok(Some(change.applied(user))),
            Err(refused) if refused.done => Err(EnterError::Replayed),
            Err(_) => Ok(None),
        }
    }

    /// What the login changes of the account.
    async fn change(&self, person: &Person, user: &User, now: Timestamp) -> Result<UserChange, TableError> {
        let mut change = UserChange {
            last_login: Some(now),
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
        change.roles = self.roles(person).await?.filter(|roles| *roles != user.roles);
        Ok(change)
    }

    /// The roles that the provider gives; none where it gives none out. A name that no role has gives nothing, nor do the
    /// roles that every request or user has anyway.
    async fn roles(&self, person: &Person) -> Result<Option<BTreeSet<RoleId>>, TableError> {
        let Some(names) = &person.roles else {
            return Ok(None);
        };
        let roles = self.table.roles().await?;
        let id = |name: &String| {
            let implied = [ANONYMOUS, INTRANET, REGISTERED].contains(&name.as_str());
            let id = roles.named(name).map(|role| role.id);
            if id.is_none() {
                tracing::warn!(role = name, "the provider gives a role that is not here");
            }
            id.filter(|_| !implied)
        };
        Ok(Some(names.iter().filter_map(id).collect()))
    }

    /// Makes the account. None where someone else has the name, perhaps in another case.
    async fn create(&self, person: &Person) -> Result<Option<User>, TableError> {
        let now = self.gate.clock.now();
        let new = NewUser {
            username: person.username.clone(),
            id: None,
            display_name: person
                .display_name
                .clone()
                .unwrap_or_else(|| person.username.clone()),
            email: person.email.clone(),
            roles: self.roles(person).await?.unwrap_or_default(),
            password: None,
            is_password_changed: true,
            deactivated: false,
            expire_on: None,
            source: Source::OpenidConnect,
        };
        let audit = self.audit(Event::UserCreated, now).of(&person.username);
        let audit = audit.detail("by", "openid_connect");
        let created = self.table.create_user(new, now, &audit).await?;
        let user = self.table.user(&person.username).await?;
        Ok(match created {
            CreateUser::Created(_) => user,
            // Two first logins at once: the other one made the same account.
            _ => user.filter(|user| {
                user.source == Source::OpenidConnect
                    && user
                        .subject
                        .as_ref()
                        .is_none_or(|subject| *subject == person.subject)
            }),
        })
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

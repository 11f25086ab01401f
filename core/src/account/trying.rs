//! The one way in which a password is tried, whichever the route: a place is taken, the user is read, one Argon2id is
//! computed, and the place goes back with the outcome. Every refusal costs the same, whatever its reason.

use std::net::IpAddr;
use std::sync::Arc;

use super::password::{Busy, Hashing};
use crate::clock::{Clock, Timestamp};
use crate::secrets::{Purpose, Secrets};
use crate::settings::Secret;
use crate::table::{
    Attempt, AuditEntry, Event, Holder, PasswordChange, Place, Roles, Table, TableError, User, normalized,
};

/// What trying a password needs.
#[derive(Debug, Clone, Copy)]
pub struct Accounts<'a> {
    /// Where users are.
    pub table: &'a Table,
    /// What hashes.
    pub hashing: &'a Hashing,
    /// The keys, for the counters' names.
    pub secrets: &'a Secrets,
    /// The time.
    pub clock: &'a Clock,
    /// How long audit entries are kept.
    pub audit_retention_days: u32,
}

/// From where a password comes, for the audit trail.
#[derive(Debug, Clone, Copy)]
pub struct From {
    /// The client's address.
    pub address: IpAddr,
    /// The way in: `form`, `basic`, `oauth`, `change_password`.
    pub way: &'static str,
}

/// The password was right. The place must be given back, by one of [`Accounts`]' ways to go on.
#[derive(Debug)]
#[must_use = "a place not given back counts as a failure"]
pub struct Right {
    /// The user.
    pub user: User,
    /// All roles, read together with the user.
    pub roles: Arc<Roles>,
    place: Place,
    from: From,
}

/// The password was wrong, or the account is not to be entered. Already counted and in the audit trail; nobody
/// outside learns more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wrong;

/// What became of a try.
pub type Verdict = Result<Right, Wrong>;

/// Why a try was refused; for log and audit trail only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// No such user.
    UnknownUser,
    /// Another password.
    WrongPassword,
    /// An administrator turned the account off.
    Deactivated,
    /// The account's time is over.
    Expired,
    /// The account was changed while the password was being checked.
    Changed,
}

impl Reason {
    fn name(self) -> &'static str {
        match self {
            Self::UnknownUser => "unknown_user",
            Self::WrongPassword => "wrong_password",
            Self::Deactivated => "deactivated",
            Self::Expired => "expired",
            Self::Changed => "changed",
        }
    }
}

/// A password could not be tried: counts for nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// Too many at once.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// No data key is in force.
    #[error("no data key is in force")]
    NoKey,
}

impl Accounts<'_> {
    /// Tries a password. Two requests to the table where it is right, three where it is wrong.
    pub async fn try_password(
        &self,
        username: &str,
        password: &Secret,
        from: From,
    ) -> Result<Verdict, AccountError> {
        let now = self.clock.now();
        let username = normalized(username);
        let attempt =
            self.secrets
                .keyed_hash(now, Purpose::AttemptName, &[username.to_lowercase().as_bytes()]);
        let place = self
            .table
            .take_place(&Attempt(attempt.ok_or(AccountError::NoKey)?), now)
            .await?;
        let read = self.table.identity(&username, Holder::Nothing).await?;
        let hash = read.user.as_ref().and_then(|user| user.password.as_ref());
        let Ok(genuine) = self.hashing.verify(password, hash).await else {
            self.table.leave_place(&place).await?;
            return Err(Busy.into());
        };
        let now = self.clock.now();
        let reason = match &read.user {
            None => Some(Reason::UnknownUser),
            Some(_) if !genuine => Some(Reason::WrongPassword),
            Some(user) if user.deactivated => Some(Reason::Deactivated),
            Some(user) if !user.is_active(now) => Some(Reason::Expired),
            Some(_) => None,
        };
        match (reason, read.user) {
            (None, Some(user)) => Ok(Ok(Right {
                user,
                roles: read.roles,
                place,
                from,
            })),
            (reason, user) => {
                // A name that nobody has may be a password typed into the wrong field: it is not kept.
                let username = user.map(|user| user.username);
                self.refuse(&place, username, reason.unwrap_or(Reason::UnknownUser), from, now)
                    .await?;
                Ok(Err(Wrong))
            }
        }
    }

    /// The login stands: one request.
    pub async fn succeed(&self, right: &Right) -> Result<Result<(), Wrong>, AccountError> {
        let now = self.clock.now();
        let audit = self
            .audit(Event::LoginSucceeded, right.from, now)
            .of(&right.user.username);
        match self
            .table
            .login_succeeded(&right.place, &right.user, now, &audit)
            .await?
        {
            Ok(()) => Ok(Ok(())),
            Err(_) => self.changed_meanwhile(right, now).await,
        }
    }

    /// The user sets a new password: every ticket and token of the user dies with the old one. Gives the user as
    /// it then is.
    pub async fn change_password(
        &self,
        right: Right,
        new: &Secret,
    ) -> Result<Result<User, Wrong>, AccountError> {
        let Ok(password) = self.hashing.hash(new).await else {
            self.table.leave_place(&right.place).await?;
            return Err(Busy.into());
        };
        let now = self.clock.now();
        let audit = self
            .audit(Event::PasswordChanged, right.from, now)
            .of(&right.user.username);
        let change = PasswordChange {
            user: &right.user,
            password: password.clone(),
            now,
        };
        match self.table.change_password(&right.place, &change, &audit).await? {
            Err(_) => self
                .changed_meanwhile(&right, now)
                .await
                .map(|wrong| wrong.map(|()| right.user)),
            Ok(()) => Ok(Ok(User {
                password: Some(password),
                is_password_changed: true,
                generation: right.user.generation + 1,
                generation_since: now,
                last_login: Some(now),
                ..right.user
            })),
        }
    }

    async fn changed_meanwhile(
        &self,
        right: &Right,
        now: Timestamp,
    ) -> Result<Result<(), Wrong>, AccountError> {
        let username = Some(right.user.username.clone());
        self.refuse(&right.place, username, Reason::Changed, right.from, now)
            .await?;
        Ok(Err(Wrong))
    }

    async fn refuse(
        &self,
        place: &Place,
        username: Option<String>,
        reason: Reason,
        from: From,
        now: Timestamp,
    ) -> Result<(), AccountError> {
        tracing::info!(reason = reason.name(), way = from.way, address = %from.address, "a password was refused");
        let mut audit = self
            .audit(Event::LoginFailed, from, now)
            .detail("reason", reason.name());
        audit.username = username;
        Ok(self.table.login_failed(place, &audit).await?)
    }

    fn audit(&self, event: Event, from: From, now: Timestamp) -> AuditEntry {
        AuditEntry::new(event, now, self.audit_retention_days)
            .from(from.address)
            .detail("way", from.way)
    }
}

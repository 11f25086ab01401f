//! The one way in which a password is tried, whichever the route: a place is taken, the user is read, one Argon2id is
//! computed, and the place goes back with the outcome. Every refusal costs the same, whatever its reason.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::ldap::{Directory, DirectoryDown, DirectoryEntry};
use super::password::{Busy, Hashing, Verified};
use super::vouching::Voucher;
use crate::clock::{Clock, Timestamp};
use crate::random::Random;
use crate::secrets::{Purpose, Secrets};
use crate::settings::{Secret, Settings, Validator};
use crate::table::{
    Attempt, AuditEntry, Event, Holder, Place, ResetKind, Roles, Source, Table, TableError, User, normalized,
};

/// What trying a password needs.
#[derive(Debug, Clone, Copy)]
pub struct Accounts<'a> {
    /// The settings.
    pub settings: &'a Settings,
    /// Where users are.
    pub table: &'a Table,
    /// What hashes.
    pub hashing: &'a Hashing,
    /// The LDAP directory, where it is listed.
    pub directory: Option<&'a Directory>,
    /// The keys.
    pub secrets: &'a Secrets,
    /// The time.
    pub clock: &'a Clock,
    /// Randomness.
    pub random: &'a Random,
}

/// From where a password comes, for the audit trail.
#[derive(Debug, Clone, Copy)]
pub struct From {
    /// The client's address.
    pub address: IpAddr,
    /// The way in: `form`, `basic`, `url`, `oauth`, `change_password`, `openid_connect`, `trusted_header`.
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
    pub(super) place: Place,
    pub(super) from: From,
    /// What the password itself makes of the user: a newer hash, or nothing.
    pub(super) outdated: Option<Secret>,
    /// Whether it was the one of a reset mail.
    pub(super) by_reset: bool,
    /// What the LDAP directory says of the user, where the password is kept there.
    pub(super) entry: Option<DirectoryEntry>,
    /// Whose word it was, where there was no password.
    pub(super) voucher: Option<Voucher>,
}

/// The password was wrong, or the account is not to be entered. Already counted and in the audit trail; nobody
/// outside learns more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wrong {
    /// Whether too many failures were the reason: the password may be right once the account is unlocked.
    pub(crate) is_locked: bool,
}

/// Whose word counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decider {
    /// The user table's: the password was right.
    Table,
    /// The LDAP directory's, which is to be asked.
    Ldap,
}

/// What became of a try.
pub type Verdict = Result<Right, Wrong>;

/// Why a try was refused; for log and audit trail only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// No such user.
    UnknownUser,
    /// Another password.
    WrongPassword,
    /// The directory knows the name, and a user has it in another case.
    NameTaken,
    /// An administrator turned the account off.
    Deactivated,
    /// The account's time is over.
    Expired,
    /// Too many failures.
    Locked,
    /// The account was changed while the password was being checked, or since another vouched for the user.
    Changed,
    /// The password was right, the code was not there.
    MissingCode,
    /// The password was right, the code was wrong or used before.
    WrongCode,
    /// The password was right, but the way in knows no second factor and no first login.
    NotThisWay,
    /// The provider's word let the user in already.
    Spent,
}

impl Reason {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::UnknownUser => "unknown_user",
            Self::WrongPassword => "wrong_password",
            Self::NameTaken => "name_taken",
            Self::Deactivated => "deactivated",
            Self::Expired => "expired",
            Self::Locked => "lockout",
            Self::Changed => "changed",
            Self::MissingCode => "missing_code",
            Self::WrongCode => "wrong_code",
            Self::NotThisWay => "not_this_way",
            Self::Spent => "spent",
        }
    }
}

/// A password could not be tried: counts for nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// Too many at once.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// Too many for this account at once.
    #[error("too many tries for one account at once")]
    NoPlace,
    /// Too many wrong ones from one network; the next may come after so long.
    #[error("too many wrong tries, please wait")]
    TooMany(Duration),
    /// A listed directory cannot be asked.
    #[error(transparent)]
    Directory(#[from] DirectoryDown),
    /// The table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// No data key is in force, or there is no randomness.
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
        self.tried(username, password, from, true).await
    }

    /// Tries once more a password that was wrong and counted not long ago: wrong again, it counts no more, and the audit
    /// trail has it already.
    pub async fn try_again(
        &self,
        username: &str,
        password: &Secret,
        from: From,
    ) -> Result<Verdict, AccountError> {
        self.tried(username, password, from, false).await
    }

    async fn tried(
        &self,
        username: &str,
        password: &Secret,
        from: From,
        counts: bool,
    ) -> Result<Verdict, AccountError> {
        let username = normalized(username);
        let attempt = self.attempt(&username, from)?;
        let (turn, place) = self.place(&attempt).await?;
        let read = self.table.identity(&username, Holder::Nothing).await;
        let read = self.or_leave(place.as_ref().ok(), read).await?;
        let user = read.user;
        let hash = user.as_ref().filter(|user| user.source == Source::Directory);
        let hash = hash.and_then(|user| user.password.as_ref());
        let verified = self.hashing.verify(turn, password, hash).await;
        let verified = self.or_leave(place.as_ref().ok(), verified).await?;
        let now = self.clock.now();
        let is_wrong = matches!(verified, Verified::Wrong);
        let mut by_reset = user.as_ref().filter(|_| is_wrong);
        by_reset = by_reset.filter(|user| self.is_of_reset_mail(user, password, now));
        let by_reset = by_reset.is_some();
        let mut decided = self.decide(user.as_ref(), !is_wrong || by_reset, now);
        if place.is_err() {
            decided = Err(Reason::Locked);
        }
        let answered = self.ask_directory(&username, password, decided, user).await;
        let answered = self.or_leave(place.as_ref().ok(), answered).await?;
        let (place, reason, user) = match (answered, place) {
            (Ok((user, entry)), Ok(place)) => {
                return Ok(Ok(Right {
                    user,
                    roles: read.roles,
                    place,
                    from,
                    outdated: match verified {
                        Verified::Outdated(fresh) => Some(fresh),
                        _ => None,
                    },
                    by_reset,
                    entry,
                    voucher: None,
                }));
            }
            (Ok((user, _)), locked) => (locked, Reason::Locked, Some(user)),
            (Err((reason, user)), place) => (place, reason, user),
        };
        if !counts {
            self.leave(place.as_ref().ok()).await?;
            let is_locked = reason == Reason::Locked;
            return Ok(Err(Wrong { is_locked }));
        }
        let place = place.as_ref().map_err(|locked| *locked);
        let refused = self.refuse(place, user.as_ref(), reason, from, now);
        refused.await.map(Err)
    }

    /// What is known of the try without asking the LDAP directory. `genuine`: the password is the user table's.
    fn decide(&self, user: Option<&User>, genuine: bool, now: Timestamp) -> Result<Decider, Reason> {
        let validators = &self.settings.authentication.validators;
        let is_listed = |validator| validators.contains(&validator);
        let Some(user) = user else {
            return if is_listed(Validator::Ldap) {
                Ok(Decider::Ldap)
            } else {
                Err(Reason::UnknownUser)
            };
        };
        // A validator that is not listed knows nobody.
        let (is_known, decider) = match user.source {
            Source::Directory => (is_listed(Validator::Directory), Decider::Table),
            Source::Ldap => (is_listed(Validator::Ldap), Decider::Ldap),
            // Known by no password.
            Source::TrustedHeader | Source::OpenidConnect => (false, Decider::Table),
        };
        match decider {
            _ if !is_known => Err(Reason::UnknownUser),
            _ if self.is_locked(user, now) => Err(Reason::Locked),
            Decider::Table if !genuine => Err(Reason::WrongPassword),
            _ if user.deactivated => Err(Reason::Deactivated),
            _ if !user.is_active(now) => Err(Reason::Expired),
            decider => Ok(decider),
        }
    }

    /// Whether failures keep the account locked.
    #[must_use]
    pub fn is_locked(&self, user: &User, now: Timestamp) -> bool {
        let lasts = self.settings.authentication.lockout;
        user.locked_at
            .is_some_and(|since| lasts.is_none_or(|lasts| now < since.plus(lasts)))
    }

    /// Whether it is the password that a reset mail gave out.
    fn is_of_reset_mail(&self, user: &User, password: &Secret, now: Timestamp) -> bool {
        let reset = user.reset.as_ref();
        let reset = reset.filter(|reset| reset.kind == ResetKind::Password && now < reset.expires_at);
        let parts = [&user.id.0.to_be_bytes()[..], password.expose_bytes()];
        reset.is_some_and(|reset| self.secrets.verifies(Purpose::Reset, &parts, &reset.hash))
    }

    /// Gives a place back that counts for nobody.
    pub(super) async fn leave(&self, place: Option<&Place>) -> Result<(), AccountError> {
        if let Some(place) = place {
            // Refused where it was counted as abandoned meanwhile: there is nothing left to give back.
            let _ = self.table.transaction().leave(place).commit().await?;
        }
        Ok(())
    }

    /// What `result` is. Where it is an error, which counts for nobody, the place is given back first.
    pub(super) async fn or_leave<T, E: Into<AccountError>>(
        &self,
        place: Option<&Place>,
        result: Result<T, E>,
    ) -> Result<T, AccountError> {
        match result {
            Ok(value) => Ok(value),
            Err(error) => {
                // The table may be what fails: the first error is the one to tell.
                let _ = self.leave(place).await;
                Err(error.into())
            }
        }
    }

    /// An entry about a try.
    pub(super) fn audit(&self, event: Event, from: From, now: Timestamp) -> AuditEntry {
        AuditEntry::new(event, now, self.settings.audit_retention_days)
            .from(from.address)
            .detail("way", from.way)
    }

    /// The other way to tell whose tries are counted, for who unlocks an account.
    pub fn unlocking(&self, username: &str) -> Result<Attempt, AccountError> {
        let from = From {
            address: IpAddr::from([0, 0, 0, 0]),
            way: "",
        };
        self.attempt(username, from)
    }
}

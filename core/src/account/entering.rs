//! What follows a right password: the second factor, a first login, and the one transaction that lets the user in.

use std::sync::Arc;

use super::letter::{Addressee, Letter};
use super::second_factor::{Enrolment, Keys, is_enrolled};
use super::trying::{AccountError, Accounts, Reason, Right, Wrong};
use super::writing::Written;
use crate::clock::Timestamp;
use crate::settings::Secret;
use crate::table::{AuditEntry, Event, Mail, MailKind, Roles, SecondFactor, Source, User, UserChange};

/// How often a login is written anew that met another change of the same user.
const TURNS: u32 = 4;

/// A right password was not enough. What concerns the code, and [`Denied::Wrong`], counts as a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// A code is needed.
    CodeMissing,
    /// The code is for a secret that nobody has any more, since setting up the factor was begun more than a day ago.
    EnrolmentOver,
    /// Refused like a wrong password.
    Wrong,
    /// A new password is needed.
    PasswordMissing,
    /// The user has no password here that could be changed.
    PasswordElsewhere,
}

impl std::convert::From<Wrong> for Denied {
    fn from(_: Wrong) -> Self {
        Self::Wrong
    }
}

/// A user whose login was right.
#[derive(Debug)]
pub struct Entered {
    /// The user, as the login left it.
    pub user: User,
    /// All roles.
    pub roles: Arc<Roles>,
    /// What is to be done first: then there is no ticket yet.
    pub first_login: Option<FirstLogin>,
}

/// A password to choose, or a second factor to set up.
#[derive(Debug)]
pub struct FirstLogin {
    /// The second factor to set up.
    pub enrolment: Option<Enrolment>,
}

/// A user with a password of his own choice, and the second factor set up.
#[derive(Debug)]
pub struct Changed {
    /// The user, as the change left it.
    pub user: User,
    /// All roles.
    pub roles: Arc<Roles>,
    /// The recovery codes of a factor that was just set up.
    pub recovery_codes: Vec<Secret>,
}

/// What a right code makes of the second factor; nothing where none is asked for.
#[derive(Default)]
struct Factor {
    to_write: Option<SecondFactor>,
    /// Where it was just set up.
    recovery_codes: Vec<Secret>,
}

impl Accounts<'_> {
    /// Lets a user in whose password was right. `code` is the second factor's.
    pub async fn enter(
        &self,
        mut right: Right,
        code: Option<&Secret>,
    ) -> Result<Result<Entered, Denied>, AccountError> {
        for _ in 0..TURNS {
            let now = self.clock.now();
            let mut change = of_password(&right, now);
            self.of_entry(&right.user, &right.roles, right.entry.as_ref(), &mut change);
            let (table, user) = (self.table, &right.user);
            let spared = table.spare_last_administrator(user, &mut change, &right.roles, now);
            let witness = self.or_leave(Some(&right.place), spared.await).await?;
            let mut enrolment = None;
            if self.needs_enrolment(&right.user) {
                let issuer = &self.settings.authentication.two_factor_issuer_name;
                let begun = self.keys(now).enrolment(&right.user, issuer);
                let (begun, to_write) = self.or_leave(Some(&right.place), begun).await?;
                enrolment = Some(begun);
                change.second_factor = to_write.map(Some);
            } else {
                match self.factor(&right, code, now).await? {
                    Ok(factor) => change.second_factor = factor.to_write.map(Some),
                    Err(denied) => return Ok(Err(denied)),
                }
            }
            let audit = self.succeeded(Event::LoginSucceeded, &right, &change, now);
            let user = change.applied(&right.user);
            let is_first = enrolment.is_some() || !user.is_password_changed;
            match self
                .commit(&right, &change, &audit, witness.as_ref(), None, !is_first)
                .await?
            {
                Written::Done => {
                    return Ok(Ok(Entered {
                        user,
                        roles: right.roles,
                        first_login: is_first.then_some(FirstLogin { enrolment }),
                    }));
                }
                Written::Spent => return self.spent(&right, now).await.map(Err),
                Written::Changed => {}
            }
            right = match self.read_again(right).await? {
                Ok(right) => right,
                Err(wrong) => return Ok(Err(wrong.into())),
            };
        }
        self.leave(Some(&right.place)).await?;
        Err(AccountError::NoPlace)
    }

    /// Lets a user in by a way that knows neither second factor nor first login (Basic, URL login). Who needs one of
    /// them is refused; that counts for nobody, and leaves the failures as they are.
    pub async fn enter_plainly(&self, right: Right) -> Result<Result<Entered, Denied>, AccountError> {
        let is_here = right.user.source == Source::Directory;
        let is_first_login = is_here && (!right.user.is_password_changed || right.by_reset);
        if self.settings.authentication.two_factor || is_first_login {
            let (name, now) = (&right.user.username, self.clock.now());
            let refused = self.refuse_uncounted(&right.place, name, Reason::NotThisWay, right.from, now);
            return Ok(Err(refused.await?.into()));
        }
        self.enter(right, None).await
    }

    /// The user sets a new password: every ticket and token of the user dies with the old one. Ends the second
    /// factor's enrolment too, which is all there is to do (`new` is `None`) for a user whose password is kept elsewhere.
    /// Of a new password the user gets word by mail, in the `language` of that tag (RFC 5646).
    pub async fn change_password(
        &self,
        mut right: Right,
        new: Option<&Secret>,
        code: Option<&Secret>,
        language: &str,
    ) -> Result<Result<Changed, Denied>, AccountError> {
        if let Some(denied) = self.cannot_change(&right, new) {
            self.leave(Some(&right.place)).await?;
            return Ok(Err(denied));
        }
        let mut hash = None;
        for _ in 0..TURNS {
            let now = self.clock.now();
            let factor = match self.factor(&right, code, now).await? {
                Ok(factor) => factor,
                Err(denied) => return Ok(Err(denied)),
            };
            if let (None, Some(new)) = (&hash, new) {
                let hashed = self.hashing.hash(new).await;
                hash = Some(self.or_leave(Some(&right.place), hashed).await?);
            }
            let change = of_new_password(&right.user, hash.as_ref(), factor.to_write, now);
            let event = match &hash {
                Some(_) => Event::PasswordChanged,
                None => Event::SecondFactorEnrolled,
            };
            let audit = self.succeeded(event, &right, &change, now);
            let notice = match &hash {
                Some(_) => {
                    let notice = self.mail(MailKind::PasswordChanged, &right.user, language, now);
                    self.or_leave(Some(&right.place), notice).await?
                }
                None => None,
            };
            match self
                .commit(&right, &change, &audit, None, notice.as_ref(), true)
                .await?
            {
                Written::Done => {
                    return Ok(Ok(Changed {
                        user: change.applied(&right.user),
                        roles: right.roles,
                        recovery_codes: factor.recovery_codes,
                    }));
                }
                Written::Spent => return self.spent(&right, now).await.map(Err),
                Written::Changed => {}
            }
            right = match self.read_again(right).await? {
                Ok(right) => right,
                Err(wrong) => return Ok(Err(wrong.into())),
            };
        }
        self.leave(Some(&right.place)).await?;
        Err(AccountError::NoPlace)
    }

    /// A mail to a user, to go into the queue with what it tells of; nothing where the settings have no template for it.
    pub fn mail(
        &self,
        kind: MailKind,
        user: &User,
        language: &str,
        now: Timestamp,
    ) -> Result<Option<Mail>, AccountError> {
        if kind.template(self.settings).is_none() {
            return Ok(None);
        }
        let letter = Letter {
            kind,
            to: Some(Addressee::from(user)),
            language: language.to_owned(),
        };
        letter.queued(self.secrets, self.random, now).map(Some)
    }

    /// Why the user's password cannot become `new`.
    fn cannot_change(&self, right: &Right, new: Option<&Secret>) -> Option<Denied> {
        let is_here = right.user.source == Source::Directory && right.voucher.is_none();
        match (is_here, new) {
            (true, Some(_)) => None,
            (true, None) => Some(Denied::PasswordMissing),
            (false, None) if self.needs_enrolment(&right.user) => None,
            _ => Some(Denied::PasswordElsewhere),
        }
    }

    fn keys(&self, now: Timestamp) -> Keys<'_> {
        Keys {
            secrets: self.secrets,
            random: self.random,
            now,
        }
    }

    fn needs_enrolment(&self, user: &User) -> bool {
        self.settings.authentication.two_factor && !is_enrolled(user)
    }

    /// Checks `code`, where two factors are on: of a factor in force, or the first one of an enrolment. One that is
    /// missing or wrong is counted.
    async fn factor(
        &self,
        right: &Right,
        code: Option<&Secret>,
        now: Timestamp,
    ) -> Result<Result<Factor, Denied>, AccountError> {
        if !self.settings.authentication.two_factor {
            return Ok(Ok(Factor::default()));
        }
        let Some(code) = code else {
            self.refuse_right(right, Reason::MissingCode, now).await?;
            return Ok(Err(Denied::CodeMissing));
        };
        let (keys, user) = (self.keys(now), &right.user);
        let found = if is_enrolled(user) {
            keys.check(user, code).map(|factor| (factor, Vec::new()))
        } else {
            let confirmed = keys.confirm(user, code);
            self.or_leave(Some(&right.place), confirmed).await?
        };
        let Some((factor, recovery_codes)) = found else {
            self.refuse_right(right, Reason::WrongCode, now).await?;
            let is_over = !is_enrolled(user) && !keys.is_pending(user);
            let denied = if is_over {
                Denied::EnrolmentOver
            } else {
                Denied::Wrong
            };
            return Ok(Err(denied));
        };
        Ok(Ok(Factor {
            to_write: Some(factor),
            recovery_codes,
        }))
    }

    /// The entry of what went well, with what went along.
    fn succeeded(&self, event: Event, right: &Right, change: &UserChange, now: Timestamp) -> AuditEntry {
        let mut audit = self.audit(event, right.from, now).of(&right.user.username);
        let was_enrolled = is_enrolled(&right.user);
        let becomes_enrolled = is_enrolled(&change.applied(&right.user));
        let details = [
            ("second_factor", "set_up", !was_enrolled && becomes_enrolled),
            (
                "second_factor",
                "used",
                was_enrolled && change.second_factor.is_some(),
            ),
            ("password", "of_reset_mail", right.by_reset),
            (
                "hash",
                "renewed",
                right.outdated.is_some() && change.is_password_changed.is_none(),
            ),
        ];
        for (name, value, _) in details.into_iter().filter(|(_, _, holds)| *holds) {
            audit = audit.detail(name, value);
        }
        audit
    }

    async fn refuse_right(
        &self,
        right: &Right,
        reason: Reason,
        now: Timestamp,
    ) -> Result<Wrong, AccountError> {
        self.refuse(Ok(&right.place), Some(&right.user), reason, right.from, now)
            .await
    }
}

/// What the password alone changes of the user.
fn of_password(right: &Right, now: Timestamp) -> UserChange {
    let user = &right.user;
    let mut change = UserChange {
        last_login: Some(now),
        // Also where there was none: one that came meanwhile holds, and this is refused.
        locked_at: Some(None),
        password: right.outdated.clone().map(Some),
        ..UserChange::default()
    };
    // A mailed password that is used for the first time: from now on it holds alone, until it is changed.
    if right.by_reset && user.password.is_some() {
        change.password = Some(None);
        change.is_password_changed = Some(false);
        change.ends_sessions = Some(now);
    }
    change
}

/// What a new password, if there is one, and the second factor change of the user.
fn of_new_password(
    user: &User,
    hash: Option<&Secret>,
    factor: Option<SecondFactor>,
    now: Timestamp,
) -> UserChange {
    let mut change = UserChange {
        last_login: Some(now),
        second_factor: factor.map(Some),
        // Also where there was none: one that came meanwhile holds, and this is refused.
        locked_at: Some(None),
        // With the factor just set up too: what was given without it is worth less.
        ends_sessions: Some(now),
        ..UserChange::default()
    };
    if let Some(hash) = hash {
        change.password = Some(Some(hash.clone()));
        change.is_password_changed = Some(true);
        change.reset = user.reset.as_ref().map(|_| None);
    }
    change
}

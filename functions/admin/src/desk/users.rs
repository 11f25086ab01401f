//! Users, with the fields of GeoMapFish's form.

use mapgate_core::account::{Accounts, is_enrolled};
use mapgate_core::clock::Timestamp;
use mapgate_core::pages::Language;

use mapgate_core::table::{
    AuditEntry, CreateUser, Event, FactorStage, Mail, MailKind, NewUser, Roles, Source, User, UserId,
    UserOrder, normalized,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Desk, Listed, Moment, Part, TURNS, Tagged, line, role_names};
use crate::fault::Fault;

mod asked;
mod sessions;

pub(crate) use asked::{PasswordAsked, UserAsked};
pub(crate) use sessions::{SessionShown, UserExport};

/// What users are sorted by, and which of it a prefix is looked for in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    /// The user name.
    #[default]
    Username,
    /// The e-mail address; users without one are left out.
    Email,
}

/// A user.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "the ticks of a form")]
pub(crate) struct UserShown {
    /// The number, which MapServer knows as `%user_id%`. Never used again.
    pub(crate) id: i64,
    /// The name one logs in with.
    pub(crate) username: String,
    /// The name shown.
    pub(crate) display_name: String,
    /// Where mail goes.
    pub(crate) email: Option<String>,
    /// The names of the user's own roles.
    pub(crate) roles: Vec<String>,
    /// The user changed his password. Until then the first login asks for a new one.
    pub(crate) is_password_changed: bool,
    /// Deactivated by an administrator: nobody can log in with the account, and no session counts.
    pub(crate) deactivated: bool,
    /// Whether too many failures deactivated it: nobody can log in until it is unlocked. Sessions that were there go on.
    pub(crate) locked: bool,
    /// Expiration date: from then on the account is as good as deactivated.
    pub(crate) expire_on: Option<Moment>,
    /// Whether that day has come.
    pub(crate) expired: bool,
    /// Last login.
    pub(crate) last_login: Option<Moment>,
    /// Who knows whether it is the user: `directory` (the password is kept here), `ldap`, `trusted_header` or
    /// `openid_connect`.
    #[schema(value_type = String)]
    pub(crate) source: Source,
    /// Whether there is a password here.
    pub(crate) has_password: bool,
    /// Whether a second factor is in force.
    pub(crate) two_factor_enabled: bool,
    /// How many recovery codes are left.
    pub(crate) recovery_codes: usize,
}

impl Tagged for UserShown {
    const PASSING: &'static [&'static str] = &["expired", "last_login", "recovery_codes"];
}

impl Desk<'_> {
    /// A part of the users.
    pub(crate) async fn users(&self, order: Order, part: Part<'_>) -> Result<Listed<UserShown>, Fault> {
        let order = match order {
            Order::Username => UserOrder::Name,
            Order::Email => UserOrder::Email,
        };
        let (
            table,
            Part {
                prefix,
                descending,
                after,
                limit,
            },
        ) = (self.table, part);
        let page = table.users(order, descending, prefix, after, limit).await?;
        Ok(Listed {
            items: self.show_users(&page.users, &table.roles().await?).await?,
            next: page.next,
        })
    }

    pub(super) async fn show_users(&self, users: &[User], roles: &Roles) -> Result<Vec<UserShown>, Fault> {
        let secrets = self.gate.secrets().await?;
        let accounts = self.gate.accounts(&secrets).await;
        let shown = users.iter().map(|user| show(&accounts, user, roles, self.now()));
        Ok(shown.collect())
    }

    /// One user.
    pub(crate) async fn user(&self, id: i64) -> Result<UserShown, Fault> {
        let (user, roles) = (self.read_user(id).await?, self.table.roles().await?);
        let secrets = self.gate.secrets().await?;
        Ok(show(
            &self.gate.accounts(&secrets).await,
            &user,
            &roles,
            self.now(),
        ))
    }

    async fn read_user(&self, id: i64) -> Result<User, Fault> {
        self.table
            .user_with_id(UserId(id))
            .await?
            .ok_or(Fault::NotFound("user"))
    }

    /// Makes a user. One without a password waits for who has the name in another directory, or for a welcome mail.
    pub(crate) async fn create_user(&self, asked: &UserAsked) -> Result<UserShown, Fault> {
        let (roles, secrets) = (self.table.roles().await?, self.gate.secrets().await?);
        let accounts = self.gate.accounts(&secrets).await;
        let now = self.now();
        let checked = asked.check(&roles, &self.gate.settings, now)?;
        let password = match &asked.password {
            Some(PasswordAsked(password)) => Some(self.gate.hashing.hash(password).await?),
            None => None,
        };
        let has_password = password.is_some();
        let new = NewUser {
            username: normalized(&asked.username),
            id: None,
            display_name: checked.display_name,
            email: checked.email,
            roles: checked.roles,
            password,
            is_password_changed: asked.is_password_changed,
            deactivated: asked.deactivated,
            expire_on: checked.expire_on,
            source: Source::Directory,
        };
        let user = self.table.numbered(new, now).await?;
        let shown = show(&accounts, &user, &roles, now);
        let audit = self.audit(Event::UserCreated).of(&user.username);
        let audit = with_password(audit.changes(trail(None, Some(&shown))), has_password);
        let mail = mails(&accounts, [(MailKind::Welcome, asked.welcome)], &user, now)?;
        match self
            .table
            .create_numbered(&user, &welcomed(audit, asked), mail.first())
            .await?
        {
            CreateUser::Created(UserId(id)) => self.user(id).await,
            CreateUser::NameTaken | CreateUser::IdTaken => Err(Fault::Conflict("taken-user".into())),
        }
    }

    /// Changes a user. Refused for the last administrator, where he would be none afterwards.
    pub(crate) async fn change_user(
        &self,
        id: i64,
        asked: &UserAsked,
        if_match: Option<&str>,
    ) -> Result<UserShown, Fault> {
        let secrets = self.gate.secrets().await?;
        let accounts = self.gate.accounts(&secrets).await;
        let mut hash = None;
        for _ in 0..TURNS {
            let (user, roles) = (self.read_user(id).await?, self.table.roles().await?);
            let now = self.now();
            let shown = show(&accounts, &user, &roles, now);
            shown.check(if_match)?;
            let checked = asked.check(&roles, &self.gate.settings, now)?;
            asked.fits(&user)?;
            if let (Some(PasswordAsked(password)), None) = (&asked.password, &hash) {
                hash = Some(self.gate.hashing.hash(password).await?);
            }
            let change = asked.change(checked, &user, hash.as_ref(), now);
            let after = change.applied(&user);
            let witness = self.table.witness(&user, Some(&after), &roles, now).await??;
            let after_shown = show(&accounts, &after, &roles, now);
            let audit = self.audit(Event::UserChanged);
            let audit = audit.changes(trail(Some(&shown), Some(&after_shown)));
            let audit = welcomed(with_password(audit, hash.is_some()), asked);
            let writes = self.table.transaction().change(&user, &change);
            let mut writes = writes
                .witnessed(witness.as_ref(), now)
                .audit(&audit.of(&user.username));
            if change.locked_at.is_some() {
                writes = writes.unlock(&accounts.unlocking(&user.username)?);
            }
            let kinds = [
                (MailKind::PasswordChanged, hash.is_some()),
                (MailKind::Welcome, asked.welcome),
            ];
            for mail in mails(&accounts, kinds, &after, now)? {
                writes = writes.mail(&mail);
            }
            if writes.commit().await?.is_ok() {
                return Ok(after_shown);
            }
        }
        Err(Fault::ChangedMeanwhile)
    }

    /// Takes a user away, with every ticket and token. Refused for the last administrator.
    pub(crate) async fn delete_user(&self, id: i64, if_match: Option<&str>) -> Result<(), Fault> {
        let secrets = self.gate.secrets().await?;
        let accounts = self.gate.accounts(&secrets).await;
        for _ in 0..TURNS {
            let (user, roles, now) = (self.read_user(id).await?, self.table.roles().await?, self.now());
            let shown = show(&accounts, &user, &roles, now);
            shown.check(if_match)?;
            let witness = self.table.witness(&user, None, &roles, now).await??;
            let audit = self.audit(Event::UserDeleted).of(&user.username);
            let audit = audit.detail("id", user.id.0.to_string());
            let audit = audit.changes(trail(Some(&shown), None));
            let writes = self.table.transaction().delete(&user);
            let writes = writes.witnessed(witness.as_ref(), now);
            let forgotten = accounts.unlocking(&user.username)?;
            if writes.unlock(&forgotten).audit(&audit).commit().await?.is_ok() {
                return Ok(());
            }
        }
        Err(Fault::ChangedMeanwhile)
    }
}

/// What the trail has of a user, before and after.
fn trail(before: Option<&UserShown>, after: Option<&UserShown>) -> [(&'static str, String, String); 8] {
    let word = |word: fn(&UserShown) -> String| {
        let of = |user: Option<&UserShown>| user.map(word).unwrap_or_default();
        (of(before), of(after))
    };
    [
        ("display_name", word(|user| user.display_name.clone())),
        ("email", word(|user| user.email.clone().unwrap_or_default())),
        ("roles", word(|user| line(&user.roles))),
        (
            "is_password_changed",
            word(|user| user.is_password_changed.to_string()),
        ),
        ("deactivated", word(|user| user.deactivated.to_string())),
        ("locked", word(|user| user.locked.to_string())),
        (
            "expire_on",
            word(|user| {
                user.expire_on
                    .as_ref()
                    .map_or_else(String::new, |day| day.0.clone())
            }),
        ),
        (
            "two_factor_enabled",
            word(|user| user.two_factor_enabled.to_string()),
        ),
    ]
    .map(|(field, (before, after))| (field, before, after))
}

/// The mails to a user that a change brings, of the kinds that are wanted.
fn mails<const N: usize>(
    accounts: &Accounts<'_>,
    kinds: [(MailKind, bool); N],
    user: &User,
    now: Timestamp,
) -> Result<Vec<Mail>, Fault> {
    let wanted = kinds.into_iter().filter(|(_, wanted)| *wanted);
    let mails = wanted.map(|(kind, _)| accounts.mail(kind, user, Language::English.tag(), now));
    let mails = mails.collect::<Result<Vec<_>, _>>()?;
    Ok(mails.into_iter().flatten().collect())
}

/// Notes that a password was set, which is all that the trail has of it.
fn with_password(audit: AuditEntry, is_set: bool) -> AuditEntry {
    if is_set {
        audit.detail("password", "set")
    } else {
        audit
    }
}

/// Notes that a welcome mail was asked for.
fn welcomed(audit: AuditEntry, asked: &UserAsked) -> AuditEntry {
    if asked.welcome {
        audit.detail("welcome", "queued")
    } else {
        audit
    }
}

fn show(accounts: &Accounts<'_>, user: &User, roles: &Roles, now: Timestamp) -> UserShown {
    let locked = accounts.is_locked(user, now);
    let recovery_codes = match user.second_factor.as_ref().map(|factor| &factor.stage) {
        Some(FactorStage::Confirmed { recovery_codes, .. }) => recovery_codes.len(),
        _ => 0,
    };
    UserShown {
        id: user.id.0,
        username: user.username.clone(),
        display_name: user.display_name.clone(),
        email: user.email.clone(),
        roles: role_names(&user.roles, roles),
        is_password_changed: user.is_password_changed,
        deactivated: user.deactivated,
        locked,
        expire_on: user.expire_on.map(Moment::from),
        expired: user.expire_on.is_some_and(|day| day <= now),
        last_login: user.last_login.map(Moment::from),
        source: user.source,
        has_password: user.password.is_some(),
        two_factor_enabled: is_enrolled(user),
        recovery_codes,
    }
}

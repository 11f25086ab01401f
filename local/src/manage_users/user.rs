//! `manage-users USERNAME`: a user is made, or gets a new password.

use std::collections::BTreeSet;
use std::io::Write;

use anyhow::{Context as _, bail};
use mapgate_core::account::check_new_password;
use mapgate_core::gate::Gate;
use mapgate_core::pages::Language;
use mapgate_core::settings::Secret;
use mapgate_core::table::{
    AuditEntry, CreateUser, Event, MailKind, NewUser, RoleId, Source, User, UserChange, normalized,
};

use super::command::UserAsked;
use super::{check_email, check_username, given, secrets};

/// How often a change is tried that meets another one of the same user.
const TURNS: u32 = 8;

/// Makes or changes the user, and says what was done.
pub(super) async fn manage(gate: &Gate, mut asked: UserAsked, output: &mut impl Write) -> anyhow::Result<()> {
    check_username(&asked.username)?;
    if let Some(email) = &asked.email {
        check_email(email)?;
    }
    asked.username = normalized(&asked.username);
    if let Some(password) = asked.password.take() {
        let password = given(password)?;
        check_new_password(&password, &Secret::new(""), &asked.username)?;
        asked.password = Some(password);
    }
    let mut work = Work {
        gate,
        asked,
        hash: None,
    };
    for _ in 0..TURNS {
        let done = match gate.table().await.user(&work.asked.username).await? {
            Some(user) => work.change(&user).await?,
            None if work.asked.create => work.create().await?,
            None => bail!("there is no user {} (--create makes one)", work.asked.username),
        };
        if let Some(lines) = done {
            for line in lines {
                writeln!(output, "{}: {line}", work.asked.username)?;
            }
            return Ok(());
        }
    }
    bail!(
        "user {} keeps changing meanwhile, nothing was done",
        work.asked.username
    )
}

struct Work<'a> {
    gate: &'a Gate,
    asked: UserAsked,
    /// The password's hash, made once.
    hash: Option<Secret>,
}

impl Work<'_> {
    /// The number of a role that must be there.
    async fn role(&self, name: &str) -> anyhow::Result<RoleId> {
        let roles = self.gate.table().await.roles().await?;
        let role = roles.named(name).map(|role| role.id);
        role.with_context(|| format!("there is no role {name}"))
    }

    async fn hash(&mut self) -> anyhow::Result<Secret> {
        if let Some(hash) = &self.hash {
            return Ok(hash.clone());
        }
        let of_name = || Secret::new(self.asked.username.as_str());
        let password = self.asked.password.clone().unwrap_or_else(of_name);
        let hash = self.gate.hashing.hash(&password).await?;
        self.hash = Some(hash.clone());
        Ok(hash)
    }

    fn audit(&self, event: Event) -> AuditEntry {
        let days = self.gate.settings.audit_retention_days;
        let entry = AuditEntry::new(event, self.gate.clock.now(), days);
        entry.of(&self.asked.username).detail("by", "manage-users")
    }

    /// Makes the user. Nothing where someone else just did.
    async fn create(&mut self) -> anyhow::Result<Option<Vec<String>>> {
        if self.asked.password.is_none() || self.asked.email.is_none() {
            bail!("a new user needs --password and --email");
        }
        let role = self.asked.role_of_new().to_owned();
        let new = NewUser {
            username: self.asked.username.clone(),
            id: None,
            display_name: self.asked.username.clone(),
            email: self.asked.email.clone(),
            roles: BTreeSet::from([self.role(&role).await?]),
            password: Some(self.hash().await?),
            is_password_changed: false,
            deactivated: false,
            expire_on: None,
            source: Source::Directory,
        };
        let audit = self.audit(Event::UserCreated).detail("role", &role);
        let table = self.gate.table().await;
        match table.create_user(new, self.gate.clock.now(), &audit).await? {
            CreateUser::Created(id) => Ok(Some(vec![
                format!("made, with the id {} and the role {role}", id.0),
                "must choose another password at the first login".to_owned(),
            ])),
            CreateUser::NameTaken if table.user(&self.asked.username).await?.is_some() => Ok(None),
            CreateUser::NameTaken => bail!("a user has this name in another case"),
            CreateUser::IdTaken => Ok(None),
        }
    }

    /// Changes the user. Nothing where someone else just did.
    async fn change(&mut self, user: &User) -> anyhow::Result<Option<Vec<String>>> {
        let now = self.gate.clock.now();
        let mut audit = self.audit(Event::UserChanged);
        let mut lines = Vec::new();
        let mut change = UserChange {
            locked_at: Some(None),
            ..UserChange::default()
        };
        if user.source == Source::Directory {
            change.password = Some(Some(self.hash().await?));
            change.is_password_changed = Some(false);
            change.reset = user.reset.as_ref().map(|_| None);
            change.ends_sessions = Some(now);
            audit = audit.detail("password", "set");
            let which = match &self.asked.password {
                Some(_) => "the one given",
                None => "the user name",
            };
            lines.push(format!(
                "the password is {which}, and must be changed at the next login"
            ));
            lines.push("every session and token of before is dead".to_owned());
        } else if self.asked.password.is_some() {
            bail!("the password of {} is kept in another directory", user.username);
        } else {
            lines.push("the password is kept in another directory, and stays".to_owned());
        }
        if let Some(email) = self
            .asked
            .email
            .clone()
            .filter(|email| user.email.as_ref() != Some(email))
        {
            audit = audit
                .detail("email_before", user.email.clone().unwrap_or_default())
                .detail("email_after", &email);
            lines.push(format!("the e-mail address is {email}"));
            change.email = Some(Some(email));
        }
        if let Some(name) = self.asked.rolename.clone() {
            let role = self.role(&name).await?;
            let mut roles = user.roles.clone();
            if roles.insert(role) {
                audit = audit.detail("role_added", &name);
                lines.push(format!("has the role {name}"));
                change.roles = Some(roles);
            }
        }
        if user.locked_at.is_some() {
            audit = audit.detail("lockout", "lifted");
            lines.push("the lockout is lifted".to_owned());
        }
        if user.deactivated {
            lines.push("an administrator deactivated the account, and that stays".to_owned());
        } else if !user.is_active(now) {
            lines.push("the account has expired, and that stays".to_owned());
        }
        let secrets = secrets(self.gate).await?;
        let accounts = self.gate.accounts(&secrets).await;
        let attempt = accounts.unlocking(&user.username)?;
        let mut writes = self.gate.table().await.transaction().change(user, &change);
        if change.password.is_some()
            && let Some(notice) =
                accounts.mail(MailKind::PasswordChanged, user, Language::English.tag(), now)?
        {
            writes = writes.mail(&notice);
        }
        let done = writes.unlock(&attempt).audit(&audit).commit().await?;
        Ok(done.is_ok().then_some(lines))
    }
}

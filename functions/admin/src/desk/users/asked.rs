//! What an administrator asks of a user.

use std::collections::BTreeSet;

use mapgate_core::account::{check_new_password, is_username};
use mapgate_core::clock::Timestamp;
use mapgate_core::settings::{Secret, Settings, is_email_address};
use mapgate_core::table::{MAX_ROLES, RoleId, Roles, Source, User, UserChange, normalized};
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::{LONGEST_NAME, Moment, NAME_FAULT, role_ids};
use super::UserShown;
use crate::fault::{Fault, Said, Wrongs};

/// What is asked of a user: all of it, and what is left out is taken away.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "the ticks of a form")]
pub(crate) struct UserAsked {
    /// The name one logs in with. It cannot be changed.
    #[schema(min_length = 1, max_length = 255)]
    pub(crate) username: String,
    /// The name shown; the user name where there is none.
    #[serde(default)]
    #[schema(max_length = 255)]
    pub(crate) display_name: Option<String>,
    /// Where mail goes.
    #[serde(default)]
    #[schema(max_length = 254)]
    pub(crate) email: Option<String>,
    /// The names of the user's roles.
    #[serde(default)]
    pub(crate) roles: Vec<String>,
    /// The user changed his password: for a new user, whether the first password stays. Taken away, the next login asks for a
    /// new password, the second factor is reset, what a mail gave out is dead, and every session ends.
    #[serde(default)]
    pub(crate) is_password_changed: bool,
    /// Deactivated by an administrator. What too many failures did is `locked`, and stays beside it.
    #[serde(default)]
    pub(crate) deactivated: bool,
    /// Unlocks an account that too many failures locked.
    #[serde(default)]
    #[schema(write_only)]
    pub(crate) unlock: bool,
    /// Expiration date.
    #[serde(default)]
    pub(crate) expire_on: Option<Moment>,
    /// Sends the welcome mail of the settings. It needs an address, and an account here that is neither deactivated nor
    /// expired.
    #[serde(default)]
    #[schema(write_only)]
    pub(crate) welcome: bool,
    /// A new password. A user who is there must change it at the next login, and every session ends.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password, write_only)]
    pub(crate) password: Option<PasswordAsked>,
}

impl From<&UserShown> for UserAsked {
    /// What leaves the user as it is.
    fn from(user: &UserShown) -> Self {
        Self {
            username: user.username.clone(),
            display_name: Some(user.display_name.clone()),
            email: user.email.clone(),
            roles: user.roles.clone(),
            is_password_changed: user.is_password_changed,
            deactivated: user.deactivated,
            unlock: false,
            expire_on: user.expire_on.clone(),
            welcome: false,
            password: None,
        }
    }
}

/// A password on its way in.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "String")]
pub(crate) struct PasswordAsked(pub(crate) Secret);

impl From<String> for PasswordAsked {
    fn from(text: String) -> Self {
        Self(Secret::new(text))
    }
}

/// What is asked, found right.
pub(super) struct Checked {
    pub(super) display_name: String,
    pub(super) email: Option<String>,
    pub(super) roles: BTreeSet<RoleId>,
    pub(super) expire_on: Option<Timestamp>,
}

impl UserAsked {
    /// Finds it right, or says all that is wrong.
    pub(super) fn check(&self, roles: &Roles, settings: &Settings, now: Timestamp) -> Result<Checked, Fault> {
        let mut wrongs = Wrongs::default();
        let username = normalized(&self.username);
        wrongs.unless(is_username(&username), "username", NAME_FAULT);
        let display_name = self.display_name.as_deref().map(str::trim).unwrap_or_default();
        let plain = !display_name.chars().any(char::is_control) && display_name.len() <= LONGEST_NAME;
        wrongs.unless(plain, "display_name", "wrong-display-name");
        let email = self
            .email
            .as_deref()
            .map(str::trim)
            .filter(|email| !email.is_empty());
        let right = email.is_none_or(is_email_address);
        wrongs.unless(right, "email", "wrong-email");
        let roles = role_ids(&mut wrongs, "roles", &self.roles, roles);
        wrongs.unless(
            roles.len() <= MAX_ROLES,
            "roles",
            Said::with("too-many-roles", "many", MAX_ROLES.to_string()),
        );
        let expire_on = self.expire_on.as_ref().and_then(|moment| {
            let moment = Timestamp::parse_rfc3339(&moment.0);
            wrongs.unless(moment.is_some(), "expire_on", "wrong-moment");
            moment
        });
        let in_force = !self.deactivated && expire_on.is_none_or(|day| now < day);
        let can_welcome = email.is_some() && in_force && settings.welcome_email.is_some();
        wrongs.unless(!self.welcome || can_welcome, "welcome", "wrong-welcome");
        if let Some(PasswordAsked(password)) = &self.password {
            wrongs.check(
                "password",
                check_new_password(password, &Secret::new(""), &username),
            );
        }
        wrongs.done()?;
        let name = if display_name.is_empty() {
            username.as_str()
        } else {
            display_name
        };
        Ok(Checked {
            display_name: name.to_owned(),
            email: email.map(str::to_owned),
            roles,
            expire_on,
        })
    }

    /// Refuses another name, which is what tickets, tokens and the trail know a user by, and a password that is kept
    /// elsewhere.
    pub(super) fn fits(&self, user: &User) -> Result<(), Fault> {
        let mut wrongs = Wrongs::default();
        let is_same = normalized(&self.username) == user.username;
        wrongs.unless(is_same, "username", "fixed");
        let elsewhere = self.password.is_some() && user.source != Source::Directory;
        wrongs.unless(!elsewhere, "password", "wrong-password-elsewhere");
        let elsewhere = self.welcome && user.source != Source::Directory;
        wrongs.unless(!elsewhere, "welcome", "wrong-password-elsewhere");
        wrongs.done()
    }

    /// The change of `user`.
    pub(super) fn change(
        &self,
        checked: Checked,
        user: &User,
        hash: Option<&Secret>,
        now: Timestamp,
    ) -> UserChange {
        let is_here = user.source == Source::Directory;
        let unticked = user.is_password_changed && !self.is_password_changed;
        let is_password_changed = (self.is_password_changed && hash.is_none()) || !is_here;
        let resets = unticked && user.second_factor.is_some();
        // What was mailed is for who reads the former address, and for the password as it was.
        let disowns = unticked || hash.is_some() || checked.email != user.email;
        UserChange {
            display_name: Some(checked.display_name),
            email: Some(checked.email),
            roles: Some(checked.roles),
            deactivated: Some(self.deactivated),
            expire_on: Some(checked.expire_on),
            is_password_changed: Some(is_password_changed),
            password: hash.map(|hash| Some(hash.clone())),
            reset: disowns.then_some(None),
            second_factor: resets.then_some(None),
            locked_at: self.unlock.then_some(None),
            ends_sessions: (unticked || hash.is_some()).then_some(now),
            as_shown: true,
            ..UserChange::default()
        }
    }
}

//! What identity rests on, in one consistent request: the user, the roles, and what may have ended the credential.

use std::sync::Arc;

use super::grants::{self, Grant, GrantKey};
use super::item::Item;
use super::{Roles, Table, TableError, User, roles, sessions, users};
use crate::clock::Timestamp;

/// What the credential hangs on besides the user.
#[derive(Debug, Clone, Copy)]
pub enum Holder<'a> {
    /// Nothing: a password, or a ticket without a session.
    Nothing,
    /// The session of a ticket.
    Session(&'a str),
    /// The token family of an access token.
    Grant(&'a GrantKey),
}

/// What was read.
#[derive(Debug, Clone)]
pub struct IdentityRecord {
    /// The user; none where there is none of that name.
    pub user: Option<User>,
    /// All roles.
    pub roles: Arc<Roles>,
    /// Whether the session was ended.
    pub session_ended: bool,
    /// The token family, where asked for and there.
    pub grant: Option<Grant>,
}

impl IdentityRecord {
    /// The user and the family under `key`, where both still stand at `now`: with one session a user, another family may
    /// have taken the place. `two_factor` as for [`User::is_set_up`].
    #[must_use]
    pub fn holder(&self, key: &GrantKey, two_factor: bool, now: Timestamp) -> Option<(&User, &Grant)> {
        let pair = self.user.as_ref().zip(self.grant.as_ref());
        pair.filter(|(user, grant)| {
            grant.key == *key && grant.lives(now) && grant.is_of(user, two_factor, now)
        })
    }
}

impl Table {
    /// Reads user, roles and holder consistently, by primary key, in one request.
    pub async fn identity(&self, username: &str, holder: Holder<'_>) -> Result<IdentityRecord, TableError> {
        let (user_key, roles_key) = (users::key_of_any(username), roles::key());
        let holder_key = match holder {
            Holder::Nothing => None,
            Holder::Session(session) => Some(sessions::key(session)),
            Holder::Grant(grant) => Some(grants::key(grant)),
        };
        let mut keys = vec![&roles_key];
        keys.extend(&user_key);
        keys.extend(&holder_key);
        let mut items: Vec<Item> = self.batch(&keys).await?;
        let mut take = |key: &super::item::Key| {
            items
                .iter()
                .position(|item| key.is_of(item))
                .map(|at| items.swap_remove(at))
        };
        let held = holder_key.as_ref().and_then(&mut take);
        let is_grant = matches!(holder, Holder::Grant(_));
        Ok(IdentityRecord {
            user: user_key
                .as_ref()
                .and_then(&mut take)
                .map(users::read)
                .transpose()?,
            roles: Arc::new(roles::read(take(&roles_key))?),
            session_ended: !is_grant && held.is_some(),
            grant: held.filter(|_| is_grant).map(grants::read).transpose()?,
        })
    }
}

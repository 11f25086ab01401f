//! What identity rests on, in one consistent request: the user, the roles, and what may have ended the credential.

use std::sync::Arc;

use super::grants::{self, Grant, GrantKey};
use super::item::{Item, Key};
use super::{
    Client, Counter, Moments, Roles, Table, TableError, User, clients, limits, roles, sessions, users,
};
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
    /// That one's client, where asked for and there.
    pub client: Option<Client>,
}

impl IdentityRecord {
    /// The user and the family under `key`, where both still stand at `now`, and the client too: with one session a user,
    /// another family may have taken the place. `two_factor` as for [`User::is_set_up`].
    #[must_use]
    pub fn holder(&self, key: &GrantKey, two_factor: bool, now: Timestamp) -> Option<(&User, &Grant)> {
        let (user, grant) = self.user.as_ref().zip(self.grant.as_ref())?;
        let client = self.client.as_ref()?;
        let stands = grant.lives(now) && grant.is_of(user, two_factor, now) && grant.is_given_to(client);
        (grant.key == *key && stands).then_some((user, grant))
    }
}

impl Table {
    /// Reads user, roles and holder consistently, by primary key, in one request.
    pub async fn identity(&self, username: &str, holder: Holder<'_>) -> Result<IdentityRecord, TableError> {
        Ok(self.identity_and(username, holder, None).await?.0)
    }

    /// The same for a client that asks, with what the counter of its wrong secrets holds now.
    pub async fn identity_and_count(
        &self,
        username: &str,
        holder: Holder<'_>,
        counter: &Counter,
    ) -> Result<(IdentityRecord, Moments), TableError> {
        let key = limits::key(counter);
        let (record, item) = self.identity_and(username, holder, Some(&key)).await?;
        Ok((record, limits::read(item.as_ref())))
    }

    async fn identity_and(
        &self,
        username: &str,
        holder: Holder<'_>,
        other: Option<&Key>,
    ) -> Result<(IdentityRecord, Option<Item>), TableError> {
        let (user_key, roles_key) = (users::key_of_any(username), roles::key());
        let holder_key = match holder {
            Holder::Nothing => None,
            Holder::Session(session) => Some(sessions::key(session)),
            Holder::Grant(grant) => Some(grants::key(grant)),
        };
        let client_key = match holder {
            Holder::Grant(grant) => Some(clients::key(&grant.client_id)),
            Holder::Nothing | Holder::Session(_) => None,
        };
        let mut keys = vec![&roles_key];
        keys.extend(&user_key);
        keys.extend(&holder_key);
        keys.extend(&client_key);
        keys.extend(other);
        let mut items: Vec<Item> = self.batch(&keys).await?;
        let mut take = |key: &Key| {
            items
                .iter()
                .position(|item| key.is_of(item))
                .map(|at| items.swap_remove(at))
        };
        let held = holder_key.as_ref().and_then(&mut take);
        let is_grant = matches!(holder, Holder::Grant(_));
        let record = IdentityRecord {
            user: user_key
                .as_ref()
                .and_then(&mut take)
                .map(users::read)
                .transpose()?,
            roles: Arc::new(roles::read(take(&roles_key))?),
            session_ended: !is_grant && held.is_some(),
            grant: held.filter(|_| is_grant).map(grants::read).transpose()?,
            client: client_key
                .as_ref()
                .and_then(&mut take)
                .map(clients::read)
                .transpose()?,
        };
        Ok((record, other.and_then(take)))
    }
}

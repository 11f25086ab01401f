//! What a client's request needs, in one consistent read: the client, what is noted of wrong secrets, and what it asks
//! with.

use super::super::item::{Item, Key, from_item};
use super::super::limits::{self, Counter, Moments};
use super::super::{Client, Table, TableError, clients};
use super::{Code, Grant, GrantKey, code_key, key, read};

/// A client as a request names it.
#[derive(Debug, Clone)]
pub struct KnownClient {
    /// The client; none where there is none of that identifier.
    pub client: Option<Client>,
    /// When wrong secrets came.
    pub wrong_secrets: Moments,
}

impl Table {
    /// The client of a request. `client_id` is at most [`MAX_CLIENT_ID`](super::super::MAX_CLIENT_ID) bytes and not
    /// empty, here and below; `wrong_secrets` is the counter of its wrong secrets.
    pub async fn known_client(
        &self,
        client_id: &str,
        wrong_secrets: &Counter,
    ) -> Result<KnownClient, TableError> {
        Ok(self.client_and(client_id, wrong_secrets, None).await?.0)
    }

    /// The client and the code of a token request.
    pub async fn client_and_code(
        &self,
        client_id: &str,
        wrong_secrets: &Counter,
        lookup: &str,
    ) -> Result<(KnownClient, Option<Code>), TableError> {
        let code = code_key(lookup);
        let (client, code) = self.client_and(client_id, wrong_secrets, Some(&code)).await?;
        Ok((client, code.map(from_item).transpose()?))
    }

    /// The client and the family of a refresh.
    pub async fn client_and_grant(
        &self,
        client_id: &str,
        wrong_secrets: &Counter,
        grant: &GrantKey,
    ) -> Result<(KnownClient, Option<Grant>), TableError> {
        let grant = key(grant);
        let (client, grant) = self.client_and(client_id, wrong_secrets, Some(&grant)).await?;
        Ok((client, grant.map(read).transpose()?))
    }

    async fn client_and(
        &self,
        client_id: &str,
        wrong_secrets: &Counter,
        other: Option<&Key>,
    ) -> Result<(KnownClient, Option<Item>), TableError> {
        let (client, counter) = (clients::key(client_id), limits::key(wrong_secrets));
        let mut keys = vec![&client, &counter];
        keys.extend(other);
        let mut items = self.batch(&keys).await?;
        let mut take = |key: &Key| {
            let at = items.iter().position(|item| key.is_of(item));
            at.map(|at| items.swap_remove(at))
        };
        let known = KnownClient {
            client: take(&client).map(clients::read).transpose()?,
            wrong_secrets: limits::read(take(&counter).as_ref()),
        };
        Ok((known, other.and_then(take)))
    }
}

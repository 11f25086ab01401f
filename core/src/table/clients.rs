//! OAuth2 clients.

use serde::{Deserialize, Serialize};

use super::audit::AuditEntry;
use super::item::{Item, Key, delete_as_read, from_item, put_new, put_over, to_item};
use super::listing::{Asked, NAME_KEY, listed};
use super::{Table, TableError, Transaction, unavailable};
use crate::clock::Timestamp;

const CLIENTS: &str = "clients";

/// The most bytes of a client's identifier: it stands in keys, which DynamoDB limits.
pub const MAX_CLIENT_ID: usize = 255;

/// An OAuth2 client (RFC 6749 §2), with the fields of contract section 5.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// The client's identifier.
    pub client_id: String,
    /// The keyed hash of the client's secret; none for a public client (RFC 6749 §2.1).
    pub secret_hash: Option<String>,
    /// Where codes may be sent.
    pub redirect_uris: Vec<String>,
    /// Whether a request without `state` is refused.
    pub state_required: bool,
    /// Whether a request without a PKCE challenge is refused; always so for a public client.
    pub pkce_required: bool,
    /// Whether a user has one active session only, the newest.
    pub single_session: bool,
    /// The scopes registered; empty for the usual ones.
    pub scopes: Vec<String>,
    /// When it was made. One made later under the same identifier is another client: what the former one was given is
    /// dead.
    #[serde(default = "long_ago")]
    pub made_at: Timestamp,
}

/// Clients of earlier versions tell no moment.
pub(super) const fn long_ago() -> Timestamp {
    Timestamp::from_millis(0)
}

/// A client of which all holds that must hold of one: the table takes no other. `check_client` in the room `oauth` makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedClient(Client);

impl CheckedClient {
    /// For who has checked.
    pub(crate) const fn of(client: Client) -> Self {
        Self(client)
    }
}

impl std::ops::Deref for CheckedClient {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.0
    }
}

impl Client {
    /// Whether the client cannot keep a secret (RFC 6749 §2.1).
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.secret_hash.is_none()
    }
}

pub(super) fn key(client_id: &str) -> Key {
    Key::new(format!("client#{client_id}"), "client")
}

/// Some of the clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientPage {
    /// By identifier.
    pub clients: Vec<Client>,
    /// Behind what the next page begins; none where this is the last.
    pub next: Option<String>,
}

fn item(client: &Client) -> Result<Item, TableError> {
    let mut item = to_item(&key(&client.client_id), client, None)?;
    item.extend(listed(CLIENTS, &client.client_id));
    Ok(item)
}

pub(super) fn read(item: Item) -> Result<Client, TableError> {
    from_item(item)
}

impl Table {
    /// The client of that identifier, read consistently. One that is empty or over [`MAX_CLIENT_ID`] is nobody's.
    pub async fn client(&self, client_id: &str) -> Result<Option<Client>, TableError> {
        if !(1..=MAX_CLIENT_ID).contains(&client_id.len()) {
            return Ok(None);
        }
        self.get(&key(client_id)).await?.map(read).transpose()
    }

    /// Makes a client, with `audit` in the same transaction; `false` where there is one of this identifier.
    pub async fn create_client(
        &self,
        client: &CheckedClient,
        audit: &AuditEntry,
    ) -> Result<bool, TableError> {
        let writes = vec![put_new(&self.name, item(client)?)?, self.audit_put(audit)?];
        Ok(self.transact(writes).await?.is_ok())
    }

    /// Writes a client, in place of one of the same identifier.
    pub async fn put_client(&self, client: &CheckedClient) -> Result<(), TableError> {
        let item = item(client)?;
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        put.send().await.map(drop).map_err(|error| unavailable(&error))
    }

    /// At most `limit` clients (100 at most) whose identifier begins with `prefix`, from behind `after` on, an earlier
    /// page's [`next`](ClientPage::next). An `after` that never was one begins anew.
    pub async fn clients(
        &self,
        prefix: &str,
        descending: bool,
        after: Option<&str>,
        limit: usize,
    ) -> Result<ClientPage, TableError> {
        let asked = Asked {
            list: CLIENTS,
            by: NAME_KEY,
            descending,
            prefix,
            after,
            limit,
        };
        let (items, next) = self.listed(asked).await?;
        let clients = items.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(ClientPage { clients, next })
    }
}

impl Transaction<'_> {
    /// Changes a client, whose identifier stays, as does when it was made, where it still is as read.
    pub fn change_client(self, before: &Client, after: &CheckedClient) -> Self {
        let table = self.table();
        let after = Client {
            client_id: before.client_id.clone(),
            made_at: before.made_at,
            ..after.0.clone()
        };
        let put = item(&after).and_then(|item| put_over(&table.name, &key(&before.client_id), before, item));
        self.with_other(put)
    }

    /// Takes a client away, where it still is as read. Its tokens die with it.
    pub fn delete_client(self, client: &Client) -> Self {
        let delete = delete_as_read(&self.table().name, &key(&client.client_id), client);
        self.with_other(delete)
    }
}

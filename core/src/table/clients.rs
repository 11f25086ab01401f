//! OAuth2 clients.

use serde::{Deserialize, Serialize};

use super::audit::AuditEntry;
use super::item::{Item, Key, from_item, put_new, to_item};
use super::{Table, TableError, unavailable};

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
    pub async fn create_client(&self, client: &Client, audit: &AuditEntry) -> Result<bool, TableError> {
        let item = to_item(&key(&client.client_id), client, None)?;
        let writes = vec![put_new(&self.name, item)?, self.audit_put(audit)?];
        Ok(self.transact(writes).await?.is_ok())
    }

    /// Writes a client, in place of one of the same identifier.
    pub async fn put_client(&self, client: &Client) -> Result<(), TableError> {
        let item = to_item(&key(&client.client_id), client, None)?;
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        put.send().await.map(drop).map_err(|error| unavailable(&error))
    }
}

//! OAuth2 clients.

use mapgate_core::clock::Timestamp;
use mapgate_core::oauth::{check_client, client_secret_hash};
use mapgate_core::settings::Secret;
use mapgate_core::table::{CheckedClient, Client, Event};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Desk, Listed, Part, Tagged, line, yes};
use crate::fault::{Fault, Wrongs};

/// An OAuth2 client. Its secret is stored as a hash and never shown again.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "the ticks of a form")]
pub(crate) struct ClientShown {
    /// The identifier.
    pub(crate) client_id: String,
    /// Whether it has a secret; one without is public, and uses PKCE.
    pub(crate) confidential: bool,
    /// Where codes may be sent.
    pub(crate) redirect_uris: Vec<String>,
    /// Whether a request without `state` is refused.
    pub(crate) state_required: bool,
    /// Whether a request without PKCE is refused.
    pub(crate) pkce_required: bool,
    /// Whether a user has one active session, the newest.
    pub(crate) single_session: bool,
    /// The scopes it can ask for; none for `map openid profile email`.
    pub(crate) scopes: Vec<String>,
}

impl Tagged for ClientShown {}

/// A client with the secret that it was given just now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClientMade {
    /// The client.
    pub(crate) client: ClientShown,
    /// Its secret, which is shown this once; null for a public client.
    pub(crate) client_secret: Option<String>,
}

/// What is asked of a client.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "the ticks of a form")]
pub(crate) struct ClientAsked {
    /// The identifier. It cannot be changed.
    #[schema(min_length = 1, max_length = 255)]
    pub(crate) client_id: String,
    /// Whether it gets a secret. It cannot be changed.
    #[serde(default = "yes")]
    pub(crate) confidential: bool,
    /// Where codes may be sent.
    #[serde(default)]
    pub(crate) redirect_uris: Vec<String>,
    /// Whether a request without `state` is refused.
    #[serde(default)]
    pub(crate) state_required: bool,
    /// Whether a request without PKCE is refused; always so for a public client.
    #[serde(default)]
    pub(crate) pkce_required: bool,
    /// Whether a user has one active session, the newest.
    #[serde(default = "yes")]
    pub(crate) single_session: bool,
    /// The scopes it can ask for; none for `map openid profile email`.
    #[serde(default)]
    pub(crate) scopes: Vec<String>,
}

impl From<&Client> for ClientShown {
    fn from(client: &Client) -> Self {
        Self {
            client_id: client.client_id.clone(),
            confidential: !client.is_public(),
            redirect_uris: client.redirect_uris.clone(),
            state_required: client.state_required,
            pkce_required: client.pkce_required,
            single_session: client.single_session,
            scopes: client.scopes.clone(),
        }
    }
}

impl Default for ClientAsked {
    /// What most want.
    fn default() -> Self {
        Self {
            client_id: String::new(),
            confidential: true,
            redirect_uris: Vec::new(),
            state_required: false,
            pkce_required: false,
            single_session: true,
            scopes: Vec::new(),
        }
    }
}

impl From<&ClientShown> for ClientAsked {
    /// What leaves the client as it is.
    fn from(client: &ClientShown) -> Self {
        Self {
            client_id: client.client_id.clone(),
            confidential: client.confidential,
            redirect_uris: client.redirect_uris.clone(),
            state_required: client.state_required,
            pkce_required: client.pkce_required,
            single_session: client.single_session,
            scopes: client.scopes.clone(),
        }
    }
}

impl ClientAsked {
    fn record(&self, secret_hash: Option<String>, made_at: Timestamp) -> Result<CheckedClient, Fault> {
        checked(Client {
            client_id: self.client_id.clone(),
            redirect_uris: self.redirect_uris.clone(),
            state_required: self.state_required,
            pkce_required: self.pkce_required || secret_hash.is_none(),
            secret_hash,
            single_session: self.single_session,
            scopes: self.scopes.clone(),
            made_at,
        })
    }
}

/// `client`, to be stored; the field that is wrong where it may not be.
fn checked(client: Client) -> Result<CheckedClient, Fault> {
    check_client(client).map_err(|fault| Fault::invalid(fault.field(), fault))
}

impl Desk<'_> {
    /// A part of the clients, by identifier.
    pub(crate) async fn clients(&self, part: Part<'_>) -> Result<Listed<ClientShown>, Fault> {
        let Part {
            prefix,
            descending,
            after,
            limit,
        } = part;
        let page = self.table.clients(prefix, descending, after, limit).await?;
        Ok(Listed {
            items: page.clients.iter().map(ClientShown::from).collect(),
            next: page.next,
        })
    }

    /// One client.
    pub(crate) async fn client(&self, id: &str) -> Result<ClientShown, Fault> {
        Ok(ClientShown::from(&self.read_client(id).await?))
    }

    async fn read_client(&self, id: &str) -> Result<Client, Fault> {
        self.table.client(id).await?.ok_or(Fault::NotFound("client"))
    }

    /// Makes a client, with a secret of 256 bits where it is to have one.
    pub(crate) async fn create_client(&self, asked: &ClientAsked) -> Result<ClientMade, Fault> {
        let secret = if asked.confidential {
            Some(self.secret()?)
        } else {
            None
        };
        let hash = match &secret {
            Some(secret) => Some(self.hash(&asked.client_id, secret).await?),
            None => None,
        };
        let client = asked.record(hash, self.now())?;
        let shown = ClientShown::from(&*client);
        let audit = self
            .audit(Event::ClientCreated)
            .detail("client_id", client.client_id.as_str());
        if !self
            .table
            .create_client(&client, &audit.changes(changes(None, Some(&shown))))
            .await?
        {
            return Err(Fault::Conflict("taken-client".into()));
        }
        Ok(ClientMade {
            client: shown,
            client_secret: secret.map(|secret| secret.expose().to_owned()),
        })
    }

    /// Changes a client.
    pub(crate) async fn change_client(
        &self,
        id: &str,
        asked: &ClientAsked,
        if_match: Option<&str>,
    ) -> Result<ClientShown, Fault> {
        let before = self.read_client(id).await?;
        let shown = ClientShown::from(&before);
        shown.check(if_match)?;
        let mut wrongs = Wrongs::default();
        wrongs.unless(asked.client_id == before.client_id, "client_id", "fixed");
        wrongs.unless(asked.confidential == shown.confidential, "confidential", "fixed");
        wrongs.done()?;
        let after = asked.record(before.secret_hash.clone(), before.made_at)?;
        let after_shown = ClientShown::from(&*after);
        let audit = self.audit(Event::ClientChanged).detail("client_id", id);
        let audit = audit.changes(changes(Some(&shown), Some(&after_shown)));
        self.write_client(&before, &after, audit).await?;
        Ok(after_shown)
    }

    /// Gives a client another secret; the former one is dead at once.
    pub(crate) async fn renew_secret(&self, id: &str, if_match: Option<&str>) -> Result<ClientMade, Fault> {
        let before = self.read_client(id).await?;
        ClientShown::from(&before).check(if_match)?;
        if before.is_public() {
            return Err(Fault::Conflict("public-has-no-secret".into()));
        }
        let secret = self.secret()?;
        let after = checked(Client {
            secret_hash: Some(self.hash(id, &secret).await?),
            ..before.clone()
        })?;
        let audit = self.audit(Event::ClientChanged).detail("client_id", id);
        self.write_client(&before, &after, audit.detail("secret", "renewed"))
            .await?;
        Ok(ClientMade {
            client: ClientShown::from(&*after),
            client_secret: Some(secret.expose().to_owned()),
        })
    }

    /// Takes a client away; its tokens die.
    pub(crate) async fn delete_client(&self, id: &str, if_match: Option<&str>) -> Result<(), Fault> {
        let before = self.read_client(id).await?;
        let shown = ClientShown::from(&before);
        shown.check(if_match)?;
        let audit = self.audit(Event::ClientDeleted).detail("client_id", id);
        let audit = audit.changes(changes(Some(&shown), None));
        let writes = self.table.transaction().delete_client(&before).audit(&audit);
        writes.commit().await?.map_err(|_| Fault::ChangedMeanwhile)
    }

    async fn write_client(
        &self,
        before: &Client,
        after: &CheckedClient,
        audit: mapgate_core::table::AuditEntry,
    ) -> Result<(), Fault> {
        let writes = self
            .table
            .transaction()
            .change_client(before, after)
            .audit(&audit);
        writes.commit().await?.map_err(|_| Fault::ChangedMeanwhile)
    }

    fn secret(&self) -> Result<Secret, Fault> {
        let secret = self.gate.random.token::<32>();
        Ok(Secret::new(secret.map_err(mapgate_core::http::Failure::from)?))
    }

    async fn hash(&self, id: &str, secret: &Secret) -> Result<String, Fault> {
        let secrets = self.gate.secrets().await?;
        let hash = client_secret_hash(&secrets, self.now(), id, secret);
        hash.ok_or(Fault::Failure(mapgate_core::http::Failure::Unavailable))
    }
}

/// What the trail has of a change.
fn changes(before: Option<&ClientShown>, after: Option<&ClientShown>) -> [(&'static str, String, String); 6] {
    let list = |list: fn(&ClientShown) -> &[String]| {
        let of = |client: Option<&ClientShown>| client.map_or_else(String::new, |client| line(list(client)));
        (of(before), of(after))
    };
    let flag = |flag: fn(&ClientShown) -> bool| {
        let of =
            |client: Option<&ClientShown>| client.map_or_else(String::new, |client| flag(client).to_string());
        (of(before), of(after))
    };
    [
        ("confidential", flag(|client| client.confidential)),
        ("redirect_uris", list(|client| &client.redirect_uris)),
        ("state_required", flag(|client| client.state_required)),
        ("pkce_required", flag(|client| client.pkce_required)),
        ("single_session", flag(|client| client.single_session)),
        ("scopes", list(|client| &client.scopes)),
    ]
    .map(|(field, (before, after))| (field, before, after))
}

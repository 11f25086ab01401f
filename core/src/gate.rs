//! The gate: settings, table, keys, clients and clock, made once per cold start, each expensive part on first use.
//! Rooms above never see it: they take the parts they need.

mod passwords;
mod posted;
mod ticket;

use std::net::IpAddr;
use std::sync::Arc;

use axum::response::IntoResponse as _;
use axum::routing::get;
use axum::{Json, Router};
use http::{StatusCode, request};
use serde_json::json;
use tokio::sync::OnceCell;

use crate::account::{Accounts, Directory, Hashing};
use crate::aws::Aws;
use crate::clock::Clock;
use crate::http::{Failure, Reach, ticket_is_believed};
use crate::identity::{
    self, Credentials, Identity, Memory, Parts, Peer, client_address, is_https, is_intranet,
};
use crate::measure;
use crate::oauth::Claims;
use crate::outbound::Outbound;
use crate::random::Random;
use crate::secrets::{Keyring, Secrets};
use crate::session::csrf::{self, Csrf};
use crate::settings::{Secret, Settings, Validator};
use crate::table::{Table, User};

pub use passwords::{LONGEST_CAME_FROM, passwords_elsewhere, passwords_only};
pub use posted::{NotTaken, Origins, Posted};

/// What a function holds.
#[derive(Debug)]
pub struct Gate {
    /// The settings.
    pub settings: Arc<Settings>,
    /// The time.
    pub clock: Clock,
    /// Randomness.
    pub random: Random,
    /// The AWS configuration, for what only one function needs.
    pub aws: Aws,
    /// Passwords.
    pub hashing: Hashing,
    /// The client towards backends.
    pub outbound: Outbound,
    directory: Option<Box<Directory>>,
    keyring: Keyring,
    table: OnceCell<Table>,
    memory: Memory,
}

/// Settings that no gate can be made of; each fault is one readable line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct BadSettings(Vec<String>);

impl Gate {
    /// A gate that has asked nobody anything yet.
    ///
    /// Refuses parameters that Argon2id cannot be computed with.
    pub fn new(settings: Settings, aws: Aws, clock: Clock, random: Random) -> Result<Self, BadSettings> {
        let hashing = Hashing::new(settings.authentication.argon2, random.clone());
        let hashing =
            hashing.map_err(|error| BadSettings(vec![format!("vars.authentication.argon2: {error}")]))?;
        let authtkt = settings.authtkt_secret.clone();
        let keyring = Keyring::new(settings.secrets.clone(), authtkt, aws.clone(), clock.clone());
        let ldap = settings.authentication.ldap.as_ref();
        let ldap = ldap.filter(|_| settings.authentication.validators.contains(&Validator::Ldap));
        Ok(Self {
            outbound: Outbound::new(settings.http_options),
            directory: ldap.map(|ldap| Box::new(Directory::new(ldap, random.clone()))),
            settings: Arc::new(settings),
            hashing,
            keyring,
            clock,
            random,
            aws,
            table: OnceCell::new(),
            memory: Memory::default(),
        })
    }

    /// The table.
    pub async fn table(&self) -> &Table {
        if let Some(table) = self.table.get() {
            return table;
        }
        let make = || async {
            let client = aws_sdk_dynamodb::Client::new(self.aws.config().await);
            Table::new(client, self.settings.table.as_str(), self.random.clone())
        };
        Box::pin(self.table.get_or_init(make)).await
    }

    /// The keys.
    pub async fn secrets(&self) -> Result<Arc<Secrets>, Failure> {
        Ok(self.keyring.current().await?)
    }

    /// The keys as they are now, or why they cannot be read; for an operator's tool.
    pub async fn read_secrets(&self) -> Result<Secrets, String> {
        self.keyring.read().await
    }

    /// Who the request acts for. `reach` says whether a browser may rightly come from a stranger's page.
    pub async fn identify(&self, request: &request::Parts, reach: Reach) -> Result<Identity, Failure> {
        self.identify_at(request, reach, None).await
    }

    /// Like [`Gate::identify`], at a route of `ogc_server`, where access tokens for that server alone count too.
    pub async fn identify_at(
        &self,
        request: &request::Parts,
        reach: Reach,
        ogc_server: Option<&str>,
    ) -> Result<Identity, Failure> {
        let credentials = self.credentials(request, reach, ogc_server);
        let identity = identity::resolve(self.parts().await, credentials).await?;
        if let Some(user) = &identity.user {
            measure::note(|measures| measures.user_id = Some(user.id.0));
        }
        Ok(identity)
    }

    /// The user for whom a front proxy vouches, where the second factor is still to be given; see [`identity::vouched`].
    pub async fn vouched(&self, request: &request::Parts, reach: Reach) -> Result<Option<User>, Failure> {
        let credentials = self.credentials(request, reach, None);
        Ok(identity::vouched(self.parts().await, credentials).await?)
    }

    fn credentials<'a>(
        &self,
        request: &'a request::Parts,
        reach: Reach,
        ogc_server: Option<&'a str>,
    ) -> Credentials<'a> {
        Credentials {
            method: &request.method,
            query: request.uri.query(),
            headers: &request.headers,
            address: self.address(request),
            is_intranet: self.is_intranet(request),
            peer: peer(request).address,
            ticket_believed: ticket_is_believed(&self.settings, &request.headers, reach),
            ogc_server,
        }
    }

    /// The claims of an access token that is genuine and in time, whatever it is for; whether user and family still stand
    /// is left to see.
    pub async fn access_token(&self, token: &Secret) -> Result<Option<Arc<Claims>>, Failure> {
        Ok(identity::access_token(self.parts().await, token).await?)
    }

    async fn parts(&self) -> Parts<'_> {
        Parts {
            settings: &self.settings,
            table: self.table().await,
            keyring: &self.keyring,
            hashing: &self.hashing,
            directory: self.directory.as_deref(),
            clock: &self.clock,
            random: &self.random,
            memory: &self.memory,
        }
    }

    /// The way in for passwords. `secrets` are those of [`Gate::secrets`].
    pub async fn accounts<'a>(&'a self, secrets: &'a Secrets) -> Accounts<'a> {
        Accounts {
            settings: &self.settings,
            table: self.table().await,
            hashing: &self.hashing,
            directory: self.directory.as_deref(),
            secrets,
            clock: &self.clock,
            random: &self.random,
        }
    }

    /// The token for the forms of the browser that asks. `secrets` are those of [`Gate::secrets`].
    pub fn csrf(&self, request: &request::Parts, secrets: &Secrets) -> Result<Csrf, Failure> {
        let (headers, secure) = (&request.headers, self.is_https(request));
        let csrf = Csrf::of(headers, secure, secrets, &self.random, self.clock.now())?;
        csrf.ok_or(Failure::Unavailable)
    }

    /// Whether a form's `token` belongs to the browser that sent it.
    #[must_use]
    pub fn csrf_is_valid(&self, request: &request::Parts, secrets: &Secrets, token: &str) -> bool {
        csrf::is_valid(&request.headers, self.is_https(request), secrets, token)
    }

    /// The client's address.
    #[must_use]
    pub fn address(&self, request: &request::Parts) -> IpAddr {
        client_address(peer(request), &request.headers, &self.settings.intranet)
    }

    /// Whether the client is one of the intranet's.
    #[must_use]
    pub fn is_intranet(&self, request: &request::Parts) -> bool {
        is_intranet(peer(request), &request.headers, &self.settings.intranet)
    }

    /// Whether the client speaks https; cookies of forms are named after it.
    #[must_use]
    pub fn is_https(&self, request: &request::Parts) -> bool {
        is_https(peer(request), &request.headers, &self.settings.intranet)
    }

    /// What is not there, by name: `table` or `secret`. For `/health/…`.
    pub async fn health(&self) -> Result<(), &'static str> {
        self.keyring.current().await.map_err(|_| "secret")?;
        self.table().await.health().await.map_err(|error| {
            tracing::error!(%error, "the health check failed");
            "table"
        })
    }
}

/// The peer, which the front made sure of.
fn peer(request: &request::Parts) -> Peer {
    let unknown = Peer {
        address: IpAddr::from([0, 0, 0, 0]),
        https: false,
    };
    request.extensions.get().copied().unwrap_or(unknown)
}

/// The route `GET /health/{function}`: 200 `{"status":"ok"}`, or 503 with the name of what is not there.
pub fn health(gate: &Arc<Gate>, function: &str) -> Router {
    let gate = gate.clone();
    let answer = move || async move {
        match gate.health().await {
            Ok(()) => Json(json!({ "status": "ok" })).into_response(),
            Err(missing) => {
                let body = Json(json!({ "status": "unavailable", "missing": missing }));
                (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
            }
        }
    };
    Router::new().route(&format!("/health/{function}"), get(answer))
}

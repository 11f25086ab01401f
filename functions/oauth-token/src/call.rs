//! A client's request: read, and the client behind it, authenticated.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use mapgate_core::account::network;
use mapgate_core::clock::Timestamp;
use mapgate_core::gate::Gate;
use mapgate_core::http::{Failure, Form};
use mapgate_core::secrets::{Purpose, Secrets};
use mapgate_core::table::{AuditEntry, Client, Counter, Event, KnownClient, Limit, Moments};

use crate::client::{Credentials, Stranger};
use crate::error::TokenError;

/// So many wrong secrets of one client from one network, within [`WINDOW`], are looked at.
const WRONG_SECRETS: usize = 20;
const WINDOW: Duration = Duration::from_mins(15);

/// A request by form, with what says which client sent it.
pub(crate) struct Call<'a> {
    pub(crate) gate: &'a Gate,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) credentials: Credentials,
    pub(crate) form: Form,
    pub(crate) now: Timestamp,
    /// Counts the client's wrong secrets; the same read brings it that brings the client.
    pub(crate) wrong_secrets: Counter,
    address: IpAddr,
}

impl<'a> Call<'a> {
    /// Reads a request. Refuses parameters in the query string, repeated ones, other bodies than forms, and a request
    /// that names no client.
    pub(crate) async fn read(gate: &'a Gate, request: Request) -> Result<Self, TokenError> {
        // A query string ends up in logs, so no parameter is taken from there (RFC 6749 §2.3.1).
        if request.uri().query().is_some_and(|query| !query.is_empty()) {
            return Err(TokenError::InvalidRequest(
                "parameters belong in the body, not in the query string",
            ));
        }
        let (parts, body) = request.into_parts();
        let (address, headers) = (gate.address(&parts), parts.headers.clone());
        let form = Form::read(Request::from_parts(parts, body)).await?;
        if form.repeated().is_some() {
            return Err(TokenError::InvalidRequest("a parameter is repeated"));
        }
        let credentials = Credentials::of(&headers, &form)?;
        let (secrets, now) = (gate.secrets().await?, gate.clock.now());
        let network = network(address).to_string();
        let whose = [credentials.client_id.as_bytes(), network.as_bytes()];
        let counter = secrets.keyed_hash(now, Purpose::ClientSecretCounter, &whose);
        Ok(Self {
            gate,
            credentials,
            form,
            now,
            wrong_secrets: counter.map(Counter).ok_or_else(|| {
                tracing::error!("no data key is in force");
                Failure::Unavailable
            })?,
            secrets,
            address,
        })
    }

    /// The client, authenticated, where the request needs nothing else of the table at once.
    pub(crate) async fn client(&self) -> Result<Client, TokenError> {
        let table = self.gate.table().await;
        let known = table.known_client(&self.credentials.client_id, &self.wrong_secrets);
        self.authenticated(known.await?).await
    }

    /// The client, where it is the one it says. A wrong secret counts; after too many not even the right one is looked
    /// at, or the limit would stop nobody who guesses.
    ///
    /// That a secret was right must not be told yet: wrong ones that came at once with it may be counted by now. Whoever
    /// goes on writes on the condition of [`Call::limit`], or asks [`Call::still_within`]. So of many guesses at once no
    /// more are told of than of many one after the other, and a right secret costs no request more.
    pub(crate) async fn authenticated(&self, known: KnownClient) -> Result<Client, TokenError> {
        self.within(&known.wrong_secrets)?;
        let stranger = match self.credentials.authenticate(known.client, &self.secrets) {
            Ok(client) => return Ok(client),
            Err(stranger) => stranger,
        };
        if stranger == Stranger::WrongSecret {
            let counted = self.gate.table().await.count_or_wait(self.limit(), self.now);
            if let Some(wait) = counted.await? {
                return Err(Failure::TooManyRequests(wait).into());
            }
        }
        Err(self.credentials.refused())
    }

    /// The limit of the client's wrong secrets.
    pub(crate) fn limit(&self) -> Limit<'_> {
        Limit {
            counter: &self.wrong_secrets,
            most: WRONG_SECRETS,
            window: WINDOW,
        }
    }

    /// Refuses where `seen` are too many wrong secrets.
    pub(crate) fn within(&self, seen: &Moments) -> Result<(), TokenError> {
        match self.limit().wait(seen, self.now) {
            Some(wait) => Err(Failure::TooManyRequests(wait).into()),
            None => Ok(()),
        }
    }

    /// Refuses where too many wrong secrets are counted by now.
    pub(crate) async fn still_within(&self) -> Result<(), TokenError> {
        let seen = self.gate.table().await.counted(&self.wrong_secrets).await?;
        self.within(&seen)
    }

    /// The refusal where a write found the limit reached.
    pub(crate) async fn reached(&self) -> TokenError {
        match self.still_within().await {
            Err(error) => error,
            // One of them has just grown too old.
            Ok(()) => Failure::TooManyRequests(Duration::ZERO).into(),
        }
    }

    /// An entry for the audit trail about `username`'s tokens.
    pub(crate) fn audit(&self, event: Event, username: &str) -> AuditEntry {
        AuditEntry::new(event, self.now, self.gate.settings.audit_retention_days)
            .of(username)
            .from(self.address)
            .detail("client_id", self.credentials.client_id.as_str())
    }
}

//! `POST /oauth/token` (RFC 6749 §3.2).

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use mapgate_core::clock::Timestamp;
use mapgate_core::gate::Gate;
use mapgate_core::http::Form;
use mapgate_core::secrets::Secrets;
use mapgate_core::table::{AuditEntry, Event};

use crate::client::Credentials;
use crate::code;
use crate::error::TokenError;
use crate::refresh;
use crate::tokens::{Signer, Tokens};

/// One request, as far as every grant needs it.
pub(crate) struct Call<'a> {
    pub(crate) gate: &'a Gate,
    pub(crate) secrets: &'a Secrets,
    pub(crate) credentials: Credentials,
    pub(crate) form: Form,
    pub(crate) now: Timestamp,
    /// Made before anything is spent, so that a missing key costs nobody a code.
    pub(crate) signer: Signer<'a>,
    address: IpAddr,
}

impl Call<'_> {
    /// An entry for the audit trail about `username`'s tokens.
    pub(crate) fn audit(&self, event: Event, username: &str) -> AuditEntry {
        AuditEntry::new(event, self.now, self.gate.settings.audit_retention_days)
            .of(username)
            .from(self.address)
            .detail("client_id", self.credentials.client_id.as_str())
    }
}

/// Gives tokens for a code or a refresh token.
pub(crate) async fn token(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    match Box::pin(answer(&gate, request)).await {
        Ok(tokens) => tokens.into_response(),
        Err(error) => {
            tracing::info!(%error, "a token request was refused");
            error.into_response()
        }
    }
}

async fn answer(gate: &Gate, request: Request) -> Result<Tokens, TokenError> {
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
    let grant_type = form.get("grant_type");
    let grant_type = grant_type
        .ok_or(TokenError::InvalidRequest("grant_type is missing"))?
        .to_owned();
    let secrets = gate.secrets().await?;
    let now = gate.clock.now();
    let call = Call {
        signer: Signer::new(gate, &secrets, now)?,
        gate,
        secrets: &secrets,
        credentials,
        form,
        now,
        address,
    };
    match grant_type.as_str() {
        "authorization_code" => code::exchange(&call).await,
        "refresh_token" => refresh::refresh(&call).await,
        _ => Err(TokenError::UnsupportedGrantType),
    }
}

//! `POST /oauth/token` (RFC 6749 §3.2).

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use mapgate_core::gate::Gate;

use crate::call::Call;
use crate::code;
use crate::error::TokenError;
use crate::refresh;
use crate::tokens::{Signer, Tokens};

/// Gives tokens for a code or a refresh token.
pub(crate) async fn token(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    match Box::pin(answer(&gate, request)).await {
        Ok(tokens) => tokens.into_response(),
        Err(error) => error.into_response(),
    }
}

async fn answer(gate: &Gate, request: Request) -> Result<Tokens, TokenError> {
    let call = Call::read(gate, request).await?;
    let grant_type = call.form.get("grant_type");
    let grant_type = grant_type.ok_or(TokenError::InvalidRequest("grant_type is missing"))?;
    // Made before anything is spent, so that a missing key costs nobody a code.
    let signer = Signer::new(gate, &call.secrets, call.now)?;
    let answered = match grant_type {
        "authorization_code" => code::exchange(&call, &signer).await,
        "refresh_token" => refresh::refresh(&call, &signer).await,
        _ => Err(TokenError::UnsupportedGrantType),
    };
    // These tell that the client's secret was right, too.
    if let Err(TokenError::InvalidGrant(_) | TokenError::InvalidScope | TokenError::InvalidTarget) = &answered
    {
        call.still_within().await?;
    }
    answered
}

/// Refuses a `resource` that is not the one granted (RFC 8707 §2.2), which without a request for one is the base URL.
pub(crate) fn check_resource(call: &Call<'_>, granted: Option<&str>) -> Result<(), TokenError> {
    let granted = granted.unwrap_or(call.gate.settings.base_url.as_str());
    match call.form.get("resource") {
        Some(asked) if asked != granted => Err(TokenError::InvalidTarget),
        _ => Ok(()),
    }
}

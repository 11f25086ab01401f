//! `POST /oauth/introspect` (RFC 7662): what a token is worth now, for the client it was issued to and for the resource
//! server it is for.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use mapgate_core::gate::Gate;
use mapgate_core::http::uncached;
use mapgate_core::table::{Client, Holder};
use serde_json::{Value, json};

use crate::call::Call;
use crate::error::TokenError;
use crate::presented::Presented;

/// Says whether a token is active, and what is in it. Read consistently, past every cache.
pub(crate) async fn introspect(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    match Box::pin(answer(&gate, request)).await {
        Ok(Some(told)) => uncached(Json(told).into_response()),
        // Nothing more, whatever the reason (RFC 7662 §2.2).
        Ok(None) => uncached(Json(json!({ "active": false })).into_response()),
        // Only programs ask here, which know how to take a challenge (RFC 7662 §2.3).
        Err(TokenError::InvalidClient { .. }) => {
            TokenError::InvalidClient { by_header: true }.into_response()
        }
        Err(error) => error.into_response(),
    }
}

async fn answer(gate: &Gate, request: Request) -> Result<Option<Value>, TokenError> {
    let call = Call::read(gate, request).await?;
    let client = call.client().await?;
    // Anyone can say that he is a public client, and would fish for tokens here (RFC 7662 §2.1).
    if client.is_public() {
        return Err(call.credentials.refused());
    }
    match Presented::read(&call).await? {
        Some(presented) if is_for(&client, &presented) => told(&call, &presented).await,
        _ => {
            call.still_within().await?;
            Ok(None)
        }
    }
}

/// Whether the client may know of a token: one issued to it, or an access token that is for it (RFC 7662 §4).
fn is_for(client: &Client, presented: &Presented) -> bool {
    match presented {
        Presented::Access(claims) => [&claims.client_id, &claims.aud].contains(&&client.client_id),
        Presented::Refresh(token) => token.grant.client_id == client.client_id,
    }
}

/// What is in the token, where its family and its user still stand.
async fn told(call: &Call<'_>, presented: &Presented) -> Result<Option<Value>, TokenError> {
    let key = presented.grant();
    let table = call.gate.table().await;
    let asked = table.identity_and_count(&key.username, Holder::Grant(&key), &call.wrong_secrets);
    let (record, wrong_secrets) = asked.await?;
    call.within(&wrong_secrets)?;
    let Some((user, grant)) = record.holder(&key, call.gate.settings.authentication.two_factor, call.now)
    else {
        return Ok(None);
    };
    let (issuer, sub) = (call.gate.settings.base_url.as_str(), user.id.0.to_string());
    Ok(match presented {
        Presented::Access(claims) if claims.sub == sub => Some(json!({
            "active": true,
            "scope": claims.scope,
            "client_id": claims.client_id,
            "username": claims.username,
            "token_type": "Bearer",
            "exp": claims.exp,
            "iat": claims.iat,
            "sub": claims.sub,
            "aud": claims.aud,
            "iss": claims.iss,
            "jti": claims.jti,
        })),
        Presented::Refresh(token) if token.counter == grant.counter => Some(json!({
            "active": true,
            "scope": grant.scope,
            "client_id": key.client_id,
            "username": key.username,
            "exp": grant.expires_at.seconds(),
            "iat": grant.rotated_at.seconds(),
            "sub": sub,
            "iss": issuer,
        })),
        // Of a namesake made later, or a refresh token that was used.
        _ => None,
    })
}

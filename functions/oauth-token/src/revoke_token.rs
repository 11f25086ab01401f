//! `POST /oauth/revoke_token` (RFC 7009): a client has no more use for a token.
//!
//! A token's end is its family's, be it an access or a refresh token: access tokens are not stored one by one, and the
//! family is what every function looks at, within the identity cache's time, without a request more.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use mapgate_core::gate::Gate;
use mapgate_core::http::uncached;
use mapgate_core::table::Event;

use crate::call::Call;
use crate::error::TokenError;
use crate::presented::Presented;

/// Ends the token's family. 200 as well for a token that is unknown, dead or another client's, on which it has no effect
/// (RFC 7009 §2.2).
pub(crate) async fn revoke_token(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    match Box::pin(answer(&gate, request)).await {
        Ok(()) => uncached(StatusCode::OK.into_response()),
        Err(error) => error.into_response(),
    }
}

async fn answer(gate: &Gate, request: Request) -> Result<(), TokenError> {
    let call = Call::read(gate, request).await?;
    let client = call.client().await?;
    let Some(presented) = Presented::read(&call).await? else {
        return call.still_within().await;
    };
    let grant = presented.grant();
    if grant.client_id != client.client_id {
        tracing::info!(client = client.client_id, "a client would end another's tokens");
        return call.still_within().await;
    }
    let audit = call.audit(Event::TokenRevoked, &grant.username);
    let table = gate.table().await;
    let ended = table.revoke_grant_within(&grant, call.limit(), call.now, &audit);
    if ended.await? {
        Ok(())
    } else {
        Err(call.reached().await)
    }
}

//! `GET /logout`: ends the ticket's session, so that every copy and every reissue of the ticket is dead with it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{Method, Uri, header};
use mapgate_core::gate::Gate;
use mapgate_core::http::{Failure, Reach, private};
use mapgate_core::identity::Scheme;

use crate::asked::with_cookies;

/// 200 `true`, or 401 where no ticket holds. Only a ticket can be logged out: an `Authorization` header, a URL login or
/// a front proxy's header is for its sender to leave out. A ticket of Pyramid's own names no session that could be ended: its
/// cookies are cleared, no more. HEAD is safe (RFC 9110 §9.2.1): it logs nobody out.
pub(crate) async fn get(State(gate): State<Arc<Gate>>, request: Request) -> Result<Response, Failure> {
    let (mut parts, _) = request.into_parts();
    parts.headers.remove(header::AUTHORIZATION);
    parts.uri = Uri::from_static("/logout");
    let identity = gate.identify(&parts, Reach::Own).await?;
    if identity.user.is_none() || !matches!(identity.scheme, Scheme::Ticket { .. }) {
        return Err(Failure::Unauthorized("nobody is logged in".to_owned()));
    }
    if parts.method == Method::HEAD {
        return Ok(private(Json(true).into_response()));
    }
    let cookies = gate.log_out(&parts, &identity).await?;
    Ok(with_cookies(Json(true).into_response(), cookies))
}

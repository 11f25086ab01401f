//! `GET /logout`: ends the ticket's session, so that every copy and every reissue of the ticket is dead with it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{Method, Uri, header};
use mapgate_core::gate::Gate;
use mapgate_core::http::{Failure, Reach, private};
use mapgate_core::identity::Scheme;
use mapgate_core::table::{AuditEntry, Event};

use crate::asked::with_cookies;

/// 200 `true`, or 401 where no ticket holds. Only a ticket can be logged out: an `Authorization` header, a URL login or
/// a front proxy's header is for its sender to leave out. A ticket of Pyramid's own names no session that could be ended: its
/// cookies are cleared, no more. HEAD is safe (RFC 9110 §9.2.1): it logs nobody out.
pub(crate) async fn get(State(gate): State<Arc<Gate>>, request: Request) -> Result<Response, Failure> {
    let (mut parts, _) = request.into_parts();
    parts.headers.remove(header::AUTHORIZATION);
    parts.uri = Uri::from_static("/logout");
    let identity = gate.identify(&parts, Reach::Own).await?;
    let (Some(user), Scheme::Ticket { session, .. }) = (identity.user, identity.scheme) else {
        return Err(Failure::Unauthorized("nobody is logged in".to_owned()));
    };
    if parts.method == Method::HEAD {
        return Ok(private(Json(true).into_response()));
    }
    if let Some(session) = session {
        let days = gate.settings.audit_retention_days;
        let audit = AuditEntry::new(Event::LoggedOut, gate.clock.now(), days)
            .of(user.username)
            .from(gate.address(&parts));
        // Until then a ticket of the session could still be valid.
        let until = session.started_at.plus(gate.settings.authentication.session_max);
        gate.table().await.end_session(&session.id, until, &audit).await?;
    }
    Ok(with_cookies(
        Json(true).into_response(),
        gate.cleared_cookies(&parts),
    ))
}

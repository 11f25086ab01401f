//! Ends of sessions: this browser's, a program's, or all.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use mapgate_core::gate::{Gate, Posted};
use mapgate_core::http::Failure;
use mapgate_core::table::{AuditEntry, Event, GrantKey, MAX_CLIENT_ID, UserChange};

use super::{ACCOUNT, Denied, Visitor, in_language, posted, see_other};
use crate::asked::with_cookies;

/// More bytes than the name of any token family has.
const MAX_FAMILY: usize = 128;

/// `POST /account/log_out`: as `GET /logout`, but it leads to the login page.
pub(crate) async fn log_out(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let (language, request) = in_language(request);
    let done = end_this(&gate, request).await;
    done.unwrap_or_else(|denied| denied.into_response(&gate, language))
}

async fn end_this(gate: &Gate, request: Request) -> Result<Response, Denied> {
    let (posted, visitor) = posted(gate, request, ACCOUNT).await?;
    let cookies = gate.log_out(&posted.parts, &visitor.identity).await?;
    let response = see_other(gate, posted.language, "/login.html");
    Ok(with_cookies(response, cookies))
}

/// `POST /account/revoke`: ends the token family of the user's own that the fields `client_id`, `family` and `single` name.
/// One that has ended already, or has another in its place, is no error.
pub(crate) async fn revoke(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let (language, request) = in_language(request);
    let done = end_one(&gate, request).await;
    done.unwrap_or_else(|denied| denied.into_response(&gate, language))
}

async fn end_one(gate: &Gate, request: Request) -> Result<Response, Denied> {
    let (posted, visitor) = posted(gate, request, ACCOUNT).await?;
    let field = |name: &str, longest: usize| {
        let value = posted.form.get(name).filter(|value| value.len() <= longest);
        let bad = || Failure::BadRequest(format!("the field {name} is missing or too long"));
        value.map(str::to_owned).ok_or_else(bad)
    };
    let key = GrantKey {
        client_id: field("client_id", MAX_CLIENT_ID)?,
        family: field("family", MAX_FAMILY)?,
        single: posted.form.has("single"),
        // Whatever the form says, it is the visitor's own.
        username: visitor.user.username.clone(),
    };
    let audit = audit(gate, &posted, &visitor, Event::TokenRevoked).detail("client_id", &*key.client_id);
    let table = gate.table().await;
    table.revoke_grant(&key, &audit).await.map_err(Failure::from)?;
    let response = see_other(gate, posted.language, "/account?done=revoke");
    Ok(gate.reissue(&visitor.identity, response).await)
}

/// `POST /account/end_sessions`: every ticket and token of the user is dead, this browser's with them.
pub(crate) async fn end_sessions(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let (language, request) = in_language(request);
    let done = end_all(&gate, request).await;
    done.unwrap_or_else(|denied| denied.into_response(&gate, language))
}

async fn end_all(gate: &Gate, request: Request) -> Result<Response, Denied> {
    let (posted, visitor) = posted(gate, request, ACCOUNT).await?;
    let change = UserChange {
        ends_sessions: Some(gate.clock.now()),
        ..UserChange::default()
    };
    let audit = audit(gate, &posted, &visitor, Event::SessionsEnded);
    let table = gate.table().await;
    let ending = table.transaction().change(&visitor.user, &change).audit(&audit);
    // Refused where the generation has moved on: then all of it is dead already.
    let _ = ending.commit().await.map_err(Failure::from)?;
    let response = see_other(gate, posted.language, ACCOUNT);
    Ok(with_cookies(response, gate.cleared_cookies(&posted.parts)))
}

fn audit(gate: &Gate, posted: &Posted, visitor: &Visitor, event: Event) -> AuditEntry {
    AuditEntry::new(event, gate.clock.now(), gate.settings.audit_retention_days)
        .of(&visitor.user.username)
        .from(gate.address(&posted.parts))
        .detail("way", "account")
}

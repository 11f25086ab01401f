//! The authorization code, and the way back with it (RFC 6749 §4.1.2).

use axum::response::Response;
use http::Method;
use mapgate_core::clock::Timestamp;
use mapgate_core::http::Failure;
use mapgate_core::oauth::{CodeToken, code_hash, id_token_subject};
use mapgate_core::pages::Reader;
use mapgate_core::table::{AuditEntry, Code, CodeStage, Event, User};

use crate::error::{Halt, RedirectError};
use crate::request::AuthorizationRequest;
use crate::visit::{Visit, redirect_status};

/// Sends the browser back to the client with a new code. `auth_time` is when the user gave the password. HEAD is safe (RFC
/// 9110 §9.2.1): it leads to the same place, and there is no code.
///
/// Refuses another user than the one whose id token the client sent (OpenID Connect Core 1.0, 3.1.2.2).
pub(crate) async fn send_back(
    visit: &Visit<'_>,
    request: &AuthorizationRequest,
    user: &User,
    auth_time: Timestamp,
) -> Result<Response, Halt> {
    let gate = visit.gate;
    if let Some(hint) = &request.details.id_token_hint {
        let subject = id_token_subject(hint.expose(), visit.secrets, gate.settings.base_url.as_str());
        if subject != Some(user.id.0.to_string()) {
            return Err(Halt::told(request.target.clone(), RedirectError::LoginRequired));
        }
    }
    let (reader, status) = (Reader::of(visit.parts), redirect_status(visit.parts));
    let issuer = gate.settings.base_url.as_str();
    if visit.parts.method == Method::HEAD {
        return Ok(request.target.answer(reader, status, &[], issuer));
    }
    let now = gate.clock.now();
    let token = CodeToken::new(&gate.random)?;
    let hash = code_hash(&token, visit.secrets, now).ok_or_else(|| {
        tracing::error!("no data key is in force");
        Failure::Unavailable
    })?;
    let code = Code {
        lookup: token.lookup.clone(),
        hash,
        client_id: request.client.client_id.clone(),
        redirect_uri: request.redirect_uri.clone(),
        challenge: request.details.challenge.clone(),
        username: user.username.clone(),
        user_id: user.id,
        generation: user.generation,
        client_made_at: request.client.made_at,
        scope: request.details.scope.clone(),
        nonce: request.details.nonce.clone(),
        resource: request.details.resource.clone(),
        auth_time,
        issued_at: now,
        expires_at: now.plus(gate.settings.authentication.oauth2_authorization_expire),
        stage: CodeStage::Issued,
    };
    let audit = AuditEntry::new(Event::CodeIssued, now, gate.settings.audit_retention_days)
        .of(user.username.as_str())
        .from(gate.address(visit.parts))
        .detail("client_id", code.client_id.as_str());
    gate.table().await.issue_code(&code, &audit).await?;
    let answer = [("code", token.expose())];
    Ok(request.target.answer(reader, status, &answer, issuer))
}

//! The question whether a public client may have access: anyone can claim to be it, so that being logged in does not
//! mean to allow it (RFC 6749 §10.2).

use axum::response::Response;
use mapgate_core::http::{Failure, Form, Reach};
use mapgate_core::pages::{ConsentForm, Reader, consent_form};

use crate::code::send_back;
use crate::error::{Halt, RedirectError};
use crate::login;
use crate::request::AuthorizationRequest;
use crate::visit::{Login, Visit};

/// The question.
pub(crate) fn page(
    visit: &Visit<'_>,
    request: &AuthorizationRequest,
    login: &Login,
) -> Result<Response, Failure> {
    let csrf = visit.gate.csrf(visit.parts, visit.secrets)?;
    let form = ConsentForm {
        action: &visit.action(),
        csrf: &csrf,
        hidden: &[],
        target: Some(request.target.form_source()),
        client: &request.client.client_id,
        username: &login.user.username,
    };
    Ok(consent_form(Reader::of(visit.parts), &form))
}

/// The answer: `decision=allow` gives a code, anything else is a refusal. Who is logged in no more logs in first.
pub(crate) async fn decide(
    visit: &Visit<'_>,
    request: AuthorizationRequest,
    form: &Form,
) -> Result<Response, Halt> {
    let Some(login) = visit.login(Reach::Own).await? else {
        return Ok(login::page(visit, &request)?);
    };
    if form.get("decision") != Some("allow") {
        return Err(Halt::Redirect(request.target, RedirectError::AccessDenied));
    }
    let response = send_back(visit, &request, &login.user, login.auth_time).await?;
    Ok(visit.gate.reissue(&login.identity, response).await)
}

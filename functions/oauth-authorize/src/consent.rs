//! The question whether a client may have access. A public client always asks it: anyone can claim to be it, so that
//! being logged in does not mean to allow it (RFC 6749 §10.2).

use axum::response::Response;
use mapgate_core::http::{Failure, Form, Reach};
use mapgate_core::pages::{ConsentForm, Reader, consent_form};
use mapgate_core::table::{Source, User};

use crate::asked;
use crate::authorize::show;
use crate::code::send_back;
use crate::error::{Halt, RedirectError};
use crate::login;
use crate::request::AuthorizationRequest;
use crate::visit::Visit;

/// The question.
pub(crate) fn page(
    visit: &Visit<'_>,
    request: &AuthorizationRequest,
    user: &User,
) -> Result<Response, Failure> {
    let csrf = visit.gate.csrf(visit.parts, visit.secrets)?;
    let asked = asked::sign(visit, user)?;
    // Whom a front proxy names, it names whatever is asked.
    let can_change = user.source != Source::TrustedHeader;
    let wants_consent = request.details.prompt.wants_consent();
    let other_login = can_change.then(|| visit.login_as_someone_else(wants_consent));
    let form = ConsentForm {
        action: &visit.action(),
        csrf: &csrf,
        hidden: &[(asked::FIELD, &asked)],
        target: Some(request.target.form_source()),
        client: &request.client.client_id,
        username: &user.username,
        access: request.access(),
        other_login: other_login.as_deref(),
    };
    Ok(consent_form(Reader::of(visit.parts), &form))
}

/// The answer: `decision=allow` gives a code, anything else is a refusal. Who is logged in no more, or is someone else
/// than was asked, sees the right page first.
pub(crate) async fn decide(
    visit: &Visit<'_>,
    request: AuthorizationRequest,
    form: &Form,
) -> Result<Response, Halt> {
    let Some(login) = visit.login(Reach::Own).await? else {
        return login::page(visit, &request, None).await;
    };
    if form.get("decision") != Some("allow") {
        return Err(Halt::told(request.target, RedirectError::AccessDenied));
    }
    if !asked::verify(visit, &login.user, form.get(asked::FIELD).unwrap_or_default()) {
        return Box::pin(show(visit, request, Some(login))).await;
    }
    let response = send_back(visit, &request, &login.user, login.auth_time).await?;
    Ok(visit.gate.reissue(&login.identity, response).await)
}

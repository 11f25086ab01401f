//! `GET` and `POST` of `/oauth/login` and `/oauth/authorize` (RFC 6749 §4.1.1).

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::request::Parts;
use mapgate_core::gate::Gate;
use mapgate_core::http::{Failure, Form, Reach, origin_is_own};
use mapgate_core::pages::{Language, Reader};

use crate::code::send_back;
use crate::error::Halt;
use crate::prompt::Step;
use crate::request::AuthorizationRequest;
use crate::visit::{Login, Visit, redirect_status};
use crate::{consent, login};

/// A browser that a client sent: back with a code, or on with a page.
pub(crate) async fn ask(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    finished(&gate, &parts, Box::pin(asked(&gate, &parts)).await)
}

/// The form of one of those pages.
pub(crate) async fn answer(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let form = Form::read(Request::from_parts(parts.clone(), body)).await;
    let answered = match form {
        Ok(form) => Box::pin(answered(&gate, &parts, &form)).await,
        Err(failure) => Err(failure.into()),
    };
    finished(&gate, &parts, answered)
}

async fn asked(gate: &Gate, parts: &Parts) -> Result<Response, Halt> {
    let request = AuthorizationRequest::read(gate, parts.uri.query()).await?;
    let secrets = gate.secrets().await?;
    let visit = Visit {
        gate,
        parts,
        secrets: &secrets,
        language: Language::of(parts),
    };
    let login = visit.login(Reach::Page).await?;
    Box::pin(show(&visit, request, login)).await
}

/// Shows what comes next for who is logged in, or for nobody.
pub(crate) async fn show(
    visit: &Visit<'_>,
    request: AuthorizationRequest,
    login: Option<Login>,
) -> Result<Response, Halt> {
    let auth_time = login.as_ref().map(|login| login.auth_time);
    let step = match request.next(auth_time, visit.gate.clock.now()) {
        Ok(step) => step,
        Err(error) => return Err(Halt::told(request.target, error)),
    };
    let Some(login) = login else {
        return login::page(visit, &request, None).await;
    };
    let user = &login.user;
    let response = match step {
        Step::LogIn => login::page(visit, &request, Some(user)).await?,
        Step::Ask => consent::page(visit, &request, user)?,
        Step::SendBack => send_back(visit, &request, user, login.auth_time).await?,
    };
    Ok(visit.gate.reissue(&login.identity, response).await)
}

async fn answered(gate: &Gate, parts: &Parts, form: &Form) -> Result<Response, Halt> {
    if !origin_is_own(&gate.settings, &parts.headers) {
        return Err(Halt::ForeignOrigin);
    }
    if let Some(name) = form.repeated() {
        return Err(Failure::BadRequest(format!("the field {name} is there twice")).into());
    }
    let secrets = gate.secrets().await?;
    let token = form.get("csrf_token").unwrap_or_default();
    if !gate.csrf_is_valid(parts, &secrets, token) {
        return Err(Halt::StaleForm);
    }
    let request = AuthorizationRequest::read(gate, parts.uri.query()).await?;
    let visit = Visit {
        gate,
        parts,
        secrets: &secrets,
        language: Language::of(parts),
    };
    if form.has("decision") {
        Box::pin(consent::decide(&visit, request, form)).await
    } else if visit.provider_logs_in() {
        Err(Failure::BadRequest("no password is taken here: log in at /oidc/login".to_owned()).into())
    } else {
        login::try_password(&visit, &request, form).await
    }
}

fn finished(gate: &Gate, parts: &Parts, outcome: Result<Response, Halt>) -> Response {
    outcome.unwrap_or_else(|halt| {
        let issuer = gate.settings.base_url.as_str();
        halt.response(Reader::of(parts), redirect_status(parts), issuer)
    })
}

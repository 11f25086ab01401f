//! `GET /login.html`: the login page. It says who one is, where one is logged in already.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::{StatusCode, request};
use mapgate_core::gate::Gate;
use mapgate_core::http::{Failure, Reach};
use mapgate_core::pages::{self, LoginForm, Reader};

use crate::asked::{came_from_of_query, path};
use crate::came_from::of_form;

/// `came_from` in the query goes into the form; a bad one is 400.
pub(crate) async fn get(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    match page(&gate, &parts).await {
        Ok(response) => response,
        Err(failure) => pages::failure(Reader::of(&parts), &failure),
    }
}

async fn page(gate: &Gate, parts: &request::Parts) -> Result<Response, Failure> {
    let came_from = came_from_of_query(parts, gate)?;
    let secrets = gate.secrets().await?;
    let csrf = gate.csrf(parts, &secrets)?;
    let identity = gate.identify(parts, Reach::Page).await?;
    let username = identity.user.as_ref().map(|user| user.username.as_str());
    let arguments = [("username", username.unwrap_or_default())];
    let (hidden, target) = of_form(came_from.as_ref());
    let change = path(gate, "/loginchangepassword");
    let links = [(change.as_str(), "change-password")];
    let form = LoginForm {
        status: StatusCode::OK,
        action: &path(gate, "/login"),
        csrf: &csrf,
        hidden: &hidden,
        target,
        username: None,
        asks_code: false,
        error: None,
        intro: username.map(|_| ("logged-in-as", &arguments[..])),
        links: &links,
    };
    Ok(gate
        .reissue(&identity, pages::login_form(Reader::of(parts), &form))
        .await)
}

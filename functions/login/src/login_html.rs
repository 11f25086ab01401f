//! `GET /login.html`: the login page. It says who one is, where one is logged in already, leads to the provider where
//! another one logs users in, and asks for the second factor alone of who proved elsewhere who it is.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::{StatusCode, request};
use mapgate_core::account::is_enrolled;
use mapgate_core::gate::Gate;
use mapgate_core::http::{Failure, Reach};
use mapgate_core::pages::{self, Reader};

use crate::asked::came_from_of_query;
use crate::came_from::{CameFrom, onto};
use crate::forms::{Shown, Visit};
use crate::vouched::Vouched;

/// `came_from` in the query goes into the form; a bad one is 400.
pub(crate) async fn get(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    match page(&gate, &parts).await {
        Ok(response) => response,
        Err(failure) => pages::failure(Reader::of(&parts), &failure),
    }
}

/// The page where another provider logs users in: the way there, and who one is.
fn elsewhere(
    gate: &Gate,
    parts: &request::Parts,
    came_from: Option<&CameFrom>,
    logged_in: Option<&[(&str, &str)]>,
) -> Response {
    let login = onto(&gate.path("/oidc/login"), came_from);
    let links = [(login.as_str(), "log-in-elsewhere")];
    let id = logged_in.map_or("log-in-there", |_| "logged-in-there");
    let arguments = logged_in.unwrap_or_default();
    pages::message(Reader::of(parts), StatusCode::OK, id, arguments, &links)
}

async fn page(gate: &Gate, parts: &request::Parts) -> Result<Response, Failure> {
    let came_from = came_from_of_query(parts, gate)?;
    let visit = Visit {
        gate,
        parts,
        secrets: &*gate.secrets().await?,
        reader: Reader::of(parts),
        came_from: came_from.as_ref(),
    };
    let identity = gate.identify(parts, Reach::Page).await?;
    let username = identity.user.as_ref().map(|user| user.username.as_str());
    if let Some(vouched) = Vouched::of(gate, parts, visit.secrets, Reach::Page).await?
        && let Some(user) = vouched.user(gate).await?
    {
        let is_known = username == Some(user.username.as_str());
        let shown = Shown::default();
        let page = visit.second_factor(&shown, &user.username, is_enrolled(&user), is_known)?;
        return Ok(gate.reissue(&identity, page).await);
    }
    let arguments = [("username", username.unwrap_or_default())];
    if gate.settings.authentication.openid_connect.is_some() {
        let page = elsewhere(gate, parts, came_from.as_ref(), username.map(|_| &arguments[..]));
        return Ok(gate.reissue(&identity, page).await);
    }
    let intro = username.map(|_| ("logged-in-as", &arguments[..]));
    let page = visit.login(&Shown::default(), intro)?;
    Ok(gate.reissue(&identity, page).await)
}

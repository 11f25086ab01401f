//! `GET /login.html`: the login page. It says who one is, where one is logged in already.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::request;
use mapgate_core::gate::Gate;
use mapgate_core::http::{Failure, Reach};
use mapgate_core::pages::{self, Reader};

use crate::asked::came_from_of_query;
use crate::forms::{Shown, Visit};

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
    let visit = Visit {
        gate,
        parts,
        secrets: &*gate.secrets().await?,
        reader: Reader::of(parts),
        came_from: came_from.as_ref(),
    };
    let identity = gate.identify(parts, Reach::Page).await?;
    let username = identity.user.as_ref().map(|user| user.username.as_str());
    let arguments = [("username", username.unwrap_or_default())];
    let intro = username.map(|_| ("logged-in-as", &arguments[..]));
    let page = visit.login(&Shown::default(), intro)?;
    Ok(gate.reissue(&identity, page).await)
}

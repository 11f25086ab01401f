//! `GET /notlogin`: for who was sent back, since he is not logged in or not done with the first login: what to do.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use mapgate_core::gate::Gate;
use mapgate_core::pages::{self, Reader};

/// The page.
pub(crate) async fn get(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let (login, change) = (gate.path("/login.html"), gate.path("/loginchangepassword"));
    let links = [(login.as_str(), "log-in"), (change.as_str(), "change-password")];
    // Where another provider logs users in there is no password to change.
    let passwords = gate.settings.authentication.openid_connect.is_none();
    let links = if passwords { &links[..] } else { &links[..1] };
    pages::message(Reader::of(&parts), StatusCode::OK, "not-logged-in", &[], links)
}

//! mapgate's function oauth-authorize: a user allows a program to act in his name (RFC 6749 §3.1).

mod asked;
mod authorize;
mod code;
mod consent;
mod error;
mod login;
mod prompt;
mod query;
mod request;
mod target;
mod visit;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use mapgate_core::gate::{Gate, health};
use mapgate_core::http::service;

/// Every path that [`router`] serves.
pub const ROUTES: &[&str] = &["/health/oauth-authorize", "/oauth/login", "/oauth/authorize"];

/// The function's routes. `/oauth/login` is what QGIS users type in, `/oauth/authorize` is the field's usual name.
pub fn router(gate: Arc<Gate>) -> Router {
    let endpoint = get(authorize::ask).post(authorize::answer);
    let routes = Router::new()
        .route("/oauth/login", endpoint.clone())
        .route("/oauth/authorize", endpoint)
        .with_state(gate.clone())
        .merge(health(&gate, "oauth-authorize"));
    // No CORS: nobody's script has any business here (RFC 9700 §2.6).
    service(routes, &gate.settings, None)
}

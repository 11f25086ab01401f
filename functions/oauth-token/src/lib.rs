//! mapgate's function oauth-token: codes and refresh tokens against access tokens (RFC 6749), and the keys that verify
//! those.

mod client;
mod code;
mod error;
mod jwks;
mod refresh;
mod token;
mod tokens;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use mapgate_core::gate::{Gate, health};
use mapgate_core::http::service;
use mapgate_core::settings::Service;

/// Every path that [`router`] serves.
pub const ROUTES: &[&str] = &["/health/oauth-token", "/oauth/token", "/oauth/jwks"];

/// The function's routes.
pub fn router(gate: Arc<Gate>) -> Router {
    let routes = Router::new()
        .route("/oauth/token", post(token::token))
        .route("/oauth/jwks", get(jwks::jwks))
        .with_state(gate.clone())
        .merge(health(&gate, "oauth-token"));
    service(routes, &gate.settings, Some(Service::Oauth))
}

//! mapgate's function oauth-token: codes and refresh tokens against access tokens (RFC 6749), their introspection and
//! revocation, the keys that verify them, and what OpenID Connect adds.

mod call;
mod client;
mod code;
mod error;
mod introspect;
mod jwks;
mod metadata;
mod presented;
mod refresh;
mod revoke_token;
mod token;
mod tokens;
mod userinfo;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use mapgate_core::gate::{Gate, health};
use mapgate_core::http::service;
use mapgate_core::settings::Service;

/// Every path that [`router`] serves.
pub const ROUTES: &[&str] = &[
    "/health/oauth-token",
    "/oauth/token",
    "/oauth/introspect",
    "/oauth/revoke_token",
    "/oauth/jwks",
    "/oauth/userinfo",
    metadata::OAUTH,
    metadata::OAUTH_INSERTED,
    metadata::OPENID,
];

/// The function's routes.
pub fn router(gate: Arc<Gate>) -> Router {
    let routes = Router::new()
        .route("/oauth/token", post(token::token))
        .route("/oauth/introspect", post(introspect::introspect))
        .route("/oauth/revoke_token", post(revoke_token::revoke_token))
        .route("/oauth/jwks", get(jwks::jwks))
        .route(
            "/oauth/userinfo",
            get(userinfo::userinfo).post(userinfo::userinfo),
        )
        .route(metadata::OAUTH, get(metadata::metadata))
        .route(metadata::OAUTH_INSERTED, get(metadata::metadata))
        .route(metadata::OPENID, get(metadata::metadata))
        .with_state(gate.clone())
        .merge(health(&gate, "oauth-token"));
    service(routes, &gate.settings, Some(Service::Oauth))
}

//! Being a client of another OpenID provider, which logs users in in place of a password (`openid_connect`): the
//! authorization code flow of OpenID Connect Core 1.0 §3.1, with PKCE (RFC 7636).
//!
//! `GET /oidc/login` sends the browser there, `GET /oidc/callback` is where it comes back to.

mod callback;
mod claims;
mod entering;
mod finding;
mod login;
mod pending;
mod provider;
mod wire;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use mapgate_core::gate::Gate;

use provider::Provider;

/// What the two routes hold.
pub(crate) struct Oidc {
    gate: Arc<Gate>,
    /// None where no provider is set.
    provider: Option<Provider>,
}

/// The two routes.
pub(crate) fn routes(gate: &Arc<Gate>) -> Router {
    let oidc = Oidc {
        gate: gate.clone(),
        provider: Provider::of(gate),
    };
    Router::new()
        .route("/oidc/login", get(login::get))
        .route("/oidc/callback", get(callback::get))
        .with_state(Arc::new(oidc))
}

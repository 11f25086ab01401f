//! `GET /oauth/jwks`: the public halves of all keys (RFC 7517 §5), those among them whose time is still to come, so
//! that who verifies has them before they sign.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header;
use mapgate_core::gate::Gate;
use mapgate_core::http::Failure;
use mapgate_core::oauth::PublicKey;
use serde_json::json;

/// Gives the keys.
pub(crate) async fn jwks(State(gate): State<Arc<Gate>>) -> Result<Response, Failure> {
    let secrets = gate.secrets().await?;
    let mut keys = Vec::new();
    for key in secrets.jwt_verifying() {
        match PublicKey::of(key) {
            Ok(PublicKey { kid, x, y }) => keys.push(json!({
                "kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": kid, "use": "sig", "alg": "ES256",
            })),
            // The others still verify tokens.
            Err(error) => tracing::error!(kid = key.kid, %error, "a jwt key is left out"),
        }
    }
    let headers = [
        (header::CONTENT_TYPE, "application/jwk-set+json"),
        (header::CACHE_CONTROL, "public, max-age=300"),
    ];
    Ok((headers, json!({ "keys": keys }).to_string()).into_response())
}

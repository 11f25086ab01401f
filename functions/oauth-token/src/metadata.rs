//! `GET /.well-known/oauth-authorization-server` (RFC 8414) and `GET /.well-known/openid-configuration` (OpenID Connect
//! Discovery 1.0): one document, since the second one's fields are the first one's and some more. All of it comes from
//! the base URL.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::header;
use mapgate_core::gate::Gate;
use mapgate_core::http::Failure;
use mapgate_core::oauth::KNOWN_SCOPES;
use serde_json::{Value, json};

/// The path of RFC 8414.
pub(crate) const OAUTH: &str = "/.well-known/oauth-authorization-server";
/// The same, the issuer's path behind it.
pub(crate) const OAUTH_INSERTED: &str = "/.well-known/oauth-authorization-server/{*path}";
/// The path of OpenID Connect Discovery, which goes behind the issuer's.
pub(crate) const OPENID: &str = "/.well-known/openid-configuration";

/// How clients authenticate; `none` is a public client's.
const METHODS: [&str; 3] = ["client_secret_basic", "client_secret_post", "none"];

/// Gives the document. 404 for the path of another issuer than this one (RFC 8414 §3.1).
pub(crate) async fn metadata(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let base_url = &gate.settings.base_url;
    // The front took the issuer's path away where it came first; RFC 8414 puts it last.
    let inserted = request.uri().path().strip_prefix(OAUTH).unwrap_or_default();
    if !inserted.is_empty() && inserted != base_url.path_prefix() {
        return Failure::NotFound.into_response();
    }
    let headers = [(header::CACHE_CONTROL, "public, max-age=300")];
    (headers, Json(document(base_url.as_str()))).into_response()
}

fn document(issuer: &str) -> Value {
    let at = |path: &str| format!("{issuer}{path}");
    json!({
        "issuer": issuer,
        "authorization_endpoint": at("/oauth/authorize"),
        "token_endpoint": at("/oauth/token"),
        "revocation_endpoint": at("/oauth/revoke_token"),
        "introspection_endpoint": at("/oauth/introspect"),
        "userinfo_endpoint": at("/oauth/userinfo"),
        "jwks_uri": at("/oauth/jwks"),
        "scopes_supported": KNOWN_SCOPES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": METHODS,
        "revocation_endpoint_auth_methods_supported": METHODS,
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "ui_locales_supported": ["en", "fr", "de", "it"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "claims_supported": [
            "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash",
            "preferred_username", "name", "email", "roles",
        ],
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        // Without a word it would be true (OpenID Connect Discovery 1.0, 3).
        "request_uri_parameter_supported": false,
    })
}

//! `GET` and `POST /oauth/userinfo` (OpenID Connect Core 1.0, 5.3): who logged in.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use mapgate_core::gate::Gate;
use mapgate_core::http::{Failure, Form, Reach, oauth_error, private};
use mapgate_core::identity::{Identity, Scheme};
use mapgate_core::oauth::{EMAIL, OPENID, PROFILE, has_scope};
use mapgate_core::table::User;
use serde_json::{Value, json};

/// Gives the claims that the token's scopes open. The token comes in the header: one in the query string ends up in
/// logs, and makes the request a wrong one (RFC 6750 §3.1).
pub(crate) async fn userinfo(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let query = Form::of_query(parts.uri.query());
    if query.map_or(true, |query| query.has("access_token")) {
        return in_the_query();
    }
    let answered = match gate.identify(&parts, Reach::Own).await {
        Ok(identity) => claims(&identity),
        Err(failure) => Err(failure),
    };
    answered.map_or_else(refused, |claims| private(Json(claims).into_response()))
}

fn claims(identity: &Identity) -> Result<Value, Failure> {
    let (Some(user), Scheme::Bearer { scope, .. }) = (&identity.user, &identity.scheme) else {
        return Err(Failure::Unauthorized("an access token is needed".to_owned()));
    };
    if !has_scope(scope, OPENID) {
        return Err(Failure::InsufficientScope(OPENID));
    }
    let mut claims = json!({ "sub": user.id.0.to_string() });
    if identity.may_know(PROFILE) {
        claims["preferred_username"] = user.username.as_str().into();
        claims["name"] = user.display_name.as_str().into();
        claims["roles"] = roles(identity, user).into();
    }
    if let Some(email) = user.email.as_deref().filter(|_| identity.may_know(EMAIL)) {
        claims["email"] = email.into();
    }
    Ok(claims)
}

/// The names of the user's own roles.
fn roles<'a>(identity: &'a Identity, user: &User) -> Vec<&'a str> {
    let roles = user.roles.iter().filter_map(|id| identity.roles.get(*id));
    roles.map(|role| role.name.as_str()).collect()
}

/// The challenge says what is wrong (RFC 6750 §3), and the body says it again.
fn refused(failure: Failure) -> Response {
    let error = match &failure {
        Failure::InsufficientScope(_) => "insufficient_scope",
        failure if failure.status() == StatusCode::UNAUTHORIZED => "invalid_token",
        failure if failure.status().is_client_error() => "invalid_request",
        _ => "temporarily_unavailable",
    };
    private(failure.onto(oauth_error(failure.status(), error, &failure.to_string())))
}

fn in_the_query() -> Response {
    let text = "an access token belongs in the Authorization header, not in the query string";
    let mut response = private(oauth_error(StatusCode::BAD_REQUEST, "invalid_request", text));
    let challenge = HeaderValue::from_static("Bearer error=\"invalid_request\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

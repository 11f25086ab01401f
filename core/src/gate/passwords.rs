//! The routes for passwords, which another provider that logs users in turns off.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};

use super::Gate;
use crate::http::Failure;
use crate::pages::{self, Language};

/// Stands before a route for passwords: 400 where `openid_connect` is enabled, as a page with the way to the provider
/// for whoever accepts HTML.
pub async fn passwords_only(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    if gate.settings.authentication.openid_connect.is_none() {
        return next.run(request).await;
    }
    let (parts, _) = request.into_parts();
    let accepts = parts.headers.get_all(header::ACCEPT).iter();
    let mut accepts = accepts.filter_map(|accept| accept.to_str().ok());
    if !accepts.any(|accept| accept.contains("text/html")) {
        let text = "no password is taken here: log in at /oidc/login";
        return Failure::BadRequest(text.to_owned()).into_response();
    }
    let login = gate.path("/oidc/login");
    let links = [(login.as_str(), "log-in-elsewhere")];
    pages::message(
        Language::of(&parts),
        StatusCode::BAD_REQUEST,
        "passwords-elsewhere",
        &[],
        &links,
    )
}

//! The routes for passwords, which another provider that logs users in turns off.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode, header, request};

use super::Gate;
use crate::http::Failure;
use crate::pages::{self, Language};

/// The longest `came_from` that `/oidc/login` takes, in bytes: it goes into a cookie.
pub const LONGEST_CAME_FROM: usize = 2048;

/// Stands before a route for passwords: 400 where `openid_connect` is enabled. A preflight goes on.
pub async fn passwords_only(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    if gate.settings.authentication.openid_connect.is_none() || request.method() == http::Method::OPTIONS {
        return next.run(request).await;
    }
    let (parts, _) = request.into_parts();
    passwords_elsewhere(&gate, &parts)
}

/// What who comes with a password is told where another provider logs users in: 400, as a page with the way there for
/// whoever accepts HTML.
pub fn passwords_elsewhere(gate: &Gate, parts: &request::Parts) -> Response {
    if !accepts_html(&parts.headers) {
        let text = "no password is taken here: log in at /oidc/login";
        return Failure::BadRequest(text.to_owned()).into_response();
    }
    let login = gate.path("/oidc/login");
    let links = [(login.as_str(), "log-in-elsewhere")];
    pages::message(
        Language::of(parts),
        StatusCode::BAD_REQUEST,
        "passwords-elsewhere",
        &[],
        &links,
    )
}

fn accepts_html(headers: &HeaderMap) -> bool {
    let mut accepts = headers.get_all(header::ACCEPT).iter();
    accepts.any(|accept| accept.to_str().is_ok_and(|accept| accept.contains("text/html")))
}

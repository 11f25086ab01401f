//! mapgate's function login: logging in and out with name and password or by another OpenID provider, who one is,
//! changing the password, the user's own page, and the pages for all of it (contract, section 4).

mod account;
mod asked;
mod came_from;
mod forms;
mod login;
mod login_html;
mod loginchangepassword;
mod loginuser;
mod logout;
mod notlogin;
mod oidc;
pub mod qr;
mod sealed;
mod user_object;
mod vouched;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use mapgate_core::gate::{Gate, health, passwords_only};
use mapgate_core::http::{Failure, Form, private, service};
use mapgate_core::settings::Service;

/// Every path that [`router`] serves.
pub const ROUTES: &[&str] = &[
    "/account",
    "/account/end_sessions",
    "/account/log_out",
    "/account/qgis",
    "/account/qgis/authentication.xml",
    "/account/qgis/wfs.xml",
    "/account/qgis/wms.xml",
    "/account/recovery_codes",
    "/account/revoke",
    "/health/login",
    "/login",
    "/login.html",
    "/loginchangepassword",
    "/loginuser",
    "/logout",
    "/notlogin",
    "/oidc/callback",
    "/oidc/login",
];

/// The function's routes.
pub fn router(gate: Arc<Gate>) -> Router {
    let passwords = from_fn_with_state(gate.clone(), passwords_only);
    let routes = Router::new()
        // Both take a second factor alone too, also where another provider logs users in.
        .route("/login", post(login::post))
        .route(
            "/loginchangepassword",
            get(loginchangepassword::get)
                .route_layer(passwords)
                .post(loginchangepassword::post),
        )
        .route("/login.html", get(login_html::get))
        .route("/loginuser", get(loginuser::get))
        .route("/logout", get(logout::get))
        .route("/notlogin", get(notlogin::get))
        .with_state(gate.clone())
        .merge(oidc::routes(&gate));
    // No other origin reads the user's own page, not even one that may log users in: its forms' token is in there.
    let own_page = account::routes().with_state(gate.clone());
    let settings = &gate.settings;
    let routes = for_one(routes).merge(health(&gate, "login"));
    service(routes, settings, Some(Service::Login)).merge(service(for_one(own_page), settings, None))
}

/// What is around routes whose answers are for who asks.
fn for_one(routes: Router) -> Router {
    routes
        .layer(from_fn(without_token_in_query))
        .layer(map_response(|response| async { private(response) }))
}

/// Refuses an access token in the query string, where logs and histories keep it (RFC 9700 §4.3.2), and a query that
/// is not percent-encoded UTF-8.
async fn without_token_in_query(request: Request, next: Next) -> Response {
    match Form::of_query(request.uri().query()) {
        Err(failure) => failure.into_response(),
        Ok(query) if query.has("access_token") => Failure::BadRequest(
            "access_token is refused in the query string: send it in the Authorization header".to_owned(),
        )
        .into_response(),
        Ok(_) => next.run(request).await,
    }
}

//! `/admin/`: the desk as pages, without JavaScript. One file an entity; what they have in common is a list, a form and
//! a question before something is taken away.

mod audit;
mod confirm;
mod form;
mod frame;
mod functionalities;
mod import;
mod layers;
mod layers_table;
mod list;
mod log_out;
mod mails;
mod oauth2_clients;
mod ogc_servers;
mod roles;
mod seen_as;
mod sessions;
mod trouble;
mod users;
mod visit;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get, post};
use http::StatusCode;
use mapgate_core::gate::Gate;
use mapgate_core::http::Failure;

use trouble::Trouble;
use visit::Visit;

/// What a page answers.
type Shown = Result<Response, Trouble>;

/// The pages' routes.
pub(crate) fn router(gate: Arc<Gate>) -> Router {
    let routes = Router::new()
        .route("/admin", get(start))
        .route("/admin/", get(start))
        .route("/admin/{*path}", any(nothing))
        .route("/admin/log_out", post(log_out::post))
        .route("/admin/users", get(users::list))
        .route("/admin/new_user", get(users::new).post(users::create))
        .route("/admin/users/{id}", get(users::edit).post(users::change))
        .route(
            "/admin/users/{id}/delete",
            get(users::ask_delete).post(users::delete),
        )
        .route(
            "/admin/users/{id}/sessions",
            get(sessions::list).post(sessions::end),
        )
        .route("/admin/roles", get(roles::list))
        .route("/admin/new_role", get(roles::new).post(roles::create))
        .route("/admin/roles/{id}", get(roles::edit).post(roles::change))
        .route("/admin/roles/{id}/members", get(roles::members))
        .route(
            "/admin/roles/{id}/delete",
            get(roles::ask_delete).post(roles::delete),
        )
        .route("/admin/functionalities", get(functionalities::list))
        .merge(clients_and_servers())
        .route("/admin/audit", get(audit::list))
        .route("/admin/mails", get(mails::list));
    routes
        .route_layer(from_fn_with_state(gate.clone(), trouble::as_page))
        .with_state(gate)
}

fn clients_and_servers() -> Router<Arc<Gate>> {
    Router::new()
        .route("/admin/oauth2_clients", get(oauth2_clients::list))
        .route(
            "/admin/new_oauth2_client",
            get(oauth2_clients::new).post(oauth2_clients::create),
        )
        .route(
            "/admin/oauth2_clients/{client_id}",
            get(oauth2_clients::edit).post(oauth2_clients::change),
        )
        .route(
            "/admin/oauth2_clients/{client_id}/secret",
            get(oauth2_clients::ask_renew).post(oauth2_clients::renew),
        )
        .route(
            "/admin/oauth2_clients/{client_id}/delete",
            get(oauth2_clients::ask_delete).post(oauth2_clients::delete),
        )
        .route("/admin/ogc_servers", get(ogc_servers::list))
        .route(
            "/admin/new_ogc_server",
            get(ogc_servers::new).post(ogc_servers::create),
        )
        .route(
            "/admin/ogc_servers/{name}",
            get(ogc_servers::edit).post(ogc_servers::change),
        )
        .route(
            "/admin/ogc_servers/{name}/delete",
            get(ogc_servers::ask_delete).post(ogc_servers::delete),
        )
        .route(
            "/admin/ogc_servers/{name}/layers",
            get(layers_table::show).post(layers_table::change),
        )
        .route(
            "/admin/ogc_servers/{name}/import",
            get(import::show).post(import::create),
        )
        .route("/admin/ogc_servers/{name}/access", get(seen_as::show))
        .route(
            "/admin/ogc_servers/{name}/new_layer",
            get(layers::new).post(layers::create),
        )
        .route(
            "/admin/ogc_servers/{name}/layers/{layer}",
            get(layers::edit).post(layers::change),
        )
        .route(
            "/admin/ogc_servers/{name}/layers/{layer}/delete",
            get(layers::ask_delete).post(layers::delete),
        )
}

/// `/admin/` leads to the users.
async fn start(visit: Visit) -> Shown {
    Ok(visit.lead("/admin/users", None).await)
}

/// What is no page: as a page, but where a program asks.
async fn nothing(State(_): State<Arc<Gate>>, Path(path): Path<String>) -> Response {
    if path.starts_with("api/") {
        return StatusCode::NOT_FOUND.into_response();
    }
    Trouble::from(Failure::NotFound).into_response()
}

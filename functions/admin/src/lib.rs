//! mapgate's function admin: the administrator's desk.

mod api;
mod desk;
mod entering;
mod fault;
mod pages;
mod texts;

use std::sync::Arc;

use axum::Router;
use mapgate_core::gate::{Gate, health};
use mapgate_core::http::service;
use mapgate_core::settings::Service;

/// Every path that [`router`] serves.
pub const ROUTES: &[&str] = &[
    "/health/admin",
    "/admin",
    "/admin/",
    "/admin/{*path}",
    "/admin/new_user",
    "/admin/users",
    "/admin/users/{id}",
    "/admin/users/{id}/delete",
    "/admin/users/{id}/sessions",
    "/admin/roles",
    "/admin/new_role",
    "/admin/roles/{id}",
    "/admin/roles/{id}/members",
    "/admin/roles/{id}/delete",
    "/admin/functionalities",
    "/admin/oauth2_clients",
    "/admin/new_oauth2_client",
    "/admin/oauth2_clients/{client_id}",
    "/admin/oauth2_clients/{client_id}/secret",
    "/admin/oauth2_clients/{client_id}/delete",
    "/admin/ogc_servers",
    "/admin/new_ogc_server",
    "/admin/ogc_servers/{name}",
    "/admin/ogc_servers/{name}/delete",
    "/admin/ogc_servers/{name}/layers",
    "/admin/ogc_servers/{name}/new_layer",
    "/admin/ogc_servers/{name}/import",
    "/admin/ogc_servers/{name}/access",
    "/admin/ogc_servers/{name}/layers/{layer}",
    "/admin/ogc_servers/{name}/layers/{layer}/delete",
    "/admin/audit",
    "/admin/mails",
    "/admin/log_out",
    "/admin/api/openapi.json",
    "/admin/api/users",
    "/admin/api/users/{id}",
    "/admin/api/users/{id}/export",
    "/admin/api/users/{id}/sessions",
    "/admin/api/users/{id}/sessions/{session}",
    "/admin/api/roles",
    "/admin/api/roles/{id}",
    "/admin/api/roles/{id}/members",
    "/admin/api/oauth2_clients",
    "/admin/api/oauth2_clients/{client_id}",
    "/admin/api/oauth2_clients/{client_id}/secret",
    "/admin/api/ogc_servers",
    "/admin/api/ogc_servers/{name}",
    "/admin/api/ogc_servers/{name}/access",
    "/admin/api/ogc_servers/{name}/offered_layers",
    "/admin/api/ogc_servers/{name}/layers",
    "/admin/api/ogc_servers/{name}/layers/{layer}",
    "/admin/api/audit",
    "/admin/api/mails",
];

/// The function's routes. Where the settings have no administration interface, there is none.
pub fn router(gate: Arc<Gate>) -> Router {
    let mut router = health(&gate, "admin");
    if gate.settings.enable_admin_interface {
        router = router.merge(api::router(gate.clone()));
        router = router.merge(pages::router(gate.clone()));
    }
    service(router, &gate.settings, Some(Service::Admin))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_list_of_routes_is_that_of_the_openapi_document() {
        let api = ROUTES.iter().filter(|route| route.starts_with("/admin/api/"));
        let listed: BTreeSet<String> = api.map(|route| (*route).to_owned()).collect();
        let mut described: BTreeSet<String> = api::paths().into_iter().collect();
        assert!(described.insert("/admin/api/openapi.json".to_owned()));
        assert_eq!(listed, described);
    }
}

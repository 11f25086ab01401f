//! The rows of the administration's pages.

use super::Row;

/// Who is not logged in is led to the login page.
const fn page(status: u16) -> [u16; 6] {
    [303, 403, status, 403, 403, 401]
}

/// The pages. A `POST` without the token of a page of this browser does nothing.
pub(super) const PAGES: &[Row] = &[
    ("GET", "/admin", "/admin", page(303)),
    ("GET", "/admin/", "/admin/", page(303)),
    ("GET", "/admin/{*path}", "/admin/nothing", [404; 6]),
    ("POST", "/admin/{*path}", "/admin/nothing", [404; 6]),
    ("GET", "/admin/new_user", "/admin/new_user", page(200)),
    ("POST", "/admin/new_user", "/admin/new_user", page(403)),
    (
        "GET",
        "/admin/users",
        "/admin/users?search=j&sort=email",
        page(200),
    ),
    ("GET", "/admin/users/{id}", "/admin/users/1001", page(200)),
    ("POST", "/admin/users/{id}", "/admin/users/1001", page(403)),
    (
        "GET",
        "/admin/users/{id}/delete",
        "/admin/users/1001/delete",
        page(200),
    ),
    (
        "POST",
        "/admin/users/{id}/delete",
        "/admin/users/1001/delete",
        page(403),
    ),
    (
        "GET",
        "/admin/users/{id}/sessions",
        "/admin/users/1001/sessions",
        page(200),
    ),
    (
        "POST",
        "/admin/users/{id}/sessions",
        "/admin/users/1001/sessions",
        page(403),
    ),
    ("GET", "/admin/roles", "/admin/roles", page(200)),
    ("GET", "/admin/new_role", "/admin/new_role", page(200)),
    ("POST", "/admin/new_role", "/admin/new_role", page(403)),
    ("GET", "/admin/roles/{id}", "/admin/roles/4", page(200)),
    ("POST", "/admin/roles/{id}", "/admin/roles/4", page(403)),
    (
        "GET",
        "/admin/roles/{id}/members",
        "/admin/roles/4/members",
        page(200),
    ),
    (
        "GET",
        "/admin/roles/{id}/delete",
        "/admin/roles/4/delete",
        page(200),
    ),
    (
        "POST",
        "/admin/roles/{id}/delete",
        "/admin/roles/4/delete",
        page(403),
    ),
    (
        "GET",
        "/admin/functionalities",
        "/admin/functionalities",
        page(200),
    ),
    ("GET", "/admin/oauth2_clients", "/admin/oauth2_clients", page(200)),
    (
        "GET",
        "/admin/new_oauth2_client",
        "/admin/new_oauth2_client",
        page(200),
    ),
    (
        "POST",
        "/admin/new_oauth2_client",
        "/admin/new_oauth2_client",
        page(403),
    ),
    (
        "GET",
        "/admin/oauth2_clients/{client_id}",
        "/admin/oauth2_clients/qgis",
        page(200),
    ),
    (
        "POST",
        "/admin/oauth2_clients/{client_id}",
        "/admin/oauth2_clients/qgis",
        page(403),
    ),
    (
        "GET",
        "/admin/oauth2_clients/{client_id}/secret",
        "/admin/oauth2_clients/qgis/secret",
        page(200),
    ),
    (
        "POST",
        "/admin/oauth2_clients/{client_id}/secret",
        "/admin/oauth2_clients/qgis/secret",
        page(403),
    ),
    (
        "GET",
        "/admin/oauth2_clients/{client_id}/delete",
        "/admin/oauth2_clients/qgis/delete",
        page(200),
    ),
    (
        "POST",
        "/admin/oauth2_clients/{client_id}/delete",
        "/admin/oauth2_clients/qgis/delete",
        page(403),
    ),
    ("GET", "/admin/ogc_servers", "/admin/ogc_servers", page(200)),
    ("GET", "/admin/new_ogc_server", "/admin/new_ogc_server", page(200)),
    (
        "POST",
        "/admin/new_ogc_server",
        "/admin/new_ogc_server",
        page(403),
    ),
    (
        "GET",
        "/admin/ogc_servers/{name}",
        "/admin/ogc_servers/main",
        page(200),
    ),
    (
        "POST",
        "/admin/ogc_servers/{name}",
        "/admin/ogc_servers/main",
        page(403),
    ),
    (
        "GET",
        "/admin/ogc_servers/{name}/delete",
        "/admin/ogc_servers/main/delete",
        page(200),
    ),
    (
        "POST",
        "/admin/ogc_servers/{name}/delete",
        "/admin/ogc_servers/main/delete",
        page(403),
    ),
    (
        "GET",
        "/admin/ogc_servers/{name}/layers",
        "/admin/ogc_servers/main/layers",
        page(200),
    ),
    (
        "POST",
        "/admin/ogc_servers/{name}/layers",
        "/admin/ogc_servers/main/layers",
        page(403),
    ),
    (
        "GET",
        "/admin/ogc_servers/{name}/new_layer",
        "/admin/ogc_servers/main/new_layer",
        page(200),
    ),
    (
        "POST",
        "/admin/ogc_servers/{name}/new_layer",
        "/admin/ogc_servers/main/new_layer",
        page(403),
    ),
    (
        "GET",
        "/admin/ogc_servers/{name}/import",
        "/admin/ogc_servers/main/import",
        page(200),
    ),
    (
        "POST",
        "/admin/ogc_servers/{name}/import",
        "/admin/ogc_servers/main/import",
        page(403),
    ),
    (
        "GET",
        "/admin/ogc_servers/{name}/access",
        "/admin/ogc_servers/main/access?user=pia",
        page(200),
    ),
    (
        "GET",
        "/admin/ogc_servers/{name}/layers/{layer}",
        "/admin/ogc_servers/main/layers/parcels",
        page(200),
    ),
    (
        "POST",
        "/admin/ogc_servers/{name}/layers/{layer}",
        "/admin/ogc_servers/main/layers/parcels",
        page(403),
    ),
    (
        "GET",
        "/admin/ogc_servers/{name}/layers/{layer}/delete",
        "/admin/ogc_servers/main/layers/parcels/delete",
        page(200),
    ),
    (
        "POST",
        "/admin/ogc_servers/{name}/layers/{layer}/delete",
        "/admin/ogc_servers/main/layers/parcels/delete",
        page(403),
    ),
    ("GET", "/admin/audit", "/admin/audit", page(200)),
    ("GET", "/admin/mails", "/admin/mails", page(200)),
    ("POST", "/admin/log_out", "/admin/log_out", page(403)),
];

//! Every route of every function × every kind of caller. A route that is missing here fails the test.

mod admin;
mod admin_pages;
mod programs;

use std::collections::BTreeSet;

use axum::Router;
use http::Method;
use mapgate_local::harness::FUNCTIONS;
use mapgate_local::service::{Service, loopback};
use mapgate_tests::{Actor, Setup, VARS};

/// The kinds of callers, in the order of a row's answers.
const CALLERS: [&str; 6] = ["anonymous", "user", "admin", "bearer", "basic", "bad bearer"];

/// A method, a path as the router spells it, how it is asked, and the status for each caller.
type Row = (&'static str, &'static str, &'static str, [u16; 6]);

/// QGIS's request, at both names.
const AUTHORIZE: [&str; 2] = [
    "/oauth/login?response_type=code&client_id=many&redirect_uri=http://127.0.0.1:7070/",
    "/oauth/authorize?response_type=code&client_id=many&redirect_uri=http://127.0.0.1:7070/",
];
/// A map of a public layer, and one of the editors'.
const PUBLIC: &str = "/mapserv_proxy?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads&STYLES=&CRS=EPSG:2056\
    &BBOX=2599940,1199940,2601480,1201020&WIDTH=20&HEIGHT=14&FORMAT=image/png";
const PRIVATE: &str = "/mapserv_proxy?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=parcels&STYLES=&CRS=EPSG:2056\
    &BBOX=2599940,1199940,2601480,1201020&WIDTH=20&HEIGHT=14&FORMAT=image/png";

/// A feature of an API that a `MapServer` does not have.
const ITEM: &str = "/mapserv_proxy/main/wfs3/collections/parcels/items/1";
const WFS3_OF_MAPSERVER: [u16; 6] = [404, 404, 404, 404, 404, 401];

/// A page that only a browser's own login opens: not a program's token, nor Basic.
const OWN_PAGE: [u16; 6] = [303, 200, 200, 403, 403, 401];

const ROWS: &[Row] = &[
    (
        "GET",
        "/login.html",
        "/login.html",
        [200, 200, 200, 200, 200, 401],
    ),
    // No identity scheme is looked at here.
    ("POST", "/login", "/login", [400; 6]),
    ("GET", "/loginuser", "/loginuser", [200, 200, 200, 200, 200, 401]),
    ("GET", "/logout", "/logout", [401, 200, 200, 401, 401, 401]),
    (
        "GET",
        "/loginchangepassword",
        "/loginchangepassword",
        [200, 200, 200, 200, 200, 401],
    ),
    ("POST", "/loginchangepassword", "/loginchangepassword", [400; 6]),
    ("GET", "/notlogin", "/notlogin", [200; 6]),
    ("GET", "/account", "/account", OWN_PAGE),
    ("GET", "/account/qgis", "/account/qgis", OWN_PAGE),
    ("GET", "/account/qgis/wms.xml", "/account/qgis/wms.xml", OWN_PAGE),
    ("GET", "/account/qgis/wfs.xml", "/account/qgis/wfs.xml", OWN_PAGE),
    // Without the page's token nobody gets further; `login::account` has it.
    (
        "POST",
        "/account/qgis/authentication.xml",
        "/account/qgis/authentication.xml",
        [403; 6],
    ),
    ("POST", "/account/log_out", "/account/log_out", [403; 6]),
    ("POST", "/account/revoke", "/account/revoke", [403; 6]),
    ("POST", "/account/end_sessions", "/account/end_sessions", [403; 6]),
    (
        "POST",
        "/account/recovery_codes",
        "/account/recovery_codes",
        [403; 6],
    ),
    // The tests' world has no other provider.
    ("GET", "/oidc/login", "/oidc/login", [400; 6]),
    ("GET", "/oidc/callback", "/oidc/callback", [400; 6]),
    (
        "GET",
        "/oauth/login",
        AUTHORIZE[0],
        [200, 302, 302, 200, 200, 401],
    ),
    ("POST", "/oauth/login", AUTHORIZE[0], [403; 6]),
    (
        "GET",
        "/oauth/authorize",
        AUTHORIZE[1],
        [200, 302, 302, 200, 200, 401],
    ),
    ("POST", "/oauth/authorize", AUTHORIZE[1], [403; 6]),
    // A bearer token is no way for a client to say who it is (RFC 6749 §5.2).
    (
        "POST",
        "/oauth/token",
        "/oauth/token",
        [400, 400, 400, 401, 400, 401],
    ),
    // Only programs ask here: whoever is no client is challenged.
    ("POST", "/oauth/introspect", "/oauth/introspect", [401; 6]),
    (
        "POST",
        "/oauth/revoke_token",
        "/oauth/revoke_token",
        [400, 400, 400, 401, 401, 401],
    ),
    ("GET", "/oauth/jwks", "/oauth/jwks", [200; 6]),
    (
        "GET",
        "/oauth/userinfo",
        "/oauth/userinfo",
        [401, 401, 401, 200, 401, 401],
    ),
    (
        "POST",
        "/oauth/userinfo",
        "/oauth/userinfo",
        [401, 401, 401, 200, 401, 401],
    ),
    (
        "GET",
        "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-authorization-server",
        [200; 6],
    ),
    // The tests' base URL has no path.
    (
        "GET",
        "/.well-known/oauth-authorization-server/{*path}",
        "/.well-known/oauth-authorization-server/x",
        [404; 6],
    ),
    (
        "GET",
        "/.well-known/openid-configuration",
        "/.well-known/openid-configuration",
        [200; 6],
    ),
    ("GET", "/mapserv_proxy", PUBLIC, [200, 200, 200, 200, 200, 401]),
    ("GET", "/mapserv_proxy", PRIVATE, [401, 200, 403, 200, 200, 401]),
    ("POST", "/mapserv_proxy", PUBLIC, [400, 400, 400, 400, 400, 401]),
    (
        "GET",
        "/mapserv_proxy/{ogcserver}",
        "/mapserv_proxy/main?SERVICE=WMS&REQUEST=GetCapabilities",
        [200, 200, 200, 200, 200, 401],
    ),
    (
        "POST",
        "/mapserv_proxy/{ogcserver}",
        "/mapserv_proxy/main",
        [400, 400, 400, 400, 400, 401],
    ),
    (
        "GET",
        "/mapserv_proxy/{ogcserver}/access",
        "/mapserv_proxy/main/access",
        [401, 200, 200, 200, 200, 401],
    ),
    (
        "GET",
        "/mapserv_proxy/{ogcserver}/access",
        "/mapserv_proxy/main/access?user=pia",
        [401, 403, 200, 403, 403, 401],
    ),
    (
        "GET",
        "/mapserv_proxy/{ogcserver}/access/{service}",
        "/mapserv_proxy/main/access/wms?user=pia",
        [401, 403, 200, 403, 403, 401],
    ),
    (
        "POST",
        "/mapserv_proxy/{ogcserver}/access",
        "/mapserv_proxy/main/access",
        [405; 6],
    ),
    (
        "GET",
        "/resourceproxy",
        "/resourceproxy?target=notes&values=('a b',)",
        [200, 200, 200, 200, 200, 401],
    ),
    (
        "GET",
        "/resourceproxy",
        "/resourceproxy?target=other&values=1",
        [400, 400, 400, 400, 400, 401],
    ),
    (
        "GET",
        "/mapserv_proxy/{ogcserver}/ogcapi",
        "/mapserv_proxy/main/ogcapi",
        [200, 200, 200, 200, 200, 401],
    ),
    (
        "GET",
        "/mapserv_proxy/{ogcserver}/ogcapi/",
        "/mapserv_proxy/main/ogcapi/",
        [200, 200, 200, 200, 200, 401],
    ),
    (
        "GET",
        "/mapserv_proxy/{ogcserver}/ogcapi/{*path}",
        "/mapserv_proxy/main/ogcapi/collections/parcels/items?limit=1",
        [401, 200, 403, 200, 200, 401],
    ),
    // `main` is no QGIS Server; `blackbox::qgis_api` asks one.
    (
        "GET",
        "/mapserv_proxy/{ogcserver}/wfs3",
        "/mapserv_proxy/main/wfs3",
        WFS3_OF_MAPSERVER,
    ),
    (
        "GET",
        "/mapserv_proxy/{ogcserver}/wfs3/",
        "/mapserv_proxy/main/wfs3/",
        WFS3_OF_MAPSERVER,
    ),
    (
        "GET",
        "/mapserv_proxy/{ogcserver}/wfs3/{*path}",
        ITEM,
        WFS3_OF_MAPSERVER,
    ),
    (
        "POST",
        "/mapserv_proxy/{ogcserver}/wfs3/{*path}",
        ITEM,
        WFS3_OF_MAPSERVER,
    ),
    (
        "PUT",
        "/mapserv_proxy/{ogcserver}/wfs3/{*path}",
        ITEM,
        WFS3_OF_MAPSERVER,
    ),
    (
        "PATCH",
        "/mapserv_proxy/{ogcserver}/wfs3/{*path}",
        ITEM,
        WFS3_OF_MAPSERVER,
    ),
    (
        "DELETE",
        "/mapserv_proxy/{ogcserver}/wfs3/{*path}",
        ITEM,
        WFS3_OF_MAPSERVER,
    ),
    // The tests' world has no `reset_password`.
    ("GET", "/loginresetpassword", "/loginresetpassword", [404; 6]),
    ("POST", "/loginresetpassword", "/loginresetpassword", [404; 6]),
    (
        "GET",
        "/loginresetpassword/{token}",
        "/loginresetpassword/x",
        [404; 6],
    ),
    (
        "POST",
        "/loginresetpassword/{token}",
        "/loginresetpassword/x",
        [404; 6],
    ),
    ("GET", "/health/login", "/health/login", [200; 6]),
    (
        "GET",
        "/health/oauth-authorize",
        "/health/oauth-authorize",
        [200; 6],
    ),
    ("GET", "/health/oauth-token", "/health/oauth-token", [200; 6]),
    (
        "GET",
        "/health/mapserver-proxy",
        "/health/mapserver-proxy",
        [200; 6],
    ),
    ("GET", "/health/resourceproxy", "/health/resourceproxy", [200; 6]),
    (
        "GET",
        "/health/reset-password",
        "/health/reset-password",
        [200; 6],
    ),
    ("GET", "/health/admin", "/health/admin", [200; 6]),
];

async fn callers(site: &mapgate_tests::Site) -> Vec<Actor> {
    vec![
        site.anonymous(),
        site.user("jane").await,
        site.admin().await,
        site.qgis("jane").await,
        site.basic("jane", "lindmatt-jane"),
        site.anonymous().authorized("Bearer x"),
    ]
}

#[tokio::test]
async fn every_caller_gets_what_the_table_says() {
    let notes = Router::new().fallback(async || "a note");
    let notes = Service::http(loopback().await.unwrap(), notes).unwrap();
    let target = format!(
        "targets: {{ notes: '{}/%s' }}, allow_private_addresses: true",
        notes.url()
    );
    let setup = Setup::default().vars(format!("{VARS}  resourceproxy: {{ {target} }}\n"));
    let site = setup.variable("BASICAUTH", "true").start().await;
    let mut wrong = Vec::new();
    for (method, _, asked, expected) in ROWS.iter().chain(admin::ROWS).chain(admin_pages::PAGES) {
        // Anew for each row: a logout must not reach the next.
        for ((caller, expected), actor) in CALLERS.iter().zip(expected).zip(callers(&site).await) {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let form = [("content-type", "application/x-www-form-urlencoded")];
            let headers = if method == Method::POST { &form[..] } else { &[] };
            let status = actor
                .send(method.clone(), asked, headers, Vec::new())
                .await
                .status
                .as_u16();
            if status != *expected {
                wrong.push(format!("{method} {asked} as {caller}: {status}, not {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_has_every_route() {
    let served: BTreeSet<&str> = FUNCTIONS
        .iter()
        .flat_map(|(_, routes, _)| routes.iter().copied())
        .collect();
    let listed: BTreeSet<&str> = ROWS
        .iter()
        .chain(admin::ROWS)
        .chain(admin_pages::PAGES)
        .map(|(_, route, ..)| *route)
        .collect();
    assert_eq!(served, listed);
    for (function, ..) in FUNCTIONS {
        assert!(
            served.contains(format!("/health/{function}").as_str()),
            "{function}"
        );
    }
}

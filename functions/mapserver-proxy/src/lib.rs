//! mapgate's function mapserver-proxy: a gatekeeper in front of `MapServer`, QGIS Server, `GeoServer` and others.
//!
//! What is understood, allowed and shown is decided in [`mapgate_core::ogc`]; here a request gets its identity, its
//! server and its way there and back.

mod access;
mod answer;
mod body;
mod definitions;
mod fault;
mod mapserv_proxy;
mod media;
mod ogcapi;
mod readings;
mod sent;
mod servers;
mod told;
mod trees;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use mapgate_core::gate::{Gate, health};
use mapgate_core::http::with_own_limits;
use mapgate_core::settings::Service;

/// Every path that [`router`] serves.
pub const ROUTES: &[&str] = &[
    "/mapserv_proxy",
    "/mapserv_proxy/{ogcserver}",
    "/mapserv_proxy/{ogcserver}/access",
    "/mapserv_proxy/{ogcserver}/access/{service}",
    "/mapserv_proxy/{ogcserver}/ogcapi",
    "/mapserv_proxy/{ogcserver}/ogcapi/",
    "/mapserv_proxy/{ogcserver}/ogcapi/{*path}",
    "/mapserv_proxy/{ogcserver}/wfs3",
    "/mapserv_proxy/{ogcserver}/wfs3/",
    "/mapserv_proxy/{ogcserver}/wfs3/{*path}",
    "/health/mapserver-proxy",
];

/// The largest body of a map request, in bytes.
const BODY_LIMIT: usize = 6 * 1024 * 1024;

/// Room for the headers of a call or an answer, so that none is gathered anew as they are added.
const HEADERS: usize = 12;

/// What the function keeps from one request to the next.
struct Proxy {
    gate: Arc<Gate>,
    servers: servers::Servers,
    trees: trees::Trees,
    definitions: definitions::Definitions,
}

/// The function's routes.
pub fn router(gate: Arc<Gate>) -> Router {
    let settings = gate.settings.clone();
    let health = health(&gate, "mapserver-proxy");
    let proxy = Arc::new(Proxy {
        gate,
        servers: servers::Servers::default(),
        trees: trees::Trees::default(),
        definitions: definitions::Definitions::default(),
    });
    let wfs3 = || {
        get(ogcapi::wfs3)
            .post(ogcapi::wfs3)
            .put(ogcapi::wfs3)
            .patch(ogcapi::wfs3)
            .delete(ogcapi::wfs3)
    };
    let routes = Router::new()
        .route(
            "/mapserv_proxy",
            get(mapserv_proxy::get).post(mapserv_proxy::post),
        )
        .route(
            "/mapserv_proxy/{ogcserver}",
            get(mapserv_proxy::get).post(mapserv_proxy::post),
        )
        .route("/mapserv_proxy/{ogcserver}/access", get(access::get))
        .route(
            "/mapserv_proxy/{ogcserver}/access/{service}",
            get(access::capabilities),
        )
        .route("/mapserv_proxy/{ogcserver}/ogcapi", get(ogcapi::ogcapi))
        .route("/mapserv_proxy/{ogcserver}/ogcapi/", get(ogcapi::ogcapi))
        .route("/mapserv_proxy/{ogcserver}/ogcapi/{*path}", get(ogcapi::ogcapi))
        .route("/mapserv_proxy/{ogcserver}/wfs3", wfs3())
        .route("/mapserv_proxy/{ogcserver}/wfs3/", wfs3())
        .route("/mapserv_proxy/{ogcserver}/wfs3/{*path}", wfs3())
        .with_state(proxy);
    with_own_limits(routes.merge(health), &settings, Service::Mapserver)
}

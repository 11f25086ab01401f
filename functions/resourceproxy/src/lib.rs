//! mapgate's function resourceproxy: what others publish, under the portal's own address, from the targets that the
//! settings list and nowhere else.

pub mod address;
mod answer;
mod fault;
mod fetch;
mod resourceproxy;
pub mod values;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use mapgate_core::gate::{Gate, health};
use mapgate_core::http::service;
use mapgate_core::outbound::{Addresses, Outbound};
use mapgate_core::settings::Service;

/// Every path that [`router`] serves.
pub const ROUTES: &[&str] = &["/resourceproxy", "/health/resourceproxy"];

/// What the function keeps from one request to the next.
struct Proxy {
    gate: Arc<Gate>,
    outbound: Outbound,
}

/// The function's routes.
pub fn router(gate: Arc<Gate>) -> Router {
    let settings = gate.settings.clone();
    let health = health(&gate, "resourceproxy");
    let addresses = if settings.resourceproxy.allow_private_addresses {
        Addresses::Any
    } else {
        Addresses::Public
    };
    let proxy = Arc::new(Proxy {
        outbound: gate.outbound.limited_to(addresses),
        gate,
    });
    let routes = Router::new()
        .route("/resourceproxy", get(resourceproxy::get))
        .with_state(proxy);
    service(routes.merge(health), &settings, Some(Service::Externalresource))
}

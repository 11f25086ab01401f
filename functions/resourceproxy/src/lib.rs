//! mapgate's function resourceproxy.

use std::sync::Arc;

use axum::Router;
use mapgate_core::gate::{Gate, health};
use mapgate_core::http::service;
use mapgate_core::settings::Service;

/// Every path that [`router`] serves.
pub const ROUTES: &[&str] = &["/health/resourceproxy"];

/// The function's routes.
pub fn router(gate: Arc<Gate>) -> Router {
    service(
        health(&gate, "resourceproxy"),
        &gate.settings,
        Some(Service::Externalresource),
    )
}

//! mapgate's function admin.

use std::sync::Arc;

use axum::Router;
use mapgate_core::gate::{Gate, health};
use mapgate_core::http::service;
use mapgate_core::settings::Service;

/// Every path that [`router`] serves.
pub const ROUTES: &[&str] = &["/health/admin"];

/// The function's routes.
pub fn router(gate: Arc<Gate>) -> Router {
    service(health(&gate, "admin"), &gate.settings, Some(Service::Admin))
}

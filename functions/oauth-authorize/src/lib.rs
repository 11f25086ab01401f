//! mapgate's function oauth-authorize.

use std::sync::Arc;

use axum::Router;
use mapgate_core::gate::{Gate, health};
use mapgate_core::http::service;

/// Every path that [`router`] serves.
pub const ROUTES: &[&str] = &["/health/oauth-authorize"];

/// The function's routes.
pub fn router(gate: Arc<Gate>) -> Router {
    service(health(&gate, "oauth-authorize"), &gate.settings, None)
}

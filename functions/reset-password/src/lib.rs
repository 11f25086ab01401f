//! mapgate's function reset-password: who forgot his password asks for a mail, and [`send_due`] sends it (contract,
//! section 10).
//!
//! A request only queues. Sending is the function's second way in ([`on_event`]): from the table's stream, and each
//! minute by a schedule.

mod checking;
mod handing;
mod link;
mod loginresetpassword;
mod message;
mod sending;
mod ses;
mod smtp;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn_with_state, map_response};
use axum::routing::get;
use mapgate_core::gate::{Gate, health, passwords_only};
use mapgate_core::http::{Failure, private, service};
use mapgate_core::settings::Service;

pub use checking::{MailAccount, MailWay, check_way};
pub use sending::send_due;

/// Every path that [`router`] serves.
pub const ROUTES: &[&str] = &[
    "/health/reset-password",
    "/loginresetpassword",
    "/loginresetpassword/{token}",
];

/// The function's routes.
pub fn router(gate: Arc<Gate>) -> Router {
    let routes = Router::new()
        .route(
            "/loginresetpassword",
            get(loginresetpassword::get).post(loginresetpassword::post),
        )
        .route("/loginresetpassword/{token}", get(link::get).post(link::post))
        .route_layer(from_fn_with_state(gate.clone(), passwords_only))
        .layer(map_response(|response| async { private(response) }))
        .with_state(gate.clone());
    service(
        routes.merge(health(&gate, "reset-password")),
        &gate.settings,
        Some(Service::Login),
    )
}

/// The function's way in for the table's stream and for the schedule: sends what is due.
pub async fn on_event(gate: Arc<Gate>) -> Result<(), Failure> {
    send_due(&gate).await
}

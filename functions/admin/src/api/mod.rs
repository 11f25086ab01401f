//! `/admin/api/`: the desk as JSON, described by the `OpenAPI` document that is made from it.

mod audit;
mod call;
mod layers;
mod mails;
mod oauth2_clients;
mod offered;
mod ogc_servers;
mod openapi;
mod problem;
mod roles;
mod users;

use std::sync::Arc;

use axum::Router;
use mapgate_core::gate::Gate;

pub(crate) use call::{Call, bad};
pub(crate) use problem::{OfMapServer, Usual};

/// The API's routes, behind `state`.
pub(crate) fn router(gate: Arc<Gate>) -> Router {
    let (router, document) = openapi::routes().split_for_parts();
    router.merge(openapi::served(document)).with_state(gate)
}

/// Every path that the document describes.
#[cfg(test)]
pub(crate) fn paths() -> Vec<String> {
    let document = openapi::routes().split_for_parts().1;
    document.paths.paths.into_keys().collect()
}

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

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::any;
use mapgate_core::gate::Gate;
use mapgate_core::identity::Peer;
use mapgate_core::measure;
use tower::ServiceExt as _;

pub(crate) use call::{Call, bad};
pub(crate) use problem::{OfMapServer, Usual};

/// The API's routes, behind `gate`. They are made when the first of them is asked for: describing them takes longer than all the rest
/// of a cold start.
pub(crate) fn router(gate: Arc<Gate>) -> Router {
    let made = Arc::new(OnceLock::new());
    let answer = async move |mut request: Request| -> Result<Response, Infallible> {
        // Else this route's own path and parameter would be among those of the route within.
        let peer = request.extensions_mut().remove::<Peer>();
        request.extensions_mut().clear();
        if let Some(peer) = peer {
            request.extensions_mut().insert(peer);
        }
        let router: Router = made.get_or_init(|| make(gate.clone())).clone();
        router.oneshot(request).await
    };
    Router::new().route("/admin/api/{*path}", any(answer))
}

fn make(gate: Arc<Gate>) -> Router {
    let (router, document) = openapi::routes().split_for_parts();
    let router = router.merge(openapi::served(document)).with_state(gate);
    router.route_layer(from_fn(noted))
}

/// Notes the route itself, where the rules around all routes see but one.
async fn noted(path: MatchedPath, request: Request, next: Next) -> Response {
    measure::note(|measures| measures.route = Some(path.as_str().to_owned()));
    next.run(request).await
}

/// Every path that the document describes.
#[cfg(test)]
pub(crate) fn paths() -> Vec<String> {
    let document = openapi::routes().split_for_parts().1;
    document.paths.paths.into_keys().collect()
}

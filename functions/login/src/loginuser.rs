//! `GET /loginuser`: who the request acts for.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use mapgate_core::gate::Gate;
use mapgate_core::http::{Failure, Reach, private};

use crate::user_object::identity_object;

/// The user object, or what there is of it for an anonymous request, or for what an access token opens.
pub(crate) async fn get(State(gate): State<Arc<Gate>>, request: Request) -> Result<Response, Failure> {
    let (parts, _) = request.into_parts();
    let identity = gate.identify(&parts, Reach::Own).await?;
    let object = identity_object(&gate.settings, &identity);
    Ok(gate
        .reissue(&identity, private(Json(object).into_response()))
        .await)
}

//! `/admin/api/ogc_servers/{name}/offered_layers` and `/access`: what an OGC server itself lists, and who may do what with it.

use axum::response::Response;
use http::StatusCode;

use super::layers::{Name, name};
use super::{Call, OfMapServer, Usual, bad};
use crate::desk::{AccessShown, Listed, OfferedShown, Whose};
use crate::fault::Fault;

/// Lists the layers that an OGC server's own capabilities have.
#[utoipa::path(
    get,
    path = "/admin/api/ogc_servers/{name}/offered_layers",
    operation_id = "listOfferedLayers",
    tag = "layers",
    params(
        ("name" = String, Path, description = "The name"),
    ),
    responses((status = 200, body = Listed<OfferedShown>, description = "All of them, asked of the server now"), OfMapServer, Usual)
)]
pub(crate) async fn list(path: Name, call: Call) -> Result<Response, Fault> {
    let listed = call.desk().await.offered(&name(path)?).await?;
    Ok(call.answer(StatusCode::OK, &listed).await)
}

/// Shows an OGC server's layers as a user, or whoever has a set of roles, may read and write them; without either, as a stranger.
#[utoipa::path(
    get,
    path = "/admin/api/ogc_servers/{name}/access",
    operation_id = "readAccess",
    tag = "layers",
    params(
        ("name" = String, Path, description = "The name"),
        ("user" = Option<String>, Query, description = "A user's name"),
        ("roles" = Option<String>, Query, description = "Names of roles, separated by commas"),
    ),
    responses((status = 200, body = AccessShown, description = "What they may, asked of the server now"), OfMapServer, Usual)
)]
pub(crate) async fn access(path: Name, call: Call) -> Result<Response, Fault> {
    let roles = call
        .parameter("roles")
        .unwrap_or_default()
        .split(',')
        .map(str::trim);
    let whose = Whose {
        user: call.parameter("user"),
        roles: roles.filter(|role| !role.is_empty()).collect(),
    };
    if whose.user.is_some() && !whose.roles.is_empty() {
        return Err(bad("either user or roles"));
    }
    let access = call.desk().await.access(&name(path)?, &whose).await?;
    Ok(call.answer(StatusCode::OK, &access).await)
}

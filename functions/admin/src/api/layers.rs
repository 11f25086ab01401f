//! `/admin/api/ogc_servers/{name}/layers`: the layers of an OGC server.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::Response;
use http::StatusCode;

use super::{Call, Usual};
use crate::desk::{LayerAsked, LayerShown, Listed};
use crate::fault::Fault;

pub(super) type Name = Result<Path<String>, PathRejection>;
type Names = Result<Path<(String, String)>, PathRejection>;

/// What is no text is no server's.
pub(super) fn name(path: Name) -> Result<String, Fault> {
    path.map(|Path(name)| name)
        .map_err(|_| Fault::NotFound("OGC server"))
}

/// What is no text is no layer's.
fn names(path: Names) -> Result<(String, String), Fault> {
    path.map(|Path(names)| names)
        .map_err(|_| Fault::NotFound("layer"))
}

/// Lists the layers of an OGC server.
#[utoipa::path(
    get,
    path = "/admin/api/ogc_servers/{name}/layers",
    operation_id = "listLayers",
    tag = "layers",
    params(
        ("name" = String, Path, description = "The name"),
    ),
    responses((status = 200, body = Listed<LayerShown>, description = "All of them"), Usual)
)]
pub(crate) async fn list(path: Name, call: Call) -> Result<Response, Fault> {
    let listed = call.desk().await.layers(&name(path)?).await?;
    Ok(call.answer(StatusCode::OK, &listed).await)
}

/// Makes a layer.
#[utoipa::path(
    post,
    path = "/admin/api/ogc_servers/{name}/layers",
    operation_id = "createLayer",
    tag = "layers",
    params(
        ("name" = String, Path, description = "The name"),
    ),
    request_body = LayerShown,
    responses((status = 201, body = LayerShown, description = "Made", headers(("ETag" = String, description = "The entity tag"))), Usual)
)]
pub(crate) async fn create(path: Name, call: Call) -> Result<Response, Fault> {
    let asked = call.body::<LayerAsked>()?;
    let made = call.desk().await.create_layer(&name(path)?, &asked).await?;
    Ok(call.one(StatusCode::CREATED, &made).await)
}

/// Shows a layer.
#[utoipa::path(
    get,
    path = "/admin/api/ogc_servers/{name}/layers/{layer}",
    operation_id = "readLayer",
    tag = "layers",
    params(
        ("name" = String, Path, description = "The name"),
        ("layer" = String, Path, description = "The layer's name"),
    ),
    responses((status = 200, body = LayerShown, description = "As it is", headers(("ETag" = String, description = "The entity tag"))), Usual)
)]
pub(crate) async fn read(path: Names, call: Call) -> Result<Response, Fault> {
    let (server, layer) = names(path)?;
    let layer = call.desk().await.layer(&server, &layer).await?;
    Ok(call.one(StatusCode::OK, &layer).await)
}

/// Changes a layer.
#[utoipa::path(
    put,
    path = "/admin/api/ogc_servers/{name}/layers/{layer}",
    operation_id = "changeLayer",
    tag = "layers",
    params(
        ("name" = String, Path, description = "The name"),
        ("layer" = String, Path, description = "The layer's name"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that is known"),
    ),
    request_body = LayerShown,
    responses((status = 200, body = LayerShown, description = "As it is", headers(("ETag" = String, description = "The entity tag"))), Usual)
)]
pub(crate) async fn change(path: Names, call: Call) -> Result<Response, Fault> {
    let (asked, (server, layer)) = (call.body::<LayerAsked>()?, names(path)?);
    let layer = call
        .desk()
        .await
        .change_layer(&server, &layer, &asked, call.if_match())
        .await?;
    Ok(call.one(StatusCode::OK, &layer).await)
}

/// Deletes a layer: then `default_access` of its server holds for it.
#[utoipa::path(
    delete,
    path = "/admin/api/ogc_servers/{name}/layers/{layer}",
    operation_id = "deleteLayer",
    tag = "layers",
    params(
        ("name" = String, Path, description = "The name"),
        ("layer" = String, Path, description = "The layer's name"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that is known"),
    ),
    responses((status = 204, description = "Done"), Usual)
)]
pub(crate) async fn delete(path: Names, call: Call) -> Result<Response, Fault> {
    let (server, layer) = names(path)?;
    call.desk()
        .await
        .delete_layer(&server, &layer, call.if_match())
        .await?;
    Ok(call.nothing().await)
}

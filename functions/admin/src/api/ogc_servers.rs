//! `/admin/api/ogc_servers`: OGC servers.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::Response;
use http::StatusCode;

use super::{Call, Usual};
use crate::desk::{Listed, ServerAsked, ServerShown};
use crate::fault::Fault;

type Name = Result<Path<String>, PathRejection>;

/// What is no text is no server's.
fn name(path: Name) -> Result<String, Fault> {
    path.map(|Path(name)| name)
        .map_err(|_| Fault::NotFound("OGC server"))
}

/// Lists all OGC servers.
#[utoipa::path(
    get,
    path = "/admin/api/ogc_servers",
    operation_id = "listServers",
    tag = "ogc_servers",
    responses((status = 200, body = Listed<ServerShown>, description = "All of them"), Usual)
)]
pub(crate) async fn list(call: Call) -> Result<Response, Fault> {
    let listed = call.desk().await.servers().await?;
    Ok(call.answer(StatusCode::OK, &listed).await)
}

/// Makes an OGC server, without layers.
#[utoipa::path(
    post,
    path = "/admin/api/ogc_servers",
    operation_id = "createServer",
    tag = "ogc_servers",
    request_body = ServerShown,
    responses((status = 201, body = ServerShown, description = "Made", headers(("ETag" = String, description = "The entity tag"))), Usual)
)]
pub(crate) async fn create(call: Call) -> Result<Response, Fault> {
    let made = call
        .desk()
        .await
        .create_server(&call.body::<ServerAsked>()?)
        .await?;
    Ok(call.one(StatusCode::CREATED, &made).await)
}

/// Shows an OGC server.
#[utoipa::path(
    get,
    path = "/admin/api/ogc_servers/{name}",
    operation_id = "readServer",
    tag = "ogc_servers",
    params(
        ("name" = String, Path, description = "The name"),
    ),
    responses((status = 200, body = ServerShown, description = "As it is", headers(("ETag" = String, description = "The entity tag"))), Usual)
)]
pub(crate) async fn read(path: Name, call: Call) -> Result<Response, Fault> {
    let server = call.desk().await.server(&name(path)?).await?;
    Ok(call.one(StatusCode::OK, &server).await)
}

/// Changes an OGC server; its layers stay.
#[utoipa::path(
    put,
    path = "/admin/api/ogc_servers/{name}",
    operation_id = "changeServer",
    tag = "ogc_servers",
    params(
        ("name" = String, Path, description = "The name"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that is known"),
    ),
    request_body = ServerShown,
    responses((status = 200, body = ServerShown, description = "As it is", headers(("ETag" = String, description = "The entity tag"))), Usual)
)]
pub(crate) async fn change(path: Name, call: Call) -> Result<Response, Fault> {
    let asked = call.body::<ServerAsked>()?;
    let server = call
        .desk()
        .await
        .change_server(&name(path)?, &asked, call.if_match())
        .await?;
    Ok(call.one(StatusCode::OK, &server).await)
}

/// Deletes an OGC server with its layers.
#[utoipa::path(
    delete,
    path = "/admin/api/ogc_servers/{name}",
    operation_id = "deleteServer",
    tag = "ogc_servers",
    params(
        ("name" = String, Path, description = "The name"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that is known"),
    ),
    responses((status = 204, description = "Done"), Usual)
)]
pub(crate) async fn delete(path: Name, call: Call) -> Result<Response, Fault> {
    call.desk()
        .await
        .delete_server(&name(path)?, call.if_match())
        .await?;
    Ok(call.nothing().await)
}

//! `/admin/api/roles`: roles and their functionalities.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::Response;
use http::StatusCode;

use super::{Call, Usual};
use crate::desk::{Listed, RoleAsked, RoleShown, UserShown};
use crate::fault::Fault;

type Id = Result<Path<i64>, PathRejection>;

/// What is no number is no role's.
fn id(path: Id) -> Result<i64, Fault> {
    path.map(|Path(id)| id).map_err(|_| Fault::NotFound("role"))
}

/// Lists all roles.
#[utoipa::path(
    get,
    path = "/admin/api/roles",
    operation_id = "listRoles",
    tag = "roles",
    responses((status = 200, body = Listed<RoleShown>, description = "All of them"), Usual)
)]
pub(crate) async fn list(call: Call) -> Result<Response, Fault> {
    let listed = call.desk().await.roles().await?;
    Ok(call.answer(StatusCode::OK, &listed).await)
}

/// Makes a role.
#[utoipa::path(
    post,
    path = "/admin/api/roles",
    operation_id = "createRole",
    tag = "roles",
    request_body = RoleAsked,
    responses((status = 201, body = RoleShown, description = "Made", headers(("ETag" = String, description = "The entity tag"))), Usual)
)]
pub(crate) async fn create(call: Call) -> Result<Response, Fault> {
    let made = call.desk().await.create_role(&call.body::<RoleAsked>()?).await?;
    Ok(call.one(StatusCode::CREATED, &made).await)
}

/// Shows a role.
#[utoipa::path(
    get,
    path = "/admin/api/roles/{id}",
    operation_id = "readRole",
    tag = "roles",
    params(
        ("id" = i64, Path, description = "The number"),
    ),
    responses((status = 200, body = RoleShown, description = "As it is", headers(("ETag" = String, description = "The entity tag"))), Usual)
)]
pub(crate) async fn read(path: Id, call: Call) -> Result<Response, Fault> {
    let role = call.desk().await.role(id(path)?).await?;
    Ok(call.one(StatusCode::OK, &role).await)
}

/// Changes a role. One that is built in keeps its name.
#[utoipa::path(
    put,
    path = "/admin/api/roles/{id}",
    operation_id = "changeRole",
    tag = "roles",
    params(
        ("id" = i64, Path, description = "The number"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that is known"),
    ),
    request_body = RoleAsked,
    responses((status = 200, body = RoleShown, description = "As it is", headers(("ETag" = String, description = "The entity tag"))), Usual)
)]
pub(crate) async fn change(path: Id, call: Call) -> Result<Response, Fault> {
    let asked = call.body::<RoleAsked>()?;
    let role = call
        .desk()
        .await
        .change_role(id(path)?, &asked, call.if_match())
        .await?;
    Ok(call.one(StatusCode::OK, &role).await)
}

/// Deletes a role: users and layers have it no longer.
#[utoipa::path(
    delete,
    path = "/admin/api/roles/{id}",
    operation_id = "deleteRole",
    tag = "roles",
    params(
        ("id" = i64, Path, description = "The number"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that is known"),
    ),
    responses((status = 204, description = "Done"), Usual)
)]
pub(crate) async fn delete(path: Id, call: Call) -> Result<Response, Fault> {
    call.desk().await.delete_role(id(path)?, call.if_match()).await?;
    Ok(call.nothing().await)
}

/// Lists the users who have a role.
#[utoipa::path(
    get,
    path = "/admin/api/roles/{id}/members",
    operation_id = "listMembers",
    tag = "roles",
    params(
        ("id" = i64, Path, description = "The number"),
        ("after" = Option<String>, Query, description = "The `next` of the part before"),
        ("limit" = Option<u8>, Query, minimum = 1, maximum = 100, description = "How many, 50 if not said"),
    ),
    responses((status = 200, body = Listed<UserShown>, description = "Some of them"), Usual)
)]
pub(crate) async fn members(path: Id, call: Call) -> Result<Response, Fault> {
    let part = call.part()?;
    let listed = call
        .desk()
        .await
        .members(id(path)?, part.after, part.limit)
        .await?;
    Ok(call.answer(StatusCode::OK, &listed).await)
}

//! `/admin/api/users`: users.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::Response;
use http::StatusCode;

use super::{Call, Usual};
use crate::desk::{Listed, Order, SessionShown, UserAsked, UserExport, UserShown};
use crate::fault::Fault;

type Id = Result<Path<i64>, PathRejection>;

/// What is no number is nobody's.
fn id(path: Id) -> Result<i64, Fault> {
    path.map(|Path(id)| id).map_err(|_| Fault::NotFound("user"))
}

/// Lists users.
#[utoipa::path(
    get,
    path = "/admin/api/users",
    operation_id = "listUsers",
    tag = "users",
    params(
        ("sort" = Option<Order>, Query, description = "What they are sorted by, and what `search` looks at"),
        ("search" = Option<String>, Query, description = "How the user name or e-mail address begins"),
        ("descending" = Option<bool>, Query, description = "Whether the last comes first"),
        ("after" = Option<String>, Query, description = "The `next` of the part before"),
        ("limit" = Option<u8>, Query, minimum = 1, maximum = 100, description = "How many, 50 if not said"),
    ),
    responses((status = 200, body = Listed<UserShown>, description = "Some of them"), Usual)
)]
pub(crate) async fn list(call: Call) -> Result<Response, Fault> {
    let order = match call.parameter("sort") {
        None | Some("username") => Order::Username,
        Some("email") => Order::Email,
        Some(_) => return Err(super::bad("sort must be username or email")),
    };
    let listed = call.desk().await.users(order, call.part()?).await?;
    Ok(call.answer(StatusCode::OK, &listed).await)
}

/// Makes a user.
#[utoipa::path(
    post,
    path = "/admin/api/users",
    operation_id = "createUser",
    tag = "users",
    request_body = UserAsked,
    responses((status = 201, body = UserShown, description = "Made", headers(("ETag" = String, description = "The entity tag"))), Usual)
)]
pub(crate) async fn create(call: Call) -> Result<Response, Fault> {
    let made = call.desk().await.create_user(&call.body::<UserAsked>()?).await?;
    Ok(call.one(StatusCode::CREATED, &made).await)
}

/// Shows a user.
#[utoipa::path(
    get,
    path = "/admin/api/users/{id}",
    operation_id = "readUser",
    tag = "users",
    params(
        ("id" = i64, Path, description = "The number"),
    ),
    responses((status = 200, body = UserShown, description = "As it is", headers(("ETag" = String, description = "The entity tag"))), Usual)
)]
pub(crate) async fn read(path: Id, call: Call) -> Result<Response, Fault> {
    let user = call.desk().await.user(id(path)?).await?;
    Ok(call.one(StatusCode::OK, &user).await)
}

/// Changes a user.
#[utoipa::path(
    put,
    path = "/admin/api/users/{id}",
    operation_id = "changeUser",
    tag = "users",
    params(
        ("id" = i64, Path, description = "The number"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that is known"),
    ),
    request_body = UserAsked,
    responses((status = 200, body = UserShown, description = "As it is", headers(("ETag" = String, description = "The entity tag"))), Usual)
)]
pub(crate) async fn change(path: Id, call: Call) -> Result<Response, Fault> {
    let asked = call.body::<UserAsked>()?;
    let user = call
        .desk()
        .await
        .change_user(id(path)?, &asked, call.if_match())
        .await?;
    Ok(call.one(StatusCode::OK, &user).await)
}

/// Deletes a user, with every session.
#[utoipa::path(
    delete,
    path = "/admin/api/users/{id}",
    operation_id = "deleteUser",
    tag = "users",
    params(
        ("id" = i64, Path, description = "The number"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that is known"),
    ),
    responses((status = 204, description = "Done"), Usual)
)]
pub(crate) async fn delete(path: Id, call: Call) -> Result<Response, Fault> {
    call.desk().await.delete_user(id(path)?, call.if_match()).await?;
    Ok(call.nothing().await)
}

/// Lists the sessions of a user at OAuth2 clients.
#[utoipa::path(
    get,
    path = "/admin/api/users/{id}/sessions",
    operation_id = "listSessions",
    tag = "users",
    params(
        ("id" = i64, Path, description = "The number"),
        ("after" = Option<String>, Query, description = "The `next` of the part before"),
        ("limit" = Option<u8>, Query, minimum = 1, maximum = 100, description = "How many, 50 if not said"),
    ),
    responses((status = 200, body = Listed<SessionShown>, description = "Some of them"), Usual)
)]
pub(crate) async fn sessions(path: Id, call: Call) -> Result<Response, Fault> {
    let part = call.part()?;
    let listed = call
        .desk()
        .await
        .sessions(id(path)?, part.after, part.limit)
        .await?;
    Ok(call.answer(StatusCode::OK, &listed).await)
}

/// Signs a user out everywhere: every ticket and token dies.
#[utoipa::path(
    delete,
    path = "/admin/api/users/{id}/sessions",
    operation_id = "signOut",
    tag = "users",
    params(
        ("id" = i64, Path, description = "The number"),
    ),
    responses((status = 204, description = "Done"), Usual)
)]
pub(crate) async fn sign_out(path: Id, call: Call) -> Result<Response, Fault> {
    call.desk().await.sign_out(id(path)?).await?;
    Ok(call.nothing().await)
}

/// Ends a session of a user at an OAuth2 client.
#[utoipa::path(
    delete,
    path = "/admin/api/users/{id}/sessions/{session}",
    operation_id = "endSession",
    tag = "users",
    params(
        ("id" = i64, Path, description = "The number"),
        ("session" = String, Path, description = "The session"),
    ),
    responses((status = 204, description = "Done"), Usual)
)]
pub(crate) async fn end_session(
    path: Result<Path<(i64, String)>, PathRejection>,
    call: Call,
) -> Result<Response, Fault> {
    let Path((id, session)) = path.map_err(|_| Fault::NotFound("session"))?;
    call.desk().await.end_session(id, &session).await?;
    Ok(call.nothing().await)
}

/// Hands out all that is stored of a user.
#[utoipa::path(
    get,
    path = "/admin/api/users/{id}/export",
    operation_id = "exportUser",
    tag = "users",
    params(
        ("id" = i64, Path, description = "The number"),
    ),
    responses((status = 200, body = UserExport, description = "All that is stored"), Usual)
)]
pub(crate) async fn export(path: Id, call: Call) -> Result<Response, Fault> {
    let export = call.desk().await.export_user(id(path)?).await?;
    Ok(call.answer(StatusCode::OK, &export).await)
}

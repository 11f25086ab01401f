//! `/admin/api/oauth2_clients`: OAuth2 clients.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::Response;
use http::StatusCode;

use super::{Call, Usual};
use crate::desk::{ClientAsked, ClientMade, ClientShown, Listed};
use crate::fault::Fault;

type Id = Result<Path<String>, PathRejection>;

/// What is no text is no client's.
fn id(path: Id) -> Result<String, Fault> {
    path.map(|Path(id)| id).map_err(|_| Fault::NotFound("client"))
}

/// Lists clients.
#[utoipa::path(
    get,
    path = "/admin/api/oauth2_clients",
    operation_id = "listClients",
    tag = "oauth2_clients",
    params(
        ("search" = Option<String>, Query, description = "How the identifier begins"),
        ("descending" = Option<bool>, Query, description = "Whether the last comes first"),
        ("after" = Option<String>, Query, description = "The `next` of the part before"),
        ("limit" = Option<u8>, Query, minimum = 1, maximum = 100, description = "How many, 50 if not said"),
    ),
    responses((status = 200, body = Listed<ClientShown>, description = "Some of them"), Usual)
)]
pub(crate) async fn list(call: Call) -> Result<Response, Fault> {
    let listed = call.desk().await.clients(call.part()?).await?;
    Ok(call.answer(StatusCode::OK, &listed).await)
}

/// Makes a client; its secret is told this once.
#[utoipa::path(
    post,
    path = "/admin/api/oauth2_clients",
    operation_id = "createClient",
    tag = "oauth2_clients",
    request_body = ClientAsked,
    responses((status = 201, body = ClientMade, description = "Made"), Usual)
)]
pub(crate) async fn create(call: Call) -> Result<Response, Fault> {
    let made = call
        .desk()
        .await
        .create_client(&call.body::<ClientAsked>()?)
        .await?;
    Ok(call.answer(StatusCode::CREATED, &made).await)
}

/// Shows a client.
#[utoipa::path(
    get,
    path = "/admin/api/oauth2_clients/{client_id}",
    operation_id = "readClient",
    tag = "oauth2_clients",
    params(
        ("client_id" = String, Path, description = "The identifier"),
    ),
    responses((status = 200, body = ClientShown, description = "As it is", headers(("ETag" = String, description = "The entity tag"))), Usual)
)]
pub(crate) async fn read(path: Id, call: Call) -> Result<Response, Fault> {
    let client = call.desk().await.client(&id(path)?).await?;
    Ok(call.one(StatusCode::OK, &client).await)
}

/// Changes a client.
#[utoipa::path(
    put,
    path = "/admin/api/oauth2_clients/{client_id}",
    operation_id = "changeClient",
    tag = "oauth2_clients",
    params(
        ("client_id" = String, Path, description = "The identifier"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that is known"),
    ),
    request_body = ClientAsked,
    responses((status = 200, body = ClientShown, description = "As it is", headers(("ETag" = String, description = "The entity tag"))), Usual)
)]
pub(crate) async fn change(path: Id, call: Call) -> Result<Response, Fault> {
    let asked = call.body::<ClientAsked>()?;
    let client = call
        .desk()
        .await
        .change_client(&id(path)?, &asked, call.if_match())
        .await?;
    Ok(call.one(StatusCode::OK, &client).await)
}

/// Deletes a client; its tokens die.
#[utoipa::path(
    delete,
    path = "/admin/api/oauth2_clients/{client_id}",
    operation_id = "deleteClient",
    tag = "oauth2_clients",
    params(
        ("client_id" = String, Path, description = "The identifier"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that is known"),
    ),
    responses((status = 204, description = "Done"), Usual)
)]
pub(crate) async fn delete(path: Id, call: Call) -> Result<Response, Fault> {
    call.desk()
        .await
        .delete_client(&id(path)?, call.if_match())
        .await?;
    Ok(call.nothing().await)
}

/// Gives a client another secret; the former one is dead at once.
#[utoipa::path(
    post,
    path = "/admin/api/oauth2_clients/{client_id}/secret",
    operation_id = "renewSecret",
    tag = "oauth2_clients",
    params(
        ("client_id" = String, Path, description = "The identifier"),
        ("If-Match" = Option<String>, Header, description = "The entity tag that is known"),
    ),
    responses((status = 200, body = ClientMade, description = "With its new secret"), Usual)
)]
pub(crate) async fn renew_secret(path: Id, call: Call) -> Result<Response, Fault> {
    let made = call
        .desk()
        .await
        .renew_secret(&id(path)?, call.if_match())
        .await?;
    Ok(call.answer(StatusCode::OK, &made).await)
}

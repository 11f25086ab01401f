//! `/admin/api/audit`: the audit log.

use axum::response::Response;
use http::StatusCode;

use super::{Call, Usual};
use crate::desk::{EntryShown, Listed};
use crate::fault::Fault;

/// Lists the entries of a day, the newest first.
#[utoipa::path(
    get,
    path = "/admin/api/audit",
    operation_id = "listAudit",
    tag = "audit",
    params(
        ("day" = Option<String>, Query, format = Date, description = "The day in UTC; today if not said"),
        ("after" = Option<String>, Query, description = "The `next` of the part before"),
        ("limit" = Option<u8>, Query, minimum = 1, maximum = 100, description = "How many, 50 if not said"),
    ),
    responses((status = 200, body = Listed<EntryShown>, description = "Some of them"), Usual)
)]
pub(crate) async fn list(call: Call) -> Result<Response, Fault> {
    let part = call.part()?;
    let listed = call
        .desk()
        .await
        .trail(call.parameter("day"), part.after, part.limit)
        .await?;
    Ok(call.answer(StatusCode::OK, &listed).await)
}

//! `/admin/api/mails`: the mail queue.

use axum::response::Response;
use http::StatusCode;

use super::{Call, Usual};
use crate::desk::{Listed, MailShown};
use crate::fault::Fault;

/// Lists the mails still to be sent and those of the last 30 days, the newest first.
#[utoipa::path(
    get,
    path = "/admin/api/mails",
    operation_id = "listMails",
    tag = "mails",
    responses((status = 200, body = Listed<MailShown>, description = "All of them"), Usual)
)]
pub(crate) async fn list(call: Call) -> Result<Response, Fault> {
    let listed = call.desk().await.mails().await?;
    Ok(call.answer(StatusCode::OK, &listed).await)
}

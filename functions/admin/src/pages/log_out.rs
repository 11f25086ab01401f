//! `POST /admin/log_out`: ends the administrator's own session, and leads to the login page.

use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use mapgate_core::http::private;

use super::Shown;
use super::visit::Sent;
use super::words::segment;

/// Logs out.
pub(crate) async fn post(sent: Sent) -> Shown {
    let cookies = sent
        .gate
        .log_out(&sent.parts, &sent.administrator.identity)
        .await?;
    let back = segment(&sent.gate.path("/admin/"));
    let login = sent.words().link(&format!("/login.html?came_from={back}"));
    let response: Response = (StatusCode::SEE_OTHER, [(header::LOCATION, login)]).into_response();
    let mut response = private(response);
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

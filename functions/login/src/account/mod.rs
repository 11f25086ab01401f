//! `/account`: the user's own page, for a browser that is logged in, and what its forms do.

mod client;
mod files;
mod page;
mod qgis;
mod recovery_codes;
mod sessions;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use http::{HeaderValue, StatusCode, header, request};
use mapgate_core::gate::{Gate, NotTaken, Origins, Posted};
use mapgate_core::http::{Failure, Reach};
use mapgate_core::identity::{Identity, Scheme};
use mapgate_core::pages::{self, Language};
use mapgate_core::table::User;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The page's own path.
const ACCOUNT: &str = "/account";
/// The path of the page for QGIS.
const QGIS: &str = "/account/qgis";

/// The routes under `/account`.
pub(crate) fn routes() -> Router<Arc<Gate>> {
    Router::new()
        .route(ACCOUNT, get(page::get))
        .route("/account/log_out", post(sessions::log_out))
        .route("/account/revoke", post(sessions::revoke))
        .route("/account/end_sessions", post(sessions::end_sessions))
        .route("/account/recovery_codes", post(recovery_codes::post))
        .route(QGIS, get(qgis::get))
        .route("/account/qgis/authentication.xml", post(qgis::authentication))
        .route("/account/qgis/wms.xml", get(qgis::wms))
        .route("/account/qgis/wfs.xml", get(qgis::wfs))
}

/// Why a visitor does not get what was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Denied {
    /// 303 to the login page, which leads back to this path.
    #[error("nobody is logged in")]
    NotLoggedIn(&'static str),
    /// The form may not be taken.
    #[error(transparent)]
    NotTaken(#[from] NotTaken),
    /// What can happen anywhere.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl Denied {
    fn into_response(self, gate: &Gate, language: Language) -> Response {
        match self {
            Self::NotLoggedIn(path) => {
                let came_from = gate.path(path);
                let came_from = utf8_percent_encode(&came_from, NON_ALPHANUMERIC);
                see_other(gate, language, &format!("/login.html?came_from={came_from}"))
            }
            Self::NotTaken(not_taken) => not_taken.into_response(),
            Self::Failure(failure) => pages::failure(language, &failure),
        }
    }
}

/// A browser that a user is logged in with.
#[derive(Debug)]
struct Visitor {
    user: User,
    /// As a whole, for the ticket's reissue.
    identity: Identity,
}

/// Who is logged in at `path`. Only a browser's own login counts: a ticket, a URL login, which gives one, or a front proxy's
/// header. 403 for an access token, which is for maps and must not end sessions or show them, and for Basic, which
/// programs send.
async fn visitor(
    gate: &Gate,
    parts: &request::Parts,
    reach: Reach,
    path: &'static str,
) -> Result<Visitor, Denied> {
    let identity = gate.identify(parts, reach).await?;
    if matches!(identity.scheme, Scheme::Bearer { .. } | Scheme::Basic) {
        let text = "this page is for a browser that is logged in";
        return Err(Failure::Forbidden(text.to_owned()).into());
    }
    let user = identity.user.clone().ok_or(Denied::NotLoggedIn(path))?;
    Ok(Visitor { user, identity })
}

/// A form of one of the pages here, which always has the page's token, and who sent it.
async fn posted(gate: &Gate, request: Request, path: &'static str) -> Result<(Posted, Visitor), Denied> {
    let posted = Box::pin(gate.posted(request, Origins::Own)).await?;
    if !posted.is_page {
        return Err(NotTaken::Expired(posted.language).into());
    }
    let visitor = Box::pin(visitor(gate, &posted.parts, Reach::Own, path)).await?;
    Ok((posted, visitor))
}

/// The request, and the language of what is answered.
fn in_language(request: Request) -> (Language, Request) {
    let (parts, body) = request.into_parts();
    (Language::of(&parts), Request::from_parts(parts, body))
}

/// 303 to a path of mapgate's, in the same language.
fn see_other(gate: &Gate, language: Language, path: &str) -> Response {
    let location = language.kept(&gate.path(path));
    match HeaderValue::from_str(&location) {
        Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        Err(_) => Failure::Unavailable.into_response(),
    }
}

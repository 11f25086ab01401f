//! `POST /account/recovery_codes`: ten new recovery codes, shown once, in place of the old ones.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use mapgate_core::account::{From as Way, recovery_codes_left};
use mapgate_core::gate::{Gate, Posted};
use mapgate_core::http::Failure;
use mapgate_core::pages::{self, FieldError, Reader};
use mapgate_core::settings::Secret;

use super::page::{Fault, page};
use super::{ACCOUNT, Denied, Visitor, in_language, posted};

/// Field `otp`. 400 where it is missing, or where the user has no second factor; 401 where it is wrong, which counts for
/// the lockout.
pub(crate) async fn post(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let (language, request) = in_language(request);
    let done = renew(&gate, request).await;
    done.unwrap_or_else(|denied| denied.into_response(&gate, language))
}

async fn renew(gate: &Gate, request: Request) -> Result<Response, Denied> {
    let (posted, visitor) = posted(gate, request, ACCOUNT).await?;
    if !gate.settings.authentication.two_factor || recovery_codes_left(&visitor.user).is_none() {
        return Err(Failure::BadRequest("there is no second factor".to_owned()).into());
    }
    let code = posted.form.secret("otp");
    let Some(code) = code.filter(|code| !code.expose().trim().is_empty()) else {
        return again(gate, &posted, &visitor, StatusCode::BAD_REQUEST, "missing-code").await;
    };
    let from = Way {
        address: gate.address(&posted.parts),
        way: "recovery_codes",
    };
    let accounts = gate.accounts(&posted.secrets).await;
    let renewed = accounts.renew_recovery_codes(&visitor.user, code, from).await;
    let Ok(codes) = renewed.map_err(Failure::from)? else {
        return again(gate, &posted, &visitor, StatusCode::UNAUTHORIZED, "wrong-code").await;
    };
    let codes: Vec<&str> = codes.iter().map(Secret::expose).collect();
    let next = posted.language.kept(&gate.path(ACCOUNT));
    let page = pages::renewed_recovery_codes(posted.language, &codes, Some((&next, "continue")));
    Ok(gate.reissue(&visitor.identity, page).await)
}

/// The page again, with what was wrong.
async fn again(
    gate: &Gate,
    posted: &Posted,
    visitor: &Visitor,
    status: StatusCode,
    text: &str,
) -> Result<Response, Denied> {
    let error = FieldError { text, field: "otp" };
    let reader = Reader::from(posted.language);
    let fault = Some(Fault { status, error });
    let page = page(gate, &posted.parts, reader, &posted.secrets, visitor, fault).await?;
    Ok(gate.reissue(&visitor.identity, page).await)
}

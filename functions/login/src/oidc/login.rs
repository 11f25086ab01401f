//! `GET /oidc/login`: sends the browser to the provider.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header, request};
use mapgate_core::http::{Failure, Form};
use mapgate_core::pages::{self, Reader};

use super::Oidc;
use super::pending::Pending;
use super::provider::ProviderFault;
use crate::asked::{came_from_of_query, with_cookies};

/// The longest `came_from`, in bytes: it goes into a cookie.
const LONGEST: usize = 2048;

/// `came_from` in the query is where to go afterwards; `prompt=login` has the provider ask for the login anew. 400 where no provider is set, or for a bad `came_from`; 503 where
/// the provider does not answer.
pub(crate) async fn get(State(oidc): State<Arc<Oidc>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    match begin(&oidc, &parts).await {
        Ok(response) => response,
        Err(failure) => pages::failure(Reader::of(&parts), &failure),
    }
}

/// What is asked of a site without a provider.
pub(super) fn not_enabled() -> Failure {
    Failure::BadRequest("OpenID Connect is not enabled".to_owned())
}

async fn begin(oidc: &Oidc, parts: &request::Parts) -> Result<Response, Failure> {
    let (gate, provider) = (&oidc.gate, oidc.provider.as_ref().ok_or_else(not_enabled)?);
    let came_from = came_from_of_query(parts, gate)?.map(|came_from| came_from.given);
    if came_from.as_ref().is_some_and(|given| given.len() > LONGEST) {
        return Err(Failure::BadRequest("came_from is too long".to_owned()));
    }
    let secrets = gate.secrets().await?;
    let now = gate.clock.now();
    let pending = Pending::begin(&gate.random, now, came_from)?;
    let known = provider.known().await.map_err(down)?;
    let anew = Form::of_query(parts.uri.query())?.get("prompt") == Some("login");
    let location = provider.authorization(&known, &pending, anew).map_err(down)?;
    let cookie = pending.cookie(&secrets, &gate.random, now, gate.is_https(parts));
    let cookie = cookie.map_err(|error| {
        tracing::error!(%error, "a login cannot begin");
        Failure::Unavailable
    })?;
    let location = HeaderValue::from_str(location.as_str()).map_err(|_| Failure::Unavailable)?;
    let headers = [
        (header::LOCATION, location),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    Ok(with_cookies(
        (StatusCode::FOUND, headers).into_response(),
        vec![cookie],
    ))
}

/// What is wrong is for the log alone.
fn down(fault: ProviderFault) -> Failure {
    tracing::error!(%fault, "nobody can log in");
    Failure::Unavailable
}

//! `GET /oidc/login`: sends the browser to the provider.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header, request};
use mapgate_core::gate::{Gate, LONGEST_CAME_FROM};
use mapgate_core::http::{Failure, Form};
use mapgate_core::pages::{self, Reader};

use super::Oidc;
use super::pending::{Fresh, Pending};
use super::provider::ProviderFault;
use crate::asked::{came_from_of_query, with_cookies};

/// `came_from` in the query is where to go afterwards; `prompt=login` has the provider ask for the login anew, and
/// `max_age` where it is longer ago than so many seconds. 400 where no provider is set, or for a bad `came_from` or
/// `max_age`; 503 where the provider does not answer.
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
    if came_from
        .as_ref()
        .is_some_and(|given| given.len() > LONGEST_CAME_FROM)
    {
        return Err(Failure::BadRequest("came_from is too long".to_owned()));
    }
    let fresh = fresh(oidc, &Form::of_query(parts.uri.query())?)?;
    let secrets = gate.secrets().await?;
    let now = gate.clock.now();
    let pending = Pending::begin(&gate.random, now, came_from, fresh)?;
    let known = provider.known().await.map_err(down)?;
    let location = provider.authorization(&known, &pending).map_err(down)?;
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

/// How fresh the login is to be. Never older than leaves the session here some time.
fn fresh(oidc: &Oidc, query: &Form) -> Result<Fresh, Failure> {
    if query.get("prompt") == Some("login") {
        return Ok(Fresh::Anew);
    }
    let Some(max_age) = query.get("max_age") else {
        return Ok(Fresh::Any);
    };
    let bad = |_| Failure::BadRequest("max_age is not a number of seconds".to_owned());
    let seconds: u64 = max_age.parse().map_err(bad)?;
    Ok(Fresh::Within(seconds.min(oldest(&oidc.gate).as_secs())))
}

/// How long ago a login at the provider may be that is asked to be fresh. A session here is as old as it is, so that one
/// from longer ago than `session_max_days` would be over at once.
pub(super) fn oldest(gate: &Gate) -> Duration {
    gate.settings.authentication.session_max / 2
}

/// What is wrong is for the log alone.
fn down(fault: ProviderFault) -> Failure {
    tracing::error!(%fault, "nobody can log in");
    Failure::Unavailable
}

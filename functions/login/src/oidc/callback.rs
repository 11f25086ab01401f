//! `GET /oidc/callback`: the browser comes back from the provider, and gets its ticket, or goes on to the second factor.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header, request};
use mapgate_core::http::{Failure, Form};
use mapgate_core::pages::{self, Language};

use super::Oidc;
use super::entering::{EnterError, Entering};
use super::login::{not_enabled, oldest};
use super::pending::{self, Fresh, Pending};
use super::provider::ProviderFault;
use crate::asked::with_cookies;
use crate::came_from::{CameFrom, in_query, onto};
use crate::vouched::Vouched;

/// Why nobody was logged in.
#[derive(Debug, thiserror::Error)]
enum CallbackError {
    /// 400: the answer fits no login that this browser began in the last ten minutes, or one that is done.
    #[error("no login of this browser is under way")]
    NotPending,
    /// 403: the provider logged nobody in, or what it said does not hold.
    #[error("the provider logged nobody in: {0}")]
    NotLoggedIn(String),
    /// 403: whom it logged in has no account here that is in force. The same for every reason.
    #[error("there is no account for who logged in")]
    Denied,
    /// What can happen anywhere; 503 where the provider does not answer.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<ProviderFault> for CallbackError {
    fn from(fault: ProviderFault) -> Self {
        match fault {
            ProviderFault::Down(_) => {
                tracing::error!(%fault, "nobody can log in");
                Self::Failure(Failure::Unavailable)
            }
            ProviderFault::Refused(why) => Self::NotLoggedIn(why),
        }
    }
}

impl From<EnterError> for CallbackError {
    fn from(error: EnterError) -> Self {
        match error {
            EnterError::Replayed => Self::NotPending,
            EnterError::Denied => Self::Denied,
            EnterError::Failure(failure) => Self::Failure(failure),
        }
    }
}

/// The provider's answer (RFC 6749 §4.1.2, RFC 9207): `code` or `error`, `state` and `iss`.
pub(crate) async fn get(State(oidc): State<Arc<Oidc>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    match Box::pin(finish(&oidc, &parts)).await {
        Ok(response) => response,
        Err(error) => page(&oidc, &parts, &error),
    }
}

fn page(oidc: &Oidc, parts: &request::Parts, error: &CallbackError) -> Response {
    // A page in another language would be another callback.
    let language = Language::of(parts);
    let (status, id) = match error {
        CallbackError::Failure(failure) => return pages::failure(language, failure),
        CallbackError::NotPending => (StatusCode::BAD_REQUEST, "provider-login-over"),
        CallbackError::NotLoggedIn(_) => (StatusCode::FORBIDDEN, "provider-refused"),
        CallbackError::Denied => (StatusCode::FORBIDDEN, "no-account"),
    };
    tracing::info!(%error, "a login by the provider was refused");
    let again = oidc.gate.path("/login.html");
    let page = pages::message(language, status, id, &[], &[(&again, "log-in")]);
    let cleared = pending::cleared(oidc.gate.is_https(parts));
    // The login is over, unless the answer was none of its own.
    let is_over = !matches!(error, CallbackError::NotPending);
    with_cookies(page, cleared.filter(|_| is_over).into_iter().collect())
}

async fn finish(oidc: &Oidc, parts: &request::Parts) -> Result<Response, CallbackError> {
    let (gate, provider) = (&oidc.gate, oidc.provider.as_ref().ok_or_else(not_enabled)?);
    let answer = Form::of_query(parts.uri.query())?;
    if let Some(name) = answer.repeated() {
        return Err(Failure::BadRequest(format!("{name} is there twice")).into());
    }
    let (secrets, now) = (gate.secrets().await?, gate.clock.now());
    let secure = gate.is_https(parts);
    let state = answer.get("state").ok_or(CallbackError::NotPending)?;
    let pending = Pending::of(&parts.headers, state, &secrets, now, secure);
    let pending = pending.ok_or(CallbackError::NotPending)?;
    let known = provider.known().await?;
    if !provider.is_from(&known, answer.get("iss")) {
        return Err(CallbackError::NotLoggedIn(
            "iss is another's, or missing".to_owned(),
        ));
    }
    if let Some(error) = answer.get("error") {
        let error = error.chars().filter(char::is_ascii_graphic).take(64);
        return Err(CallbackError::NotLoggedIn(error.collect()));
    }
    let code = answer
        .get("code")
        .ok_or_else(|| CallbackError::NotLoggedIn("there is no code".to_owned()))?;
    let claims = provider.redeem(&known, code, &pending).await?;
    let person = claims.person(&provider.settings);
    let person = person.map_err(|error| CallbackError::NotLoggedIn(error.to_string()))?;
    let came_from = pending.came_from.as_deref();
    let came_from = came_from.map(|given| CameFrom::parse(given, &gate.settings));
    let came_from = came_from.transpose()?;
    let since = claims.auth_time().map_or(now, |at| at.min(now));
    if pending.fresh == Fresh::Any && since.plus(gate.settings.authentication.session_max) <= now {
        // The provider remembers the user for longer than any session here may last.
        let again = format!("/oidc/login?max_age={}", oldest(gate).as_secs());
        let again = came_from.iter().fold(again, |again, came_from| {
            format!("{again}&{}", in_query(came_from))
        });
        return redirect(&gate.path(&again), Vec::new());
    }
    let entering = Entering {
        gate,
        table: gate.table().await,
        settings: &provider.settings,
        address: gate.address(parts),
        state: &pending.state,
    };
    let user = entering.enter(&person).await?;
    let mut cookies: Vec<_> = pending::cleared(secure).into_iter().collect();
    if gate.settings.authentication.two_factor {
        let vouched = Vouched::cookie(gate, parts, &secrets, &user, &pending.state, since);
        cookies.push(vouched.map_err(|error| {
            tracing::error!(%error, "a login cannot go on");
            Failure::Unavailable
        })?);
        let location = onto(&gate.path("/login.html"), came_from.as_ref());
        return redirect(&location, cookies);
    }
    cookies.extend(gate.log_in_since(parts, &secrets, &user, since)?);
    match came_from.as_ref().map(|came_from| came_from.location.to_str()) {
        Some(Ok(location)) => redirect(location, cookies),
        _ => redirect(&gate.path("/login.html"), cookies),
    }
}

fn redirect(location: &str, cookies: Vec<HeaderValue>) -> Result<Response, CallbackError> {
    let location = HeaderValue::from_str(location).map_err(|_| Failure::Unavailable)?;
    let response = (StatusCode::FOUND, [(header::LOCATION, location)]).into_response();
    Ok(with_cookies(response, cookies))
}

//! Logging in on the way: the form, and the password posted with it.

use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use mapgate_core::account::{Denied, From};
use mapgate_core::http::{Failure, Form, Reach, private};
use mapgate_core::pages::{Asks, FieldError, LoginForm, Reader, login_form};
use mapgate_core::table::{Source, User};

use crate::code::send_back;
use crate::consent;
use crate::error::{Halt, RedirectError};
use crate::request::AuthorizationRequest;
use crate::visit::Visit;

/// What was wrong with the last try.
#[derive(Debug, Clone, Copy)]
enum Fault {
    MissingUsername,
    MissingPassword,
    /// The second factor asks for a code.
    MissingCode,
    /// The same for every reason.
    Wrong,
}

impl Fault {
    fn failure(self) -> Failure {
        match self {
            Self::MissingUsername => Failure::BadRequest("the field login is missing".to_owned()),
            Self::MissingPassword => Failure::BadRequest("the field password is missing".to_owned()),
            Self::MissingCode => Failure::BadRequest("the field otp is missing".to_owned()),
            Self::Wrong => Failure::Unauthorized("the user name or the password is wrong".to_owned()),
        }
    }

    fn error(self) -> FieldError<'static> {
        let (text, field) = match self {
            Self::MissingUsername => ("missing-username", "login"),
            Self::MissingPassword => ("missing-password", "password"),
            Self::MissingCode => ("missing-code", "otp"),
            Self::Wrong => ("wrong-login", "password"),
        };
        FieldError { text, field }
    }
}

/// The form that asks for name and password, or the way to where a user logs in who has none here. `known` is who is logged
/// in.
///
/// Refuses to ask whom a front proxy names and who is to log in anew: only the proxy could do that.
pub(crate) async fn page(
    visit: &Visit<'_>,
    request: &AuthorizationRequest,
    known: Option<&User>,
) -> Result<Response, Halt> {
    let details = &request.details;
    if visit.provider_logs_in() {
        return visit.to_provider(request);
    }
    if visit.gate.vouched(visit.parts, Reach::Page).await?.is_some() {
        return Ok(visit.to_second_factor(request)?);
    }
    if known.is_some_and(|known| known.source == Source::TrustedHeader) {
        return Err(Halt::told(request.target.clone(), RedirectError::LoginRequired));
    }
    let known = known.map(|known| known.username.as_str());
    let hint = details.login_hint.as_deref();
    Ok(page_with(visit, request, hint.or(known), None)?)
}

fn page_with(
    visit: &Visit<'_>,
    request: &AuthorizationRequest,
    username: Option<&str>,
    fault: Option<Fault>,
) -> Result<Response, Failure> {
    let csrf = visit.gate.csrf(visit.parts, visit.secrets)?;
    let form = LoginForm {
        status: StatusCode::OK,
        action: &visit.action(),
        csrf: &csrf,
        hidden: &[],
        target: Some(request.target.form_source()),
        username,
        asks: if visit.gate.settings.authentication.two_factor {
            Asks::PasswordAndCode
        } else {
            Asks::Password
        },
        error: fault.map(Fault::error),
        intro: Some(("continue-to", &[("client", &request.client.client_id)])),
        // Who logs in for a public client allows it to have access.
        access: request.client.is_public().then(|| request.access()),
        links: &[],
    };
    let page = login_form(Reader::of(visit.parts), &form);
    Ok(match fault {
        Some(fault) => fault.failure().onto(page),
        None => page,
    })
}

/// Tries the password posted; where it is right, the browser gets a ticket and goes back to the client with a code.
/// That the client wanted a new login (`prompt=login`, `max_age`) is fulfilled with it.
pub(crate) async fn try_password(
    visit: &Visit<'_>,
    request: &AuthorizationRequest,
    form: &Form,
) -> Result<Response, Halt> {
    let (username, password) = match (form.get("login"), form.secret("password")) {
        (Some(username), Some(password)) => (username, password),
        (None, _) => return Ok(page_with(visit, request, None, Some(Fault::MissingUsername))?),
        (username, None) => return Ok(page_with(visit, request, username, Some(Fault::MissingPassword))?),
    };
    let from = From {
        address: visit.gate.address(visit.parts),
        way: "oauth",
    };
    let accounts = visit.gate.accounts(visit.secrets).await;
    let verdict = accounts
        .try_password(username, password, from)
        .await
        .map_err(Failure::from)?;
    let again = |fault| Ok(page_with(visit, request, Some(username), Some(fault))?);
    let Ok(right) = verdict else {
        return again(Fault::Wrong);
    };
    let code = form.secret("otp").filter(|code| !code.expose().trim().is_empty());
    match accounts.enter(right, code).await.map_err(Failure::from)? {
        Ok(entered) if entered.first_login.is_some() => Ok(not_yet(visit)?),
        Ok(entered) => logged_in(visit, request, &entered.user).await,
        Err(Denied::CodeMissing) => again(Fault::MissingCode),
        Err(_) => again(Fault::Wrong),
    }
}

async fn logged_in(visit: &Visit<'_>, request: &AuthorizationRequest, user: &User) -> Result<Response, Halt> {
    let cookies = visit.gate.log_in(visit.parts, visit.secrets, user)?;
    let mut response = if request.details.prompt.wants_consent() {
        consent::page(visit, request, user)?
    } else {
        send_back(visit, request, user, visit.gate.clock.now()).await?
    };
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Who must still set a password or a second factor gets neither ticket nor code; the page there says what to do.
fn not_yet(visit: &Visit<'_>) -> Result<Response, Failure> {
    let prefix = visit.gate.settings.base_url.path_prefix();
    let location = format!("{prefix}/notlogin?lang={}", visit.language.tag());
    let location = HeaderValue::from_str(&location).map_err(|_| Failure::Unavailable)?;
    Ok(private(
        (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
    ))
}

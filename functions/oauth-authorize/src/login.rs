//! Logging in on the way: the form, and the password posted with it.

use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use mapgate_core::account::{From, Right};
use mapgate_core::http::{Failure, Form, private};
use mapgate_core::pages::{FieldError, LoginForm, login_form};

use crate::code::send_back;
use crate::error::Halt;
use crate::request::AuthorizationRequest;
use crate::visit::{Visit, with_cookie};

/// What was wrong with the last try.
#[derive(Debug, Clone, Copy)]
enum Fault {
    MissingUsername,
    MissingPassword,
    /// The same for every reason.
    Wrong,
}

impl Fault {
    fn status(self) -> StatusCode {
        match self {
            Self::MissingUsername | Self::MissingPassword => StatusCode::BAD_REQUEST,
            Self::Wrong => StatusCode::UNAUTHORIZED,
        }
    }

    fn error(self) -> FieldError<'static> {
        let (text, field) = match self {
            Self::MissingUsername => ("missing-username", "login"),
            Self::MissingPassword => ("missing-password", "password"),
            Self::Wrong => ("wrong-login", "login"),
        };
        FieldError { text, field }
    }
}

/// The form that asks for name and password.
pub(crate) fn page(visit: &Visit<'_>, request: &AuthorizationRequest) -> Result<Response, Failure> {
    page_with(visit, request, None, None)
}

fn page_with(
    visit: &Visit<'_>,
    request: &AuthorizationRequest,
    username: Option<&str>,
    fault: Option<Fault>,
) -> Result<Response, Failure> {
    let csrf = visit.csrf()?;
    let form = LoginForm {
        status: fault.map_or(StatusCode::OK, Fault::status),
        action: &visit.action(),
        csrf: &csrf,
        hidden: &[],
        target: Some(request.target.form_source()),
        username,
        error: fault.map(Fault::error),
        intro: Some(("continue-to", &[("client", &request.client.client_id)])),
        links: &[],
    };
    Ok(login_form(visit.language, &form))
}

/// Tries the password posted; where it is right, the browser gets a ticket and goes back to the client with a code.
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
    let Ok(right) = verdict else {
        return Ok(page_with(visit, request, Some(username), Some(Fault::Wrong))?);
    };
    if accounts.succeed(&right).await.map_err(Failure::from)?.is_err() {
        return Ok(page_with(visit, request, Some(username), Some(Fault::Wrong))?);
    }
    Ok(logged_in(visit, request, &right).await?)
}

async fn logged_in(
    visit: &Visit<'_>,
    request: &AuthorizationRequest,
    right: &Right,
) -> Result<Response, Failure> {
    if !right.user.is_password_changed {
        return not_yet(visit);
    }
    let cookie = visit.ticket(&right.user, None)?;
    let response = send_back(visit, request, &right.user, visit.gate.clock.now()).await?;
    Ok(with_cookie(response, Some(cookie)))
}

/// Who must still set a password gets neither ticket nor code; the page there says what to do.
fn not_yet(visit: &Visit<'_>) -> Result<Response, Failure> {
    let prefix = visit.gate.settings.base_url.path_prefix();
    let location = format!("{prefix}/notlogin?lang={}", visit.language.tag());
    let location = HeaderValue::from_str(&location).map_err(|_| Failure::Unavailable)?;
    Ok(private(
        (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
    ))
}

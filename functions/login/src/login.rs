//! `POST /login`: a name and a password for a ticket. Evaluates no identity scheme.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use mapgate_core::account::{AccountError, From as Way, Wrong};
use mapgate_core::gate::Gate;
use mapgate_core::http::Failure;
use mapgate_core::pages::{self, FieldError, LoginForm, PasswordForm};
use mapgate_core::table::{Roles, User};
use serde_json::json;

use crate::asked::{Asked, path, with_cookies};
use crate::came_from::{CameFrom, of_form};

/// Why nobody was logged in.
#[derive(Debug, thiserror::Error)]
enum LoginError {
    /// 400: a field is not there.
    #[error("the field {0} is missing")]
    Missing(&'static str),
    /// 401: whatever was wrong.
    #[error("the user name or the password is wrong")]
    Wrong,
    /// What can happen anywhere; 400 for a bad `came_from`.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<Wrong> for LoginError {
    fn from(_: Wrong) -> Self {
        Self::Wrong
    }
}

impl From<AccountError> for LoginError {
    fn from(error: AccountError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<LoginError> for Failure {
    fn from(error: LoginError) -> Self {
        let text = error.to_string();
        match error {
            LoginError::Missing(_) => Self::BadRequest(text),
            LoginError::Wrong => Self::Unauthorized(text),
            LoginError::Failure(failure) => failure,
        }
    }
}

/// Who was found.
struct Entered {
    user: User,
    roles: Arc<Roles>,
    /// The ticket; none for a user who must choose a password first.
    cookies: Option<Vec<HeaderValue>>,
    came_from: Option<CameFrom>,
}

/// Fields `login` and `password`; `came_from` in the query or as a field.
pub(crate) async fn post(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let asked = match Asked::read(&gate, request).await {
        Ok(asked) => asked,
        Err(not_taken) => return not_taken.into_response(),
    };
    match (enter(&gate, &asked).await, asked.is_page) {
        (Ok(entered), true) => of_page(&gate, &asked, entered),
        (Ok(entered), false) => of_api(&gate, &asked, entered),
        (Err(error), true) => form_again(&gate, &asked, error),
        (Err(error), false) => Failure::from(error).into_response(),
    }
}

async fn enter(gate: &Gate, asked: &Asked) -> Result<Entered, LoginError> {
    let field = |name| asked.form.secret(name).ok_or(LoginError::Missing(name));
    let (username, password) = (field("login")?, field("password")?);
    // Before the password is tried: a bad one must not cost a session that nobody learns of.
    let came_from = asked.came_from(gate)?;
    let from = Way {
        address: gate.address(&asked.parts),
        way: "form",
    };
    let accounts = gate.accounts(&asked.secrets).await;
    let right = accounts.try_password(username.expose(), password, from).await??;
    let cookies = if right.user.is_password_changed {
        Some(gate.log_in(&asked.parts, &asked.secrets, &right.user)?)
    } else {
        None
    };
    accounts.succeed(&right).await??;
    Ok(Entered {
        user: right.user,
        roles: right.roles,
        cookies,
        came_from,
    })
}

fn of_api(gate: &Gate, asked: &Asked, entered: Entered) -> Response {
    let Some(cookies) = entered.cookies else {
        let object = json!({
            "username": entered.user.username,
            "is_password_changed": false,
            "two_factor_enable": gate.settings.authentication.two_factor,
        });
        return Json(object).into_response();
    };
    let response = if let Some(came_from) = entered.came_from {
        (StatusCode::FOUND, [(header::LOCATION, came_from.location)]).into_response()
    } else {
        Json(asked.user_object(gate, &entered.user, &entered.roles)).into_response()
    };
    with_cookies(response, cookies)
}

/// After the page's own form: on to where the visitor came from, or back to the page, which now says who one is; or
/// first to a password of the user's own.
fn of_page(gate: &Gate, asked: &Asked, entered: Entered) -> Response {
    let Some(cookies) = entered.cookies else {
        return choose_password(gate, asked, &entered);
    };
    let location = match entered.came_from {
        Some(came_from) => Ok(came_from.location),
        None => HeaderValue::from_str(&asked.language.kept(&path(gate, "/login.html"))),
    };
    match location {
        Ok(location) => {
            let response = (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response();
            with_cookies(response, cookies)
        }
        Err(_) => pages::failure(asked.language, &Failure::Unavailable),
    }
}

fn choose_password(gate: &Gate, asked: &Asked, entered: &Entered) -> Response {
    let csrf = match gate.csrf(&asked.parts, &asked.secrets) {
        Ok(csrf) => csrf,
        Err(failure) => return pages::failure(asked.language, &failure),
    };
    let (hidden, target) = of_form(entered.came_from.as_ref());
    let form = PasswordForm {
        status: StatusCode::OK,
        action: &path(gate, "/loginchangepassword"),
        csrf: &csrf,
        hidden: &hidden,
        target,
        username: Some(&entered.user.username),
        is_known: true,
        must_change: true,
        error: None,
    };
    pages::password_form(asked.language, &form)
}

fn form_again(gate: &Gate, asked: &Asked, error: LoginError) -> Response {
    let (text, field) = match &error {
        LoginError::Missing("login") => ("missing-username", "login"),
        LoginError::Missing(_) => ("missing-password", "password"),
        LoginError::Wrong => ("wrong-login", "password"),
        LoginError::Failure(failure) => return pages::failure(asked.language, failure),
    };
    let failure = Failure::from(error);
    let (csrf, came_from) = match (gate.csrf(&asked.parts, &asked.secrets), asked.came_from(gate)) {
        (Ok(csrf), Ok(came_from)) => (csrf, came_from),
        (Err(failure), _) | (_, Err(failure)) => return pages::failure(asked.language, &failure),
    };
    let (hidden, target) = of_form(came_from.as_ref());
    let form = LoginForm {
        status: failure.status(),
        action: &path(gate, "/login"),
        csrf: &csrf,
        hidden: &hidden,
        target,
        username: asked.form.get("login"),
        error: Some(FieldError { text, field }),
        intro: None,
        links: &[],
    };
    failure.onto(pages::login_form(asked.language, &form))
}

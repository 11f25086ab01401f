//! `POST /login`: a name and a password for a ticket, or the second factor alone of whom another vouches for. Evaluates no
//! identity scheme.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use mapgate_core::account::{AccountError, Denied, Enrolment, FirstLogin, From as Way, Wrong};
use mapgate_core::gate::Gate;
use mapgate_core::http::Failure;
use mapgate_core::pages::{self, FieldError, Whose};
use mapgate_core::table::{Roles, Source, User};
use serde_json::json;

use crate::asked::{Asked, with_cookies};
use crate::came_from::CameFrom;
use crate::forms::{Shown, Wanted};
use crate::vouched::Vouched;

/// Why nobody was logged in.
#[derive(Debug, thiserror::Error)]
enum LoginError {
    /// 400: a field is not there.
    #[error("the field {0} is missing")]
    Missing(&'static str),
    /// 400: the password is right, and the second factor asks for a code.
    #[error("the field otp is missing")]
    MissingCode,
    /// 401: whatever was wrong.
    #[error("the user name or the password is wrong")]
    Wrong,
    /// 401: another vouches for the user, and the code is wrong, or the account is not to be entered.
    #[error("the code is wrong")]
    WrongCode,
    /// What can happen anywhere; 400 for a bad `came_from`.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<Wrong> for LoginError {
    fn from(_: Wrong) -> Self {
        Self::Wrong
    }
}

impl From<Denied> for LoginError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::CodeMissing => Self::MissingCode,
            Denied::Wrong | Denied::EnrolmentOver | Denied::PasswordMissing | Denied::PasswordElsewhere => {
                Self::Wrong
            }
        }
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
            LoginError::Missing(_) | LoginError::MissingCode => Self::BadRequest(text),
            LoginError::Wrong | LoginError::WrongCode => Self::Unauthorized(text),
            LoginError::Failure(failure) => failure,
        }
    }
}

/// Who was found.
struct Found {
    user: User,
    /// Whether another vouched for the user, in place of a password.
    is_vouched: bool,
    stage: Stage,
    came_from: Option<CameFrom>,
}

/// How far the user got.
enum Stage {
    /// In, with the ticket.
    In {
        roles: Arc<Roles>,
        cookies: Vec<HeaderValue>,
    },
    /// A password to choose first, or a second factor to set up.
    First(Option<Enrolment>),
}

/// The fields that make it a login by password.
const PASSWORD: [&str; 2] = ["login", "password"];

/// Fields `login`, `password` and, where two factors are on, `otp`, or `otp` alone of whom another vouches for;
/// `came_from` in the query or as a field.
pub(crate) async fn post(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let asked = match Asked::read(&gate, request).await {
        Ok(asked) => asked,
        Err(not_taken) => return not_taken.into_response(),
    };
    let vouched = match asked.vouched(&gate, &PASSWORD).await {
        Ok(vouched) => vouched,
        Err(response) => return response,
    };
    let vouched = vouched.as_ref();
    match (enter(&gate, &asked, vouched).await, asked.is_page) {
        (Ok(found), true) => of_page(&gate, &asked, found),
        (Ok(found), false) => of_api(&gate, &asked, found),
        (Err(error), true) => form_again(&gate, &asked, error, vouched),
        (Err(error), false) => Failure::from(error).into_response(),
    }
}

async fn enter(gate: &Gate, asked: &Asked, vouched: Option<&Vouched>) -> Result<Found, LoginError> {
    let accounts = gate.accounts(&asked.secrets).await;
    // `came_from` before the password is tried: a bad one must not cost a session that nobody learns of.
    let (came_from, verdict) = if let Some(vouched) = vouched {
        let came_from = asked.came_from(gate)?;
        let from = vouched.from(gate, &asked.parts);
        let verdict = accounts.vouched(vouched.voucher.clone(), from).await?;
        (came_from, verdict)
    } else {
        let field = |name| asked.form.secret(name).ok_or(LoginError::Missing(name));
        let (username, password) = (field("login")?, field("password")?);
        let came_from = asked.came_from(gate)?;
        let from = Way {
            address: gate.address(&asked.parts),
            way: "form",
        };
        let verdict = accounts.try_password(username.expose(), password, from).await?;
        (came_from, verdict)
    };
    let wrong = |error: LoginError| match error {
        LoginError::Wrong if vouched.is_some() => LoginError::WrongCode,
        error => error,
    };
    let right = verdict.map_err(|error| wrong(error.into()))?;
    let entered = accounts.enter(right, asked.code()).await?;
    let entered = entered.map_err(|denied| wrong(denied.into()))?;
    let (parts, secrets) = (&asked.parts, &asked.secrets);
    let stage = match (entered.first_login, vouched) {
        (Some(FirstLogin { enrolment }), _) => Stage::First(enrolment),
        (None, Some(vouched)) => Stage::In {
            cookies: vouched.log_in(gate, parts, secrets, &entered.user)?,
            roles: entered.roles,
        },
        (None, None) => Stage::In {
            cookies: gate.log_in(parts, secrets, &entered.user)?,
            roles: entered.roles,
        },
    };
    Ok(Found {
        user: entered.user,
        is_vouched: vouched.is_some(),
        stage,
        came_from,
    })
}

fn of_api(gate: &Gate, asked: &Asked, found: Found) -> Response {
    let (roles, cookies) = match found.stage {
        Stage::In { roles, cookies } => (roles, cookies),
        Stage::First(enrolment) => return first_login(gate, &found.user, enrolment),
    };
    let response = if let Some(came_from) = found.came_from {
        (StatusCode::FOUND, [(header::LOCATION, came_from.location)]).into_response()
    } else {
        Json(asked.user_object(gate, &found.user, &roles)).into_response()
    };
    with_cookies(response, cookies)
}

/// Instead of a ticket: what there is to do first, as GeoMapFish has it.
fn first_login(gate: &Gate, user: &User, enrolment: Option<Enrolment>) -> Response {
    let mut object = json!({
        "username": user.username,
        "is_password_changed": false,
        "two_factor_enable": gate.settings.authentication.two_factor,
    });
    if let Some(enrolment) = enrolment {
        object["two_factor_totp_secret"] = json!(enrolment.secret.expose());
        object["otp_uri"] = json!(enrolment.uri.expose());
    }
    Json(object).into_response()
}

/// After the page's own form: on to where the visitor came from, or back to the page, which now says who one is; or
/// first to a password of the user's own.
fn of_page(gate: &Gate, asked: &Asked, found: Found) -> Response {
    let cookies = match &found.stage {
        Stage::In { cookies, .. } => cookies.clone(),
        Stage::First(enrolment) => return choose_password(gate, asked, &found, enrolment.as_ref()),
    };
    let location = match found.came_from {
        Some(came_from) => Ok(came_from.location),
        None => HeaderValue::from_str(&asked.language.kept(&gate.path("/login.html"))),
    };
    match location {
        Ok(location) => {
            let response = (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response();
            with_cookies(response, cookies)
        }
        Err(_) => pages::failure(asked.language, &Failure::Unavailable),
    }
}

fn choose_password(gate: &Gate, asked: &Asked, found: &Found, enrolment: Option<&Enrolment>) -> Response {
    let shown = Shown {
        username: Some(&found.user.username),
        ..Shown::default()
    };
    let is_here = found.user.source == Source::Directory && !found.is_vouched;
    let wanted = Wanted {
        whose: if found.is_vouched {
            Whose::Vouched
        } else {
            Whose::Known
        },
        must_change: is_here && !found.user.is_password_changed,
        new_password: is_here,
        enrolment,
    };
    let visit = asked.visit(gate, found.came_from.as_ref());
    visit
        .password(&shown, &wanted)
        .unwrap_or_else(|failure| pages::failure(asked.language, &failure))
}

fn form_again(gate: &Gate, asked: &Asked, error: LoginError, vouched: Option<&Vouched>) -> Response {
    let (text, field) = match &error {
        LoginError::Missing("login") => ("missing-username", "login"),
        LoginError::Missing(_) => ("missing-password", "password"),
        LoginError::MissingCode => ("missing-code", "otp"),
        LoginError::Wrong => ("wrong-login", "password"),
        LoginError::WrongCode => ("wrong-code", "otp"),
        LoginError::Failure(failure) => return pages::failure(asked.language, failure),
    };
    let failure = Failure::from(error);
    let shown = Shown {
        status: failure.status(),
        username: asked.form.get("login"),
        error: Some(FieldError { text, field }),
    };
    let page = asked.came_from(gate).and_then(|came_from| {
        let visit = asked.visit(gate, came_from.as_ref());
        match vouched {
            Some(vouched) => visit.second_factor(&shown, &vouched.voucher.username, true, false),
            None => visit.login(&shown, None),
        }
    });
    match page {
        Ok(page) => failure.onto(page),
        Err(failure) => pages::failure(asked.language, &failure),
    }
}

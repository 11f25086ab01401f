//! `GET` and `POST /loginchangepassword`: a user sets a password of his own, and with it ends every older ticket and
//! token.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header, request};
use mapgate_core::account::{
    AccountError, Changed, Denied, Enrolment, From as Way, PolicyFault, Wrong, check_new_password,
};
use mapgate_core::gate::Gate;
use mapgate_core::http::{Failure, Reach};
use mapgate_core::pages::{self, FieldError, Reader, Whose};
use mapgate_core::settings::Secret;
use mapgate_core::table::normalized;

use crate::asked::{Asked, came_from_of_query, with_cookies};
use crate::came_from::CameFrom;
use crate::forms::{ENROLMENT, Shown, Visit, Wanted};
use crate::vouched::Vouched;

/// Why the password stays.
#[derive(Debug, thiserror::Error)]
enum ChangeError {
    /// 400: a field is not there.
    #[error("the field {0} is missing")]
    Missing(&'static str),
    /// 400: the new password was not typed twice the same.
    #[error("newPassword and confirmNewPassword differ")]
    Differ,
    /// 400: it is not what a password must be.
    #[error(transparent)]
    Policy(#[from] PolicyFault),
    /// 400: the old password is right, and the second factor asks for a code.
    #[error("the field otp is missing")]
    MissingCode,
    /// 401: the code is for a secret that is dead; a login gives a new one.
    #[error("the second factor's secret is older than a day: log in again for a new one")]
    EnrolmentOver,
    /// 400: the password is an LDAP directory's or another provider's.
    #[error("the password is not kept here")]
    Elsewhere,
    /// 401: the old password, or anything else about the account.
    #[error("the user name or the old password is wrong")]
    Wrong,
    /// 401: another vouches for the user, and the code is wrong, or the account is not to be entered.
    #[error("the code is wrong")]
    WrongCode,
    /// What can happen anywhere; 400 for a bad `came_from`.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<Wrong> for ChangeError {
    fn from(_: Wrong) -> Self {
        Self::Wrong
    }
}

impl From<Denied> for ChangeError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::CodeMissing => Self::MissingCode,
            Denied::EnrolmentOver => Self::EnrolmentOver,
            Denied::Wrong => Self::Wrong,
            Denied::PasswordMissing => Self::Missing("newPassword"),
            Denied::PasswordElsewhere => Self::Elsewhere,
        }
    }
}

impl From<AccountError> for ChangeError {
    fn from(error: AccountError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<ChangeError> for Failure {
    fn from(error: ChangeError) -> Self {
        let text = error.to_string();
        match error {
            ChangeError::Missing(_)
            | ChangeError::Differ
            | ChangeError::Policy(_)
            | ChangeError::MissingCode
            | ChangeError::Elsewhere => Self::BadRequest(text),
            ChangeError::EnrolmentOver | ChangeError::Wrong | ChangeError::WrongCode => {
                Self::Unauthorized(text)
            }
            ChangeError::Failure(failure) => failure,
        }
    }
}

/// The user with the new password.
struct Done {
    changed: Changed,
    cookies: Vec<HeaderValue>,
    came_from: Option<CameFrom>,
}

/// The page; for a logged-in user it does not ask for the name.
pub(crate) async fn get(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    match page(&gate, &parts).await {
        Ok(response) => response,
        Err(failure) => pages::failure(Reader::of(&parts), &failure),
    }
}

async fn page(gate: &Gate, parts: &request::Parts) -> Result<Response, Failure> {
    let came_from = came_from_of_query(parts, gate)?;
    let visit = Visit {
        gate,
        parts,
        secrets: &*gate.secrets().await?,
        reader: Reader::of(parts),
        came_from: came_from.as_ref(),
    };
    let identity = gate.identify(parts, Reach::Own).await?;
    let vouched = gate.vouched(parts, Reach::Own).await?;
    let known = identity.user.as_ref().or(vouched.as_ref());
    if known.is_some_and(|user| !user.source.has_password()) {
        let page = pages::message(Reader::of(parts), StatusCode::OK, "password-elsewhere", &[], &[]);
        return Ok(gate.reissue(&identity, page).await);
    }
    let shown = Shown {
        username: identity.user.as_ref().map(|user| user.username.as_str()),
        ..Shown::default()
    };
    let wanted = Wanted {
        whose: identity.user.as_ref().map_or(Whose::Asked, |_| Whose::Known),
        must_change: false,
        new_password: true,
        enrolment: None,
    };
    let page = visit.password(&shown, &wanted)?;
    Ok(gate.reissue(&identity, page).await)
}

/// The fields that make it a password to try, or a new one.
const PASSWORD: [&str; 4] = ["login", "oldPassword", "newPassword", "confirmNewPassword"];

/// Fields `login` (a logged-in user may leave it out), `oldPassword`, `newPassword`, `confirmNewPassword` (both left out
/// by who only sets up a second factor, since the password is kept elsewhere), and `otp` where two factors are on; or `otp` alone of whom another vouches for, and who sets up a second
/// factor.
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
    let outcome = match vouched {
        Some(vouched) => enrol(&gate, &asked, vouched).await,
        None => change(&gate, &asked).await,
    };
    match (outcome, asked.is_page) {
        (Ok(done), true) => of_page(&gate, &asked, done),
        (Ok(done), false) => of_api(&gate, &asked, done),
        (Err(error), true) => form_again(&gate, &asked, error, vouched),
        (Err(error), false) => Failure::from(error).into_response(),
    }
}

fn of_page(gate: &Gate, asked: &Asked, done: Done) -> Response {
    let Done {
        changed,
        cookies,
        came_from,
    } = done;
    let codes: Vec<&str> = changed.recovery_codes.iter().map(Secret::expose).collect();
    let response = match came_from {
        Some(came_from) if codes.is_empty() => {
            (StatusCode::SEE_OTHER, [(header::LOCATION, came_from.location)]).into_response()
        }
        None if codes.is_empty() => {
            pages::message(asked.language, StatusCode::OK, "password-changed", &[], &[])
        }
        came_from => {
            let next = came_from.as_ref().and_then(|found| found.location.to_str().ok());
            let own = asked.language.kept(&gate.path("/login.html"));
            let next = Some((next.unwrap_or(&own), "continue"));
            pages::recovery_codes(asked.language, StatusCode::OK, &codes, next)
        }
    };
    with_cookies(response, cookies)
}

/// The user object, with the recovery codes of a second factor that was just set up.
fn of_api(gate: &Gate, asked: &Asked, done: Done) -> Response {
    let Changed {
        user,
        roles,
        recovery_codes,
    } = done.changed;
    let mut object = asked.user_object(gate, &user, &roles);
    if !recovery_codes.is_empty() {
        object["recovery_codes"] = recovery_codes.iter().map(Secret::expose).collect();
    }
    with_cookies(Json(object).into_response(), done.cookies)
}

async fn change(gate: &Gate, asked: &Asked) -> Result<Done, ChangeError> {
    let field = |name| asked.form.secret(name);
    let old = field("oldPassword").ok_or(ChangeError::Missing("oldPassword"))?;
    let new = match (field("newPassword"), field("confirmNewPassword")) {
        (Some(new), Some(again)) if new.expose() == again.expose() => Some(new),
        (Some(_), Some(_)) => return Err(ChangeError::Differ),
        (Some(_), None) => return Err(ChangeError::Missing("confirmNewPassword")),
        // Whether it may be left out, only the user can tell.
        (None, None) if asked.code().is_some() => None,
        (None, _) => return Err(ChangeError::Missing("newPassword")),
    };
    let came_from = asked.came_from(gate)?;
    let username = username(gate, asked).await?;
    // Before the old one is tried: what is refused here says nothing of the account.
    if let Some(new) = new {
        check_new_password(new, old, username.expose())?;
    }
    let from = Way {
        address: gate.address(&asked.parts),
        way: "change_password",
    };
    let accounts = gate.accounts(&asked.secrets).await;
    let right = accounts.try_password(username.expose(), old, from).await??;
    let language = asked.language.tag();
    let changed = accounts
        .change_password(right, new, asked.code(), language)
        .await??;
    let cookies = gate.log_in(&asked.parts, &asked.secrets, &changed.user)?;
    Ok(Done {
        changed,
        cookies,
        came_from,
    })
}

/// Sets up the second factor of a user for whom another vouches.
async fn enrol(gate: &Gate, asked: &Asked, vouched: &Vouched) -> Result<Done, ChangeError> {
    let came_from = asked.came_from(gate)?;
    let accounts = gate.accounts(&asked.secrets).await;
    let wrong = |error: ChangeError| match error {
        ChangeError::Wrong => ChangeError::WrongCode,
        error => error,
    };
    let from = vouched.from(gate, &asked.parts);
    let right = accounts.vouched(vouched.voucher.clone(), from).await?;
    let right = right.map_err(|error| wrong(error.into()))?;
    let changed = accounts
        .change_password(right, None, asked.code(), asked.language.tag())
        .await?;
    let changed = changed.map_err(|denied| wrong(denied.into()))?;
    Ok(Done {
        cookies: vouched.log_in(gate, &asked.parts, &asked.secrets, &changed.user)?,
        changed,
        came_from,
    })
}

/// Whose password: the field's user, or else who is logged in. A wrong `Authorization` is refused either way, and who is
/// known by no password is told so; others who try that name learn nothing.
async fn username(gate: &Gate, asked: &Asked) -> Result<Secret, ChangeError> {
    let identity = gate.identify(&asked.parts, Reach::Own).await?;
    let named = asked.form.secret("login").cloned();
    if let Some(user) = identity.user.as_ref().filter(|user| !user.source.has_password())
        && named
            .as_ref()
            .is_none_or(|named| normalized(named.expose()) == user.username)
    {
        return Err(ChangeError::Elsewhere);
    }
    let own = identity.user.map(|user| Secret::new(user.username));
    named.or(own).ok_or(ChangeError::Missing("login"))
}

fn form_again(gate: &Gate, asked: &Asked, error: ChangeError, vouched: Option<&Vouched>) -> Response {
    let (text, field) = match &error {
        ChangeError::Missing(field) => ("missing-field", *field),
        ChangeError::Differ => ("passwords-differ", "confirmNewPassword"),
        ChangeError::Policy(fault) => (pages::policy_text(*fault), "newPassword"),
        ChangeError::MissingCode => ("missing-code", "otp"),
        ChangeError::Elsewhere => ("password-elsewhere", "newPassword"),
        ChangeError::EnrolmentOver => ("enrolment-over", "password"),
        ChangeError::Wrong => ("wrong-old-password", "oldPassword"),
        ChangeError::WrongCode => ("wrong-code", "otp"),
        ChangeError::Failure(failure) => return pages::failure(asked.language, failure),
    };
    // The secret that the form holds is of no use any more: only a login shows the next one.
    let must_log_in = matches!(error, ChangeError::EnrolmentOver);
    let failure = Failure::from(error);
    let shown = Shown {
        status: failure.status(),
        username: vouched.map_or_else(
            || asked.form.get("login"),
            |vouched| Some(&vouched.voucher.username),
        ),
        error: Some(FieldError { text, field }),
    };
    let enrolment = asked.form.get(ENROLMENT).zip(shown.username);
    let issuer = &gate.settings.authentication.two_factor_issuer_name;
    let enrolment = enrolment.and_then(|(secret, username)| Enrolment::of_secret(issuer, username, secret));
    let wanted = Wanted {
        // It may be the name that was wrong.
        whose: vouched.map_or(Whose::Asked, |_| Whose::Vouched),
        must_change: false,
        new_password: (enrolment.is_none() && vouched.is_none()) || asked.form.has("newPassword"),
        enrolment: enrolment.as_ref(),
    };
    let page = asked.came_from(gate).and_then(|came_from| {
        let visit = asked.visit(gate, came_from.as_ref());
        match vouched {
            Some(vouched) if enrolment.is_none() || must_log_in => {
                visit.second_factor(&shown, &vouched.voucher.username, !must_log_in, false)
            }
            None if must_log_in => visit.login(&shown, None),
            _ => visit.password(&shown, &wanted),
        }
    });
    match page {
        Ok(page) => failure.onto(page),
        Err(failure) => pages::failure(asked.language, &failure),
    }
}

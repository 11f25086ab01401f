//! `GET` and `POST /loginresetpassword/{token}`: where the mail's link leads. Opening it spends nothing, since mail
//! scanners do; posting the new password does.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header, request};
use mapgate_core::account::{AccountError, PolicyFault, check_new_password};
use mapgate_core::gate::{Gate, Origins, Posted};
use mapgate_core::http::{Failure, json_error};
use mapgate_core::pages::{self, FieldError, Language, NewPasswordForm, Reader};
use mapgate_core::secrets::{Purpose, Secrets};
use mapgate_core::settings::Secret;
use mapgate_core::table::{AuditEntry, Event, MailKind, ResetKind, Source, TableError, User, UserChange};

use crate::loginresetpassword::unavailable;

/// Why the password stays.
#[derive(Debug, thiserror::Error)]
enum LinkError {
    /// 404: no link in force has that token.
    #[error("the link was used already, a newer one took its place, or its time is over")]
    Invalid,
    /// 400: a field is not there.
    #[error("the field {0} is missing")]
    Missing(&'static str),
    /// 400: the new password was not typed twice the same.
    #[error("newPassword and confirmNewPassword differ")]
    Differ,
    /// 400: it is not what a password must be.
    #[error(transparent)]
    Policy(#[from] PolicyFault),
    /// What can happen anywhere.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<TableError> for LinkError {
    fn from(error: TableError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<AccountError> for LinkError {
    fn from(error: AccountError) -> Self {
        Self::Failure(error.into())
    }
}

/// The page with two fields for the new password.
pub(crate) async fn get(
    State(gate): State<Arc<Gate>>,
    Path(token): Path<String>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let reader = Reader::of(&parts);
    if !gives_links(&gate) {
        return unavailable(Some(reader));
    }
    let token = Secret::new(token);
    hidden(match page(&gate, &parts, &token).await {
        Ok(response) => response,
        Err(LinkError::Failure(failure)) => pages::failure(reader, &failure),
        Err(_) => invalid(&gate, Some(reader)),
    })
}

/// Whether mails with links go out at all.
pub(crate) fn gives_links(gate: &Gate) -> bool {
    let kinds = [MailKind::Reset, MailKind::Welcome];
    kinds
        .into_iter()
        .any(|kind| kind.template(&gate.settings).is_some())
}

async fn page(gate: &Gate, parts: &request::Parts, token: &Secret) -> Result<Response, LinkError> {
    let secrets = gate.secrets().await?;
    let user = holder(gate, &secrets, token).await?;
    Ok(form(gate, parts, &secrets, token, &user, None)?)
}

fn form(
    gate: &Gate,
    parts: &request::Parts,
    secrets: &Secrets,
    token: &Secret,
    user: &User,
    error: Option<FieldError<'_>>,
) -> Result<Response, Failure> {
    let csrf = gate.csrf(parts, secrets)?;
    let form = NewPasswordForm {
        status: error.map_or(StatusCode::OK, |_| StatusCode::BAD_REQUEST),
        action: &gate.path(&format!("/loginresetpassword/{}", token.expose())),
        csrf: &csrf,
        username: Some(&user.username),
        error,
    };
    Ok(pages::new_password_form(Reader::of(parts), &form))
}

/// No `Referer` tells a stranger the token.
fn hidden(mut response: Response) -> Response {
    let policy = HeaderValue::from_static("no-referrer");
    response.headers_mut().insert(header::REFERRER_POLICY, policy);
    response
}

fn invalid(gate: &Gate, page: Option<Reader<'_>>) -> Response {
    let again = gate.path("/loginresetpassword");
    match page {
        Some(reader) => pages::message(
            reader,
            StatusCode::NOT_FOUND,
            "reset-link-invalid",
            &[],
            &[(&again, "forgot-password")],
        ),
        None => json_error(StatusCode::NOT_FOUND, &LinkError::Invalid.to_string()),
    }
}

/// The user for whom the token is in force: the newest, in its time, of an account in force.
async fn holder(gate: &Gate, secrets: &Secrets, token: &Secret) -> Result<User, LinkError> {
    let table = gate.table().await;
    let username = table.user_of_reset_link(token).await?;
    let username = username.ok_or(LinkError::Invalid)?;
    let user = table.user(&username).await?.ok_or(LinkError::Invalid)?;
    let now = gate.clock.now();
    let parts = [&user.id.0.to_be_bytes()[..], token.expose_bytes()];
    let is_in_force = user.reset.as_ref().is_some_and(|reset| {
        reset.kind == ResetKind::Link
            && now < reset.expires_at
            && secrets.verifies(Purpose::Reset, &parts, &reset.hash)
    });
    let is_own = user.source == Source::Directory;
    if is_in_force && is_own && user.is_active(now) {
        Ok(user)
    } else {
        Err(LinkError::Invalid)
    }
}

/// Fields `newPassword` and `confirmNewPassword`. Nobody is logged in by it: who has a second factor still needs it, and a
/// locked account stays locked.
pub(crate) async fn post(
    State(gate): State<Arc<Gate>>,
    Path(token): Path<String>,
    request: Request,
) -> Response {
    let token = Secret::new(token);
    let asked = match gate.posted(request, Origins::Unsaid).await {
        Ok(asked) => asked,
        Err(not_taken) => return hidden(not_taken.into_response()),
    };
    if !gives_links(&gate) {
        return unavailable(asked.is_page.then(|| asked.language.into()));
    }
    let answer = match (change(&gate, &asked, &token).await, asked.is_page) {
        (Ok(()), true) => done(&gate, asked.language),
        (Ok(()), false) => Json(serde_json::json!({ "success": true })).into_response(),
        (Err(error), true) => form_again(&gate, &asked, &token, error).await,
        (Err(LinkError::Invalid), false) => invalid(&gate, None),
        (Err(LinkError::Failure(failure)), false) => failure.into_response(),
        (Err(error), false) => Failure::BadRequest(error.to_string()).into_response(),
    };
    hidden(answer)
}

fn done(gate: &Gate, language: Language) -> Response {
    let login = gate.path("/login.html");
    pages::message(
        language,
        StatusCode::OK,
        "password-reset-done",
        &[],
        &[(&login, "log-in")],
    )
}

async fn change(gate: &Gate, asked: &Posted, token: &Secret) -> Result<(), LinkError> {
    // Before the password is looked at: a token that does not hold costs no hash, and learns nothing.
    let user = holder(gate, &asked.secrets, token).await?;
    let field = |name| asked.form.secret(name).ok_or(LinkError::Missing(name));
    let (new, again) = (field("newPassword")?, field("confirmNewPassword")?);
    if new.expose() != again.expose() {
        return Err(LinkError::Differ);
    }
    // The old one is forgotten, so that nobody can say whether it is the same.
    check_new_password(new, &Secret::new(""), &user.username)?;
    let hash = gate.hashing.hash(new).await.map_err(AccountError::from)?;
    let now = gate.clock.now();
    let change = UserChange {
        password: Some(Some(hash)),
        is_password_changed: Some(true),
        reset: Some(None),
        ends_sessions: Some(now),
        ..UserChange::default()
    };
    let audit = AuditEntry::new(Event::PasswordChanged, now, gate.settings.audit_retention_days)
        .of(&user.username)
        .from(gate.address(&asked.parts))
        .detail("way", "reset_link");
    let accounts = gate.accounts(&asked.secrets).await;
    let mut written = gate
        .table()
        .await
        .transaction()
        .change(&user, &change)
        .spend_reset_link(token)
        .audit(&audit);
    if let Some(notice) = accounts.mail(MailKind::PasswordChanged, &user, asked.language.tag(), now)? {
        written = written.mail(&notice);
    }
    // Someone else was first, or the account is another one by now.
    written.commit().await?.map_err(|_| LinkError::Invalid)
}

async fn form_again(gate: &Gate, asked: &Posted, token: &Secret, error: LinkError) -> Response {
    let (text, field) = match &error {
        LinkError::Missing(field) => ("missing-field", *field),
        LinkError::Differ => ("passwords-differ", "confirmNewPassword"),
        LinkError::Policy(fault) => (pages::policy_text(*fault), "newPassword"),
        LinkError::Invalid => return invalid(gate, Some(asked.language.into())),
        LinkError::Failure(failure) => return pages::failure(asked.language, failure),
    };
    let error = FieldError { text, field };
    let (parts, secrets, language) = (&asked.parts, &asked.secrets, asked.language);
    let again = match holder(gate, secrets, token).await {
        Ok(user) => form(gate, parts, secrets, token, &user, Some(error)),
        Err(_) => return invalid(gate, Some(language.into())),
    };
    again.unwrap_or_else(|failure| pages::failure(language, &failure))
}

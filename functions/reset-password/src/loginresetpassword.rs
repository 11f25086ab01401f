//! `GET` and `POST /loginresetpassword`: who forgot his password asks for a mail. The request only queues, and takes the
//! same steps for everyone: neither its answer nor its time tells whether there is such an account.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, request};
use mapgate_core::account::{AccountError, Addressee, Letter, network};
use mapgate_core::gate::{Gate, Origins, Posted};
use mapgate_core::http::{Failure, json_error};
use mapgate_core::pages::{self, FieldError, Reader, ResetForm};
use mapgate_core::secrets::{Purpose, Secrets};
use mapgate_core::table::{AuditEntry, Counter, Event, Limit, MailKind, User, normalized};
use serde_json::json;

/// Both limits are of so long.
const WINDOW: Duration = Duration::from_hours(1);
/// Requests from one network.
const REQUESTS: usize = 20;
/// Mails to one user.
const MAILS: usize = 3;

/// The page.
pub(crate) async fn get(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let reader = Reader::of(&parts);
    if gate.settings.reset_password.is_none() {
        return unavailable(Some(reader));
    }
    match page(&gate, &parts).await {
        Ok(response) => response,
        Err(failure) => pages::failure(reader, &failure),
    }
}

async fn page(gate: &Gate, parts: &request::Parts) -> Result<Response, Failure> {
    let secrets = gate.secrets().await?;
    form(gate, parts, &secrets, None)
}

fn form(
    gate: &Gate,
    parts: &request::Parts,
    secrets: &Secrets,
    error: Option<FieldError<'_>>,
) -> Result<Response, Failure> {
    let csrf = gate.csrf(parts, secrets)?;
    let form = ResetForm {
        status: error.map_or(StatusCode::OK, |_| StatusCode::BAD_REQUEST),
        action: &gate.path("/loginresetpassword"),
        csrf: &csrf,
        hidden: &[],
        username: None,
        error,
    };
    Ok(pages::reset_form(Reader::of(parts), &form))
}

/// Without `reset_password` in the settings there is no reset.
pub(crate) fn unavailable(page: Option<Reader<'_>>) -> Response {
    match page {
        Some(reader) => pages::message(reader, StatusCode::NOT_FOUND, "reset-unavailable", &[], &[]),
        None => json_error(
            StatusCode::NOT_FOUND,
            "this site sends no mails for forgotten passwords",
        ),
    }
}

/// Field `login`: a user name, or the e-mail address of exactly one user. 200 whatever becomes of it, 400 only where it
/// is missing.
pub(crate) async fn post(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let asked = match gate.posted(request, Origins::Own).await {
        Ok(asked) => asked,
        Err(not_taken) => return not_taken.into_response(),
    };
    if gate.settings.reset_password.is_none() {
        return unavailable(asked.is_page.then(|| asked.language.into()));
    }
    let Some(given) = asked
        .form
        .get("login")
        .map(str::trim)
        .filter(|given| !given.is_empty())
    else {
        return missing(&gate, &asked);
    };
    match (queue(&gate, &asked, given).await, asked.is_page) {
        (Ok(()), true) => pages::message(asked.language, StatusCode::OK, "reset-requested", &[], &[]),
        (Ok(()), false) => Json(json!({ "success": true })).into_response(),
        (Err(failure), true) => pages::failure(asked.language, &failure),
        (Err(failure), false) => failure.into_response(),
    }
}

fn missing(gate: &Gate, asked: &Posted) -> Response {
    if !asked.is_page {
        return Failure::BadRequest("the field login is missing".to_owned()).into_response();
    }
    let error = FieldError {
        text: "missing-username",
        field: "login",
    };
    form(gate, &asked.parts, &asked.secrets, Some(error))
        .unwrap_or_else(|failure| pages::failure(asked.language, &failure))
}

/// Five requests to the table, whoever it is; one, where the network has asked too often.
async fn queue(gate: &Gate, asked: &Posted, given: &str) -> Result<(), Failure> {
    let (table, now) = (gate.table().await, gate.clock.now());
    let address = gate.address(&asked.parts);
    let counter = |parts: &[&[u8]]| {
        let name = asked.secrets.keyed_hash(now, Purpose::ResetCounter, parts);
        name.map(Counter).ok_or(Failure::Unavailable)
    };
    let within = |counter, most| Limit {
        counter,
        most,
        window: WINDOW,
    };
    let requests = counter(&[b"network", network(address).to_string().as_bytes()])?;
    if !table.count_within(within(&requests, REQUESTS), now).await? {
        tracing::info!(%address, "a network asks for too many resets");
        return Ok(());
    }
    let user = table.user_named_or_with_email(given).await?;
    let mails = match &user {
        Some(user) => counter(&[b"user", &user.id.0.to_be_bytes()])?,
        None => counter(&[b"nobody", normalized(given).as_bytes()])?,
    };
    let is_within = table.count_within(within(&mails, MAILS), now).await?;
    let letter = Letter {
        kind: MailKind::Reset,
        to: user.as_ref().filter(|_| is_within).map(Addressee::from),
        language: asked.language.tag().to_owned(),
    };
    let mail = letter.queued(&asked.secrets, &gate.random, now);
    let mail = mail.map_err(|error: AccountError| Failure::from(error))?;
    let audit = audit(gate, user.as_ref(), address, is_within);
    let queued = table.transaction().mail(&mail).audit(&audit);
    // Two random names are never the same.
    queued.commit().await?.map_err(|_| Failure::Unavailable)
}

/// Of a name that nobody has the trail tells nothing: it may be a password typed into the wrong field.
fn audit(gate: &Gate, user: Option<&User>, address: IpAddr, is_within: bool) -> AuditEntry {
    let (now, days) = (gate.clock.now(), gate.settings.audit_retention_days);
    let mut audit = AuditEntry::new(Event::ResetRequested, now, days).from(address);
    audit.username = user.map(|user| user.username.clone());
    if is_within {
        audit
    } else {
        audit.detail("reason", "too_many")
    }
}

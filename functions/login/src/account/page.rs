//! `GET /account`: who one is, which programs have access, and how many recovery codes are left.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::{StatusCode, request};
use mapgate_core::account::recovery_codes_left;
use mapgate_core::gate::Gate;
use mapgate_core::http::{Failure, Form, Reach};
use mapgate_core::identity::Scheme;
use mapgate_core::pages::{AccountPage, FieldError, Language, Reader, account_page};
use mapgate_core::secrets::Secrets;
use mapgate_core::table::Source;

use super::{ACCOUNT, Denied, Visitor, visitor};

/// So many programs a page.
const PROGRAMS: usize = 20;

/// What was wrong with a form of the page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fault<'a> {
    pub(super) status: StatusCode,
    pub(super) error: FieldError<'a>,
}

/// `after` in the query goes on in the list of programs; `done` says what was done just now.
pub(crate) async fn get(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let shown = show(&gate, &parts).await;
    shown.unwrap_or_else(|denied| denied.into_response(&gate, Language::of(&parts)))
}

async fn show(gate: &Gate, parts: &request::Parts) -> Result<Response, Denied> {
    let visitor = visitor(gate, parts, Reach::Page, ACCOUNT).await?;
    let secrets = gate.secrets().await?;
    let page = page(gate, parts, Reader::of(parts), &secrets, &visitor, None).await?;
    Ok(gate.reissue(&visitor.identity, page).await)
}

/// The page, also as the answer to a form of it that was wrong.
pub(super) async fn page(
    gate: &Gate,
    parts: &request::Parts,
    reader: Reader<'_>,
    secrets: &Secrets,
    visitor: &Visitor,
    fault: Option<Fault<'_>>,
) -> Result<Response, Failure> {
    let Visitor { user, identity } = visitor;
    let query = Form::of_query(parts.uri.query())?;
    let table = gate.table().await;
    let after = query.get("after");
    let found = table.grants(user, gate.clock.now(), PROGRAMS, after).await?;
    let roles = user.roles.iter().filter_map(|id| identity.roles.get(*id));
    let roles: Vec<&str> = roles.map(|role| role.name.as_str()).collect();
    let authentication = &gate.settings.authentication;
    let left = recovery_codes_left(user).filter(|_| authentication.two_factor);
    let ended = fault.is_none() && query.get("done") == Some("revoke");
    let page = AccountPage {
        status: fault.map_or(StatusCode::OK, |fault| fault.status),
        prefix: gate.settings.base_url.path_prefix(),
        csrf: &gate.csrf(parts, secrets)?,
        user,
        roles: &roles,
        can_log_out: matches!(identity.scheme, Scheme::Ticket { .. } | Scheme::UrlLogin),
        can_change_password: user.source == Source::Directory && authentication.openid_connect.is_none(),
        grants: &found.grants,
        next: found.next.as_deref(),
        recovery_codes_left: left,
        done: ended.then_some("session-ended"),
        error: fault.map(|fault| fault.error),
    };
    Ok(account_page(reader, &page))
}

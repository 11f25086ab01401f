//! An authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3), read and checked.

use mapgate_core::http::Form;
use mapgate_core::oauth::{grant_scope, pkce};
use mapgate_core::table::{Client, Table};

use crate::error::{Halt, PageError, RedirectError};
use crate::target::Target;

/// A request that may be put to the user.
#[derive(Debug)]
pub(crate) struct AuthorizationRequest {
    pub(crate) client: Client,
    pub(crate) target: Target,
    /// As the request gave it; the token request must repeat it.
    pub(crate) redirect_uri: Option<String>,
    pub(crate) challenge: Option<String>,
    pub(crate) scope: String,
}

impl AuthorizationRequest {
    /// Reads the query string. Empty parameters count as absent.
    ///
    /// Refuses, on a page, whatever leaves doubt about client or redirect URI; by redirect, a repeated parameter,
    /// another response type than `code`, a missing `state` where the client must send one, and a challenge or scope
    /// that is not right.
    pub(crate) async fn read(table: &Table, query: Option<&str>) -> Result<Self, Halt> {
        let query = query.unwrap_or_default();
        let unreadable = |_| PageError::Unreadable("the query is not percent-encoded UTF-8");
        let form = Form::of_query(Some(query)).map_err(unreadable)?;
        for (name, fault) in [
            ("client_id", "client_id is repeated"),
            ("redirect_uri", "redirect_uri is repeated"),
        ] {
            if form.is_repeated(name) {
                return Err(PageError::Unreadable(fault).into());
            }
        }
        let client = match form.get("client_id") {
            Some(client_id) => table.client(client_id).await?,
            None => None,
        };
        let client = client.ok_or(PageError::UnknownClient)?;
        let target = Target::of(&client, &form, query)?;
        match checked(&client, &form) {
            Ok((challenge, scope)) => Ok(Self {
                redirect_uri: form.get("redirect_uri").map(str::to_owned),
                client,
                target,
                challenge,
                scope,
            }),
            Err(error) => Err(Halt::Redirect(target, error)),
        }
    }
}

/// The challenge and the scope to grant.
fn checked(client: &Client, form: &Form) -> Result<(Option<String>, String), RedirectError> {
    if form.repeated().is_some() {
        return Err(RedirectError::InvalidRequest("a parameter is repeated"));
    }
    match form.get("response_type") {
        None => return Err(RedirectError::InvalidRequest("response_type is missing")),
        Some("code") => {}
        Some(_) => return Err(RedirectError::UnsupportedResponseType),
    }
    if client.state_required && form.get("state").is_none() {
        return Err(RedirectError::InvalidRequest("state is missing"));
    }
    let challenge = challenge(client, form)?;
    let scope = grant_scope(form.get("scope"), &client.scopes)?;
    Ok((challenge, scope))
}

/// The method must be named: without it, it would be `plain` (RFC 7636 §4.3).
fn challenge(client: &Client, form: &Form) -> Result<Option<String>, RedirectError> {
    let required = client.pkce_required || client.is_public();
    match (form.get("code_challenge"), form.get("code_challenge_method")) {
        (None, None) if !required => Ok(None),
        (None, _) => Err(RedirectError::InvalidRequest("code_challenge is missing")),
        (Some(challenge), Some("S256")) if pkce::is_challenge(challenge) => Ok(Some(challenge.to_owned())),
        (Some(_), Some("S256")) => Err(RedirectError::InvalidRequest(
            "code_challenge is not of the form of S256",
        )),
        (Some(_), _) => Err(RedirectError::InvalidRequest(
            "code_challenge_method must be S256",
        )),
    }
}

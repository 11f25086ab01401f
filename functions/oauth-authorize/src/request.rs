//! An authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3, RFC 8707 §2, OpenID Connect Core §3.1.2.1), read and
//! checked.

use std::time::Duration;

use mapgate_core::clock::Timestamp;
use mapgate_core::gate::Gate;
use mapgate_core::http::Form;
use mapgate_core::oauth::{grant_scope, is_known_resource, pkce};
use mapgate_core::pages::Access;
use mapgate_core::settings::Secret;
use mapgate_core::table::Client;

use crate::error::{Halt, PageError, RedirectError};
use crate::prompt::{self, Prompt, Step};
use crate::target::Target;

/// The most bytes of a `nonce`: it is stored with the code and goes into the `id_token`.
const MAX_NONCE: usize = 512;
/// The most characters of a `login_hint` that can be a user's name.
const MAX_HINT: usize = 255;

/// Parameters that stand for others, and the code that says they are not understood (OpenID Connect Core §6 and
/// §7.2.1). To go on without them would be to do something else than asked.
const NOT_SUPPORTED: [(&str, RedirectError); 3] = [
    ("request", RedirectError::RequestNotSupported),
    ("request_uri", RedirectError::RequestUriNotSupported),
    ("registration", RedirectError::RegistrationNotSupported),
];

/// A request that may be put to the user.
#[derive(Debug)]
pub(crate) struct AuthorizationRequest {
    pub(crate) client: Client,
    pub(crate) target: Target,
    /// As the request gave it; the token request must repeat it.
    pub(crate) redirect_uri: Option<String>,
    pub(crate) details: Details,
}

/// What is asked for.
#[derive(Debug)]
pub(crate) struct Details {
    pub(crate) challenge: Option<String>,
    pub(crate) scope: String,
    pub(crate) nonce: Option<String>,
    /// What the tokens are to be for, where that is not all of mapgate.
    pub(crate) resource: Option<String>,
    pub(crate) prompt: Prompt,
    pub(crate) max_age: Option<Duration>,
    /// Whom the client thinks the user to be: a name for the form's field, and nothing else.
    pub(crate) login_hint: Option<String>,
    /// An id token of the user whom the client asks for; a code for anyone else would be another's.
    pub(crate) id_token_hint: Option<Secret>,
}

impl AuthorizationRequest {
    /// Reads the query string. Empty parameters count as absent.
    ///
    /// Refuses, on a page, whatever leaves doubt about client or redirect URI; by redirect, whatever else is not
    /// right.
    pub(crate) async fn read(gate: &Gate, query: Option<&str>) -> Result<Self, Halt> {
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
        let table = gate.table().await;
        let client = match form.get("client_id") {
            Some(client_id) => table.client(client_id).await?,
            None => None,
        };
        let client = client.ok_or(PageError::UnknownClient)?;
        let target = Target::of(&client, &form, query)?;
        let details = match Details::of(&client, &target, &form) {
            Ok(details) => details,
            Err(error) => return Err(Halt::told(target, error)),
        };
        if let Some(resource) = &details.resource
            && !is_known_resource(table, &gate.settings.base_url, resource).await?
        {
            return Err(Halt::told(target, RedirectError::InvalidTarget));
        }
        Ok(Self {
            redirect_uri: form.get("redirect_uri").map(str::to_owned),
            client,
            target,
            details,
        })
    }

    /// What is asked for, for people.
    pub(crate) fn access(&self) -> Access<'_> {
        Access {
            scope: &self.details.scope,
            place: self.target.place(),
        }
    }

    /// What comes next for a user who gave the password at `auth_time`, or for nobody.
    pub(crate) fn next(&self, auth_time: Option<Timestamp>, now: Timestamp) -> Result<Step, RedirectError> {
        let Details { prompt, max_age, .. } = self.details;
        prompt::next(prompt, max_age, self.client.is_public(), auth_time, now)
    }
}

impl Details {
    fn of(client: &Client, target: &Target, form: &Form) -> Result<Self, RedirectError> {
        if form.repeated().is_some() {
            return Err(RedirectError::InvalidRequest("a parameter is repeated"));
        }
        target.check_mode(form)?;
        if let Some((_, error)) = NOT_SUPPORTED.iter().find(|(name, _)| form.get(name).is_some()) {
            return Err(*error);
        }
        match form.get("response_type") {
            None => return Err(RedirectError::InvalidRequest("response_type is missing")),
            Some("code") => {}
            Some(_) => return Err(RedirectError::UnsupportedResponseType),
        }
        if client.state_required && form.get("state").is_none() {
            return Err(RedirectError::InvalidRequest("state is missing"));
        }
        let nonce = form.get("nonce");
        if nonce.is_some_and(|nonce| nonce.len() > MAX_NONCE) {
            return Err(RedirectError::InvalidRequest("nonce is longer than 512 bytes"));
        }
        let hint = form
            .get("login_hint")
            .filter(|hint| hint.chars().count() <= MAX_HINT && !hint.chars().any(char::is_control));
        Ok(Self {
            challenge: challenge(client, form)?,
            scope: grant_scope(form.get("scope"), &client.scopes)?,
            nonce: nonce.map(str::to_owned),
            resource: form.get("resource").map(str::to_owned),
            prompt: Prompt::of(form.get("prompt"))?,
            max_age: prompt::max_age(form.get("max_age"))?,
            login_hint: hint.map(str::to_owned),
            id_token_hint: form.secret("id_token_hint").cloned(),
        })
    }
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

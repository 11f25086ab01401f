//! A posted form of this function: what its fields say of the second factor and of where to go afterwards.

use std::ops::Deref;

use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header, request};
use mapgate_core::gate::{Gate, NotTaken, Origins, Posted, passwords_elsewhere};
use mapgate_core::http::{Failure, Form, Reach};
use mapgate_core::pages;
use mapgate_core::settings::Secret;
use mapgate_core::table::{Roles, User};
use serde_json::Value;

use crate::came_from::{CameFrom, onto};
use crate::forms::Visit;
use crate::user_object::user_object;
use crate::vouched::Vouched;

/// A form for logging in or for a password.
pub(crate) struct Asked(Posted);

impl Deref for Asked {
    type Target = Posted;

    fn deref(&self) -> &Posted {
        &self.0
    }
}

impl Asked {
    /// Reads the form, as [`Gate::posted`] does.
    pub(crate) async fn read(gate: &Gate, request: Request) -> Result<Self, NotTaken> {
        gate.posted(request, Origins::Own).await.map(Self)
    }

    /// The second factor's code; an empty field is none, since the page always has the field.
    pub(crate) fn code(&self) -> Option<&Secret> {
        let code = self.form.secret("otp");
        code.filter(|code| !code.expose().trim().is_empty())
    }

    /// Who is vouched for, where the form has none of these fields of a password.
    ///
    /// Where another provider logs users in, nothing else is taken: then the answer says so.
    pub(crate) async fn vouched(&self, gate: &Gate, password: &[&str]) -> Result<Option<Vouched>, Response> {
        let has_password = password.iter().any(|field| self.form.has(field));
        if !has_password {
            let vouched = Vouched::of(gate, &self.parts, &self.secrets, Reach::Own).await;
            let vouched = vouched.map_err(|failure| self.failed(&failure))?;
            if vouched.is_some() {
                return Ok(vouched);
            }
        }
        if gate.settings.authentication.openid_connect.is_none() {
            return Ok(None);
        }
        if has_password || !self.is_page {
            return Err(passwords_elsewhere(gate, &self.parts));
        }
        let came_from = self.came_from(gate).ok().flatten();
        let again = onto(&gate.path("/login.html"), came_from.as_ref());
        let links = [(again.as_str(), "log-in")];
        let status = StatusCode::BAD_REQUEST;
        Err(pages::message(
            self.language,
            status,
            "provider-login-over",
            &[],
            &links,
        ))
    }

    /// A failure in the form that the sender expects.
    fn failed(&self, failure: &Failure) -> Response {
        if self.is_page {
            pages::failure(self.language, failure)
        } else {
            failure.clone().into_response()
        }
    }

    /// The visit for a form that answers this one.
    pub(crate) fn visit<'a>(&'a self, gate: &'a Gate, came_from: Option<&'a CameFrom>) -> Visit<'a> {
        Visit {
            gate,
            parts: &self.parts,
            secrets: &self.secrets,
            reader: self.language.into(),
            came_from,
        }
    }

    /// The user object for who was just found by a password.
    pub(crate) fn user_object(&self, gate: &Gate, user: &User, roles: &Roles) -> Value {
        let is_intranet = gate.is_intranet(&self.parts);
        user_object(&gate.settings, user, roles, is_intranet)
    }

    /// Where to go afterwards, from the field or else the query.
    pub(crate) fn came_from(&self, gate: &Gate) -> Result<Option<CameFrom>, Failure> {
        if let Some(given) = self.form.get("came_from") {
            return CameFrom::parse(given, &gate.settings).map(Some);
        }
        came_from_of_query(&self.parts, gate)
    }
}

/// `came_from` of the query string, where it is there.
pub(crate) fn came_from_of_query(parts: &request::Parts, gate: &Gate) -> Result<Option<CameFrom>, Failure> {
    let query = Form::of_query(parts.uri.query())?;
    let given = query.get("came_from");
    given
        .map(|given| CameFrom::parse(given, &gate.settings))
        .transpose()
}

/// The answer with `cookies`.
pub(crate) fn with_cookies(mut response: Response, cookies: Vec<HeaderValue>) -> Response {
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

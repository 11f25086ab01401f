//! A posted form, checked for where it comes from: mapgate's own page by its token, anyone else by `Origin` and
//! `Referer`, since a stranger's page must not log a visitor in.

use std::sync::Arc;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header, request};
use mapgate_core::gate::Gate;
use mapgate_core::http::{Failure, Form, origin_is_own};
use mapgate_core::pages::{self, Language};
use mapgate_core::secrets::Secrets;
use mapgate_core::settings::Secret;
use mapgate_core::table::{Roles, User};
use serde_json::Value;

use crate::came_from::CameFrom;
use crate::forms::Visit;
use crate::user_object::user_object;

/// A form whose sender may send it.
pub(crate) struct Asked {
    pub(crate) parts: request::Parts,
    pub(crate) form: Form,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) language: Language,
    /// Whether it comes from mapgate's own page, which expects HTML or a 303; else it is the API.
    pub(crate) is_page: bool,
}

/// Why a form is not even looked at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotTaken {
    /// Its own fault.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// The `Origin` or the `Referer` is a stranger's.
    #[error("this form may not be sent from another site")]
    Foreign(Option<Language>),
    /// The page's token does not belong to the browser.
    #[error("the form's token does not belong to this browser")]
    Expired(Language),
}

impl Asked {
    /// Reads the form. 400, 413 and 415 as [`Form::read`] has them, 400 for a repeated field; 403 for a foreign
    /// `Origin` or `Referer`, and for a page whose token is not the browser's.
    pub(crate) async fn read(gate: &Gate, request: Request) -> Result<Self, NotTaken> {
        let (parts, body) = request.into_parts();
        let form = Form::read(Request::from_parts(parts.clone(), body)).await?;
        let is_page = form.has("csrf_token");
        let language = Language::of(&parts);
        if !origin_is_own(&gate.settings, &parts.headers) {
            return Err(NotTaken::Foreign(is_page.then_some(language)));
        }
        if let Some(name) = form.repeated() {
            return Err(Failure::BadRequest(format!("the field {name} is there twice")).into());
        }
        let secrets = gate.secrets().await?;
        let token = form.get("csrf_token").unwrap_or_default();
        if is_page && !gate.csrf_is_valid(&parts, &secrets, token) {
            return Err(NotTaken::Expired(language));
        }
        Ok(Self {
            parts,
            form,
            secrets,
            language,
            is_page,
        })
    }

    /// The second factor's code; an empty field is none, since the page always has the field.
    pub(crate) fn code(&self) -> Option<&Secret> {
        let code = self.form.secret("otp");
        code.filter(|code| !code.expose().trim().is_empty())
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
        let networks = &gate.settings.intranet.networks;
        let is_intranet = networks.contains(gate.address(&self.parts));
        user_object(&gate.settings, Some(user), roles, is_intranet)
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

/// A path of mapgate's as a browser must ask it: behind the base URL's own path.
pub(crate) fn path(gate: &Gate, path: &str) -> String {
    format!("{}{path}", gate.settings.base_url.path_prefix())
}

/// The answer with `cookies`.
pub(crate) fn with_cookies(mut response: Response, cookies: Vec<HeaderValue>) -> Response {
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

impl IntoResponse for NotTaken {
    fn into_response(self) -> Response {
        let text = self.to_string();
        match self {
            Self::Failure(failure) => failure.into_response(),
            Self::Foreign(None) => Failure::Forbidden(text).into_response(),
            Self::Foreign(Some(language)) => {
                pages::message(language, StatusCode::FORBIDDEN, "foreign-origin", &[], &[])
            }
            Self::Expired(language) => {
                pages::message(language, StatusCode::FORBIDDEN, "form-expired", &[], &[])
            }
        }
    }
}

//! A browser's visit: the request, and what every step of it needs.

use axum::response::{IntoResponse as _, Response};
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use mapgate_core::clock::Timestamp;
use mapgate_core::gate::{Gate, LONGEST_CAME_FROM};
use mapgate_core::http::{Failure, Reach, private};
use mapgate_core::identity::{Identity, Scheme};
use mapgate_core::pages::Language;
use mapgate_core::secrets::Secrets;
use mapgate_core::table::User;

use crate::error::{Halt, RedirectError};
use crate::query;
use crate::request::AuthorizationRequest;

/// A visit.
pub(crate) struct Visit<'a> {
    pub(crate) gate: &'a Gate,
    pub(crate) parts: &'a Parts,
    pub(crate) secrets: &'a Secrets,
    pub(crate) language: Language,
}

/// A user who is logged in by a ticket.
#[derive(Debug)]
pub(crate) struct Login {
    pub(crate) user: User,
    /// When the user gave the password.
    pub(crate) auth_time: Timestamp,
    /// As a whole, for the ticket's reissue.
    pub(crate) identity: Identity,
}

impl Visit<'_> {
    /// Who is logged in. Only a ticket counts, a URL login, which gives one, or a front proxy's header: an access token must
    /// not give a code, which could give more than it.
    pub(crate) async fn login(&self, reach: Reach) -> Result<Option<Login>, Failure> {
        let identity = self.gate.identify(self.parts, reach).await?;
        let auth_time = match &identity.scheme {
            Scheme::Ticket {
                session: Some(session),
                ..
            } => session.started_at,
            Scheme::Ticket { issued_at, .. } => *issued_at,
            // The front proxy says it with each request.
            Scheme::UrlLogin | Scheme::TrustedHeader => self.gate.clock.now(),
            _ => return Ok(None),
        };
        let user = identity.user.clone();
        Ok(user.map(|user| Login {
            user,
            auth_time,
            identity,
        }))
    }

    /// The request's query, without what a page sets itself (`lang`) or may not repeat: a URL login token holds a
    /// password.
    pub(crate) fn query(&self) -> String {
        let query = query::without(self.parts.uri.query().unwrap_or_default(), "lang");
        query::without(&query, "auth")
    }

    /// Where a page's form goes: here, with the same request. The language is the page's to add.
    pub(crate) fn action(&self) -> String {
        self.here(&self.query())
    }

    /// Where the same request asks for a login, and then for consent where it did.
    pub(crate) fn login_as_someone_else(&self, wants_consent: bool) -> String {
        let query = query::without(&query::without(&self.query(), "prompt"), "login_hint");
        let consent = if wants_consent { "%20consent" } else { "" };
        self.here(&format!("{query}&prompt=login{consent}"))
    }

    /// Whether another provider logs users in, so that no password is taken.
    pub(crate) fn provider_logs_in(&self) -> bool {
        self.gate.settings.authentication.openid_connect.is_some()
    }

    /// To the provider, and from there back to the same request. Where the request wants a fresh login, the provider is asked
    /// for one.
    ///
    /// Refuses a request that is too long for the way.
    pub(crate) fn to_provider(&self, request: &AuthorizationRequest) -> Result<Response, Halt> {
        let back = self.way_back(request);
        if back.len() > LONGEST_CAME_FROM {
            let error = RedirectError::InvalidRequest("the request is longer than 2048 bytes");
            return Err(Halt::told(request.target.clone(), error));
        }
        let max_age = request
            .details
            .max_age
            .map(|max_age| max_age.as_secs().to_string());
        let mut asked = vec![("came_from", back.as_str())];
        if request.details.prompt.wants_login() {
            asked.push(("prompt", "login"));
        }
        asked.extend(max_age.as_deref().map(|max_age| ("max_age", max_age)));
        Ok(self.to("/oidc/login", &asked)?)
    }

    /// To the page that asks for the second factor of whom a front proxy names, and from there back to the same request.
    pub(crate) fn to_second_factor(&self, request: &AuthorizationRequest) -> Result<Response, Failure> {
        self.to("/login.html", &[("came_from", &self.way_back(request))])
    }

    /// The same request, less what asks for a fresh login: that is done on the way, which would lead there once more.
    fn way_back(&self, request: &AuthorizationRequest) -> String {
        let mut query = query::without(&query::without(&self.query(), "prompt"), "max_age");
        if request.details.prompt.wants_consent() {
            query.push_str("&prompt=consent");
        }
        self.here(&query)
    }

    fn to(&self, path: &str, query: &[(&str, &str)]) -> Result<Response, Failure> {
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(query)
            .finish();
        let location = format!("{}?{query}", self.gate.path(path));
        let location = HeaderValue::from_str(&location).map_err(|_| Failure::Unavailable)?;
        let headers = [(header::LOCATION, location)];
        Ok(private((redirect_status(self.parts), headers).into_response()))
    }

    fn here(&self, query: &str) -> String {
        let path = self.parts.uri.path();
        format!("{}{path}?{query}", self.gate.settings.base_url.path_prefix())
    }
}

/// The status of a redirect: after a POST the browser must not post again to the client (RFC 9700 §4.12).
pub(crate) fn redirect_status(parts: &Parts) -> StatusCode {
    if parts.method == http::Method::POST {
        StatusCode::SEE_OTHER
    } else {
        StatusCode::FOUND
    }
}

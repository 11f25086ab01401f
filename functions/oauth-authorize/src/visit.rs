//! A browser's visit: the request, and what every step of it needs.

use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use mapgate_core::clock::Timestamp;
use mapgate_core::gate::Gate;
use mapgate_core::http::{Failure, Reach};
use mapgate_core::identity::{Scheme, sign_ticket};
use mapgate_core::pages::Language;
use mapgate_core::secrets::Secrets;
use mapgate_core::session::csrf::Csrf;
use mapgate_core::session::{SessionToken, ticket_cookie};
use mapgate_core::table::User;

use crate::query;

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
    session: Option<SessionToken>,
    reissue: bool,
}

impl Visit<'_> {
    /// Who is logged in. Only a ticket counts: an access token must not give a code, which could give more than it.
    pub(crate) async fn login(&self, reach: Reach) -> Result<Option<Login>, Failure> {
        let identity = self.gate.identify(self.parts, reach).await?;
        let Scheme::Ticket {
            session,
            issued_at,
            reissue,
        } = identity.scheme
        else {
            return Ok(None);
        };
        Ok(identity.user.map(|user| Login {
            user,
            auth_time: session.as_ref().map_or(issued_at, |session| session.started_at),
            session,
            reissue,
        }))
    }

    /// The cookie of a ticket that is old enough to be issued anew.
    pub(crate) fn reissued(&self, login: &Login) -> Result<Option<HeaderValue>, Failure> {
        if !login.reissue {
            return Ok(None);
        }
        self.ticket(&login.user, login.session.as_ref()).map(Some)
    }

    /// The cookie of a ticket for `user`: a new session, or one that goes on.
    pub(crate) fn ticket(&self, user: &User, session: Option<&SessionToken>) -> Result<HeaderValue, Failure> {
        let now = self.gate.clock.now();
        let value = sign_ticket(self.secrets, &self.gate.random, now, user, session)?;
        let cookie = value.and_then(|value| ticket_cookie(&self.gate.settings.authtkt, &value));
        cookie.ok_or_else(|| {
            tracing::error!("no ticket secret is in force, or the ticket does not fit a header");
            Failure::Unavailable
        })
    }

    /// The token of this browser's forms.
    pub(crate) fn csrf(&self) -> Result<Csrf, Failure> {
        let (headers, secure) = (&self.parts.headers, self.gate.is_https(self.parts));
        let csrf = Csrf::of(
            headers,
            secure,
            self.secrets,
            &self.gate.random,
            self.gate.clock.now(),
        )?;
        csrf.ok_or_else(|| {
            tracing::error!("no data key is in force");
            Failure::Unavailable
        })
    }

    /// Where a page's form goes: here, with the same request. The language is the page's to add.
    pub(crate) fn action(&self) -> String {
        let query = query::without(self.parts.uri.query().unwrap_or_default(), "lang");
        let path = self.parts.uri.path();
        format!("{}{path}?{query}", self.gate.settings.base_url.path_prefix())
    }
}

/// Hands out a cookie with an answer.
pub(crate) fn with_cookie(
    mut response: axum::response::Response,
    cookie: Option<HeaderValue>,
) -> axum::response::Response {
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// The status of a redirect: after a POST the browser must not post again to the client (RFC 9700 §4.12).
pub(crate) fn redirect_status(parts: &Parts) -> StatusCode {
    if parts.method == http::Method::POST {
        StatusCode::SEE_OTHER
    } else {
        StatusCode::FOUND
    }
}

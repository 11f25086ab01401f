//! Tickets on answers: a new one after a login, the same session's anew when it grows old, and none after a logout.

use axum::response::Response;
use http::{HeaderMap, HeaderValue, header, request, uri::Authority};

use super::Gate;
use crate::clock::Timestamp;
use crate::http::Failure;
use crate::identity::{Identity, Scheme, begin_session, sign_ticket};
use crate::secrets::Secrets;
use crate::session::{cookies_named, expired_cookies, ticket_cookie};
use crate::table::{AuditEntry, Event, User};

impl Gate {
    /// The `Set-Cookie`s that log `user` in, by a session of its own (so a session that someone else began is never
    /// gone on with). `secrets` are those of [`Gate::secrets`].
    ///
    /// Where the browser brought a cookie of the name, the form with `Domain` (Pyramid's) is cleared first: it would
    /// be sent before the new one, and the visitor would stay who he was.
    pub fn log_in(
        &self,
        request: &request::Parts,
        secrets: &Secrets,
        user: &User,
    ) -> Result<Vec<HeaderValue>, Failure> {
        self.log_in_since(request, secrets, user, self.clock.now())
    }

    /// Like [`Gate::log_in`], for a user who gave the password elsewhere, perhaps at an earlier moment: the session is as
    /// old as that.
    pub fn log_in_since(
        &self,
        request: &request::Parts,
        secrets: &Secrets,
        user: &User,
        since: Timestamp,
    ) -> Result<Vec<HeaderValue>, Failure> {
        let session = begin_session(&self.random, user, since)?;
        let ticket = sign_ticket(secrets, &self.random, self.clock.now(), user, Some(&session))?;
        let cookie = ticket.and_then(|ticket| ticket_cookie(&self.settings.authtkt, &ticket));
        let cookie = cookie.ok_or(Failure::Unavailable)?;
        let name = &self.settings.authtkt.cookie_name;
        let mut cookies = Vec::new();
        if cookies_named(&request.headers, name).next().is_some() {
            cookies
                .extend(expired_cookies(&self.settings.authtkt, &self.asked_host(&request.headers)).skip(1));
        }
        cookies.push(cookie);
        Ok(cookies)
    }

    /// Ends the session of the identity's ticket, so that every copy and every reissue of it is dead, and gives the
    /// `Set-Cookie`s that clear it. A ticket of Pyramid's own names no session that could be ended: its cookies are
    /// cleared, no more.
    pub async fn log_out(
        &self,
        request: &request::Parts,
        identity: &Identity,
    ) -> Result<Vec<HeaderValue>, Failure> {
        if let (
            Some(user),
            Scheme::Ticket {
                session: Some(session),
                ..
            },
        ) = (&identity.user, &identity.scheme)
        {
            let days = self.settings.audit_retention_days;
            let audit = AuditEntry::new(Event::LoggedOut, self.clock.now(), days)
                .of(user.username.as_str())
                .from(self.address(request));
            // Until then a ticket of the session could still be valid.
            let until = session.started_at.plus(self.settings.authentication.session_max);
            let table = self.table().await;
            table.end_session(&session.id, until, &audit).await?;
        }
        Ok(self.cleared_cookies(request))
    }

    /// The `Set-Cookie`s that clear the ticket, in both forms. They end no session: see
    /// [`crate::table::Table::end_session`].
    #[must_use]
    pub fn cleared_cookies(&self, request: &request::Parts) -> Vec<HeaderValue> {
        expired_cookies(&self.settings.authtkt, &self.asked_host(&request.headers)).collect()
    }

    /// Hands out the identity's ticket anew where it is older than `AUTHTKT_REISSUE_TIME`: the same session, from
    /// now. A URL login gets its first one, and a cookie with `Domain` (Pyramid's) is cleared before it. Nothing on an answer that a cache may keep (one without `no-store`), nor on one that sets or clears
    /// the ticket already. Where the keys cannot be read, the old ticket goes on.
    pub async fn reissue(&self, identity: &Identity, mut response: Response) -> Response {
        let (user, session) = match (&identity.user, &identity.scheme) {
            (
                Some(user),
                Scheme::Ticket {
                    session,
                    reissue: true,
                    ..
                },
            ) => (user, session.as_ref()),
            (Some(user), Scheme::UrlLogin) => (user, None),
            _ => return response,
        };
        let headers = response.headers();
        let name = &self.settings.authtkt.cookie_name;
        let has = |header, found: &dyn Fn(&str) -> bool| {
            let mut values = headers
                .get_all(header)
                .iter()
                .filter_map(|value| value.to_str().ok());
            values.any(found)
        };
        let kept_nowhere = has(header::CACHE_CONTROL, &|policy| policy.contains("no-store"));
        let decided = has(header::SET_COOKIE, &|cookie| {
            cookie
                .strip_prefix(name.as_str())
                .is_some_and(|rest| rest.starts_with('='))
        });
        if !kept_nowhere || decided {
            return response;
        }
        let Ok(secrets) = self.secrets().await else {
            return response;
        };
        let ticket = sign_ticket(&secrets, &self.random, self.clock.now(), user, session);
        let cookie = ticket
            .ok()
            .flatten()
            .and_then(|ticket| ticket_cookie(&self.settings.authtkt, &ticket));
        if let Some(cookie) = cookie {
            if identity.scheme == Scheme::UrlLogin {
                let host = self.asked_host(&HeaderMap::new());
                for cleared in expired_cookies(&self.settings.authtkt, &host).skip(1) {
                    response.headers_mut().append(header::SET_COOKIE, cleared);
                }
            }
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }

    /// The host without port that the browser asked: Pyramid gives it as its cookies' `Domain`.
    fn asked_host(&self, headers: &HeaderMap) -> String {
        let asked = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let asked = asked.and_then(|host| host.parse::<Authority>().ok());
        let own = || self.settings.base_url.host_with_port().parse::<Authority>().ok();
        asked
            .or_else(own)
            .map(|authority| authority.host().to_owned())
            .unwrap_or_default()
    }
}

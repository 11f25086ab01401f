//! A user's own page.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::answer::{Headers, STYLE, answer};
use super::{FieldError, Language, Reader, Told, text};
use crate::clock::Timestamp;
use crate::session::csrf::Csrf;
use crate::table::{Grant, GrantKey, Source, User};

/// What a user's own page shows. Its forms are posted to paths below `/account`.
#[derive(Debug, Clone, Copy)]
pub struct AccountPage<'a> {
    /// The answer's status.
    pub status: StatusCode,
    /// The base URL's path: what the page's paths begin with.
    pub prefix: &'a str,
    /// The forms' token, of the browser that asks.
    pub csrf: &'a Csrf,
    /// Whose page it is.
    pub user: &'a User,
    /// The names of the user's own roles.
    pub roles: &'a [&'a str],
    /// Whether the browser holds a login that it can end.
    pub can_log_out: bool,
    /// Whether the user can change the password here.
    pub can_change_password: bool,
    /// The token families that live.
    pub grants: &'a [Grant],
    /// Where the list of them goes on, as `after` of the next page.
    pub next: Option<&'a str>,
    /// How many recovery codes are left; none where there is no second factor.
    pub recovery_codes_left: Option<usize>,
    /// What was done just now, as a text id.
    pub done: Option<&'a str>,
    /// What was wrong with the code.
    pub error: Option<FieldError<'a>>,
}

/// A token family as the page tells it.
#[derive(Debug)]
struct Session<'a> {
    key: &'a GrantKey,
    scopes: Vec<String>,
    resource: Option<String>,
    since: Moment,
    renewed: Moment,
    until: Moment,
}

/// A moment, for people and for programs.
#[derive(Debug)]
struct Moment {
    told: String,
    machine: String,
}

#[derive(Template)]
#[template(path = "account.html")]
struct Page<'a> {
    language: Language,
    reader: Reader<'a>,
    referrer: Option<&'static str>,
    last_login: Option<Moment>,
    roles: String,
    source: &'static str,
    sessions: Vec<Session<'a>>,
    more: Option<String>,
    recovery_codes_left: Option<String>,
    error: Option<Told<'a>>,
    focus: &'static str,
    shown: &'a AccountPage<'a>,
}

impl Page<'_> {
    /// A path of mapgate's, in the page's language.
    fn path(&self, path: &str) -> String {
        self.language.kept(&format!("{}{path}", self.shown.prefix))
    }
}

/// The user's own page.
#[must_use]
pub fn account_page<'a>(reader: impl Into<Reader<'a>>, page: &AccountPage<'_>) -> Response {
    let reader = reader.into();
    let language = reader.language;
    let more = page.next.map(|next| {
        let next = utf8_percent_encode(next, NON_ALPHANUMERIC);
        language.kept(&format!("{}/account?after={next}", page.prefix))
    });
    let left = page.recovery_codes_left;
    let html = Page {
        language,
        reader,
        referrer: None,
        last_login: page.user.last_login.map(|moment| Moment::of(language, moment)),
        roles: page.roles.join(", "),
        source: source_text(page.user.source),
        sessions: page
            .grants
            .iter()
            .map(|grant| Session::of(language, grant))
            .collect(),
        more,
        recovery_codes_left: left
            .map(|left| text(language, "recovery-codes-left", &[("count", &left.to_string())])),
        error: page.error.map(|error| error.told(language, true)),
        focus: page.error.map_or("", |_| "otp"),
        shown: page,
    };
    answer(page.status, &html, Headers::of_form(page.csrf, None))
}

impl<'a> Session<'a> {
    fn of(language: Language, grant: &'a Grant) -> Self {
        let scopes = grant.scope.split(' ').filter(|scope| !scope.is_empty());
        Self {
            key: &grant.key,
            scopes: scopes
                .map(|scope| text(language, &format!("scope-{scope}"), &[]))
                .collect(),
            resource: grant
                .resource
                .as_deref()
                .map(|place| text(language, "session-resource", &[("place", place)])),
            since: Moment::of(language, grant.created_at),
            renewed: Moment::of(language, grant.rotated_at),
            until: Moment::of(language, grant.expires_at),
        }
    }
}

impl Moment {
    /// To the minute. In UTC, and saying so: the server does not know where the user is.
    fn of(language: Language, moment: Timestamp) -> Self {
        let machine = moment.rfc3339();
        let day = machine.get(..10).unwrap_or_default();
        let time = machine.get(11..16).unwrap_or_default();
        Self {
            told: text(language, "moment", &[("day", day), ("time", time)]),
            machine,
        }
    }
}

fn source_text(source: Source) -> &'static str {
    match source {
        Source::Directory => "source-directory",
        Source::Ldap => "source-ldap",
        Source::TrustedHeader => "source-trusted-header",
        Source::OpenidConnect => "source-openid-connect",
    }
}

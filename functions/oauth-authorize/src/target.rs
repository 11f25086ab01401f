//! Where the answer goes: a redirect URI that was found good, the client's `state`, and how the answer travels.

use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use mapgate_core::http::{Failure, Form, private};
use mapgate_core::oauth::{RedirectMatch, is_loopback, match_redirect_uri, valid_redirect_uri};
use mapgate_core::pages::{Place, PostBack, Reader, form_target, post_back};
use mapgate_core::table::Client;
use percent_encoding::{CONTROLS, utf8_percent_encode};
use url::Url;

use crate::error::{PageError, RedirectError};
use crate::query::raw_value;

/// How the answer travels (`response_mode`; OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode §2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum ResponseMode {
    /// In the redirect URI's query.
    #[default]
    Query,
    /// In its fragment, which the browser keeps to itself.
    Fragment,
    /// By a form that the user posts: the pages here have no script that could.
    FormPost,
}

impl ResponseMode {
    fn of(form: &Form, url: &Url) -> Result<Self, RedirectError> {
        if form.is_repeated("response_mode") {
            return Err(RedirectError::InvalidRequest("response_mode is repeated"));
        }
        match form.get("response_mode") {
            None | Some("query") => Ok(Self::Query),
            Some("fragment") => Ok(Self::Fragment),
            Some("form_post") if matches!(url.scheme(), "http" | "https") => Ok(Self::FormPost),
            Some("form_post") => Err(RedirectError::InvalidRequest(
                "form_post is for http and https redirect URIs",
            )),
            Some(_) => Err(RedirectError::InvalidRequest("response_mode is unknown")),
        }
    }
}

/// Where the answer goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    url: Url,
    redirect_uri: String,
    mode: ResponseMode,
    state: Option<String>,
    /// As it stood in the request, so that it goes back byte for byte.
    raw_state: Option<String>,
    form_source: String,
    /// For people: the host, or the scheme of a program's own.
    place: String,
}

impl Target {
    /// The request's redirect URI where it is one of the client's; left out, the only one registered (RFC 6749
    /// §3.1.2.3).
    pub(crate) fn of(client: &Client, form: &Form, query: &str) -> Result<Self, PageError> {
        let redirect_uri = match (form.get("redirect_uri"), client.redirect_uris.as_slice()) {
            (Some(asked), registered) => match match_redirect_uri(asked, registered) {
                RedirectMatch::Registered => asked,
                RedirectMatch::PortZero => return Err(PageError::PortZero),
                RedirectMatch::Unknown => return Err(PageError::UnknownRedirectUri),
            },
            (None, [only]) => only.as_str(),
            (None, _) => return Err(PageError::UnknownRedirectUri),
        };
        // Looked at again: one that came into the table without a check must lead nowhere.
        let url = Url::parse(redirect_uri)
            .ok()
            .filter(|_| valid_redirect_uri(redirect_uri));
        let url = url.ok_or(PageError::UnknownRedirectUri)?;
        let raw_state = form.get("state").and_then(|_| raw_value(query, "state"));
        Ok(Self {
            redirect_uri: redirect_uri.to_owned(),
            // An unknown mode is told by the usual one.
            mode: ResponseMode::of(form, &url).unwrap_or_default(),
            state: form.get("state").map(str::to_owned),
            // A header holds ASCII only; what is not is encoded now.
            raw_state: raw_state.map(|state| utf8_percent_encode(state, CONTROLS).to_string()),
            form_source: form_target(&url),
            place: place(&url),
            url,
        })
    }

    /// Refuses a `response_mode` in which the answer cannot travel.
    pub(crate) fn check_mode(&self, form: &Form) -> Result<(), RedirectError> {
        ResponseMode::of(form, &self.url).map(drop)
    }

    /// What the policy of a page must name, whose form leads here.
    pub(crate) fn form_source(&self) -> &str {
        &self.form_source
    }

    /// Where this is, for people.
    pub(crate) fn place(&self) -> Place<'_> {
        let is_web = matches!(self.url.scheme(), "http" | "https");
        if is_web && !is_loopback(&self.url) {
            Place::Site(&self.place)
        } else {
            Place::Program(&self.place)
        }
    }

    /// Sends the browser back with `answer`, the `state`, and the issuer (RFC 9207 §2). `status` is that of a redirect.
    pub(crate) fn answer(
        &self,
        reader: Reader<'_>,
        status: StatusCode,
        answer: &[(&str, &str)],
        issuer: &str,
    ) -> Response {
        match self.mode {
            ResponseMode::Query => {
                let separator = if self.redirect_uri.contains('?') { '&' } else { '?' };
                redirect(status, &self.location(separator, answer, issuer))
            }
            ResponseMode::Fragment => redirect(status, &self.location('#', answer, issuer)),
            ResponseMode::FormPost => {
                let mut fields = answer.to_vec();
                fields.extend(self.state.as_deref().map(|state| ("state", state)));
                fields.push(("iss", issuer));
                let form = PostBack {
                    action: &self.redirect_uri,
                    target: &self.form_source,
                    fields: &fields,
                    place: self.place(),
                };
                post_back(reader, &form)
            }
        }
    }

    fn location(&self, separator: char, answer: &[(&str, &str)], issuer: &str) -> String {
        let encoded = |pairs: &[(&str, &str)]| {
            form_urlencoded::Serializer::new(String::new())
                .extend_pairs(pairs)
                .finish()
        };
        let mut location = format!("{}{separator}{}", self.redirect_uri, encoded(answer));
        if let Some(state) = &self.raw_state {
            location.push_str("&state=");
            location.push_str(state);
        }
        location.push('&');
        location.push_str(&encoded(&[("iss", issuer)]));
        location
    }
}

fn redirect(status: StatusCode, location: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(location) else {
        return Failure::Unavailable.into_response();
    };
    let headers = [
        (header::LOCATION, location),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    private((status, headers).into_response())
}

/// A host with its port, or a program's own scheme.
fn place(url: &Url) -> String {
    match (url.scheme(), url.host_str(), url.port()) {
        ("http" | "https", Some(host), None) => host.to_owned(),
        ("http" | "https", Some(host), Some(port)) => format!("{host}:{port}"),
        (scheme, ..) => scheme.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(registered: &[&str], query: &str) -> Result<Target, PageError> {
        let client = Client {
            client_id: "qgis".to_owned(),
            secret_hash: None,
            redirect_uris: registered.iter().map(|uri| (*uri).to_owned()).collect(),
            state_required: false,
            pkce_required: false,
            single_session: true,
            scopes: Vec::new(),
            made_at: mapgate_core::clock::Timestamp::from_seconds(1),
        };
        Target::of(&client, &Form::of_query(Some(query)).unwrap(), query)
    }

    #[test]
    fn the_answer_is_added_to_the_redirect_uri() {
        let location = |separator, query| {
            target(&["https://a/cb", "https://a/?x=1"], query)
                .unwrap()
                .location(separator, &[("code", "c.d")], "https://m/geo")
        };
        assert_eq!(
            location('?', "redirect_uri=https://a/cb&state="),
            "https://a/cb?code=c.d&iss=https%3A%2F%2Fm%2Fgeo"
        );
        assert_eq!(
            location(
                '&',
                "redirect_uri=https%3A%2F%2Fa%2F%3Fx%3D1&state=a+b%20%c3%a9~é"
            ),
            "https://a/?x=1&code=c.d&state=a+b%20%c3%a9~%C3%A9&iss=https%3A%2F%2Fm%2Fgeo"
        );
        assert_eq!(
            location('#', "redirect_uri=https://a/?x=1&state=a/b"),
            "https://a/?x=1#code=c.d&state=a/b&iss=https%3A%2F%2Fm%2Fgeo"
        );
    }

    #[test]
    fn left_out_it_is_the_only_one() {
        assert_eq!(
            target(&["https://a/cb"], "redirect_uri=").unwrap().redirect_uri,
            "https://a/cb"
        );
        for registered in [
            &[][..],
            &["https://a/", "https://b/"],
            &["not a URL"],
            &["https://a/\nb"],
            &["http://a/"],
        ] {
            assert_eq!(
                target(registered, ""),
                Err(PageError::UnknownRedirectUri),
                "{registered:?}"
            );
        }
    }

    #[test]
    fn a_mode_must_be_known_and_fit_the_redirect_uri() {
        for (registered, query, mode) in [
            ("https://a/cb", "", Some(ResponseMode::Query)),
            ("https://a/cb", "response_mode=", Some(ResponseMode::Query)),
            ("https://a/cb", "response_mode=query", Some(ResponseMode::Query)),
            (
                "https://a/cb",
                "response_mode=fragment",
                Some(ResponseMode::Fragment),
            ),
            (
                "https://a/cb",
                "response_mode=form_post",
                Some(ResponseMode::FormPost),
            ),
            (
                "org.a.app:/cb",
                "response_mode=fragment",
                Some(ResponseMode::Fragment),
            ),
            ("org.a.app:/cb", "response_mode=form_post", None),
            ("https://a/cb", "response_mode=query.jwt", None),
            ("https://a/cb", "response_mode=Query", None),
            (
                "https://a/cb",
                "response_mode=fragment&response_mode=fragment",
                None,
            ),
        ] {
            let target = target(&[registered], query).unwrap();
            let form = Form::of_query(Some(query)).unwrap();
            assert_eq!(target.mode, mode.unwrap_or_default(), "{query}");
            assert_eq!(target.check_mode(&form).is_ok(), mode.is_some(), "{query}");
        }
    }

    #[test]
    fn people_read_a_host_or_that_it_is_a_program() {
        for (uri, place) in [
            (
                "https://maps.example.com:8443/cb",
                Place::Site("maps.example.com:8443"),
            ),
            ("http://127.0.0.1:7070/", Place::Program("127.0.0.1:7070")),
            ("http://localhost/", Place::Program("localhost")),
            ("org.example.app:/cb", Place::Program("org.example.app")),
        ] {
            assert_eq!(target(&[uri], "").unwrap().place(), place);
        }
    }
}

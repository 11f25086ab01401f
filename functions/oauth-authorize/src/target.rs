//! Where the answer goes: a redirect URI that was found good, and the client's `state`.

use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use mapgate_core::http::{Failure, Form, private};
use mapgate_core::oauth::{RedirectMatch, match_redirect_uri};
use mapgate_core::pages::form_target;
use mapgate_core::table::Client;
use percent_encoding::{CONTROLS, utf8_percent_encode};
use url::Url;

use crate::error::PageError;
use crate::query::raw_value;

/// Where the answer goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    redirect_uri: String,
    /// As it stood in the request, so that it goes back byte for byte.
    raw_state: Option<String>,
    form_source: String,
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
        let url = Url::parse(redirect_uri).ok();
        // One that was registered without a check can be unfit for a header.
        let url = url.filter(|_| redirect_uri.bytes().all(|byte| byte.is_ascii_graphic()));
        let raw_state = form.get("state").and_then(|_| raw_value(query, "state"));
        Ok(Self {
            redirect_uri: redirect_uri.to_owned(),
            // A header holds ASCII only; what is not is encoded now.
            raw_state: raw_state.map(|state| utf8_percent_encode(state, CONTROLS).to_string()),
            form_source: form_target(&url.ok_or(PageError::UnknownRedirectUri)?),
        })
    }

    /// What the policy of a page must name, whose form leads here.
    pub(crate) fn form_source(&self) -> &str {
        &self.form_source
    }

    /// Sends the browser back with `answer`, the `state`, and the issuer (RFC 9207 §2).
    pub(crate) fn redirect(&self, status: StatusCode, answer: &[(&str, &str)], issuer: &str) -> Response {
        let Ok(location) = HeaderValue::from_str(&self.location(answer, issuer)) else {
            return Failure::Unavailable.into_response();
        };
        let headers = [
            (header::LOCATION, location),
            (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        ];
        private((status, headers).into_response())
    }

    fn location(&self, answer: &[(&str, &str)], issuer: &str) -> String {
        let encoded = |pairs: &[(&str, &str)]| {
            form_urlencoded::Serializer::new(String::new())
                .extend_pairs(pairs)
                .finish()
        };
        let separator = if self.redirect_uri.contains('?') { '&' } else { '?' };
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
        };
        Target::of(&client, &Form::of_query(Some(query)).unwrap(), query)
    }

    #[test]
    fn the_answer_is_added_to_the_redirect_uri() {
        let location = |query| {
            target(&["https://a/cb", "https://a/?x=1"], query)
                .unwrap()
                .location(&[("code", "c.d")], "https://m/geo")
        };
        assert_eq!(
            location("redirect_uri=https://a/cb&state="),
            "https://a/cb?code=c.d&iss=https%3A%2F%2Fm%2Fgeo"
        );
        assert_eq!(
            location("redirect_uri=https%3A%2F%2Fa%2F%3Fx%3D1&state=a+b%20%c3%a9~é"),
            "https://a/?x=1&code=c.d&state=a+b%20%c3%a9~%C3%A9&iss=https%3A%2F%2Fm%2Fgeo"
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
        ] {
            assert_eq!(
                target(registered, ""),
                Err(PageError::UnknownRedirectUri),
                "{registered:?}"
            );
        }
    }
}

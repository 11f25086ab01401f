//! A page as an answer: its security headers, and what its forms may lead to.

use std::sync::LazyLock;

use askama::Template;
use aws_lc_rs::digest::{SHA256, digest};
use axum::response::{Html, IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, StatusCode, header};
use url::{Host, Url};

use crate::http::{Failure, private};
use crate::session::csrf::Csrf;

/// The style sheet of every page, without a byte around it: the policy names its hash.
pub(super) const STYLE: &str = include_str!("style.css");

static STYLE_SOURCE: LazyLock<String> = LazyLock::new(|| {
    let hash = digest(&SHA256, STYLE.as_bytes());
    format!("'sha256-{}'", STANDARD.encode(hash.as_ref()))
});

/// Where a page's form may lead, beyond mapgate itself, as a source for `form-action` (CSP Level 3 §6.4.1): Chromium
/// applies it to the redirect after the POST too. For a URL that was found good; an IPv6 host cannot be written in a
/// policy and gives its scheme alone.
#[must_use]
pub fn form_target(url: &Url) -> String {
    match (url.scheme(), url.host()) {
        ("http" | "https", Some(Host::Domain(_) | Host::Ipv4(_))) => url.origin().ascii_serialization(),
        (scheme, _) => format!("{scheme}:"),
    }
}

/// What a page's headers depend on. The default is that of a page without a form.
#[derive(Debug, Clone, Copy)]
pub(super) struct Headers<'a> {
    /// The form's token, whose other half goes to the browser.
    pub(super) csrf: Option<&'a Csrf>,
    /// A [`form_target`] beyond mapgate itself.
    pub(super) target: Option<&'a str>,
    /// The `Referrer-Policy`.
    pub(super) referrer: &'static str,
}

impl Default for Headers<'_> {
    fn default() -> Self {
        Self {
            csrf: None,
            target: None,
            // `no-referrer` would make the browser send `Origin: null` with the form's own POST.
            referrer: "same-origin",
        }
    }
}

impl<'a> Headers<'a> {
    /// Those of a page with a form.
    pub(super) fn of_form(csrf: &'a Csrf, target: Option<&'a str>) -> Self {
        Self {
            csrf: Some(csrf),
            target,
            ..Self::default()
        }
    }
}

/// The page with its headers, and the browser's half of its form's token.
pub(super) fn answer(status: StatusCode, page: &impl Template, headers: Headers<'_>) -> Response {
    let Headers {
        csrf,
        target,
        referrer,
    } = headers;
    let html = match page.render() {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(%error, "a page cannot be rendered");
            return Failure::Unavailable.into_response();
        }
    };
    let mut response = private((status, Html(html)).into_response());
    let headers = response.headers_mut();
    // No form, no action: a message page leads nowhere by a POST. A form without a token is not for mapgate.
    let action = match (csrf, target) {
        (None, None) => "'none'".to_owned(),
        (None, Some(target)) => target.to_owned(),
        (Some(_), None) => "'self'".to_owned(),
        (Some(_), Some(target)) => format!("'self' {target}"),
    };
    let policy = format!(
        "default-src 'none'; style-src {}; form-action {action}; frame-ancestors 'none'; base-uri 'none'",
        *STYLE_SOURCE
    );
    let Ok(policy) = HeaderValue::from_str(&policy) else {
        tracing::error!("a form's target is not fit for a header");
        return Failure::Unavailable.into_response();
    };
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static(referrer));
    if let Some(cookie) = csrf.and_then(Csrf::set_cookie) {
        headers.append(header::SET_COOKIE, cookie);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forms_target_is_an_origin_or_a_scheme() {
        for (url, target) in [
            ("http://127.0.0.1:7070/cb?x=1", "http://127.0.0.1:7070"),
            ("https://user@maps.example.com/a;b", "https://maps.example.com"),
            ("http://[::1]:7070/", "http:"),
            ("org.example.app:/cb", "org.example.app:"),
        ] {
            assert_eq!(form_target(&Url::parse(url).unwrap()), target);
        }
    }
}

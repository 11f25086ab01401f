//! A page as an answer: its security headers, and what its forms may lead to.

use std::sync::OnceLock;

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
pub const STYLE: &str = include_str!("style.css");

static SHARED: Style = Style::new(STYLE);

/// A style sheet that stands in a page, in the block `style` of the layout.
#[derive(Debug)]
pub struct Style {
    sheet: &'static str,
    source: OnceLock<String>,
}

impl Style {
    /// One that stands in the page as it is here, without a byte around it.
    #[must_use]
    pub const fn new(sheet: &'static str) -> Self {
        let source = OnceLock::new();
        Self { sheet, source }
    }

    /// What allows it, as a source for `style-src` (CSP Level 3 §6.7.2.3).
    fn source(&self) -> &str {
        self.source.get_or_init(|| {
            let hash = digest(&SHA256, self.sheet.as_bytes());
            format!("'sha256-{}'", STANDARD.encode(hash.as_ref()))
        })
    }
}

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
pub struct Headers<'a> {
    /// The form's token, whose other half goes to the browser.
    pub csrf: Option<&'a Csrf>,
    /// A [`form_target`] beyond mapgate itself.
    pub target: Option<&'a str>,
    /// The `Referrer-Policy`.
    pub referrer: &'static str,
    /// A style sheet beside the shared one.
    pub style: Option<&'static Style>,
}

impl Default for Headers<'_> {
    fn default() -> Self {
        Self {
            csrf: None,
            target: None,
            // `no-referrer` would make the browser send `Origin: null` with the form's own POST.
            referrer: "same-origin",
            style: None,
        }
    }
}

impl<'a> Headers<'a> {
    /// Those of a page with a form.
    #[must_use]
    pub fn of_form(csrf: &'a Csrf, target: Option<&'a str>) -> Self {
        Self {
            csrf: Some(csrf),
            target,
            ..Self::default()
        }
    }
}

/// The page with its headers, and the browser's half of its form's token.
#[must_use]
pub fn answer(status: StatusCode, page: &impl Template, headers: Headers<'_>) -> Response {
    let Headers {
        csrf,
        target,
        referrer,
        style,
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
    let style = style.map_or_else(String::new, |style| format!(" {}", style.source()));
    let policy = format!(
        "default-src 'none'; style-src {}{style}; form-action {action}; frame-ancestors 'none'; base-uri 'none'",
        SHARED.source()
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

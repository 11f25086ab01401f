//! What stands before routing, once for a process: the base URL's path, https, a well-formed Host, and a panic's end.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use tower::{ServiceExt as _, service_fn};

use super::{Failure, cors, json_error};
use crate::identity::{Peer, is_https};
use crate::settings::{Service, Settings};

/// Puts the front before `router`: the same under Lambda and in the harness. Requests carry a [`Peer`] in their
/// extensions; one without is refused.
pub fn front(router: Router, settings: &Arc<Settings>) -> Router {
    let settings = settings.clone();
    // As a fallback service, so that the path is rewritten before the inner router looks at it; and as one function, since
    // each layer costs a request a copy of all that is within.
    Router::new().fallback_service(service_fn(move |request| {
        answer(settings.clone(), router.clone(), request)
    }))
}

/// An answer of the front's own, with the headers of the service `error`.
fn error(settings: &Settings, origin: Option<&HeaderValue>, mut response: Response) -> Response {
    cors::allow(
        settings.headers.get(Service::Error),
        origin,
        response.headers_mut(),
    );
    response
}

async fn answer(settings: Arc<Settings>, router: Router, request: Request) -> Result<Response, Infallible> {
    Ok(answered(&settings, router, request).await)
}

async fn answered(settings: &Settings, router: Router, mut request: Request) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let error = |response| error(settings, origin.as_ref(), response);
    let Some(peer) = request.extensions().get::<Peer>().copied() else {
        tracing::error!("a request without a peer");
        return error(Failure::Unavailable.into_response());
    };
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let host = hosts.next();
    if hosts.next().is_some() || host.is_some_and(|host| !is_well_formed(host)) {
        let malformed = Failure::BadRequest("the Host header is malformed".to_owned());
        return error(malformed.into_response());
    }
    let https = is_https(peer, request.headers(), &settings.intranet);
    if let Some(uri) = without_prefix(request.uri(), settings.base_url.path_prefix()) {
        *request.uri_mut() = uri;
    }
    if settings.base_url.is_https() && !https && matches!(*request.method(), Method::GET | Method::HEAD) {
        let path = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
        let Ok(location) = HeaderValue::from_str(&settings.base_url.join(path)) else {
            return error(Failure::NotFound.into_response());
        };
        let redirect = (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, location)]);
        return error(redirect.into_response());
    }
    let preflight = (*request.method() == Method::OPTIONS).then(|| request.headers().clone());
    let answered = AssertUnwindSafe(router.oneshot(request)).catch_unwind().await;
    let mut response = match answered {
        Ok(Ok(response)) => response,
        Err(_) => {
            tracing::error!("a request made mapgate panic");
            error(json_error(
                StatusCode::INTERNAL_SERVER_ERROR,
                "an error of mapgate's own, which its log tells of",
            ))
        }
    };
    if let Some(asked) = preflight {
        cors::methods(&asked, response.headers_mut());
    }
    if settings.base_url.is_https() {
        let year = HeaderValue::from_static("max-age=31536000");
        response
            .headers_mut()
            .insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    join_repeated(response.headers_mut());
    response
}

/// One line for each name: of several an HTTP API keeps one. Cookies have a place of their own there.
fn join_repeated(headers: &mut HeaderMap) {
    if headers.len() == headers.keys_len() {
        return;
    }
    // The values of a name come one after the other.
    let mut names: Vec<HeaderName> = Vec::new();
    let mut last = None;
    for name in headers.iter().map(|(name, _)| name) {
        if last == Some(name) && *name != header::SET_COOKIE && names.last() != Some(name) {
            names.push(name.clone());
        }
        last = Some(name);
    }
    for name in names {
        let values: Vec<&[u8]> = headers.get_all(&name).iter().map(HeaderValue::as_bytes).collect();
        if let Ok(value) = HeaderValue::from_bytes(&values.join(&b", "[..])) {
            headers.insert(name, value);
        }
    }
}

/// Whether a Host header is a host with or without a port (RFC 9110 §7.2).
fn is_well_formed(host: &HeaderValue) -> bool {
    let Some(authority) = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok()) else {
        return false;
    };
    let rest = authority.as_str().strip_prefix(authority.host());
    rest == Some("") || (rest.is_some() && authority.port_u16().is_some())
}

/// The URI without the path before it that the base URL or the gateway's stage has; `None` where it has none.
pub(crate) fn without_prefix(uri: &Uri, prefix: &str) -> Option<Uri> {
    let path_and_query = uri.path_and_query()?.as_str();
    let rest = path_and_query
        .strip_prefix(prefix)
        .filter(|_| !prefix.is_empty())?;
    if !(rest.is_empty() || rest.starts_with(['/', '?'])) {
        return None;
    }
    let rest = if rest.starts_with('/') {
        rest.to_owned()
    } else {
        format!("/{rest}")
    };
    rest.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_has_one_line_and_a_cookie_its_own() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            (header::VARY, "Cookie, Authorization"),
            (header::SET_COOKIE, "a=1"),
            (header::VARY, "Origin"),
            (header::SET_COOKIE, "b=2"),
            (header::ALLOW, "GET"),
        ] {
            headers.append(name, HeaderValue::from_static(value));
        }
        join_repeated(&mut headers);
        let values = |name| {
            headers
                .get_all(name)
                .iter()
                .map(|value| value.to_str().unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(values(header::VARY), ["Cookie, Authorization, Origin"]);
        assert_eq!(values(header::SET_COOKIE), ["a=1", "b=2"]);
        assert_eq!(values(header::ALLOW), ["GET"]);
    }

    #[test]
    fn the_base_urls_path_goes_and_nothing_else() {
        let strip = |uri: &str| without_prefix(&uri.parse().unwrap(), "/geo").map(|uri| uri.to_string());
        assert_eq!(strip("/geo/login?a=1").as_deref(), Some("/login?a=1"));
        assert_eq!(strip("/geo").as_deref(), Some("/"));
        assert_eq!(strip("/geo?x").as_deref(), Some("/?x"));
        assert_eq!(strip("/geography/login"), None);
        assert_eq!(without_prefix(&"/login".parse().unwrap(), ""), None);
    }
}

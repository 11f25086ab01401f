//! What stands around every route of a service: CORS, the service's own headers, limits, and the forms of 404 and 405.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, Method, StatusCode, header};

use super::{BODY_LIMIT, Failure, cors, json_error, oauth_error, problem};
use crate::measure;
use crate::settings::{Service, Settings};

#[derive(Clone)]
struct Rules {
    settings: Arc<Settings>,
    service: Option<Service>,
    limit: Option<usize>,
}

impl Rules {
    /// An error in the service's own form.
    fn error(&self, status: StatusCode, text: &str) -> Response {
        match self.service {
            Some(Service::Oauth) => oauth_error(status, "invalid_request", text),
            Some(Service::Admin) => problem(status, text, &[]),
            _ => json_error(status, text),
        }
    }
}

/// Puts the shared rules around a service's routes, with the usual limit of 1 MiB. Without a service there is no
/// CORS: authorize endpoints have none (RFC 9700 §2.6).
pub fn service(router: Router, settings: &Arc<Settings>, service: Option<Service>) -> Router {
    ruled(router, settings, service, Some(BODY_LIMIT))
}

/// Like [`service`] for endpoints that limit what they read themselves, since they tell of it in a form of their own.
pub fn with_own_limits(router: Router, settings: &Arc<Settings>, service: Service) -> Router {
    ruled(router, settings, Some(service), None)
}

fn ruled(router: Router, settings: &Arc<Settings>, service: Option<Service>, limit: Option<usize>) -> Router {
    let rules = Rules {
        settings: settings.clone(),
        service,
        limit,
    };
    router.layer(from_fn_with_state(rules, around))
}

async fn around(State(rules): State<Rules>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let options = (*request.method() == Method::OPTIONS).then(|| request.headers().clone());
    // A path that no route has is no service's.
    let service = match request.extensions().get::<MatchedPath>() {
        Some(path) => {
            measure::note(|measures| measures.route = Some(path.as_str().to_owned()));
            rules.service
        }
        None => Some(Service::Error),
    };
    let length = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let mut response = match rules.limit {
        Some(limit) if length.is_some_and(|length| length > limit) => {
            let failure = Failure::TooLarge;
            failure.onto(rules.error(failure.status(), &failure.to_string()))
        }
        Some(limit) => {
            let limited = |body| Body::new(http_body_util::Limited::new(body, limit));
            next.run(request.map(limited)).await
        }
        None => next.run(request).await,
    };
    if options.is_some() && response.status() == StatusCode::METHOD_NOT_ALLOWED {
        // The methods are added outside of this layer, by axum, or stand in `Allow`; the front names them to a preflight.
        let allow = response.headers_mut().remove(header::ALLOW);
        response = StatusCode::NO_CONTENT.into_response();
        response
            .headers_mut()
            .extend(allow.map(|methods| (header::ALLOW, methods)));
    } else if let Some(text) = match response.status() {
        StatusCode::NOT_FOUND => Some("not found"),
        StatusCode::METHOD_NOT_ALLOWED => Some("this method is not allowed here"),
        _ => None,
    }
    .filter(|_| !response.headers().contains_key(header::CONTENT_TYPE))
    {
        let headers = std::mem::take(response.headers_mut());
        response = rules.error(response.status(), text);
        for (name, value) in headers.iter().filter(|(name, _)| *name != header::CONTENT_LENGTH) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    let headers = response.headers_mut();
    if let Some(service) = service {
        let settings = rules.settings.headers.get(service);
        cors::allow(settings, origin.as_ref(), headers);
        if let Some(asked) = &options {
            cors::preflight(settings, asked, headers);
        }
    } else {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }
    headers
        .entry(header::X_CONTENT_TYPE_OPTIONS)
        .or_insert(HeaderValue::from_static("nosniff"));
    response
}

//! CORS (Fetch Standard): a listed origin is echoed, with credentials; `*` allows everyone, without.

use http::{HeaderMap, HeaderValue, header};

use crate::settings::{AllowedOrigin, Headers};

/// Adds to an answer's headers those of its service, and what `origin` may know. An unlisted origin gets nothing.
pub(super) fn allow(settings: &Headers, origin: Option<&HeaderValue>, answer: &mut HeaderMap) {
    for (name, value) in &settings.headers {
        answer.insert(name.clone(), value.clone());
    }
    answer.append(header::VARY, HeaderValue::from_static("Origin"));
    let Some(origin) = origin else { return };
    let allowed = &settings.access_control_allow_origin;
    let listed = |entry: &AllowedOrigin| matches!(entry, AllowedOrigin::Origin(own) if own.as_bytes() == origin.as_bytes());
    if allowed.iter().any(listed) {
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        answer.insert(
            header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
            HeaderValue::from_static("true"),
        );
    } else if allowed.contains(&AllowedOrigin::Any) {
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
}

/// Adds a preflight's answers: the headers asked for, and for how long that holds.
pub(super) fn preflight(settings: &Headers, asked: &HeaderMap, answer: &mut HeaderMap) {
    if !is_answered(asked, answer) {
        return;
    }
    if let Some(headers) = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, headers.clone());
        answer.append(
            header::VARY,
            HeaderValue::from_static("Access-Control-Request-Headers"),
        );
    }
    answer.insert(
        header::ACCESS_CONTROL_MAX_AGE,
        HeaderValue::from(settings.access_control_max_age.as_secs()),
    );
}

/// Completes the answer to OPTIONS, whose `Allow` axum set to the route's other methods.
pub(super) fn methods(asked: &HeaderMap, answer: &mut HeaderMap) {
    let Some(methods) = answer.get(header::ALLOW).and_then(|allow| allow.to_str().ok()) else {
        return;
    };
    let Ok(methods) = HeaderValue::from_str(&format!("{methods},OPTIONS")) else {
        return;
    };
    if is_answered(asked, answer) {
        answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods.clone());
    }
    answer.insert(header::ALLOW, methods);
}

/// Whether it is a preflight, from an origin that may know.
fn is_answered(asked: &HeaderMap, answer: &HeaderMap) -> bool {
    asked.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
        && answer.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN)
}

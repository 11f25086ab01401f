//! Wire rules that every router shares: headers, CORS, referrer, limits, scheme, error forms.

mod cors;
mod failure;
mod form;
mod front;
mod referrer;
mod revalidated;
mod service;

pub use failure::{Failure, json_error, oauth_error, problem, uncached};
pub use form::Form;
pub use front::front;
pub(crate) use front::without_prefix;
pub use referrer::{Reach, origin_is_own, ticket_is_believed};
pub use revalidated::revalidated;
pub use service::{service, with_own_limits};

use axum::response::Response;
use http::{HeaderValue, header};

/// The usual limit of a request's body, in bytes.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// Marks an answer that depends on who asks: no cache may keep it. Marking it twice does no more.
#[must_use]
pub fn private(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-store"),
    );
    let vary = HeaderValue::from_static("Cookie, Authorization");
    if !headers.get_all(header::VARY).iter().any(|known| *known == vary) {
        headers.append(header::VARY, vary);
    }
    response
}

/// Marks an answer that others made: it shares the administrator's origin, so it may run and load nothing there.
#[must_use]
pub fn sandboxed(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("sandbox; default-src 'none'"),
    );
    response
}

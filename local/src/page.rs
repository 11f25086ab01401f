//! The pages of the harness itself: the sample portal and the caught mails.

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use tower::util::MapResponseLayer;

use crate::mail::{self, Mails};

/// Nothing from elsewhere, nothing inline, no frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const PICTURE: &str = "image/svg+xml";

/// The caught mails at `/local/`, and what each page needs.
pub fn mails(mails: Mails) -> Router {
    let router = mail::router(mails)
        .route("/local/style.css", file(STYLE, include_str!("../page/style.css")))
        .route("/local/icon.svg", file(PICTURE, include_str!("../page/icon.svg")));
    router.layer(MapResponseLayer::new(protect))
}

/// The sample portal at `/`; needs [`mails`] beside it.
pub fn portal() -> Router {
    let router = Router::new()
        .route("/", file(HTML, include_str!("../page/index.html")))
        .route("/local/app.js", file(SCRIPT, include_str!("../page/app.js")))
        .route("/local/map.js", file(SCRIPT, include_str!("../page/map.js")));
    router.layer(MapResponseLayer::new(protect))
}

fn file(kind: &'static str, content: &'static str) -> MethodRouter {
    get(async move || ([(header::CONTENT_TYPE, kind)], content))
}

/// The headers that every answer of the harness's own pages carries.
fn protect(mut response: Response) -> Response {
    let headers: [(HeaderName, &'static str); 4] = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    for (name, value) in headers {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

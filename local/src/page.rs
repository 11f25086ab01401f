//! The pages of the harness itself: the sample portal and the caught mails.

use askama::Template;
use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use bytes::Bytes;
use tower::util::MapResponseLayer;

use crate::mail::{self, Mails};
use crate::places;

/// Nothing from elsewhere, nothing inline, no frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const PICTURE: &str = "image/svg+xml";

/// The caught mails at `/local/`, what each page needs, and the places that the demo's resource proxy asks for.
pub fn mails(mails: Mails) -> Router {
    let router = mail::router(mails)
        .merge(places::router())
        .route("/local/style.css", file(STYLE, include_str!("../page/style.css")))
        .route("/local/icon.svg", file(PICTURE, include_str!("../page/icon.svg")));
    router.layer(MapResponseLayer::new(protect))
}

#[derive(Template)]
#[template(path = "portal.html")]
struct Portal {
    /// The map proxy's parameters.
    query: String,
    /// What to ask the resource proxy for, where it has the demo's target.
    resource: Option<&'static str>,
}

/// The sample portal at `/` with the map of an OGC server, and a link to `resource`; needs [`mails`] beside it.
pub fn portal(server: Option<&str>, resource: Option<&'static str>) -> askama::Result<Router> {
    let query = query(server);
    let page = Portal { query, resource }.render()?;
    let router = Router::new()
        .route("/", file(HTML, page))
        .route("/local/app.js", file(SCRIPT, include_str!("../page/app.js")))
        .route("/local/map.js", file(SCRIPT, include_str!("../page/map.js")));
    Ok(router.layer(MapResponseLayer::new(protect)))
}

/// The map proxy's parameters for an OGC server, or for the main one.
pub fn query(server: Option<&str>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(server.map(|server| ("ogcserver", server)));
    query.finish()
}

fn file(kind: &'static str, content: impl Into<Bytes>) -> MethodRouter {
    let content = content.into();
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

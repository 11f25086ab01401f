//! The `OpenAPI` document, made from the routes: a route without its description cannot be written.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use mapgate_core::gate::Gate;
use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::{Problem, WrongField};
use super::{Call, audit, layers, mails, oauth2_clients, offered, ogc_servers, roles, users};
use crate::desk::Order;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "mapgate's administration",
        description = "For administrators, by the ticket of a login or an access token with the scope `admin`. \
                       An answer about one thing has an `ETag`; a change with `If-Match` is refused with 412 where \
                       somebody changed it meanwhile. Errors are problem details (RFC 9457).",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    components(schemas(Order, Problem, WrongField)),
    modifiers(&Schemes),
    security(("ticket" = []), ("token" = []))
)]
struct Document;

struct Schemes;

impl utoipa::Modify for Schemes {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let ticket = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
            "auth_tkt",
            "The cookie of a login, by the name that AUTHTKT_COOKIENAME gives it.",
        )));
        let token = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .build();
        components.add_security_scheme("ticket", ticket);
        components.add_security_scheme("token", SecurityScheme::Http(token));
    }
}

/// The routes with what the document says of them.
pub(super) fn routes() -> OpenApiRouter<Arc<Gate>> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(users::list, users::create))
        .routes(routes!(users::read, users::change, users::delete))
        .routes(routes!(users::sessions, users::sign_out))
        .routes(routes!(users::end_session))
        .routes(routes!(users::export))
        .routes(routes!(roles::list, roles::create))
        .routes(routes!(roles::read, roles::change, roles::delete))
        .routes(routes!(roles::members))
        .routes(routes!(oauth2_clients::list, oauth2_clients::create))
        .routes(routes!(
            oauth2_clients::read,
            oauth2_clients::change,
            oauth2_clients::delete
        ))
        .routes(routes!(oauth2_clients::renew_secret))
        .routes(routes!(ogc_servers::list, ogc_servers::create))
        .routes(routes!(
            ogc_servers::read,
            ogc_servers::change,
            ogc_servers::delete
        ))
        .routes(routes!(layers::list, layers::create))
        .routes(routes!(layers::read, layers::change, layers::delete))
        .routes(routes!(offered::list))
        .routes(routes!(offered::access))
        .routes(routes!(audit::list))
        .routes(routes!(mails::list))
}

/// The route of the document itself.
pub(super) fn served(document: utoipa::openapi::OpenApi) -> Router<Arc<Gate>> {
    let document = Arc::new(document);
    let answer = async move |call: Call| call.answer(http::StatusCode::OK, &*document).await;
    Router::new().route(PATH, get(answer))
}

/// Where the document is.
pub(crate) const PATH: &str = "/admin/api/openapi.json";

//! What went wrong, as a page.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header, request};
use mapgate_core::gate::{Gate, NotTaken};
use mapgate_core::http::{Failure, private};
use mapgate_core::pages::{self, Language, Reader};

use super::words::segment;
use crate::fault::Fault;

/// Why a page cannot be shown. [`as_page`], which knows the visitor, makes a page of it.
#[derive(Debug)]
pub(crate) struct Trouble(Why);

#[derive(Debug)]
enum Why {
    Fault(Fault),
    NotTaken(NotTaken),
}

/// A [`Trouble`] on its way out.
#[derive(Clone)]
struct Told(Arc<Trouble>);

impl<T: Into<Fault>> From<T> for Trouble {
    fn from(fault: T) -> Self {
        Self(Why::Fault(fault.into()))
    }
}

impl From<NotTaken> for Trouble {
    fn from(why: NotTaken) -> Self {
        match why {
            NotTaken::Failure(failure) => failure.into(),
            why => Self(Why::NotTaken(why)),
        }
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(Told(Arc::new(self)));
        response
    }
}

/// Stands around the pages: a [`Trouble`] becomes a page in the visitor's language. Who is not logged in is led to the
/// login page, and back afterwards.
pub(crate) async fn as_page(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let mut response = next.run(Request::from_parts(parts.clone(), body)).await;
    let Some(Told(trouble)) = response.extensions_mut().remove::<Told>() else {
        return response;
    };
    match Arc::into_inner(trouble) {
        Some(Trouble(Why::NotTaken(why))) => why.into_response(),
        Some(Trouble(Why::Fault(fault))) => page(&gate, &parts, fault),
        None => Failure::Unavailable.into_response(),
    }
}

fn page(gate: &Gate, parts: &request::Parts, fault: Fault) -> Response {
    let reader = Reader::of(parts);
    match fault {
        Fault::Failure(Failure::Unauthorized(_)) => to_login(gate, parts),
        Fault::Failure(failure) => pages::failure(reader, &failure),
        Fault::MapServer(_) => pages::failure(reader, &Failure::Unavailable),
        Fault::NotFound(_) => pages::failure(reader, &Failure::NotFound),
        fault => pages::failure(reader, &Failure::BadRequest(fault.to_string())),
    }
}

fn to_login(gate: &Gate, parts: &request::Parts) -> Response {
    let asked = parts
        .uri
        .path_and_query()
        .map_or("/admin/", |asked| asked.as_str());
    // What was typed is lost; the page itself can be asked again.
    let asked = if parts.uri.path() == "/admin/log_out" {
        "/admin/"
    } else {
        asked
    };
    let login = format!("/login.html?came_from={}", segment(&gate.path(asked)));
    let location = Language::of(parts).kept(&gate.path(&login));
    let mut response = private(StatusCode::SEE_OTHER.into_response());
    match HeaderValue::from_str(&location) {
        Ok(location) => {
            response.headers_mut().insert(header::LOCATION, location);
            response
        }
        Err(_) => Failure::NotFound.into_response(),
    }
}

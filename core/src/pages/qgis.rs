//! The page with the files that set up QGIS Desktop.

use askama::Template;
use axum::response::Response;
use http::StatusCode;

use super::answer::{Headers, STYLE, answer};
use super::{Language, Reader, text};
use crate::session::csrf::Csrf;

/// What the page offers. Its form is posted to `/account/qgis/authentication.xml` with the fields `client_id` and
/// `client_secret`.
#[derive(Debug, Clone, Copy)]
pub struct QgisPage<'a> {
    /// The base URL's path: what the page's paths begin with.
    pub prefix: &'a str,
    /// The form's token, of the browser that asks.
    pub csrf: &'a Csrf,
    /// The clients that QGIS can be: identifier, and whether it needs no secret.
    pub clients: &'a [(&'a str, bool)],
    /// Whether there are more clients than were looked through, so that another one can be typed.
    pub has_more_clients: bool,
    /// The servers that the user can reach: the connection's name, and its URL.
    pub servers: &'a [(&'a str, &'a str)],
    /// Whether QGIS may read the list of layers.
    pub lists_layers: bool,
}

#[derive(Template)]
#[template(path = "account_qgis.html")]
struct Page<'a> {
    language: Language,
    reader: Reader<'a>,
    referrer: Option<&'static str>,
    clients: Vec<(&'a str, String)>,
    needs_secret: bool,
    shown: &'a QgisPage<'a>,
}

impl Page<'_> {
    /// A path of mapgate's, in the page's language.
    fn path(&self, path: &str) -> String {
        self.language.kept(&format!("{}{path}", self.shown.prefix))
    }
}

/// The page with the files for QGIS.
#[must_use]
pub fn qgis_page<'a>(reader: impl Into<Reader<'a>>, page: &QgisPage<'_>) -> Response {
    let reader = reader.into();
    let language = reader.language;
    let told = |(id, is_public): &(&'_ str, bool)| match is_public {
        true => text(language, "qgis-public-client", &[("client", id)]),
        false => (*id).to_owned(),
    };
    let html = Page {
        language,
        reader,
        referrer: None,
        clients: page
            .clients
            .iter()
            .map(|client| (client.0, told(client)))
            .collect(),
        needs_secret: page.has_more_clients || page.clients.iter().any(|(_, is_public)| !is_public),
        shown: page,
    };
    answer(StatusCode::OK, &html, Headers::of_form(page.csrf, None))
}

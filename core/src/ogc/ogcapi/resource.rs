//! The resources of an API, by their paths.

use super::super::ServerType;
use super::super::exception::{OgcCode, OgcError};
use super::super::params::decode_path;
use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stays as it is in a segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b':')
    .remove(b'@')
    .remove(b',');
/// What QGIS Server takes for a format at the end of a path.
const SUFFIXES: &[&str] = &["json", "geojson", "html", "openapi3", "xml", "gml", "txt"];
/// An API, by the segment of the path below which it is found, here and at its server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Api {
    /// `ogcapi`: `MapServer`'s, which cannot be written to.
    OgcApi,
    /// `wfs3`: QGIS Server's.
    Wfs3,
}

impl Api {
    /// The segment.
    #[must_use]
    pub fn segment(self) -> &'static str {
        match self {
            Self::OgcApi => "ogcapi",
            Self::Wfs3 => "wfs3",
        }
    }

    /// Whether the API is one of this program's.
    #[must_use]
    pub fn is_of(self, server: ServerType) -> bool {
        match self {
            Self::OgcApi => matches!(server, ServerType::MapServer | ServerType::Other),
            Self::Wfs3 => server == ServerType::QgisServer,
        }
    }

    /// The address of a resource at the server: below the path of the server's URL, whose own query stays. `MapServer`
    /// wants the map's alias at the end of that path.
    #[must_use]
    pub fn url(self, server_url: &str, resource: &Resource) -> String {
        let (place, query) = split_query(server_url);
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        let place = place.trim_end_matches('/');
        format!("{place}/{}{}{query}", self.segment(), resource.path())
    }
}

/// A URL's query, without a fragment.
pub(super) fn split_query(url: &str) -> (&str, Option<&str>) {
    let url = url.split('#').next().unwrap_or_default();
    match url.split_once('?') {
        Some((place, query)) => (place, Some(query)),
        None => (url, None),
    }
}

/// A resource of the API.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Resource {
    /// The landing page.
    Landing,
    /// What the API conforms to.
    Conformance,
    /// Its definition, an `OpenAPI` document.
    Definition,
    /// The collections.
    Collections,
    /// One of them.
    Collection(String),
    /// The properties of its items by which they can be asked for.
    Queryables(String),
    /// Its items.
    Items(String),
    /// One item.
    Item(String, String),
}

impl Resource {
    /// Understands the path below the API, as it was sent: percent-encoded, empty or beginning with a slash.
    ///
    /// Refuses with `NotFound` what is no resource, and every path that two programs could read differently: empty and
    /// dotted segments, encoded slashes, semicolons, an encoded `%`, control characters.
    pub fn parse(api: Api, path: &str) -> Result<Self, OgcError> {
        let not_found = || OgcError::new(OgcCode::NotFound, "There is no such resource.");
        let inner = path.strip_prefix('/').unwrap_or(path);
        let mut segments = Vec::new();
        for segment in inner.split('/').filter(|_| !inner.is_empty()) {
            segments.push(decode_path(segment).ok_or_else(not_found)?);
        }
        if api == Api::Wfs3
            && let Some(last) = segments.last_mut()
            && let Some((name, suffix)) = suffix(last)
        {
            if suffix == "html" {
                return Err(no_html("f"));
            }
            *last = name.to_owned();
        }
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        let resource = match parts.as_slice() {
            [] => Self::Landing,
            ["conformance"] => Self::Conformance,
            ["api"] => Self::Definition,
            ["collections"] => Self::Collections,
            ["collections", id] => Self::Collection((*id).to_owned()),
            ["collections", id, "queryables"] => Self::Queryables((*id).to_owned()),
            ["collections", id, "items"] => Self::Items((*id).to_owned()),
            ["collections", id, "items", item] => Self::Item((*id).to_owned(), (*item).to_owned()),
            _ => return Err(not_found()),
        };
        // QGIS Server would take the end of such a name for a format, and the rest for another collection.
        let confused = |name: &str| api == Api::Wfs3 && suffix(name).is_some();
        match &resource {
            Self::Collection(id) | Self::Queryables(id) | Self::Items(id) | Self::Item(id, _)
                if id.is_empty() || confused(id) =>
            {
                Err(not_found())
            }
            Self::Item(_, item) if item.is_empty() || confused(item) => Err(not_found()),
            Self::Item(_, item) if item.contains(['\'', '"', '`', '<', '>']) => Err(not_found()),
            _ => Ok(resource),
        }
    }

    /// The collection that it is, or is in.
    #[must_use]
    pub fn collection(&self) -> Option<&str> {
        match self {
            Self::Collection(id) | Self::Queryables(id) | Self::Items(id) | Self::Item(id, _) => Some(id),
            _ => None,
        }
    }

    /// The path below the API, written anew.
    #[must_use]
    pub fn path(&self) -> String {
        let encode = |segment: &str| utf8_percent_encode(segment, SEGMENT).to_string();
        match self {
            Self::Landing => String::new(),
            Self::Conformance => "/conformance".to_owned(),
            Self::Definition => "/api".to_owned(),
            Self::Collections => "/collections".to_owned(),
            Self::Collection(id) => format!("/collections/{}", encode(id)),
            Self::Queryables(id) => format!("/collections/{}/queryables", encode(id)),
            Self::Items(id) => format!("/collections/{}/items", encode(id)),
            Self::Item(id, item) => format!("/collections/{}/items/{}", encode(id), encode(item)),
        }
    }

    /// The methods that it has.
    #[must_use]
    pub fn methods(&self, api: Api) -> &'static [Method] {
        match (self, api) {
            (Self::Items(_), Api::Wfs3) => &[Method::GET, Method::HEAD, Method::POST],
            (Self::Item(..), Api::Wfs3) => &[
                Method::GET,
                Method::HEAD,
                Method::PUT,
                Method::PATCH,
                Method::DELETE,
            ],
            _ => &[Method::GET, Method::HEAD],
        }
    }
}

/// A name and the format at its end, as QGIS Server tells them apart.
pub(super) fn suffix(name: &str) -> Option<(&str, &'static str)> {
    let (name, end) = name.rsplit_once('.')?;
    let known = SUFFIXES.iter().find(|known| known.eq_ignore_ascii_case(end))?;
    Some((name, known))
}

pub(super) fn no_html(parameter: &str) -> OgcError {
    OgcError::at(
        OgcCode::InvalidParameterValue,
        parameter,
        "Answers are JSON; no other format is offered.",
    )
}

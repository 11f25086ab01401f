//! The capabilities document and the exception reports, in both versions of WMS.

use askama::Template;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::features::CADASTRE;
use super::request::{Fault, Version};
use crate::sample_map::{EXTENT, LAYERS, NAME, SampleLayer};

/// West, south, east and north in degrees and in Web Mercator metres, as `MapServer` rounds them.
const DEGREES: [f64; 4] = [7.438_269, 46.951_144, 7.460_608, 46.961_942];
const MERCATOR: [f64; 4] = [827_918.0, 5_933_890.0, 830_405.0, 5_935_650.0];

#[derive(Template)]
#[template(path = "capabilities_130.xml")]
struct Capabilities130<'a>(Contents<'a>);

#[derive(Template)]
#[template(path = "capabilities_111.xml")]
struct Capabilities111<'a>(Contents<'a>);

struct Contents<'a> {
    name: &'static str,
    url: &'a str,
    extent: [f64; 4],
    degrees: [f64; 4],
    mercator: [f64; 4],
}

impl Contents<'_> {
    /// The layers and groups in their order; a group stands where its first layer does, as with `MapServer`.
    fn tree() -> impl Iterator<Item = Node> {
        LAYERS.iter().filter_map(
            |layer| match CADASTRE.iter().position(|name| *name == layer.name) {
                None => Some(Node::Layer(layer)),
                Some(0) => Some(Node::Cadastre(
                    LAYERS
                        .iter()
                        .filter(|layer| CADASTRE.contains(&layer.name))
                        .collect(),
                )),
                Some(_) => None,
            },
        )
    }
}

enum Node {
    Layer(&'static SampleLayer),
    Cadastre(Vec<&'static SampleLayer>),
}

#[derive(Template)]
#[template(path = "exception.xml")]
struct Exception<'a> {
    version: &'static str,
    namespace: bool,
    fault: &'a Fault,
}

/// The capabilities of the map at `url`.
pub fn document(version: Version, url: &str) -> Result<Response, Fault> {
    let contents = Contents {
        name: NAME,
        url,
        extent: EXTENT,
        degrees: DEGREES,
        mercator: MERCATOR,
    };
    let (kind, document) = match version {
        Version::V111 => ("application/vnd.ogc.wms_xml", Capabilities111(contents).render()),
        Version::V130 => ("text/xml", Capabilities130(contents).render()),
    };
    let document = document.map_err(|fault| Fault::new("", fault.to_string()))?;
    Ok(([(header::CONTENT_TYPE, kind)], document).into_response())
}

/// The report of a fault; with status 200, as `MapServer` sends it.
pub fn exception(version: Version, fault: &Fault) -> Response {
    let kind = match version {
        Version::V111 => "application/vnd.ogc.se_xml",
        Version::V130 => "text/xml",
    };
    let exception = Exception {
        version: version.number(),
        namespace: version == Version::V130,
        fault,
    };
    let document = exception.render().unwrap_or_default();
    ([(header::CONTENT_TYPE, kind)], document).into_response()
}

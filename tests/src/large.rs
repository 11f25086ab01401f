//! A map server whose answers are as large as they are asked to be, made while they are sent.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures_util::stream;
use mapgate_local::service::{Service, loopback};

/// The path `/{megabytes}/…` says how large its capabilities, maps and features are.
#[derive(Debug)]
pub struct LargeServer(Service);

impl LargeServer {
    /// Starts it.
    ///
    /// # Panics
    /// Where it does not start.
    pub async fn start() -> Self {
        let router = Router::new().route("/{megabytes}", get(answer));
        Self(Service::http(loopback().await.unwrap(), router).unwrap())
    }

    /// A seed in which it is an OGC server for each of these sizes, named `mb` and the size; everybody reads all.
    #[must_use]
    pub fn seed(&self, sizes: &[usize]) -> String {
        let server = |size: &usize| {
            format!(
                "\n  - {{name: mb{size}, url: \"{}/{size}\", type: mapserver, auth: none, default_access: public, layers: []}}",
                self.0.url()
            )
        };
        let servers: String = sizes.iter().map(server).collect();
        format!("roles: []\nusers: []\noauth2_clients: []\nogc_servers:{servers}\n")
    }
}

/// The queries to ask it through the proxy, each with the length that its answer has at least, in parts of the size.
pub const QUERIES: [(&str, f64); 4] = [
    ("SERVICE=WMS&VERSION=1.3.0&REQUEST=GetCapabilities", 0.9),
    ("SERVICE=WFS&VERSION=2.0.0&REQUEST=GetCapabilities", 0.9),
    (
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=l0&STYLES=&CRS=EPSG:2056&BBOX=1,2,3,4&WIDTH=9&HEIGHT=9\
         &FORMAT=image/png",
        1.0,
    ),
    ("SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=l0", 0.9),
];

const MEGABYTE: usize = 1024 * 1024;

async fn answer(Path(megabytes): Path<usize>, request: Request) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let asks = |part: &str| query.contains(part);
    let prose = "of streets and squares, ".repeat(300);
    let count = megabytes * MEGABYTE / (prose.len() + 100);
    let body = if asks("SERVICE=WMS") && asks("REQUEST=GetCapabilities") {
        document(
            "<WMS_Capabilities version=\"1.3.0\" xmlns=\"http://www.opengis.net/wms\"><Service><Name>WMS</Name></Service>\
             <Capability><Request><GetMap><Format>image/png</Format></GetMap></Request><Layer><Title>all</Title>",
            count,
            move |at| {
                format!(
                    "<Layer queryable=\"1\"><Name>l{at}</Name><Title>{at}</Title><Abstract>{prose}</Abstract></Layer>\n"
                )
            },
            "</Layer></Capability></WMS_Capabilities>",
        )
    } else if asks("REQUEST=GetCapabilities") {
        document(
            "<WFS_Capabilities version=\"2.0.0\" xmlns=\"http://www.opengis.net/wfs/2.0\"><FeatureTypeList>",
            count,
            move |at| {
                format!(
                    "<FeatureType><Name>l{at}</Name><Title>{at}</Title><Abstract>{prose}</Abstract></FeatureType>\n"
                )
            },
            "</FeatureTypeList></WFS_Capabilities>",
        )
    } else if asks("REQUEST=GetMap") {
        let piece = Bytes::from(vec![0x89; 64 * 1024]);
        let pieces = stream::iter((0..megabytes * 16).map(move |_| Ok::<_, std::io::Error>(piece.clone())));
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/png"));
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(megabytes * MEGABYTE));
        return (headers, Body::from_stream(pieces)).into_response();
    } else {
        document(
            "<wfs:FeatureCollection xmlns:wfs=\"http://www.opengis.net/wfs/2.0\">",
            count,
            move |at| format!("<wfs:member><l0><id>{at}</id><name>{prose}</name></l0></wfs:member>\n"),
            "</wfs:FeatureCollection>",
        )
    };
    ([(header::CONTENT_TYPE, "text/xml; charset=UTF-8")], body).into_response()
}

fn document(
    head: &'static str,
    count: usize,
    part: impl Fn(usize) -> String + Send + 'static,
    tail: &'static str,
) -> Body {
    let parts = (0..count).map(move |at| Bytes::from(part(at)));
    let whole = std::iter::once(Bytes::from_static(head.as_bytes()))
        .chain(parts)
        .chain(std::iter::once(Bytes::from_static(tail.as_bytes())));
    Body::from_stream(stream::iter(whole.map(Ok::<_, std::io::Error>)))
}

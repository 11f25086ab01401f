//! OGC API's resources.

use super::{Attempt, SPELLINGS};

/// The same for OGC API: method, path below the API, what is sent.
const RESOURCES: [(&str, &str); 8] = [
    ("GET", "/collections/{}"),
    ("GET", "/collections/{}/queryables"),
    ("GET", "/collections/{}/items?limit=1"),
    ("GET", "/collections/{}/items/1"),
    ("POST", "/collections/{}/items"),
    ("PUT", "/collections/{}/items/1"),
    ("PATCH", "/collections/{}/items/1"),
    ("DELETE", "/collections/{}/items/1"),
];

/// Ways into an API that are none of its resources, or lead out of it.
const OUT_OF_THE_API: [&str; 20] = [
    "/collections/roads/../parcels/items",
    "/collections/roads/%2e%2e/parcels/items",
    "/collections/roads%2F..%2Fparcels/items",
    "/collections/roads%252F..%252Fparcels/items",
    "/collections/roads/items/../../parcels/items",
    "/collections/./parcels",
    "/collections//parcels/items",
    "/collections/roads;parcels/items",
    "/collections/parcels.html",
    "/collections/parcels.json/items.geojson",
    "/collections/parcels/items.html",
    "/collections/parcels/styles",
    "/collections/parcels/tiles/WebMercatorQuad/0/0/0",
    "/collections/parcels/map",
    "/collections/roads/items?collections=parcels",
    "/collections/roads/items?LAYERS=parcels&SERVICE=WMS&REQUEST=GetMap",
    "/collections/roads/items?filter=casei(parcels)",
    "/collections/roads/items?MAP=/srv/parcels.qgs",
    "/map?collections=parcels",
    "/processes/parcels",
];

/// Each resource of an API, for every spelling of a closed collection.
pub fn attempts() -> Vec<Attempt> {
    let of = |method, api: &str, path: &str| {
        let attempt = Attempt {
            method,
            path: format!("/mapserv_proxy/{{server}}/{api}{path}"),
            body: br#"{"type":"Feature","properties":{"a":"x"}}"#.to_vec(),
            ..Attempt::get("")
        };
        attempt.with("content-type", "application/geo+json")
    };
    let mut attempts = Vec::new();
    for api in ["ogcapi", "wfs3"] {
        for (method, path) in RESOURCES {
            for spelling in SPELLINGS {
                attempts.push(of(method, api, &path.replace("{}", spelling)));
            }
        }
        for path in OUT_OF_THE_API {
            attempts.push(of("GET", api, path));
        }
    }
    attempts
}

//! `/mapserv_proxy`, before real MapServer with the sample map: parcels and owners (a group, `cadastre`) are the
//! editors', `gas_pipes` the planners', all else is public.

mod backend;
mod bypasses;
mod capabilities;
mod coverages;
mod features;
mod map;
mod ogcapi;
mod posted;

use crate::blackbox::everywhere::Case;

pub fn cases() -> impl Iterator<Item = &'static Case> {
    [
        capabilities::CASES,
        map::CASES,
        features::CASES,
        bypasses::CASES,
        posted::CASES,
        backend::CASES,
        coverages::CASES,
        ogcapi::CASES,
    ]
    .into_iter()
    .flatten()
}

/// A path of the proxy.
fn proxy(query: &str) -> String {
    format!("/mapserv_proxy?ogcserver=main&{query}")
}

/// A small `GetMap` of WMS 1.3.0.
fn get_map(layers: &str) -> String {
    proxy(&format!(
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS={layers}&STYLES=&CRS=EPSG:2056&{AREA}&FORMAT=image/png"
    ))
}

/// Where and how large a picture is.
const AREA: &str = "BBOX=2599940,1199940,2601480,1201020&WIDTH=120&HEIGHT=84";

/// A `GetFeature` of WFS 2.0.0.
fn get_feature(typename: &str) -> String {
    proxy(&format!(
        "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES={typename}"
    ))
}

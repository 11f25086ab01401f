//! Real QGIS Server behind the proxy.

use mapgate_tests::{QgisServer, Setup, Site};

/// A site before a QGIS Server.
async fn start() -> (QgisServer, Site) {
    let server = QgisServer::start().await;
    let site = Setup::default().seed(server.seed()).start().await;
    (server, site)
}

/// A path of the proxy.
fn proxy(query: &str) -> String {
    format!("/mapserv_proxy?ogcserver=qgis&{query}")
}

/// A small `GetMap` of WMS 1.3.0.
fn get_map(layers: &str) -> String {
    proxy(&format!(
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS={layers}&STYLES=&CRS=EPSG:2056&FORMAT=image/png\
         &BBOX=2599940,1199940,2601480,1201020&WIDTH=120&HEIGHT=84"
    ))
}

#[tokio::test]
async fn layers_and_types_are_for_their_roles() {
    let (_server, site) = start().await;
    let (stranger, jane) = (site.anonymous(), site.user("jane").await);
    assert!(stranger.get(&get_map("roads")).await.is_png());
    for layers in ["parcels", "roads,parcels", "cadastre", "Parcels", "buildings"] {
        stranger.get(&get_map(layers)).await.is(401, "LayerNotDefined");
    }
    assert!(jane.get(&get_map("cadastre,roads")).await.is_png());
    jane.get(&get_map("gas_pipes")).await.is(403, "LayerNotDefined");
    let features = |name: &str| {
        proxy(&format!(
            "SERVICE=WFS&VERSION=1.1.0&REQUEST=GetFeature&TYPENAME={name}"
        ))
    };
    stranger.get(&features("roads")).await.is(200, "<qgs:roads");
    stranger
        .get(&features("parcels"))
        .await
        .is(401, "ExceptionReport");
    jane.get(&features("parcels")).await.is(200, "<qgs:parcels");
    for service in ["WMS", "WFS"] {
        let path = proxy(&format!("SERVICE={service}&REQUEST=GetCapabilities"));
        let seen = stranger.get(&path).await;
        let text = seen.is(200, "roads").text();
        assert!(!text.contains("parcels") && !text.contains("gas_pipes"), "{text}");
        let seen = jane.get(&path).await;
        let text = seen.is(200, "parcels").text();
        assert!(!text.contains("gas_pipes"), "{text}");
    }
}

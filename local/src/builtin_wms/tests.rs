use axum::body::{Body, to_bytes};
use axum::http::Request;
use tower::ServiceExt as _;

use super::*;

/// The kind and the bytes of the answer to a query.
async fn ask(query: &str) -> (String, Vec<u8>) {
    let router = router("/mapserv", "http://127.0.0.1:9/mapserv").unwrap();
    let request = Request::get(format!("/mapserv?{query}"))
        .body(Body::empty())
        .unwrap();
    let response = router.oneshot(request).await.unwrap();
    let kind = response.headers()[header::CONTENT_TYPE]
        .to_str()
        .unwrap()
        .to_owned();
    (
        kind,
        to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec(),
    )
}

async fn ask_text(query: &str) -> String {
    String::from_utf8(ask(query).await.1).unwrap()
}

const MAP: &str = "SERVICE=WMS&REQUEST=GetMap&VERSION=1.3.0&STYLES=&FORMAT=image/png&WIDTH=110&HEIGHT=77";
const SWISS: &str = "CRS=EPSG:2056&BBOX=2599940,1199940,2601480,1201020";

async fn picture(query: &str) -> tiny_skia::Pixmap {
    let (kind, bytes) = ask(query).await;
    assert_eq!(
        kind,
        "image/png",
        "{}",
        std::str::from_utf8(&bytes).unwrap_or_default()
    );
    tiny_skia::Pixmap::decode_png(&bytes).unwrap()
}

#[tokio::test]
async fn capabilities_name_every_layer_in_both_versions() {
    for version in ["1.1.1", "1.3.0"] {
        let document = ask_text(&format!("service=wms&request=GetCapabilities&version={version}")).await;
        assert!(document.contains(&format!("version=\"{version}\"")), "{document}");
        for name in ["lindmatt", "cadastre", "roads", "parcels", "owners"] {
            assert_eq!(
                document.matches(&format!("<Name>{name}</Name>")).count(),
                1,
                "{name} in {document}"
            );
        }
        assert!(
            document.contains("xlink:href=\"http://127.0.0.1:9/mapserv?\""),
            "{document}"
        );
    }
}

#[tokio::test]
async fn a_group_and_the_root_draw_their_layers() {
    let parcels = picture(&format!("{MAP}&{SWISS}&LAYERS=parcels")).await;
    let cadastre = picture(&format!("{MAP}&{SWISS}&LAYERS=cadastre")).await;
    let all = picture(&format!("{MAP}&{SWISS}&LAYERS=lindmatt")).await;
    assert_eq!((all.width(), all.height()), (110, 77));
    assert_ne!(parcels.data(), cadastre.data());
    assert_ne!(cadastre.data(), all.data());
}

#[tokio::test]
async fn a_picture_is_white_or_transparent_where_nothing_is() {
    let colour = |picture: tiny_skia::Pixmap| picture.pixel(5, 5).unwrap().demultiply();
    let white = colour(picture(&format!("{MAP}&{SWISS}&LAYERS=gas_pipes")).await);
    assert_eq!((white.red(), white.alpha()), (255, 255));
    let clear = colour(picture(&format!("{MAP}&{SWISS}&LAYERS=gas_pipes&TRANSPARENT=TRUE")).await);
    assert_eq!(clear.alpha(), 0);
}

#[tokio::test]
async fn the_lake_is_in_the_same_place_in_every_system() {
    // The lake's middle, east of the town: a quarter of the picture is around it.
    for area in [
        "VERSION=1.3.0&CRS=EPSG:2056&BBOX=2601150,1200010,2601250,1200110",
        "VERSION=1.3.0&CRS=EPSG:3857&BBOX=829746,5934108,829893,5934254",
        "VERSION=1.3.0&CRS=EPSG:4326&BBOX=46.951172,7.453739,46.952071,7.455053",
        "VERSION=1.3.0&CRS=CRS:84&BBOX=7.453739,46.951172,7.455053,46.952071",
        "VERSION=1.1.1&SRS=EPSG:4326&BBOX=7.453739,46.951172,7.455053,46.952071",
    ] {
        let query = format!(
            "SERVICE=WMS&REQUEST=GetMap&STYLES=&FORMAT=image/png&WIDTH=20&HEIGHT=20&LAYERS=landcover&{area}"
        );
        let pixel = picture(&query).await.pixel(10, 10).unwrap().demultiply();
        assert_eq!(
            [pixel.red(), pixel.green(), pixel.blue()],
            [170, 208, 230],
            "{area}"
        );
    }
}

#[tokio::test]
async fn roles_and_users_decide_which_projects_show() {
    let query =
        format!("{MAP}&{SWISS}&LAYERS=projects&QUERY_LAYERS=projects&INFO_FORMAT=application/json&I=44&J=24")
            .replace("GetMap", "GetFeatureInfo");
    assert!(ask_text(&query).await.contains("\"features\":[]"));
    assert!(
        ask_text(&format!("{query}&role_ids=3,101"))
            .await
            .contains("Neubau Schulhaus")
    );
    assert!(
        ask_text(&format!("{query}&role_ids=102"))
            .await
            .contains("\"features\":[]")
    );
    let any = ask_text(&format!("{query}&role_ids=101)%20OR%20(1=1")).await;
    assert!(
        any.contains("\"features\":[]"),
        "a value that is no list of numbers counts as none: {any}"
    );
}

#[tokio::test]
async fn feature_info_finds_areas_lines_and_points() {
    let query = format!("{MAP}&{SWISS}&LAYERS=lindmatt&QUERY_LAYERS=parcels,roads,places&I=49&J=68")
        .replace("GetMap", "GetFeatureInfo");
    let text = ask_text(&query).await;
    for found in ["Layer 'parcels'", "Layer 'roads'", "name = 'Bahnhof'"] {
        assert!(text.contains(found), "{found} in {text}");
    }
}

#[tokio::test]
async fn a_legend_has_a_sample_for_each_class() {
    let query = "SERVICE=WMS&REQUEST=GetLegendGraphic&VERSION=1.3.0&FORMAT=image/png&LAYER=";
    assert_eq!(picture(&format!("{query}landcover")).await.height(), 48);
    assert_eq!(picture(&format!("{query}places")).await.height(), 16);
}

#[tokio::test]
async fn faults_are_ogc_exceptions() {
    let map = format!("{MAP}&{SWISS}&LAYERS=roads");
    for (query, code) in [
        (map.replace("LAYERS=roads", "LAYERS=moon"), "LayerNotDefined"),
        (map.replace("STYLES=", "STYLES=neon"), "StyleNotDefined"),
        (map.replace("image/png", "image/tiff"), "InvalidFormat"),
        (map.replace("EPSG:2056", "EPSG:1"), "InvalidCRS"),
        (map.replace("WIDTH=110", "WIDTH=9999"), "InvalidParameterValue"),
        (map.replace("2599940", "2699940"), "InvalidParameterValue"),
        (map.replace("GetMap", "GetStyles"), "OperationNotSupported"),
        (map.replace("SERVICE=WMS", "SERVICE=WFS"), "InvalidParameterValue"),
        (map.replace("SERVICE=WMS&", ""), "MissingParameterValue"),
    ] {
        let (kind, body) = ask(&query).await;
        let body = String::from_utf8(body).unwrap();
        assert_eq!(kind, "text/xml");
        assert!(body.contains(&format!("code=\"{code}\"")), "{query}: {body}");
    }
    let (kind, _) = ask("SERVICE=WMS&REQUEST=GetMap&VERSION=1.1.1").await;
    assert_eq!(kind, "application/vnd.ogc.se_xml");
}

//! What each program's own parameters become, and for whom.

use super::rules::tests::rules;
use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// `roads` and `places` are everybody's, `parcels` role 3's; `cadastre` is a group of parcels.
fn forwarded(server: ServerType, query: &str, role: i64) -> Result<Forward, Refusal> {
    let tree = Tree::of(&[(
        "demo",
        &[("roads", &[]), ("places", &[]), ("cadastre", &[("parcels", &[])])],
    )]);
    let rules = rules(
        DefaultAccess::Private,
        &[("roads", &[0]), ("places", &[0]), ("parcels", &[3])],
    );
    let params = Params::parse(query).map_err(Refusal::Fault)?;
    let asked = Asked::parse(server, &params).map_err(Refusal::Fault)?;
    decide(&asked, &rules, &tree, &BTreeSet::from([1, role]))
}

const QGIS: ServerType = ServerType::QgisServer;
const MAP: &str = "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap";
const INFO: &str = "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetFeatureInfo";
const FEATURE: &str = "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature";

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// What everybody may, and what it becomes.
#[test]
fn what_is_asked_in_old_words_goes_on_in_new_ones() {
    for (query, expected) in [
        (
            "WMTVER=1.0.0&REQUEST=map&LAYERS=roads&STYLES=&SRS=EPSG:2056&FORMAT=PNG",
            "SERVICE=WMS&VERSION=1.1.1&REQUEST=GetMap&LAYERS=roads&STYLES=&SRS=EPSG:2056&FORMAT=image/png",
        ),
        (
            "REQUEST=MAP&LAYERS=demo&FORMAT=image/png",
            "SERVICE=WMS&VERSION=1.1.1&REQUEST=GetMap&LAYERS=roads,places&FORMAT=image/png",
        ),
        (
            "WMTVER=1.0.0&REQUEST=feature_info&LAYERS=roads&QUERY_LAYERS=roads&INFO_FORMAT=MIME&X=1&Y=2",
            "SERVICE=WMS&VERSION=1.1.1&REQUEST=GetFeatureInfo&LAYERS=roads&QUERY_LAYERS=roads&INFO_FORMAT=text/plain&X=1&Y=2",
        ),
        (
            "SERVICE=WMS&VERSION=1.1.0&REQUEST=GetMap&LAYERS=roads",
            "SERVICE=WMS&VERSION=1.1.1&REQUEST=GetMap&LAYERS=roads",
        ),
        (
            "SERVICE=WMS&VERSION=1.1.1&REQUEST=DescribeLayer&LAYERS=demo&SLD_VERSION=1.1.0",
            "SERVICE=WMS&VERSION=1.1.1&REQUEST=DescribeLayer&LAYERS=roads,places&SLD_VERSION=1.1.0",
        ),
        (
            "SERVICE=WMS&VERSION=1.1.1&REQUEST=GetStyles&LAYERS=roads",
            "SERVICE=WMS&VERSION=1.1.1&REQUEST=GetStyles&LAYERS=roads",
        ),
        (
            "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetPropertyValue&TYPENAMES=ms:roads&VALUEREFERENCE=ms:name",
            "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetPropertyValue&TYPENAMES=ms:roads&VALUEREFERENCE=ms:name",
        ),
        (
            "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&RESOURCEID=roads.1,places.2",
            "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&RESOURCEID=roads.1,places.2",
        ),
        (
            "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&STOREDQUERY_ID=urn:ogc:def:query:OGC-WFS::GetFeatureById&ID=roads.1",
            "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&ID=roads.1&STOREDQUERY_ID=urn:ogc:def:query:OGC-WFS::GetFeatureById",
        ),
        (
            "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=(roads,places)&ALIASES=(r,p)",
            "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=%28roads,places%29&ALIASES=%28r,p%29",
        ),
    ] {
        let forward = forwarded(ServerType::MapServer, query, 1);
        let forward = forward.unwrap_or_else(|error| panic!("{query}: {error:?}"));
        assert_eq!(forward.query_string([]), expected);
    }
    for server in [QGIS, ServerType::GeoServer, ServerType::Other] {
        let forward = forwarded(server, "REQUEST=capabilities&WMTVER=1.0.0", 1).unwrap();
        assert_eq!(forward.version, "1.1.1");
    }
}

#[test]
fn t106_every_way_to_name_a_private_layer_needs_the_right() {
    let descriptor = |names: &[&str]| {
        let layers: Vec<String> = names
            .iter()
            .map(|name| format!("<NamedLayer><Name>{name}</Name></NamedLayer>"))
            .collect();
        let layers = layers.concat();
        encoded(&format!(
            "<StyledLayerDescriptor version=\"1.0.0\">{layers}</StyledLayerDescriptor>"
        ))
    };
    let (styled, both) = (descriptor(&["parcels"]), descriptor(&["roads", "parcels"]));
    let group = descriptor(&["cadastre"]);
    let filter = encoded("<Filter><FeatureId fid=\"parcels.1\"/></Filter>");
    let mut asked: Vec<(ServerType, String)> = vec![
        (
            QGIS,
            format!(
                "{MAP}&LAYERS=roads&FILTER={}",
                encoded("roads:\"a\" = 1;parcels:\"b\" = 'x'")
            ),
        ),
        (
            QGIS,
            format!("{MAP}&LAYERS=roads&FILTER={}", encoded("roads,parcels:\"a\" = 1")),
        ),
        (QGIS, format!("{MAP}&LAYERS=roads&SELECTION=roads:1;parcels:1,2")),
        (
            QGIS,
            format!(
                "{INFO}&QUERY_LAYERS=roads&FILTER={}",
                encoded("cadastre:\"b\" = 'x'")
            ),
        ),
        (
            QGIS,
            "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetStyle&LAYER=parcels".to_owned(),
        ),
        (
            QGIS,
            "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetPrint&TEMPLATE=A4&MAP0:LAYERS=parcels".to_owned(),
        ),
        (
            QGIS,
            "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetPrint&TEMPLATE=A4&map0:layers=roads".to_owned(),
        ),
        (
            QGIS,
            "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetPrint&TEMPLATE=A4&LAYERS=roads".to_owned(),
        ),
    ];
    for server in [ServerType::MapServer, QGIS, ServerType::GeoServer] {
        asked.extend(
            [
                format!("{MAP}&SLD_BODY={styled}"),
                format!("{MAP}&LAYERS=roads&SLD_BODY={both}"),
                format!("{MAP}&LAYERS=roads&SLD_BODY={group}"),
                format!("{INFO}&LAYERS=roads&QUERY_LAYERS=roads&SLD_BODY={styled}"),
                format!("SERVICE=WMS&VERSION=1.1.1&REQUEST=GetLegendGraphic&LAYER=roads&SLD_BODY={styled}"),
                "SERVICE=WMS&VERSION=1.1.1&REQUEST=DescribeLayer&LAYERS=roads,parcels".to_owned(),
                "SERVICE=WMS&VERSION=1.1.1&REQUEST=GetStyles&LAYERS=parcels".to_owned(),
                "WMTVER=1.0.0&REQUEST=map&LAYERS=parcels".to_owned(),
                "WMTVER=1.0.0&REQUEST=feature_info&LAYERS=roads&QUERY_LAYERS=parcels".to_owned(),
                format!("{FEATURE}&RESOURCEID=parcels.1"),
                format!("{FEATURE}&RESOURCEID=roads.1,parcels.1"),
                format!("{FEATURE}&TYPENAMES=roads&RESOURCEID=parcels.1"),
                "SERVICE=WFS&VERSION=1.0.0&REQUEST=GetFeature&FEATUREID=parcels.1".to_owned(),
                format!("{FEATURE}&STOREDQUERY_ID=http://www.opengis.net/def/query/OGC-WFS/0/GetFeatureById&ID=parcels.1"),
                format!("{FEATURE}&TYPENAMES=(roads,parcels)&ALIASES=(r,p)"),
                format!("{FEATURE}&TYPENAMES=parcels&FILTER={filter}"),
                "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetPropertyValue&TYPENAMES=parcels&VALUEREFERENCE=owner".to_owned(),
            ]
            .map(|query| (server, query)),
        );
    }
    for (server, query) in asked {
        let refused = forwarded(server, &query, 1);
        assert!(
            matches!(refused, Err(Refusal::Forbidden(_))),
            "{server:?} {query}: {refused:?}"
        );
        let allowed = forwarded(server, &query, 3);
        assert!(allowed.is_ok(), "{server:?} {query}: {allowed:?}");
    }
}

#[test]
fn what_qgis_server_reads_goes_on_as_it_was_understood() {
    for (query, expected) in [
        (
            "LAYERS=roads&FILTER=roads:\"a\" = 1",
            "LAYERS=roads&FILTER=roads:\"a\" = 1",
        ),
        (
            "LAYERS=roads&SELECTION=roads:1,2",
            "LAYERS=roads&SELECTION=roads:1,2",
        ),
        (
            "LAYERS=roads&HIGHLIGHT_GEOM=POINT(1 2)&HIGHLIGHT_LABELSTRING=hé",
            "LAYERS=roads&HIGHLIGHT_GEOM=POINT(1 2)&HIGHLIGHT_LABELSTRING=hé",
        ),
        ("LAYERS=roads&FILTER=&SELECTION=", "LAYERS=roads"),
        ("LAYERS=roads&map=/x.qgs&MAP0:LAYERS=parcels", "LAYERS=roads"),
    ] {
        let raw = query.replace(' ', "+").replace('"', "%22").replace('é', "%C3%A9");
        let forward = forwarded(QGIS, &format!("{MAP}&{raw}"), 1).unwrap();
        let written = Params::parse(&forward.query_string([])).unwrap();
        let written: Vec<String> = written
            .iter()
            .skip(3)
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(written.join("&"), expected);
    }
    let print = "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetPrint&TEMPLATE=A4&FORMAT=pdf&MAP0:LAYERS=cadastre,roads&MAP0:STYLES=,&MAP0:EXTENT=1,2,3,4&MAP=/x.qgs";
    assert_eq!(
        forwarded(QGIS, print, 3).unwrap().query_string([]),
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetPrint&MAP0:LAYERS=parcels,roads&MAP0:STYLES=,&TEMPLATE=A4&FORMAT=pdf&MAP0:EXTENT=1,2,3,4"
    );
    let settings = forwarded(QGIS, "SERVICE=WMS&REQUEST=GetProjectSettings", 1).unwrap();
    assert!(settings.operation.is_capabilities());
}

#[test]
fn t105_what_would_make_the_server_fetch_is_refused() {
    let external = "<NamedLayer><Name>roads</Name><UserStyle><FeatureTypeStyle><Rule><PointSymbolizer><Graphic><ExternalGraphic/></Graphic></PointSymbolizer></Rule></FeatureTypeStyle></UserStyle></NamedLayer>";
    let symbol = |inner: &str| encoded(&format!("<StyledLayerDescriptor>{inner}</StyledLayerDescriptor>"));
    for extra in [
        "SLD=http://169.254.169.254/".to_owned(),
        format!("SLD_BODY={}", symbol(external)),
        format!("SLD_BODY={}", symbol("<UserLayer><RemoteOWS/></UserLayer>")),
        format!("HIGHLIGHT_GEOM=POINT(1+2)&HIGHLIGHT_SYMBOL={}", symbol(external)),
        "HIGHLIGHT_SYMBOL=file:///etc/passwd".to_owned(),
        "FILTER_GEOM=http://x".to_owned(),
        "REMOTE_OWS_TYPE=WFS&REMOTE_OWS_URL=http://x".to_owned(),
    ] {
        let refused = forwarded(QGIS, &format!("{MAP}&LAYERS=roads&{extra}"), 3);
        assert!(matches!(refused, Err(Refusal::Fault(_))), "{extra}: {refused:?}");
    }
    for layers in ["EXTERNAL_WMS:x", "roads,EXTERNAL_WMS:x", "external_wms:x"] {
        let query = format!("{MAP}&LAYERS={layers}&x:url=http://169.254.169.254/");
        assert!(forwarded(QGIS, &query, 3).is_err());
        let print = query
            .replace("GetMap", "GetPrint")
            .replace("&LAYERS", "&MAP0:LAYERS");
        assert!(forwarded(QGIS, &print, 3).is_err());
    }
}

#[test]
fn a_form_is_read_like_a_query_and_never_beside_one() {
    let body = "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads&map=/x";
    for query in ["", "ogcserver=main", "SERVICE=wms&VERSION=1.3.0", "x=y"] {
        let asked = Asked::parse_form(ServerType::MapServer, &Params::parse(query).unwrap(), body).unwrap();
        assert_eq!(asked.carrier, Carrier::Form);
        assert_eq!(asked.names().collect::<Vec<_>>(), ["roads"]);
    }
    for query in [
        "LAYERS=parcels",
        "layers=roads",
        "REQUEST=GetCapabilities",
        "SERVICE=WFS",
        "SLD_BODY=x",
        "WMTVER=1.0.0",
    ] {
        assert!(
            Asked::parse_form(ServerType::MapServer, &Params::parse(query).unwrap(), body).is_err(),
            "{query}"
        );
    }
    assert!(
        Asked::parse_form(
            ServerType::MapServer,
            &Params::default(),
            &format!("{body}&Layers=parcels")
        )
        .is_err()
    );
}

proptest! {
    #[test]
    fn nothing_panics_and_nothing_forbidden_arrives(
        operation in "(GetMap|GetFeatureInfo|GetPrint|GetStyles|DescribeLayer)",
        query in "((LAYERS|QUERY_LAYERS|MAP0:LAYERS|SELECTION|FILTER|LAYER)=[roadspcel,:;0-9=%2]{0,12}&|SLD_BODY=<[A-Za-z/<> ]{0,20}&){0,4}"
    ) {
        let query = format!("SERVICE=WMS&VERSION=1.3.0&REQUEST={operation}&{query}");
        if let Ok(forward) = forwarded(QGIS, &query, 1) {
            prop_assert!(!forward.query_string([]).to_lowercase().contains("parcels"));
        }
    }
}

//! Every known way around the layer check, as queries: what is refused, and what of the rest reaches the server.

use super::rules::tests::rules;
use super::*;
use crate::clock::Clock;
use std::collections::BTreeSet;

const MAP: &str = "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&STYLES=&CRS=EPSG:4326&BBOX=1,2,3,4&WIDTH=1&HEIGHT=1&FORMAT=image/png";

fn forwarded(server: ServerType, query: &str) -> Result<Forward, Refusal> {
    let tree = Tree::of(&[("demo", &[("roads", &[]), ("parcels", &[])])]);
    let rules = rules(DefaultAccess::Private, &[("roads", &[0]), ("parcels", &[3])]);
    let params = Params::parse(query).map_err(Refusal::Fault)?;
    let asked = Asked::parse(server, &params).map_err(Refusal::Fault)?;
    decide(&asked, &rules, &tree, &BTreeSet::from([1]))
}

fn code(query: &str) -> Option<OgcCode> {
    match forwarded(ServerType::MapServer, query) {
        Err(Refusal::Fault(error)) => Some(error.code),
        Err(Refusal::Forbidden(_)) => None,
        Ok(forward) => panic!("{query} went on as {}", forward.query_string([])),
    }
}

const FAULTS: &[(&str, OgcCode)] = &[
    ("", OgcCode::MissingParameterValue),
    ("mode=map&layers=parcels", OgcCode::MissingParameterValue),
    (
        "map=/x.map&mode=map&layer=parcels",
        OgcCode::MissingParameterValue,
    ),
    ("SERVICE=WMS", OgcCode::MissingParameterValue),
    ("REQUEST=GetMap&LAYERS=roads", OgcCode::MissingParameterValue),
    (
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=map&LAYERS=roads",
        OgcCode::VersionNegotiationFailed,
    ),
    (
        "REQUEST=map&WMTVER=1.0.0&LAYERS=roads&FORMAT=PPM",
        OgcCode::InvalidFormat,
    ),
    ("REQUEST=map&WMTVER=1.0.0", OgcCode::MissingParameterValue),
    (
        "SERVICE=WMS&VERSION=1.2.0&REQUEST=GetMap&LAYERS=roads",
        OgcCode::VersionNegotiationFailed,
    ),
    (
        "SERVICE=WMS&VERSION=x&REQUEST=GetCapabilities",
        OgcCode::InvalidParameterValue,
    ),
    (
        "SERVICE=WMS&REQUEST=GetMap&LAYERS=roads",
        OgcCode::MissingParameterValue,
    ),
    (
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap",
        OgcCode::MissingParameterValue,
    ),
    (
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=",
        OgcCode::MissingParameterValue,
    ),
    (
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads,",
        OgcCode::InvalidParameterValue,
    ),
    (
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads,%20roads",
        OgcCode::InvalidParameterValue,
    ),
    (
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads&STYLES=a,b",
        OgcCode::InvalidParameterValue,
    ),
    (
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetFeatureInfo&LAYERS=roads",
        OgcCode::MissingParameterValue,
    ),
    (
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic",
        OgcCode::MissingParameterValue,
    ),
    (
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&LAYER=roads&LAYERS=parcels",
        OgcCode::InvalidParameterValue,
    ),
    (
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&LAYER=roads,parcels",
        OgcCode::InvalidParameterValue,
    ),
    (
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&LAYER=roads&RULE=a&RULE=b",
        OgcCode::InvalidParameterValue,
    ),
    (
        "SERVICE=WFS&VERSION=1.1.0&REQUEST=GetFeature",
        OgcCode::MissingParameterValue,
    ),
    (
        "SERVICE=WFS&REQUEST=GetFeature&TYPENAME=roads",
        OgcCode::MissingParameterValue,
    ),
    (
        "SERVICE=WFS&VERSION=3.0.0&REQUEST=GetFeature&TYPENAME=roads",
        OgcCode::VersionNegotiationFailed,
    ),
    (
        "SERVICE=WFS&REQUEST=GetCapabilities&ACCEPTVERSIONS=9.9.9",
        OgcCode::VersionNegotiationFailed,
    ),
    (
        "SERVICE=WFS&VERSION=1.1.0&REQUEST=GetFeature&TYPENAME=roads&TYPENAMES=parcels",
        OgcCode::InvalidParameterValue,
    ),
    (
        "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=a:b:roads",
        OgcCode::InvalidParameterValue,
    ),
    (
        "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=(roads)(parcels",
        OgcCode::InvalidParameterValue,
    ),
    (
        "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=schema-element(roads)",
        OgcCode::InvalidParameterValue,
    ),
    (
        "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&STOREDQUERY_ID=x&TYPENAMES=roads",
        OgcCode::OperationNotSupported,
    ),
    (
        "SERVICE=WFS&VERSION=1.1.0&REQUEST=GetFeature&STOREDQUERY_ID=urn:ogc:def:query:OGC-WFS::GetFeatureById&ID=roads.1",
        OgcCode::OperationNotSupported,
    ),
    (
        "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&STOREDQUERY_ID=urn:ogc:def:query:OGC-WFS::GetFeatureById&ID=roads.1&TYPENAMES=roads",
        OgcCode::InvalidParameterValue,
    ),
    (
        "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&STOREDQUERY_ID=urn:ogc:def:query:OGC-WFS::GetFeatureById&ID=roads.1,roads.2",
        OgcCode::InvalidParameterValue,
    ),
    (
        "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&RESOURCEID=roads",
        OgcCode::InvalidParameterValue,
    ),
    (
        "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&RESOURCEID=roads.parcels.1",
        OgcCode::InvalidParameterValue,
    ),
    (
        "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=roads&PROPERTYNAME=parcels/owner",
        OgcCode::InvalidParameterValue,
    ),
    (
        "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetPropertyValue&TYPENAMES=roads&VALUEREFERENCE=../parcels",
        OgcCode::InvalidParameterValue,
    ),
    (
        "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetPropertyValue&TYPENAMES=roads",
        OgcCode::MissingParameterValue,
    ),
    (
        "SERVICE=WFS&VERSION=1.1.0&REQUEST=GetPropertyValue&TYPENAME=roads&VALUEREFERENCE=a",
        OgcCode::OperationNotSupported,
    ),
    (
        "SERVICE=WFS&VERSION=2.0.0&REQUEST=DescribeStoredQueries&STOREDQUERY_ID=other",
        OgcCode::InvalidParameterValue,
    ),
    (
        "SERVICE=WFS&VERSION=1.1.0&REQUEST=GetFeature&TYPENAME=roads&SORTBY=aggregate('parcels')",
        OgcCode::InvalidParameterValue,
    ),
    (
        "SERVICE=WFS&VERSION=1.1.0&REQUEST=GetFeature&TYPENAME=roads&OUTPUTFORMAT=text/javascript",
        OgcCode::InvalidParameterValue,
    ),
    (
        "SERVICE=WFS&VERSION=1.1.0&REQUEST=GetFeature&TYPENAME=roads&FILTER=<Filter><FeatureId fid='parcels.1'/></Filter>",
        OgcCode::InvalidParameterValue,
    ),
];

#[test]
fn what_is_not_offered_is_refused() {
    for (query, expected) in FAULTS {
        assert_eq!(code(query), Some(*expected), "{query}");
    }
    for operation in [
        "GetPrint",
        "GetStyle",
        "GetProjectSettings",
        "GetContext",
        "PutStyles",
        "GetSchemaExtension",
        "GetMetadata",
        "GetTile",
    ] {
        let query = format!("SERVICE=WMS&VERSION=1.1.1&REQUEST={operation}&LAYERS=roads&map0:LAYERS=parcels");
        assert_eq!(code(&query), Some(OgcCode::OperationNotSupported), "{query}");
    }
    for operation in [
        "Transaction",
        "CreateStoredQuery",
        "DropStoredQuery",
        "GetGmlObject",
    ] {
        let query = format!("SERVICE=WFS&VERSION=2.0.0&REQUEST={operation}&TYPENAMES=roads");
        assert_eq!(code(&query), Some(OgcCode::OperationNotSupported), "{query}");
    }
    for service in ["CSW", "WPS", "SOS", "OGC:WMS", "WMS%20"] {
        assert_eq!(
            code(&format!("SERVICE={service}&REQUEST=GetCapabilities")),
            Some(OgcCode::OperationNotSupported)
        );
    }
}

#[test]
fn what_matters_and_stands_twice_is_refused() {
    for extra in [
        "LAYERS=parcels",
        "layers=roads",
        "LaYeRs=parcels",
        "SERVICE=WFS",
        "request=GetFeature",
        "VERSION=1.1.1",
        "STYLES=x",
        "bbox=1,1,1,1",
        "sld=&SLD=",
    ] {
        let query = format!("{MAP}&LAYERS=roads&{extra}");
        assert_eq!(code(&query), Some(OgcCode::InvalidParameterValue), "{query}");
    }
}

#[test]
fn what_reaches_other_layers_is_refused() {
    for extra in [
        "SLD=http://x/y.sld",
        "SLD_BODY=<a/>",
        "sld_body=x",
        "FILTER=parcels:a",
        "CQL_FILTER=x",
        "VIEWPARAMS=a:b",
        "FEATUREID=parcels.1",
        "REMOTE_OWS_URL=http://x",
    ] {
        for server in [
            ServerType::MapServer,
            ServerType::QgisServer,
            ServerType::GeoServer,
        ] {
            let query = format!("{MAP}&LAYERS=roads&{extra}");
            assert!(
                matches!(forwarded(server, &query), Err(Refusal::Fault(_))),
                "{query}"
            );
        }
    }
    for server in [ServerType::QgisServer, ServerType::GeoServer, ServerType::Other] {
        for filter in [
            "<Filter><PropertyIsEqualTo><Function name='f'/><Literal>1</Literal></PropertyIsEqualTo></Filter>",
            "\"a\" = 1",
        ] {
            let query =
                format!("SERVICE=WFS&VERSION=1.1.0&REQUEST=GetFeature&TYPENAME=roads&FILTER={filter}");
            assert!(
                matches!(forwarded(server, &query), Err(Refusal::Fault(_))),
                "{server:?}"
            );
        }
    }
    for layers in [
        "parcels",
        "roads,parcels",
        "PARCELS",
        "EXTERNAL_WMS:x",
        "%70arcels",
        "roads%2Cparcels",
        "nosuch",
    ] {
        let query = format!("{MAP}&LAYERS={layers}&x:url=http://169.254.169.254/");
        assert_eq!(code(&query), None, "{query}");
    }
}

#[test]
fn what_changes_the_servers_ways_never_arrives() {
    let expected = format!(
        "{}&CRS=EPSG:4326&BBOX=1,2,3,4&WIDTH=1&HEIGHT=1&FORMAT=image/png",
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads&STYLES="
    );
    for extra in [
        "map=/other.map",
        "MAP=x&map=y",
        "role_ids=1&Role_Ids=2&ROLE_IDS=3",
        "user_id=1",
        "s_name=x&S_NAME=y",
        "map.layer[parcels].class[0].style[0]=x",
        "map_layer_parcels=x",
        "layer=parcels",
        "layers_=x",
        "mode=map",
        "imgext=1",
        "context=http://x",
        "mapext=1+2",
        "qstring=x",
        "queryfile=x",
        "savequery=1",
        "template=x",
        "id=x",
        "searchmap=1",
        "img.x=1",
        "snap=1",
        "map_imagetype=x",
        "TRANSPARENT=&DPI=",
        "authentication_required=1",
        "ogcserver=main",
        "auth=00&AUTH=00&%61Uth=00",
        "SELECTION=parcels:1",
        "OPACITIES=1,2",
        "x:layers=parcels",
        "EXCEPTIONS=INIMAGE",
        "EXCEPTIONS=application/vnd.ogc.se_inimage",
        "language[]=x",
        "ENV=a:b",
        "unknown",
    ] {
        let forward = forwarded(ServerType::MapServer, &format!("{MAP}&LAYERS=demo&{extra}")).unwrap();
        assert_eq!(forward.query_string([]), expected, "{extra}");
    }
}

#[test]
fn what_clients_send_arrives() {
    let extra = "DPI=96&MAP_RESOLUTION=96&FORMAT_OPTIONS=dpi:96;antialias:on&TRANSPARENT=TRUE&TILED=true&RATIO=1&TIME=2020-01-01/2021&DIM_X=a&BGCOLOR=0xFFFFFF&ANGLE=3&EXCEPTIONS=BLANK";
    let forward = forwarded(ServerType::MapServer, &format!("{MAP}&LAYERS=roads&{extra}")).unwrap();
    let read = Params::parse(&forward.query_string([])).unwrap();
    for (name, value) in Params::parse(extra).unwrap().iter() {
        assert_eq!(read.one(name).unwrap(), Some(value));
    }
    let forward = forwarded(ServerType::MapServer, "service=wms&request=getcapabilities").unwrap();
    assert_eq!(
        forward.query_string([]),
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetCapabilities"
    );
    for (query, version) in [
        ("SERVICE=WMS&VERSION=1.0.0&REQUEST=GetCapabilities", "1.0.0"),
        ("SERVICE=WMS&VERSION=1.0.7&REQUEST=GetCapabilities", "1.0.0"),
        ("SERVICE=WMS&REQUEST=capabilities&VERSION=1.0.0", "1.0.0"),
        ("REQUEST=capabilities&WMTVER=1.0.0", "1.0.0"),
        ("REQUEST=capabilities", "1.0.0"),
        ("SERVICE=WMS&VERSION=1.1.0&REQUEST=GetCapabilities", "1.1.0"),
        ("SERVICE=WMS&VERSION=1.2.0&REQUEST=GetCapabilities", "1.1.1"),
        ("SERVICE=WMS&VERSION=1.4.0&REQUEST=GetCapabilities", "1.3.0"),
        ("SERVICE=WFS&REQUEST=GetCapabilities", "2.0.0"),
        (
            "SERVICE=WFS&REQUEST=GetCapabilities&ACCEPTVERSIONS=3.0,1.1.0,1.0.0",
            "1.1.0",
        ),
        ("SERVICE=WFS&VERSION=1.0.0&REQUEST=GetCapabilities", "1.0.0"),
    ] {
        assert_eq!(
            forwarded(ServerType::MapServer, query).unwrap().version,
            version,
            "{query}"
        );
    }
}

mod bounds;
mod tiles;

proptest::proptest! {
    #[test]
    fn nothing_panics_and_nothing_forbidden_arrives(
        query in "(SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&|SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&)?([A-Za-z_]{1,8}=[a-z,():&%0-9]{0,12}&|(LAYERS|TYPENAMES?|layer|STYLES)=[roadspcel,():&%]{0,16}&|FILTER=<[a-zA-Z/='>< ]{0,12}){0,5}"
    ) {
        if let Ok(forward) = forwarded(ServerType::MapServer, &query) {
            proptest::prop_assert!(!forward.layers.iter().any(|layer| layer.to_lowercase().contains("parcels")));
        }
    }
}

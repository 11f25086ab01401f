//! Requests of WMTS and WCS.

use super::super::params::write_query;
use super::super::rules::tests::rules;
use super::super::{DefaultAccess, Params, ServerType};
use super::*;
use proptest::prelude::*;

fn tree() -> Tree {
    Tree::of(&[(
        "demo",
        &[
            ("roads", &[]),
            ("cadastre", &[("parcels", &[]), ("owners", &[])]),
            ("nature", &[("water", &[])]),
            ("topp:heights", &[]),
        ],
    )])
}

/// Everybody: roads, water, topp:heights; role 3: parcels.
fn ask(server: ServerType, query: &str, ids: &[i64]) -> Result<String, Refusal> {
    let rules = rules(
        DefaultAccess::Private,
        &[
            ("roads", &[0]),
            ("water", &[0]),
            ("topp:heights", &[0]),
            ("parcels", &[3]),
        ],
    );
    let params = Params::parse(query).map_err(Refusal::Fault)?;
    let asked = Asked::parse(server, &params).map_err(Refusal::Fault)?;
    let forward = decide(&asked, &rules, &tree(), &ids.iter().copied().collect())?;
    Ok(forward.query_string([]))
}

fn mapserver(query: &str) -> Result<String, Refusal> {
    ask(ServerType::MapServer, query, &[1])
}

fn fault(query: &str) -> OgcCode {
    match mapserver(query) {
        Err(Refusal::Fault(error)) => error.code,
        other => panic!("{query}: {other:?}"),
    }
}

fn is_forbidden(query: &str) -> OgcCode {
    match mapserver(query) {
        Err(Refusal::Forbidden(error)) => error.code,
        other => panic!("{query}: {other:?}"),
    }
}

const TILE: &str = "SERVICE=WMTS&VERSION=1.0.0&REQUEST=GetTile";
const PLACE: &str =
    "STYLE=default&FORMAT=image/png&TILEMATRIXSET=EPSG:3857&TILEMATRIX=14&TILEROW=5&TILECOL=8";

#[test]
fn t104_a_tile_is_given_of_a_readable_layer() {
    let map = "&map=/x&role_ids=3&s_x=1&CQL=1&dim_run=a&Time=2020";
    assert_eq!(
        mapserver(&format!("{TILE}&layer=roads&{PLACE}{map}")).unwrap(),
        format!("{TILE}&LAYER=roads&{PLACE}&DIM_RUN=a&TIME=2020")
    );
    let info = "SERVICE=WMTS&VERSION=1.0.0&REQUEST=GetFeatureInfo&LAYER=roads";
    assert_eq!(
        mapserver(&format!("{info}&{PLACE}&I=1&J=2&INFOFORMAT=text/plain")).unwrap(),
        format!("{info}&{PLACE}&I=1&J=2&INFOFORMAT=text/plain")
    );
    for layer in ["parcels", "nosuch", "PARCELS", "cadastre", "demo"] {
        let code = is_forbidden(&format!("{TILE}&LAYER={layer}&{PLACE}"));
        assert_eq!(code, OgcCode::InvalidParameterValue, "{layer}");
    }
    // A group is drawn whole, or not at all.
    assert!(mapserver(&format!("{TILE}&LAYER=nature&{PLACE}")).is_ok());
    let parcels = |ids| {
        ask(
            ServerType::QgisServer,
            &format!("{TILE}&LAYER=cadastre&{PLACE}"),
            ids,
        )
    };
    assert!(matches!(parcels(&[3]), Err(Refusal::Forbidden(_))));
}

#[test]
fn t104_a_tile_request_that_is_not_understood_is_refused() {
    for (query, code) in [
        ("LAYER=roads,parcels", OgcCode::InvalidParameterValue),
        ("LAYER=roads&LAYER=roads", OgcCode::InvalidParameterValue),
        ("LAYER=roads&TILEROW=5", OgcCode::InvalidParameterValue),
        ("LAYER=roads&I=a", OgcCode::InvalidParameterValue),
        ("LAYER=", OgcCode::MissingParameterValue),
        ("LAYERS=roads", OgcCode::MissingParameterValue),
        ("LAYER=roads&FILTER=x", OgcCode::OperationNotSupported),
        ("LAYER=roads&CQL_FILTER=x", OgcCode::OperationNotSupported),
        ("LAYER=roads&SLD=http://x", OgcCode::OperationNotSupported),
        (
            "LAYER=roads&FORMAT=text/javascript",
            OgcCode::InvalidParameterValue,
        ),
    ] {
        assert_eq!(fault(&format!("{TILE}&{PLACE}&{query}")), code, "{query}");
    }
    for (query, code) in [
        (
            "SERVICE=WMTS&VERSION=1.0.0&REQUEST=GetMap&LAYERS=roads",
            OgcCode::OperationNotSupported,
        ),
        (
            "SERVICE=WMTS&VERSION=2.0.0&REQUEST=GetTile&LAYER=roads",
            OgcCode::VersionNegotiationFailed,
        ),
        (
            "SERVICE=WMTS&REQUEST=GetTile&LAYER=roads",
            OgcCode::MissingParameterValue,
        ),
        (
            "SERVICE=WMTS&VERSION=1.0.0&REQUEST=GetTile&LAYER=roads",
            OgcCode::MissingParameterValue,
        ),
        (
            "SERVICE=WMTS&REQUEST=GetCapabilities&ACCEPTVERSIONS=3.0.0",
            OgcCode::VersionNegotiationFailed,
        ),
    ] {
        assert_eq!(fault(query), code, "{query}");
    }
    assert!(mapserver("SERVICE=WMTS&REQUEST=GetCapabilities&ACCEPTVERSIONS=2.0.0,1.0.0").is_ok());
}

#[test]
fn t104_a_coverage_is_asked_for_by_its_versions_own_parameter() {
    for (version, described, got, options) in [
        (
            "1.0.0",
            "COVERAGE",
            "COVERAGE",
            "CRS=EPSG:2056&BBOX=1,2,3,4&WIDTH=5&HEIGHT=6&FORMAT=GTiff",
        ),
        (
            "1.1.1",
            "IDENTIFIERS",
            "IDENTIFIER",
            "BOUNDINGBOX=1,2,3,4&FORMAT=image/tiff&GRIDOFFSETS=1,2",
        ),
        (
            "2.0.1",
            "COVERAGEID",
            "COVERAGEID",
            "FORMAT=image/tiff&SUBSET=x%281%2C2%29&SUBSET=y%283%2C4%29",
        ),
    ] {
        let start = format!("SERVICE=WCS&VERSION={version}&REQUEST=");
        let others = ["COVERAGE", "IDENTIFIERS", "IDENTIFIER", "COVERAGEID"]
            .iter()
            .filter(|name| **name != described && **name != got)
            .fold(String::new(), |query, name| format!("{query}&{name}=parcels"));
        assert_eq!(
            mapserver(&format!(
                "{start}DescribeCoverage&{described}=roads,water{others}&map=x"
            ))
            .unwrap(),
            format!("{start}DescribeCoverage&{described}=roads,water")
        );
        let written = mapserver(&format!(
            "{start}GetCoverage&{got}=roads&{options}{others}&user_id=1"
        ))
        .unwrap();
        let decoded = |query: &str| super::super::Params::parse(query).unwrap();
        assert_eq!(
            decoded(&written),
            decoded(&format!("{start}GetCoverage&{got}=roads&{options}"))
        );
        // None is every one that may be read.
        assert_eq!(
            mapserver(&format!("{start}DescribeCoverage")).unwrap(),
            format!("{start}DescribeCoverage&{described}=roads,water,topp:heights")
        );
        for (query, code) in [
            (
                format!("GetCoverage&{got}=roads,water"),
                OgcCode::InvalidParameterValue,
            ),
            ("GetCoverage".to_owned(), OgcCode::MissingParameterValue),
            (
                format!("GetCoverage&{got}=roads&STORE=true"),
                OgcCode::OperationNotSupported,
            ),
            (
                format!("GetCoverage&{got}=roads&FILTER=x"),
                OgcCode::OperationNotSupported,
            ),
            (
                format!("GetCoverage&{got}=roads&{got}=roads"),
                OgcCode::InvalidParameterValue,
            ),
            (format!("GetMetadata&{got}=roads"), OgcCode::OperationNotSupported),
        ] {
            assert_eq!(fault(&format!("{start}{query}")), code, "{query}");
        }
        let hidden = is_forbidden(&format!("{start}GetCoverage&{got}=parcels"));
        assert_eq!(
            is_forbidden(&format!("{start}DescribeCoverage&{described}=roads,nosuch")),
            hidden
        );
    }
    for subset in ["SUBSET=x(1)&SUBSET=x(2)", "SUBSET=x", "SUBSET=x(%0a1)"] {
        let query = format!("SERVICE=WCS&VERSION=2.0.1&REQUEST=GetCoverage&COVERAGEID=roads&{subset}");
        assert_eq!(fault(&query), OgcCode::InvalidParameterValue, "{subset}");
    }
    assert_eq!(
        fault("SERVICE=WCS&VERSION=3.0.0&REQUEST=GetCoverage&COVERAGEID=roads"),
        OgcCode::VersionNegotiationFailed
    );
}

#[test]
fn geoservers_coverage_ids_are_understood_and_written_back() {
    let start = "SERVICE=WCS&VERSION=2.0.1&REQUEST=GetCoverage&COVERAGEID=";
    let geoserver = |name: &str| ask(ServerType::GeoServer, &format!("{start}{name}"), &[1]);
    assert_eq!(
        geoserver("topp__heights").unwrap(),
        format!("{start}topp__heights")
    );
    assert!(matches!(geoserver("topp__depths"), Err(Refusal::Forbidden(_))));
    assert!(matches!(geoserver("to__pp__heights"), Err(Refusal::Fault(_))));
}

proptest! {
    /// Whatever is sent, nothing but a readable layer is asked of the server, and none of the parameters that are the
    /// proxy's own.
    #[test]
    fn t104_only_readable_layers_reach_the_server(
        service in "WMTS|WCS",
        version in "1\\.0\\.0|1\\.1\\.1|2\\.0\\.1",
        request in "GetTile|GetFeatureInfo|GetCoverage|DescribeCoverage",
        pairs in prop::collection::vec(
            ("(?i)layer|coverage|identifiers?|coverageid|map|role_ids|s_x|subset|tilerow|tilecol|tilematrix|tilematrixset|.{0,6}", "roads|parcels|water|nosuch|[0-9]{1,3}|x\\([0-9]\\)|.{0,8}"),
            0..10,
        ),
    ) {
        let sent = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let start = [("SERVICE", service.as_str()), ("VERSION", version.as_str()), ("REQUEST", request.as_str())];
        let query = write_query(start.into_iter().chain(sent));
        if let Ok(written) = mapserver(&query) {
            let read = super::super::Params::parse(&written).unwrap();
            for (name, value) in read.iter() {
                prop_assert!(!matches!(name, "MAP" | "ROLE_IDS" | "S_X"), "{}", written);
                if matches!(name, "LAYER" | "COVERAGE" | "IDENTIFIER" | "IDENTIFIERS" | "COVERAGEID") {
                    let readable = ["roads", "water", "nature", "topp:heights"];
                    prop_assert!(
                        value.split(',').all(|name| readable.iter().any(|known| known.eq_ignore_ascii_case(name))),
                        "{}", written
                    );
                }
            }
        }
    }
}

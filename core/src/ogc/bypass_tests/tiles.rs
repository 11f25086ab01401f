//! The same by tiles and coverages.

use super::*;

const TILE: &str =
    "SERVICE=WMTS&VERSION=1.0.0&REQUEST=GetTile&TILEMATRIXSET=a&TILEMATRIX=0&TILEROW=0&TILECOL=0";

/// What nobody is given of tiles and coverages, beside a readable layer or for an unreadable one.
#[test]
fn tiles_and_coverages_are_asked_for_one_way_alone() {
    for query in [
        TILE.to_owned(),
        format!("{TILE}&LAYER="),
        format!("{TILE}&LAYER=roads,parcels"),
        format!("{TILE}&LAYER=roads&layer=parcels"),
        format!("{TILE}&LAYER=roads&LAYER=roads"),
        format!("{TILE}&LAYER=roads&TILEROW=1"),
        format!("{TILE}&LAYER=roads&FILTER=parcels"),
        format!("{TILE}&LAYER=roads&SLD=http://x"),
        format!("{TILE}&LAYER=roads&SLD_BODY=x"),
        format!("{TILE}&LAYER=roads&SELECTION=parcels:1"),
        format!("{TILE}&LAYER=roads&CQL_FILTER=a"),
        format!("{TILE}&LAYER=roads&REMOTE_OWS_URL=http://x"),
        format!("{TILE}&LAYER=roads").replace("TILECOL=0", "TILECOL=../parcels"),
        format!("{TILE}&LAYER=roads").replace("TILEROW=0", "TILEROW=-1"),
        format!("{TILE}&LAYER=roads").replace("VERSION=1.0.0", "VERSION=2.0.0"),
        format!("{TILE}&LAYER=roads").replace("GetTile", "GetMap"),
        format!("{TILE}&LAYER=roads").replace("TILEMATRIX=0&", ""),
        format!("{TILE}&LAYER=roads%00"),
        "SERVICE=WCS&VERSION=1.0.0&REQUEST=GetCoverage".to_owned(),
        "SERVICE=WCS&VERSION=1.0.0&REQUEST=GetCoverage&COVERAGE=roads&coverage=parcels".to_owned(),
        "SERVICE=WCS&VERSION=1.0.0&REQUEST=GetCoverage&COVERAGE=roads,parcels".to_owned(),
        "SERVICE=WCS&VERSION=1.1.1&REQUEST=GetCoverage&IDENTIFIER=roads&STORE=true".to_owned(),
        "SERVICE=WCS&VERSION=1.1.1&REQUEST=GetCoverage&IDENTIFIER=roads,parcels".to_owned(),
        "SERVICE=WCS&VERSION=2.0.1&REQUEST=GetCoverage&COVERAGEID=roads,parcels".to_owned(),
        "SERVICE=WCS&VERSION=2.0.1&REQUEST=GetCoverage&COVERAGEID=roads&COVERAGEID=parcels".to_owned(),
        "SERVICE=WCS&VERSION=2.0.1&REQUEST=ProcessCoverages&QUERY=parcels".to_owned(),
        "SERVICE=WCS&VERSION=9.0&REQUEST=GetCoverage&COVERAGEID=roads".to_owned(),
    ] {
        assert!(code(&query).is_some(), "{query}");
    }
    for name in ["parcels", "PARCELS", "%70arcels", "nosuch", "ms:parcels"] {
        for query in [
            format!("{TILE}&LAYER={name}"),
            format!("SERVICE=WCS&VERSION=1.0.0&REQUEST=DescribeCoverage&COVERAGE={name}"),
            format!("SERVICE=WCS&VERSION=1.0.0&REQUEST=DescribeCoverage&COVERAGE=roads,{name}"),
            format!("SERVICE=WCS&VERSION=1.0.0&REQUEST=GetCoverage&COVERAGE={name}"),
            format!("SERVICE=WCS&VERSION=1.1.1&REQUEST=GetCoverage&IDENTIFIER={name}"),
            format!("SERVICE=WCS&VERSION=1.1.1&REQUEST=DescribeCoverage&IDENTIFIERS=roads,{name}"),
            format!("SERVICE=WCS&VERSION=2.0.1&REQUEST=GetCoverage&COVERAGEID={name}"),
            format!("SERVICE=WCS&VERSION=2.0.1&REQUEST=DescribeCoverage&COVERAGEID=roads,{name}"),
        ] {
            assert!(
                forwarded(ServerType::MapServer, &query).is_err(),
                "{query} went on"
            );
        }
    }
    // The queries are real: what is readable goes on, and nothing else with it.
    for query in [
        format!("{TILE}&LAYER=roads&map=/x&role_ids=5&layers=parcels&TIME=2020"),
        "SERVICE=WCS&VERSION=1.0.0&REQUEST=GetCoverage&COVERAGE=roads&map=/x&LAYER=parcels".to_owned(),
        "SERVICE=WCS&VERSION=2.0.1&REQUEST=GetCoverage&COVERAGEID=roads&IDENTIFIER=parcels".to_owned(),
    ] {
        let written = forwarded(ServerType::MapServer, &query).unwrap().query_string([]);
        for gone in ["parcels", "map=", "role_ids"] {
            assert!(!written.contains(gone), "{written}");
        }
    }
}

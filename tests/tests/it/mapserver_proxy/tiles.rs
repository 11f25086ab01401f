//! WMTS and WCS.

use super::*;

const TILE: &str = "SERVICE=WMTS&VERSION=1.0.0&REQUEST=GetTile";
const PLACE: &str = "STYLE=default&FORMAT=image/png&TILEMATRIXSET=EPSG:3857&TILEMATRIX=2&TILEROW=1&TILECOL=1";
const DESCRIBE: &str = "SERVICE=WCS&VERSION=2.0.1&REQUEST=DescribeCoverage";

#[tokio::test]
async fn t104_tiles_and_coverages_pass_by_layer() {
    let world = world().await;
    let tile = |layer: &str| format!("/mapserv_proxy?{TILE}&LAYER={layer}&{PLACE}&map=/x&role_ids=9");
    let answer = world.ask(&tile("roads")).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "PNG"));
    assert_eq!(answer.header("cache-control"), "private, no-store");
    is_sandboxed(&answer);
    assert_eq!(world.jane(&tile("parcels")).await.status, StatusCode::OK);
    let queries: Vec<String> = world.seen().into_iter().map(|seen| seen.query).collect();
    assert_eq!(
        queries,
        [
            format!("map=/srv/demo.map&{TILE}&LAYER=roads&{PLACE}&role_ids=1&user_id=-1"),
            format!("map=/srv/demo.map&{TILE}&LAYER=parcels&{PLACE}&role_ids=1,3,5&user_id=1"),
        ]
    );
    for layer in ["parcels", "nosuch", "PARCELS"] {
        let answer = world.ask(&tile(layer)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{layer}");
        assert!(
            answer.body.contains("<ows:ExceptionReport") && answer.body.contains("version=\"1.0.0\""),
            "{}",
            answer.body
        );
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    assert_eq!(world.jane(&tile("places")).await.status, StatusCode::FORBIDDEN);
    for (query, status) in [
        (format!("{DESCRIBE}&COVERAGEID=height"), StatusCode::UNAUTHORIZED),
        (DESCRIBE.to_owned(), StatusCode::UNAUTHORIZED),
        (
            "SERVICE=WCS&VERSION=1.0.0&REQUEST=GetCoverage&COVERAGE=height&STORE=true".to_owned(),
            StatusCode::BAD_REQUEST,
        ),
    ] {
        assert_eq!(
            world.ask(&format!("/mapserv_proxy?{query}")).await.status,
            status,
            "{query}"
        );
    }
    assert!(world.seen().is_empty());
}

#[tokio::test]
async fn t99_capabilities_of_tiles_and_coverages_are_filtered() {
    let world = world().await;
    let wmts = "/mapserv_proxy?SERVICE=WMTS&REQUEST=GetCapabilities";
    let anonymous = world.ask(wmts).await;
    assert_eq!(anonymous.status, StatusCode::OK, "{}", anonymous.body);
    assert!(anonymous.body.contains(">roads<") && !anonymous.body.contains("parcels"));
    assert_eq!(anonymous.header("content-type"), "text/xml; charset=UTF-8");
    let jane = world.jane(wmts).await;
    assert!(jane.body.contains(">parcels<") && !jane.body.contains(">places<"));
    assert!(jane.body.contains("http://maps.example.com/mapserv_proxy/main?"));
    let mut record = world.record("heights", "/mapserv");
    record.default_access = DefaultAccess::Public;
    let depth = Layer {
        name: "depth".to_owned(),
        public: false,
        roles: [world.editor].into(),
        write_roles: [].into(),
    };
    let table = world.test.gate.table().await;
    table.put_ogc_server(&record, &[depth]).await.expect("written");
    for version in ["1.1.1", "2.0.1"] {
        let path = format!("/mapserv_proxy/heights?SERVICE=WCS&VERSION={version}&REQUEST=GetCapabilities");
        let answer = world.ask(&path).await;
        assert!(
            answer.body.contains(">height<") && !answer.body.contains("depth"),
            "{}",
            answer.body
        );
        assert!(world.jane(&path).await.body.contains(">depth<"));
    }
    let _ = world.seen();
    // None is every one that may be read.
    let described = world.ask(&format!("/mapserv_proxy/heights?{DESCRIBE}")).await;
    assert_eq!(described.status, StatusCode::OK);
    let seen = world.seen().pop().expect("a request");
    assert!(seen.query.contains("&COVERAGEID=height&"), "{}", seen.query);
}

#[tokio::test]
async fn t104_a_tile_of_a_group_is_that_of_all_its_layers() {
    let world = world().await;
    let mut record = world.record("qgis", "/mapserv");
    record.r#type = ServerType::Qgisserver;
    world.server(&record).await;
    let tile = |layer: &str| format!("/mapserv_proxy/qgis?{TILE}&LAYER={layer}&{PLACE}");
    // `cadastre` holds parcels, which are Jane's, and buildings, which are nobody's.
    assert_eq!(world.jane(&tile("parcels")).await.status, StatusCode::OK);
    assert_eq!(world.jane(&tile("cadastre")).await.status, StatusCode::FORBIDDEN);
    let buildings = Layer {
        name: "buildings".to_owned(),
        public: true,
        roles: [].into(),
        write_roles: [].into(),
    };
    let parcels = Layer {
        name: "parcels".to_owned(),
        public: false,
        roles: [world.editor].into(),
        write_roles: [].into(),
    };
    let table = world.test.gate.table().await;
    let layers = [buildings, parcels];
    table.put_ogc_server(&record, &layers).await.expect("written");
    world.test.clock.advance(Duration::from_secs(11));
    assert_eq!(world.jane(&tile("cadastre")).await.status, StatusCode::OK);
    assert_eq!(
        world.ask(&tile("cadastre")).await.status,
        StatusCode::UNAUTHORIZED
    );
}

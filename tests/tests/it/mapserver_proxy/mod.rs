//! The map proxy (contract, section 6), against a map server that notes what reaches it.

mod access;
pub(crate) mod backend;
mod caching;
mod endings;
mod bypasses;
mod faults;
mod ogcapi;
mod posted;
mod raw;
mod servers;
mod tiles;
mod transport;
mod settings;
mod waiting;

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use http::{Request, StatusCode};
use mapgate_core::table::{Auth, DefaultAccess, Layer, ServerType};
use mapgate_tests::gate::{Answer, get, with_header};

use backend::World;

const MAP: &str = "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&STYLES=&CRS=EPSG:4326&BBOX=1,2,3,4&WIDTH=1&HEIGHT=1&FORMAT=image/png";
const SENT: &str = "CRS=EPSG:4326&BBOX=1,2,3,4&WIDTH=1&HEIGHT=1&FORMAT=image/png";

fn map(layers: &str) -> String {
    format!("/mapserv_proxy?ogcserver=main&{MAP}&LAYERS={layers}")
}

async fn world() -> World {
    World::new("  hide_capabilities: false").await
}

fn is_sandboxed(answer: &Answer) {
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(
        answer.header("content-security-policy"),
        "sandbox; default-src 'none'"
    );
}

#[tokio::test]
async fn a_readable_layer_passes_with_the_proxys_own_parameters_last() {
    let world = world().await;
    let answer = world.ask(&map("roads")).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "PNG"));
    assert_eq!(answer.header("content-type"), "image/png");
    assert_eq!(answer.header("cache-control"), "private, no-store");
    assert_eq!(answer.header("vary"), "Cookie, Authorization, Origin");
    assert!(!answer.headers.contains_key("set-cookie") && !answer.headers.contains_key("server"));
    is_sandboxed(&answer);
    let answer = world.jane(&map("parcels,roads")).await;
    assert_eq!(answer.status, StatusCode::OK);
    let seen = world.seen();
    let queries: Vec<&str> = seen.iter().map(|seen| seen.query.as_str()).collect();
    let start = "map=/srv/demo.map&SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=";
    assert_eq!(
        queries,
        [
            format!("{start}roads&STYLES=&{SENT}&role_ids=1&user_id=-1"),
            format!("{start}parcels,roads&STYLES=,&{SENT}&role_ids=1,3,5&user_id=1"),
        ]
    );
    for seen in seen {
        assert!(!seen.headers.contains_key("cookie") && !seen.headers.contains_key("authorization"));
        assert_eq!(
            seen.headers["forwarded"],
            "for=203.0.113.7;host=\"maps.example.com\";proto=http"
        );
        assert_eq!(seen.path, "/mapserv");
    }
}

#[tokio::test]
async fn t56_a_forbidden_layer_is_401_for_a_stranger_and_403_for_a_user() {
    let world = world().await;
    for layers in ["parcels", "roads,parcels", "PARCELS", "cadastre", "nosuch"] {
        let answer = world.ask(&map(layers)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{layers}");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        assert!(answer.body.contains("LayerNotDefined") && answer.body.contains("version=\"1.3.0\""));
        is_sandboxed(&answer);
    }
    let answer = world.jane(&map("buildings").replace("1.3.0", "1.1.1")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(answer.header("content-type"), "application/vnd.ogc.se_xml");
    assert_eq!(answer.header("www-authenticate"), "");
    let wfs = "/mapserv_proxy/main?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=ms:parcels";
    let answer = world.ask(wfs).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.body.contains("http://www.opengis.net/ows/1.1"));
    assert!(world.seen().is_empty());
}

#[tokio::test]
async fn t103_bypasses_do_not_reach_the_server() {
    let world = world().await;
    let refused = [
        "?mode=map&layers=parcels",
        "?map=/x&mode=map&layer=parcels&SERVICE=WMS",
        "?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads&layers=parcels",
        "?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads&SLD=http://x",
        "?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads&SLD_BODY=x",
        "?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetPrint&map0:LAYERS=parcels",
        "?SERVICE=WMS&VERSION=1.1.1&REQUEST=GetContext&LAYERS=roads",
        "?SERVICE=WFS&VERSION=1.1.0&REQUEST=GetFeature&FEATUREID=parcels.1.2",
        "?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&STOREDQUERY_ID=x&ID=parcels.1",
        "?SERVICE=WFS&VERSION=1.1.0&REQUEST=Transaction",
        "?SERVICE=WMTS&REQUEST=GetTile",
        "?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads%00",
        "?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=%ff",
        "?ogcserver=main&OGCSERVER=html&SERVICE=WMS&REQUEST=GetCapabilities",
    ];
    for query in refused {
        let answer = world.jane(&format!("/mapserv_proxy{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}: {}", answer.body);
        assert!(answer.body.contains("Exception"), "{query}: {}", answer.body);
    }
    let post = Request::post("/mapserv_proxy?SERVICE=WFS&VERSION=1.1.0").body(Body::from("<GetFeature/>"));
    let answer = world.send(post.expect("a request")).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(answer.body.contains("OperationNotSupported") && answer.body.contains("xmlns:ows"));
    assert!(world.seen().is_empty());
    let answer = world
        .ask(&format!(
            "{}&role_ids=5&Role_Ids=5&USER_ID=1&s_name=x&MAP=/other&mode=map&layer=parcels&auth=00&AUTH=00&%61uth=00",
            map("demo")
        ))
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    let expected = format!(
        "map=/srv/demo.map&SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads&STYLES=&{SENT}&role_ids=1&user_id=-1"
    );
    assert_eq!(world.seen().pop().map(|seen| seen.query), Some(expected));
}

#[tokio::test]
async fn capabilities_show_what_the_user_may_see_and_lead_through_the_proxy() {
    let world = world().await;
    let backend = world.url.trim_start_matches("http://").to_owned();
    for (query, prefix) in [
        ("SERVICE=WMS&REQUEST=GetCapabilities", ""),
        ("SERVICE=WMS&VERSION=1.1.1&REQUEST=GetCapabilities", ""),
        ("SERVICE=WFS&REQUEST=GetCapabilities", "ms:"),
    ] {
        let path = format!("/mapserv_proxy?{query}");
        let (anonymous, jane) = (world.ask(&path).await, world.jane(&path).await);
        let name = |name: &str| format!("<Name>{prefix}{name}</Name>");
        assert_eq!(anonymous.status, StatusCode::OK, "{}", anonymous.body);
        assert!(anonymous.body.contains(&name("roads")) && !anonymous.body.contains("parcels"));
        assert!(jane.body.contains(&name("parcels")) && !jane.body.contains("buildings"));
        for answer in [&anonymous, &jane] {
            assert!(
                answer
                    .body
                    .contains("href=\"http://maps.example.com/mapserv_proxy/main?")
            );
            assert!(!answer.body.contains("backend.internal") && !answer.body.contains(&backend));
            assert!(answer.header("content-type").contains("xml"));
            assert!(answer.header("etag") != "\"x\"", "the server's own");
            is_sandboxed(answer);
        }
    }
    let hidden = World::new("  hide_capabilities: true").await;
    let answer = hidden
        .ask("/mapserv_proxy?SERVICE=WMS&REQUEST=GetCapabilities")
        .await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(hidden.ask(&map("roads")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn texts_lose_the_backends_urls() {
    let world = world().await;
    let path =
        "/mapserv_proxy/main?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=ms:parcels&COUNT=1";
    let answer = world.jane(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert!(!answer.body.contains("backend.internal"), "{}", answer.body);
    assert!(answer.body.contains("http://maps.example.com/mapserv_proxy/main?SERVICE=WFS&amp;VERSION=2.0.0&amp;REQUEST=DescribeFeatureType&amp;TYPENAME=ms:parcels"), "{}", answer.body);
    assert!(!answer.headers.contains_key("etag") && !answer.headers.contains_key("content-length"));
}

#[tokio::test]
async fn a_servers_own_name_for_itself_is_replaced_wherever_it_stands() {
    let world = world().await;
    for query in [
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetCapabilities",
        "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetCapabilities",
    ] {
        let answer = world.ask(&format!("/mapserv_proxy/elsewhere?{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert!(answer.body.contains("roads"), "{}", answer.body);
        assert!(!answer.body.contains("elsewhere.internal"), "{}", answer.body);
    }
}

#[tokio::test]
async fn servers_are_found_by_name() {
    let world = world().await;
    for path in [
        "/mapserv_proxy/main?",
        "/mapserv_proxy?OgcServer=main&",
        "/mapserv_proxy?",
    ] {
        assert_eq!(
            world.ask(&format!("{path}{MAP}&LAYERS=roads")).await.status,
            StatusCode::OK,
            "{path}"
        );
    }
    for path in [
        "/mapserv_proxy/other?",
        "/mapserv_proxy?ogcserver=MAIN&",
        "/mapserv_proxy/main%2f..?",
        "/mapserv_proxy/%ff?",
    ] {
        let answer = world.ask(&format!("{path}{MAP}&LAYERS=roads")).await;
        is_sandboxed(&answer);
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(
            answer.body.contains("main")
                && answer.body.contains("broken")
                && !answer.body.contains("http://127")
        );
    }
}

#[tokio::test]
async fn authentication_required_asks_only_strangers() {
    for (basicauth, status, challenge) in [
        (
            "true",
            StatusCode::UNAUTHORIZED,
            "Basic realm=\"Access to restricted layers\"",
        ),
        ("false", StatusCode::FORBIDDEN, ""),
    ] {
        let world = World::with("  hide_capabilities: false", &[("BASICAUTH", basicauth)]).await;
        let path = format!("{}&authentication_required", map("roads"));
        let answer = world.ask(&path).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("www-authenticate"), challenge);
        assert_eq!(answer.header("vary"), "Cookie, Authorization, Origin");
        assert_eq!(world.jane(&path).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_wrong_bearer_is_told_as_such_on_every_request() {
    let world = world().await;
    for path in [map("roads"), map("parcels"), "/mapserv_proxy?nonsense".to_owned()] {
        let answer = world.with_header(&path, "authorization", "Bearer nonsense").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(
            answer.header("www-authenticate"),
            "Bearer error=\"invalid_token\""
        );
        assert_eq!(answer.header("vary"), "Cookie, Authorization, Origin");
    }
    let foreign = with_header(
        with_header(get(&map("parcels")), "cookie", &world.cookie),
        "referer",
        "https://evil.example/",
    );
    assert_eq!(world.send(foreign).await.status, StatusCode::UNAUTHORIZED);
}

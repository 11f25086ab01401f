//! Map servers that are down, slow, endless or broken.

use std::time::Duration;

use http::StatusCode;

use super::backend::World;
use super::{is_sandboxed, map};

#[tokio::test]
async fn faults_of_the_server_are_told_without_its_words() {
    let world = World::new("  http_options: {timeout: 1}").await;
    for (server, status, code) in [
        ("html", StatusCode::BAD_REQUEST, "NoApplicableCode"),
        ("exception", StatusCode::BAD_REQUEST, "LayerNotDefined"),
        ("boom", StatusCode::BAD_GATEWAY, "NoApplicableCode"),
        ("redirect", StatusCode::BAD_GATEWAY, "NoApplicableCode"),
        ("slow", StatusCode::GATEWAY_TIMEOUT, "NoApplicableCode"),
        ("broken", StatusCode::BAD_GATEWAY, "NoApplicableCode"),
        ("endless", StatusCode::GATEWAY_TIMEOUT, "NoApplicableCode"),
    ] {
        let answer = world.ask(&map("roads").replace("main", server)).await;
        assert_eq!(answer.status, status, "{server}: {}", answer.body);
        assert!(
            answer.body.contains(code) && answer.body.contains("ServiceExceptionReport"),
            "{server}: {}",
            answer.body
        );
        assert!(
            !answer.body.contains("SQL") && !answer.body.contains("msWMS"),
            "{server}: {}",
            answer.body
        );
        is_sandboxed(&answer);
    }
    for query in [
        "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=roads",
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&LAYER=roads",
    ] {
        let answer = world.ask(&format!("/mapserv_proxy/exception?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(
            answer.body.contains("LayerNotDefined") && !answer.body.contains("msWMS"),
            "{}",
            answer.body
        );
    }
    let latin1 = world
        .ask("/mapserv_proxy/latin1?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=roads")
        .await;
    assert_eq!(latin1.status, StatusCode::BAD_REQUEST, "{}", latin1.body);
    let answer = world
        .ask("/mapserv_proxy/broken?SERVICE=WMS&REQUEST=GetCapabilities")
        .await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
    let mut gone = world.record("gone", "/");
    gone.url = "http://127.0.0.1:1/".to_owned();
    world.server(&gone).await;
    let answer = world.ask(&map("roads").replace("main", "gone")).await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
}

#[tokio::test]
async fn who_waits_for_a_tree_shares_its_failure() {
    let world = World::new("  http_options: {timeout: 1}").await;
    let path = map("roads").replace("main", "slow");
    let began = tokio::time::Instant::now();
    let answers = futures_util::future::join_all((0..8).map(|_| world.ask(&path))).await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.status == StatusCode::GATEWAY_TIMEOUT)
    );
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
}

/// T111: whatever a server does wrong is told in the form of what was asked, without its words and its address.
#[tokio::test]
async fn t111_a_servers_fault_is_told_in_the_protocols_own_form() {
    let world = World::new("  http_options: {timeout: 1}").await;
    let backend = world.url.trim_start_matches("http://").to_owned();
    let asked = [
        (
            "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetFeatureInfo&LAYERS=roads&QUERY_LAYERS=roads&I=1&J=1&INFO_FORMAT=text/plain",
            "ServiceExceptionReport version=\"1.3.0\"",
        ),
        (
            "SERVICE=WMS&VERSION=1.1.1&REQUEST=GetLegendGraphic&LAYER=roads&FORMAT=image/png",
            "ServiceExceptionReport version=\"1.1.1\"",
        ),
        (
            "SERVICE=WFS&VERSION=1.0.0&REQUEST=GetFeature&TYPENAME=roads",
            "ServiceExceptionReport version=\"1.2.0\"",
        ),
        (
            "SERVICE=WFS&VERSION=1.1.0&REQUEST=DescribeFeatureType&TYPENAME=roads",
            "xmlns:ows=\"http://www.opengis.net/ows\"",
        ),
        (
            "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=roads",
            "xmlns:ows=\"http://www.opengis.net/ows/1.1\"",
        ),
        (
            "SERVICE=WMTS&VERSION=1.0.0&REQUEST=GetTile&LAYER=roads&TILEMATRIXSET=EPSG:3857&TILEMATRIX=0&TILEROW=0&TILECOL=0&FORMAT=image/png",
            "ExceptionReport",
        ),
    ];
    for (server, statuses) in [
        ("html", [502]),
        ("page", [502]),
        ("boom", [502]),
        ("slow", [504]),
        ("redirect", [502]),
    ] {
        for (query, form) in asked {
            let answer = world.ask(&format!("/mapserv_proxy/{server}?{query}")).await;
            let told = format!("{server} {query}: {} {}", answer.status, answer.body);
            assert!(statuses.contains(&answer.status.as_u16()), "{told}");
            assert!(answer.body.contains(form), "{told}");
            assert!(answer.header("content-type").contains("xml"), "{told}");
            for secret in ["SQL", "backend.internal", backend.as_str(), "/slow", "doctype"] {
                assert!(!answer.body.contains(secret), "{told}");
            }
            assert_eq!(answer.header("cache-control"), "private, no-store", "{told}");
            is_sandboxed(&answer);
        }
    }
}

#[tokio::test]
async fn a_page_is_an_answer_where_one_was_asked_for() {
    let world = World::new("  http_options: {timeout: 1}").await;
    let info = "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetFeatureInfo&LAYERS=roads&QUERY_LAYERS=roads&I=1&J=1";
    for (query, status) in [
        (format!("{info}&INFO_FORMAT=text/html"), StatusCode::OK),
        (format!("{info}&info_format=TEXT/HTML"), StatusCode::OK),
        (format!("{info}&INFO_FORMAT=text/plain"), StatusCode::BAD_GATEWAY),
        (info.to_owned(), StatusCode::BAD_GATEWAY),
    ] {
        let answer = world.ask(&format!("/mapserv_proxy/html?{query}")).await;
        assert_eq!(answer.status, status, "{query}: {}", answer.body);
    }
    let post = |format: &str| {
        let body = format!(
            "<GetFeature service='WFS' version='1.1.0'{format}><Query typeName='roads'/></GetFeature>"
        );
        let request = http::Request::post("/mapserv_proxy/html").header("content-type", "text/xml");
        request.body(axum::body::Body::from(body)).expect("a request")
    };
    let plain = world.send(post("")).await;
    assert_eq!(plain.status, StatusCode::BAD_GATEWAY, "{}", plain.body);
    let asked = world.send(post(" outputFormat='text/html'")).await;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.body);
}

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

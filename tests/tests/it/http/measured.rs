//! What is noted of a request, for the log and the metrics.

use mapgate_core::measure::{Count, Measures, measured};
use mapgate_tests::gate::{TestGate, get, post, with_header};

async fn noted(test: &TestGate, router: axum::Router, request: http::Request<axum::body::Body>) -> Measures {
    measured(test.send(router, request)).await.1
}

#[tokio::test]
async fn a_login_is_counted_with_what_it_asked_of_the_table() {
    let test = TestGate::with("  authentication: {max_consecutive_failures: 2}\n", &[]).await;
    test.user("jane", "correct horse", &[], false).await;
    let router = || mapgate_login::router(test.gate.clone());
    let log_in = |password| post("/login", &[("login", "jane"), ("password", password)]);
    let _ = test.table_requests();
    let right = noted(&test, router(), log_in("correct horse")).await;
    assert_eq!(right.counts, [(Count::Logins, 1)].into());
    assert_eq!(right.route.as_deref(), Some("/login"));
    assert_eq!(right.table_requests as usize, test.table_requests().len());
    assert!(!right.table_time.is_zero());
    let wrong = noted(&test, router(), log_in("wrong")).await;
    assert_eq!(wrong.counts, [(Count::LoginFailures, 1)].into());
    let last = noted(&test, router(), log_in("wrong")).await;
    assert_eq!(last.counts.get(&Count::Lockouts), Some(&1), "{last:?}");
}

#[tokio::test]
async fn whom_a_request_acts_for_is_noted_by_number() {
    let test = TestGate::with("", &[]).await;
    test.user("jane", "correct horse", &[], false).await;
    let log_in = post("/login", &[("login", "jane"), ("password", "correct horse")]);
    let cookies = test
        .send(mapgate_login::router(test.gate.clone()), log_in)
        .await
        .cookies();
    let table = test.gate.table().await;
    let jane = table.user("jane").await.unwrap().unwrap();
    let asked = with_header(get("/loginuser"), "cookie", &cookies);
    let noted = noted(&test, mapgate_login::router(test.gate.clone()), asked).await;
    assert_eq!((noted.user_id, noted.counts.len()), (Some(jane.id.0), 0));
}

/// They are made when the first is asked for, behind one that stands for all.
#[tokio::test]
async fn a_route_of_the_administrations_api_is_noted_by_its_own_name() {
    let test = TestGate::with("", &[]).await;
    for (path, route) in [
        ("/admin/api/users/7", "/admin/api/users/{id}"),
        ("/admin/api/openapi.json", "/admin/api/openapi.json"),
        ("/admin/api/nothing", "/admin/api/{*path}"),
        ("/admin/users/7", "/admin/users/{id}"),
    ] {
        let noted = noted(&test, mapgate_admin::router(test.gate.clone()), get(path)).await;
        assert_eq!(noted.route.as_deref(), Some(route));
    }
}

//! Who may come in.

use axum::body::Body;
use http::{Method, Request};
use mapgate_core::table::ROLE_ADMIN;
use mapgate_tests::gate::{TestGate, get, with_header};
use serde_json::json;

use super::{Desk, PASSWORD, log_in};

async fn status(test: &TestGate, request: Request<Body>) -> u16 {
    let answer = test.send(mapgate_admin::router(test.gate.clone()), request).await;
    answer.status.as_u16()
}

#[tokio::test]
async fn only_an_administrator_comes_in_and_a_stranger_learns_nothing() {
    let desk = Desk::new().await;
    let test = &desk.test;
    test.user("jane", PASSWORD, &[], false).await;
    let jane = log_in(test, "jane", PASSWORD).await.cookies();
    for path in [
        "/admin/api/users",
        "/admin/api/users/1",
        "/admin/api/openapi.json",
    ] {
        assert_eq!(status(test, get(path)).await, 401, "{path}");
        assert_eq!(
            status(test, with_header(get(path), "cookie", &jane)).await,
            403,
            "{path}"
        );
        let answer = desk.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert_eq!(answer.header("cache-control"), "private, no-store");
        let vary = answer.header("vary");
        assert!(
            vary.contains("Cookie") && vary.contains("Authorization"),
            "{vary}"
        );
    }
    let answer = test
        .send(mapgate_admin::router(test.gate.clone()), get("/admin/api/users"))
        .await;
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.json()["status"], 401);
}

#[tokio::test]
async fn without_an_admin_interface_there_is_none() {
    let desk = Desk::with("  enable_admin_interface: false").await;
    for (method, path) in [
        (Method::GET, "/admin/api/users"),
        (Method::GET, "/admin/api/openapi.json"),
        (Method::DELETE, "/admin/api/users/1"),
        (Method::OPTIONS, "/admin/api/users"),
        (Method::GET, "/admin/nothing"),
    ] {
        let answer = desk.ask(method, path, None).await;
        assert_eq!(answer.status, 404, "{path}");
    }
    assert_eq!(desk.get("/health/admin").await.status, 200);
}

#[tokio::test]
async fn a_strangers_page_changes_nothing_with_a_ticket() {
    let desk = Desk::new().await;
    let role = json!({ "name": "editor" });
    for headers in [
        &[("origin", "https://evil.example.com")][..],
        &[("origin", "null")],
        &[("referer", "https://evil.example.com/x")],
        &[("sec-fetch-site", "cross-site")],
    ] {
        let answer = desk
            .ask_with(Method::POST, "/admin/api/roles", Some(&role), headers)
            .await;
        assert_eq!(answer.status, 401, "{headers:?}");
    }
    // A form's content types need no preflight, so they are none of the API's.
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ] {
        let request = Request::post("/admin/api/roles").header("content-type", kind);
        let request = request
            .header("cookie", &desk.cookies)
            .body(Body::from(role.to_string()));
        assert_eq!(desk.send(request.unwrap()).await.status, 415, "{kind}");
    }
    let own = [("origin", "http://maps.example.com")];
    let answer = desk
        .ask_with(Method::POST, "/admin/api/roles", Some(&role), &own)
        .await;
    assert_eq!(answer.status, 201, "{}", answer.body);
}

#[tokio::test]
async fn an_administrator_who_is_none_any_more_is_out_within_the_caches_time() {
    let desk = Desk::new().await;
    let admin = desk.test.role(ROLE_ADMIN).await;
    desk.test.user("bea", PASSWORD, &[admin], false).await;
    assert_eq!(desk.get("/admin/api/users").await.status, 200);
    let user = json!({ "username": "ada", "roles": [], "is_password_changed": true });
    let answer = desk.ask(Method::PUT, "/admin/api/users/1", Some(&user)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    desk.test.clock.advance(std::time::Duration::from_secs(10));
    assert_eq!(desk.get("/admin/api/users").await.status, 403);
}

#[tokio::test]
async fn what_is_malformed_is_told_as_a_problem() {
    let desk = Desk::new().await;
    for (body, status) in [
        ("{", 400),
        ("[]", 400),
        (r#"{"name": "x", "other": 1}"#, 400),
        (r#"{"name": "x"} x"#, 400),
        (r#"{"name": 1}"#, 400),
        (r#"{"name": ""}"#, 422),
        (r#"{"name": "a,b"}"#, 422),
        (r#"{"name": "a\u0000b"}"#, 422),
        (r#"{"name": "anonymous"}"#, 409),
    ] {
        let request = Request::post("/admin/api/roles")
            .header("content-type", "application/json; charset=utf-8")
            .header("cookie", &desk.cookies)
            .body(Body::from(body));
        let answer = desk.send(request.unwrap()).await;
        assert_eq!(answer.status.as_u16(), status, "{body}: {}", answer.body);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.json()["status"], status);
    }
    for path in [
        "/admin/api/users?limit=0",
        "/admin/api/users?limit=101",
        "/admin/api/users?limit=x",
        "/admin/api/users?sort=id",
        "/admin/api/users?descending=1",
        "/admin/api/users?search=%ff",
        "/admin/api/users?limit=1&limit=2",
    ] {
        assert_eq!(desk.get(path).await.status, 400, "{path}");
    }
    for path in [
        "/admin/api/users/x",
        "/admin/api/users/99",
        "/admin/api/roles/%ff",
        "/admin/api/x",
    ] {
        let answer = desk.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(
            answer.header("content-type"),
            "application/problem+json",
            "{path}"
        );
    }
    let answer = desk.ask(Method::PATCH, "/admin/api/roles", None).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-type")),
        (405, "application/problem+json")
    );
    assert_eq!(answer.header("allow"), "GET,HEAD,POST");
}

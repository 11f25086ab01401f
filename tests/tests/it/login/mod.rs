//! The function login (contract, section 4).

mod account;
mod came_from;
mod change_password;
mod logging_in;
mod logout;
mod oidc;
mod pages;
mod second_factor;
mod second_factor_page;
mod session;
mod trusted_header;
mod wire;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::Request;
use mapgate_core::gate::Gate;
use mapgate_core::table::AuditEntry;
use mapgate_tests::gate::{Answer, TestGate, get, post, with_header};

pub(crate) const PASSWORD: &str = "correct horse";

fn router(gate: &Arc<Gate>) -> Router {
    mapgate_login::router(gate.clone())
}

/// A gate with Jane, who has the role `editor`.
async fn jane() -> TestGate {
    jane_with("  hide_capabilities: false", &[]).await
}

async fn jane_with(vars: &str, variables: &[(&str, &str)]) -> TestGate {
    let test = TestGate::with(vars, variables).await;
    let editor = test.role("editor").await;
    test.user("jane", PASSWORD, &[editor], false).await;
    let _ = test.table_requests();
    test
}

/// Sends to the test's own gate.
async fn send(test: &TestGate, request: Request<Body>) -> Answer {
    test.send(router(&test.gate), request).await
}

async fn log_in(test: &TestGate, username: &str, password: &str) -> Answer {
    send(
        test,
        post("/login", &[("login", username), ("password", password)]),
    )
    .await
}

/// Jane's cookies after a login.
async fn ticket(test: &TestGate) -> String {
    let answer = log_in(test, "jane", PASSWORD).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.cookies()
}

/// Who the cookies belong to, as `/loginuser` of `gate` says; empty for nobody.
async fn who(test: &TestGate, gate: &Arc<Gate>, cookies: &str) -> String {
    let request = with_header(get("/loginuser"), "cookie", cookies);
    let answer = test.send(router(gate), request).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["username"].as_str().unwrap_or_default().to_owned()
}

/// Asks for a page's form: its token, and the browser's half as a cookie.
async fn form(test: &TestGate, path: &str) -> (String, String) {
    let answer = send(test, get(path)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let token = answer
        .body
        .split("name=\"csrf_token\" value=\"")
        .nth(1)
        .expect("a token");
    (
        token.split('"').next().expect("its end").to_owned(),
        answer.cookies(),
    )
}

/// The audit trail of the test's day.
async fn trail(test: &TestGate) -> Vec<AuditEntry> {
    let day = test.clock.now().rfc3339();
    let day = day.get(..10).expect("a day");
    test.gate
        .table()
        .await
        .audit(day)
        .await
        .expect("the table answers")
}

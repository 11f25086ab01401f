//! The function admin (contract, section 9): its API and its pages.

mod accounts;
mod clients;
mod entering;
mod offered;
mod pages;
mod roles;
mod servers;
mod users;
mod welcome;

use std::time::Duration;

use axum::body::Body;
use http::{Method, Request};
use mapgate_core::table::{AuditEntry, ROLE_ADMIN};
use mapgate_tests::gate::{Answer, TestGate, post};
use serde_json::Value;

const PASSWORD: &str = "correct horse";

/// A gate with Ada, an administrator, and her cookies.
pub(super) struct Desk {
    pub(super) test: TestGate,
    cookies: String,
}

impl Desk {
    pub(super) async fn new() -> Self {
        Self::with("  hide_capabilities: false").await
    }

    pub(super) async fn with(vars: &str) -> Self {
        let test = TestGate::with(vars, &[]).await;
        let admin = test.role(ROLE_ADMIN).await;
        test.user("ada", PASSWORD, &[admin], false).await;
        let cookies = log_in(&test, "ada", PASSWORD).await.cookies();
        Self { test, cookies }
    }

    /// A request of Ada's.
    pub(super) async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.ask_with(method, path, body, &[]).await
    }

    /// A request of Ada's with more headers.
    pub(super) async fn ask_with(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        // Two entries of the trail in one millisecond stand in any order.
        self.test.clock.advance(Duration::from_millis(1));
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("cookie", &self.cookies);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = match body {
            Some(body) => request
                .header("content-type", "application/json")
                .body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        self.send(request.unwrap()).await
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Answer {
        self.test
            .send(mapgate_admin::router(self.test.gate.clone()), request)
            .await
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, None).await
    }

    pub(super) async fn create(&self, path: &str, body: &Value) -> Value {
        let answer = self.ask(Method::POST, path, Some(body)).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.json()
    }

    /// The newest entry of the trail.
    pub(super) async fn newest_entry(&self) -> AuditEntry {
        let day = self.test.clock.now().rfc3339();
        let page = self.test.gate.table().await.audit_page(&day[..10], None, 1).await;
        page.unwrap().entries.remove(0)
    }
}

/// A try to log in, at the function login.
pub(super) async fn log_in(test: &TestGate, username: &str, password: &str) -> Answer {
    let form = post("/login", &[("login", username), ("password", password)]);
    test.send(mapgate_login::router(test.gate.clone()), form).await
}

/// Whom the cookies belong to, at the function login of another process.
pub(super) async fn who(test: &TestGate, cookies: &str) -> Value {
    let request = Request::get("/loginuser").header("cookie", cookies);
    let answer = test.send(
        mapgate_login::router(test.another()),
        request.body(Body::empty()).unwrap(),
    );
    answer.await.json()["username"].clone()
}

//! With two factors the word of a front proxy is the first, and the code is asked for here.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use mapgate_core::account::is_enrolled;
use mapgate_core::table::Event;
use mapgate_tests::gate::{Answer, TestGate, get, post, with_header};
use mapgate_tests::{hidden_fields, totp};

use super::{PASSWORD, router, send, trail, who};

const VARS: &str = "  authentication:\n    two_factor: true\n    max_consecutive_failures: 4\n    \
    trusted_header: {header: X-Remote-User, proxies: [203.0.113.0/24], create_user: true}";

/// As the proxy passes it on.
fn signed_on(request: Request<Body>) -> Request<Body> {
    with_header(request, "x-remote-user", "sso-jane")
}

async fn code(test: &TestGate, code: &str) -> Answer {
    send(test, signed_on(post("/login", &[("otp", code)]))).await
}

fn now(test: &TestGate, secret: &str) -> String {
    totp(secret, test.clock.now().seconds())
}

/// Sets up the factor of who comes by the proxy: its secret, and the ticket.
async fn enrolled(test: &TestGate) -> (String, String) {
    let begun = send(test, signed_on(post("/login", &[]))).await;
    assert_eq!((begun.status.as_u16(), begun.cookies().as_str()), (200, ""));
    let secret = begun.json()["two_factor_totp_secret"]
        .as_str()
        .expect("a secret")
        .to_owned();
    let fields = [("otp", &*now(test, &secret))];
    let done = send(test, signed_on(post("/loginchangepassword", &fields))).await;
    assert_eq!(
        done.json()["recovery_codes"].as_array().map(Vec::len),
        Some(10),
        "{}",
        done.body
    );
    test.clock.advance(Duration::from_secs(30));
    (secret, done.cookies())
}

#[tokio::test]
async fn the_header_alone_is_nobody_and_makes_nobody() {
    let test = TestGate::with(VARS, &[]).await;
    let answer = send(&test, signed_on(get("/loginuser"))).await;
    assert!(
        answer.status == 200 && !answer.body.contains("sso-jane"),
        "{}",
        answer.body
    );
    let table = test.gate.table().await;
    assert!(table.user("sso-jane").await.expect("the table answers").is_none());
}

#[tokio::test]
async fn the_header_and_a_code_are_a_login() {
    let test = TestGate::with(VARS, &[]).await;
    let (secret, ticket) = enrolled(&test).await;
    assert_eq!(who(&test, &test.gate, &ticket).await, "sso-jane");
    let missing = send(&test, signed_on(post("/login", &[]))).await;
    assert!(
        missing.status == 400 && missing.body.contains("otp"),
        "{}",
        missing.body
    );
    let right = now(&test, &secret);
    let entered = code(&test, &right).await;
    assert_eq!(entered.json()["username"], "sso-jane");
    assert_eq!(who(&test, &test.gate, &entered.cookies()).await, "sso-jane");
    // A code is good once, and four wrong ones in a row lock the account.
    for wrong in [right.as_str(), "000000", "", "000000"] {
        let answer = code(&test, wrong).await;
        let expected = if wrong.is_empty() { 400 } else { 401 };
        assert_eq!(
            (answer.status.as_u16(), answer.cookies().as_str()),
            (expected, ""),
            "{wrong}"
        );
    }
    test.clock.advance(Duration::from_secs(30));
    assert_eq!(code(&test, &now(&test, &secret)).await.status, 401);
    // Who is logged in stays so, as ever.
    assert_eq!(who(&test, &test.gate, &entered.cookies()).await, "sso-jane");
    let trail = trail(&test).await;
    let login = trail.iter().find(|entry| {
        entry
            .details
            .get("second_factor")
            .is_some_and(|used| used == "used")
    });
    let login = login.expect("the login");
    assert_eq!(
        (login.event, login.details["way"].as_str()),
        (Event::LoginSucceeded, "trusted_header")
    );
}

#[tokio::test]
async fn the_page_asks_whom_the_proxy_names_for_the_code_alone() {
    let test = TestGate::with(VARS, &[]).await;
    let page = send(&test, signed_on(get("/login.html"))).await;
    assert!(
        page.body.contains("code from an authenticator app"),
        "{}",
        page.body
    );
    assert!(!page.body.contains("name=\"otp\"") && !page.body.contains("name=\"password\""));
    // Looking at it begins nothing.
    let table = test.gate.table().await;
    let jane = table
        .user("sso-jane")
        .await
        .expect("the table answers")
        .expect("jane");
    assert!(jane.second_factor.is_none());
    let (secret, ticket) = enrolled(&test).await;
    let page = send(&test, signed_on(get("/login.html?came_from=/map"))).await;
    assert!(page.body.contains("name=\"otp\"") && !page.body.contains("name=\"password\""));
    let hidden = hidden_fields(&page.body);
    let code = now(&test, &secret);
    let fields = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let fields: Vec<_> = fields.chain([("otp", code.as_str())]).collect();
    let posted = with_header(signed_on(post("/login", &fields)), "cookie", &page.cookies());
    let back = send(&test, posted).await;
    assert_eq!((back.status.as_u16(), back.header("location")), (303, "/map"));
    let known = with_header(signed_on(get("/login.html")), "cookie", &ticket);
    assert!(
        send(&test, known)
            .await
            .body
            .contains("You are logged in as sso-jane")
    );
    let other = send(&test, signed_on(get("/loginchangepassword"))).await;
    assert!(!other.body.contains("<form"), "{}", other.body);
}

#[tokio::test]
async fn a_code_counts_with_the_word_of_a_listed_proxy_alone() {
    let test = TestGate::with(VARS, &[]).await;
    test.user("joe", PASSWORD, &[], false).await;
    let (secret, _) = enrolled(&test).await;
    let code = now(&test, &secret);
    let asked = || signed_on(post("/login", &[("otp", &code)]));
    // Nobody's word, another peer's, another's name, an account of another source, and a stranger's page.
    let elsewhere = test
        .send_from(router(&test.gate), asked(), [198, 51, 100, 1].into())
        .await;
    let bare = send(&test, post("/login", &[("otp", &code)])).await;
    let two = send(&test, with_header(asked(), "x-remote-user", "sso-otto")).await;
    let local = send(
        &test,
        with_header(post("/login", &[("otp", &code)]), "x-remote-user", "joe"),
    )
    .await;
    let foreign = send(
        &test,
        with_header(asked(), "referer", "https://evil.example.com/"),
    )
    .await;
    for (answer, status) in [
        (elsewhere, 400),
        (bare, 400),
        (two, 400),
        (local, 400),
        (foreign, 403),
    ] {
        assert_eq!(
            (answer.status.as_u16(), answer.cookies().as_str()),
            (status, ""),
            "{}",
            answer.body
        );
    }
    let otto = with_header(post("/login", &[("otp", &code)]), "x-remote-user", "sso-otto");
    let otto = send(&test, otto).await;
    assert_eq!(
        (otto.status.as_u16(), otto.cookies().as_str()),
        (200, ""),
        "{}",
        otto.body
    );
    assert!(
        otto.body.contains("two_factor_totp_secret"),
        "an enrolment: {}",
        otto.body
    );
    // Who has a password here logs in with it, also through the proxy.
    let joe = signed_on(post("/login", &[("login", "joe"), ("password", PASSWORD)]));
    assert_eq!(send(&test, joe).await.json()["username"], "joe");
    assert_eq!(send(&test, asked()).await.status, 200);
    let joe = test
        .gate
        .table()
        .await
        .user("joe")
        .await
        .expect("the table answers");
    assert!(!is_enrolled(&joe.expect("joe")));
}

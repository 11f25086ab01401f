//! What comes back, and what does not.

use std::time::Duration;

use axum::body::Body;
use http::StatusCode;
use http_body_util::BodyExt as _;
use mapgate_core::http::front;
use mapgate_core::identity::Peer;
use mapgate_tests::gate::get;
use tower::ServiceExt as _;

use super::backend::{World, path};
use super::is_sandboxed;

fn named(path: &str) -> String {
    format!("'{path}'")
}

#[tokio::test]
async fn t118_only_allowed_headers_come_back() {
    let names = |answer: &mapgate_tests::gate::Answer| {
        let mut names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
        names.sort_unstable();
        names
    };
    let own = [
        "content-length",
        "content-security-policy",
        "vary",
        "x-content-type-options",
    ];
    let all = |more: &[&str]| {
        let mut all: Vec<String> = own.iter().chain(more).map(ToString::to_string).collect();
        all.sort_unstable();
        all
    };
    let world = World::new().await;
    let answer = world.ask("answer", "'x'").await;
    assert_eq!(
        names(&answer),
        all(&["cache-control", "content-type", "etag", "last-modified"])
    );
    assert_eq!(answer.header("cache-control"), "public, max-age=60");
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(answer.header("vary"), "Origin");
    is_sandboxed(&answer);

    // Neither a cookie nor what speaks for the portal, even where it is listed; the type, even where it is not.
    let allowed = ", allow_private_addresses: true, allowed_headers: [Set-Cookie, Server, Strict-Transport-Security, \
                   WWW-Authenticate, Content-Security-Policy, Transfer-Encoding, Content-Length, Connection]";
    let world = World::with(allowed, "", &[]).await;
    let answer = world.ask("answer", "'x'").await;
    assert_eq!(names(&answer), all(&["cache-control", "content-type", "server"]));
    assert_eq!(answer.header("cache-control"), "no-cache");
    is_sandboxed(&answer);
    let answer = world.ask("answer", "'untyped'").await;
    assert_eq!(answer.header("content-type"), "application/octet-stream");
}

#[tokio::test]
async fn a_client_that_has_the_answer_is_told_so() {
    let world = World::new().await;
    let answer = world
        .with_header(&path("answer", "'etag'"), "if-none-match", "\"a\"")
        .await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (StatusCode::NOT_MODIFIED, "")
    );
    assert_eq!(answer.header("etag"), "\"a\"");
    let answer = world.ask("answer", "'empty'").await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (StatusCode::NO_CONTENT, "")
    );
}

#[tokio::test]
async fn t118_over_10_mib_is_502_whether_the_length_is_told_or_not() {
    let world = World::new().await;
    for (path, status) in [
        ("exact", StatusCode::OK),
        ("chunked", StatusCode::OK),
        ("large", StatusCode::BAD_GATEWAY),
        ("chunked-large", StatusCode::BAD_GATEWAY),
        ("endless", StatusCode::BAD_GATEWAY),
    ] {
        let answer = world.ask("answer", &named(path)).await;
        assert_eq!(answer.status, status, "{path}");
        if status.is_success() {
            assert_eq!(answer.body.len(), 10 * 1024 * 1024, "{path}");
        } else {
            assert_eq!(
                answer.json()["error"],
                "the target's answer is too large",
                "{path}"
            );
            is_sandboxed(&answer);
        }
    }
}

#[tokio::test]
async fn t118_slow_is_504_and_down_or_at_fault_is_502() {
    let world = World::new().await;
    for (target, path, status) in [
        ("answer", "slow", StatusCode::GATEWAY_TIMEOUT),
        ("answer", "drips", StatusCode::GATEWAY_TIMEOUT),
        ("down", "x", StatusCode::BAD_GATEWAY),
        ("answer", "boom", StatusCode::BAD_GATEWAY),
        ("answer", "forbidden", StatusCode::BAD_GATEWAY),
        ("answer", "partial", StatusCode::BAD_GATEWAY),
        ("answer", "gzip", StatusCode::BAD_GATEWAY),
        ("answer", "breaks-off", StatusCode::BAD_GATEWAY),
        ("answer", "gone", StatusCode::NOT_FOUND),
    ] {
        let answer = world.ask(target, &named(path)).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(
            answer.json()["error"].is_string() && !answer.body.contains("secret"),
            "{path}"
        );
        assert_eq!(answer.header("cache-control"), "private, no-store");
        assert_eq!(answer.header("www-authenticate"), "");
        is_sandboxed(&answer);
    }
}

/// A body of a told length goes on as it comes, so the client sees it break off.
#[tokio::test]
async fn an_answer_that_breaks_off_breaks_off() {
    let world = World::new().await;
    let mut request = get(&path("answer", "'breaks-off-told'"));
    request.extensions_mut().insert(Peer {
        address: [203, 0, 113, 7].into(),
        https: false,
    });
    let response = front(world.router(), &world.test.gate.settings)
        .oneshot(request)
        .await
        .unwrap();
    assert_eq!(
        (response.status(), &response.headers()["content-length"]),
        (StatusCode::OK, &http::HeaderValue::from(1000))
    );
    let body: Body = response.into_body();
    assert!(body.collect().await.is_err());
}

#[tokio::test]
async fn t116_redirects_are_followed_on_the_same_host_alone() {
    let world = World::new().await;
    for path in ["redirect", "absolute"] {
        let answer = world.ask("answer", &named(path)).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (StatusCode::OK, "<p>hello</p>"),
            "{path}"
        );
        assert_eq!(world.seen(), [format!("GET /{path}"), "GET /landed".to_owned()]);
    }
    for path in ["other-name", "other-port", "user", "metadata", "file", "nowhere"] {
        let answer = world.ask("answer", &named(path)).await;
        assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "{path}");
        assert_eq!(world.seen(), [format!("GET /{path}")]);
    }
    assert_eq!(
        world.ask("answer", "'late'").await.status,
        StatusCode::BAD_GATEWAY
    );
    assert_eq!(
        world.seen(),
        ["GET /late", "GET /other-port"],
        "each hop is looked at"
    );
    assert_eq!(
        world.ask("answer", "'loop'").await.status,
        StatusCode::BAD_GATEWAY
    );
    assert_eq!(world.seen().len(), 6);
    assert_eq!(world.elsewhere(), 0);
}

#[tokio::test]
async fn t115_private_addresses_are_not_called_unless_that_is_allowed() {
    let guarded = World::with("", "", &[]).await;
    for target in ["one", "name", "dot", "down", "metadata"] {
        let answer = tokio::time::timeout(Duration::from_secs(5), guarded.ask(target, "1"))
            .await
            .unwrap();
        assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "{target}");
        assert_eq!(answer.json()["error"], "the target does not answer as it should");
    }
    assert_eq!(guarded.seen(), Vec::<String>::new());
    let open = World::new().await;
    for target in ["one", "name"] {
        assert_eq!(open.ask(target, "1").await.status, StatusCode::OK, "{target}");
    }
    assert_eq!(open.seen().len(), 2);
}

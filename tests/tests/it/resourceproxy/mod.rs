//! The resource proxy (contract, section 7), against servers that note what reaches them.

mod attempts;
mod backend;
mod answers;

use http::{Method, StatusCode};
use mapgate_tests::gate::{Answer, get, with_header};

use backend::{World, path};

fn is_sandboxed(answer: &Answer) {
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(
        answer.header("content-security-policy"),
        "sandbox; default-src 'none'"
    );
}

#[tokio::test]
async fn values_land_where_the_target_has_their_places() {
    let world = World::new().await;
    for (target, values, reached) in [
        ("parcel", "(175,2633)", "/rf?commune=175&parcelle=2633"),
        ("parcel", "(1,'a b')", "/rf?commune=1&parcelle=a%20b"),
        ("one", "(1,)", "/one/1/end?own=1"),
        ("one", "1", "/one/1/end?own=1"),
        ("query", r#"("it's",)"#, "/query?q=it%27s&own=1"),
        ("free", "()", "/free"),
    ] {
        let answer = world.ask(target, values).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (StatusCode::OK, "<p>hello</p>"),
            "{values}"
        );
        assert_eq!(world.seen(), [format!("GET {reached}")]);
        is_sandboxed(&answer);
    }
    let answer = world.send(get("/resourceproxy?target=free")).await;
    assert_eq!(
        (answer.status, world.seen().len()),
        (StatusCode::OK, 1),
        "no values for no places"
    );
    // As a browser writes it by itself.
    let answer = world
        .send(get("/resourceproxy?target=parcel&values=(175,2633)&_dc=1"))
        .await;
    assert_eq!((answer.status, world.seen().len()), (StatusCode::OK, 1));
}

#[tokio::test]
async fn what_is_wrong_is_told_as_json_and_reaches_nobody() {
    let world = World::new().await;
    let asked = |target: &str, values: &str| path(target, values);
    for (path, text) in [
        ("/resourceproxy".to_owned(), "target is missing"),
        ("/resourceproxy?values=1".to_owned(), "target is missing"),
        (
            "/resourceproxy?TARGET=one&values=1".to_owned(),
            "target is missing",
        ),
        ("/resourceproxy?target=&values=1".to_owned(), "target is missing"),
        ("/resourceproxy?target=one".to_owned(), "values is missing"),
        (
            "/resourceproxy?target=one&values=".to_owned(),
            "values is missing",
        ),
        (
            "/resourceproxy?target=one&target=one&values=1".to_owned(),
            "target stands there twice",
        ),
        (
            "/resourceproxy?target=one&values=1&values=1".to_owned(),
            "values stands there twice",
        ),
        (
            "/resourceproxy?target=one&values=%ff".to_owned(),
            "percent-encoded UTF-8",
        ),
        (asked("nosuch", "1"), "the target is unknown"),
        (asked("ONE", "1"), "the target is unknown"),
        (asked("one", "(1,2)"), "takes 1 values, not 2"),
        (asked("one", "()"), "takes 1 values, not 0"),
        (asked("free", "1"), "takes 0 values, not 1"),
        (asked("one", "[1]"), "must be a tuple"),
        (asked("one", "'..'"), "path segment"),
        (asked("one", r"'\r\n'"), "control characters"),
    ] {
        let answer = world.send(get(&path)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        let error = answer.json()["error"].as_str().unwrap().to_owned();
        assert!(error.contains(text), "{path}: {error}");
        assert!(!answer.body.contains("127.0.0.1"), "{path}: {error}");
        is_sandboxed(&answer);
    }
    assert_eq!(world.seen(), Vec::<String>::new());
}

#[tokio::test]
async fn t113_a_target_is_told_nothing_of_who_asks() {
    let world = World::new().await;
    let mut request = get(&path("one", "1"));
    for (name, value) in [
        ("cookie", "auth_tkt=secret"),
        ("referer", "http://maps.example.com/page?secret"),
        ("origin", "http://maps.example.com"),
        ("user-agent", "secret"),
        ("x-forwarded-for", "198.51.100.9"),
        ("forwarded", "for=198.51.100.9"),
        ("accept-language", "rm"),
        ("range", "bytes=0-1"),
        ("te", "trailers"),
        ("host", "maps.example.com"),
        ("if-none-match", "\"b\""),
        ("if-modified-since", "Mon, 01 Jan 2024 00:00:00 GMT"),
    ] {
        request = with_header(request, name, value);
    }
    // Basic is off, so that it is ignored.
    let request = with_header(request, "authorization", "Basic amFuZTpzZWNyZXQ=");
    assert_eq!(world.send(request).await.status, StatusCode::OK);
    let seen = world.requests().pop().unwrap();
    let mut names: Vec<&str> = seen.headers.keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "accept",
            "accept-encoding",
            "host",
            "if-modified-since",
            "if-none-match"
        ]
    );
    assert_eq!(seen.headers["accept-encoding"], "identity");
    assert_eq!(
        format!("http://{}", seen.headers["host"].to_str().unwrap()),
        world.url
    );
}

#[tokio::test]
async fn head_asks_with_head_and_options_asks_nobody() {
    let world = World::new().await;
    let mut head = get(&path("one", "1"));
    *head.method_mut() = Method::HEAD;
    let answer = world.send(head).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, ""));
    assert_eq!(answer.header("content-length"), "12");
    assert_eq!(world.seen(), ["HEAD /one/1/end?own=1"]);
    let mut options = get(&path("one", "1"));
    *options.method_mut() = Method::OPTIONS;
    let answer = world.send(options).await;
    assert_eq!(
        (answer.status, answer.header("allow")),
        (StatusCode::NO_CONTENT, "GET,HEAD,OPTIONS")
    );
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        let mut request = get(&path("one", "1"));
        *request.method_mut() = method.clone();
        let answer = world.send(request).await;
        assert_eq!(
            (answer.status, answer.header("allow")),
            (StatusCode::METHOD_NOT_ALLOWED, "GET,HEAD"),
            "{method}"
        );
    }
    assert_eq!(world.seen(), Vec::<String>::new());
}

#[tokio::test]
async fn everybody_may_ask_but_a_wrong_credential_is_401() {
    let world = World::with(", allow_private_addresses: true", "", &[("BASICAUTH", "true")]).await;
    for (credential, challenge) in [
        ("Bearer x", "Bearer error=\"invalid_token\""),
        ("Basic eDp4", "Basic"),
    ] {
        let answer = world
            .with_header(&path("one", "1"), "authorization", credential)
            .await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert!(answer.header("www-authenticate").starts_with(challenge));
        is_sandboxed(&answer);
    }
    assert_eq!(world.seen(), Vec::<String>::new());
    for (name, value) in [
        ("cookie", "auth_tkt=nonsense"),
        ("referer", "https://evil.example/"),
        ("origin", "null"),
    ] {
        let answer = world.with_header(&path("one", "1"), name, value).await;
        assert_eq!(answer.status, StatusCode::OK, "{name}");
    }
}

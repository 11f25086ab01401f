//! What stands around every route (contract, sections 1, 2 and 8).

mod cors;
mod intranet;
mod measured;
mod referrer;

use axum::body::Body;
use http::{Method, Request, StatusCode};
use mapgate_tests::gate::{TestGate, get, post, with_header};

const CORS: &str = "  headers: {login: {access_control_allow_origin: ['https://portal.ch', '*'], \
                    access_control_max_age: 7, headers: {X-Portal: here}}}";

fn options(path: &str) -> Request<Body> {
    let mut request = get(path);
    *request.method_mut() = Method::OPTIONS;
    request
}

#[tokio::test]
async fn a_listed_origin_is_echoed_with_credentials_and_any_other_gets_none() {
    let test = TestGate::with(CORS, &[]).await;
    let router = mapgate_login::router(test.gate.clone());
    for (origin, allowed, credentials) in [
        ("https://portal.ch", "https://portal.ch", "true"),
        ("https://portal.ch.evil.com", "*", ""),
        ("null", "*", ""),
    ] {
        let answer = test
            .send(
                router.clone(),
                with_header(get("/health/login"), "origin", origin),
            )
            .await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header("access-control-allow-origin"), allowed);
        assert_eq!(answer.header("access-control-allow-credentials"), credentials);
        assert!(answer.headers.get_all("vary").iter().any(|vary| vary == "Origin"));
        assert_eq!(answer.header("x-portal"), "here");
    }
    let unlisted = TestGate::with(
        "  headers: {login: {access_control_allow_origin: ['https://a.ch']}}",
        &[],
    )
    .await;
    let request = with_header(get("/health/login"), "origin", "https://b.ch");
    let answer = unlisted
        .send(mapgate_login::router(unlisted.gate.clone()), request)
        .await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
    assert!(answer.headers.get_all("vary").iter().any(|vary| vary == "Origin"));
}

#[tokio::test]
async fn a_preflight_names_the_routes_methods_the_headers_asked_for_and_the_age() {
    let test = TestGate::with(CORS, &[]).await;
    let router = mapgate_login::router(test.gate.clone());
    let request = with_header(options("/health/login"), "origin", "https://portal.ch");
    let request = with_header(request, "access-control-request-method", "GET");
    let request = with_header(request, "access-control-request-headers", "x-one, x-two");
    let answer = test.send(router.clone(), request).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (StatusCode::NO_CONTENT, "")
    );
    assert_eq!(answer.header("access-control-allow-methods"), "GET,HEAD,OPTIONS");
    assert_eq!(answer.header("access-control-allow-headers"), "x-one, x-two");
    assert_eq!(answer.header("access-control-max-age"), "7");

    let plain = test.send(router.clone(), options("/health/login")).await;
    assert_eq!(
        (plain.status, plain.header("allow")),
        (StatusCode::NO_CONTENT, "GET,HEAD,OPTIONS")
    );
    assert_eq!(plain.header("access-control-allow-methods"), "");
    assert_eq!(
        test.send(router, options("/nowhere")).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn unknown_paths_wrong_methods_and_bodies_too_large_have_their_forms() {
    let test = TestGate::new().await;
    let router = mapgate_login::router(test.gate.clone());
    let answer = test.send(router.clone(), get("/nowhere")).await;
    assert_eq!(
        (answer.status, answer.json()["error"].as_str()),
        (StatusCode::NOT_FOUND, Some("not found"))
    );
    let answer = test.send(router.clone(), post("/health/login", &[])).await;
    assert_eq!(
        (answer.status, answer.header("allow")),
        (StatusCode::METHOD_NOT_ALLOWED, "GET,HEAD")
    );
    assert_eq!(answer.json()["error"], "this method is not allowed here");
    let large = with_header(post("/health/login", &[]), "content-length", "1048577");
    assert_eq!(
        test.send(router.clone(), large).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    let mut head = get("/health/login");
    *head.method_mut() = Method::HEAD;
    let answer = test.send(router, head).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, ""));
}

#[tokio::test]
async fn a_malformed_host_is_400() {
    let test = TestGate::new().await;
    let router = mapgate_login::router(test.gate.clone());
    for hosts in [&["a b"][..], &["user@host"], &["[::"], &["a", "b"], &["a:port"]] {
        let request = hosts.iter().fold(get("/health/login"), |request, host| {
            with_header(request, "host", host)
        });
        let answer = test.send(router.clone(), request).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{hosts:?}");
        assert_eq!(answer.json()["error"], "the Host header is malformed");
    }
    for host in [
        "maps.example.com",
        "maps.example.com:8080",
        "[::1]:80",
        "127.0.0.1",
    ] {
        let answer = test
            .send(router.clone(), with_header(get("/health/login"), "host", host))
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{host}");
    }
}

#[tokio::test]
async fn the_base_urls_path_is_stripped_and_plain_http_goes_to_https() {
    let variables = [("MAPGATE_BASE_URL", "https://maps.example.com/geo")];
    let test = TestGate::with("  intranet: {trusted_proxies: [203.0.113.7]}", &variables).await;
    let router = mapgate_login::router(test.gate.clone());
    let answer = test.send(router.clone(), get("/geo/health/login?x=1")).await;
    assert_eq!(answer.status, StatusCode::PERMANENT_REDIRECT);
    assert_eq!(
        answer.header("location"),
        "https://maps.example.com/geo/health/login?x=1"
    );
    for (name, value) in [
        ("x-https", "on"),
        ("x-forwarded-proto", "https"),
        ("forwarded", "for=10.0.0.1;proto=https"),
    ] {
        let answer = test
            .send(router.clone(), with_header(get("/geo/health/login"), name, value))
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{name}");
        assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
        let request = with_header(get("/geo/health/login"), name, value);
        let answer = test
            .send_from(router.clone(), request, [198, 51, 100, 1].into())
            .await;
        assert_eq!(
            answer.status,
            StatusCode::PERMANENT_REDIRECT,
            "{name} from a stranger"
        );
    }
    let post = test.send(router, post("/geo/health/login", &[])).await;
    assert_eq!(post.status, StatusCode::METHOD_NOT_ALLOWED, "only GET is sent on");
}

#[tokio::test]
async fn health_names_what_is_not_there() {
    let test = TestGate::new().await;
    for (router, name) in [
        (mapgate_login::router(test.gate.clone()), "login"),
        (
            mapgate_oauth_authorize::router(test.gate.clone()),
            "oauth-authorize",
        ),
        (mapgate_oauth_token::router(test.gate.clone()), "oauth-token"),
        (
            mapgate_mapserver_proxy::router(test.gate.clone()),
            "mapserver-proxy",
        ),
        (mapgate_resourceproxy::router(test.gate.clone()), "resourceproxy"),
        (
            mapgate_reset_password::router(test.gate.clone()),
            "reset-password",
        ),
        (mapgate_admin::router(test.gate.clone()), "admin"),
    ] {
        let answer = test.send(router, get(&format!("/health/{name}"))).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (StatusCode::OK, r#"{"status":"ok"}"#),
            "{name}"
        );
    }
    let gone = TestGate::with(
        "  hide_capabilities: false",
        &[("MAPGATE_SECRETS", "file:/nowhere/at/all")],
    )
    .await;
    let answer = gone
        .send(mapgate_login::router(gone.gate.clone()), get("/health/login"))
        .await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json()["missing"], "secret");
}

//! What holds on the wire: methods, sizes, kinds and encodings of bodies, CORS, https.

use axum::body::Body;
use http::{Method, Request};
use mapgate_tests::gate::{TestGate, get, post, with_header};

use super::{PASSWORD, jane_with, log_in, send};

fn request(method: Method, path: &str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .body(Body::empty())
        .expect("a request")
}

#[tokio::test]
async fn methods_are_answered_or_named() {
    let test = TestGate::new().await;
    for (path, allowed) in [
        ("/login", "POST"),
        ("/login.html", "GET,HEAD"),
        ("/logout", "GET,HEAD"),
        ("/loginuser", "GET,HEAD"),
        ("/loginchangepassword", "GET,HEAD,POST"),
        ("/notlogin", "GET,HEAD"),
        ("/oidc/login", "GET,HEAD"),
        ("/oidc/callback", "GET,HEAD"),
        ("/account", "GET,HEAD"),
        ("/account/revoke", "POST"),
        ("/account/qgis/wms.xml", "GET,HEAD"),
        ("/account/qgis/authentication.xml", "POST"),
    ] {
        for method in [
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::DELETE,
            Method::PATCH,
        ] {
            let answer = send(&test, request(method.clone(), path)).await;
            let refused = answer.status == 405;
            assert_eq!(
                refused,
                !allowed.split(',').any(|known| known == method.as_str()),
                "{method} {path}"
            );
            if refused {
                assert_eq!(answer.header("allow"), allowed, "{method} {path}");
                assert!(
                    method == Method::HEAD || answer.json()["error"].is_string(),
                    "{method} {path}"
                );
            }
        }
        let options = send(&test, request(Method::OPTIONS, path)).await;
        assert_eq!(
            (options.status.as_u16(), options.header("allow")),
            (204, format!("{allowed},OPTIONS").as_str())
        );
    }
    for path in [
        "/account/",
        "/account/x",
        "/oidc",
        "/login/",
        "/login.html/x",
        "/",
    ] {
        let answer = send(&test, get(path)).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["error"]),
            (404, &"not found".into()),
            "{path}"
        );
    }
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let test = TestGate::new().await;
    for path in ["/login.html", "/loginuser", "/notlogin", "/health/login"] {
        let head = send(&test, request(Method::HEAD, path)).await;
        assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""), "{path}");
        assert!(!head.header("content-type").is_empty(), "{path}");
    }
}

#[tokio::test]
async fn bodies_of_another_kind_size_or_encoding_are_refused() {
    let test = TestGate::new().await;
    let send_body = async |path: &str, kind: Option<&str>, body: Vec<u8>| {
        let mut request = Request::post(path);
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        send(&test, request.body(Body::from(body)).expect("a request")).await
    };
    let form = "application/x-www-form-urlencoded";
    for path in ["/login", "/loginchangepassword"] {
        for (kind, body, status) in [
            (Some("application/json"), b"{}".to_vec(), 415),
            (Some("text/plain"), b"login=jane".to_vec(), 415),
            (None, b"login=jane&password=x".to_vec(), 415),
            (Some("multipart/form-data"), b"x".to_vec(), 415),
            (Some("multipart/form-data; boundary=b"), b"x".to_vec(), 400),
            (Some(form), vec![b'a'; 1024 * 1024 + 1], 413),
            (Some(form), b"login=\xff&password=x".to_vec(), 400),
            (Some(form), b"login=%ff&password=x".to_vec(), 400),
            (Some(form), b"login=%&password=x".to_vec(), 400),
            (Some(form), Vec::new(), 400),
            (
                Some("Application/X-WWW-Form-Urlencoded; charset=utf-8"),
                b"login=jane".to_vec(),
                400,
            ),
        ] {
            let answer = send_body(path, kind, body).await;
            assert_eq!(answer.status, status, "{path} {kind:?}: {}", answer.body);
            assert!(answer.json()["error"].is_string());
            assert_eq!(answer.header("cache-control"), "private, no-store");
        }
    }
}

#[tokio::test]
async fn an_access_token_or_broken_text_in_the_query_is_refused() {
    let test = TestGate::new().await;
    for path in [
        "/loginuser",
        "/logout",
        "/login.html",
        "/notlogin",
        "/loginchangepassword",
    ] {
        for query in ["access_token=x", "access%5Ftoken=", "lang=%ff", "x=%"] {
            let answer = send(&test, get(&format!("{path}?{query}"))).await;
            assert_eq!(answer.status, 400, "{path} {query}");
        }
    }
    assert_eq!(send(&test, post("/login?access_token=x", &[])).await.status, 400);
}

#[tokio::test]
async fn a_listed_origin_may_read_and_use_tickets_and_another_may_not() {
    let vars = "  authorized_referers: [portal.example.com]\n  headers: {login: {access_control_allow_origin: \
                ['https://portal.example.com'], access_control_max_age: 60, headers: {x-served-by: mapgate}}}";
    let test = jane_with(vars, &[]).await;
    let cookies = log_in(&test, "jane", PASSWORD).await.cookies();
    for (origin, allowed, username) in [
        ("https://portal.example.com", "https://portal.example.com", "jane"),
        ("https://portal.example.com.evil.com", "", ""),
        ("null", "", ""),
    ] {
        let request = with_header(get("/loginuser"), "origin", origin);
        let answer = send(&test, with_header(request, "cookie", &cookies)).await;
        assert_eq!(answer.header("access-control-allow-origin"), allowed);
        assert_eq!(
            answer.header("access-control-allow-credentials").is_empty(),
            allowed.is_empty()
        );
        assert_eq!(
            answer.json()["username"].as_str().unwrap_or_default(),
            username,
            "{origin}"
        );
        assert_eq!(answer.header("x-served-by"), "mapgate");
        let preflight = with_header(request_options("/login"), "origin", origin);
        let preflight = send(
            &test,
            with_header(preflight, "access-control-request-method", "POST"),
        )
        .await;
        assert_eq!(preflight.status, 204);
        let methods = if allowed.is_empty() { "" } else { "POST,OPTIONS" };
        assert_eq!(preflight.header("access-control-allow-methods"), methods);
        assert_eq!(
            preflight.header("access-control-max-age"),
            if allowed.is_empty() { "" } else { "60" }
        );
    }
}

fn request_options(path: &str) -> Request<Body> {
    request(Method::OPTIONS, path)
}

#[tokio::test]
async fn t65_under_https_cookies_are_secure_and_plain_pages_are_led_there() {
    let variables = [
        ("MAPGATE_BASE_URL", "https://maps.example.com"),
        ("AUTHTKT_SECURE", "true"),
    ];
    let vars = "  intranet: {trusted_proxies: [203.0.113.7]}";
    let test = jane_with(vars, &variables).await;
    let plain = send(&test, get("/login.html?lang=de")).await;
    assert_eq!(plain.status, 308);
    assert_eq!(
        plain.header("location"),
        "https://maps.example.com/login.html?lang=de"
    );
    let page = send(
        &test,
        with_header(get("/login.html"), "x-forwarded-proto", "https"),
    )
    .await;
    assert!(page.header("set-cookie").starts_with("__Host-mapgate_form="));
    assert!(page.header("set-cookie").contains("; Secure"));
    assert_eq!(page.header("strict-transport-security"), "max-age=31536000");
    let login = post("/login", &[("login", "jane"), ("password", PASSWORD)]);
    let login = send(&test, with_header(login, "x-forwarded-proto", "https")).await;
    assert!(login.header("set-cookie").contains("; Secure"));
}

#[tokio::test]
async fn t75_no_answer_about_a_login_is_kept_by_a_cache() {
    let test = jane_with("  hide_capabilities: false", &[]).await;
    test.user("joe", PASSWORD, &[], true).await;
    let right = log_in(&test, "jane", PASSWORD).await;
    let cookies = right.cookies();
    let logout = with_header(get("/logout"), "cookie", &cookies);
    for (answer, status) in [
        (right, 200),
        (log_in(&test, "jane", "wrong").await, 401),
        (log_in(&test, "joe", PASSWORD).await, 200),
        (send(&test, post("/login", &[])).await, 400),
        (send(&test, logout).await, 200),
        (send(&test, get("/login.html")).await, 200),
    ] {
        assert_eq!(answer.status, status, "{}", answer.body);
        assert_eq!(answer.header("cache-control"), "private, no-store");
        let vary = answer.header("vary").to_ascii_lowercase();
        for name in ["origin", "cookie", "authorization"] {
            assert!(vary.contains(name), "{vary}");
        }
    }
}

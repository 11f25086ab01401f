//! Who may read answers from a page elsewhere (contract, section 8; T94, T95): each service by its own settings.

use axum::Router;
use http::{Method, StatusCode};
use mapgate_tests::gate::{Answer, TestGate, get, post, with_header};

/// A service, a router that has it, and a path of it.
type Served = (
    &'static str,
    fn(std::sync::Arc<mapgate_core::gate::Gate>) -> Router,
    &'static str,
);

const SERVED: [Served; 6] = [
    ("login", mapgate_login::router, "/loginuser"),
    ("mapserver", mapgate_mapserver_proxy::router, "/mapserv_proxy"),
    ("oauth", mapgate_oauth_token::router, "/oauth/jwks"),
    (
        "externalresource",
        mapgate_resourceproxy::router,
        "/resourceproxy",
    ),
    ("admin", mapgate_admin::router, "/health/admin"),
    ("error", mapgate_login::router, "/nowhere"),
];

/// Each service has a portal of its own.
fn vars() -> String {
    let services = SERVED.map(|(service, ..)| {
        format!(
            "{service}: {{access_control_allow_origin: ['https://{service}.portal.ch'], access_control_max_age: 7, \
             headers: {{X-Service: {service}}}}}"
        )
    });
    format!("  headers: {{{}}}", services.join(", "))
}

async fn ask(
    test: &TestGate,
    router: &Router,
    method: &Method,
    path: &str,
    headers: &[(&'static str, &str)],
) -> Answer {
    let mut request = get(path);
    *request.method_mut() = method.clone();
    let request = headers.iter().fold(request, |request, (name, value)| {
        with_header(request, name, value)
    });
    test.send(router.clone(), request).await
}

fn allowed(answer: &Answer) -> (&str, &str) {
    (
        answer.header("access-control-allow-origin"),
        answer.header("access-control-allow-credentials"),
    )
}

fn varies(answer: &Answer) -> bool {
    answer.header("vary").split(", ").any(|name| name == "Origin")
}

#[tokio::test]
async fn t94_each_service_echoes_the_origins_of_its_own_list_and_no_others() {
    let test = TestGate::with(&vars(), &[]).await;
    for (service, router, path) in SERVED {
        let router = router(test.gate.clone());
        let own = format!("https://{service}.portal.ch");
        for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::DELETE] {
            let answer = ask(&test, &router, &method, path, &[("origin", &own)]).await;
            assert_eq!(allowed(&answer), (own.as_str(), "true"), "{service} {method}");
            assert_eq!(answer.header("x-service"), service, "{method}");
            assert!(varies(&answer), "{service} {method}: {}", answer.header("vary"));
        }
        let mut others = vec![
            "null".to_owned(),
            String::new(),
            "*".to_owned(),
            format!("{own}.evil.com"),
            format!("https://evil{service}.portal.ch"),
            format!("https://evil.com/{service}.portal.ch"),
            format!("https://evil.com#{own}"),
            format!("https://{service}.portal.ch.evil.com"),
            format!("https://{service}-portal.ch"),
            format!("http://{service}.portal.ch"),
            format!("{own}:443"),
            format!("{own}:8443"),
            format!("{own}/"),
            format!("{own}."),
            format!("{own}, https://evil.com"),
            format!("https://evil.com, {own}"),
            format!("https://user@{service}.portal.ch"),
            own.to_uppercase(),
            "https://portal.ch".to_owned(),
            "file://".to_owned(),
        ];
        others.extend(
            SERVED
                .iter()
                .filter(|(other, ..)| *other != service)
                .map(|(other, ..)| format!("https://{other}.portal.ch")),
        );
        for other in others {
            let answer = ask(&test, &router, &Method::GET, path, &[("origin", &other)]).await;
            assert_eq!(allowed(&answer), ("", ""), "{service} {other}");
            assert!(varies(&answer), "{service} {other}");
        }
        let answer = ask(&test, &router, &Method::GET, path, &[]).await;
        assert_eq!(allowed(&answer), ("", ""), "{service}");
        assert!(varies(&answer), "{service}");
    }
}

#[tokio::test]
async fn t94_a_star_lets_everyone_read_without_credentials() {
    let services = SERVED
        .map(|(service, ..)| format!("{service}: {{access_control_allow_origin: ['*', 'https://own.ch']}}"));
    let test = TestGate::with(&format!("  headers: {{{}}}", services.join(", ")), &[]).await;
    for (service, router, path) in SERVED {
        let router = router(test.gate.clone());
        for (origin, expected) in [
            ("https://own.ch", ("https://own.ch", "true")),
            ("https://other.ch", ("*", "")),
            ("null", ("*", "")),
        ] {
            let answer = ask(&test, &router, &Method::GET, path, &[("origin", origin)]).await;
            assert_eq!(allowed(&answer), expected, "{service} {origin}");
            assert!(varies(&answer), "{service}");
        }
    }
}

#[tokio::test]
async fn t95_a_preflight_names_what_the_route_has_to_who_may_know() {
    let test = TestGate::with(&vars(), &[]).await;
    for (service, router, path, methods) in [
        (
            "login",
            mapgate_login::router as fn(_) -> _,
            "/loginuser",
            "GET,HEAD,OPTIONS",
        ),
        ("login", mapgate_login::router, "/login", "POST,OPTIONS"),
        (
            "login",
            mapgate_login::router,
            "/loginchangepassword",
            "GET,HEAD,POST,OPTIONS",
        ),
        (
            "mapserver",
            mapgate_mapserver_proxy::router,
            "/mapserv_proxy",
            "GET,HEAD,POST,OPTIONS",
        ),
        (
            "externalresource",
            mapgate_resourceproxy::router,
            "/resourceproxy",
            "GET,HEAD,OPTIONS",
        ),
        (
            "admin",
            mapgate_admin::router,
            "/admin/api/roles",
            "GET,HEAD,POST,OPTIONS",
        ),
    ] {
        let router: Router = router(test.gate.clone());
        let own = format!("https://{service}.portal.ch");
        let asks = |origin| {
            [
                ("origin", origin),
                ("access-control-request-method", "POST"),
                ("access-control-request-headers", "authorization,x-requested-with"),
            ]
        };
        let answer = ask(&test, &router, &Method::OPTIONS, path, &asks(&own)).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (StatusCode::NO_CONTENT, ""),
            "{path}"
        );
        assert_eq!(allowed(&answer), (own.as_str(), "true"), "{path}");
        for (name, value) in [
            ("access-control-allow-methods", methods),
            ("access-control-allow-headers", "authorization,x-requested-with"),
            ("access-control-max-age", "7"),
            ("vary", "Origin, Access-Control-Request-Headers"),
        ] {
            assert_eq!(answer.header(name), value, "{path}");
        }
        for origin in ["https://evil.ch", "null"] {
            let answer = ask(&test, &router, &Method::OPTIONS, path, &asks(origin)).await;
            let told = answer
                .headers
                .keys()
                .filter(|name| name.as_str().starts_with("access-control-"));
            assert_eq!((told.count(), varies(&answer)), (0, true), "{path} {origin}");
        }
        // No preflight: nobody asks for a method.
        let answer = ask(&test, &router, &Method::OPTIONS, path, &[("origin", &own)]).await;
        assert_eq!(answer.header("access-control-allow-methods"), "", "{path}");
        assert_eq!(answer.header("allow"), methods, "{path}");
    }
}

/// What no service answers is the service `error`'s: a malformed Host, the way to https, an unknown path.
#[tokio::test]
async fn errors_that_no_service_makes_have_the_headers_of_the_service_error() {
    let variables = [("MAPGATE_BASE_URL", "https://maps.example.com")];
    let test = TestGate::with(&vars(), &variables).await;
    let router = mapgate_login::router(test.gate.clone());
    let own = "https://error.portal.ch";
    let host = [("origin", own), ("host", "a b")];
    for (answer, status) in [
        (
            ask(&test, &router, &Method::GET, "/loginuser", &host).await,
            StatusCode::BAD_REQUEST,
        ),
        (
            ask(&test, &router, &Method::GET, "/loginuser", &[("origin", own)]).await,
            StatusCode::PERMANENT_REDIRECT,
        ),
        (
            test.send(router.clone(), with_header(post("/nowhere", &[]), "origin", own))
                .await,
            StatusCode::NOT_FOUND,
        ),
    ] {
        assert_eq!(answer.status, status);
        assert_eq!(allowed(&answer), (own, "true"), "{status}");
        assert_eq!(answer.header("x-service"), "error", "{status}");
        assert!(varies(&answer), "{status}");
    }
    // Nobody's page reads what the authorization endpoint answers (RFC 9700 §2.6), but a cache is told all the same.
    let router = mapgate_oauth_authorize::router(test.gate.clone());
    let answer = test
        .send(router, with_header(post("/oauth/login", &[]), "origin", own))
        .await;
    assert_eq!(allowed(&answer), ("", ""));
    assert!(varies(&answer));
}

#[tokio::test]
async fn a_panic_has_them_too() {
    let test = TestGate::with(&vars(), &[]).await;
    let router = Router::new().route(
        "/boom",
        axum::routing::get(async || -> &'static str { panic!("a test's own") }),
    );
    let answer = ask(
        &test,
        &router,
        &Method::GET,
        "/boom",
        &[("origin", "https://error.portal.ch")],
    )
    .await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(allowed(&answer), ("https://error.portal.ch", "true"));
    assert!(varies(&answer));
}

/// The other services of `GeoMapFish` are someone else's, and change nothing here.
#[tokio::test]
async fn services_that_are_not_served_are_accepted() {
    let others = [
        "index", "config", "api", "themes", "print", "profile", "raster", "layers",
    ];
    let services =
        others.map(|service| format!("{service}: {{access_control_allow_origin: ['https://portal.ch']}}"));
    let test = TestGate::with(&format!("  headers: {{{}}}", services.join(", ")), &[]).await;
    for (service, router, path) in SERVED {
        let router = router(test.gate.clone());
        let answer = ask(
            &test,
            &router,
            &Method::GET,
            path,
            &[("origin", "https://portal.ch")],
        )
        .await;
        assert_eq!(allowed(&answer), ("", ""), "{service}");
    }
}

//! What no client should send, and what is not there: each gets a clear answer, and the process lives on.

use std::sync::Arc;

use http::Method;
use mapgate_tests::{Setup, Site, TableRelay, raw, raw_and_away};

use crate::blackbox::everywhere::harness;

everywhere!(
    an_unknown_path_is_404,
    a_wrong_method_is_405_and_names_the_right_ones
);

/// Forms of every function that has one.
const FORMS: [&str; 6] = [
    "/login",
    "/loginchangepassword",
    "/oauth/token",
    "/oauth/introspect",
    "/oauth/revoke_token",
    "/oauth/login",
];

async fn lives_on(site: &Site) {
    site.user("jane")
        .await
        .get("/loginuser")
        .await
        .is(200, "\"username\":\"jane\"");
}

async fn an_unknown_path_is_404(site: Arc<Site>) {
    for path in [
        "/nothing",
        "/login/",
        "/login/x",
        "/oauth",
        "/oauth/tokens",
        "/mapserv_proxy/main/x",
        "//login",
    ] {
        let answer = site.anonymous().get(path).await;
        answer.is(404, "").has("set-cookie", None);
    }
}

async fn a_wrong_method_is_405_and_names_the_right_ones(site: Arc<Site>) {
    for (method, path, allowed) in [
        (Method::GET, "/login", &["POST"][..]),
        (Method::POST, "/loginuser", &["GET", "HEAD"]),
        (Method::POST, "/logout", &["GET", "HEAD"]),
        (Method::DELETE, "/loginchangepassword", &["GET", "POST"]),
        (Method::PUT, "/oauth/login", &["GET", "POST"]),
        (Method::GET, "/oauth/token", &["POST"]),
        (Method::POST, "/oauth/jwks", &["GET"]),
        (Method::GET, "/oauth/introspect", &["POST"]),
        (Method::GET, "/oauth/revoke_token", &["POST"]),
        (Method::DELETE, "/oauth/userinfo", &["GET", "POST"]),
        (Method::POST, "/.well-known/openid-configuration", &["GET"]),
        (Method::DELETE, "/mapserv_proxy", &["GET", "POST"]),
    ] {
        let answer = site.anonymous().send(method.clone(), path, &[], Vec::new()).await;
        let allow = answer.is(405, "").header("allow").unwrap_or_default();
        for name in allowed {
            assert!(allow.contains(name), "{method} {path}: {allow}");
        }
        assert!(!allow.contains(method.as_str()), "{method} {path}: {allow}");
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_413() {
    let site = harness().await;
    let mebibyte = 1024 * 1024;
    let large = format!("login=jane&password={}", "x".repeat(mebibyte)).into_bytes();
    let urlencoded = [("content-type", "application/x-www-form-urlencoded")];
    for path in FORMS {
        let answer = site
            .anonymous()
            .send(Method::POST, path, &urlencoded, large.clone())
            .await;
        answer.is(413, "");
    }
    // The same without a length.
    let head = format!(
        "POST /login HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n",
        site.address()
    );
    let chunk = format!(
        "{:x}\r\n{}\r\n",
        large.len(),
        std::str::from_utf8(&large).unwrap()
    );
    let answer = raw(&site, format!("{head}{chunk}0\r\n\r\n").as_bytes()).await;
    assert!(
        answer.starts_with(b"HTTP/1.1 413 "),
        "{:?}",
        String::from_utf8(answer)
    );
    // The map proxy's limit is six.
    let body = "x".repeat(6 * mebibyte + 1).into_bytes();
    let xml = [("content-type", "text/xml")];
    site.anonymous()
        .send(Method::POST, "/mapserv_proxy", &xml, body)
        .await
        .is(413, "");
    lives_on(&site).await;
}

#[tokio::test]
async fn broken_utf_8_is_400() {
    let site = harness().await;
    let urlencoded = [("content-type", "application/x-www-form-urlencoded")];
    for path in ["/login", "/loginchangepassword", "/oauth/token"] {
        for body in [
            &b"login=%ff&password=x&client_id=%ff"[..],
            b"login=\xff\xfe&password=x",
            b"%c3%28=x&login=a",
        ] {
            let answer = site
                .anonymous()
                .send(Method::POST, path, &urlencoded, body.to_vec())
                .await;
            answer.is(400, "error").has("set-cookie", None);
        }
    }
    for query in ["came_from=%ff", "lang=%ff"] {
        let answer = site.anonymous().get(&format!("/login.html?{query}")).await;
        assert!(
            answer.status == 400 || answer.status == 200,
            "{query}: {answer:?}"
        );
    }
    for path in [
        "/oauth/login?client_id=%ff",
        "/mapserv_proxy?ogcserver=%ff",
        "/mapserv_proxy?SERVICE=WMS&REQUEST=GetMap&LAYERS=%ff",
    ] {
        site.anonymous().get(path).await.is(400, "");
    }
    for header in [
        "authorization: Bearer \u{ff}",
        "authorization: Basic %%%",
        "cookie: auth_tkt=\u{ff}",
        "referer: \u{ff}",
    ] {
        let request = format!(
            "GET /loginuser HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{header}\r\n\r\n",
            site.address()
        );
        let bytes: Vec<u8> = request
            .chars()
            .map(|char| u8::try_from(u32::from(char)).unwrap())
            .collect();
        let answer = raw(&site, &bytes).await;
        let status = std::str::from_utf8(&answer[9..12]).unwrap().to_owned();
        assert!(
            ["200", "401", "400"].contains(&status.as_str()),
            "{header}: {status}"
        );
        assert!(!answer.windows(8).any(|bytes| bytes == b"username"), "{header}");
    }
    lives_on(&site).await;
}

#[tokio::test]
async fn a_malformed_host_is_400() {
    let site = harness().await;
    for host in [
        "a b",
        "[::",
        "a@b",
        "<x>",
        "\u{ff}",
        "evil.example.com:port",
        "a\tb",
        "/",
        "",
    ] {
        for path in [
            "/loginuser",
            "/login.html",
            "/mapserv_proxy?SERVICE=WMS&REQUEST=GetCapabilities",
        ] {
            let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            let bytes: Vec<u8> = request
                .chars()
                .map(|char| u8::try_from(u32::from(char)).unwrap())
                .collect();
            let answer = raw(&site, &bytes).await;
            assert!(
                answer.starts_with(b"HTTP/1.1 400 "),
                "{host}: {:?}",
                String::from_utf8(answer)
            );
        }
    }
    let twice = format!(
        "GET /loginuser HTTP/1.1\r\nHost: {0}\r\nHost: {0}\r\nConnection: close\r\n\r\n",
        site.address()
    );
    assert!(raw(&site, twice.as_bytes()).await.starts_with(b"HTTP/1.1 400 "));
    lives_on(&site).await;
}

#[tokio::test]
async fn a_foreign_host_is_in_no_answer() {
    let site = harness().await;
    for path in [
        "/login.html",
        "/notlogin",
        &Site::authorize("qgis"),
        "/mapserv_proxy?SERVICE=WMS&REQUEST=GetCapabilities",
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: evil.example.com\r\nConnection: close\r\n\r\n");
        let answer = String::from_utf8(raw(&site, request.as_bytes()).await).unwrap();
        assert!(!answer.contains("evil.example.com"), "{path}: {answer}");
    }
}

#[tokio::test]
async fn bytes_that_are_no_request_end_nothing() {
    let site = harness().await;
    for bytes in [
        &b"\r\n\r\n"[..],
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /login HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: -1\r\n\r\n",
        b"POST /login HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nlogin=",
        b"POST /login HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ] {
        let answer = raw_and_away(&site, bytes).await;
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"), "{:?}", String::from_utf8(answer));
    }
    lives_on(&site).await;
}

#[tokio::test]
async fn a_table_that_is_not_there_is_503() {
    let relay = TableRelay::start().await;
    let mut setup = Setup::default().variable("MAPGATE_IDENTITY_CACHE_SECONDS", "0");
    for (name, value) in relay.variables() {
        setup = setup.variable(name, &value);
    }
    let site = setup.start_program().await;
    let jane = site.user("jane").await;
    let qgis = site.qgis("jane").await;
    let map = "/mapserv_proxy?SERVICE=WMS&REQUEST=GetCapabilities";

    relay.play_dead(true);
    let form = [("login", "jane"), ("password", "lindmatt-jane")];
    for answer in [
        site.anonymous().post("/login", &form).await,
        jane.get("/loginuser").await,
        qgis.get("/loginuser").await,
        jane.get(map).await,
        site.anonymous().get(map).await,
        site.exchange("many", "a-code").await,
        site.anonymous().get(&Site::authorize("many")).await,
    ] {
        answer.is(503, "").has("set-cookie", None);
        // The page's links to other languages repeat the visitor's own query, the client's address in it.
        let text = answer.text().replace("http://127.0.0.1:7070/", "");
        assert!(!text.contains("127.0.0.1") && !text.contains("Dynamo"), "{text}");
    }
    for (function, ..) in mapgate_local::harness::FUNCTIONS {
        site.anonymous()
            .get(&format!("/health/{function}"))
            .await
            .is(503, "table");
    }

    relay.play_dead(false);
    lives_on(&site).await;
    jane.get("/loginuser").await.is(200, "jane");
    qgis.get(map).await.is(200, "parcels");
    site.anonymous().get("/health/login").await.is(200, "ok");
}

#[tokio::test]
async fn bad_settings_end_the_start_with_a_line_each() {
    let vars =
        "vars:\n  authentication:\n    two_factor: maybe\n    two_facktor: true\n  main_ogc_server: [1]\n";
    let mut program = Setup::default()
        .vars(vars)
        .variable("AUTHTKT_SECRET", "short")
        .spawn();
    let status = program.child.wait().await.unwrap();
    assert!(!status.success());
    assert_eq!(program.line_with("ready ").await, None);
    let log = program.log();
    for fault in [
        ":3: vars.authentication.two_factor",
        ":5: vars.main_ogc_server",
        ":4: vars.authentication.two_facktor",
        "AUTHTKT_SECRET",
    ] {
        assert!(log.lines().any(|line| line.contains(fault)), "{fault}: {log}");
    }
    assert!(!log.contains("panicked"), "{log}");
}

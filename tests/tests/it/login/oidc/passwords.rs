//! With the provider on, no password is taken by any way.

use http::StatusCode;
use mapgate_tests::gate::{TestGate, get, post, with_header};
use url::Url;

use super::{Browser, Peer, assert_refused, client_of};

#[tokio::test]
async fn the_routes_for_passwords_are_off() {
    let peer = Peer::start().await;
    let test = client_of(&peer, "").await;
    test.user("jane", "correct horse", &[], false).await;
    let right = [("login", "jane"), ("password", "correct horse")];
    let login = || mapgate_login::router(test.gate.clone());
    let reset = || mapgate_reset_password::router(test.gate.clone());
    let _ = test.table_requests();
    for (router, request) in [
        (login(), post("/login", &right)),
        (
            login(),
            post(
                "/loginchangepassword",
                &[("login", "jane"), ("oldPassword", "correct horse")],
            ),
        ),
        (login(), get("/loginchangepassword")),
        (reset(), post("/loginresetpassword", &[("login", "jane")])),
        (reset(), get("/loginresetpassword")),
        (reset(), post("/loginresetpassword/x", &right)),
    ] {
        let answer = test.send(router, request).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
        assert!(answer.body.contains("/oidc/login"), "{}", answer.body);
        assert_eq!(answer.cookies(), "");
    }
    assert_eq!(test.table_requests(), Vec::<String>::new());
    let page = with_header(get("/loginchangepassword"), "accept", "text/html,*/*;q=0.8");
    assert_refused(&test.send(login(), page).await, 400, "No password is taken here");
}

#[tokio::test]
async fn basic_is_ignored() {
    let peer = Peer::start().await;
    let test = client_of(&peer, "").await;
    test.user("jane", "correct horse", &[], false).await;
    // jane:correct horse
    let asked = with_header(
        get("/loginuser"),
        "authorization",
        "Basic amFuZTpjb3JyZWN0IGhvcnNl",
    );
    let answer = test.send(mapgate_login::router(test.gate.clone()), asked).await;
    assert!(
        answer.status == StatusCode::OK && !answer.body.contains("jane"),
        "{}",
        answer.body
    );
    assert!(
        test.gate
            .settings
            .warnings()
            .iter()
            .any(|warning| warning.contains("BASICAUTH"))
    );
}

#[tokio::test]
async fn the_pages_lead_to_the_provider() {
    let peer = Peer::start().await;
    let test = client_of(&peer, ", create_user: true").await;
    let browser = Browser::of(&test);
    let page = browser
        .get("/login.html?came_from=%2Fmap%3Fa%26b&lang=fr", "")
        .await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.body
            .contains("/oidc/login?came_from=%2Fmap%3Fa%26b&#38;lang=fr"),
        "{}",
        page.body
    );
    assert!(!page.body.contains("<form"), "{}", page.body);
    let bad = browser
        .get("/login.html?came_from=https://evil.example.com/", "")
        .await;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
    let ticket = browser
        .log_in(&peer, "jane", &serde_json::json!({}))
        .await
        .cookies();
    assert!(
        browser
            .get("/login.html", &ticket)
            .await
            .body
            .contains("You are logged in as jane")
    );
    assert!(
        !browser
            .get("/notlogin", "")
            .await
            .body
            .contains("loginchangepassword")
    );
}

/// Registers QGIS.
async fn register(test: &TestGate) {
    let table = test.gate.table().await;
    let client = mapgate_core::table::Client {
        client_id: "qgis".to_owned(),
        secret_hash: Some("x.00".to_owned()),
        redirect_uris: vec!["http://127.0.0.1:7070/".to_owned()],
        state_required: false,
        pkce_required: false,
        single_session: true,
        scopes: Vec::new(),
        made_at: test.clock.now(),
    };
    let client = mapgate_core::oauth::check_client(client).expect("a client");
    let audit =
        mapgate_core::table::AuditEntry::new(mapgate_core::table::Event::Imported, test.clock.now(), 1);
    table
        .create_client(&client, &audit)
        .await
        .expect("the table answers");
}

#[tokio::test]
async fn a_program_that_asks_for_access_sends_the_browser_by_the_provider_and_back() {
    let peer = Peer::start().await;
    let test = client_of(&peer, ", create_user: true").await;
    register(&test).await;
    let asked =
        "/oauth/login?response_type=code&client_id=qgis&redirect_uri=http://127.0.0.1:7070/&state=a%20b";
    let authorize = || mapgate_oauth_authorize::router(test.gate.clone());
    let sent = test.send(authorize(), get(asked)).await;
    assert_eq!(sent.status, StatusCode::FOUND, "{}", sent.body);
    let (path, query) = sent.header("location").split_once('?').expect("a query");
    assert_eq!(path, "/oidc/login");
    let browser = Browser::of(&test);
    let login = browser.begin(&format!("?{query}")).await;
    let token = peer.key.sign(&peer.claims("jane", &login));
    peer.say(|says| says.id_token = Some(token));
    let back = browser.back(&peer, &login).await;
    assert_eq!(back.header("location"), asked, "{}", back.body);
    let again = with_header(get(asked), "cookie", &back.cookies());
    let code = test.send(authorize(), again).await;
    let code = Url::parse(code.header("location")).expect("a URL");
    assert!(
        code.as_str().starts_with("http://127.0.0.1:7070/?code="),
        "{code}"
    );
    assert!(code.as_str().contains("&state=a%20b&"), "{code}");
}

#[tokio::test]
async fn a_preflight_is_answered_as_ever() {
    let peer = Peer::start().await;
    let vars = format!(
        "  headers: {{login: {{access_control_allow_origin: ['https://portal.example.com']}}}}\n  \
         authentication: {{openid_connect: {{enabled: true, url: '{}', client_id: mapgate}}}}",
        peer.url
    );
    let test = TestGate::with(&vars, &[]).await;
    for path in ["/login", "/loginchangepassword", "/loginresetpassword"] {
        let router = if path == "/loginresetpassword" {
            mapgate_reset_password::router(test.gate.clone())
        } else {
            mapgate_login::router(test.gate.clone())
        };
        let mut asked = get(path);
        *asked.method_mut() = http::Method::OPTIONS;
        let asked = with_header(asked, "origin", "https://portal.example.com");
        let answer = test
            .send(
                router,
                with_header(asked, "access-control-request-method", "POST"),
            )
            .await;
        let header = |name: &str| answer.header(name).to_owned();
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{path}");
        assert_eq!(
            header("access-control-allow-origin"),
            "https://portal.example.com",
            "{path}"
        );
        assert!(header("access-control-allow-methods").contains("POST"), "{path}");
    }
}

#[tokio::test]
async fn a_request_too_long_for_the_way_is_told_to_the_program() {
    let peer = Peer::start().await;
    let test = client_of(&peer, ", create_user: true").await;
    register(&test).await;
    let browser = Browser::of(&test);
    let asked = |letters: usize| {
        let state = "s".repeat(letters);
        format!(
            "/oauth/login?response_type=code&client_id=qgis&redirect_uri=http://127.0.0.1:7070/&state={state}"
        )
    };
    let fixed = asked(0).len();
    for (letters, is_good) in [(2048 - fixed, true), (2049 - fixed, false), (4000, false)] {
        let router = mapgate_oauth_authorize::router(test.gate.clone());
        let sent = test.send(router, get(&asked(letters))).await;
        assert_eq!(sent.status, StatusCode::FOUND, "{letters}");
        let location = sent.header("location").to_owned();
        if is_good {
            let (_, query) = location.split_once('?').expect("a query");
            let login = browser.begin(&format!("?{query}")).await;
            // What a browser keeps of a cookie.
            assert!(login.cookies.len() <= 4096, "{}", login.cookies.len());
            let token = peer.key.sign(&peer.claims("jane", &login));
            peer.say(|says| says.id_token = Some(token));
            assert_eq!(
                browser.back(&peer, &login).await.header("location"),
                asked(letters)
            );
        } else {
            assert!(
                location.starts_with("http://127.0.0.1:7070/?error=invalid_request&"),
                "{location}"
            );
            assert!(
                location.contains(&format!("&state={}&", "s".repeat(letters))),
                "{location}"
            );
        }
    }
}

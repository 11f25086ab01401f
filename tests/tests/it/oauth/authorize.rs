//! The authorization request at `/oauth/login` and `/oauth/authorize`.

use http::Request;
use mapgate_tests::gate::{BASE, with_header};

use super::browser::{Browser, PUBLIC, QGIS, assert_page, sent_back};
use super::{CHALLENGE, House, PASSWORD};

/// A request of `qgis` with `more` behind it.
fn qgis(more: &str) -> String {
    format!("{QGIS}{more}")
}

/// The error that a request is redirected with.
async fn error(house: &House, path: &str) -> String {
    let answer = Browser::new(house).open(path).await;
    assert_eq!(answer.status, 302, "{path}: {}", answer.body);
    let parameters = sent_back(&answer);
    assert!(!parameters["error_description"].is_empty());
    assert_eq!(parameters["iss"], BASE);
    assert!(!parameters.contains_key("code"));
    parameters["error"].clone()
}

#[tokio::test]
async fn t01_an_unknown_client_gets_a_page_and_no_redirect() {
    let house = House::new().await;
    let long = "x".repeat(5000);
    for client in ["nobody", "", "QGIS", "qgis%20", "%00", &long] {
        let path =
            format!("/oauth/login?response_type=code&client_id={client}&redirect_uri=http://127.0.0.1:7070/");
        assert_page(&Browser::new(&house).open(&path).await, 400);
    }
    assert_page(&Browser::new(&house).open("/oauth/login").await, 400);
}

#[tokio::test]
async fn t02_to_t04_t06_t08_a_redirect_uri_that_is_not_exactly_the_clients_gets_a_page() {
    let house = House::new().await;
    let registered = vec![
        "https://a.example/cb".to_owned(),
        "http://127.0.0.1/only".to_owned(),
    ];
    house
        .client("web", Some("1"), |client| client.redirect_uris = registered)
        .await;
    for uri in [
        "https://evil.example/cb",
        "https://a.example/cb/",
        "https://a.example/cb?x=1",
        "https://a.example/cb%23f",
        "https://a.example.evil/cb",
        "https://a.example@evil/cb",
        "https://A.example/cb",
        "https://a.example/x/%2e%2e/cb",
        "https://a.example/cb%0d%0aSet-Cookie:x=y",
        "http://localhost/only",
        "http://127.0.0.1.evil.com:7070/only",
        "http://0x7f.1/only",
        "javascript:alert(1)",
        // Left out, where the client has two.
        "",
    ] {
        let path = format!("/oauth/authorize?response_type=code&client_id=web&redirect_uri={uri}");
        assert_page(&Browser::new(&house).open(&path).await, 400);
    }
}

#[tokio::test]
async fn t05_to_t07_a_loopback_address_takes_any_port_and_so_does_localhost_where_it_is_registered() {
    let house = House::new().await;
    let registered = vec![
        "http://127.0.0.1/".to_owned(),
        "http://[::1]/".to_owned(),
        "http://localhost:1/".to_owned(),
    ];
    house
        .client("app", Some("1"), |client| client.redirect_uris = registered)
        .await;
    for (uri, status) in [
        ("http://127.0.0.1:51004/", 200),
        ("http://127.0.0.1:51004", 200),
        ("http://[::1]:51004/", 200),
        ("http://localhost:1/", 200),
        ("http://localhost:2", 200),
        ("http://localhost:0/", 400),
        ("http://localhost.evil.example:1/", 400),
    ] {
        let path = format!("/oauth/login?response_type=code&client_id=app&redirect_uri={uri}");
        assert_page(&Browser::new(&house).open(&path).await, status);
    }
}

#[tokio::test]
async fn t09_port_0_gets_a_page_that_tells_to_restart_qgis() {
    let house = House::new().await;
    let page = Browser::new(&house).open(&QGIS.replace("7070", "0")).await;
    assert_page(&page, 400);
    assert!(page.body.contains("Please restart QGIS"));
}

#[tokio::test]
async fn t11_a_repeated_parameter_is_refused() {
    let house = House::new().await;
    for twice in [
        "&client_id=qgis",
        "&redirect_uri=http://127.0.0.1:7070/",
        "&client_id",
        "&client%5fid=x",
    ] {
        assert_page(&Browser::new(&house).open(&qgis(twice)).await, 400);
    }
    for twice in [
        "&response_type=code",
        "&state=a&state=b",
        "&scope=map&scope=map",
        "&x&x",
    ] {
        assert_eq!(error(&house, &qgis(twice)).await, "invalid_request", "{twice}");
    }
    let twice = format!("{PUBLIC}&code_challenge={CHALLENGE}");
    assert_eq!(error(&house, &twice).await, "invalid_request");
}

#[tokio::test]
async fn t12_other_response_types_are_not_supported() {
    let house = House::new().await;
    for (kind, code) in [
        ("token", "unsupported_response_type"),
        ("id_token", "unsupported_response_type"),
        ("code%20token", "unsupported_response_type"),
        ("Code", "unsupported_response_type"),
        ("", "invalid_request"),
    ] {
        let path = QGIS.replace("response_type=code", &format!("response_type={kind}"));
        assert_eq!(error(&house, &path).await, code, "{kind}");
    }
}

#[tokio::test]
async fn t13_to_t15_a_challenge_is_asked_for_and_must_be_s256() {
    let house = House::new().await;
    house
        .client("strict", Some("1"), |client| client.pkce_required = true)
        .await;
    let without = PUBLIC.split("&code_challenge").next().unwrap();
    assert_eq!(error(&house, without).await, "invalid_request");
    assert_eq!(
        error(&house, &QGIS.replace("qgis", "strict")).await,
        "invalid_request"
    );
    for wrong in [
        format!("&code_challenge={CHALLENGE}"),
        format!("&code_challenge={CHALLENGE}&code_challenge_method="),
        format!("&code_challenge={CHALLENGE}&code_challenge_method=plain"),
        format!("&code_challenge={CHALLENGE}&code_challenge_method=s256"),
        format!("&code_challenge={}&code_challenge_method=S256", &CHALLENGE[1..]),
        format!("&code_challenge={CHALLENGE}A&code_challenge_method=S256"),
        format!(
            "&code_challenge={}%2B&code_challenge_method=S256",
            &CHALLENGE[1..]
        ),
        "&code_challenge_method=S256".to_owned(),
    ] {
        assert_eq!(
            error(&house, &format!("{without}{wrong}")).await,
            "invalid_request",
            "{wrong}"
        );
        assert_eq!(error(&house, &qgis(&wrong)).await, "invalid_request", "{wrong}");
    }
}

#[tokio::test]
async fn t16_the_state_goes_back_byte_for_byte() {
    let house = House::new().await;
    for state in ["abc", "a+b%20%2F~%7e", "%C3%A9", "%3D%26%23", "a=b"] {
        let answer = Browser::new(&house)
            .open(&qgis(&format!("&state={state}&scope=none")))
            .await;
        let location = answer.header("location");
        assert!(location.contains(&format!("&state={state}&iss=")), "{location}");
    }
}

#[tokio::test]
async fn t17_a_state_is_asked_for_only_where_the_client_must_send_one() {
    let house = House::new().await;
    house
        .client("strict", Some("1"), |client| client.state_required = true)
        .await;
    for path in [QGIS, &qgis("&state&api_key="), &qgis("&state=")] {
        let answer = Browser::new(&house).log_in(path).await;
        assert!(!sent_back(&answer).contains_key("state"), "{path}");
        let path = path.replace("qgis", "strict");
        assert_eq!(error(&house, &path).await, "invalid_request");
    }
    let strict = QGIS.replace("qgis", "strict");
    let answer = Browser::new(&house).log_in(&format!("{strict}&state=s")).await;
    assert_eq!(sent_back(&answer)["state"], "s");
}

#[tokio::test]
async fn t19_no_origin_may_read_it() {
    let vars = "  headers:\n    oauth:\n      access_control_allow_origin: [\"https://app.example.com\"]";
    let house = House::on(mapgate_tests::gate::TestGate::with(vars, &[]).await).await;
    for method in ["GET", "OPTIONS"] {
        let request = Request::builder()
            .method(method)
            .uri(QGIS)
            .body(axum::body::Body::empty())
            .unwrap();
        let request = with_header(request, "origin", "https://app.example.com");
        let request = with_header(request, "access-control-request-method", "GET");
        let answer = Browser::new(&house).send(request).await;
        assert!(answer.status.is_success());
        assert!(
            answer
                .headers
                .keys()
                .all(|name| !name.as_str().starts_with("access-control"))
        );
    }
}

#[tokio::test]
async fn t20_pages_cannot_be_framed_and_their_forms_lead_home_or_to_the_client() {
    let house = House::new().await;
    let mut browser = Browser::new(&house);
    let login = browser.open(PUBLIC).await;
    browser.log_in(QGIS).await;
    let consent = browser.open(PUBLIC).await;
    assert!(consent.body.contains("name=\"decision\""));
    for page in [login, consent] {
        assert_eq!(page.header("x-frame-options"), "DENY");
        let policy = page.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(
            policy.contains("form-action 'self' http://127.0.0.1:7070;"),
            "{policy}"
        );
        assert_eq!(page.header("cache-control"), "private, no-store");
    }
}

#[tokio::test]
async fn t23_a_scope_that_is_not_the_clients_is_refused() {
    let house = House::new().await;
    for scope in ["maps", "admin", "map%20nothing"] {
        assert_eq!(
            error(&house, &qgis(&format!("&scope={scope}"))).await,
            "invalid_scope"
        );
    }
    let answer = Browser::new(&house).log_in(&qgis("&scope=map%20email")).await;
    let code = &sent_back(&answer)["code"];
    assert_eq!(house.exchange(code, &[]).await.json()["scope"], "map email");
}

#[tokio::test]
async fn hostile_queries_are_refused_and_never_an_error_of_ours() {
    let house = House::new().await;
    for query in [
        "%",
        "client_id=%zz",
        "client_id=%ff",
        "%ff=1",
        "client_id=qgis&state=%f",
        "&&&=&=",
        "=qgis",
    ] {
        let page = Browser::new(&house).open(&format!("/oauth/login?{query}")).await;
        assert_page(&page, 400);
    }
    let long = "x".repeat(20_000);
    let answer = Browser::new(&house)
        .log_in(&qgis(&format!("&state={long}&é=ü")))
        .await;
    assert_eq!(sent_back(&answer)["state"], long);
}

#[tokio::test]
async fn a_redirect_uri_left_out_is_the_only_one_registered() {
    let house = House::new().await;
    let path = "/oauth/authorize?response_type=code&client_id=qgis&redirect_uri=";
    let answer = Browser::new(&house).log_in(path).await;
    let code = &sent_back(&answer)["code"];
    assert_eq!(house.exchange(code, &[("redirect_uri", "")]).await.status, 200);
}

#[tokio::test]
async fn pages_speak_the_users_language() {
    let house = House::new().await;
    let mut browser = Browser::new(&house);
    let page = browser.open(&qgis("&lang=de")).await;
    assert!(page.body.contains("<html lang=\"de\">"));
    for _ in 0..2 {
        let page = browser
            .submit(&page, &[("login", "jane"), ("password", "wrong")])
            .await;
        assert_page(&page, 401);
        assert!(page.body.contains("<html lang=\"de\">"));
        assert_eq!(super::browser::action(&page).matches("lang=").count(), 1);
    }
    let answer = browser
        .submit(&page, &[("login", "jane"), ("password", PASSWORD)])
        .await;
    assert!(sent_back(&answer).contains_key("code"));
}

/// RFC 9110, 9.2.1: what only looks must change nothing.
#[tokio::test]
async fn head_leads_where_get_does_and_makes_no_code() {
    let house = House::new().await;
    let mut browser = Browser::new(&house);
    let head = async |browser: &mut Browser<'_>, path: &str| {
        let _ = house.test.table_requests();
        let request = Request::head(path).body(axum::body::Body::empty()).unwrap();
        let answer = browser.send(request).await;
        let asked = house.test.table_requests();
        assert!(
            asked.iter().all(|operation| operation.ends_with("GetItem")),
            "{path}: {asked:?}"
        );
        assert_eq!(answer.body, "", "{path}");
        answer
    };
    assert_eq!(head(&mut browser, QGIS).await.status, 200, "the login form's");
    browser.log_in(QGIS).await;
    let issued = async || {
        let events = house.events().await;
        events
            .iter()
            .filter(|event| **event == mapgate_core::table::Event::CodeIssued)
            .count()
    };
    let before = issued().await;
    for path in [QGIS, &QGIS.replace("/oauth/login", "/oauth/authorize")] {
        let answer = head(&mut browser, &format!("{path}&state=s")).await;
        assert_eq!(answer.status, 302, "{path}");
        let parameters = sent_back(&answer);
        assert_eq!(
            (parameters["state"].as_str(), parameters["iss"].as_str()),
            ("s", BASE)
        );
        assert_eq!(parameters.len(), 2, "{parameters:?}");
    }
    let posted = head(&mut browser, &qgis("&response_mode=form_post")).await;
    assert_eq!(posted.status, 200);
    assert_eq!(head(&mut browser, PUBLIC).await.status, 200, "the question's");
    assert_eq!(issued().await, before);
    assert!(sent_back(&browser.open(QGIS).await).contains_key("code"));
    assert_eq!(issued().await, before + 1);
}

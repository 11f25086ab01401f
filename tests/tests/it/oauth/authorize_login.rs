//! Logging in and consenting on the way to a code.

use std::time::Duration;

use mapgate_core::account::From;
use mapgate_core::settings::Secret;
use mapgate_core::table::Event;
use mapgate_tests::gate::{BASE, TestGate, get, post, with_header};

use super::browser::{Browser, PUBLIC, QGIS, action, assert_page, csrf_token, sent_back};
use super::{House, PASSWORD, VERIFIER, claims, text};

#[tokio::test]
async fn t18_a_right_password_leads_back_with_303_a_code_and_a_ticket() {
    let house = House::new().await;
    for path in [QGIS, &QGIS.replace("login", "authorize"), PUBLIC] {
        let mut browser = Browser::new(&house);
        let answer = browser.log_in(&format!("{path}&state=xyz")).await;
        assert_eq!(answer.status, 303);
        let parameters = sent_back(&answer);
        assert_eq!(
            (parameters["state"].as_str(), parameters["iss"].as_str()),
            ("xyz", BASE)
        );
        assert!(parameters.contains_key("code") && !parameters.contains_key("error"));
        assert_eq!(answer.header("cache-control"), "private, no-store");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert!(browser.holds_a_ticket());
    }
    let events = house.events().await;
    assert!(events.contains(&Event::LoginSucceeded) && events.contains(&Event::CodeIssued));
}

#[tokio::test]
async fn a_wrong_login_shows_the_form_again_with_the_same_words_for_every_reason() {
    let house = House::new().await;
    let mut bodies = Vec::new();
    for (username, password) in [("jane", "hunter22"), ("nobody", PASSWORD), ("nobody", "hunter22")] {
        let mut browser = Browser::new(&house);
        let page = browser.open(QGIS).await;
        let answer = browser
            .submit(&page, &[("login", username), ("password", password)])
            .await;
        assert_page(&answer, 401);
        assert!(!browser.holds_a_ticket() && !answer.body.contains(password));
        let body = answer
            .body
            .replace(&csrf_token(&answer), "")
            .replace(username, "");
        bodies.push(body);
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    assert!(house.events().await.contains(&Event::LoginFailed));
}

#[tokio::test]
async fn a_missing_field_is_told() {
    let house = House::new().await;
    let mut browser = Browser::new(&house);
    let page = browser.open(QGIS).await;
    for fields in [
        &[][..],
        &[("login", "jane")],
        &[("login", "jane"), ("password", "")],
        &[("password", "x")],
    ] {
        let answer = browser.submit(&page, fields).await;
        assert_page(&answer, 400);
        assert!(answer.body.contains("role=\"alert\""));
    }
}

#[tokio::test]
async fn hostile_logins_are_wrong_logins() {
    let house = House::new().await;
    let mut browser = Browser::new(&house);
    let page = browser.open(QGIS).await;
    let long = "ä".repeat(5000);
    for value in ["\0", "a#b", "'; --", "<script>", &long] {
        let answer = browser
            .submit(&page, &[("login", value), ("password", value)])
            .await;
        assert_page(&answer, 401);
        assert!(!answer.body.contains("<script>"));
    }
}

#[tokio::test]
async fn t21_a_form_without_this_browsers_token_is_refused() {
    let house = House::new().await;
    let page = Browser::new(&house).open(QGIS).await;
    let right = [("login", "jane"), ("password", PASSWORD)];
    // Another browser, and none that ever saw the form.
    let mut other = Browser::new(&house);
    other.open(QGIS).await;
    for browser in [&mut other, &mut Browser::new(&house)] {
        assert_page(&browser.submit(&page, &right).await, 403);
        assert_page(&browser.send(post(QGIS, &right)).await, 403);
        assert!(!browser.holds_a_ticket());
    }
}

#[tokio::test]
async fn a_form_from_a_strangers_page_is_refused() {
    let house = House::new().await;
    let mut browser = Browser::new(&house);
    let page = browser.open(QGIS).await;
    let token = csrf_token(&page);
    let fields = [
        ("csrf_token", token.as_str()),
        ("login", "jane"),
        ("password", PASSWORD),
    ];
    for (origin, status) in [("https://evil.example", 403), ("null", 403), (BASE, 303)] {
        let request = with_header(post(&action(&page), &fields), "origin", origin);
        assert_eq!(browser.send(request).await.status, status, "{origin}");
    }
}

#[tokio::test]
async fn other_bodies_than_forms_are_refused() {
    let house = House::new().await;
    let request = http::Request::post(QGIS)
        .header("content-type", "application/json")
        .body(axum::body::Body::from("{}"))
        .unwrap();
    assert_page(&Browser::new(&house).send(request).await, 415);
    let put = http::Request::put(QGIS).body(axum::body::Body::empty()).unwrap();
    let answer = Browser::new(&house).send(put).await;
    assert_eq!(answer.status, 405);
    assert!(answer.header("allow").contains("POST"));
}

#[tokio::test]
async fn who_is_logged_in_is_sent_straight_back_to_a_client_with_a_secret() {
    let house = House::new().await;
    let mut browser = Browser::new(&house);
    browser.log_in(QGIS).await;
    // A browser rightly comes from anywhere.
    let request = with_header(get(QGIS), "referer", "https://elsewhere.example/");
    let request = with_header(request, "sec-fetch-site", "cross-site");
    let answer = browser.send(request).await;
    assert_eq!(answer.status, 302);
    assert!(sent_back(&answer).contains_key("code"));
}

#[tokio::test]
async fn t21_for_a_public_client_the_user_is_asked_first() {
    let house = House::new().await;
    let mut browser = Browser::new(&house);
    browser.log_in(QGIS).await;
    let page = browser.open(&format!("{PUBLIC}&state=s")).await;
    assert_page(&page, 200);
    for told in [
        "public",
        "jane",
        "see the maps and data",
        "recognise your account",
        "read your e-mail address",
        "a program on your device (127.0.0.1:7070)",
        "Log in as someone else",
    ] {
        assert!(page.body.contains(told), "{told}");
    }
    assert!(!page.body.contains("manage users"), "{}", page.body);

    let refused = browser.submit(&page, &[("decision", "refuse")]).await;
    assert_eq!(refused.status, 303);
    let parameters = sent_back(&refused);
    assert_eq!(
        (parameters["error"].as_str(), parameters["state"].as_str()),
        ("access_denied", "s")
    );

    let allowed = browser.submit(&page, &[("decision", "allow")]).await;
    assert_eq!(allowed.status, 303);
    let code = &sent_back(&allowed)["code"];
    let fields = [
        ("client_id", "public"),
        ("client_secret", ""),
        ("code_verifier", VERIFIER),
    ];
    let tokens = house.exchange(code, &fields).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
}

#[tokio::test]
async fn a_decision_needs_the_token_and_a_login() {
    let house = House::new().await;
    let mut browser = Browser::new(&house);
    browser.log_in(QGIS).await;
    assert_page(&browser.send(post(PUBLIC, &[("decision", "allow")])).await, 403);

    let mut stranger = Browser::new(&house);
    let page = stranger.open(PUBLIC).await;
    let answer = stranger.submit(&page, &[("decision", "allow")]).await;
    assert_page(&answer, 200);
    assert!(answer.body.contains("name=\"password\""));
}

#[tokio::test]
async fn an_access_token_gives_no_code() {
    let house = House::new().await;
    let token = text(&house.tokens().await, "access_token");
    let request = with_header(get(QGIS), "authorization", &format!("Bearer {token}"));
    let answer = Browser::new(&house).send(request).await;
    assert_page(&answer, 200);
    assert!(answer.body.contains("name=\"password\""));
}

#[tokio::test]
async fn who_must_change_the_password_is_told_so_and_gets_nothing() {
    let house = House::new().await;
    house.test.user("new", PASSWORD, &[], true).await;
    let mut browser = Browser::new(&house);
    let page = browser.open(QGIS).await;
    let answer = browser
        .submit(&page, &[("login", "new"), ("password", PASSWORD)])
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (303, "/notlogin?lang=en")
    );
    assert!(!browser.holds_a_ticket());
}

#[tokio::test]
async fn who_must_still_enrol_is_told_so_however_the_client_asks() {
    let house = House::on(TestGate::with("  authentication: {two_factor: true}", &[]).await).await;
    for path in [
        QGIS.to_owned(),
        PUBLIC.to_owned(),
        format!("{QGIS}&prompt=consent&response_mode=form_post&lang=de"),
    ] {
        let mut browser = Browser::new(&house);
        let answer = browser.log_in(&path).await;
        let language = if path.contains("lang=de") { "de" } else { "en" };
        assert_eq!(answer.status, 303, "{path}");
        assert_eq!(answer.header("location"), format!("/notlogin?lang={language}"));
        assert!(!browser.holds_a_ticket());
    }
}

#[tokio::test]
async fn a_form_keeps_to_the_base_urls_path() {
    let variables = [("MAPGATE_BASE_URL", "http://maps.example.com/geo")];
    let house = House::on(TestGate::with("  hide_capabilities: false", &variables).await).await;
    let mut browser = Browser::new(&house);
    let page = browser.open(&format!("/geo{QGIS}")).await;
    assert!(action(&page).starts_with("/geo/oauth/login?response_type=code"));
    let answer = browser
        .submit(&page, &[("login", "jane"), ("password", PASSWORD)])
        .await;
    assert_eq!(sent_back(&answer)["iss"], "http://maps.example.com/geo");
}

#[tokio::test]
async fn auth_time_is_when_the_password_was_given() {
    let house = House::new().await;
    let mut browser = Browser::new(&house);
    let logged_in = house.test.clock.now().seconds();
    browser.log_in(QGIS).await;
    house.test.clock.advance(Duration::from_hours(2));
    let code = sent_back(&browser.open(QGIS).await)["code"].clone();
    let tokens = house.exchange(&code, &[]).await;
    assert_eq!(claims(&text(&tokens, "access_token")).auth_time, logged_in);
}

#[tokio::test]
async fn an_old_ticket_is_issued_anew_on_the_way() {
    let house = House::new().await;
    let mut browser = Browser::new(&house);
    browser.log_in(QGIS).await;
    let first = browser.ticket().to_owned();
    browser.open(QGIS).await;
    assert_eq!(browser.ticket(), first);
    house.test.clock.advance(Duration::from_secs(9001));
    browser.open(QGIS).await;
    assert_ne!(browser.ticket(), first);
}

#[tokio::test]
async fn a_ticket_of_before_a_password_change_gives_no_code() {
    let house = House::new().await;
    let mut browser = Browser::new(&house);
    let early = sent_back(&browser.log_in(QGIS).await)["code"].clone();
    let gate = &house.test.gate;
    let secrets = gate.secrets().await.unwrap();
    let accounts = gate.accounts(&secrets).await;
    let from = From {
        address: [127, 0, 0, 1].into(),
        way: "test",
    };
    let right = accounts
        .try_password("jane", &Secret::new(PASSWORD), from)
        .await
        .unwrap()
        .unwrap();
    let new = Secret::new("another horse battery");
    let changed = accounts.change_password(right, Some(&new), None, "en").await;
    assert!(matches!(changed, Ok(Ok(_))));
    house.test.clock.advance(Duration::from_secs(10));
    assert_page(&browser.open(QGIS).await, 200);
    super::assert_refused(&house.exchange(&early, &[]).await, "invalid_grant");
}

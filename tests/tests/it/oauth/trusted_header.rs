//! Who comes by a front proxy's header to the authorize endpoint.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use mapgate_tests::gate::{Answer, TestGate, get, post, with_header};
use mapgate_tests::totp;

use super::browser::{Browser, PUBLIC, QGIS, sent_back};
use super::{House, claims, text};

const VARS: &str = "  authentication:\n    trusted_header: {header: X-Remote-User, proxies: [203.0.113.0/24], create_user: true}";

fn signed_on(request: Request<Body>) -> Request<Body> {
    with_header(request, "x-remote-user", "sso-jane")
}

async fn open(browser: &mut Browser<'_>, path: &str) -> Answer {
    browser.send(signed_on(get(path))).await
}

#[tokio::test]
async fn whom_the_proxy_names_is_never_asked_for_a_password() {
    let house = House::on(TestGate::with(VARS, &[]).await).await;
    let mut browser = Browser::new(&house);
    assert!(sent_back(&open(&mut browser, QGIS).await).contains_key("code"));
    for ask in [
        "prompt=login",
        "max_age=0",
        "prompt=login%20consent",
        "prompt=none&max_age=0",
    ] {
        let told = sent_back(&open(&mut browser, &format!("{QGIS}&{ask}&state=s")).await);
        assert_eq!(
            (told["error"].as_str(), told["state"].as_str()),
            ("login_required", "s"),
            "{ask}"
        );
    }
    let consent = open(&mut browser, PUBLIC).await;
    assert!(consent.body.contains("name=\"decision\""), "{}", consent.body);
    assert!(
        !consent.body.contains("Log in as someone else"),
        "{}",
        consent.body
    );
    // Who has a password here can be someone else.
    browser.log_in(QGIS).await;
    assert!(browser.open(PUBLIC).await.body.contains("Log in as someone else"));
}

#[tokio::test]
async fn with_two_factors_a_code_is_asked_for_on_the_way() {
    let vars = VARS.replace("authentication:\n", "authentication:\n    two_factor: true\n");
    let house = House::on(TestGate::with(&vars, &[]).await).await;
    let mut browser = Browser::new(&house);
    let sent = open(&mut browser, QGIS).await;
    assert_eq!(sent.status, 302, "{}", sent.body);
    let back = url::form_urlencoded::byte_serialize(QGIS.as_bytes()).collect::<String>();
    assert_eq!(sent.header("location"), format!("/login.html?came_from={back}"));
    let told = sent_back(&open(&mut browser, &format!("{QGIS}&prompt=none")).await);
    assert_eq!(told["error"], "login_required");
    let login = async |path: &str, fields: &[(&str, &str)]| {
        let router = mapgate_login::router(house.test.gate.clone());
        house.test.send(router, signed_on(post(path, fields))).await
    };
    let begun = login("/login", &[]).await.json();
    let secret = begun["two_factor_totp_secret"]
        .as_str()
        .expect("a secret")
        .to_owned();
    let code = || totp(&secret, house.test.clock.now().seconds());
    let ticket = login("/loginchangepassword", &[("otp", &code())]).await.cookies();
    let with = |path: &str, ticket: &str| with_header(signed_on(get(path)), "cookie", ticket);
    let authorize = async |path: &str, ticket: &str| {
        let router = mapgate_oauth_authorize::router(house.test.gate.clone());
        house.test.send(router, with(path, ticket)).await
    };
    assert!(sent_back(&authorize(QGIS, &ticket).await).contains_key("code"));
    // A new login is a new code.
    house.test.clock.advance(Duration::from_mins(2));
    for ask in ["prompt=login", "max_age=60"] {
        let sent = authorize(&format!("{QGIS}&{ask}"), &ticket).await;
        assert_eq!(
            sent.header("location"),
            format!("/login.html?came_from={back}"),
            "{ask}"
        );
    }
    let fresh = login("/login", &[("otp", &code())]).await.cookies();
    let answer = sent_back(&authorize(&format!("{QGIS}&max_age=60"), &fresh).await);
    let tokens = house.exchange(&answer["code"], &[]).await;
    let auth_time = claims(&text(&tokens, "access_token")).auth_time;
    assert_eq!(auth_time, house.test.clock.now().seconds());
}

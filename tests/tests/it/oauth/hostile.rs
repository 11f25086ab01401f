//! Hostile requests: each is refused in the protocol's own form, with the right status, and leads nowhere it should not.

use axum::body::Body;
use http::Request;
use mapgate_tests::gate::with_header;
use mapgate_tests::hostile::{Expected, GETS, POSTS};

use super::browser::{Browser, QGIS, asks_password, csrf_token, sent_back};
use super::{House, PASSWORD, REDIRECT};

#[tokio::test]
async fn every_hostile_query_is_refused_in_the_right_form() {
    let house = House::new().await;
    let mut wrong = Vec::new();
    assert!(GETS.len() >= 60);
    for (query, expected) in GETS {
        for path in ["/oauth/login", "/oauth/authorize"] {
            // Anonymous, and with a ticket: what is refused is refused whoever asks.
            let mut browser = Browser::new(&house);
            let answer = browser.open(&format!("{path}?{query}")).await;
            let location = answer.header("location");
            if !expected.fits(answer.status.as_u16(), location, REDIRECT, &answer.body) {
                wrong.push(format!(
                    "{path}?{query}: {} {location}, not {expected:?}",
                    answer.status
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn every_hostile_query_is_refused_to_who_is_logged_in_just_the_same() {
    let house = House::new().await;
    let mut browser = Browser::new(&house);
    browser.log_in(QGIS).await;
    let mut wrong = Vec::new();
    for (query, expected) in GETS
        .iter()
        .filter(|(_, expected)| *expected != Expected::Page(200))
    {
        let answer = browser.open(&format!("/oauth/login?{query}")).await;
        let location = answer.header("location");
        if !expected.fits(answer.status.as_u16(), location, REDIRECT, &answer.body) {
            wrong.push(format!("{query}: {} {location}, not {expected:?}", answer.status));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn every_hostile_form_is_refused_with_its_status() {
    let house = House::new().await;
    let mut wrong = Vec::new();
    for (kind, body, status) in POSTS {
        let mut browser = Browser::new(&house);
        let page = browser.open(QGIS).await;
        let body = body.replace("TOKEN", &csrf_token(&page));
        let request = Request::post(QGIS).body(Body::from(body.clone())).unwrap();
        let answer = browser.send(with_header(request, "content-type", kind)).await;
        let is_page =
            answer.header("location").is_empty() && answer.header("content-type").starts_with("text/html");
        if answer.status != *status || !is_page || browser.holds_a_ticket() {
            wrong.push(format!("{kind} {body}: {}, not {status}", answer.status));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn hostile_headers_change_nothing() {
    let house = House::new().await;
    for (name, value) in [
        ("cookie", "auth_tkt="),
        ("cookie", "auth_tkt=\"\"; auth_tkt=!; ; =; a"),
        ("cookie", "mapgate_form=x; mapgate_form=y"),
        ("accept-language", ";q=;,,;=,*;q=99999999999999999999"),
        ("x-forwarded-host", "evil.example"),
        ("forwarded", "for=;host=evil.example;proto=https"),
        ("x-http-method-override", "DELETE"),
        ("referer", "https://evil.example/"),
        ("origin", "null"),
        ("range", "bytes=0-1"),
    ] {
        let mut request = mapgate_tests::gate::get(QGIS);
        let Ok(value) = http::HeaderValue::from_str(value) else {
            continue;
        };
        request.headers_mut().insert(name, value);
        let page = Browser::new(&house).send(request).await;
        asks_password(&page);
        assert!(!page.body.contains("evil"), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_logins_at_once_each_gets_a_code_of_its_own_or_is_told_to_wait() {
    let house = std::sync::Arc::new(House::new().await);
    let mut tasks = Vec::new();
    for _ in 0..50 {
        let house = house.clone();
        tasks.push(tokio::spawn(async move {
            let mut browser = Browser::new(&house);
            let page = browser.open(QGIS).await;
            let answer = browser
                .submit(&page, &[("login", "jane"), ("password", PASSWORD)])
                .await;
            match answer.status.as_u16() {
                303 => Some((sent_back(&answer)["code"].clone(), browser.ticket().to_owned())),
                503 => {
                    assert!(!answer.header("retry-after").is_empty() && !browser.holds_a_ticket());
                    None
                }
                status => panic!("{status} {}", answer.body),
            }
        }));
    }
    let mut given = Vec::new();
    for task in tasks {
        given.extend(task.await.unwrap());
    }
    assert!(!given.is_empty());
    let apart: std::collections::BTreeSet<&String> =
        given.iter().flat_map(|(code, ticket)| [code, ticket]).collect();
    assert_eq!(
        apart.len(),
        2 * given.len(),
        "codes and sessions are each their own"
    );
    // All of them are good, the newest session being the user's one.
    for (code, _) in &given {
        assert_eq!(house.exchange(code, &[]).await.status, 200);
    }
}

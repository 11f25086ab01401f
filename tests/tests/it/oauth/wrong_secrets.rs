//! Guessing client secrets: twenty wrong ones of one client from one network within a quarter of an hour are looked at.

use std::net::IpAddr;
use std::time::Duration;

use axum::body::Body;
use http::Request;
use mapgate_tests::gate::{Answer, post};

use super::{House, assert_refused, by_header_at, exchange_form, refresh_form, text};

const PATHS: [&str; 3] = ["/oauth/token", "/oauth/introspect", "/oauth/revoke_token"];

fn guess(path: &str, client: &str, secret: &str) -> Request<Body> {
    let fields = [
        ("client_id", client),
        ("client_secret", secret),
        ("token", "x"),
        ("grant_type", "refresh_token"),
        ("refresh_token", "x"),
    ];
    post(path, &fields)
}

impl House {
    async fn from(&self, request: Request<Body>, address: &str) -> Answer {
        let address: IpAddr = address.parse().expect("an address");
        self.test.send_from(self.token_router(), request, address).await
    }

    async fn guessed(&self, path: &str) -> u16 {
        self.from(guess(path, "qgis", "wrong"), "203.0.113.7")
            .await
            .status
            .as_u16()
    }
}

#[track_caller]
fn assert_too_many(answer: &Answer, seconds: &str) {
    assert_eq!(answer.status, 429, "{}", answer.body);
    assert_eq!(answer.header("retry-after"), seconds);
    assert_eq!(answer.json()["error"], "temporarily_unavailable");
    assert!(answer.json()["error_description"].is_string());
    assert_eq!(
        (answer.header("cache-control"), answer.header("pragma")),
        ("no-store", "no-cache")
    );
    assert_eq!(answer.header("www-authenticate"), "");
}

#[tokio::test]
async fn the_twentieth_wrong_secret_is_looked_at_and_after_it_not_even_the_right_one() {
    let house = House::new().await;
    let tokens = house.tokens().await;
    // All three endpoints count together.
    for index in 0..20 {
        let status = house.guessed(PATHS[index % 3]).await;
        assert_eq!(status, if index % 3 == 1 { 401 } else { 400 }, "{index}");
        house.test.clock.advance(Duration::from_secs(1));
    }
    for path in PATHS {
        for secret in ["wrong", "1234"] {
            let answer = house.from(guess(path, "qgis", secret), "203.0.113.7").await;
            assert_too_many(&answer, "880");
        }
        let by_header = by_header_at(path, &[("token", "x"), ("grant_type", "x")], "qgis:wrong");
        if path != "/oauth/token" {
            assert_too_many(&house.from(by_header, "203.0.113.7").await, "880");
        }
    }
    let code = house.code(|_| {}).await;
    assert_too_many(&house.exchange(&code, &[]).await, "880");
    assert_too_many(&house.refresh(&text(&tokens, "refresh_token")).await, "880");

    // The neighbours are throttled with it, others are not.
    let refresh = |token: &str| post("/oauth/token", &refresh_form(token));
    let token = text(&tokens, "refresh_token");
    assert_eq!(house.from(refresh(&token), "203.0.113.250").await.status, 429);
    assert_eq!(house.from(refresh(&token), "203.0.114.7").await.status, 200);
    assert_eq!(
        house
            .from(guess("/oauth/introspect", "other", "5678"), "203.0.113.7")
            .await
            .status,
        200
    );

    // When the first one is a quarter of an hour old, one more is looked at.
    house.test.clock.advance(Duration::from_secs(879));
    assert_too_many(&house.exchange(&code, &[]).await, "1");
    house.test.clock.advance(Duration::from_secs(1));
    assert_refused(
        &house.exchange(&code, &[("client_secret", "wrong")]).await,
        "invalid_client",
    );
    assert_too_many(&house.exchange(&code, &[]).await, "1");
    house.test.clock.advance(Duration::from_mins(15));
    let code = house.code(|_| {}).await;
    assert_eq!(house.exchange(&code, &[]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_wrong_secrets_at_once_twenty_are_looked_at() {
    let house = House::new().await;
    let all = (0..50).map(|index| {
        house.from(
            guess(PATHS[index % 3], "qgis", &format!("wrong {index}")),
            "203.0.113.7",
        )
    });
    let answers = futures_util::future::join_all(all).await;
    let count = |code: &str| {
        let told = answers.iter().filter(|answer| answer.json()["error"] == code);
        told.count()
    };
    assert_eq!(
        (count("invalid_client"), count("temporarily_unavailable")),
        (20, 30)
    );
    assert_eq!(house.guessed("/oauth/token").await, 429);
}

#[tokio::test]
async fn what_is_no_guess_does_not_count() {
    let house = House::new().await;
    for _ in 0..25 {
        for (client, secret) in [("qgis", ""), ("nobody", "x"), ("public", "x"), ("qgis", "1234")] {
            let answer = house
                .from(guess("/oauth/token", client, secret), "203.0.113.7")
                .await;
            assert_eq!(answer.status, 400, "{}", answer.body);
        }
    }
    assert_eq!(house.guessed("/oauth/token").await, 400);
    let _ = house.test.table_requests();
    let code = house.code(|_| {}).await;
    let _ = house.test.table_requests();
    let form = exchange_form(&code, &[]);
    assert_eq!(house.token(&form).await.status, 200);
    // The counter came with the client.
    assert_eq!(
        house.test.table_requests(),
        ["BatchGetItem", "TransactWriteItems"]
    );
}

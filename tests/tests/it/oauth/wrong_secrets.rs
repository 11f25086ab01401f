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

/// The right secret among wrong ones that come at once: whoever is told last is told nothing, although it was compared
/// when none was counted yet.
#[tokio::test]
async fn a_right_secret_that_came_at_once_with_twenty_wrong_ones_is_not_told_of_after_them() {
    let house = House::new().await;
    let tokens = house.tokens().await;
    let (access, refresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
    let successor = text(&house.refresh(&refresh).await, "refresh_token");
    let (code, bound) = (house.code(|_| {}).await, house.code_with_challenge().await);
    let of_client = |more: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
        let client = [("client_id", "qgis"), ("client_secret", "1234")];
        let all = client.iter().chain(more);
        all.map(|(name, value)| (*name, (*value).to_owned())).collect()
    };
    let refreshed = |token: &str| of_client(&[("grant_type", "refresh_token"), ("refresh_token", token)]);
    let exchanged = |code: &str| {
        let redirect = ("redirect_uri", super::REDIRECT);
        of_client(&[("grant_type", "authorization_code"), ("code", code), redirect])
    };
    let token = |token: &str| of_client(&[("token", token)]);
    let cases = [
        // A lost reply's, which writes nothing.
        ("/oauth/token", refreshed(&refresh), "TransactWriteItems", 0),
        ("/oauth/token", refreshed(&successor), "TransactWriteItems", 0),
        ("/oauth/token", exchanged(&code), "TransactWriteItems", 0),
        // What is refused otherwise tells of the secret too.
        ("/oauth/token", exchanged(&bound), "GetItem", 0),
        ("/oauth/token", exchanged("x"), "GetItem", 0),
        ("/oauth/token", refreshed("x"), "GetItem", 0),
        ("/oauth/introspect", token(&access), "BatchGetItem", 1),
        ("/oauth/introspect", token("x"), "GetItem", 0),
        ("/oauth/revoke_token", token("x"), "GetItem", 0),
        ("/oauth/revoke_token", token(&access), "TransactWriteItems", 0),
    ];
    for (network, (path, fields, held, nth)) in cases.into_iter().enumerate() {
        let address = format!("203.0.{network}.7");
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let held = house.test.hold(held, nth);
        let guesses = async {
            held.came().await;
            for index in 0..20 {
                let wrong = guess("/oauth/token", "qgis", &format!("wrong {index}"));
                assert_refused(&house.from(wrong, &address).await, "invalid_client");
            }
            held.let_go();
        };
        let (answer, ()) = tokio::join!(Box::pin(house.from(post(path, &fields), &address)), guesses);
        assert_eq!(answer.status, 429, "{path} {fields:?}: {}", answer.body);
        assert!(!answer.body.contains("access_token"), "{}", answer.body);
    }
    // And nothing was done.
    let told = house.introspect(&access).await;
    assert_eq!(told["active"], true, "{told}");
    assert_eq!(house.refresh(&successor).await.status, 200);
}

/// One place is left, and a right secret takes none.
#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_right_secrets_at_once_none_counts_and_all_are_believed() {
    let house = House::new().await;
    for _ in 0..19 {
        assert_eq!(house.guessed("/oauth/token").await, 400);
    }
    let mut codes = Vec::new();
    for _ in 0..50 {
        codes.push(house.code(|_| {}).await);
    }
    let all = codes
        .iter()
        .map(async |code| house.exchange(code, &[]).await.status.as_u16());
    let answers = futures_util::future::join_all(all).await;
    assert_eq!(answers, [200; 50]);
    assert_eq!(house.guessed("/oauth/token").await, 400, "the twentieth");
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
    // The counter came with the client, and was looked at once more in the transaction.
    assert_eq!(
        house.test.table_requests(),
        ["BatchGetItem", "TransactWriteItems"]
    );
    let tokens = house.tokens().await;
    let _ = house.test.table_requests();
    let again = house.refresh(&text(&tokens, "refresh_token")).await;
    assert_eq!(
        (again.status.as_u16(), house.test.table_requests().len()),
        (200, 2)
    );
    // The repetition of a lost reply, introspection and revocation.
    let again = house.refresh(&text(&tokens, "refresh_token")).await;
    assert_eq!(
        (again.status.as_u16(), house.test.table_requests().len()),
        (200, 2)
    );
    house.introspect(&text(&tokens, "access_token")).await;
    assert_eq!(house.test.table_requests(), ["BatchGetItem", "BatchGetItem"]);
    house
        .present("/oauth/revoke_token", &text(&tokens, "access_token"))
        .await;
    assert_eq!(
        house.test.table_requests(),
        ["BatchGetItem", "TransactWriteItems"]
    );
}

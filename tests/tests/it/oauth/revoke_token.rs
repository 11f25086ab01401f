//! `POST /oauth/revoke_token` (RFC 7009).

use std::time::Duration;

use mapgate_core::table::Event;
use mapgate_tests::gate::post;
use serde_json::json;

use super::{House, assert_refused, by_header_at, text};

const PATH: &str = "/oauth/revoke_token";

async fn revocations(house: &House) -> usize {
    let events = house.events().await;
    events
        .iter()
        .filter(|event| **event == Event::TokenRevoked)
        .count()
}

#[tokio::test]
async fn t48_an_unknown_token_is_200() {
    let house = House::new().await;
    let foreign = House::new().await.tokens().await;
    let (access, refresh) = (text(&foreign, "access_token"), text(&foreign, "refresh_token"));
    for token in ["x", "a.b.c", "a.b", "\0", &access, &refresh] {
        let answer = house.present(PATH, token).await;
        assert_eq!(
            (answer.status.as_u16(), answer.body.as_str()),
            (200, ""),
            "{token}"
        );
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    assert_eq!(revocations(&house).await, 0);
    assert_refused(&house.present(PATH, "").await, "invalid_request");
}

#[tokio::test]
async fn t49_another_clients_token_goes_on() {
    let house = House::new().await;
    let tokens = house.tokens().await;
    for (client, secret) in [("other", "5678"), ("public", "")] {
        for field in ["access_token", "refresh_token"] {
            let token = text(&tokens, field);
            let fields = [
                ("client_id", client),
                ("client_secret", secret),
                ("token", token.as_str()),
            ];
            assert_eq!(house.post(PATH, &fields).await.status, 200, "{client} {field}");
        }
    }
    assert!(house.lives(&text(&tokens, "access_token")).await);
    assert_eq!(house.refresh(&text(&tokens, "refresh_token")).await.status, 200);
    assert_eq!(revocations(&house).await, 0);
}

#[tokio::test]
async fn t50_either_token_ends_both_and_once_is_enough() {
    let house = House::new().await;
    for (index, field) in ["refresh_token", "access_token"].into_iter().enumerate() {
        let tokens = house.tokens().await;
        let _ = house.test.table_requests();
        assert_eq!(house.present(PATH, &text(&tokens, field)).await.status, 200);
        assert_eq!(
            house.test.table_requests(),
            ["BatchGetItem", "TransactWriteItems"]
        );
        assert!(!house.lives(&text(&tokens, "access_token")).await, "{field}");
        assert_refused(
            &house.refresh(&text(&tokens, "refresh_token")).await,
            "invalid_grant",
        );
        for again in ["refresh_token", "access_token"] {
            assert_eq!(house.present(PATH, &text(&tokens, again)).await.status, 200);
        }
        assert_eq!(revocations(&house).await, index + 1, "one entry for one end");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t50_fifty_at_once_end_it_once() {
    let house = House::new().await;
    let token = text(&house.tokens().await, "access_token");
    let fields = [
        ("client_id", "qgis"),
        ("client_secret", "1234"),
        ("token", token.as_str()),
    ];
    let all = (0..50).map(|_| house.test.send(house.token_router(), post(PATH, &fields)));
    for answer in futures_util::future::join_all(all).await {
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    assert!(!house.lives(&token).await);
    assert_eq!(revocations(&house).await, 1);
}

#[tokio::test]
async fn t50_a_used_refresh_token_ends_its_family_too_and_a_family_after_it_goes_on() {
    let house = House::new().await;
    let first = text(&house.tokens().await, "refresh_token");
    let second = house.refresh(&first).await;
    house.present(PATH, &first).await;
    assert!(!house.lives(&text(&second, "access_token")).await);
    let later = house.tokens().await;
    house.present(PATH, &first).await;
    assert!(house.lives(&text(&later, "access_token")).await);
}

#[tokio::test]
async fn t51_a_wrong_hint_still_finds_it() {
    let house = House::new().await;
    for (field, hint) in [
        ("refresh_token", "access_token"),
        ("access_token", "refresh_token"),
        ("access_token", "saml2"),
        ("refresh_token", ""),
    ] {
        let tokens = house.tokens().await;
        let token = text(&tokens, field);
        let fields = [
            ("client_id", "qgis"),
            ("client_secret", "1234"),
            ("token", token.as_str()),
            ("token_type_hint", hint),
        ];
        let told = house.post("/oauth/introspect", &fields).await.json();
        assert_eq!(told["active"], true, "{field} {hint}");
        assert_eq!(house.post(PATH, &fields).await.status, 200);
        assert!(
            !house.lives(&text(&tokens, "access_token")).await,
            "{field} {hint}"
        );
    }
}

#[tokio::test]
async fn a_client_authenticates_and_a_public_one_names_itself() {
    let house = House::new().await;
    let tokens = house.tokens().await;
    let token = text(&tokens, "refresh_token");
    for pair in [("qgis", "1235"), ("qgis", ""), ("nobody", "1234"), ("", "")] {
        let fields = [
            ("client_id", pair.0),
            ("client_secret", pair.1),
            ("token", &token),
        ];
        assert_refused(&house.post(PATH, &fields).await, "invalid_client");
    }
    let wrong = by_header_at(PATH, &[("token", &token)], "qgis:1235");
    let answer = house.test.send(house.token_router(), wrong).await;
    assert_eq!(answer.status, 401);
    assert!(house.lives(&text(&tokens, "access_token")).await);
    let right = by_header_at(PATH, &[("token", &token)], "qgis:1234");
    assert_eq!(house.test.send(house.token_router(), right).await.status, 200);
    assert!(!house.lives(&text(&tokens, "access_token")).await);

    let code = house
        .code(|code| {
            code.client_id = "public".to_owned();
            code.challenge = Some(super::CHALLENGE.to_owned());
        })
        .await;
    let public = [
        ("client_id", "public"),
        ("client_secret", ""),
        ("code_verifier", super::VERIFIER),
    ];
    let tokens = house.exchange(&code, &public).await;
    let token = text(&tokens, "refresh_token");
    let fields = [("client_id", "public"), ("token", token.as_str())];
    assert_eq!(house.post(PATH, &fields).await.status, 200);
    assert!(!house.lives(&text(&tokens, "access_token")).await);
}

#[tokio::test]
async fn a_token_whose_time_is_over_ends_nothing_more() {
    let house = House::new().await;
    let tokens = house.tokens().await;
    house.test.clock.advance(Duration::from_hours(1));
    assert_eq!(
        house.present(PATH, &text(&tokens, "access_token")).await.status,
        200
    );
    assert_eq!(
        house.introspect(&text(&tokens, "access_token")).await,
        json!({ "active": false })
    );
    assert_eq!(house.refresh(&text(&tokens, "refresh_token")).await.status, 200);
}

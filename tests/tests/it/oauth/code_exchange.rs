//! `grant_type=authorization_code`.

use std::time::Duration;

use mapgate_core::table::{Code, Event};
use mapgate_tests::gate::{TestGate, post};

use super::{House, REDIRECT, VERIFIER, assert_refused, claims, exchange_form, text};

#[tokio::test]
async fn t37_a_code_gives_what_qgis_needs_with_two_requests_to_the_table() {
    let house = House::new().await;
    let code = house.code(|_| {}).await;
    let _ = house.test.table_requests();
    let answer = house.exchange(&code, &[("state", "anything")]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(
        house.test.table_requests(),
        ["BatchGetItem", "TransactWriteItems"]
    );

    assert_eq!(
        (answer.header("cache-control"), answer.header("pragma")),
        ("no-store", "no-cache")
    );
    let body = answer.json();
    assert_eq!(body["token_type"], "Bearer");
    assert!(body["expires_in"].is_i64());
    assert_eq!(body["expires_in"], 3600);
    assert_eq!(body["scope"], "map openid profile email");
    let claims = claims(&text(&answer, "access_token"));
    assert_eq!(
        (claims.sub, claims.client_id.as_str()),
        (house.jane.0.to_string(), "qgis")
    );
    assert_eq!(claims.exp - claims.iat, 3600);
    assert!(house.lives(&text(&answer, "access_token")).await);
    assert!(house.events().await.contains(&Event::CodeRedeemed));
}

#[tokio::test]
async fn t24_a_code_used_twice_ends_what_the_first_use_gave() {
    let house = House::new().await;
    let code = house.code(|_| {}).await;
    let first = house.exchange(&code, &[]).await;
    assert_eq!(first.status, 200);
    assert_refused(&house.exchange(&code, &[]).await, "invalid_grant");
    assert!(!house.lives(&text(&first, "access_token")).await);
    assert_refused(
        &house.refresh(&text(&first, "refresh_token")).await,
        "invalid_grant",
    );
    assert!(house.events().await.contains(&Event::CodeReplayed));
}

#[tokio::test]
async fn a_second_use_is_one_after_the_codes_end_and_with_a_wrong_verifier_too() {
    let house = House::new().await;
    for late in [false, true] {
        let code = house.code_with_challenge().await;
        let first = house.exchange(&code, &[("code_verifier", VERIFIER)]).await;
        if late {
            house.test.clock.advance(Duration::from_mins(11));
        }
        let wrong = "a".repeat(43);
        assert_refused(
            &house.exchange(&code, &[("code_verifier", &wrong)]).await,
            "invalid_grant",
        );
        assert!(!house.lives(&text(&first, "access_token")).await);
    }
}

#[tokio::test]
async fn a_second_use_leaves_a_later_session_of_the_user_alone() {
    let house = House::new().await;
    let code = house.code(|_| {}).await;
    assert_eq!(house.exchange(&code, &[]).await.status, 200);
    let later = house.tokens().await;
    assert_refused(&house.exchange(&code, &[]).await, "invalid_grant");
    assert!(house.lives(&text(&later, "access_token")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn t25_of_fifty_exchanges_at_once_exactly_one_succeeds_and_its_tokens_are_dead() {
    let house = House::new().await;
    let code = house.code(|_| {}).await;
    let form = exchange_form(&code, &[]);
    let all = (0..50).map(|_| house.test.send(house.token_router(), post("/oauth/token", &form)));
    let answers = futures_util::future::join_all(all).await;
    let (good, bad): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!((good.len(), bad.len()), (1, 49));
    for answer in bad {
        assert_refused(answer, "invalid_grant");
    }
    assert!(!house.lives(&text(good[0], "access_token")).await);
    assert_refused(
        &house.refresh(&text(good[0], "refresh_token")).await,
        "invalid_grant",
    );
}

#[tokio::test]
async fn t26_a_code_dies_after_its_time() {
    let house = House::new().await;
    let code = house.code(|_| {}).await;
    house.test.clock.advance(Duration::from_secs(599));
    assert_eq!(house.exchange(&code, &[]).await.status, 200);
    let code = house.code(|_| {}).await;
    house.test.clock.advance(Duration::from_mins(10));
    assert_refused(&house.exchange(&code, &[]).await, "invalid_grant");
}

#[tokio::test]
async fn t27_another_clients_code_is_burnt() {
    let house = House::new().await;
    let code = house.code(|_| {}).await;
    let other = [("client_id", "other"), ("client_secret", "5678")];
    assert_refused(&house.exchange(&code, &other).await, "invalid_grant");
    assert_refused(&house.exchange(&code, &[]).await, "invalid_grant");
    assert!(house.events().await.contains(&Event::CodeRefused));
}

#[tokio::test]
async fn t28_the_redirect_uri_is_repeated_as_it_was() {
    let house = House::new().await;
    for other in [
        "",
        "http://127.0.0.1:7071/",
        "http://127.0.0.1:7070",
        "https://evil.example/",
    ] {
        let code = house.code(|_| {}).await;
        assert_refused(
            &house.exchange(&code, &[("redirect_uri", other)]).await,
            "invalid_grant",
        );
    }
    // One that the authorization request left out may be left out here as well.
    for (repeated, status) in [("", 200), (REDIRECT, 200), ("http://127.0.0.1:7071/", 400)] {
        let code = house.code(|code| code.redirect_uri = None).await;
        let answer = house.exchange(&code, &[("redirect_uri", repeated)]).await;
        assert_eq!(answer.status, status, "{repeated}: {}", answer.body);
    }
}

#[tokio::test]
async fn t29_a_challenge_and_its_verifier_go_together() {
    let house = House::new().await;
    let code = house.code_with_challenge().await;
    assert_refused(&house.exchange(&code, &[]).await, "invalid_grant");
    assert_eq!(
        house.exchange(&code, &[("code_verifier", VERIFIER)]).await.status,
        200
    );

    let code = house.code(|_| {}).await;
    assert_refused(
        &house.exchange(&code, &[("code_verifier", VERIFIER)]).await,
        "invalid_grant",
    );
    assert_refused(&house.exchange(&code, &[]).await, "invalid_grant");
}

#[tokio::test]
async fn t30_a_wrong_verifier_burns_the_code() {
    let house = House::new().await;
    let code = house.code_with_challenge().await;
    let wrong = VERIFIER.replace('d', "e");
    assert_refused(
        &house.exchange(&code, &[("code_verifier", &wrong)]).await,
        "invalid_grant",
    );
    assert_refused(
        &house.exchange(&code, &[("code_verifier", VERIFIER)]).await,
        "invalid_grant",
    );
}

#[tokio::test]
async fn t31_a_malformed_verifier_is_no_verifier_and_burns_nothing() {
    let house = House::new().await;
    let code = house.code_with_challenge().await;
    for verifier in ["a".repeat(42), "a".repeat(129), format!("{}+", "a".repeat(50))] {
        let answer = house.exchange(&code, &[("code_verifier", &verifier)]).await;
        assert_refused(&answer, "invalid_request");
    }
    assert_eq!(
        house.exchange(&code, &[("code_verifier", VERIFIER)]).await.status,
        200
    );
}

#[tokio::test]
async fn a_code_of_a_user_who_changed_since_is_dead() {
    let house = House::new().await;
    let changes: [&dyn Fn(&mut Code); 3] = [
        &|code| code.generation -= 1,
        &|code| code.user_id.0 += 100,
        &|code| code.username = "nobody".to_owned(),
    ];
    for change in changes {
        let code = house.code(change).await;
        assert_refused(&house.exchange(&code, &[]).await, "invalid_grant");
    }
}

#[tokio::test]
async fn a_code_of_a_user_who_may_not_log_in_is_dead() {
    let house = House::new().await;
    let now = house.test.clock.now();
    let users = [
        house.user_with("off", |new| new.deactivated = true).await,
        house.user_with("over", |new| new.expire_on = Some(now)).await,
        house
            .user_with("new", |new| new.is_password_changed = false)
            .await,
    ];
    for user in users {
        let code = house.code(|code| user.of(code)).await;
        assert_refused(&house.exchange(&code, &[]).await, "invalid_grant");
    }
}

#[tokio::test]
async fn t47_a_new_session_ends_the_users_older_one_of_that_client_only_where_the_client_says_so() {
    let house = House::new().await;
    let (first, second) = (house.tokens().await, house.tokens().await);
    assert!(!house.lives(&text(&first, "access_token")).await);
    assert!(house.lives(&text(&second, "access_token")).await);
    assert_refused(
        &house.refresh(&text(&first, "refresh_token")).await,
        "invalid_grant",
    );
    assert_eq!(house.refresh(&text(&second, "refresh_token")).await.status, 200);

    house
        .client("qgis", Some("1234"), |client| client.single_session = false)
        .await;
    let (first, second) = (house.tokens().await, house.tokens().await);
    assert!(house.lives(&text(&first, "access_token")).await);
    assert!(house.lives(&text(&second, "access_token")).await);
}

#[tokio::test]
async fn a_code_that_is_only_issued_ends_no_session() {
    let house = House::new().await;
    let tokens = house.tokens().await;
    house.code(|_| {}).await;
    assert!(house.lives(&text(&tokens, "access_token")).await);
}

#[tokio::test]
async fn lifetimes_are_those_of_the_settings() {
    let vars = "  authentication: { oauth2_token_expire_minutes: 5 }";
    let house = House::on(TestGate::with(vars, &[]).await).await;
    let tokens = house.tokens().await;
    assert_eq!(tokens.json()["expires_in"], 300);
    house.test.clock.advance(Duration::from_secs(299));
    assert!(house.lives(&text(&tokens, "access_token")).await);
    house.test.clock.advance(Duration::from_secs(1));
    assert!(!house.lives(&text(&tokens, "access_token")).await);
}

//! `grant_type=refresh_token`.

use std::time::Duration;

use mapgate_core::account::From;
use mapgate_core::settings::Secret;
use mapgate_core::table::Event;
use mapgate_tests::gate::{TestGate, post};

use super::{House, PASSWORD, assert_refused, claims, refresh_form, text};

/// Days, in seconds.
const fn days(days: u64) -> Duration {
    Duration::from_secs(days * 86_400)
}

#[tokio::test]
async fn t40_a_refresh_rotates_with_two_requests_to_the_table() {
    let house = House::new().await;
    let first = house.tokens().await;
    let _ = house.test.table_requests();
    let second = house.refresh(&text(&first, "refresh_token")).await;
    assert_eq!(second.status, 200, "{}", second.body);
    assert_eq!(
        house.test.table_requests(),
        ["BatchGetItem", "TransactWriteItems"]
    );
    assert_ne!(text(&first, "refresh_token"), text(&second, "refresh_token"));
    assert_eq!(second.json()["expires_in"], 3600);
    assert_eq!(second.json()["scope"], "map openid profile email");
    assert!(house.lives(&text(&second, "access_token")).await);
    assert!(house.events().await.contains(&Event::TokenRefreshed));
    assert_eq!(house.refresh(&text(&second, "refresh_token")).await.status, 200);
}

#[tokio::test]
async fn t41_a_lost_reply_is_repeated_within_ten_seconds() {
    let house = House::new().await;
    let first = text(&house.tokens().await, "refresh_token");
    let second = house.refresh(&first).await;
    house.test.clock.advance(Duration::from_millis(9_999));
    let _ = house.test.table_requests();
    let again = house.refresh(&first).await;
    assert_eq!(
        house.test.table_requests(),
        ["BatchGetItem", "TransactWriteItems"]
    );
    assert_eq!(text(&again, "refresh_token"), text(&second, "refresh_token"));
    assert_ne!(text(&again, "access_token"), text(&second, "access_token"));
    for answer in [&second, &again] {
        assert!(house.lives(&text(answer, "access_token")).await);
    }
    assert_eq!(house.refresh(&text(&again, "refresh_token")).await.status, 200);
}

#[tokio::test]
async fn t41_a_used_token_that_comes_later_ends_the_family() {
    let house = House::new().await;
    let first = text(&house.tokens().await, "refresh_token");
    let second = house.refresh(&first).await;
    house.test.clock.advance(Duration::from_secs(10));
    assert_refused(&house.refresh(&first).await, "invalid_grant");
    assert!(!house.lives(&text(&second, "access_token")).await);
    assert_refused(
        &house.refresh(&text(&second, "refresh_token")).await,
        "invalid_grant",
    );
    assert!(house.events().await.contains(&Event::RefreshTokenReused));
}

#[tokio::test]
async fn t41_after_the_successors_first_use_there_is_no_grace() {
    let house = House::new().await;
    let first = text(&house.tokens().await, "refresh_token");
    let second = text(&house.refresh(&first).await, "refresh_token");
    let third = house.refresh(&second).await;
    assert_refused(&house.refresh(&first).await, "invalid_grant");
    assert!(!house.lives(&text(&third, "access_token")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn t42_fifty_refreshes_at_once_give_one_successor() {
    let house = House::new().await;
    let first = text(&house.tokens().await, "refresh_token");
    let form = refresh_form(&first);
    let all = (0..50).map(|_| house.test.send(house.token_router(), post("/oauth/token", &form)));
    let answers = futures_util::future::join_all(all).await;
    let successor = text(&answers[0], "refresh_token");
    for answer in &answers {
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(text(answer, "refresh_token"), successor);
        assert!(house.lives(&text(answer, "access_token")).await);
    }
    assert_eq!(house.refresh(&successor).await.status, 200);
}

#[tokio::test]
async fn t43_a_refresh_slides_until_ninety_days_in_all() {
    let house = House::new().await;
    let begun = house.test.clock.now();
    let mut token = text(&house.tokens().await, "refresh_token");
    for _ in 0..3 {
        house.test.clock.advance(days(29));
        let answer = house.refresh(&token).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        token = text(&answer, "refresh_token");
    }
    house
        .test
        .clock
        .advance(days(2) + Duration::from_mins(24 * 60 - 10));
    let last = house.refresh(&token).await;
    assert_eq!(
        last.json()["expires_in"],
        600,
        "no access token outlives its family"
    );
    assert_eq!(
        claims(&text(&last, "access_token")).exp,
        begun.plus(days(90)).seconds()
    );
    house.test.clock.advance(Duration::from_mins(10));
    assert_refused(
        &house.refresh(&text(&last, "refresh_token")).await,
        "invalid_grant",
    );
}

#[tokio::test]
async fn t43_a_refresh_token_dies_unused() {
    let house =
        House::on(TestGate::with("  authentication: { oauth2_refresh_expire_days: 7 }", &[]).await).await;
    let token = text(&house.tokens().await, "refresh_token");
    house.test.clock.advance(days(7));
    assert_refused(&house.refresh(&token).await, "invalid_grant");
}

#[tokio::test]
async fn t44_a_scope_narrows_and_never_widens() {
    let house = House::new().await;
    let code = house.code(|code| code.scope = "map email".to_owned()).await;
    let token = text(&house.exchange(&code, &[]).await, "refresh_token");
    let with = |token: &str, scope: &'static str| {
        let mut form: Vec<(String, String)> = Vec::new();
        form.extend(
            refresh_form(token)
                .into_iter()
                .map(|(name, value)| (name.into(), value.into())),
        );
        form.push(("scope".into(), scope.into()));
        form
    };
    let send = async |form: Vec<(String, String)>| {
        let form: Vec<_> = form
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        house.token(&form).await
    };
    for wider in ["map openid", "admin", "map email profile"] {
        assert_refused(&send(with(&token, wider)).await, "invalid_scope");
    }
    let narrow = send(with(&token, "email")).await;
    assert_eq!(narrow.json()["scope"], "email");
    assert_eq!(claims(&text(&narrow, "access_token")).scope, "email");
    // The family keeps what was granted.
    let whole = house.refresh(&text(&narrow, "refresh_token")).await;
    assert_eq!(whole.json()["scope"], "map email");
}

#[tokio::test]
async fn a_refresh_token_is_its_clients_own() {
    let house = House::new().await;
    let token = text(&house.tokens().await, "refresh_token");
    let fields = [
        ("client_id", "other"),
        ("client_secret", "5678"),
        ("grant_type", "refresh_token"),
        ("refresh_token", &token),
    ];
    assert_refused(&house.token(&fields).await, "invalid_grant");
    let mut wrong = refresh_form(&token);
    wrong[1].1 = "wrong";
    assert_refused(&house.token(&wrong).await, "invalid_client");
    assert_eq!(
        house.refresh(&token).await.status,
        200,
        "the client itself still can"
    );
}

#[tokio::test]
async fn t45_after_a_password_change_no_refresh_token_works() {
    let house = House::new().await;
    let first = text(&house.tokens().await, "refresh_token");
    let second = text(&house.refresh(&first).await, "refresh_token");
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
    // The repetition of a lost reply as well.
    for token in [&first, &second] {
        assert_refused(&house.refresh(token).await, "invalid_grant");
    }
}

#[tokio::test]
async fn t45_after_the_accounts_end_no_refresh_token_works() {
    let house = House::new().await;
    let end = house.test.clock.now().plus(days(1));
    let user = house.user_with("brief", |new| new.expire_on = Some(end)).await;
    let code = house.code(|code| user.of(code)).await;
    let first = text(&house.exchange(&code, &[]).await, "refresh_token");
    house.test.clock.advance(days(1));
    assert_refused(&house.refresh(&first).await, "invalid_grant");
}

#[tokio::test]
async fn a_refresh_token_of_another_deployment_or_of_none_is_not_valid() {
    let (house, elsewhere) = (House::new().await, House::new().await);
    let foreign = text(&elsewhere.tokens().await, "refresh_token");
    let mut own = text(&house.tokens().await, "refresh_token");
    own.insert(3, 'x');
    for token in [foreign.as_str(), own.as_str(), "a.b", "."] {
        assert_refused(&house.refresh(token).await, "invalid_grant");
    }
    let fields = [
        ("client_id", "qgis"),
        ("client_secret", "1234"),
        ("grant_type", "refresh_token"),
    ];
    assert_refused(&house.token(&fields).await, "invalid_request");
}

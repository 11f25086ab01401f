//! A user's token families as a list, and their end one by one or all at once: what the account page and the
//! administrator stand on.

use std::collections::BTreeSet;
use std::time::Duration;

use mapgate_core::oauth::check_client;
use mapgate_core::table::{AuditEntry, Client, Event, GrantPage, UserChange};
use mapgate_tests::gate::{Answer, TestGate, post};

use super::{House, assert_refused, exchange_form, text};

impl House {
    /// Lets jane have many sessions with the client `qgis`.
    async fn with_many() -> Self {
        let house = Self::on(TestGate::new().await).await;
        let many = |client: &mut Client| client.single_session = false;
        house.client("qgis", Some("1234"), many).await;
        house
    }

    async fn page(&self, limit: usize, after: Option<&str>) -> GrantPage {
        let (table, jane) = (self.test.gate.table().await, self.jane().await);
        let page = table.grants(&jane, self.test.clock.now(), limit, after);
        page.await.expect("the table answers")
    }

    fn entry(&self) -> AuditEntry {
        AuditEntry::new(Event::TokenRevoked, self.test.clock.now(), 1).of("jane")
    }

    /// Signs jane out everywhere, as she and an administrator can.
    async fn sign_out(&self) {
        let table = self.test.gate.table().await;
        let change = UserChange {
            ends_sessions: Some(self.test.clock.now()),
            ..UserChange::default()
        };
        loop {
            let jane = self.jane().await;
            let writes = table.transaction().change(&jane, &change).audit(&self.entry());
            if writes.commit().await.expect("the table answers").is_ok() {
                return;
            }
        }
    }

    /// Ends the family of these tokens, as jane and an administrator can.
    async fn end(&self, tokens: &Answer) -> bool {
        let grant = super::claims(&text(tokens, "access_token")).grant();
        let table = self.test.gate.table().await;
        let ended = table.revoke_grant(&grant, &self.entry()).await;
        ended.expect("the table answers")
    }

    /// Takes a client away, as an administrator does.
    async fn delete_client(&self, client_id: &str) {
        let table = self.test.gate.table().await;
        let client = table.client(client_id).await.expect("the table answers");
        let writes = table.transaction().delete_client(&client.expect("the client"));
        let deleted = writes.commit().await.expect("the table answers");
        assert_eq!(deleted, Ok(()));
    }
}

#[tokio::test]
async fn a_list_has_those_that_live_page_by_page_without_a_scan() {
    let house = House::with_many().await;
    assert_eq!(
        house.page(10, None).await,
        GrantPage {
            grants: vec![],
            next: None
        }
    );
    let mut tokens = Vec::new();
    for _ in 0..5 {
        tokens.push(house.tokens().await);
    }
    // Another client's, and one of another user whose name begins as hers.
    let code = house.code(|code| code.client_id = "other".to_owned()).await;
    let other = [("client_id", "other"), ("client_secret", "5678")];
    house.exchange(&code, &other).await;
    let janet = house.user_with("janet", |_| {}).await;
    let code = house.code(|code| janet.of(code)).await;
    house.exchange(&code, &[]).await;

    let _ = house.test.table_requests();
    let all = house.page(100, None).await;
    assert!(!house.test.table_requests().contains(&"Scan".to_owned()));
    let families = |page: &GrantPage| -> Vec<String> {
        let grants = page.grants.iter();
        grants.map(|grant| grant.key.family.clone()).collect()
    };
    assert_eq!((all.grants.len(), all.next.clone()), (6, None));
    let clients: Vec<&str> = all
        .grants
        .iter()
        .map(|grant| grant.key.client_id.as_str())
        .collect();
    assert_eq!(clients, ["other", "qgis", "qgis", "qgis", "qgis", "qgis"]);

    let (mut seen, mut after) = (Vec::new(), None);
    for expected in [2, 2, 2] {
        let page = house.page(2, after.as_deref()).await;
        assert_eq!(page.grants.len(), expected);
        seen.extend(families(&page));
        after = page.next;
    }
    // What follows the last full page is empty at most.
    if let Some(after) = after {
        assert_eq!(house.page(2, Some(&after)).await.grants.len(), 0);
    }
    assert_eq!(seen, families(&all));

    // One that ended is not in a page, and the page is full all the same.
    let table = house.test.gate.table().await;
    let first = &all.grants[1].key;
    assert!(table.revoke_grant(first, &house.entry()).await.unwrap());
    assert!(
        !table.revoke_grant(first, &house.entry()).await.unwrap(),
        "once only"
    );
    let page = house.page(2, None).await;
    assert_eq!(
        families(&page),
        [families(&all)[0].clone(), families(&all)[2].clone()]
    );
    for forged in ["", "user", "grant", "z", &"grant#".repeat(1000)] {
        assert_eq!(house.page(1, Some(forged)).await.grants.len(), 1, "{forged}");
    }
    house.test.clock.advance(Duration::from_hours(30 * 24));
    assert_eq!(house.page(10, None).await.grants, vec![], "their time is over");
}

#[tokio::test]
async fn one_session_of_many_ends_and_the_others_go_on() {
    let house = House::with_many().await;
    let (first, second) = (house.tokens().await, house.tokens().await);
    let one = super::claims(&text(&first, "access_token")).grant();
    let table = house.test.gate.table().await;
    assert!(table.revoke_grant(&one, &house.entry()).await.unwrap());
    assert!(!house.lives(&text(&first, "access_token")).await);
    assert_refused(
        &house.refresh(&text(&first, "refresh_token")).await,
        "invalid_grant",
    );
    assert_eq!(house.refresh(&text(&second, "refresh_token")).await.status, 200);
    // Someone who makes a place up finds nothing there.
    let mut elsewhere = one.clone();
    elsewhere.single = true;
    assert!(!table.revoke_grant(&elsewhere, &house.entry()).await.unwrap());
}

#[tokio::test]
async fn t45_all_sessions_and_codes_end_in_one_write() {
    let house = House::with_many().await;
    let mut tokens = Vec::new();
    for _ in 0..51 {
        tokens.push(house.tokens().await);
    }
    let (code, janet) = (house.code(|_| {}).await, house.user_with("janet", |_| {}).await);
    let of_janet = house.code(|code| janet.of(code)).await;
    let _ = house.test.table_requests();
    house.sign_out().await;
    assert_eq!(house.test.table_requests(), ["GetItem", "TransactWriteItems"]);
    assert_eq!(house.page(100, None).await.grants, vec![]);
    for answer in &tokens {
        assert!(!house.lives(&text(answer, "access_token")).await);
        let refused = house.refresh(&text(answer, "refresh_token")).await;
        assert_refused(&refused, "invalid_grant");
    }
    assert_refused(&house.exchange(&code, &[]).await, "invalid_grant");
    assert_eq!(house.exchange(&of_janet, &[]).await.status, 200, "another user's");
    let events = house.events().await;
    let ends = events.iter().filter(|event| **event == Event::TokenRevoked);
    assert_eq!(ends.count(), 1);
    let anew = house.tokens().await;
    assert_eq!(house.refresh(&text(&anew, "refresh_token")).await.status, 200);
}

#[tokio::test]
async fn with_a_family_end_the_codes_given_to_its_client_before() {
    for single_session in [true, false] {
        let house = House::new().await;
        let single = |client: &mut Client| client.single_session = single_session;
        house.client("qgis", Some("1234"), single).await;
        let tokens = house.tokens().await;
        let code = house.code(|_| {}).await;
        let of_other = house.code(|code| code.client_id = "other".to_owned()).await;
        let janet = house.user_with("janet", |_| {}).await;
        let of_janet = house.code(|code| janet.of(code)).await;
        house.test.clock.advance(Duration::from_secs(1));
        assert!(house.end(&tokens).await);
        assert_refused(&house.exchange(&code, &[]).await, "invalid_grant");
        house.test.clock.advance(Duration::from_mins(5));
        assert_refused(&house.exchange(&code, &[]).await, "invalid_grant");
        let other = [("client_id", "other"), ("client_secret", "5678")];
        assert_eq!(
            house.exchange(&of_other, &other).await.status,
            200,
            "another client's"
        );
        assert_eq!(house.exchange(&of_janet, &[]).await.status, 200, "another user's");
        let anew = house.tokens().await;
        assert_eq!(house.refresh(&text(&anew, "refresh_token")).await.status, 200);
    }
}

/// The repetition of a lost reply too, which writes nothing.
#[tokio::test]
async fn after_the_end_of_all_no_successor_is_given_again_and_introspection_knows_none() {
    let house = House::with_many().await;
    let first = house.tokens().await;
    let second = house.refresh(&text(&first, "refresh_token")).await;
    house.sign_out().await;
    for answer in [&first, &second] {
        for token in ["access_token", "refresh_token"] {
            let told = house.introspect(&text(answer, token)).await;
            assert_eq!(told, serde_json::json!({"active": false}), "{token}");
        }
        let refused = house.refresh(&text(answer, "refresh_token")).await;
        assert_refused(&refused, "invalid_grant");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_codes_exchanged_while_all_is_ended_no_token_is_left() {
    let house = House::with_many().await;
    let mut codes = Vec::new();
    for _ in 0..50 {
        codes.push(house.code(|_| {}).await);
    }
    let exchanges = codes.iter().map(async |code| {
        let request = post("/oauth/token", &exchange_form(code, &[]));
        house.test.send(house.token_router(), request).await
    });
    let exchanges = futures_util::future::join_all(exchanges);
    let ((), answers) = tokio::join!(Box::pin(house.sign_out()), exchanges);
    for answer in answers {
        if answer.status == 200 {
            assert!(!house.lives(&text(&answer, "access_token")).await);
        } else {
            assert_refused(&answer, "invalid_grant");
        }
    }
    assert_eq!(house.page(100, None).await.grants, vec![]);
}

#[tokio::test(flavor = "multi_thread")]
async fn ending_all_while_others_refresh_and_end_them_leaves_none() {
    let house = House::with_many().await;
    let mut tokens = Vec::new();
    for _ in 0..10 {
        tokens.push(house.tokens().await);
    }
    let others = tokens.iter().enumerate().map(async |(index, answer)| {
        let token = text(answer, "refresh_token");
        if index % 2 == 0 {
            house.present("/oauth/revoke_token", &token).await
        } else {
            house.refresh(&token).await
        }
    });
    let others = futures_util::future::join_all(others);
    let (first, second) = (Box::pin(house.sign_out()), Box::pin(house.sign_out()));
    let ((), (), answers) = tokio::join!(first, second, others);
    for answer in answers.iter().chain(&tokens) {
        assert_ne!(answer.status, 503, "{}", answer.body);
        if let Some(token) = answer
            .body
            .contains("access_token")
            .then(|| text(answer, "access_token"))
        {
            assert!(!house.lives(&token).await);
        }
    }
    assert_eq!(house.page(100, None).await.grants, vec![]);
}

#[tokio::test]
async fn what_a_client_was_given_dies_with_it_and_is_not_its_namesakes() {
    let house = House::new().await;
    let tokens = house.tokens().await;
    let code = house.code(|_| {}).await;
    let (access, refresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
    assert!(house.lives(&access).await);
    house.delete_client("qgis").await;
    assert!(!house.lives(&access).await, "at once for who knows nothing yet");
    assert_refused(&house.refresh(&refresh).await, "invalid_client");
    house.test.clock.advance(Duration::from_secs(1));
    house.client("qgis", Some("1234"), |_| {}).await;
    assert!(!house.lives(&access).await);
    assert_refused(&house.refresh(&refresh).await, "invalid_grant");
    assert_eq!(
        house.introspect(&access).await,
        serde_json::json!({"active": false})
    );
    assert_refused(&house.exchange(&code, &[]).await, "invalid_grant");
    let anew = house.tokens().await;
    assert!(house.lives(&text(&anew, "access_token")).await);
}

#[tokio::test]
async fn a_client_that_is_changed_stays_the_one_it_is() {
    let house = House::new().await;
    let tokens = house.tokens().await;
    house.test.clock.advance(Duration::from_secs(1));
    let (table, code) = (house.test.gate.table().await, house.code(|_| {}).await);
    let before = table.client("qgis").await.unwrap().unwrap();
    let after = Client {
        state_required: true,
        made_at: house.test.clock.now(),
        ..before.clone()
    };
    let after = check_client(after).unwrap();
    let writes = table.transaction().change_client(&before, &after);
    assert_eq!(writes.commit().await.unwrap(), Ok(()));
    assert!(house.lives(&text(&tokens, "access_token")).await);
    let again = house.refresh(&text(&tokens, "refresh_token")).await;
    assert_eq!(again.status, 200, "{}", again.body);
    assert_eq!(house.exchange(&code, &[]).await.status, 200);
}

#[tokio::test]
async fn t45_after_deactivation_or_a_reset_of_the_second_factor_no_refresh_token_works() {
    let now = |house: &House| Some(house.test.clock.now());
    for what in ["deactivated", "second factor", "sign out everywhere"] {
        let house = House::new().await;
        let first = text(&house.tokens().await, "refresh_token");
        let second = text(&house.refresh(&first).await, "refresh_token");
        let change = match what {
            "deactivated" => UserChange {
                deactivated: Some(true),
                ..UserChange::default()
            },
            // What unticking "The user changed his password" does.
            "second factor" => UserChange {
                second_factor: Some(None),
                is_password_changed: Some(false),
                ends_sessions: now(&house),
                ..UserChange::default()
            },
            _ => UserChange {
                ends_sessions: now(&house),
                ..UserChange::default()
            },
        };
        house.change_jane(&change).await;
        // The repetition of a lost reply as well.
        for token in [&first, &second] {
            assert_refused(&house.refresh(token).await, "invalid_grant");
        }
        // Coming back does not bring them back where the generation is another.
        let back = UserChange {
            deactivated: Some(false),
            is_password_changed: Some(true),
            ..UserChange::default()
        };
        house.change_jane(&back).await;
        let answer = house.refresh(&second).await;
        assert_eq!(answer.status == 200, what == "deactivated", "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t25_of_fifty_exchanges_of_fifty_codes_one_session_is_left() {
    let house = House::new().await;
    let mut codes = Vec::new();
    for _ in 0..50 {
        codes.push(house.code(|_| {}).await);
    }
    let all = codes.iter().map(async |code| {
        let request = post("/oauth/token", &exchange_form(code, &[]));
        house.test.send(house.token_router(), request).await
    });
    let answers = futures_util::future::join_all(all).await;
    let given: BTreeSet<String> = answers
        .iter()
        .filter(|answer| answer.status == 200)
        .map(|answer| super::claims(&text(answer, "access_token")).sid)
        .collect();
    assert_eq!(given.len(), 50, "each code was good");
    let left = house.page(100, None).await.grants;
    assert_eq!(left.len(), 1);
    assert!(given.contains(&left[0].key.family));
}

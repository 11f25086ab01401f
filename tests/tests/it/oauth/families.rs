//! A user's token families as a list, and their end one by one or all at once: what the account page and the
//! administrator stand on.

use std::collections::BTreeSet;
use std::time::Duration;

use mapgate_core::table::{AuditEntry, Event, GrantPage, UserChange};
use mapgate_tests::gate::{TestGate, post};

use super::{House, assert_refused, exchange_form, text};

impl House {
    /// Lets jane have many sessions with the client `qgis`.
    async fn with_many() -> Self {
        let house = Self::on(TestGate::new().await).await;
        let many = |client: &mut mapgate_core::table::Client| client.single_session = false;
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

    async fn revoke_all(&self) -> usize {
        let (table, jane) = (self.test.gate.table().await, self.jane().await);
        let entry = self.entry();
        let all = table.revoke_grants(&jane, self.test.clock.now(), &entry);
        all.await.expect("the table answers")
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
async fn t45_all_sessions_end_at_once_each_with_its_entry_and_no_refresh_token_works() {
    let house = House::with_many().await;
    let mut tokens = Vec::new();
    for _ in 0..51 {
        tokens.push(house.tokens().await);
    }
    let _ = house.test.table_requests();
    assert_eq!(house.revoke_all().await, 51);
    let requests = house.test.table_requests();
    assert!(requests.len() <= 6, "{requests:?}");
    for answer in &tokens {
        assert!(!house.lives(&text(answer, "access_token")).await);
        let refused = house.refresh(&text(answer, "refresh_token")).await;
        assert_refused(&refused, "invalid_grant");
    }
    let events = house.events().await;
    let ends = events.iter().filter(|event| **event == Event::TokenRevoked);
    assert_eq!(ends.count(), 51);
    assert_eq!(house.revoke_all().await, 0);
    assert_eq!(house.tokens().await.status, 200, "a new login begins anew");
}

#[tokio::test(flavor = "multi_thread")]
async fn ending_all_while_others_refresh_and_end_them_leaves_none() {
    let house = House::with_many().await;
    let mut tokens = Vec::new();
    for _ in 0..10 {
        tokens.push(house.tokens().await);
    }
    let revocations = tokens.iter().map(async |answer| {
        let token = text(answer, "refresh_token");
        house.present("/oauth/revoke_token", &token).await
    });
    let revocations = futures_util::future::join_all(revocations);
    let (first, second, answers) = tokio::join!(
        Box::pin(house.revoke_all()),
        Box::pin(house.revoke_all()),
        revocations
    );
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert!(first + second <= 10);
    assert_eq!(house.page(100, None).await.grants, vec![]);
    let events = house.events().await;
    let ends = events.iter().filter(|event| **event == Event::TokenRevoked);
    assert_eq!(ends.count(), 10, "each ended once");
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

//! `POST /loginresetpassword`: the same for everyone, and not too often.

use std::net::IpAddr;
use std::time::Duration;

use mapgate_core::table::{Event, UserChange};
use mapgate_tests::gate::{TestGate, get, post, with_header};

use super::{LINK, OLD, portal};

#[tokio::test]
async fn t88_known_and_unknown_get_the_same_answer_by_the_same_requests() {
    let portal = portal(LINK).await;
    let table = portal.test.gate.table().await;
    for (name, change) in [
        (
            "off",
            UserChange {
                deactivated: Some(true),
                ..UserChange::default()
            },
        ),
        (
            "without",
            UserChange {
                email: Some(None),
                ..UserChange::default()
            },
        ),
    ] {
        portal.test.user(name, OLD, &[], false).await;
        let user = table.user(name).await.unwrap().expect("the user");
        table
            .transaction()
            .change(&user, &change)
            .commit()
            .await
            .unwrap()
            .unwrap();
    }
    let _ = portal.test.table_requests();
    let mut seen = Vec::new();
    // Jane three times more than the limit lets through.
    let long = "x".repeat(3000);
    for login in [
        "jane",
        "jane@example.com",
        "jane",
        "jane",
        "jane",
        "nobody",
        "n@example.com",
        "off",
        "without",
        &long,
    ] {
        portal.ask(login).await;
        seen.push(portal.test.table_requests());
    }
    assert_eq!(
        seen[0],
        [
            "UpdateItem",
            "Query",
            "BatchGetItem",
            "UpdateItem",
            "TransactWriteItems"
        ]
    );
    assert!(seen.iter().all(|requests| *requests == seen[0]), "{seen:?}");
    let lengths: Vec<usize> = portal.open().await.iter().map(|mail| mail.sealed.len()).collect();
    assert!(
        lengths.len() == 10 && lengths.iter().all(|length| *length == lengths[0]),
        "{lengths:?}"
    );
    let trail = format!("{:?}", portal.trail().await);
    assert!(
        !trail.contains("nobody") && !trail.contains("n@example.com"),
        "{trail}"
    );
    assert!(trail.contains("ResetRequested"), "{trail}");
}

#[tokio::test]
async fn t88_a_user_gets_three_mails_an_hour_and_never_four() {
    let portal = portal(LINK).await;
    for _ in 0..4 {
        portal.ask("jane").await;
        portal.test.clock.advance(Duration::from_mins(10));
    }
    portal.send_due().await;
    assert_eq!(portal.server.delivered().len(), 3);
    // The first is an hour old now, the second is not.
    portal.test.clock.advance(Duration::from_mins(20));
    portal.ask("jane").await;
    portal.ask("jane").await;
    portal.send_due().await;
    assert_eq!(portal.server.delivered().len(), 4);
    assert!(portal.open().await.is_empty(), "decoys go without a trace");
    assert_eq!(portal.done().await.len(), 4);
}

#[tokio::test]
async fn fifty_requests_at_once_give_three_mails() {
    let portal = portal(LINK).await;
    let asking = (0_u8..50).map(|network| {
        let request = post("/loginresetpassword", &[("login", "jane")]);
        let router = mapgate_reset_password::router(portal.test.gate.clone());
        let address = IpAddr::from([198, 51, network, 1]);
        let test: &TestGate = &portal.test;
        async move { test.send_from(router, request, address).await.status }
    });
    for status in futures_util::future::join_all(asking).await {
        assert_eq!(status, 200);
    }
    for _ in 0..4 {
        portal.send_due().await;
    }
    assert_eq!(portal.server.delivered().len(), 3);
}

#[tokio::test]
async fn t88_a_network_asks_twenty_times_an_hour() {
    let portal = portal(LINK).await;
    for number in 0..22 {
        portal.ask(&format!("nobody{number}")).await;
    }
    assert_eq!(portal.open().await.len(), 20);
    let _ = portal.test.table_requests();
    portal.ask("jane").await;
    let known = portal.test.table_requests();
    portal.ask("nobody").await;
    assert_eq!(known, portal.test.table_requests());
    let request = post("/loginresetpassword", &[("login", "jane")]);
    let router = mapgate_reset_password::router(portal.test.gate.clone());
    let answer = portal
        .test
        .send_from(router, request, IpAddr::from([203, 0, 114, 7]))
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(portal.open().await.len(), 21, "the next network may");
}

#[tokio::test]
async fn an_address_that_two_share_is_nobodys() {
    let portal = portal(LINK).await;
    portal.test.user("joe", OLD, &[], false).await;
    let table = portal.test.gate.table().await;
    let joe = table.user("joe").await.unwrap().expect("joe");
    let shared = UserChange {
        email: Some(Some("jane@example.com".to_owned())),
        ..UserChange::default()
    };
    table
        .transaction()
        .change(&joe, &shared)
        .commit()
        .await
        .unwrap()
        .unwrap();
    portal.ask("JANE@example.com").await;
    portal.send_due().await;
    assert!(portal.server.delivered().is_empty());
}

#[tokio::test]
async fn what_is_missing_or_foreign_is_refused_and_queues_nothing() {
    let portal = portal(LINK).await;
    let login = [("login", "jane")];
    let missing = portal.send(post("/loginresetpassword", &[("login", "")])).await;
    assert_eq!(
        (missing.status.as_u16(), missing.body.contains("login")),
        (400, true)
    );
    let foreign = with_header(
        post("/loginresetpassword", &login),
        "origin",
        "https://evil.example",
    );
    assert_eq!(portal.send(foreign).await.status, 403);
    let fields = [("login", "jane"), ("csrf_token", "guessed")];
    assert_eq!(
        portal.send(post("/loginresetpassword", &fields)).await.status,
        403
    );
    assert!(portal.open().await.is_empty());
}

#[tokio::test]
async fn the_page_asks_and_says_what_comes_next() {
    let portal = portal(LINK).await;
    let page = portal.send(get("/loginresetpassword")).await;
    assert_eq!(page.status, 200);
    let token = page
        .body
        .split("name=\"csrf_token\" value=\"")
        .nth(1)
        .expect("a token");
    let token = token.split('"').next().expect("its end");
    let request = post("/loginresetpassword", &[("login", "jane"), ("csrf_token", token)]);
    let answer = portal.send(with_header(request, "cookie", &page.cookies())).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("Look into your mailbox"), "{}", answer.body);
    assert_eq!(portal.events().await.last(), Some(&Event::ResetRequested));
}

#[tokio::test]
async fn without_its_settings_there_is_no_reset() {
    let test = TestGate::new().await;
    test.user("jane", OLD, &[], false).await;
    let _ = test.table_requests();
    let router = || mapgate_reset_password::router(test.gate.clone());
    let answer = test
        .send(router(), post("/loginresetpassword", &[("login", "jane")]))
        .await;
    assert_eq!(
        (answer.status.as_u16(), answer.body.contains("error")),
        (404, true)
    );
    for path in ["/loginresetpassword", "/loginresetpassword/x"] {
        let page = test.send(router(), get(path)).await;
        assert_eq!(
            (page.status.as_u16(), page.body.contains("Not set up here")),
            (404, true)
        );
    }
    assert!(test.table_requests().is_empty());
}

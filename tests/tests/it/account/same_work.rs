//! Whatever is wrong with a try, outside nothing tells what it was (contract, section 4; T70).

use std::time::Duration;

use http::{Request, header};
use mapgate_core::settings::Secret;
use mapgate_core::table::UserChange;
use mapgate_tests::Slapd;
use mapgate_tests::gate::TestGate;

use super::ldap_login::{ldap, over};
use super::tries::*;
use super::{Tap, operation};

/// What a visitor sees of a try, and what it costs.
async fn seen(test: &TestGate, username: &str, password: &str) -> String {
    let evaluated = test.gate.hashing.evaluated();
    let _ = test.table_requests();
    let answer = log_in(test, username, password).await;
    let hashed = test.gate.hashing.evaluated() - evaluated;
    format!(
        "{} {} {:?} {hashed} {:?}",
        answer.status,
        answer.body,
        answer.headers,
        test.table_requests()
    )
}

async fn special(test: &TestGate, username: &str, change: UserChange) {
    test.user(username, RIGHT, &[], false).await;
    set(test, username, change).await;
}

/// Accounts that are not to be entered.
async fn specials(test: &TestGate) {
    let none = UserChange::default;
    let now = test.clock.now();
    let cases = [
        (
            "off",
            UserChange {
                deactivated: Some(true),
                ..none()
            },
        ),
        (
            "over",
            UserChange {
                expire_on: Some(Some(now)),
                ..none()
            },
        ),
        (
            "bare",
            UserChange {
                password: Some(None),
                ..none()
            },
        ),
        (
            "old",
            UserChange {
                password: Some(Some(Secret::new("98decc62ece399a22ed30d490ef333be7fde7385"))),
                ..none()
            },
        ),
    ];
    test.user("locked", RIGHT, &[], false).await;
    for (username, change) in cases {
        special(test, username, change).await;
    }
}

#[tokio::test]
async fn t70_every_refusal_has_the_same_status_body_headers_table_requests_and_hashes() {
    let test = jane(TEN).await;
    specials(&test).await;
    for password in wrong(10) {
        assert_eq!(status(&test, "locked", &password).await, 401);
        assert_eq!(status(&test, "locked nobody", &password).await, 401);
    }
    let expected = seen(&test, "jane", "wrong").await;
    assert!(expected.starts_with("401 "), "{expected}");
    for (username, password) in [
        ("nobody", RIGHT),
        ("off", RIGHT),
        ("off", "wrong"),
        ("over", RIGHT),
        ("over", "wrong"),
        ("bare", RIGHT),
        ("old", "wrong"),
        ("locked", RIGHT),
        ("locked", "wrong"),
        ("locked nobody", RIGHT),
        ("jane", "98decc62ece399a22ed30d490ef333be7fde7385"),
        ("jane\u{301}", RIGHT),
    ] {
        assert_eq!(
            seen(&test, username, password).await,
            expected,
            "{username} {password}"
        );
    }
}

#[tokio::test]
async fn t70_the_directory_is_asked_the_same_whoever_is_wrong_and_why() {
    let slapd = Slapd::start().await;
    let tap = Tap::before(&slapd).await;
    let test = over(&ldap(&tap.url(), "directory, ldap", true)).await;
    specials(&test).await;
    for password in wrong(10) {
        assert_eq!(status(&test, "locked", &password).await, 401);
    }
    let mut told = Vec::new();
    for (username, password) in [
        ("jane", "wrong"),
        ("nobody", "wrong"),
        ("off", RIGHT),
        ("over", RIGHT),
        ("old", "wrong"),
        ("locked", RIGHT),
        ("JANE", "wrong"),
        ("twin", "lindmatt-twin"),
    ] {
        tap.heard().await;
        let seen = seen(&test, username, password).await;
        let asked: Vec<u8> = tap
            .heard()
            .await
            .iter()
            .map(|request| operation(request))
            .collect();
        told.push((username, seen, asked));
    }
    for (username, seen, asked) in &told {
        assert_eq!((seen, asked), (&told[0].1, &told[0].2), "{username}");
    }
    assert!(told[0].2.len() >= 3, "{told:?}");
}

/// Whether the ticket still has its user, on a second function too.
async fn stands(test: &TestGate, cookies: &str) -> bool {
    let mut names = Vec::new();
    for gate in [test.gate.clone(), test.another()] {
        let request = Request::get("/loginuser").header(header::COOKIE, cookies);
        let request = request.body(axum::body::Body::empty()).unwrap();
        let answer = test.send(mapgate_login::router(gate), request).await;
        names.push(answer.json()["username"] == "jane");
    }
    assert_eq!(names[0], names[1], "the functions differ");
    names[0]
}

#[tokio::test]
async fn an_account_ends_at_the_very_moment() {
    let test = jane(THROTTLE).await;
    let cookies = log_in(&test, "jane", RIGHT).await.cookies();
    let ends = test.clock.now().plus(seconds(60));
    let change = UserChange {
        expire_on: Some(Some(ends)),
        ..UserChange::default()
    };
    set(&test, "jane", change).await;
    test.clock.advance(Duration::from_millis(59_999));
    assert_eq!(status(&test, "jane", RIGHT).await, 200);
    assert_eq!(basic(&test, "jane", RIGHT).await, 200);
    assert!(stands(&test, &cookies).await);
    test.clock.advance(Duration::from_millis(1));
    // What was read a millisecond ago says when the account ends: no cache delays it.
    assert!(!stands(&test, &cookies).await);
    assert_eq!(status(&test, "jane", RIGHT).await, 401);
    assert_eq!(basic(&test, "jane", RIGHT).await, 401);
    assert_eq!(reasons(&test).await["expired"], 2);
}

#[tokio::test]
async fn t69_a_deactivated_users_ticket_and_credential_end_within_ten_seconds() {
    let test = jane(THROTTLE).await;
    let cookies = log_in(&test, "jane", RIGHT).await.cookies();
    assert!(stands(&test, &cookies).await);
    assert_eq!(basic(&test, "jane", RIGHT).await, 200);
    let change = UserChange {
        deactivated: Some(true),
        ..UserChange::default()
    };
    set(&test, "jane", change).await;
    test.clock.advance(seconds(10));
    assert!(!stands(&test, &cookies).await);
    assert_eq!(basic(&test, "jane", RIGHT).await, 401);
    assert_eq!(status(&test, "jane", RIGHT).await, 401);
    assert_eq!(
        change_password(&test, "jane", RIGHT, "an entirely new one")
            .await
            .status,
        401
    );
}

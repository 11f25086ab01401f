//! The auth ticket (contract, section 3).

use std::time::Duration;

use mapgate_core::clock::Timestamp;
use mapgate_core::identity::{Scheme, sign_ticket};
use mapgate_core::session::Ticket;
use mapgate_core::table::{AuditEntry, Event, User, UserChange};
use mapgate_tests::gate::TestGate;

use super::{identify, who};

async fn jane(test: &TestGate) -> User {
    let role = test.role("editor").await;
    test.user("jane", "correct horse", &[role], false).await;
    test.gate
        .table()
        .await
        .user("jane")
        .await
        .expect("the table answers")
        .expect("Jane")
}

async fn ticket(test: &TestGate, user: &User) -> String {
    let secrets = test.gate.secrets().await.expect("keys");
    let ticket = sign_ticket(&secrets, &test.gate.random, test.clock.now(), user, None);
    format!("auth_tkt={}", ticket.expect("randomness").expect("a key"))
}

/// A ticket of Pyramid's own, without mapgate's token.
async fn plain(test: &TestGate, username: &str, issued_at: Timestamp) -> String {
    let secrets = test.gate.secrets().await.expect("keys");
    let ticket = Ticket {
        username: username.to_owned(),
        issued_at,
        session: None,
    };
    format!(
        "auth_tkt={}",
        ticket.sign(secrets.authtkt_signing(issued_at).expect("a key"))
    )
}

#[tokio::test]
async fn a_ticket_gives_the_user_and_the_roles() {
    let test = TestGate::with("  intranet: {networks: [203.0.113.0/24]}", &[]).await;
    let user = jane(&test).await;
    let identity = identify(&test.gate, &[("cookie", &ticket(&test, &user).await)])
        .await
        .expect("an identity");
    assert_eq!(
        identity.user.as_ref().map(|user| user.username.as_str()),
        Some("jane")
    );
    let names: Vec<&str> = identity
        .role_ids()
        .iter()
        .map(|id| identity.roles.get(*id).expect("a role").name.as_str())
        .collect();
    assert_eq!(names, ["anonymous", "intranet", "registered", "editor"]);
    let nobody = identify(&test.gate, &[]).await.expect("an identity");
    assert_eq!(
        nobody.role_ids().iter().map(|id| id.0).collect::<Vec<_>>(),
        [1, 2]
    );
}

#[tokio::test]
async fn a_bad_ticket_only_means_anonymous_and_any_valid_one_counts() {
    let test = TestGate::new().await;
    let user = jane(&test).await;
    let good = ticket(&test, &user).await;
    for bad in ["auth_tkt=", "auth_tkt=x", "auth_tkt=\u{1F}"] {
        let bad = bad.replace('\u{1f}', &"0".repeat(200));
        assert_eq!(
            who(&test.gate, &[("cookie", &bad)]).await.as_deref(),
            Ok(""),
            "{bad}"
        );
        assert_eq!(
            who(&test.gate, &[("cookie", &format!("{bad}; {good}"))])
                .await
                .as_deref(),
            Ok("jane")
        );
        assert_eq!(
            who(&test.gate, &[("cookie", &format!("{good}; {bad}"))])
                .await
                .as_deref(),
            Ok("jane")
        );
    }
}

#[tokio::test]
async fn a_ticket_dies_of_age_and_its_session_with_it() {
    let test = TestGate::with("  authentication: {session_max_days: 2}", &[]).await;
    let user = jane(&test).await;
    let cookie = ticket(&test, &user).await;
    let scheme = async || {
        identify(&test.gate, &[("cookie", &cookie)])
            .await
            .expect("an identity")
            .scheme
    };
    assert!(matches!(scheme().await, Scheme::Ticket { reissue: false, .. }));
    test.clock.advance(Duration::from_secs(9002));
    assert!(matches!(scheme().await, Scheme::Ticket { reissue: true, .. }));
    test.clock.advance(Duration::from_secs(86_400 - 9002));
    assert!(matches!(scheme().await, Scheme::Ticket { .. }), "at the limit");
    test.clock.advance(Duration::from_secs(1));
    assert_eq!(scheme().await, Scheme::Anonymous, "past it");

    let Ok(identity) = identify(&test.gate, &[("cookie", &ticket(&test, &user).await)]).await else {
        panic!()
    };
    let Scheme::Ticket {
        session: Some(session),
        ..
    } = identity.scheme
    else {
        panic!("no session")
    };
    test.clock.advance(Duration::from_hours(47));
    let secrets = test.gate.secrets().await.expect("keys");
    let reissued = sign_ticket(
        &secrets,
        &test.gate.random,
        test.clock.now(),
        &user,
        Some(&session),
    );
    let cookie = format!("auth_tkt={}", reissued.expect("randomness").expect("a key"));
    assert_eq!(
        who(&test.gate, &[("cookie", &cookie)]).await.as_deref(),
        Ok("jane")
    );
    test.clock.advance(Duration::from_mins(61));
    assert_eq!(
        who(&test.gate, &[("cookie", &cookie)]).await.as_deref(),
        Ok(""),
        "the whole session is bounded"
    );
}

#[tokio::test]
async fn an_ended_session_is_dead_on_every_function_within_ten_seconds() {
    let test = TestGate::new().await;
    let user = jane(&test).await;
    let (cookie, other_session) = (ticket(&test, &user).await, ticket(&test, &user).await);
    let elsewhere = test.another();
    for gate in [&test.gate, &elsewhere] {
        assert_eq!(who(gate, &[("cookie", &cookie)]).await.as_deref(), Ok("jane"));
    }
    let identity = identify(&test.gate, &[("cookie", &cookie)])
        .await
        .expect("an identity");
    let Scheme::Ticket {
        session: Some(session),
        ..
    } = identity.scheme
    else {
        panic!("no session")
    };
    let audit = AuditEntry::new(Event::LoggedOut, test.clock.now(), 1).of("jane");
    let until = test.clock.now().plus(Duration::from_hours(1));
    test.gate
        .table()
        .await
        .end_session(&session.id, until, &audit)
        .await
        .expect("ended");
    test.clock.advance(Duration::from_secs(10));
    for gate in [&test.gate, &elsewhere] {
        assert_eq!(who(gate, &[("cookie", &cookie)]).await.as_deref(), Ok(""));
        assert_eq!(
            who(gate, &[("cookie", &other_session)]).await.as_deref(),
            Ok("jane")
        );
    }
}

#[tokio::test]
async fn t69_who_is_deactivated_or_expires_has_no_identity_within_ten_seconds_on_any_function() {
    let test = TestGate::new().await;
    let user = jane(&test).await;
    let cookie = ticket(&test, &user).await;
    let elsewhere = test.another();
    let now = test.clock.now();
    let (off, over) = (UserChange::default(), UserChange::default());
    let off = UserChange {
        deactivated: Some(true),
        ..off
    };
    let on_again = UserChange {
        deactivated: Some(false),
        ..UserChange::default()
    };
    let over = UserChange {
        expire_on: Some(Some(now)),
        ..over
    };
    for (change, who_it_is) in [(off, ""), (on_again, "jane"), (over, "")] {
        let table = test.gate.table().await;
        let written = table.transaction().change(&user, &change).commit().await;
        assert!(written.expect("the table answers").is_ok());
        test.clock.advance(Duration::from_secs(10));
        for gate in [&test.gate, &elsewhere] {
            let found = who(gate, &[("cookie", &cookie)]).await;
            assert_eq!(found.as_deref(), Ok(who_it_is));
        }
    }
}

#[tokio::test]
async fn inside_ten_seconds_no_request_reaches_the_table() {
    let test = TestGate::new().await;
    let user = jane(&test).await;
    let cookie = ticket(&test, &user).await;
    let _ = test.table_requests();
    for _ in 0..3 {
        assert_eq!(
            who(&test.gate, &[("cookie", &cookie)]).await.as_deref(),
            Ok("jane")
        );
        assert_eq!(who(&test.gate, &[]).await.as_deref(), Ok(""));
    }
    assert_eq!(
        test.table_requests(),
        ["BatchGetItem", "GetItem"],
        "user and roles, then the roles for nobody"
    );
    test.clock.advance(Duration::from_secs(10));
    assert_eq!(
        who(&test.gate, &[("cookie", &cookie)]).await.as_deref(),
        Ok("jane")
    );
    assert_eq!(test.table_requests(), ["BatchGetItem"]);
}

#[tokio::test]
async fn a_ticket_of_pyramids_own_must_be_newer_than_the_users_last_change() {
    let test = TestGate::new().await;
    let user = jane(&test).await;
    let changed = user.generation_since;
    for (issued_at, expected) in [(changed, ""), (changed.plus(Duration::from_secs(1)), "jane")] {
        let cookie = plain(&test, "jane", issued_at).await;
        assert_eq!(
            who(&test.gate, &[("cookie", &cookie)]).await.as_deref(),
            Ok(expected)
        );
    }
    let unknown = plain(&test, "nobody", changed.plus(Duration::from_secs(1))).await;
    assert_eq!(who(&test.gate, &[("cookie", &unknown)]).await.as_deref(), Ok(""));
}

#[tokio::test]
async fn that_a_user_does_not_exist_is_not_remembered() {
    let test = TestGate::new().await;
    let issued_at = test.clock.now().plus(Duration::from_secs(1));
    let cookie = plain(&test, "jane", issued_at).await;
    assert_eq!(who(&test.gate, &[("cookie", &cookie)]).await.as_deref(), Ok(""));
    jane(&test).await;
    assert_eq!(
        who(&test.gate, &[("cookie", &cookie)]).await.as_deref(),
        Ok("jane")
    );
}

#[tokio::test]
async fn a_foreign_page_does_not_use_a_ticket() {
    let test = TestGate::with(
        "  authorized_referers: [portal.example.com, 'https://other.example.com:8443/map']",
        &[],
    )
    .await;
    let user = jane(&test).await;
    let cookie = ticket(&test, &user).await;
    for (headers, expected) in [
        (&[("referer", "http://maps.example.com/map")][..], "jane"),
        (&[("referer", "https://portal.example.com/")], "jane"),
        (&[("referer", "https://other.example.com:8443/x")], "jane"),
        (&[("referer", "https://own.host/x"), ("host", "own.host")], "jane"),
        (&[("referer", "https://other.example.com/x")], ""),
        (&[("referer", "https://maps.example.com.evil.com/")], ""),
        (&[("referer", "https://maps.example.com@evil.com/")], ""),
        (&[("referer", "about:blank")], ""),
        (&[("sec-fetch-site", "cross-site")], ""),
        (&[("sec-fetch-site", "same-origin")], "jane"),
        (
            &[
                ("sec-fetch-site", "cross-site"),
                ("referer", "https://portal.example.com/"),
            ],
            "jane",
        ),
        (&[("origin", "https://evil.com")], ""),
        (&[("origin", "null")], ""),
        (&[("origin", "https://portal.example.com")], "jane"),
    ] {
        let mut all = vec![("cookie", cookie.as_str())];
        all.extend(headers);
        assert_eq!(
            who(&test.gate, &all).await.as_deref(),
            Ok(expected),
            "{headers:?}"
        );
    }
}

//! Single sign-on by a front proxy (contract, section 3).

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use futures_util::future::join_all;
use http::{Request, StatusCode};
use mapgate_core::clock::Timestamp;
use mapgate_core::gate::Gate;
use mapgate_core::http::Reach;
use mapgate_core::identity::{Identity, Peer, Scheme, sign_ticket};
use mapgate_core::table::{AuditEntry, CreateUser, Event, NewUser, Source, User, UserChange};
use mapgate_tests::gate::{IDENTIFYING, START, TestGate, as_function, get, post, with_header};

const LISTED: &str = "10.1.2.3";
const VARS: &str = "  authentication:\n    trusted_header: {header: X-Remote-User, proxies: [10.0.0.0/8, '2001:db8:5::/48']}";
const CREATING: &str = "  authentication:\n    trusted_header: {header: X-Remote-User, proxies: [10.0.0.0/8], create_user: true}";

/// What `gate` makes of a request with these headers, from `peer`.
async fn identify_from(gate: &Gate, peer: &str, headers: &[(&str, &str)], reach: Reach) -> Identity {
    let mut request = Request::get("/loginuser");
    for (name, value) in headers {
        request = request.header(*name, value.as_bytes());
    }
    let peer = Peer {
        address: peer.parse::<IpAddr>().expect("an address"),
        https: false,
    };
    let request = request.extension(peer).body(Body::empty()).expect("a request");
    let (parts, _) = request.into_parts();
    as_function(IDENTIFYING, gate.identify(&parts, reach))
        .await
        .expect("an identity")
}

/// The user's name; empty for an anonymous request.
async fn who(gate: &Gate, peer: &str, headers: &[(&str, &str)]) -> String {
    let identity = identify_from(gate, peer, headers, Reach::Own).await;
    let scheme = if identity.user.is_some() {
        Scheme::TrustedHeader
    } else {
        Scheme::Anonymous
    };
    assert_eq!(identity.scheme, scheme);
    identity.user.map(|user| user.username).unwrap_or_default()
}

/// Makes a user without a password, of that source.
async fn made(test: &TestGate, username: &str, source: Source) {
    let new = NewUser {
        username: username.to_owned(),
        id: None,
        display_name: username.to_owned(),
        email: Some(format!("{username}@example.com")),
        roles: [test.role("editor").await].into(),
        password: None,
        is_password_changed: false,
        deactivated: false,
        expire_on: None,
        source,
    };
    let now = test.clock.now();
    let audit = AuditEntry::new(Event::UserCreated, now, 1).of(username);
    let table = test.gate.table().await;
    let made = table
        .create_user(new, now, &audit)
        .await
        .expect("the table answers");
    assert!(matches!(made, CreateUser::Created(_)));
}

async fn user(test: &TestGate, username: &str) -> Option<User> {
    test.gate
        .table()
        .await
        .user(username)
        .await
        .expect("the table answers")
}

async fn change(test: &TestGate, username: &str, change: UserChange) {
    let user = user(test, username).await.expect("the user");
    let written = test
        .gate
        .table()
        .await
        .transaction()
        .change(&user, &change)
        .commit()
        .await;
    written.expect("the table answers").expect("nobody else writes");
}

/// How often the trail has `event` of `username`.
async fn told(test: &TestGate, event: Event, username: &str) -> usize {
    let day = START.rfc3339();
    let trail = test
        .gate
        .table()
        .await
        .audit(&day[..10])
        .await
        .expect("the trail");
    let entries = trail.iter().filter(|entry| entry.event == event);
    entries
        .filter(|entry| entry.username.as_deref() == Some(username))
        .count()
}

#[tokio::test]
async fn the_header_counts_from_a_listed_peer_alone() {
    let test = TestGate::with(
        &format!("{VARS}\n  intranet: {{networks: [10.1.0.0/16], trusted_proxies: [192.0.2.0/24]}}"),
        &[],
    )
    .await;
    made(&test, "jane", Source::TrustedHeader).await;
    for listed in [LISTED, "::ffff:10.1.2.3", "2001:db8:5::1"] {
        for name in ["X-Remote-User", "x-remote-user", "X-REMOTE-USER"] {
            assert_eq!(
                who(&test.gate, listed, &[(name, "jane")]).await,
                "jane",
                "{listed}"
            );
        }
    }
    for stranger in [
        "203.0.113.7",
        "11.1.2.3",
        "2001:db8:6::1",
        "::10.1.2.3",
        "192.0.2.1",
    ] {
        assert_eq!(
            who(&test.gate, stranger, &[("x-remote-user", "jane")]).await,
            "",
            "{stranger}"
        );
        // Whatever it says of who stands before it.
        for claim in ["x-forwarded-for", "x-real-ip"] {
            let headers = [("x-remote-user", "jane"), (claim, LISTED)];
            assert_eq!(who(&test.gate, stranger, &headers).await, "", "{stranger}");
        }
        let headers = [("x-remote-user", "jane"), ("forwarded", "for=10.1.2.3")];
        assert_eq!(who(&test.gate, stranger, &headers).await, "", "{stranger}");
    }
    for other in ["x_remote_user", "remote-user", "x-remote-user-2"] {
        assert_eq!(who(&test.gate, LISTED, &[(other, "jane")]).await, "");
    }
}

#[tokio::test]
async fn what_is_no_name_is_nobody() {
    let test = TestGate::with(CREATING, &[]).await;
    made(&test, "zo\u{e9}", Source::TrustedHeader).await;
    assert_eq!(
        who(&test.gate, LISTED, &[("x-remote-user", "zoe\u{301}")]).await,
        "zo\u{e9}"
    );
    let long = "x".repeat(300);
    for name in ["", " ", "a,b", long.as_str()] {
        assert_eq!(
            who(&test.gate, LISTED, &[("x-remote-user", name)]).await,
            "",
            "{name}"
        );
    }
    let two = [("x-remote-user", "zo\u{e9}"), ("x-remote-user", "admin")];
    assert_eq!(who(&test.gate, LISTED, &two).await, "");
    assert!(user(&test, "a,b").await.is_none());
}

#[tokio::test]
async fn a_foreign_page_cannot_use_it() {
    let test = TestGate::with(VARS, &[]).await;
    made(&test, "jane", Source::TrustedHeader).await;
    for (name, value) in [
        ("referer", "https://evil.example.com/"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let headers = [("x-remote-user", "jane"), (name, value)];
        assert_eq!(who(&test.gate, LISTED, &headers).await, "", "{name}");
        let page = identify_from(&test.gate, LISTED, &headers, Reach::Page).await;
        assert!(page.user.is_some(), "a page may be reached from elsewhere");
    }
    let own = [
        ("x-remote-user", "jane"),
        ("referer", "http://maps.example.com/x"),
    ];
    assert_eq!(who(&test.gate, LISTED, &own).await, "jane");
}

#[tokio::test]
async fn the_ticket_comes_first_and_a_bad_one_is_nobody() {
    let test = TestGate::with(VARS, &[]).await;
    made(&test, "jane", Source::TrustedHeader).await;
    test.user("joe", "correct horse", &[], false).await;
    let joe = user(&test, "joe").await.expect("Joe");
    let secrets = test.gate.secrets().await.expect("keys");
    let ticket = sign_ticket(&secrets, &test.gate.random, test.clock.now(), &joe, None);
    let ticket = format!("auth_tkt={}", ticket.expect("randomness").expect("a key"));
    let both = [("x-remote-user", "jane"), ("cookie", ticket.as_str())];
    let identity = identify_from(&test.gate, LISTED, &both, Reach::Own).await;
    assert_eq!(identity.user.map(|user| user.username).as_deref(), Some("joe"));
    let bad = [("x-remote-user", "jane"), ("cookie", "auth_tkt=x")];
    assert_eq!(who(&test.gate, LISTED, &bad).await, "");
    let other = [("x-remote-user", "jane"), ("cookie", "theme=dark")];
    assert_eq!(who(&test.gate, LISTED, &other).await, "jane");
}

#[tokio::test]
async fn a_user_who_is_not_in_force_or_not_known_is_nobody() {
    let test = TestGate::with(VARS, &[]).await;
    let header = [("x-remote-user", "jane")];
    assert_eq!(who(&test.gate, LISTED, &header).await, "");
    assert!(user(&test, "jane").await.is_none());
    made(&test, "jane", Source::TrustedHeader).await;
    assert_eq!(
        who(&test.gate, LISTED, &header).await,
        "jane",
        "made a moment ago"
    );
    assert_eq!(who(&test.gate, LISTED, &[("x-remote-user", "JANE")]).await, "");
    for (off, on) in [
        (
            UserChange {
                deactivated: Some(true),
                ..UserChange::default()
            },
            UserChange {
                deactivated: Some(false),
                ..UserChange::default()
            },
        ),
        (
            UserChange {
                expire_on: Some(Some(Timestamp::from_seconds(1))),
                ..UserChange::default()
            },
            UserChange {
                expire_on: Some(None),
                ..UserChange::default()
            },
        ),
    ] {
        change(&test, "jane", off).await;
        test.clock.advance(std::time::Duration::from_secs(10));
        assert_eq!(who(&test.gate, LISTED, &header).await, "");
        change(&test, "jane", on).await;
        assert_eq!(
            who(&test.gate, LISTED, &header).await,
            "jane",
            "only refusals are delayed"
        );
    }
}

#[tokio::test]
async fn in_the_steady_state_the_table_is_not_asked() {
    let test = TestGate::with(VARS, &[]).await;
    made(&test, "jane", Source::TrustedHeader).await;
    let header = [("x-remote-user", "jane")];
    let _ = test.table_requests();
    assert_eq!(who(&test.gate, LISTED, &header).await, "jane");
    assert_eq!(test.table_requests(), ["BatchGetItem"]);
    for _ in 0..20 {
        assert_eq!(who(&test.gate, LISTED, &header).await, "jane");
    }
    assert_eq!(test.table_requests(), Vec::<String>::new());
}

#[tokio::test]
async fn an_unknown_user_is_made_once_where_that_is_set() {
    let test = TestGate::with(CREATING, &[]).await;
    let gates: Vec<Arc<Gate>> = (0..50).map(|_| test.another()).collect();
    let all = gates
        .iter()
        .map(|gate| who(gate, LISTED, &[("x-remote-user", "jane")]));
    assert_eq!(join_all(all).await, ["jane"; 50]);
    let jane = user(&test, "jane").await.expect("Jane");
    assert_eq!(jane.source, Source::TrustedHeader);
    assert!(jane.password.is_none() && jane.roles.is_empty() && jane.is_password_changed);
    assert_eq!(told(&test, Event::UserCreated, "jane").await, 1);
    // Nor in another case, and one who may not come in costs no number.
    assert_eq!(who(&test.gate, LISTED, &[("x-remote-user", "Jane")]).await, "");
    change(
        &test,
        "jane",
        UserChange {
            deactivated: Some(true),
            ..UserChange::default()
        },
    )
    .await;
    let _ = test.table_requests();
    // The user, the user anew, and the roles of an anonymous request.
    assert_eq!(
        who(&test.another(), LISTED, &[("x-remote-user", "jane")]).await,
        ""
    );
    assert_eq!(test.table_requests(), ["BatchGetItem", "BatchGetItem", "GetItem"]);
}

#[tokio::test]
async fn an_account_of_another_source_is_never_taken_over() {
    let test = TestGate::with(CREATING, &[]).await;
    test.user("admin", "correct horse", &[], false).await;
    test.user("newcomer", "correct horse", &[], true).await;
    made(&test, "otto", Source::Ldap).await;
    for name in ["admin", "newcomer", "otto"] {
        let before = user(&test, name).await.expect("the user").source;
        assert_eq!(
            who(&test.gate, LISTED, &[("x-remote-user", name)]).await,
            "",
            "{name}"
        );
        assert_eq!(user(&test, name).await.expect("the user").source, before);
        assert_eq!(told(&test, Event::UserChanged, name).await, 0);
    }
}

#[tokio::test]
async fn an_account_made_beforehand_without_a_password_becomes_the_proxys_once() {
    let test = TestGate::with(VARS, &[]).await;
    made(&test, "jane", Source::Directory).await;
    let gates: Vec<Arc<Gate>> = (0..50).map(|_| test.another()).collect();
    let all = gates
        .iter()
        .map(|gate| who(gate, LISTED, &[("x-remote-user", "jane")]));
    assert_eq!(join_all(all).await, ["jane"; 50]);
    let jane = user(&test, "jane").await.expect("Jane");
    assert_eq!((jane.source, jane.roles.len()), (Source::TrustedHeader, 1));
    assert_eq!(told(&test, Event::UserChanged, "jane").await, 1);
    // From elsewhere nobody claims one.
    made(&test, "joe", Source::Directory).await;
    assert_eq!(
        who(&test.gate, "203.0.113.7", &[("x-remote-user", "joe")]).await,
        ""
    );
    assert_eq!(user(&test, "joe").await.expect("Joe").source, Source::Directory);
}

#[tokio::test]
async fn such_a_user_has_no_password_here() {
    let test = TestGate::with(VARS, &[]).await;
    made(&test, "jane", Source::TrustedHeader).await;
    let listed: IpAddr = LISTED.parse().expect("an address");
    let login = || mapgate_login::router(test.gate.clone());
    let fields = [
        ("oldPassword", "x"),
        ("newPassword", "correct horse"),
        ("confirmNewPassword", "correct horse"),
    ];
    for named in [&[][..], &[("login", "jane")]] {
        let form = post("/loginchangepassword", &[&fields[..], named].concat());
        let own = with_header(form, "x-remote-user", "jane");
        let answer = test.send_from(login(), own, listed).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
        assert!(answer.body.contains("not kept here"), "{}", answer.body);
    }
    let page = with_header(get("/loginchangepassword"), "x-remote-user", "jane");
    let page = test.send_from(login(), page, listed).await;
    assert!(
        page.status == StatusCode::OK && !page.body.contains("<form"),
        "{}",
        page.body
    );
    // To a stranger it is an account like any other.
    let of_jane = [&fields[..], &[("login", "jane")]].concat();
    for answer in [
        test.send(login(), post("/loginchangepassword", &of_jane)).await,
        test.send(login(), post("/login", &[("login", "jane"), ("password", "x")]))
            .await,
    ] {
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", answer.body);
    }
}

#[tokio::test]
async fn it_gives_no_ticket_and_there_is_nothing_to_log_out() {
    let test = TestGate::with(VARS, &[]).await;
    made(&test, "jane", Source::TrustedHeader).await;
    let listed: IpAddr = LISTED.parse().expect("an address");
    let login = || mapgate_login::router(test.gate.clone());
    let asked = |path| with_header(get(path), "x-remote-user", "jane");
    let told = test.send_from(login(), asked("/loginuser"), listed).await;
    assert_eq!(told.json()["username"], "jane");
    assert_eq!(told.json()["login_type"], "local");
    assert_eq!(told.header("set-cookie"), "");
    let out = test.send_from(login(), asked("/logout"), listed).await;
    assert_eq!(out.status, StatusCode::UNAUTHORIZED);
    let page = test.send_from(login(), asked("/login.html"), listed).await;
    assert!(page.body.contains("You are logged in as jane"), "{}", page.body);
}

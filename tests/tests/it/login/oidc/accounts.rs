//! Whose account it is.

use futures_util::future::join_all;
use mapgate_core::clock::Timestamp;
use mapgate_core::table::{AuditEntry, Event, NewUser, ROLE_ADMIN, Source, User, UserChange};
use mapgate_tests::gate::{START, TestGate};
use serde_json::json;

use super::{Browser, Peer, assert_refused, client_of};

const NO_ACCOUNT: &str = "there is no account here that you can use";

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

async fn made(test: &TestGate, username: &str, source: Source) {
    let new = NewUser {
        username: username.to_owned(),
        id: None,
        display_name: username.to_owned(),
        email: Some(format!("{username}@example.com")),
        roles: [].into(),
        password: None,
        is_password_changed: false,
        deactivated: false,
        expire_on: None,
        source,
    };
    let audit = AuditEntry::new(Event::UserCreated, START, 1).of(username);
    test.gate
        .table()
        .await
        .create_user(new, START, &audit)
        .await
        .expect("the table answers");
}

async fn reasons(test: &TestGate) -> Vec<String> {
    let day = START.rfc3339();
    let trail = test
        .gate
        .table()
        .await
        .audit(&day[..10])
        .await
        .expect("the trail");
    let failed = trail
        .into_iter()
        .filter(|entry| entry.event == Event::LoginFailed);
    failed.map(|entry| entry.details["reason"].clone()).collect()
}

#[tokio::test]
async fn whoever_has_no_account_in_force_gets_the_same_words() {
    let peer = Peer::start().await;
    let test = client_of(&peer, "").await;
    let browser = Browser::of(&test);
    made(&test, "jane", Source::Directory).await;
    made(&test, "otto", Source::Ldap).await;
    made(&test, "sso", Source::TrustedHeader).await;
    let expired = UserChange {
        expire_on: Some(Some(Timestamp::from_seconds(1))),
        ..UserChange::default()
    };
    made(&test, "old", Source::Directory).await;
    change(&test, "old", expired).await;
    made(&test, "off", Source::Directory).await;
    change(
        &test,
        "off",
        UserChange {
            deactivated: Some(true),
            ..UserChange::default()
        },
    )
    .await;
    let mut pages = Vec::new();
    for name in ["nobody", "JANE", "otto", "sso", "old", "off"] {
        let page = browser.log_in(&peer, name, &json!({})).await;
        assert_refused(&page, 403, NO_ACCOUNT);
        pages.push(page.body);
    }
    assert!(pages.windows(2).all(|pages| pages[0] == pages[1]));
    let expected = [
        "unknown_user",
        "unknown_user",
        "other_source",
        "other_source",
        "expired",
        "deactivated",
    ];
    let mut told = reasons(&test).await;
    told.sort();
    let mut expected = expected.map(str::to_owned).to_vec();
    expected.sort();
    assert_eq!(told, expected);
    assert_eq!(
        browser
            .who(&browser.log_in(&peer, "jane", &json!({})).await)
            .await,
        "jane"
    );
}

#[tokio::test]
async fn an_unknown_user_is_made_once_where_that_is_set() {
    let peer = Peer::start().await;
    let test = client_of(&peer, ", create_user: true").await;
    let browser = &Browser::of(&test);
    let logins = join_all((0..50).map(|_| browser.begin(""))).await;
    let tokens = logins
        .iter()
        .map(|login| (login.state.clone(), peer.key.sign(&peer.claims("jane", login))));
    let tokens = tokens.collect();
    peer.say(|says| says.by_code = tokens);
    let all = logins.iter().map(|login| {
        let query = format!("code={0}&state={0}&iss={1}", login.state, peer.url);
        async move {
            browser
                .get(&format!("/oidc/callback?{query}"), &login.cookies)
                .await
        }
    });
    for answer in join_all(all).await {
        assert_eq!(browser.who(&answer).await, "jane", "{}", answer.body);
    }
    let day = START.rfc3339();
    let trail = test
        .gate
        .table()
        .await
        .audit(&day[..10])
        .await
        .expect("the trail");
    let count = |event| trail.iter().filter(|entry| entry.event == event).count();
    assert_eq!((count(Event::UserCreated), count(Event::LoginSucceeded)), (1, 50));
}

#[tokio::test]
async fn the_account_is_the_subjects_whatever_it_is_called_later() {
    let peer = Peer::start().await;
    let more = ", create_user: true, user_info_fields: {username: preferred_username}";
    let test = client_of(&peer, more).await;
    let browser = Browser::of(&test);
    let named = |name: &str| json!({"preferred_username": name});
    let jane = browser.log_in(&peer, "1", &named("jane")).await;
    assert_eq!(browser.who(&jane).await, "jane");
    // Jane marries; the account stays hers, under its name.
    let renamed = browser.log_in(&peer, "1", &named("jane.rey")).await;
    assert_eq!(browser.who(&renamed).await, "jane");
    assert!(user(&test, "jane.rey").await.is_none());
    // Someone else is given her name at the provider.
    assert_refused(&browser.log_in(&peer, "2", &named("jane")).await, 403, NO_ACCOUNT);
    let jane = user(&test, "jane").await.expect("Jane");
    assert_eq!(
        (jane.source, jane.password.is_none()),
        (Source::OpenidConnect, true)
    );
}

#[tokio::test]
async fn an_account_made_beforehand_becomes_the_subjects() {
    let peer = Peer::start().await;
    let test = client_of(&peer, "").await;
    let browser = Browser::of(&test);
    let role = test.role("editor").await;
    test.user("jane", "correct horse", &[role], false).await;
    test.user("newcomer", "first password", &[], true).await;
    for name in ["jane", "newcomer"] {
        let answer = browser
            .log_in(&peer, name, &json!({"iat": START.seconds()}))
            .await;
        assert_eq!(browser.who(&answer).await, name, "{}", answer.body);
        let _ = test.table_requests();
        browser.log_in(&peer, name, &json!({})).await;
        assert_eq!(
            test.table_requests(),
            ["GetItem", "GetItem", "TransactWriteItems"]
        );
    }
    let jane = user(&test, "jane").await.expect("Jane");
    assert!(jane.password.is_some() && jane.subject.is_some() && jane.roles.contains(&role));
    // What an administrator gave out must not come into force when the provider goes.
    assert!(
        user(&test, "newcomer")
            .await
            .expect("the newcomer")
            .password
            .is_none()
    );
}

#[tokio::test]
async fn an_address_finds_a_user_where_the_provider_vouches_for_it_and_one_has_it() {
    let peer = Peer::start().await;
    let test = client_of(&peer, ", match_field: email").await;
    let browser = Browser::of(&test);
    for name in ["jane", "joe", "twin"] {
        made(&test, name, Source::Directory).await;
    }
    let twins = UserChange {
        email: Some(Some("joe@example.com".to_owned())),
        ..UserChange::default()
    };
    change(&test, "twin", twins).await;
    let at = |email: &str, verified: serde_json::Value| json!({"email": email, "email_verified": verified});
    for (claims, why) in [
        (at("jane@example.com", json!(false)), "disowned"),
        (at("jane@example.com", json!(null)), "not said"),
        (at("joe@example.com", json!(true)), "two have it"),
        (at("nobody@example.com", json!(true)), "nobody has it"),
        (json!({}), "none"),
    ] {
        let answer = browser.log_in(&peer, "1", &claims).await;
        assert_refused(&answer, 403, NO_ACCOUNT);
        assert!(
            user(&test, "jane").await.expect("Jane").subject.is_none(),
            "{why}"
        );
    }
    for verified in [json!(true), json!("true")] {
        let answer = browser
            .log_in(&peer, "1", &at("Jane@Example.com", verified))
            .await;
        assert_eq!(browser.who(&answer).await, "jane");
    }
}

#[tokio::test]
async fn update_fields_are_taken_over_at_each_login_and_others_are_not() {
    let peer = Peer::start().await;
    let test = client_of(&peer, ", update_fields: [display_name]").await;
    let browser = Browser::of(&test);
    made(&test, "jane", Source::Directory).await;
    let claims = json!({"name": "Jane Rey", "email": "new@example.com", "email_verified": true});
    browser.log_in(&peer, "jane", &claims).await;
    let jane = user(&test, "jane").await.expect("Jane");
    assert_eq!(jane.display_name, "Jane Rey");
    assert_eq!(jane.email.as_deref(), Some("jane@example.com"));
    browser.log_in(&peer, "jane", &json!({})).await;
    assert_eq!(
        user(&test, "jane").await.expect("Jane").display_name,
        "Jane Rey",
        "nothing is said"
    );
}

#[tokio::test]
async fn provided_roles_are_the_users_roles_and_unknown_ones_are_none() {
    let peer = Peer::start().await;
    let more = ", provide_roles: true, user_info_fields: {roles: groups}";
    let test = client_of(&peer, more).await;
    let browser = Browser::of(&test);
    let (editor, viewer) = (test.role("editor").await, test.role("viewer").await);
    let with = |roles: serde_json::Value| json!({"groups": roles});
    let own = async |roles| {
        browser.log_in(&peer, "jane", &with(roles)).await;
        let jane = user(&test, "jane")
            .await
            .expect("Jane, whom the provider's word makes");
        jane.roles.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(own(json!(["editor", "unheard-of", "intranet"])).await, [editor]);
    assert_eq!(own(json!(["viewer"])).await, [viewer]);
    assert_eq!(own(json!(null)).await, []);
}

#[tokio::test]
async fn the_last_administrator_keeps_the_role_that_the_provider_takes_away() {
    let peer = Peer::start().await;
    let more = ", provide_roles: true, user_info_fields: {roles: groups}";
    let test = client_of(&peer, more).await;
    let browser = Browser::of(&test);
    let admin = test.role(ROLE_ADMIN).await;
    let has_it = async |roles| {
        browser.log_in(&peer, "jane", &json!({"groups": roles})).await;
        let jane = user(&test, "jane").await.expect("Jane");
        jane.roles.contains(&admin)
    };
    assert!(has_it(json!([ROLE_ADMIN])).await);
    assert!(has_it(json!([])).await, "there is no other");
    test.user("ada", "correct horse", &[admin], false).await;
    assert!(!has_it(json!([])).await);
}

#[tokio::test]
async fn killed_at_any_request_to_the_table_no_account_is_left_that_is_nobodys() {
    let peer = Peer::start().await;
    let test = client_of(&peer, ", create_user: true").await;
    let browser = Browser::of(&test);
    let mut finished = 0;
    for killed_at in 1..=10 {
        let name = format!("jane{killed_at}");
        let login = browser.begin("").await;
        let token = peer.key.sign(&peer.claims(&name, &login));
        peer.say(|says| says.id_token = Some(token));
        let back = test.killed_at(killed_at, browser.back(&peer, &login)).await;
        finished += usize::from(back.is_some());
        let made = user(&test, &name).await;
        assert!(
            made.is_none_or(|user| user.subject.is_some()),
            "killed at request {killed_at}"
        );
        let again = browser.log_in(&peer, &name, &json!({})).await;
        assert_eq!(browser.who(&again).await, name, "killed at request {killed_at}");
    }
    assert!((1..10).contains(&finished), "{finished}");
}

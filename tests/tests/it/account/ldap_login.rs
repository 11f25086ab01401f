//! An LDAP directory through the whole login, against a real slapd (contract, section 4, "Validators").

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use mapgate_core::table::{Event, ROLE_ADMIN, RoleId, Source, UserChange};
use mapgate_tests::gate::TestGate;
use mapgate_tests::{Slapd, password};
use tokio::net::TcpListener;

use super::tries::*;

/// `vars.yaml` with a directory at `url`.
pub(super) fn ldap(url: &str, validators: &str, lockout: bool) -> String {
    let lockout = if lockout {
        "max_consecutive_failures: 10, "
    } else {
        ""
    };
    format!(
        r#"  authentication: {{{lockout}validators: [{validators}], ldap: {{url: "{url}", timeout: 2,
    bind_dn: "{reader}", bind_password: "{password}", base_dn: "ou=people,dc=example,dc=com",
    filter: "(uid={{username}})", attributes: {{email: mail, display_name: cn, groups: memberOf}},
    group_roles: {{"cn=editors,ou=groups,dc=example,dc=com": editor, "cn=admins,ou=groups,dc=example,dc=com": chief}}}}}}"#,
        reader = Slapd::READER,
        password = Slapd::READER_PASSWORD,
    )
}

/// A gate without users.
pub(super) async fn over(vars: &str) -> TestGate {
    TestGate::with(vars, &[("BASICAUTH", "true")]).await
}

struct House {
    test: Arc<TestGate>,
    slapd: Slapd,
    editor: RoleId,
    chief: RoleId,
    own: RoleId,
}

async fn house(validators: &str) -> House {
    let slapd = Slapd::start().await;
    let test = over(&ldap(&slapd.url(), validators, true)).await;
    House {
        editor: test.role("editor").await,
        chief: test.role("chief").await,
        own: test.role("own").await,
        test: Arc::new(test),
        slapd,
    }
}

async fn exists(test: &TestGate, username: &str) -> bool {
    let table = test.gate.table().await;
    table.user(username).await.unwrap().is_some()
}

#[tokio::test]
async fn a_first_login_makes_the_user_and_later_ones_follow_the_directory_but_for_roles_of_no_group() {
    let House {
        test,
        editor,
        chief,
        own,
        slapd: _slapd,
    } = house("directory, ldap").await;
    let answer = log_in(&test, "jane", &password("jane")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let jane = user(&test, "jane").await;
    assert_eq!(
        (jane.source, jane.email.as_deref()),
        (Source::Ldap, Some("jane@example.com"))
    );
    assert_eq!(
        (jane.display_name.as_str(), &jane.roles),
        ("Jane Doe", &BTreeSet::from([editor]))
    );
    assert!(jane.password.is_none() && jane.is_password_changed);
    assert_eq!(answer.json()["roles"][0]["name"], "editor");
    assert_eq!(entries(&test, Event::UserCreated).await, 1);
    assert_eq!(who(&test, &answer.cookies()).await, "jane");

    let change = UserChange {
        roles: Some([own, chief].into()),
        email: Some(None),
        display_name: Some("J".to_owned()),
        ..UserChange::default()
    };
    set(&test, "jane", change).await;
    assert_eq!(status(&test, "jane", &password("jane")).await, 200);
    let jane = user(&test, "jane").await;
    assert_eq!(
        jane.roles,
        BTreeSet::from([editor, own]),
        "no longer an admin's, still the own one"
    );
    assert_eq!(
        (jane.email.as_deref(), jane.display_name.as_str()),
        (Some("jane@example.com"), "Jane Doe")
    );
    assert_eq!(entries(&test, Event::UserCreated).await, 1);
}

#[tokio::test]
async fn a_role_given_or_taken_while_the_directory_is_asked_is_not_undone() {
    let House {
        test,
        editor,
        chief,
        own,
        slapd: _slapd,
    } = house("ldap").await;
    assert_eq!(status(&test, "jane", &password("jane")).await, 200);
    let roles = |roles: &[RoleId]| UserChange {
        roles: Some(roles.iter().copied().collect()),
        ..UserChange::default()
    };
    // A group less, so that the login has roles to write; and one role that an administrator gave.
    set(&test, "jane", roles(&[chief, own])).await;
    let secrets = secrets(&test).await;
    let accounts = accounts(&test, &secrets).await;
    let password = mapgate_core::settings::Secret::new(password("jane"));
    let slow = accounts.try_password("jane", &password, here()).await;
    set(&test, "jane", roles(&[chief])).await;
    assert!(
        accounts
            .enter(slow.unwrap().unwrap(), None)
            .await
            .unwrap()
            .is_ok()
    );
    assert_eq!(
        user(&test, "jane").await.roles,
        BTreeSet::from([editor]),
        "what was revoked stays so"
    );
}

#[tokio::test]
async fn a_namesake_in_the_directory_never_takes_over_a_local_account() {
    for validators in ["directory, ldap", "ldap, directory"] {
        let House {
            test, slapd: _slapd, ..
        } = house(validators).await;
        test.user("jane", RIGHT, &[], false).await;
        for _ in 0..2 {
            assert_eq!(
                status(&test, "jane", &password("jane")).await,
                401,
                "{validators}"
            );
            assert_eq!(basic(&test, "jane", &password("jane")).await, 401, "{validators}");
        }
        let jane = user(&test, "jane").await;
        assert_eq!(
            (jane.source, jane.email.as_deref()),
            (Source::Directory, Some("jane@example.com"))
        );
        assert_eq!(jane.display_name, "jane");
        assert_eq!(status(&test, "jane", RIGHT).await, 200, "{validators}");
        // Nor one whose name differs in case alone.
        test.user("Zo\u{e9}", RIGHT, &[], false).await;
        assert_eq!(status(&test, "zo\u{e9}", &password("zo\u{e9}")).await, 401);
        assert!(!exists(&test, "zo\u{e9}").await);
        assert_eq!(status(&test, "Zo\u{e9}", RIGHT).await, 200);
    }
}

#[tokio::test]
async fn only_who_a_listed_validator_knows_enters() {
    let House {
        test, slapd: _slapd, ..
    } = house("ldap").await;
    test.user("joe", RIGHT, &[], false).await;
    assert_eq!(status(&test, "joe", RIGHT).await, 401);
    assert_eq!(basic(&test, "joe", RIGHT).await, 401);
    assert_eq!(status(&test, "jane", &password("jane")).await, 200);
}

#[tokio::test]
async fn while_the_directory_is_down_local_users_enter_and_every_failure_is_503_and_counts_for_nobody() {
    let House { test, mut slapd, .. } = house("directory, ldap").await;
    test.user("joe", RIGHT, &[], false).await;
    assert_eq!(status(&test, "jane", &password("jane")).await, 200);
    slapd.kill().await;
    let before = trail(&test).await.len();
    for _ in 0..11 {
        assert_eq!(status(&test, "joe", "wrong").await, 503);
    }
    for (username, password) in [
        ("jane", password("jane")),
        ("jane", "x".to_owned()),
        ("nobody", "x".to_owned()),
    ] {
        let answer = log_in(&test, username, &password).await;
        assert_eq!(answer.status, 503);
        assert!(!answer.header("retry-after").is_empty());
        assert_eq!(basic(&test, username, &password).await, 503);
    }
    assert_eq!(trail(&test).await.len(), before);
    for _ in 0..3 {
        assert_eq!(status(&test, "joe", RIGHT).await, 200);
        test.clock.advance(seconds(10));
    }
    assert_eq!(basic(&test, "joe", RIGHT).await, 200);
    assert_eq!(user(&test, "joe").await.locked_at, None);
}

#[tokio::test]
async fn a_directory_that_does_not_answer_in_time_is_down() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ldap://{}", silent.local_addr().unwrap());
    let test = over(&ldap(&url, "directory, ldap", true)).await;
    test.user("joe", RIGHT, &[], false).await;
    let since = tokio::time::Instant::now();
    assert_eq!(status(&test, "nobody", "x").await, 503);
    assert!(since.elapsed() < seconds(5));
    assert_eq!(status(&test, "joe", RIGHT).await, 200);
}

#[tokio::test]
async fn a_directorys_user_enters_by_basic_and_has_no_password_to_change_here() {
    let House {
        test, slapd: _slapd, ..
    } = house("directory, ldap").await;
    assert_eq!(basic(&test, "jane", &password("jane")).await, 200);
    assert_eq!(basic(&test, "jane", "wrong").await, 401);
    let changed = change_password(&test, "jane", &password("jane"), "an entirely new one").await;
    assert_eq!(changed.status, 400, "{}", changed.body);
    let changed = change_password(&test, "jane", "wrong", "an entirely new one").await;
    assert_eq!(changed.status, 401, "{}", changed.body);
    assert!(user(&test, "jane").await.password.is_none());
    assert_eq!(status(&test, "jane", &password("jane")).await, 200);
}

#[tokio::test]
async fn who_enters_by_basic_is_made_and_has_the_roles_of_the_directorys_groups() {
    let slapd = Slapd::start().await;
    let vars = ldap(&slapd.url(), "ldap", true).replace("chief", ROLE_ADMIN);
    let test = over(&vars).await;
    let (editor, admin) = (test.role("editor").await, test.role(ROLE_ADMIN).await);
    // Else jane could not lose the role.
    test.user("ada", "any", &[admin], false).await;
    assert_eq!(basic(&test, "jane", &password("jane")).await, 200);
    let change = UserChange {
        roles: Some([admin].into()),
        ..UserChange::default()
    };
    set(&test, "jane", change).await;
    test.clock.advance(Duration::from_secs(20));
    assert_eq!(basic(&test, "jane", &password("jane")).await, 200);
    assert_eq!(user(&test, "jane").await.roles, BTreeSet::from([editor]));
}

#[tokio::test]
async fn who_comes_to_the_directory_later_or_has_a_new_password_there_enters_by_basic_within_a_minute() {
    let House { test, slapd, .. } = house("directory, ldap").await;
    let dn = "dn: uid=late,ou=people,dc=example,dc=com";
    for (password, entry) in [
        (
            "from the start",
            "objectClass: inetOrgPerson\nuid: late\ncn: Late\nsn: Late\nuserPassword: from the start\n",
        ),
        (
            "the next one",
            "changetype: modify\nreplace: userPassword\nuserPassword: the next one\n",
        ),
    ] {
        assert_eq!(basic(&test, "late", password).await, 401);
        slapd.add(&format!("{dn}\n{entry}")).await;
        test.clock.advance(Duration::from_secs(59));
        assert_eq!(basic(&test, "late", password).await, 401);
        test.clock.advance(Duration::from_secs(1));
        assert_eq!(basic(&test, "late", password).await, 200);
    }
    assert_eq!(entries(&test, Event::LoginFailed).await, 2);
}

#[tokio::test]
async fn the_gate_decides_whether_a_directorys_user_may_enter() {
    let House {
        test, slapd: _slapd, ..
    } = house("ldap").await;
    assert_eq!(status(&test, "jane", &password("jane")).await, 200);
    let deactivated = |deactivated| UserChange {
        deactivated: Some(deactivated),
        ..UserChange::default()
    };
    set(&test, "jane", deactivated(true)).await;
    assert_eq!(status(&test, "jane", &password("jane")).await, 401);
    set(&test, "jane", deactivated(false)).await;
    assert_eq!(status(&test, "jane", &password("jane")).await, 200);
    for password in wrong(10) {
        assert_eq!(status(&test, "jane", &password).await, 401);
    }
    assert!(user(&test, "jane").await.locked_at.is_some());
    assert_eq!(status(&test, "jane", &password("jane")).await, 401);
    unlock(&test, "jane").await;
    assert_eq!(status(&test, "jane", &password("jane")).await, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn first_logins_at_once_make_one_user() {
    for _ in 0..races() {
        let House {
            test, slapd: _slapd, ..
        } = house("directory, ldap").await;
        let statuses = at_once(&test, "jane", vec![password("jane"); 8]).await;
        assert_eq!(count(&statuses, 200), 8, "{statuses:?}");
        assert_eq!(entries(&test, Event::UserCreated).await, 1);
        assert_eq!(user(&test, "jane").await.source, Source::Ldap);
    }
}

#[tokio::test]
async fn the_last_administrator_keeps_the_role_that_the_directory_takes_away() {
    let slapd = Slapd::start().await;
    let vars = ldap(&slapd.url(), "directory, ldap", true).replace("chief", ROLE_ADMIN);
    let test = over(&vars).await;
    test.role("editor").await;
    let admin = test.role(ROLE_ADMIN).await;
    let jane_has_it = async || {
        assert_eq!(status(&test, "jane", &password("jane")).await, 200);
        user(&test, "jane").await.roles.contains(&admin)
    };
    // She is in no group of administrators.
    assert!(!jane_has_it().await);
    let change = UserChange {
        roles: Some([admin].into()),
        ..UserChange::default()
    };
    set(&test, "jane", change).await;
    assert!(jane_has_it().await, "there is no other");
    test.user("ada", "correct horse", &[admin], false).await;
    assert!(!jane_has_it().await);
}

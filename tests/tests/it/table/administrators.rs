//! The last administrator cannot be lost, also by two requests at once.

use std::collections::BTreeSet;
use std::time::Duration;

use mapgate_core::clock::Timestamp;
use mapgate_core::table::{
    AuditEntry, CreateUser, Event, LastAdministrator, NewUser, ROLE_ADMIN, RoleId, Table, User, UserChange,
};
use mapgate_tests::gate::TestGate;

use super::new;

async fn administrator(test: &TestGate, username: &str) -> User {
    let table = test.gate.table().await;
    let roles = table.roles().await.expect("roles");
    let role = roles.named(ROLE_ADMIN).expect("the role").id;
    let user = NewUser {
        roles: BTreeSet::from([role]),
        expire_on: None,
        ..new(username, None)
    };
    let now = test.clock.now();
    let audit = AuditEntry::new(Event::UserCreated, now, 1);
    let created = table.create_user(user, now, &audit).await;
    assert!(matches!(created, Ok(CreateUser::Created(_))), "{created:?}");
    table.user(username).await.expect("read").expect("the user")
}

/// What the change of `user` to `after` does: `None` where the last one would go, else whether it was written.
async fn try_change(table: &Table, user: &User, change: &UserChange, now: Timestamp) -> Option<bool> {
    let roles = table.roles().await.expect("roles");
    let after = change.applied(user);
    let witness = table
        .witness(user, Some(&after), &roles, now)
        .await
        .expect("read");
    let Ok(witness) = witness else { return None };
    let writes = table.transaction().change(user, change);
    let written = writes.witnessed(witness.as_ref(), now).commit().await;
    Some(written.expect("the table answers").is_ok())
}

fn changes(now: Timestamp) -> [UserChange; 4] {
    let change = UserChange::default;
    [
        UserChange {
            roles: Some(BTreeSet::from([RoleId(77)])),
            ..change()
        },
        UserChange {
            deactivated: Some(true),
            ..change()
        },
        UserChange {
            expire_on: Some(Some(now)),
            ..change()
        },
        UserChange {
            expire_on: Some(Some(now.plus(Duration::from_hours(1)))),
            ..change()
        },
    ]
}

#[tokio::test]
async fn the_last_administrator_stays_and_one_of_two_may_go() {
    let test = TestGate::new().await;
    let table = test.gate.table().await;
    let now = test.clock.now();
    let ada = administrator(&test, "ada").await;
    let roles = table.roles().await.expect("roles");
    for change in changes(now) {
        assert_eq!(try_change(table, &ada, &change, now).await, None, "{change:?}");
    }
    assert_eq!(
        table
            .witness(&ada, None, &roles, now)
            .await
            .expect("read")
            .unwrap_err(),
        LastAdministrator
    );
    let harmless = UserChange {
        display_name: Some("Ada".to_owned()),
        ..UserChange::default()
    };
    assert_eq!(try_change(table, &ada, &harmless, now).await, Some(true));
    // Who is turned off, or ends, is no administrator to rely on.
    let bea = administrator(&test, "bea").await;
    let off = UserChange {
        deactivated: Some(true),
        ..UserChange::default()
    };
    assert_eq!(try_change(table, &bea, &off, now).await, Some(true));
    assert_eq!(try_change(table, &ada, &off, now).await, None);
    let cleo = administrator(&test, "cleo").await;
    assert_eq!(try_change(table, &ada, &off, now).await, Some(true));
    let witness = table.witness(&cleo, None, &roles, now).await.expect("read");
    assert!(witness.is_err(), "cleo is the last one");
}

#[tokio::test]
async fn who_was_in_force_again_meanwhile_is_not_deleted_without_another_one() {
    let test = TestGate::new().await;
    let table = test.gate.table().await;
    let now = test.clock.now();
    let ada = administrator(&test, "ada").await;
    let roles = table.roles().await.expect("roles");
    let [_, off, expired, _] = changes(now);
    let on = [
        UserChange {
            deactivated: Some(false),
            ..UserChange::default()
        },
        UserChange {
            expire_on: Some(None),
            ..UserChange::default()
        },
    ];
    for (at, (off, on)) in [off, expired].iter().zip(&on).enumerate() {
        let bea = administrator(&test, &format!("bea{at}")).await;
        assert_eq!(try_change(table, &bea, off, now).await, Some(true));
        let read = table.user(&bea.username).await.expect("read").expect("bea");
        let witness = table.witness(&read, None, &roles, now).await.expect("read");
        assert!(
            witness.expect("ada stays").is_none(),
            "bea is no administrator in force"
        );
        // Between the look and the deletion bea is one again, and ada may go.
        assert_eq!(try_change(table, &read, on, now).await, Some(true));
        let deleted = table.transaction().delete(&read).commit().await;
        assert!(deleted.expect("the table answers").is_err(), "{on:?}");
        let read = table.user(&bea.username).await.expect("read").expect("bea");
        let witness = table.witness(&ada, None, &roles, now).await.expect("read");
        assert!(witness.is_ok(), "bea is there");
        let deleted = table.transaction().delete(&read).commit().await;
        assert_eq!(deleted.expect("the table answers"), Ok(()));
    }
}

#[tokio::test]
async fn of_administrators_who_remove_each_other_at_once_one_stays() {
    let test = TestGate::new().await;
    let table = test.gate.table().await;
    let now = test.clock.now();
    for round in 0..10 {
        let users = [
            administrator(&test, &format!("one{round}")).await,
            administrator(&test, &format!("other{round}")).await,
        ];
        let [change, ..] = changes(now);
        let tries = users.iter().map(|user| try_change(table, user, &change, now));
        let done = futures_util::future::join_all(tries).await;
        let roles = table.roles().await.expect("roles");
        let role = roles.named(ROLE_ADMIN).expect("the role").id;
        let left = table.members(role, None, 100).await.expect("read").users;
        assert!(!left.is_empty(), "{done:?}");
        // The next round begins without them.
        for user in left {
            let gone = table.transaction().delete(&user).commit().await;
            assert_eq!(gone.expect("the table answers"), Ok(()));
        }
    }
}

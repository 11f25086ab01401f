//! The table's promises, against the embedded DynamoDB.

mod administrators;
mod lists;

use std::collections::BTreeSet;
use std::time::Duration;

use mapgate_core::clock::Timestamp;
use mapgate_core::settings::Secret;
use mapgate_core::table::{
    Attempt, AuditEntry, Auth, CreateUser, DefaultAccess, Event, Layer, NewUser, OgcServer, RoleId,
    ServerType, Source, Taken, UserChange, UserId,
};
use mapgate_tests::gate::TestGate;

fn new(username: &str, id: Option<i64>) -> NewUser {
    NewUser {
        username: username.to_owned(),
        id: id.map(UserId),
        display_name: String::new(),
        email: None,
        roles: BTreeSet::from([RoleId(4)]),
        password: Some(Secret::new("hash")),
        is_password_changed: true,
        deactivated: false,
        expire_on: Some(Timestamp::from_seconds(5)),
        source: Source::Directory,
    }
}

#[tokio::test]
async fn names_that_differ_in_case_only_and_numbers_used_before_are_taken() {
    let test = TestGate::new().await;
    let table = test.gate.table().await;
    let audit = AuditEntry::new(Event::UserCreated, test.clock.now(), 1);
    let create = async |user| {
        table
            .create_user(user, test.clock.now(), &audit)
            .await
            .expect("the table answers")
    };
    assert_eq!(create(new("Jane", Some(2))).await, CreateUser::Created(UserId(2)));
    assert_eq!(create(new("jANE", None)).await, CreateUser::NameTaken);
    assert_eq!(create(new("Jane", Some(2))).await, CreateUser::NameTaken);
    assert_eq!(create(new("joe", Some(2))).await, CreateUser::IdTaken);
    // The first number was used by the refused try, the second is Jane's.
    assert_eq!(create(new("joe", None)).await, CreateUser::Created(UserId(3)));
    let jane = table
        .user("Jane")
        .await
        .expect("the table answers")
        .expect("Jane");
    assert_eq!(
        (jane.id, &jane.roles, jane.expire_on),
        (
            UserId(2),
            &BTreeSet::from([RoleId(4)]),
            Some(Timestamp::from_seconds(5))
        )
    );
    assert_eq!(jane.password.as_ref().map(Secret::expose), Some("hash"));
    assert!(!format!("{jane:?}").contains("hash"));
    assert!(
        table.user("jANE").await.expect("the table answers").is_none(),
        "names are compared as they are"
    );
}

#[tokio::test]
async fn of_two_who_write_the_roles_one_is_told_to_read_again() {
    let test = TestGate::new().await;
    let table = test.gate.table().await;
    let (mine, theirs) = (
        table.roles().await.expect("roles"),
        table.roles().await.expect("roles"),
    );
    assert!(table.save_roles(&mine).await.expect("the table answers").is_ok());
    assert!(
        table
            .save_roles(&theirs)
            .await
            .expect("the table answers")
            .is_err()
    );
    assert!(
        table
            .save_roles(&table.roles().await.expect("roles"))
            .await
            .expect("the table answers")
            .is_ok()
    );
}

#[tokio::test]
async fn a_server_is_written_with_its_layers_and_forgets_those_no_longer_listed() {
    let test = TestGate::new().await;
    let table = test.gate.table().await;
    let server = OgcServer {
        name: "main".to_owned(),
        url: "http://127.0.0.1/mapserv".to_owned(),
        url_wfs: None,
        r#type: ServerType::Mapserver,
        auth: Auth::Standard,
        default_access: DefaultAccess::Private,
    };
    let layer = |number: usize| Layer {
        name: format!("layer{number:03}"),
        public: number.is_multiple_of(2),
        roles: BTreeSet::new(),
        write_roles: BTreeSet::from([RoleId(1)]),
    };
    let many: Vec<Layer> = (0..130).map(layer).collect();
    table.put_ogc_server(&server, &many).await.expect("written");
    assert_eq!(table.layers("main").await.expect("read"), many);
    table.put_ogc_server(&server, &many[..2]).await.expect("written");
    assert_eq!(table.layers("main").await.expect("read"), many[..2]);
    assert_eq!(table.ogc_servers().await.expect("read"), [server]);
    assert_eq!(table.layers("other").await.expect("read"), []);
}

#[tokio::test]
async fn audit_entries_are_read_back_by_day() {
    let test = TestGate::new().await;
    let table = test.gate.table().await;
    let now = test.clock.now();
    let audit = AuditEntry::new(Event::UserCreated, now, 1)
        .from([203, 0, 113, 7].into())
        .of("jane")
        .detail("by", "test");
    table
        .create_user(new("jane", None), now, &audit)
        .await
        .expect("the table answers");
    let found = table.audit(&now.rfc3339()[..10]).await.expect("read");
    let [entry] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(
        (entry.event, entry.username.as_deref(), &entry.details),
        (audit.event, Some("jane"), &audit.details)
    );
    assert_eq!((entry.at, entry.address), (now, audit.address));
}

#[tokio::test]
async fn users_are_found_by_an_address_in_any_case_and_no_longer_by_the_former_one() {
    let test = TestGate::new().await;
    let table = test.gate.table().await;
    let (now, audit) = (
        test.clock.now(),
        AuditEntry::new(Event::UserCreated, test.clock.now(), 1),
    );
    let create = async |username: &str, email: &str| {
        let user = NewUser {
            email: Some(email.to_owned()),
            ..new(username, None)
        };
        let created = table.create_user(user, now, &audit).await;
        assert!(matches!(created, Ok(CreateUser::Created(_))), "{created:?}");
    };
    create("jane", "Jane@Example.com").await;
    create("joe", "both@example.com").await;
    create("pia", "BOTH@example.com").await;
    create("long", &format!("{}@example.com", "x".repeat(1100))).await;
    let found = async |email: &str| {
        let user = table
            .user_named_or_with_email(email)
            .await
            .expect("the table answers");
        user.map(|user| user.username)
    };
    assert_eq!(found("jane@example.COM").await.as_deref(), Some("jane"));
    assert_eq!(found("both@example.com").await, None, "whose of the two?");
    let long = "x".repeat(5000);
    for nobodys in [
        "jane@example.co",
        "jane@example.com jane",
        "",
        " ",
        "users",
        &long,
    ] {
        assert_eq!(found(nobodys).await, None, "{nobodys}");
    }
    let jane = table
        .user("jane")
        .await
        .expect("the table answers")
        .expect("jane");
    for email in [Some("other@example.com".to_owned()), None] {
        let change = UserChange {
            email: Some(email.clone()),
            ..UserChange::default()
        };
        let written = table.transaction().change(&jane, &change).commit().await;
        assert!(written.expect("the table answers").is_ok());
        assert_eq!(found("jane@example.com").await, None);
        let now_found = found("other@example.com").await;
        assert_eq!(now_found.is_some(), email.is_some());
    }
}

#[tokio::test]
async fn of_two_changes_of_what_was_read_once_one_is_told_so() {
    let test = TestGate::new().await;
    test.user("jane", "correct horse", &[], false).await;
    let table = test.gate.table().await;
    let jane = table
        .user("jane")
        .await
        .expect("the table answers")
        .expect("jane");
    let set = |password: &str| UserChange {
        password: Some(Some(Secret::new(password))),
        last_login: Some(test.clock.now()),
        ..UserChange::default()
    };
    let commit = async |change: &UserChange| {
        let written = table.transaction().change(&jane, change).commit().await;
        written.expect("the table answers")
    };
    assert!(commit(&set("one")).await.is_ok());
    assert!(commit(&set("other")).await.expect_err("no longer as read").user);
    let end = UserChange {
        ends_sessions: Some(test.clock.now()),
        ..UserChange::default()
    };
    assert!(commit(&end).await.is_ok(), "it needs nothing but the generation");
    assert!(commit(&end).await.expect_err("the generation moved on").user);
    let user = table
        .user("jane")
        .await
        .expect("the table answers")
        .expect("jane");
    assert_eq!(user.password.as_ref().map(Secret::expose), Some("one"));
    assert_eq!(user.generation, jane.generation + 1);
}

#[tokio::test]
async fn more_abandoned_places_than_one_update_can_name_are_all_counted() {
    let test = TestGate::new().await;
    let table = test.gate.table().await;
    let attempt = Attempt("jane".to_owned());
    let take = async || {
        let now = test.clock.now();
        table
            .take_place(&attempt, 200, None, None, now)
            .await
            .expect("the table answers")
    };
    for _ in 0..180 {
        assert!(matches!(take().await, Taken::Place(_)));
    }
    test.clock.advance(Duration::from_secs(11));
    for _ in 0..20 {
        assert!(matches!(take().await, Taken::Place(_)));
    }
    let Taken::Refused(seen) = take().await else {
        panic!("a place beyond the limit")
    };
    assert_eq!((seen.used, seen.failures), (200, 180));
}

#[tokio::test]
async fn a_days_audit_entries_are_read_in_the_order_of_time() {
    let test = TestGate::new().await;
    let table = test.gate.table().await;
    let day = test.clock.now().rfc3339()[..10].to_owned();
    for number in 0..40 {
        test.clock.advance(Duration::from_millis(1));
        let entry = AuditEntry::new(Event::LoginFailed, test.clock.now(), 1).of(number.to_string());
        table
            .transaction()
            .audit(&entry)
            .commit()
            .await
            .expect("written")
            .expect("taken");
    }
    let found = table.audit(&day).await.expect("read");
    let numbers: Vec<usize> = found
        .iter()
        .filter_map(|entry| entry.username.as_ref()?.parse().ok())
        .collect();
    assert_eq!(numbers, (0..40).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_server_whose_making_was_killed_shows_nothing_and_is_then_made_as_it_is() {
    let layer = |number: usize| Layer {
        name: format!("layer{number:03}"),
        public: number < 250,
        roles: BTreeSet::new(),
        write_roles: BTreeSet::new(),
    };
    let server = OgcServer {
        name: "main".to_owned(),
        url: "http://127.0.0.1/mapserv".to_owned(),
        url_wfs: None,
        r#type: ServerType::Mapserver,
        auth: Auth::Standard,
        default_access: DefaultAccess::Private,
    };
    let first: Vec<Layer> = (0..250).map(layer).collect();
    let second: Vec<Layer> = (100..300).map(layer).collect();
    for killed_at in 1..=5 {
        let test = TestGate::new().await;
        let table = test.gate.table().await;
        let audit = AuditEntry::new(Event::Imported, test.clock.now(), 1);
        let making = table.create_ogc_server(&server, &first, &audit);
        assert!(test.killed_at(killed_at, making).await.is_none(), "{killed_at}");
        let is_new = table
            .create_ogc_server(&server, &second, &audit)
            .await
            .expect("written");
        let layers = table.layers("main").await.expect("read");
        // The one that was killed may have come to its end all the same.
        assert!(is_new || killed_at == 5, "{killed_at}");
        if is_new {
            assert_eq!(layers, second, "{killed_at}");
        }
    }
}

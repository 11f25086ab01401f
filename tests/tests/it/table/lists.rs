//! Lists: in order, by prefix, page by page, and never by reading through.

use std::collections::BTreeSet;

use mapgate_core::oauth::check_client;
use mapgate_core::table::{
    AuditEntry, Client, CreateUser, Event, Layer, NewUser, RoleId, Source, Table, User, UserChange, UserOrder,
};
use mapgate_tests::gate::TestGate;

use super::new;

async fn create(test: &TestGate, username: &str, email: Option<&str>, roles: &[i64]) -> User {
    let table = test.gate.table().await;
    let audit = AuditEntry::new(Event::UserCreated, test.clock.now(), 1);
    let user = NewUser {
        email: email.map(str::to_owned),
        roles: roles.iter().copied().map(RoleId).collect(),
        source: Source::Directory,
        ..new(username, None)
    };
    let created = table.create_user(user, test.clock.now(), &audit).await;
    assert!(matches!(created, Ok(CreateUser::Created(_))), "{created:?}");
    let user = table.user(username).await.expect("the table answers");
    user.expect("the user just made")
}

async fn names(
    table: &Table,
    order: UserOrder,
    descending: bool,
    prefix: &str,
    limit: usize,
) -> Vec<Vec<String>> {
    let (mut pages, mut after) = (Vec::new(), None);
    loop {
        let page = table
            .users(order, descending, prefix, after.as_deref(), limit)
            .await;
        let page = page.expect("the table answers");
        pages.push(page.users.into_iter().map(|user| user.username).collect());
        after = page.next;
        if after.is_none() {
            return pages;
        }
    }
}

#[tokio::test]
async fn users_are_listed_by_name_and_by_address_without_a_scan() {
    let test = TestGate::new().await;
    let table = test.gate.table().await;
    for (name, email) in [
        ("Bea", Some("z@example.com")),
        ("anna", Some("Y@example.com")),
        ("Änne", None),
        ("bert", Some("x@example.com")),
        ("b#%_ 1", Some("y2@example.com")),
    ] {
        create(&test, name, email, &[]).await;
    }
    let _ = test.table_requests();
    let by_name = names(table, UserOrder::Name, false, "", 2).await;
    assert_eq!(
        by_name,
        [vec!["anna", "b#%_ 1"], vec!["Bea", "bert"], vec!["Änne"]]
    );
    let sent = test.table_requests();
    assert!(
        sent.iter()
            .all(|request| request == "Query" || request == "BatchGetItem"),
        "{sent:?}"
    );
    assert_eq!(sent.len(), 6, "two a page");
    let backwards = names(table, UserOrder::Name, true, "B", 10).await;
    assert_eq!(backwards, [["bert", "Bea", "b#%_ 1"]]);
    let by_email = names(table, UserOrder::Email, false, "", 10).await;
    assert_eq!(by_email, [["bert", "b#%_ 1", "anna", "Bea"]]);
    assert_eq!(names(table, UserOrder::Email, false, "y@", 10).await, [["anna"]]);
    assert_eq!(
        names(table, UserOrder::Name, false, &"x".repeat(2000), 10).await,
        [Vec::<String>::new()]
    );
    // What never was a place begins anew, and is no fault of the table's.
    for after in ["", "x", "W10", "WyJhIiwiIiwiIl0"] {
        let page = table.users(UserOrder::Name, false, "", Some(after), 2).await;
        assert_eq!(
            page.expect("the table answers").users[0].username,
            "anna",
            "{after}"
        );
    }
}

#[tokio::test]
async fn a_new_address_moves_a_user_in_its_list() {
    let test = TestGate::new().await;
    let table = test.gate.table().await;
    let jane = create(&test, "jane", Some("jane@example.com"), &[]).await;
    let change = UserChange {
        email: Some(None),
        ..UserChange::default()
    };
    let written = table.transaction().change(&jane, &change).commit().await;
    assert_eq!(written.expect("the table answers"), Ok(()));
    assert_eq!(
        names(table, UserOrder::Email, false, "", 10).await,
        [Vec::<String>::new()]
    );
    assert_eq!(names(table, UserOrder::Name, false, "", 10).await, [["jane"]]);
}

#[tokio::test]
async fn the_members_of_a_role_follow_its_users() {
    let test = TestGate::new().await;
    let table = test.gate.table().await;
    let jane = create(&test, "jane", None, &[7, 8]).await;
    create(&test, "ada", None, &[7]).await;
    let of = async |role| {
        let page = table
            .members(RoleId(role), None, 10)
            .await
            .expect("the table answers");
        let names = page.users.into_iter().map(|user| user.username);
        names.collect::<Vec<_>>()
    };
    assert_eq!(
        (of(7).await, of(8).await),
        (vec!["ada".into(), "jane".into()], vec!["jane".into()])
    );
    let change = UserChange {
        roles: Some(BTreeSet::from([RoleId(8), RoleId(9)])),
        ..UserChange::default()
    };
    let written = table.transaction().change(&jane, &change).commit().await;
    assert_eq!(written.expect("the table answers"), Ok(()));
    let jane = change.applied(&jane);
    assert_eq!(
        (of(7).await, of(9).await),
        (vec!["ada".to_owned()], vec!["jane".to_owned()])
    );
    let written = table.transaction().delete(&jane).commit().await;
    assert_eq!(written.expect("the table answers"), Ok(()));
    assert_eq!((of(8).await.len(), of(9).await.len()), (0, 0));
    let first = table
        .members(RoleId(7), None, 1)
        .await
        .expect("the table answers");
    assert_eq!(first.users.len(), 1);
}

#[tokio::test]
async fn a_deleted_user_leaves_the_name_and_never_the_number() {
    let test = TestGate::new().await;
    let table = test.gate.table().await;
    let jane = create(&test, "Jane", None, &[]).await;
    assert_eq!(
        table
            .user_with_id(jane.id)
            .await
            .expect("read")
            .map(|user| user.id),
        Some(jane.id)
    );
    let written = table.transaction().delete(&jane).commit().await;
    assert_eq!(written.expect("the table answers"), Ok(()));
    let again = table.transaction().delete(&jane).commit().await;
    assert!(
        again
            .expect("the table answers")
            .is_err_and(|refused| refused.user)
    );
    test.clock.advance(std::time::Duration::from_secs(1));
    let other = create(&test, "jane", None, &[]).await;
    assert_ne!(other.id, jane.id);
    assert!(other.generation > jane.generation);
    assert!(table.user_with_id(jane.id).await.expect("read").is_none());
    assert_eq!(names(table, UserOrder::Name, false, "", 10).await, [["jane"]]);
}

#[tokio::test]
async fn a_form_that_shows_an_older_state_changes_nothing() {
    let test = TestGate::new().await;
    let table = test.gate.table().await;
    let jane = create(&test, "jane", None, &[]).await;
    let named = |name: &str| UserChange {
        display_name: Some(name.to_owned()),
        as_shown: true,
        ..UserChange::default()
    };
    let written = table.transaction().change(&jane, &named("Jane")).commit().await;
    assert_eq!(written.expect("the table answers"), Ok(()));
    let late = table.transaction().change(&jane, &named("Late")).commit().await;
    assert!(
        late.expect("the table answers")
            .is_err_and(|refused| refused.user)
    );

    let client = Client {
        client_id: "qgis".to_owned(),
        secret_hash: None,
        redirect_uris: vec!["http://127.0.0.1:7070/".to_owned()],
        state_required: false,
        pkce_required: true,
        single_session: true,
        scopes: Vec::new(),
        made_at: test.clock.now(),
    };
    let checked = |client: &Client| check_client(client.clone()).expect("a client");
    let audit = AuditEntry::new(Event::ClientCreated, test.clock.now(), 1);
    let created = table.create_client(&checked(&client), &audit).await;
    assert!(created.expect("written"));
    let changed = Client {
        state_required: true,
        ..client.clone()
    };
    let write = async |before: &Client, after: &Client| {
        // It stays the client that it was, whoever says otherwise.
        let later = Client {
            made_at: test.clock.now().plus(std::time::Duration::from_secs(1)),
            ..after.clone()
        };
        let writes = table.transaction().change_client(before, &checked(&later));
        writes.commit().await.expect("the table answers").is_ok()
    };
    assert!(write(&client, &changed).await);
    assert!(!write(&client, &changed).await);
    let delete = async |client: &Client| {
        let writes = table.transaction().delete_client(client);
        writes.commit().await.expect("the table answers").is_ok()
    };
    let listed = async || {
        let page = table
            .clients("q", false, None, 10)
            .await
            .expect("the table answers");
        page.clients
    };
    assert!(!delete(&client).await);
    assert_eq!(listed().await, std::slice::from_ref(&changed));
    assert!(delete(&changed).await);
    assert_eq!(listed().await, []);

    let layer = Layer {
        name: "parcels".to_owned(),
        public: false,
        roles: BTreeSet::from([RoleId(5)]),
        write_roles: BTreeSet::new(),
    };
    let public = Layer {
        public: true,
        ..layer.clone()
    };
    let write = async |before: Option<&Layer>, after: Option<&Layer>| {
        let writes = table.transaction().change_layer("main", before, after);
        writes.commit().await.expect("the table answers").is_ok()
    };
    assert!(write(None, Some(&layer)).await);
    assert!(!write(None, Some(&layer)).await, "it is there");
    assert!(!write(Some(&public), None).await, "it is not as read");
    assert!(write(Some(&layer), Some(&public)).await);
    assert!(write(Some(&public), None).await);
    assert_eq!(table.layers("main").await.expect("read"), []);
}

#[tokio::test]
async fn a_days_audit_entries_come_page_by_page_the_newest_first() {
    let test = TestGate::new().await;
    let table = test.gate.table().await;
    let start = test.clock.now();
    for number in 0..7_u32 {
        let at = start.plus(std::time::Duration::from_millis(u64::from(number)));
        let entry = AuditEntry::new(Event::UserChanged, at, 1).changes([
            ("number", String::new(), number.to_string()),
            ("same", "x".to_owned(), "x".to_owned()),
        ]);
        let written = table.transaction().audit(&entry).commit().await;
        assert_eq!(written.expect("the table answers"), Ok(()));
    }
    let moment = start.rfc3339();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = table.audit_page(&moment[..10], after.as_deref(), 3).await;
        let page = page.expect("the table answers");
        assert!(page.entries.len() <= 3);
        seen.extend(
            page.entries
                .iter()
                .map(|entry| entry.details["number_after"].clone()),
        );
        assert!(
            page.entries
                .iter()
                .all(|entry| !entry.details.contains_key("same_after"))
        );
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["6", "5", "4", "3", "2", "1", "0"]);
    let none = table
        .audit_page("2020-01-01", Some(""), 3)
        .await
        .expect("the table answers");
    assert!(none.entries.is_empty() && none.next.is_none());
}

#[tokio::test]
async fn a_page_of_the_trail_is_whole_also_where_its_entries_are_large() {
    let test = TestGate::new().await;
    let table = test.gate.table().await;
    let now = test.clock.now();
    let long = "x".repeat(300_000);
    // A partition has five of them or so, and DynamoDB gives out no more than 1 MB at once.
    for _ in 0..40 {
        let entry = AuditEntry::new(Event::ServerDeleted, now, 1).detail("layers_before", long.as_str());
        let written = table.transaction().audit(&entry).commit().await;
        assert_eq!(written.expect("the table answers"), Ok(()));
    }
    let day = &now.rfc3339()[..10];
    let page = table.audit_page(day, None, 40).await.expect("the table answers");
    assert_eq!((page.entries.len(), page.next), (40, None));
}

//! Users.

use std::time::Duration;

use http::Method;
use mapgate_core::table::{Event, ROLE_ADMIN};
use serde_json::{Value, json};

use super::{Desk, PASSWORD, log_in, who};

pub(super) fn jane() -> Value {
    json!({
        "username": "jane", "display_name": "Jane", "email": "jane@example.com", "roles": [],
        "is_password_changed": true, "password": "lindmatt jane"
    })
}

pub(super) async fn made(desk: &Desk, user: &Value) -> String {
    let made = desk.create("/admin/api/users", user).await;
    desk.test.clock.advance(Duration::from_secs(2));
    format!("/admin/api/users/{}", made["id"])
}

/// The user of `path` as a form would send it back, with `changes`.
pub(super) async fn changed(desk: &Desk, path: &str, changes: Value) -> Value {
    let shown = desk.get(path).await.json();
    let mut asked = json!({});
    for field in [
        "username",
        "display_name",
        "email",
        "roles",
        "is_password_changed",
        "deactivated",
        "expire_on",
    ] {
        asked[field] = shown[field].clone();
    }
    for (name, value) in changes.as_object().unwrap() {
        asked[name] = value.clone();
    }
    asked
}

pub(super) async fn change(desk: &Desk, path: &str, changes: Value) -> Value {
    let asked = changed(desk, path, changes).await;
    let answer = desk.ask(Method::PUT, path, Some(&asked)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

#[tokio::test]
async fn a_user_is_made_logs_in_first_is_changed_and_deleted() {
    let desk = Desk::new().await;
    let role = desk
        .create("/admin/api/roles", &json!({ "name": "editor" }))
        .await;
    let mut asked = jane();
    asked["is_password_changed"] = json!(false);
    asked["roles"] = json!(["editor"]);
    let path = made(&desk, &asked).await;
    let entry = desk.newest_entry().await;
    assert_eq!(
        (entry.event, entry.username.as_deref()),
        (Event::UserCreated, Some("jane"))
    );
    assert_eq!(
        (&*entry.details["by"], &*entry.details["roles_after"]),
        ("ada", "editor")
    );
    assert_eq!(&*entry.details["is_password_changed_after"], "false");
    assert!(
        !format!("{entry:?}").contains("lindmatt"),
        "no password in the trail"
    );
    let first = log_in(&desk.test, "jane", "lindmatt jane").await;
    assert_eq!(first.json()["is_password_changed"], false);
    assert_eq!(first.cookies(), "");

    let shown = change(&desk, &path, json!({ "display_name": "Jane Doe", "email": null })).await;
    assert_eq!(
        (&shown["display_name"], &shown["email"]),
        (&json!("Jane Doe"), &Value::Null)
    );
    let entry = desk.newest_entry().await;
    assert_eq!(entry.event, Event::UserChanged);
    assert_eq!(&*entry.details["display_name_before"], "Jane");
    assert_eq!(&*entry.details["email_after"], "");
    assert!(!entry.details.contains_key("roles_before"), "the roles stay");

    let members = desk
        .get(&format!("/admin/api/roles/{}/members", role["id"]))
        .await
        .json();
    assert_eq!(members["items"][0]["username"], "jane");
    let answer = desk.ask(Method::DELETE, &path, None).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (204, ""));
    let entry = desk.newest_entry().await;
    assert_eq!(entry.event, Event::UserDeleted);
    for (field, before) in [
        ("display_name", "Jane Doe"),
        ("email", ""),
        ("roles", "editor"),
        ("is_password_changed", "false"),
        ("deactivated", "false"),
    ] {
        let said = entry.details.get(&format!("{field}_before"));
        assert_eq!(said.map_or("", String::as_str), before, "{field}");
    }
    assert_eq!(desk.get(&path).await.status, 404);
    assert_eq!(log_in(&desk.test, "jane", "lindmatt jane").await.status, 401);
    assert_ne!(made(&desk, &jane()).await, path, "a number is never used again");
}

#[tokio::test]
async fn a_tick_taken_away_asks_for_a_new_password_and_ends_every_session() {
    let desk = Desk::new().await;
    // Whoever makes the account may also say that the password is the user's own.
    let path = made(&desk, &jane()).await;
    let cookies = log_in(&desk.test, "jane", "lindmatt jane").await.cookies();
    assert_eq!(who(&desk.test, &cookies).await, "jane");
    desk.test.clock.advance(Duration::from_secs(1));
    let shown = change(&desk, &path, json!({ "is_password_changed": false })).await;
    assert_eq!(shown["is_password_changed"], false);
    assert_eq!(who(&desk.test, &cookies).await, Value::Null);
    let again = log_in(&desk.test, "jane", "lindmatt jane").await;
    assert_eq!(
        (again.json()["is_password_changed"].clone(), again.cookies()),
        (json!(false), String::new())
    );
}

#[tokio::test]
async fn whose_password_an_administrator_sets_is_told_by_mail() {
    let template = "{email_from: a@example.com, email_subject: s, email_body: '{password}'}";
    let desk = Desk::with(&format!("  reset_password: {template}")).await;
    let path = made(&desk, &jane()).await;
    change(&desk, &path, json!({ "password": "another lindmatt" })).await;
    let queued = desk.test.gate.table().await.open_mails().await.unwrap();
    assert_eq!(queued.len(), 1, "{queued:?}");
}

#[tokio::test]
async fn a_password_that_an_administrator_sets_must_be_changed() {
    let desk = Desk::new().await;
    let path = made(&desk, &jane()).await;
    let cookies = log_in(&desk.test, "jane", "lindmatt jane").await.cookies();
    desk.test.clock.advance(Duration::from_secs(1));
    let shown = change(&desk, &path, json!({ "password": "another lindmatt" })).await;
    assert_eq!(shown["is_password_changed"], false);
    assert!(!desk.get(&path).await.body.contains("another"));
    assert_eq!(who(&desk.test, &cookies).await, Value::Null);
    assert_eq!(log_in(&desk.test, "jane", "lindmatt jane").await.status, 401);
    let first = log_in(&desk.test, "jane", "another lindmatt").await;
    assert_eq!(first.json()["is_password_changed"], false);
    for password in ["short", "password", "jane", &"x".repeat(257)] {
        let asked = changed(&desk, &path, json!({ "password": password })).await;
        let answer = desk.ask(Method::PUT, &path, Some(&asked)).await;
        assert_eq!(answer.status, 422, "{}", answer.body);
        assert_eq!(answer.json()["errors"][0]["pointer"], "/password");
        assert!(!answer.body.contains(&format!("\"{password}\"")));
    }
}

#[tokio::test]
async fn who_shows_an_older_state_is_told_so() {
    let desk = Desk::new().await;
    let path = made(&desk, &jane()).await;
    let etag = desk.get(&path).await.header("etag").to_owned();
    // A login changes nothing that a form shows.
    log_in(&desk.test, "jane", "lindmatt jane").await;
    assert_eq!(desk.get(&path).await.header("etag"), etag);
    let asked = changed(&desk, &path, json!({ "display_name": "one" })).await;
    let known = [("if-match", etag.as_str())];
    let answer = desk.ask_with(Method::PUT, &path, Some(&asked), &known).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_ne!(answer.header("etag"), etag);
    for method in [Method::PUT, Method::DELETE] {
        let answer = desk.ask_with(method, &path, Some(&asked), &known).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["status"]),
            (412, &json!(412))
        );
    }
    let both = format!("\"x\", {}", answer.header("etag"));
    for known in [both.as_str(), "*"] {
        let answer = desk
            .ask_with(Method::PUT, &path, Some(&asked), &[("if-match", known)])
            .await;
        assert_eq!(answer.status, 200, "{known}");
    }
}

#[tokio::test]
async fn of_fifty_changes_at_once_of_what_was_read_one_is_made() {
    let desk = Desk::new().await;
    let path = made(&desk, &jane()).await;
    let etag = desk.get(&path).await.header("etag").to_owned();
    let known = [("if-match", etag.as_str())];
    let mut tries = Vec::new();
    for number in 0..50 {
        let asked = changed(&desk, &path, json!({ "display_name": format!("Jane {number}") })).await;
        tries.push(asked);
    }
    let tries = tries
        .iter()
        .map(|asked| desk.ask_with(Method::PUT, &path, Some(asked), &known));
    let answers = futures_util::future::join_all(tries).await;
    let made = answers.iter().filter(|answer| answer.status == 200).count();
    let refused = answers.iter().filter(|answer| answer.status == 412).count();
    assert_eq!((made, refused), (1, 49));
}

#[tokio::test]
async fn the_last_administrator_stays_also_with_two_requests_at_once() {
    let desk = Desk::new().await;
    let ada = "/admin/api/users/1";
    for changes in [
        json!({ "roles": [] }),
        json!({ "deactivated": true }),
        json!({ "expire_on": "2020-01-01T00:00:00Z" }),
    ] {
        let asked = changed(&desk, ada, changes).await;
        assert_eq!(desk.ask(Method::PUT, ada, Some(&asked)).await.status, 409);
    }
    assert_eq!(desk.ask(Method::DELETE, ada, None).await.status, 409);
    let mut bea = jane();
    (bea["username"], bea["roles"]) = (json!("bea"), json!([ROLE_ADMIN]));
    let bea = made(&desk, &bea).await;
    let (one, other) = (json!({ "roles": [] }), json!({ "deactivated": true }));
    let (one, other) = (changed(&desk, ada, one).await, changed(&desk, &bea, other).await);
    let (one, other) = tokio::join!(
        desk.ask(Method::PUT, ada, Some(&one)),
        desk.ask(Method::PUT, &bea, Some(&other))
    );
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}

#[tokio::test]
async fn users_are_listed_page_by_page_in_two_requests() {
    let desk = Desk::new().await;
    for number in 0..5 {
        let mut user = jane();
        user["username"] = json!(format!("user{number}"));
        user["email"] = json!(format!("{}@example.com", 9 - number));
        desk.create("/admin/api/users", &user).await;
    }
    desk.get("/admin/api/users").await;
    let _ = desk.test.table_requests();
    let mut path = "/admin/api/users?search=USER&limit=2".to_owned();
    let mut names = Vec::new();
    loop {
        let page = desk.get(&path).await.json();
        let sent = desk.test.table_requests();
        assert_eq!(sent, ["Query", "BatchGetItem", "GetItem"], "index, users, roles");
        names.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|user| user["username"].clone()),
        );
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/admin/api/users?search=USER&limit=2&after={next}");
    }
    assert_eq!(names, ["user0", "user1", "user2", "user3", "user4"]);
    let page = desk
        .get("/admin/api/users?sort=email&descending=true&limit=1")
        .await
        .json();
    assert_eq!(page["items"][0]["username"], "ada");
}

#[tokio::test]
async fn signed_out_everywhere_means_every_ticket() {
    let desk = Desk::new().await;
    let path = made(&desk, &jane()).await;
    let cookies = log_in(&desk.test, "jane", "lindmatt jane").await.cookies();
    desk.test.clock.advance(Duration::from_secs(1));
    let sessions = format!("{path}/sessions");
    assert_eq!(
        desk.get(&sessions).await.json(),
        json!({ "items": [], "next": null })
    );
    assert_eq!(desk.ask(Method::DELETE, &sessions, None).await.status, 204);
    assert_eq!(desk.newest_entry().await.event, Event::SessionsEnded);
    assert_eq!(who(&desk.test, &cookies).await, Value::Null);
    let export = desk.get(&format!("{path}/export")).await.json();
    assert_eq!(
        (&export["user"]["username"], &export["sessions"]),
        (&json!("jane"), &json!([]))
    );
    assert!(!export.to_string().contains("argon2"));
    for field in [
        "openid_subject",
        "locked_at",
        "mailed_until",
        "second_factor_since",
    ] {
        assert_eq!(export[field], Value::Null, "{field}");
    }
    assert!(export["signed_out_at"].is_string(), "{export}");
    assert_eq!(desk.newest_entry().await.event, Event::UserExported);
}

#[tokio::test]
async fn a_name_cannot_be_changed_nor_taken_twice() {
    let desk = Desk::new().await;
    let path = made(&desk, &jane()).await;
    let mut other = jane();
    other["username"] = json!("JANE");
    assert_eq!(
        desk.ask(Method::POST, "/admin/api/users", Some(&other))
            .await
            .status,
        409
    );
    let asked = changed(&desk, &path, json!({ "username": "janet" })).await;
    assert_eq!(desk.ask(Method::PUT, &path, Some(&asked)).await.status, 422);
    for (field, value) in [
        ("email", json!("nobody")),
        ("roles", json!(["nothing"])),
        ("expire_on", json!("tomorrow")),
        ("display_name", json!("a\u{7}")),
        ("username", json!(" x")),
    ] {
        let mut user = jane();
        user["username"] = json!("other");
        user[field] = value;
        let answer = desk.ask(Method::POST, "/admin/api/users", Some(&user)).await;
        assert_eq!(answer.status, 422, "{}", answer.body);
        assert_eq!(answer.json()["errors"][0]["pointer"], format!("/{field}"));
    }
    assert_eq!(log_in(&desk.test, "ada", PASSWORD).await.status, 200);
}

//! Locked accounts, accounts with many roles, and all that is stored of one.

use std::time::Duration;

use http::Method;
use mapgate_core::table::{MAX_ROLES, Reset, ResetKind, Subject, UserChange};
use serde_json::{Value, json};

use super::users::{change, changed, jane, made};
use super::{Desk, log_in, who};

#[tokio::test]
async fn a_locked_account_says_so_and_is_unlocked_by_that_word_alone() {
    let desk = Desk::with("  authentication: { max_consecutive_failures: 2 }").await;
    let path = made(&desk, &jane()).await;
    let cookies = log_in(&desk.test, "jane", "lindmatt jane").await.cookies();
    lock(&desk).await;
    let state = |shown: &Value| (shown["deactivated"] == true, shown["locked"] == true);
    let shown = desk.get(&path).await.json();
    assert_eq!(state(&shown), (false, true));
    assert_eq!(who(&desk.test, &cookies).await, "jane", "sessions go on");
    // Another field leaves the lock.
    let shown = change(&desk, &path, json!({ "display_name": "Janet" })).await;
    assert_eq!(state(&shown), (false, true));
    assert_eq!(log_in(&desk.test, "jane", "lindmatt jane").await.status, 401);
    let shown = change(&desk, &path, json!({ "unlock": true })).await;
    assert_eq!(state(&shown), (false, false));
    assert_eq!(desk.newest_entry().await.details["locked_before"], "true");
    assert_eq!(log_in(&desk.test, "jane", "lindmatt jane").await.status, 200);
}

#[tokio::test]
async fn a_locked_account_can_be_deactivated_for_good() {
    let desk = Desk::with("  authentication: { max_consecutive_failures: 2, lockout_minutes: 15 }").await;
    let path = made(&desk, &jane()).await;
    let cookies = log_in(&desk.test, "jane", "lindmatt jane").await.cookies();
    lock(&desk).await;
    let shown = change(&desk, &path, json!({ "deactivated": true })).await;
    assert_eq!(
        (&shown["deactivated"], &shown["locked"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(
        who(&desk.test, &cookies).await,
        Value::Null,
        "an administrator's own word ends them"
    );
    desk.test.clock.advance(Duration::from_mins(16));
    assert_eq!(desk.get(&path).await.json()["locked"], false);
    let answer = log_in(&desk.test, "jane", "lindmatt jane").await;
    assert_eq!(answer.status, 401, "the account does not open by itself");
    let shown = change(&desk, &path, json!({ "deactivated": false })).await;
    assert_eq!(shown["deactivated"], false);
    assert_eq!(log_in(&desk.test, "jane", "lindmatt jane").await.status, 200);
}

#[tokio::test]
async fn an_export_has_all_that_is_stored() {
    let desk = Desk::with("  authentication: { max_consecutive_failures: 2 }").await;
    let path = made(&desk, &jane()).await;
    lock(&desk).await;
    let now = desk.test.clock.now();
    let table = desk.test.gate.table().await;
    let read = table.user("jane").await.unwrap().unwrap();
    let change = UserChange {
        subject: Some(Subject::of("https://id.example.com", "jane")),
        reset: Some(Some(Reset {
            kind: ResetKind::Link,
            hash: "the hash".to_owned(),
            expires_at: now,
        })),
        ..UserChange::default()
    };
    let written = table.transaction().change(&read, &change).commit().await;
    assert_eq!(written.unwrap(), Ok(()));
    let export = desk.get(&format!("{path}/export")).await;
    assert!(!export.body.contains("the hash"));
    let export = export.json();
    assert_eq!(export["mailed_until"], json!(now.rfc3339()));
    assert_eq!(export["locked_at"], json!(now.rfc3339()));
    assert_eq!(export["openid_subject"].as_str().unwrap().len(), 64);
}

async fn lock(desk: &Desk) {
    for _ in 0..2 {
        assert_eq!(log_in(&desk.test, "jane", "wrong").await.status, 401);
    }
}

#[tokio::test]
async fn as_many_roles_as_there_may_be_are_changed_for_others_and_one_more_is_refused() {
    let desk = Desk::new().await;
    for number in 0..=2 * MAX_ROLES {
        let role = json!({ "name": format!("r{number}") });
        desk.create("/admin/api/roles", &role).await;
    }
    let some = |from: usize, many: usize| -> Vec<String> {
        (from..from + many).map(|number| format!("r{number}")).collect()
    };
    let mut asked = jane();
    asked["roles"] = json!(some(0, MAX_ROLES));
    let path = made(&desk, &asked).await;
    // With all else that one change can do.
    let others = json!({
        "roles": some(MAX_ROLES, MAX_ROLES), "password": "another lindmatt", "unlock": true, "email": "j@example.com",
    });
    let shown = change(&desk, &path, others).await;
    assert_eq!(shown["roles"], json!(some(MAX_ROLES, MAX_ROLES)));
    let asked = changed(&desk, &path, json!({ "roles": some(0, MAX_ROLES + 1) })).await;
    let answer = desk.ask(Method::PUT, &path, Some(&asked)).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
    assert_eq!(answer.json()["errors"][0]["pointer"], "/roles");
}

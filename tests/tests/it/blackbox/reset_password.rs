//! A forgotten password, from the request to the login with the new one, through the harness and its catcher.

use std::time::Duration;

use mapgate_tests::{Actor, Setup, VARS, csrf_token};
use serde_json::Value;

/// The tests' settings with a reset whose mail has `body`.
fn vars(body: &str) -> String {
    let section = "  reset_password: {email_from: maps@example.com, email_subject: Forgotten, email_body: ";
    format!("{}\n{section}'{body}'}}\n", VARS.trim_end())
}

/// The newest caught mail. The contract gives it five seconds.
async fn caught(actor: &Actor, subject: &str) -> Value {
    for _ in 0..50 {
        let mails = actor.get("/local/mails").await.json();
        if mails[0]["subject"] == subject {
            return mails[0].clone();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    unreachable!("no mail in five seconds: {subject}");
}

#[tokio::test]
async fn a_mailed_password_lets_in_and_is_changed_first() {
    let site = Setup::default().vars(vars("<{password}>")).start().await;
    let jane = site.anonymous();
    jane.post("/loginresetpassword", &[("login", "jane")])
        .await
        .is(200, r#"{"success":true}"#);
    let mail = caught(&jane, "Forgotten").await;
    assert_eq!(mail["to"], "jane@example.com");
    let password = mail["text"].as_str().unwrap().trim();
    let password = password.trim_matches(['<', '>']);
    jane.post("/login", &[("login", "jane"), ("password", password)])
        .await
        .is(200, r#""is_password_changed":false"#);
    let new = "an entirely new one";
    let fields = [
        ("login", "jane"),
        ("oldPassword", password),
        ("newPassword", new),
        ("confirmNewPassword", new),
    ];
    jane.post("/loginchangepassword", &fields).await.is(200, "jane");
    jane.post("/login", &[("login", "jane"), ("password", new)])
        .await
        .is(200, r#""username":"jane""#);
    caught(&jane, "Your password was changed").await;
}

#[tokio::test]
async fn t91_t93_the_mailed_link_leads_through_the_pages_to_a_new_password() {
    let site = Setup::default().vars(vars("{reset_url}")).start().await;
    let jane = site.anonymous();
    let page = jane.get("/loginresetpassword").await;
    let form = [("login", "jane@example.com"), ("csrf_token", &csrf_token(&page))];
    jane.post("/loginresetpassword", &form)
        .await
        .is(200, "Look into your mailbox");
    let mail = caught(&jane, "Forgotten").await;
    let url = mail["text"].as_str().unwrap().trim().to_owned();
    assert!(url.starts_with(&site.url), "{url}");
    let page = jane.get(&url).await;
    page.is(200, "newPassword");
    let new = "an entirely new one";
    let form = [
        ("newPassword", new),
        ("confirmNewPassword", new),
        ("csrf_token", &csrf_token(&page)),
    ];
    jane.post(&url, &form).await.is(200, "Password changed");
    jane.get(&url).await.is(404, "no longer works");
    jane.post("/login", &[("login", "jane"), ("password", new)])
        .await
        .is(200, "jane");
}

#[tokio::test]
async fn a_fresh_demo_can_reset() {
    let mut program = Setup::demo();
    let line = program.line_with("ready ").await.expect("it serves");
    let url = line[line.find("ready ").unwrap() + 6..].trim().to_owned();
    let site = mapgate_tests::Site::new(url, mapgate_tests::Place::Elsewhere);
    let jane = site.anonymous();
    jane.post("/loginresetpassword", &[("login", "jane")])
        .await
        .is(200, "success");
    let mail = caught(&jane, "Your new password").await;
    assert!(
        mail["text"].as_str().unwrap().contains("/loginresetpassword/"),
        "{mail}"
    );
    assert!(
        !program.log().contains("/loginresetpassword/"),
        "the token is in the log"
    );
}

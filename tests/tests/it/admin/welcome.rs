//! The welcome mail (contract, section 9).

use std::time::Duration;

use axum::body::Body;
use http::{Method, Request};
use mapgate_reset_password::send_due;
use mapgate_tests::MailServer;
use mapgate_tests::gate::{Answer, post};
use serde_json::{Value, json};

use super::Desk;
use super::pages::Browser;

const USERS: &str = "/admin/api/users";

async fn desk(body: &str) -> (Desk, MailServer) {
    let server = MailServer::start().await;
    let vars = format!(
        "  smtp: {{host: '127.0.0.1:{}'}}\n  welcome_email: {{email_from: 'Maps <maps@example.com>', \
         email_subject: Welcome, email_body: '{body}'}}\n",
        server.port()
    );
    (Desk::with(&vars).await, server)
}

fn rosa() -> Value {
    json!({ "username": "rosa", "email": "rosa@example.com", "welcome": true })
}

async fn log_in(desk: &Desk, password: &str) -> Answer {
    let request = post("/login", &[("login", "rosa"), ("password", password)]);
    desk.test
        .send(mapgate_login::router(desk.test.gate.clone()), request)
        .await
}

#[tokio::test]
async fn a_new_user_gets_a_password_by_mail_and_must_change_it() {
    let (desk, server) = desk("{user}: {password} for {application_url} at {current_url}").await;
    let made = desk.create(USERS, &rosa()).await;
    assert!(made.get("welcome").is_none());
    assert_eq!(desk.newest_entry().await.details["welcome"], "queued");
    send_due(&desk.test.gate).await.unwrap();
    let mail = server.delivered().pop().expect("a mail");
    assert_eq!(
        (mail.to.as_str(), mail.subject.as_str()),
        ("rosa@example.com", "Welcome")
    );
    assert!(
        mail.text.starts_with("rosa: ") && mail.text.contains("/login.html"),
        "{}",
        mail.text
    );
    let password = mail.text.split([' ']).nth(1).unwrap();
    let first = log_in(&desk, password).await;
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(first.json()["is_password_changed"], false);
    // Sent again, the first one is dead.
    let path = format!("{USERS}/{}", made["id"]);
    assert_eq!(desk.ask(Method::PUT, &path, Some(&rosa())).await.status, 200);
    send_due(&desk.test.gate).await.unwrap();
    let again = server.delivered().pop().expect("a mail").text;
    let renewed = again.split([' ']).nth(1).unwrap();
    assert_eq!(log_in(&desk, password).await.status, 401);
    assert_eq!(log_in(&desk, renewed).await.status, 200);
    desk.test.clock.advance(Duration::from_hours(25));
    assert_eq!(log_in(&desk, renewed).await.status, 401);
}

#[tokio::test]
async fn a_link_holds_a_day_also_where_no_reset_is_set_up() {
    let (desk, server) = desk("{user}: {reset_url}").await;
    desk.create(USERS, &rosa()).await;
    send_due(&desk.test.gate).await.unwrap();
    let mail = server.delivered().pop().expect("a mail").text;
    let link = mail.trim().split_once("/loginresetpassword/").unwrap().1;
    let path = format!("/loginresetpassword/{link}");
    let open = async || {
        let router = mapgate_reset_password::router(desk.test.gate.clone());
        let request = Request::get(&path).body(Body::empty()).unwrap();
        desk.test.send(router, request).await.status.as_u16()
    };
    for (hours, status) in [(0, 200), (23, 200), (2, 404)] {
        desk.test.clock.advance(Duration::from_hours(hours));
        assert_eq!(open().await, status, "{hours}");
    }
}

#[tokio::test]
async fn a_mail_without_either_gives_nothing_out() {
    let (desk, server) = desk("Welcome {user}, log in at {application_url}").await;
    let mut rosa = rosa();
    rosa["password"] = json!("first-of-rosa");
    desk.create(USERS, &rosa).await;
    send_due(&desk.test.gate).await.unwrap();
    let mail = server.delivered().pop().expect("a mail").text;
    assert!(mail.starts_with("Welcome rosa, log in at http"), "{mail}");
    assert_eq!(log_in(&desk, "first-of-rosa").await.status, 200);
}

#[tokio::test]
async fn it_needs_an_address_an_account_in_force_and_a_template() {
    let (desk, server) = desk("{user}: {password}").await;
    let mut asked = rosa();
    asked["email"] = Value::Null;
    let mut deactivated = rosa();
    deactivated["deactivated"] = json!(true);
    for wrong in [asked, deactivated] {
        let answer = desk.ask(Method::POST, USERS, Some(&wrong)).await;
        assert_eq!(answer.status, 422, "{}", answer.body);
        assert_eq!(answer.json()["errors"][0]["pointer"], "/welcome");
    }
    let browser = Browser::of(&desk).await;
    let page = browser.get("/admin/new_user").await;
    assert!(page.body.contains("name=\"welcome\""), "{}", page.body);
    let fields = [
        ("username", "rosa"),
        ("email", "rosa@example.com"),
        ("welcome", "true"),
    ];
    let made = browser.send("/admin/new_user", &fields).await;
    assert_eq!(made.status, 303, "{}", made.body);
    send_due(&desk.test.gate).await.unwrap();
    assert_eq!(server.delivered().len(), 1);

    let plain = Desk::new().await;
    let answer = plain.ask(Method::POST, USERS, Some(&rosa())).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
    let browser = Browser::of(&plain).await;
    let page = browser.get("/admin/new_user").await;
    assert!(!page.body.contains("name=\"welcome\""));
}

#[tokio::test]
async fn who_is_deactivated_or_expired_gets_none() {
    let (desk, _server) = desk("{password}").await;
    for (field, value) in [
        ("deactivated", json!(true)),
        ("expire_on", json!("2020-01-01T00:00:00Z")),
        ("email", json!(null)),
    ] {
        let mut user = rosa();
        user[field] = value;
        let answer = desk.ask(Method::POST, USERS, Some(&user)).await;
        assert_eq!(answer.status, 422, "{field}: {}", answer.body);
        assert_eq!(answer.json()["errors"][0]["pointer"], "/welcome");
    }
}

#[tokio::test]
async fn what_was_mailed_dies_with_the_address_and_with_the_tick() {
    let (desk, server) = desk("{user}: {password}").await;
    let mut user = rosa();
    user["is_password_changed"] = json!(true);
    let path = format!("{USERS}/{}", desk.create(USERS, &user).await["id"]);
    for (field, value) in [
        ("email", json!("other@example.com")),
        ("is_password_changed", json!(false)),
    ] {
        let mut again = user.clone();
        assert_eq!(desk.ask(Method::PUT, &path, Some(&again)).await.status, 200);
        send_due(&desk.test.gate).await.unwrap();
        let text = server.delivered().pop().expect("a mail").text;
        let password = text.split(' ').nth(1).unwrap().trim();
        again["welcome"] = json!(false);
        // What has nothing to do with it leaves it.
        again["display_name"] = json!("Rosa");
        assert_eq!(desk.ask(Method::PUT, &path, Some(&again)).await.status, 200);
        let read = desk.test.gate.table().await.user("rosa").await.unwrap();
        assert!(read.unwrap().reset.is_some(), "{field}");
        again[field] = value;
        assert_eq!(desk.ask(Method::PUT, &path, Some(&again)).await.status, 200);
        assert_eq!(log_in(&desk, password).await.status, 401, "{field}");
    }
}

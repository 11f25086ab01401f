//! `/loginchangepassword`.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use mapgate_core::session::Ticket;
use mapgate_core::table::Event;
use mapgate_tests::gate::{TestGate, get, post, with_header};
use serde_json::json;

use super::{PASSWORD, form, jane, jane_with, log_in, send, ticket, trail, who};

const NEW: &str = "horse correct";

fn change(login: &str, old: &str, new: &str) -> Request<Body> {
    let fields = [
        ("login", login),
        ("oldPassword", old),
        ("newPassword", new),
        ("confirmNewPassword", new),
    ];
    let fields: Vec<_> = fields
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect();
    post("/loginchangepassword", &fields)
}

#[tokio::test]
async fn the_first_login_ends_with_a_password_of_ones_own() {
    let test = TestGate::new().await;
    test.user("joe", PASSWORD, &[], true).await;
    let _ = test.table_requests();
    let answer = send(&test, change("joe", PASSWORD, NEW)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["username"], "joe");
    assert_eq!(answer.json()["roles"], json!([]));
    assert_eq!(answer.header("cache-control"), "private, no-store");
    assert_eq!(who(&test, &test.gate, &answer.cookies()).await, "joe");
    assert_eq!(log_in(&test, "joe", PASSWORD).await.status, 401);
    let login = log_in(&test, "joe", NEW).await;
    assert_eq!(
        (login.status.as_u16(), &login.json()["display_name"]),
        (200, &json!("joe"))
    );
    let trail = trail(&test).await;
    let entry = trail
        .iter()
        .find(|entry| entry.event == Event::PasswordChanged)
        .expect("an entry");
    assert_eq!(
        (entry.username.as_deref(), entry.details["way"].as_str()),
        (Some("joe"), "change_password")
    );
}

#[tokio::test]
async fn t66_every_older_ticket_is_dead_and_the_fresh_one_is_not() {
    let test = jane().await;
    let other = test.another();
    let old = ticket(&test).await;
    let issued_at = test.clock.now();
    let secrets = test.gate.secrets().await.expect("keys");
    let plain = Ticket {
        username: "jane".to_owned(),
        issued_at,
        session: None,
    };
    let plain = format!(
        "auth_tkt={}",
        plain.sign(secrets.authtkt_signing(issued_at).expect("a key"))
    );
    for gate in [&test.gate, &other] {
        assert_eq!(who(&test, gate, &old).await, "jane");
        assert_eq!(who(&test, gate, &plain).await, "jane");
    }
    let answer = send(&test, change("jane", PASSWORD, NEW)).await;
    assert_eq!(answer.status, 200);
    for gate in [&test.gate, &other] {
        assert_eq!(
            who(&test, gate, &answer.cookies()).await,
            "jane",
            "at once, everywhere"
        );
    }
    test.clock.advance(Duration::from_secs(10));
    for gate in [&test.gate, &other] {
        assert_eq!(who(&test, gate, &answer.cookies()).await, "jane");
        assert_eq!(who(&test, gate, &old).await, "");
        assert_eq!(who(&test, gate, &plain).await, "");
    }
}

#[tokio::test]
async fn who_is_logged_in_may_leave_out_the_name() {
    let test = jane_with("  hide_capabilities: false", &[("BASICAUTH", "true")]).await;
    let anonymous = send(&test, change("", PASSWORD, NEW)).await;
    assert_eq!(anonymous.json()["error"], "the field login is missing");
    assert_eq!(anonymous.status, 400);

    let cookies = ticket(&test).await;
    let request = with_header(change("", PASSWORD, NEW), "cookie", &cookies);
    let foreign = send(&test, with_header(request, "origin", "https://evil.com")).await;
    assert_eq!(foreign.status, 403);
    let request = with_header(change("", PASSWORD, NEW), "cookie", &cookies);
    let answer = send(&test, with_header(request, "origin", "http://maps.example.com")).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["username"]),
        (200, &json!("jane"))
    );

    let wrong = with_header(change("jane", NEW, PASSWORD), "authorization", "Bearer x");
    assert_eq!(
        send(&test, wrong).await.status,
        401,
        "a wrong Authorization is refused"
    );
    let basic = with_header(
        change("", NEW, PASSWORD),
        "authorization",
        "Basic amFuZTpob3JzZSBjb3JyZWN0",
    );
    assert_eq!(send(&test, basic).await.status, 200);
}

#[tokio::test]
async fn t76_what_the_new_one_must_be_is_said_before_the_old_one_is_tried() {
    let test = jane().await;
    let long = "long password ".repeat(20);
    for (old, new, error) in [
        (
            PASSWORD,
            "7 chars",
            "the new password is too short: at least 8 characters",
        ),
        (
            PASSWORD,
            long.as_str(),
            "the new password is too long: at most 256 characters",
        ),
        (PASSWORD, PASSWORD, "the new password is the old one"),
        (
            "wrong",
            "password123",
            "the new password is one of the most common ones",
        ),
        (
            "wrong",
            "7 chars",
            "the new password is too short: at least 8 characters",
        ),
    ] {
        let answer = send(&test, change("jane", old, new)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()),
            (400, json!({ "error": error }))
        );
    }
    test.user("johannes", PASSWORD, &[], false).await;
    let answer = send(&test, change("johannes", PASSWORD, "Johannes")).await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()),
        (400, json!({"error": "the new password is the user name"}))
    );
    let fields = [("login", "jane"), ("oldPassword", PASSWORD), ("newPassword", NEW)];
    let answer = send(&test, post("/loginchangepassword", &fields)).await;
    assert_eq!(answer.json()["error"], "the field confirmNewPassword is missing");
    let differ = [
        fields[0],
        fields[1],
        fields[2],
        ("confirmNewPassword", "horse Correct"),
    ];
    let answer = send(&test, post("/loginchangepassword", &differ)).await;
    assert_eq!(
        answer.json()["error"],
        "newPassword and confirmNewPassword differ"
    );
    assert_eq!(test.gate.hashing.evaluated(), 0);
}

#[tokio::test]
async fn a_wrong_old_one_is_401_whoever_it_is_and_is_counted() {
    let test = jane().await;
    let mut answers = Vec::new();
    for (username, old) in [("jane", "wrong"), ("nobody", PASSWORD)] {
        let _ = test.table_requests();
        let evaluated = test.gate.hashing.evaluated();
        let answer = send(&test, change(username, old, NEW)).await;
        let mut requests = test.table_requests();
        // The roles of an anonymous request are read once in a while.
        requests.retain(|request| request != "GetItem");
        answers.push((
            answer.status,
            answer.body,
            requests,
            test.gate.hashing.evaluated() - evaluated,
        ));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0].0, 401);
    assert_eq!(answers[0].2, ["UpdateItem", "BatchGetItem", "TransactWriteItems"]);
    let failed = trail(&test)
        .await
        .into_iter()
        .filter(|entry| entry.event == Event::LoginFailed);
    assert_eq!(
        failed
            .filter(|entry| entry.details["way"] == "change_password")
            .count(),
        2
    );
    assert_eq!(log_in(&test, "jane", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn of_two_changes_at_once_one_holds() {
    let test = jane_with("  authentication: {max_consecutive_failures: 2}", &[]).await;
    let (one, other) = tokio::join!(
        send(&test, change("jane", PASSWORD, "the first one")),
        send(&test, change("jane", PASSWORD, "the other one"))
    );
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
    // The one too late guessed nothing, so that it does not count.
    let trail = trail(&test).await;
    let reason = trail.iter().find_map(|entry| entry.details.get("reason"));
    assert_eq!(reason.map(String::as_str), Some("changed"));
    assert_eq!(log_in(&test, "jane", PASSWORD).await.status, 401);
    let holds = if one.status == 200 {
        "the first one"
    } else {
        "the other one"
    };
    assert_eq!(log_in(&test, "jane", holds).await.status, 200);
}

#[tokio::test]
async fn the_page_leads_through_the_first_login() {
    let test = TestGate::new().await;
    test.user("joe", PASSWORD, &[], true).await;
    let (token, cookies) = form(&test, "/login.html?came_from=/theme/x").await;
    let fields = [
        ("csrf_token", token.as_str()),
        ("login", "joe"),
        ("password", PASSWORD),
        ("came_from", "/theme/x"),
    ];
    let page = send(
        &test,
        with_header(post("/login?lang=fr", &fields), "cookie", &cookies),
    )
    .await;
    assert_eq!(page.status, 200);
    assert_eq!(page.cookies(), "", "no ticket yet");
    for text in [
        "Votre mot de passe a été défini par un administrateur",
        "action=\"/loginchangepassword?lang=fr\"",
        "name=\"login\" type=\"text\" autocomplete=\"username\" value=\"joe\" readonly",
        "name=\"came_from\" value=\"/theme/x\"",
    ] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    let mut fields = vec![
        ("csrf_token", token.as_str()),
        ("login", "joe"),
        ("oldPassword", PASSWORD),
        ("newPassword", "short"),
        ("confirmNewPassword", "short"),
        ("came_from", "/theme/x"),
    ];
    let request = |fields: &[(&str, &str)]| {
        with_header(post("/loginchangepassword?lang=fr", fields), "cookie", &cookies)
    };
    let again = send(&test, request(&fields)).await;
    assert_eq!(again.status, 400);
    assert!(
        again
            .body
            .contains("<a href=\"#newPassword\">Le nouveau mot de passe est trop court"),
        "{}",
        again.body
    );
    (fields[3].1, fields[4].1) = (NEW, "another one");
    assert!(
        send(&test, request(&fields))
            .await
            .body
            .contains("ne sont pas identiques")
    );
    fields[4].1 = NEW;
    fields[2].1 = "wrong";
    let wrong = send(&test, request(&fields)).await;
    assert_eq!(wrong.status, 401);
    assert!(wrong.body.contains("value=\"joe\"") && !wrong.body.contains("readonly"));
    fields[2].1 = PASSWORD;
    let done = send(&test, request(&fields)).await;
    assert_eq!((done.status.as_u16(), done.header("location")), (303, "/theme/x"));
    assert_eq!(who(&test, &test.gate, &done.cookies()).await, "joe");
}

#[tokio::test]
async fn the_page_knows_who_is_logged_in_and_says_when_it_is_done() {
    let test = jane().await;
    let nobody = send(&test, get("/loginchangepassword")).await;
    assert!(
        nobody.body.contains("id=\"login\"") && !nobody.body.contains("readonly"),
        "{}",
        nobody.body
    );
    let ticket = ticket(&test).await;
    let page = send(&test, with_header(get("/loginchangepassword"), "cookie", &ticket)).await;
    assert!(
        page.body.contains("New password for jane.") && page.body.contains("readonly"),
        "{}",
        page.body
    );
    let (token, cookies) = form(&test, "/loginchangepassword").await;
    let fields = [
        ("csrf_token", token.as_str()),
        ("login", "jane"),
        ("oldPassword", PASSWORD),
        ("newPassword", NEW),
        ("confirmNewPassword", NEW),
    ];
    let done = send(
        &test,
        with_header(post("/loginchangepassword", &fields), "cookie", &cookies),
    )
    .await;
    assert_eq!(done.status, 200);
    assert!(done.body.contains("<h1>Password changed</h1>"), "{}", done.body);
    assert_eq!(who(&test, &test.gate, &done.cookies()).await, "jane");
    let forged = [("csrf_token", "x"), fields[1], fields[2], fields[3], fields[4]];
    let forged = send(
        &test,
        with_header(post("/loginchangepassword", &forged), "cookie", &cookies),
    )
    .await;
    assert_eq!(forged.status, 403);
}

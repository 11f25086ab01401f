//! Tries by the form on the way to a code: they count with all others, and the LDAP directory's users enter there too.

use mapgate_core::table::Source;
use mapgate_tests::gate::{Answer, TestGate, post};
use mapgate_tests::{Slapd, password};

use super::browser::{Browser, QGIS, assert_page, sent_back};
use super::{House, PASSWORD, text};

async fn by_the_form(house: &House, username: &str, password: &str) -> Answer {
    let mut browser = Browser::new(house);
    let page = browser.open(QGIS).await;
    browser
        .submit(&page, &[("login", username), ("password", password)])
        .await
}

async fn by_login(house: &House, password: &str) -> u16 {
    let router = mapgate_login::router(house.test.gate.clone());
    let request = post("/login", &[("login", "jane"), ("password", password)]);
    house.test.send(router, request).await.status.as_u16()
}

#[tokio::test]
async fn t82_failures_by_the_oauth_form_count_with_the_others_and_tokens_given_before_go_on() {
    let vars = "  authentication: {max_consecutive_failures: 4}";
    let house = House::on(TestGate::with(vars, &[]).await).await;
    let token = text(&house.tokens().await, "access_token");
    for index in 0..2 {
        let wrong = format!("wrong {index}");
        assert_page(&by_the_form(&house, "jane", &wrong).await, 401);
        assert_eq!(by_login(&house, &wrong).await, 401);
    }
    assert_page(&by_the_form(&house, "jane", PASSWORD).await, 401);
    assert_eq!(by_login(&house, PASSWORD).await, 401);

    assert!(house.lives(&token).await);

    let gate = &house.test.gate;
    let secrets = gate.secrets().await.expect("the secrets");
    let attempt = gate.accounts(&secrets).await.unlocking("jane").expect("a key");
    let table = gate.table().await;
    let user = table.user("jane").await.expect("the table").expect("jane");
    let change = mapgate_core::table::UserChange {
        locked_at: Some(None),
        ..Default::default()
    };
    let unlocked = table.transaction().change(&user, &change).unlock(&attempt);
    unlocked.commit().await.expect("the table").expect("nobody else");
    assert_eq!(by_the_form(&house, "jane", PASSWORD).await.status, 303);
}

#[tokio::test]
async fn a_user_of_the_ldap_directory_gets_a_code_and_a_namesake_of_a_local_one_does_not() {
    let slapd = Slapd::start().await;
    let vars = format!(
        r#"  authentication: {{validators: [ldap, directory], ldap: {{url: "{}",
    bind_dn_template: "uid={{username}},ou=people,dc=example,dc=com",
    attributes: {{email: mail, display_name: cn, groups: memberOf}}}}}}"#,
        slapd.url()
    );
    let house = House::on(TestGate::with(&vars, &[]).await).await;
    let answer = by_the_form(&house, "zo\u{e9}", &password("zo\u{e9}")).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(sent_back(&answer).contains_key("code"));
    let table = house.test.gate.table().await;
    let made = table
        .user("zo\u{e9}")
        .await
        .expect("the table")
        .expect("the user");
    assert_eq!(made.source, Source::Ldap);
    assert_page(&by_the_form(&house, "zo\u{e9}", "wrong").await, 401);
    // The table's Jane, whatever the directory's has as her password.
    assert_page(&by_the_form(&house, "jane", &password("jane")).await, 401);
    assert_eq!(by_the_form(&house, "jane", PASSWORD).await.status, 303);
}

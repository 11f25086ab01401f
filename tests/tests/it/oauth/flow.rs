//! The whole flow, as QGIS goes through it.

use super::browser::{Browser, PUBLIC, QGIS, sent_back};
use super::{House, VERIFIER, refresh_form, text};

#[tokio::test]
async fn qgis_logs_in_reads_and_refreshes() {
    let house = House::new().await;
    let answer = Browser::new(&house).log_in(QGIS).await;
    let tokens = house.exchange(&sent_back(&answer)["code"], &[]).await;
    assert!(house.lives(&text(&tokens, "access_token")).await);
    let tokens = house.refresh(&text(&tokens, "refresh_token")).await;
    assert!(house.lives(&text(&tokens, "access_token")).await);
}

#[tokio::test]
async fn a_program_without_a_secret_logs_in_and_refreshes_by_pkce() {
    let house = House::new().await;
    let answer = Browser::new(&house).log_in(PUBLIC).await;
    let public = [
        ("client_id", "public"),
        ("client_secret", ""),
        ("code_verifier", VERIFIER),
    ];
    let tokens = house.exchange(&sent_back(&answer)["code"], &public).await;
    let token = text(&tokens, "refresh_token");
    let mut form = refresh_form(&token);
    form[0].1 = "public";
    form[1].1 = "";
    let tokens = house.token(&form).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    assert!(house.lives(&text(&tokens, "access_token")).await);
}

#[tokio::test]
async fn authorizing_while_logged_in_and_the_exchange_take_at_most_six_requests_cold() {
    let mut house = House::new().await;
    let mut browser = Browser::new(&house);
    browser.log_in(QGIS).await;
    let ticket = format!("auth_tkt={}", browser.ticket());
    house.test.gate = house.test.another();
    let _ = house.test.table_requests();
    let request = mapgate_tests::gate::with_header(mapgate_tests::gate::get(QGIS), "cookie", &ticket);
    let answer = Browser::new(&house).send(request).await;
    house.test.gate = house.test.another();
    let tokens = house.exchange(&sent_back(&answer)["code"], &[]).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    let requests = house.test.table_requests();
    assert!(requests.len() <= 6, "{requests:?}");
}

#[tokio::test]
async fn a_namesake_made_later_is_someone_else() {
    let house = House::new().await;
    let code = house.code(|code| code.user_id.0 += 1).await;
    super::assert_refused(&house.exchange(&code, &[]).await, "invalid_grant");
}

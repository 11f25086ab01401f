//! How the answer travels: by query, by fragment, or by a form that the user posts.

use mapgate_tests::gate::{Answer, BASE};
use mapgate_tests::hidden_fields;

use super::browser::{Browser, PUBLIC, QGIS, assert_page, sent_back};
use super::{House, REDIRECT};

fn value(fields: &[(String, String)], wanted: &str) -> Option<String> {
    let mut values = fields.iter().filter(|(name, _)| name == wanted);
    let value = values.next().map(|(_, value)| value.clone());
    assert!(values.next().is_none(), "{wanted} is there twice");
    value
}

/// The fields of a page that posts them to the client.
#[track_caller]
fn posted_back(page: &Answer) -> Vec<(String, String)> {
    assert_page(page, 200);
    assert_eq!(super::browser::action(page), REDIRECT);
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("; form-action http://127.0.0.1:7070; "),
        "{policy}"
    );
    assert!(
        policy.contains("frame-ancestors 'none'") && !policy.contains("script"),
        "{policy}"
    );
    assert_eq!(page.header("cache-control"), "private, no-store");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    let fields = hidden_fields(&page.body);
    assert_eq!(value(&fields, "iss").as_deref(), Some(BASE));
    fields
}

#[tokio::test]
async fn by_query_is_the_default() {
    let house = House::new().await;
    let answer = Browser::new(&house)
        .log_in(&format!("{QGIS}&response_mode=query"))
        .await;
    assert!(sent_back(&answer).contains_key("code"));
}

#[tokio::test]
async fn t16_by_fragment_the_answer_is_behind_the_hash_with_the_state_byte_for_byte() {
    let house = House::new().await;
    let mut browser = Browser::new(&house);
    let path = format!("{QGIS}&response_mode=fragment&state=a+b%20%2F~%7e");
    for answer in [browser.log_in(&path).await, browser.open(&path).await] {
        let location = answer.header("location");
        let told = location.strip_prefix(&format!("{REDIRECT}#code=")).unwrap();
        let (code, rest) = told.split_once('&').unwrap();
        assert_eq!(rest, "state=a+b%20%2F~%7e&iss=http%3A%2F%2Fmaps.example.com");
        assert_eq!(house.exchange(code, &[]).await.status, 200);
    }
    let answer = browser.open(&format!("{path}&scope=none")).await;
    let location = answer.header("location");
    assert!(
        location.starts_with(&format!("{REDIRECT}#error=invalid_scope&")),
        "{location}"
    );
}

#[tokio::test]
async fn by_form_a_page_posts_the_answer_by_its_button_and_to_the_client_only() {
    let house = House::new().await;
    let mut browser = Browser::new(&house);
    let path = format!("{QGIS}&response_mode=form_post&state=%22%3E%3Cscript%3E+%C3%A9");
    let after_login = browser.log_in(&path).await;
    assert!(browser.holds_a_ticket());
    for page in [after_login, browser.open(&path).await] {
        let fields = posted_back(&page);
        assert_eq!(value(&fields, "state").as_deref(), Some("\"><script> é"));
        assert!(!page.body.contains("<script") && page.body.contains(">Continue</button>"));
        let code = value(&fields, "code").unwrap();
        assert_eq!(house.exchange(&code, &[]).await.status, 200);
    }
}

#[tokio::test]
async fn by_form_errors_are_posted_too_in_the_users_language() {
    let house = House::new().await;
    let mut browser = Browser::new(&house);
    let page = browser
        .open(&format!("{QGIS}&response_mode=form_post&prompt=none&lang=de"))
        .await;
    let fields = posted_back(&page);
    assert_eq!(value(&fields, "error").as_deref(), Some("login_required"));
    assert_eq!(value(&fields, "state"), None);
    assert!(page.body.contains("<html lang=\"de\">") && page.body.contains(">Weiter</button>"));

    browser.log_in(QGIS).await;
    let page = browser
        .open(&format!("{PUBLIC}&response_mode=form_post&state=s"))
        .await;
    let page = browser.submit(&page, &[("decision", "refuse")]).await;
    let fields = posted_back(&page);
    assert_eq!(value(&fields, "error").as_deref(), Some("access_denied"));
    assert_eq!(value(&fields, "state").as_deref(), Some("s"));
}

#[tokio::test]
async fn other_modes_are_told_by_query() {
    let house = House::new().await;
    for mode in [
        "web_message",
        "query.jwt",
        "Fragment",
        "fragment&response_mode=fragment",
        "form_post%20query",
    ] {
        let answer = Browser::new(&house)
            .open(&format!("{QGIS}&state=s&response_mode={mode}"))
            .await;
        let told = sent_back(&answer);
        assert_eq!(
            (told["error"].as_str(), told["state"].as_str()),
            ("invalid_request", "s"),
            "{mode}"
        );
    }
}

#[tokio::test]
async fn no_form_can_lead_to_a_programs_own_scheme() {
    let house = House::new().await;
    house
        .client("app", None, |client| {
            client.redirect_uris = vec!["org.example.app:/cb".to_owned()];
        })
        .await;
    let path = PUBLIC
        .replace("client_id=public", "client_id=app")
        .replace(REDIRECT, "org.example.app:/cb");
    let answer = Browser::new(&house)
        .open(&format!("{path}&response_mode=form_post"))
        .await;
    let location = answer.header("location");
    assert!(
        location.starts_with("org.example.app:/cb?error=invalid_request&"),
        "{location}"
    );
    let page = Browser::new(&house).open(&path).await;
    assert_page(&page, 200);
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("form-action 'self' org.example.app:;"),
        "{policy}"
    );
}

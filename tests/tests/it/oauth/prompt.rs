//! How the user is asked: `prompt`, `max_age`, and the consent page.

use std::time::Duration;

use mapgate_core::session::UrlLogin;
use mapgate_core::settings::Secret;
use mapgate_core::table::Counter;
use mapgate_tests::gate::{BASE, TestGate, post};

use super::browser::{
    Browser, PUBLIC, QGIS, asks_consent, asks_password, assert_page, csrf_token, sent_back,
};
use super::{House, PASSWORD, claims, text};

pub async fn error(browser: &mut Browser<'_>, path: &str) -> String {
    let answer = browser.open(path).await;
    let told = sent_back(&answer);
    assert_eq!((answer.status.as_u16(), told["iss"].as_str()), (302, BASE));
    assert!(!told.contains_key("code") && !told["error_description"].is_empty());
    told["error"].clone()
}

#[tokio::test]
async fn t22_prompt_none_shows_no_page() {
    let house = House::new().await;
    let mut browser = Browser::new(&house);
    let (qgis, public) = (
        format!("{QGIS}&prompt=none&state=s"),
        format!("{PUBLIC}&prompt=none"),
    );
    assert_eq!(error(&mut browser, &qgis).await, "login_required");
    assert_eq!(error(&mut browser, &public).await, "login_required");
    browser.log_in(QGIS).await;
    let told = sent_back(&browser.open(&qgis).await);
    assert!(told.contains_key("code") && told["state"] == "s");
    assert_eq!(error(&mut browser, &public).await, "consent_required");
    house.test.clock.advance(Duration::from_secs(61));
    assert_eq!(
        error(&mut browser, &format!("{qgis}&max_age=60")).await,
        "login_required"
    );
    for bad in [
        "none%20login",
        "consent+none",
        "none%20none",
        "create",
        "LOGIN",
        "login%0aconsent",
    ] {
        let path = format!("{QGIS}&prompt={bad}");
        assert_eq!(error(&mut browser, &path).await, "invalid_request", "{bad}");
    }
}

#[tokio::test]
async fn prompt_login_asks_for_the_password_once_and_the_new_login_counts() {
    let house = House::new().await;
    let mut browser = Browser::new(&house);
    browser.log_in(QGIS).await;
    house.test.clock.advance(Duration::from_mins(5));
    for ask in [
        "prompt=login",
        "max_age=0",
        "max_age=60",
        "prompt=login&max_age=0",
    ] {
        house.test.clock.advance(Duration::from_mins(2));
        let now = house.test.clock.now().seconds();
        let page = browser.open(&format!("{QGIS}&{ask}")).await;
        asks_password(&page);
        assert!(page.body.contains("value=\"jane\""), "{ask}");
        let wrong = browser
            .submit(&page, &[("login", "jane"), ("password", "wrong")])
            .await;
        assert_page(&wrong, 401);
        // Right: back to the client, and not asked again.
        let answer = browser.enter(&wrong).await;
        assert_eq!(answer.status, 303, "{ask}");
        let tokens = house.exchange(&sent_back(&answer)["code"], &[]).await;
        assert_eq!(claims(&text(&tokens, "access_token")).auth_time, now, "{ask}");
    }
    // Young enough.
    let answer = browser.open(&format!("{QGIS}&max_age=60")).await;
    assert!(sent_back(&answer).contains_key("code"));
}

#[tokio::test]
async fn max_age_is_a_number_of_seconds() {
    let house = House::new().await;
    let mut browser = Browser::new(&house);
    browser.log_in(QGIS).await;
    for bad in [
        "-1",
        "%2B1",
        "1.0",
        "soon",
        "99999999999999999999999",
        "%201",
        "0x10",
    ] {
        let path = format!("{QGIS}&max_age={bad}");
        assert_eq!(error(&mut browser, &path).await, "invalid_request", "{bad}");
    }
    let answer = browser
        .open(&format!("{QGIS}&max_age=18446744073709551615"))
        .await;
    assert!(sent_back(&answer).contains_key("code"));
    let answer = browser.open(&format!("{QGIS}&max_age=")).await;
    assert!(sent_back(&answer).contains_key("code"));
}

#[tokio::test]
async fn prompt_consent_and_select_account_ask_for_a_client_with_a_secret_too() {
    let house = House::new().await;
    let mut browser = Browser::new(&house);
    // Consent comes after the login; an account is chosen by it.
    let page = browser.log_in(&format!("{QGIS}&prompt=consent")).await;
    asks_consent(&page);
    assert!(browser.holds_a_ticket());
    let answer = browser.submit(&page, &[("decision", "allow")]).await;
    assert!(sent_back(&answer).contains_key("code"));
    let answer = Browser::new(&house)
        .log_in(&format!("{QGIS}&prompt=select_account"))
        .await;
    assert!(sent_back(&answer).contains_key("code"));

    for prompt in ["consent", "select_account", "consent%20select_account"] {
        let page = browser.open(&format!("{QGIS}&prompt={prompt}")).await;
        asks_consent(&page);
        let answer = browser.submit(&page, &[("decision", "allow")]).await;
        assert!(sent_back(&answer).contains_key("code"), "{prompt}");
    }
}

/// The address of the link whose text is `text`.
fn link(body: &str, text: &str) -> String {
    let (before, _) = body.split_once(&format!("\">{text}</a>")).unwrap();
    let (_, address) = before.rsplit_once("href=\"").unwrap();
    address.replace("&#38;", "&")
}

#[tokio::test]
async fn someone_else_can_log_in_from_the_consent_page() {
    let house = House::new().await;
    house.test.user("bob", "another horse battery", &[], false).await;
    let mut browser = Browser::new(&house);
    browser.log_in(QGIS).await;
    for (prompt, asks_again) in [
        ("", false),
        ("&prompt=select_account", false),
        ("&prompt=consent", true),
    ] {
        let page = browser
            .open(&format!("{PUBLIC}&state=s{prompt}&login_hint=jane&lang=fr"))
            .await;
        asks_consent(&page);
        let page = browser
            .open(&link(&page.body, "Se connecter avec un autre compte"))
            .await;
        asks_password(&page);
        assert!(page.body.contains("<html lang=\"fr\">"));
        let fields = [("login", "bob"), ("password", "another horse battery")];
        let mut answer = browser.submit(&page, &fields).await;
        if asks_again {
            asks_consent(&answer);
            assert!(answer.body.contains("bob"));
            answer = browser.submit(&answer, &[("decision", "allow")]).await;
        }
        let told = sent_back(&answer);
        assert_eq!(told["state"], "s");
        let code = mapgate_core::oauth::CodeToken::parse(&told["code"]).unwrap();
        let table = house.test.gate.table().await;
        let (_, code) = table
            .client_and_code("public", &Counter(String::new()), &code.lookup)
            .await
            .unwrap();
        assert_eq!(code.unwrap().username, "bob");
    }
}

#[tokio::test]
async fn an_answer_counts_for_the_page_that_was_shown_and_for_nothing_else() {
    let house = House::new().await;
    house.test.user("bob", "another horse battery", &[], false).await;
    let mut browser = Browser::new(&house);
    browser.log_in(QGIS).await;
    let page = browser.open(PUBLIC).await;
    let allow = [("decision", "allow")];
    asks_consent(&page);

    // Without what says that the user was asked: the page again, or what comes before it.
    let token = csrf_token(&page);
    let bare = [("csrf_token", token.as_str()), ("decision", "allow")];
    asks_consent(&browser.send(post(PUBLIC, &bare)).await);
    asks_password(&browser.send(post(&format!("{PUBLIC}&prompt=login"), &bare)).await);
    for asked in [
        "",
        ".",
        "1.",
        "x.y",
        "-9223372036854775808.a.b",
        "99999999999999999999.test.00",
    ] {
        let fields = [bare[0], bare[1], ("asked", asked)];
        asks_consent(&browser.send(post(PUBLIC, &fields)).await);
    }

    // For another request.
    let asked = mapgate_tests::hidden_fields(&page.body);
    let asked = asked.iter().find(|(name, _)| name == "asked").unwrap().1.as_str();
    let fields = [bare[0], bare[1], ("asked", asked)];
    asks_consent(
        &browser
            .send(post(&format!("{PUBLIC}&scope=email"), &fields))
            .await,
    );
    asks_password(
        &browser
            .send(post(&format!("{PUBLIC}&prompt=login"), &fields))
            .await,
    );

    // Too late, and one moment before.
    house.test.clock.advance(Duration::from_mins(10));
    let answer = browser.submit(&page, &allow).await;
    assert!(sent_back(&answer).contains_key("code"));
    house.test.clock.advance(Duration::from_millis(1));
    let again = browser.submit(&page, &allow).await;
    asks_consent(&again);

    // For another user, who has logged in meanwhile.
    let login = browser.open(&format!("{QGIS}&prompt=login")).await;
    let fields = [("login", "bob"), ("password", "another horse battery")];
    browser.submit(&login, &fields).await;
    let asked_anew = browser.submit(&again, &allow).await;
    asks_consent(&asked_anew);
    assert!(asked_anew.body.contains("bob"));
}

#[tokio::test]
async fn an_old_login_answers_no_question_of_a_request_that_wants_a_new_one() {
    let house = House::new().await;
    let mut browser = Browser::new(&house);
    browser.log_in(QGIS).await;
    house.test.clock.advance(Duration::from_secs(100));
    let path = format!("{PUBLIC}&prompt=login%20consent&max_age=60");
    let page = browser.open(&path).await;
    asks_password(&page);
    let token = csrf_token(&page);
    let fields = [("csrf_token", token.as_str()), ("decision", "allow")];
    asks_password(&browser.send(post(&path, &fields)).await);
    let page = browser.enter(&page).await;
    asks_consent(&page);
    let answer = browser.submit(&page, &[("decision", "allow")]).await;
    assert!(sent_back(&answer).contains_key("code"));
}

#[tokio::test]
async fn a_url_login_on_the_way_to_a_question_leaves_a_ticket() {
    let key = "lindmatt-lindmatt-lindmatt-32byt";
    let test = TestGate::with(&format!("  urllogin: {{aes_key: {key}}}"), &[]).await;
    let house = House::on(test).await;
    let login = UrlLogin {
        username: "jane".to_owned(),
        password: Secret::new(PASSWORD),
        expires_at: house.test.clock.now().plus(Duration::from_hours(1)),
    };
    let token = login.encode(&Secret::new(key), &house.test.gate.random).unwrap();
    let mut browser = Browser::new(&house);
    let page = browser.open(&format!("{PUBLIC}&auth={}", token.expose())).await;
    asks_consent(&page);
    assert!(browser.holds_a_ticket() && !page.body.contains(token.expose()));
    let answer = browser.submit(&page, &[("decision", "allow")]).await;
    assert!(sent_back(&answer).contains_key("code"));
}

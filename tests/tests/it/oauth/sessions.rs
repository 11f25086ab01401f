//! Several programs of one user: one session a client, where the client says so, and never one fewer than that.

use super::browser::{Browser, QGIS, sent_back};
use super::{House, text};

/// A code for `client_id`, which jane's browser fetches.
async fn code(browser: &mut Browser<'_>, client_id: &str) -> String {
    let answer = browser.open(&QGIS.replace("qgis", client_id)).await;
    sent_back(&answer)["code"].clone()
}

struct Session {
    client: [(&'static str, &'static str); 2],
    access: String,
    refresh: String,
}

impl Session {
    async fn of(house: &House, code: &str, client_id: &'static str, secret: &'static str) -> Self {
        let client = [("client_id", client_id), ("client_secret", secret)];
        let tokens = house.exchange(code, &client).await;
        Self {
            client,
            access: text(&tokens, "access_token"),
            refresh: text(&tokens, "refresh_token"),
        }
    }

    /// Whether the session goes on; then by a refresh, too.
    async fn goes_on(&mut self, house: &House) -> bool {
        let lives = house.lives(&self.access).await;
        let grant = [("grant_type", "refresh_token"), ("refresh_token", &self.refresh)];
        let fields: Vec<(&str, &str)> = self.client.iter().copied().chain(grant).collect();
        let answer = house.token(&fields).await;
        assert_eq!(answer.status == 200, lives, "{}", answer.body);
        if lives {
            (self.access, self.refresh) = (text(&answer, "access_token"), text(&answer, "refresh_token"));
        }
        lives
    }
}

#[tokio::test]
async fn t47_a_second_qgis_with_a_client_of_its_own_leaves_the_first_alone() {
    let house = House::new().await;
    let mut browser = Browser::new(&house);
    browser.log_in(QGIS).await;
    let first = code(&mut browser, "qgis").await;
    let mut first = Session::of(&house, &first, "qgis", "1234").await;
    let second = code(&mut browser, "other").await;
    let mut second = Session::of(&house, &second, "other", "5678").await;
    for _ in 0..2 {
        assert!(first.goes_on(&house).await && second.goes_on(&house).await);
    }
}

#[tokio::test]
async fn a_second_qgis_with_the_same_client_ends_the_first_when_its_code_is_redeemed_and_not_before() {
    let house = House::new().await;
    let mut browser = Browser::new(&house);
    browser.log_in(QGIS).await;
    let first = code(&mut browser, "qgis").await;
    let mut first = Session::of(&house, &first, "qgis", "1234").await;
    let second = code(&mut browser, "qgis").await;
    let wrong = house.exchange(&second, &[("client_secret", "wrong")]).await;
    super::assert_refused(&wrong, "invalid_client");
    assert!(first.goes_on(&house).await);
    let mut second = Session::of(&house, &second, "qgis", "1234").await;
    assert!(!first.goes_on(&house).await);
    assert!(second.goes_on(&house).await, "who came too late ends nothing");
}

#[tokio::test]
async fn a_client_that_allows_many_sessions_has_many() {
    let house = House::new().await;
    house
        .client("many", Some("m"), |client| client.single_session = false)
        .await;
    let mut browser = Browser::new(&house);
    browser.log_in(QGIS).await;
    let mut sessions = Vec::new();
    for _ in 0..3 {
        let code = code(&mut browser, "many").await;
        sessions.push(Session::of(&house, &code, "many", "m").await);
    }
    for session in &mut sessions {
        assert!(session.goes_on(&house).await);
    }
}

#[tokio::test]
async fn another_users_session_with_the_same_client_goes_on() {
    let house = House::new().await;
    house.test.user("bob", "another horse battery", &[], false).await;
    let mut browser = Browser::new(&house);
    browser.log_in(QGIS).await;
    let first = code(&mut browser, "qgis").await;
    let mut first = Session::of(&house, &first, "qgis", "1234").await;
    let mut bobs = Browser::new(&house);
    let page = bobs.open(QGIS).await;
    let fields = [("login", "bob"), ("password", "another horse battery")];
    let answer = bobs.submit(&page, &fields).await;
    let tokens = house.exchange(&sent_back(&answer)["code"], &[]).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    assert!(first.goes_on(&house).await);
}

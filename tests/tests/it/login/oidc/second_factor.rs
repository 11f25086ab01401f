//! With two factors the provider's word is the first, and the code is asked for here.

use std::time::Duration;

use http::StatusCode;
use mapgate_core::account::is_enrolled;
use mapgate_core::table::{Event, UserChange};
use mapgate_tests::gate::{Answer, TestGate, post, with_header};
use mapgate_tests::{hidden_fields, totp};
use serde_json::json;

use super::super::trail;
use super::{Browser, Peer, client_with};

/// A site with two factors whose provider's users get an account.
async fn site(peer: &Peer) -> TestGate {
    let more = ", create_user: true, update_fields: [display_name]";
    client_with(peer, more, "two_factor: true, max_consecutive_failures: 4").await
}

impl Browser<'_> {
    /// Comes back from the provider, which vouches for `sub`: the cookies.
    async fn vouched(&self, peer: &Peer, sub: &str) -> String {
        let back = self.log_in(peer, sub, &json!({})).await;
        assert_eq!(
            (back.status, back.header("location")),
            (StatusCode::FOUND, "/login.html")
        );
        assert!(!back.cookies().contains("auth_tkt"), "a ticket without a code");
        assert_eq!(self.who(&back).await, "");
        back.cookies()
    }

    async fn post(&self, path: &str, cookies: &str, fields: &[(&str, &str)]) -> Answer {
        let asked = with_header(post(path, fields), "cookie", cookies);
        self.test.send(self.login.clone(), asked).await
    }

    async fn code(&self, cookies: &str, code: &str) -> Answer {
        self.post("/login", cookies, &[("otp", code)]).await
    }

    /// Sets up the factor of `sub`: its secret and the recovery codes. The step of the code is used up.
    async fn enrolled(&self, peer: &Peer, sub: &str) -> (String, Vec<String>) {
        let cookies = self.vouched(peer, sub).await;
        let secret = self.post("/login", &cookies, &[]).await.json();
        let secret = secret["two_factor_totp_secret"].as_str().expect("a secret");
        let fields = [("otp", &*self.now(secret))];
        let done = self.post("/loginchangepassword", &cookies, &fields).await;
        assert_eq!(done.status, 200, "{}", done.body);
        self.test.clock.advance(Duration::from_secs(30));
        let codes = done.json()["recovery_codes"].clone();
        (secret.to_owned(), serde_json::from_value(codes).expect("codes"))
    }

    fn now(&self, secret: &str) -> String {
        totp(secret, self.test.clock.now().seconds())
    }
}

#[track_caller]
fn assert_nobody(answer: &Answer, status: u16) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
    assert!(!answer.cookies().contains("auth_tkt"), "a ticket was given");
}

#[tokio::test]
async fn who_comes_back_enrols_with_a_code_alone_and_gives_one_at_each_login() {
    let peer = Peer::start().await;
    let test = site(&peer).await;
    let browser = Browser::of(&test);
    let cookies = browser.vouched(&peer, "jane").await;
    let begun = browser.post("/login", &cookies, &[]).await;
    assert_nobody(&begun, 200);
    let told = begun.json();
    assert_eq!(
        (
            &told["username"],
            &told["is_password_changed"],
            &told["two_factor_enable"]
        ),
        (&json!("jane"), &json!(false), &json!(true))
    );
    let secret = told["two_factor_totp_secret"]
        .as_str()
        .expect("a secret")
        .to_owned();
    assert!(
        told["otp_uri"]
            .as_str()
            .is_some_and(|uri| uri.starts_with("otpauth://totp/"))
    );
    // A code is no way around the enrolment, and a wrong one does not end it.
    assert_nobody(&browser.code(&cookies, &browser.now(&secret)).await, 200);
    let wrong = browser
        .post("/loginchangepassword", &cookies, &[("otp", "000000")])
        .await;
    assert_nobody(&wrong, 401);
    let none = browser.post("/loginchangepassword", &cookies, &[]).await;
    assert_nobody(&none, 400);
    assert!(none.body.contains("otp"), "{}", none.body);
    let right = browser.now(&secret);
    let done = browser
        .post("/loginchangepassword", &cookies, &[("otp", &right)])
        .await;
    assert_eq!(done.json()["recovery_codes"].as_array().map(Vec::len), Some(10));
    assert_eq!(browser.who(&done).await, "jane");
    let mut cleared = done.headers.get_all("set-cookie").iter();
    assert!(cleared.any(|set| {
        let set = set.to_str().unwrap_or_default();
        set.starts_with("mapgate_vouched=;") && set.contains("Max-Age=0")
    }));

    test.clock.advance(Duration::from_secs(30));
    let cookies = browser.vouched(&peer, "jane").await;
    let missing = browser.post("/login", &cookies, &[]).await;
    assert_nobody(&missing, 400);
    assert!(missing.body.contains("otp"), "{}", missing.body);
    // The step of the enrolment's code, again.
    assert_nobody(&browser.code(&cookies, &right).await, 401);
    let code = browser.now(&secret);
    let _ = test.table_requests();
    let entered = browser.code(&cookies, &code).await;
    let requests = ["UpdateItem", "BatchGetItem", "TransactWriteItems"];
    assert_eq!(test.table_requests(), requests);
    assert_eq!(
        (entered.status.as_u16(), entered.json()["username"].as_str()),
        (200, Some("jane"))
    );
    assert_eq!(browser.who(&entered).await, "jane");
    // A code is good once, also with a new word of the provider's.
    let cookies = browser.vouched(&peer, "jane").await;
    assert_nobody(&browser.code(&cookies, &code).await, 401);
    let trail = trail(&test).await;
    let of = |event| trail.iter().filter(|entry| entry.event == event).count();
    assert_eq!((of(Event::UserCreated), of(Event::SecondFactorEnrolled)), (1, 1));
    // The enrolments that were begun, and the login; not one for the provider's word alone.
    assert_eq!(of(Event::LoginSucceeded), 3);
    let login = trail.iter().filter(|entry| entry.event == Event::LoginSucceeded);
    assert!(
        login
            .clone()
            .all(|entry| entry.details["way"] == "openid_connect")
    );
    assert!(login.clone().any(|entry| {
        entry
            .details
            .get("second_factor")
            .is_some_and(|used| used == "used")
    }));
}

#[tokio::test]
async fn the_pages_ask_for_the_code_alone_and_lead_back() {
    let peer = Peer::start().await;
    let test = site(&peer).await;
    let browser = Browser::of(&test);
    let login = browser.begin("?came_from=%2Fmap%3Fa%26b").await;
    let token = peer.key.sign(&peer.claims("jane", &login));
    peer.say(|says| says.id_token = Some(token));
    let back = browser.back(&peer, &login).await;
    assert_eq!(back.header("location"), "/login.html?came_from=%2Fmap%3Fa%26b");
    let vouched = back.cookies();
    let page = browser.get(back.header("location"), &vouched).await;
    assert_eq!(page.status, 200);
    for (text, is_there) in [
        ("code from an authenticator app", true),
        ("action=\"/login", true),
        ("name=\"login\"", false),
        ("name=\"password\"", false),
        ("name=\"otp\"", false),
    ] {
        assert_eq!(page.body.contains(text), is_there, "{text}: {}", page.body);
    }
    let cookies = format!("{vouched}; {}", page.cookies());
    let submit = async |page: &Answer, path: &str, more: &[(&str, &str)]| {
        let hidden = hidden_fields(&page.body);
        let hidden = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let fields: Vec<_> = hidden.chain(more.iter().copied()).collect();
        browser.post(path, &cookies, &fields).await
    };
    let page = submit(&page, "/login", &[]).await;
    assert!(
        page.body.contains("<svg") && page.body.contains("Account of jane"),
        "{}",
        page.body
    );
    for name in ["login", "oldPassword", "newPassword"] {
        assert!(
            !page.body.contains(&format!("name=\"{name}\"")),
            "{name}: {}",
            page.body
        );
    }
    let secret = hidden_fields(&page.body);
    let secret = secret.iter().find(|(name, _)| name == "two_factor_totp_secret");
    let secret = secret.expect("the secret").1.clone();
    let again = submit(&page, "/loginchangepassword", &[("otp", "000000")]).await;
    assert_nobody(&again, 401);
    assert!(
        again.body.contains("<svg") && again.body.contains("The code is wrong"),
        "{}",
        again.body
    );
    let done = submit(&again, "/loginchangepassword", &[("otp", &browser.now(&secret))]).await;
    assert!(done.body.contains("href=\"/map?a&#38;b\""), "{}", done.body);
    assert_eq!(browser.who(&done).await, "jane");

    test.clock.advance(Duration::from_secs(30));
    let cookies = browser.vouched(&peer, "jane").await;
    let page = browser.get("/login.html?came_from=/map", &cookies).await;
    assert!(page.body.contains("name=\"otp\"") && !page.body.contains("name=\"password\""));
    assert!(
        page.body.contains("/oidc/login?came_from=%2Fmap"),
        "{}",
        page.body
    );
    let cookies = format!("{cookies}; {}", page.cookies());
    let hidden = hidden_fields(&page.body);
    let send = async |code: &str| {
        let hidden = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let fields: Vec<_> = hidden.chain([("otp", code)]).collect();
        browser.post("/login", &cookies, &fields).await
    };
    let wrong = send("000000").await;
    assert_nobody(&wrong, 401);
    assert!(wrong.body.contains("name=\"otp\"") && !wrong.body.contains("name=\"password\""));
    assert_nobody(&send("").await, 400);
    let right = send(&browser.now(&secret)).await;
    assert_eq!((right.status.as_u16(), right.header("location")), (303, "/map"));
    assert_eq!(browser.who(&right).await, "jane");
    // The word is over: the page says so, and leads on.
    test.clock.advance(Duration::from_mins(10));
    let late = send(&browser.now(&secret)).await;
    assert_nobody(&late, 400);
    assert!(
        late.body.contains("took too long") && late.body.contains("href=\"/login.html"),
        "{}",
        late.body
    );
}

#[tokio::test]
async fn the_providers_word_lets_in_once_for_ten_minutes() {
    let peer = Peer::start().await;
    let test = site(&peer).await;
    let browser = Browser::of(&test);
    let (secret, codes) = browser.enrolled(&peer, "jane").await;
    let cookies = browser.vouched(&peer, "jane").await;
    let login = browser.code(&cookies, &browser.now(&secret)).await;
    let logout = browser.get("/logout", &login.cookies()).await;
    assert_eq!(logout.status, 200);
    test.clock.advance(Duration::from_secs(30));
    // A copy of the cookie with codes that would be good.
    assert_nobody(&browser.code(&cookies, &browser.now(&secret)).await, 401);
    assert_nobody(&browser.code(&cookies, &codes[0]).await, 401);
    // Nor were these codes spent by it.
    let fresh = browser.vouched(&peer, "jane").await;
    assert_eq!(browser.code(&fresh, &codes[0]).await.status, 200);

    let cookies = browser.vouched(&peer, "jane").await;
    let [first, second] = [&codes[1], &codes[2]].map(|code| browser.code(&cookies, code));
    let (first, second) = tokio::join!(first, second);
    let mut at_once = [first.status.as_u16(), second.status.as_u16()];
    at_once.sort_unstable();
    assert_eq!(at_once, [200, 401]);

    let old = browser.vouched(&peer, "jane").await;
    test.clock.advance(Duration::from_mins(10));
    assert_nobody(&browser.code(&old, &browser.now(&secret)).await, 400);
    let page = browser.get("/login.html", &old).await;
    assert!(!page.body.contains("name=\"otp\""), "{}", page.body);
}

#[tokio::test]
async fn the_providers_word_ends_with_the_account_as_it_was() {
    let peer = Peer::start().await;
    let test = site(&peer).await;
    let browser = Browser::of(&test);
    let table = test.gate.table().await;
    let (secret, codes) = browser.enrolled(&peer, "jane").await;
    let (others, _) = browser.enrolled(&peer, "otto").await;
    // Another's code, and a name beside one's own.
    let cookies = browser.vouched(&peer, "jane").await;
    assert_nobody(&browser.code(&cookies, &browser.now(&others)).await, 401);
    let named = [("login", "otto"), ("otp", &*browser.now(&others))];
    assert_nobody(&browser.post("/login", &cookies, &named).await, 400);
    // A cookie of another kind, or one changed by a letter.
    let sealed = cookies.split("mapgate_vouched=").nth(1).expect("the cookie");
    let first = if sealed.starts_with('A') { "B" } else { "A" };
    for forged in [
        format!("mapgate_oidc={sealed}"),
        format!("mapgate_vouched={first}{}", &sealed[1..]),
        "mapgate_vouched=".to_owned(),
    ] {
        assert_nobody(&browser.code(&forged, &browser.now(&secret)).await, 400);
    }
    let read = async || {
        table
            .user("jane")
            .await
            .expect("the table answers")
            .expect("jane")
    };
    let change = async |change: UserChange| {
        let written = table.transaction().change(&read().await, &change).commit();
        written
            .await
            .expect("the table answers")
            .expect("nobody else writes");
    };
    change(UserChange {
        deactivated: Some(true),
        ..UserChange::default()
    })
    .await;
    assert_nobody(&browser.code(&cookies, &codes[0]).await, 401);
    assert!(
        !browser
            .get("/login.html", &cookies)
            .await
            .body
            .contains("name=\"otp\"")
    );
    change(UserChange {
        deactivated: Some(false),
        ..UserChange::default()
    })
    .await;
    // As an administrator resets the factor: with it goes every word from before.
    change(UserChange {
        second_factor: Some(None),
        ends_sessions: Some(test.clock.now()),
        ..UserChange::default()
    })
    .await;
    assert_nobody(&browser.code(&cookies, &codes[0]).await, 401);
    assert_nobody(&browser.post("/login", &cookies, &[]).await, 401);
    assert_nobody(
        &browser
            .post("/loginchangepassword", &cookies, &[("otp", &codes[0])])
            .await,
        401,
    );
    assert!(!is_enrolled(&read().await));
}

#[tokio::test]
async fn wrong_codes_lock_the_account_whoever_vouches_for_it() {
    let peer = Peer::start().await;
    let test = site(&peer).await;
    let browser = Browser::of(&test);
    let (secret, _) = browser.enrolled(&peer, "jane").await;
    let cookies = browser.vouched(&peer, "jane").await;
    for _ in 0..4 {
        assert_nobody(&browser.code(&cookies, "000000").await, 401);
    }
    assert_nobody(&browser.code(&cookies, &browser.now(&secret)).await, 401);
    let again = browser.vouched(&peer, "jane").await;
    assert_nobody(&browser.code(&again, &browser.now(&secret)).await, 401);
    let jane = test
        .gate
        .table()
        .await
        .user("jane")
        .await
        .expect("the table answers");
    assert!(jane.expect("jane").locked_at.is_some());
}

#[tokio::test]
async fn the_password_routes_take_a_code_alone_and_nothing_else() {
    let peer = Peer::start().await;
    let test = site(&peer).await;
    test.user("joe", "correct horse", &[], false).await;
    let browser = Browser::of(&test);
    let (secret, _) = browser.enrolled(&peer, "jane").await;
    let cookies = browser.vouched(&peer, "jane").await;
    let code = browser.now(&secret);
    for (path, fields) in [
        ("/login", &[("login", "joe"), ("password", "correct horse")][..]),
        (
            "/login",
            &[("login", "joe"), ("password", "correct horse"), ("otp", &code)],
        ),
        ("/login", &[("password", "correct horse"), ("otp", &code)]),
        (
            "/loginchangepassword",
            &[("oldPassword", "correct horse"), ("otp", &code)],
        ),
        (
            "/loginchangepassword",
            &[
                ("newPassword", "horse correct"),
                ("confirmNewPassword", "horse correct"),
                ("otp", &code),
            ],
        ),
        // Enrolled already.
        ("/loginchangepassword", &[("otp", &code)]),
    ] {
        assert_nobody(&browser.post(path, &cookies, fields).await, 400);
    }
    // Without a word of the provider's a code is nothing.
    assert_nobody(&browser.code("", &code).await, 400);
    assert_eq!(browser.code(&cookies, &code).await.status, 200);
}

//! New recovery codes from the own page.

use std::sync::Arc;
use std::time::Duration;

use mapgate_core::table::Event;
use mapgate_tests::gate::{Answer, TestGate, get, post, with_header};

use super::{Browser, PASSWORD, jane, send};
use crate::login::second_factor::{NEW, code, enrolled, enrolled_on};
use crate::login::trail;

async fn log_in(test: &TestGate, otp: &str) -> Answer {
    let fields = [("login", "jane"), ("password", NEW), ("otp", otp)];
    send(test, post("/login", &fields)).await
}

/// Jane's browser, logged in with the app's code of now. The next code is one step ahead.
async fn browser(test: &TestGate, secret: &str) -> Browser {
    let ticket = log_in(test, &code(test, secret, 0)).await.cookies();
    test.clock.advance(Duration::from_secs(30));
    Browser::with(test, &ticket, "/account").await
}

async fn renew(test: &TestGate, browser: &Browser, otp: &str) -> Answer {
    browser
        .post(test, "/account/recovery_codes", &[("otp", otp)])
        .await
}

/// The codes that a page shows.
fn shown(page: &Answer) -> Vec<String> {
    let codes = page.body.split("<li><code>").skip(1);
    let codes = codes.filter_map(|rest| rest.split('<').next());
    codes.map(str::to_owned).collect()
}

#[tokio::test]
async fn t86_a_right_code_gives_ten_new_ones_once_and_the_old_are_dead() {
    let (test, secret, old) = enrolled().await;
    let browser = browser(&test, &secret).await;
    assert!(
        browser.page.body.contains("Recovery codes left: 10"),
        "{}",
        browser.page.body
    );
    let otp = code(&test, &secret, 0);
    let _ = test.table_requests();
    let answer = renew(&test, &browser, &otp).await;
    // A place, the user anew, and one transaction of factor, place and entry.
    assert_eq!(
        test.table_requests(),
        ["UpdateItem", "BatchGetItem", "TransactWriteItems"]
    );
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), "private, no-store");
    assert!(answer.body.contains("<h1>Keep your new recovery codes</h1>"));
    let new = shown(&answer);
    assert_eq!(new.len(), 10, "{}", answer.body);
    assert!(new.iter().all(|code| !old.contains(code)));

    let page = send(&test, with_header(get("/account"), "cookie", &browser.cookies)).await;
    assert!(
        new.iter().all(|code| !page.body.contains(code.as_str())),
        "they are shown once"
    );
    // Nor by going back and sending the form again.
    assert_eq!(renew(&test, &browser, &otp).await.status, 401);
    for dead in &old {
        assert_eq!(log_in(&test, dead).await.status, 401, "an old one");
    }
    assert_eq!(log_in(&test, &otp).await.status, 401, "the code was used up");
    for fresh in &new {
        assert_eq!(log_in(&test, fresh).await.status, 200);
        assert_eq!(log_in(&test, fresh).await.status, 401);
    }
    let trail = trail(&test).await;
    let renewed: Vec<_> = trail
        .iter()
        .filter(|entry| entry.event == Event::RecoveryCodesRenewed)
        .collect();
    assert_eq!(renewed.len(), 1);
    assert_eq!(renewed[0].username.as_deref(), Some("jane"));
    let told = format!("{trail:?}");
    assert!(
        new.iter()
            .chain(&old)
            .all(|code| !told.contains(&code.replace('-', "")))
    );
}

#[tokio::test]
async fn a_recovery_code_is_a_code_and_the_page_counts_those_left() {
    let (test, secret, old) = enrolled().await;
    let browser = browser(&test, &secret).await;
    assert_eq!(log_in(&test, &old[0]).await.status, 200);
    test.clock.advance(Duration::from_secs(11));
    let page = Browser::with(&test, &browser.cookies, "/account").await.page;
    assert!(page.body.contains("Recovery codes left: 9"), "{}", page.body);
    assert_eq!(renew(&test, &browser, &old[0]).await.status, 401, "it was used");
    let answer = renew(&test, &browser, &old[1]).await;
    assert_eq!((answer.status.as_u16(), shown(&answer).len()), (200, 10));
}

#[tokio::test]
async fn a_missing_code_is_asked_for_and_counts_for_nobody() {
    let (test, secret, _) = enrolled().await;
    let browser = browser(&test, &secret).await;
    let _ = test.table_requests();
    for fields in [&[][..], &[("otp", " ")]] {
        let answer = browser.post(&test, "/account/recovery_codes", fields).await;
        assert_eq!(answer.status, 400);
        assert!(
            answer.body.contains("<a href=\"#otp\">Enter the code"),
            "{}",
            answer.body
        );
        assert!(answer.body.contains("<title>Error: Your account</title>"));
    }
    assert!(
        !test.table_requests().contains(&"UpdateItem".to_owned()),
        "no place was taken"
    );
}

#[tokio::test]
async fn t82_wrong_codes_count_for_the_lockout_and_a_locked_account_renews_nothing() {
    let vars = "  authentication: {two_factor: true, max_consecutive_failures: 3}";
    let test = TestGate::with(vars, &[]).await;
    test.user("jane", PASSWORD, &[], false).await;
    let (test, secret, _) = enrolled_on(test).await;
    let browser = browser(&test, &secret).await;
    for _ in 0..2 {
        let answer = renew(&test, &browser, "000000").await;
        assert_eq!(answer.status, 401);
        assert!(
            answer.body.contains("<a href=\"#otp\">The code is wrong"),
            "{}",
            answer.body
        );
    }
    // A right one does not set the failures to 0: only a login does, with the password too.
    assert_eq!(renew(&test, &browser, &code(&test, &secret, 0)).await.status, 200);
    assert_eq!(renew(&test, &browser, "000000").await.status, 401);
    test.clock.advance(Duration::from_secs(30));
    let right = code(&test, &secret, 0);
    let locked = renew(&test, &browser, &right).await;
    assert_eq!(locked.status, 401, "{}", locked.body);
    assert_eq!(log_in(&test, &right).await.status, 401);
    // Sessions go on, and so does the page.
    assert_eq!(
        Browser::with(&test, &browser.cookies, "/account")
            .await
            .page
            .status,
        200
    );
    let trail = trail(&test).await;
    assert!(trail.iter().any(|entry| entry.event == Event::AccountLocked));
    let of_page = |reason: &str| {
        let of_page = trail.iter().filter(|entry| {
            entry
                .details
                .get("way")
                .is_some_and(|way| way == "recovery_codes")
        });
        of_page
            .filter(|entry| entry.details.get("reason").is_some_and(|told| told == reason))
            .count()
    };
    assert_eq!((of_page("wrong_code"), of_page("lockout")), (3, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_who_send_the_same_code_at_once_one_renews() {
    let (test, secret, _) = enrolled().await;
    let browser = browser(&test, &secret).await;
    let (test, browser) = (Arc::new(test), Arc::new(browser));
    let otp = code(&test, &secret, 0);
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let (test, browser, otp) = (test.clone(), browser.clone(), otp.clone());
            tokio::spawn(async move { renew(&test, &browser, &otp).await })
        })
        .collect();
    let mut won = Vec::new();
    for task in tasks {
        let answer = task.await.expect("an answer");
        assert!(
            [200, 401, 503].contains(&answer.status.as_u16()),
            "{}",
            answer.status
        );
        won.extend((answer.status == 200).then(|| shown(&answer)));
    }
    assert_eq!(won.len(), 1);
    assert_eq!(log_in(&test, &won[0][0]).await.status, 200);
}

#[tokio::test]
async fn who_has_no_second_factor_has_no_codes_to_renew() {
    let test = jane().await;
    let browser = Browser::of_jane(&test, PASSWORD).await;
    assert!(!browser.page.body.contains("/account/recovery_codes"));
    let answer = renew(&test, &browser, "123456").await;
    assert_eq!(answer.status, 400, "{}", answer.body);
}

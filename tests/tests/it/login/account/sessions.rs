//! Ending sessions from the own page.

use std::time::Duration;

use mapgate_core::table::{Client, Event};
use mapgate_tests::gate::{TestGate, get, with_header};
use mapgate_tests::hidden_fields;

use super::{Browser, send, who};
use crate::login::trail;
use crate::oauth::{House, PASSWORD};

/// Posts the form of the first program's button.
async fn end_first(test: &TestGate, browser: &Browser) -> u16 {
    let (_, form) = browser
        .page
        .body
        .split_once("action=\"/account/revoke")
        .expect("a form");
    let (form, _) = form.split_once("</form>").expect("its end");
    let fields = hidden_fields(form);
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .filter(|(name, _)| *name != "csrf_token")
        .collect();
    let answer = browser.post(test, "/account/revoke", &fields).await;
    assert_eq!(answer.header("location"), "/account?done=revoke&lang=en");
    answer.status.as_u16()
}

#[tokio::test]
async fn a_program_is_listed_with_what_it_may_and_ended_by_its_button() {
    let house = House::new().await;
    let test = &house.test;
    let browser = Browser::of_jane(test, PASSWORD).await;
    assert!(browser.page.body.contains("No program has access in your name."));
    let access = house.tokens().await.json()["access_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let code = house.code(|code| code.client_id = "other".to_owned()).await;
    let other = house
        .exchange(&code, &[("client_id", "other"), ("client_secret", "5678")])
        .await;
    let other = other.json()["access_token"].as_str().expect("a token").to_owned();

    let browser = Browser::with(test, &browser.cookies, "/account").await;
    let body = &browser.page.body;
    for part in [
        "<h3 id=\"session-1\">other</h3>",
        "<h3 id=\"session-2\">qgis</h3>",
        "see the maps and data that you may see",
        "read your e-mail address",
    ] {
        assert!(body.contains(part), "{part}: {body}");
    }
    assert!(house.lives(&access).await && house.lives(&other).await);
    assert_eq!(end_first(test, &browser).await, 303);
    assert!(!house.lives(&other).await && house.lives(&access).await);
    // Again, as with the button of a page that is old: it is no error, and ends nothing more.
    assert_eq!(end_first(test, &browser).await, 303);
    assert!(house.lives(&access).await);

    let page = send(
        test,
        with_header(get("/account?done=revoke"), "cookie", &browser.cookies),
    )
    .await;
    assert!(
        page.body
            .contains("role=\"status\">The program has no access any more.")
    );
    assert!(!page.body.contains(">other</h3>") && page.body.contains(">qgis</h3>"));
    let trail = trail(test).await;
    let ended: Vec<_> = trail
        .iter()
        .filter(|entry| entry.event == Event::TokenRevoked)
        .collect();
    assert_eq!(ended.len(), 1);
    assert_eq!(ended[0].username.as_deref(), Some("jane"));
    assert_eq!(
        (&*ended[0].details["client_id"], &*ended[0].details["way"]),
        ("other", "account")
    );
}

#[tokio::test]
async fn a_family_that_took_the_place_of_the_one_shown_is_left_alone() {
    let house = House::new().await;
    house.tokens().await;
    let browser = Browser::of_jane(&house.test, PASSWORD).await;
    let newer = house.tokens().await.json()["access_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    assert_eq!(end_first(&house.test, &browser).await, 303);
    assert!(house.lives(&newer).await);
}

#[tokio::test]
async fn nobody_ends_another_users_session() {
    let house = House::new().await;
    let test = &house.test;
    let access = house.tokens().await.json()["access_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let table = test.gate.table().await;
    let grants = table
        .grants(&house.jane().await, test.clock.now(), 10, None)
        .await;
    let key = grants.expect("the table").grants[0].key.clone();
    test.user("pia", PASSWORD, &[], false).await;
    let pias = super::log_in(test, "pia", PASSWORD).await.cookies();
    let pia = Browser::with(test, &pias, "/account").await;
    assert!(!pia.page.body.contains("qgis</h3>"));
    let fields = [
        ("username", "jane"),
        ("client_id", "qgis"),
        ("family", &key.family),
        ("single", "true"),
    ];
    assert_eq!(pia.post(test, "/account/revoke", &fields).await.status, 303);
    assert!(house.lives(&access).await);
    let ended = trail(test)
        .await
        .into_iter()
        .any(|entry| entry.event == Event::TokenRevoked);
    assert!(!ended, "nothing happened, and the trail tells of nothing");
}

#[tokio::test]
async fn a_form_that_names_no_session_is_refused() {
    let house = House::new().await;
    let browser = Browser::of_jane(&house.test, PASSWORD).await;
    let long = "x".repeat(2000);
    for fields in [
        &[][..],
        &[("client_id", "qgis")],
        &[("family", "f")],
        &[("client_id", &long), ("family", "f")],
        &[("client_id", "qgis"), ("family", &long)],
        &[("client_id", "a"), ("client_id", "b"), ("family", "f")],
    ] {
        let answer = browser.post(&house.test, "/account/revoke", fields).await;
        assert_eq!(answer.status, 400, "{fields:?}");
    }
    // A name that no key may hold, and a place that was never one.
    let odd = [("client_id", "a#b\0"), ("family", "#")];
    assert_eq!(
        browser.post(&house.test, "/account/revoke", &odd).await.status,
        303
    );
    for after in ["x", "grant%23", "grant%23%00", &"x".repeat(3000)] {
        let path = format!("/account?after={after}");
        let page = send(&house.test, with_header(get(&path), "cookie", &browser.cookies)).await;
        assert_eq!(page.status, 200, "{after:.20}");
    }
}

#[tokio::test]
async fn many_programs_are_told_page_by_page() {
    let house = House::new().await;
    let many = |client: &mut Client| client.single_session = false;
    house.client("qgis", Some("1234"), many).await;
    for _ in 0..23 {
        house.tokens().await;
    }
    let browser = Browser::of_jane(&house.test, PASSWORD).await;
    let mut pages = vec![browser.page.body.clone()];
    while let Some((_, more)) = pages[pages.len() - 1].split_once("href=\"/account?after=") {
        let (after, _) = more.split_once('"').expect("its end");
        let path = format!("/account?after={}", after.replace("&#38;", "&"));
        let page = send(&house.test, with_header(get(&path), "cookie", &browser.cookies)).await;
        pages.push(page.body);
    }
    let listed: Vec<usize> = pages.iter().map(|page| page.matches("<h3 ").count()).collect();
    assert_eq!(listed, [20, 3]);
}

#[tokio::test]
async fn logging_out_everywhere_ends_every_ticket_and_every_token() {
    let house = House::new().await;
    let test = &house.test;
    let access = house.tokens().await.json()["access_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let other = super::log_in(test, "jane", PASSWORD).await.cookies();
    let browser = Browser::of_jane(test, PASSWORD).await;
    assert_eq!(who(test, &test.gate, &other).await, "jane");
    let _ = test.table_requests();
    let answer = browser.post(test, "/account/end_sessions", &[]).await;
    // The user is in the cache: one transaction, with its entry.
    assert_eq!(test.table_requests(), ["TransactWriteItems"]);
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (303, "/account?lang=en")
    );
    assert_eq!(answer.cookies(), "", "the cookie is cleared");
    let cleared = answer.headers.get_all("set-cookie").iter();
    assert_eq!(
        cleared
            .filter(|cookie| cookie
                .to_str()
                .is_ok_and(|cookie| cookie.starts_with("auth_tkt=;")))
            .count(),
        2
    );
    for dead in [&other, &browser.cookies] {
        assert_eq!(who(test, &test.another(), dead).await, "", "elsewhere at once");
    }
    assert!(!house.lives(&access).await);
    test.clock.advance(Duration::from_secs(11));
    assert_eq!(who(test, &test.gate, &other).await, "", "here within ten seconds");
    let fresh = Browser::of_jane(test, PASSWORD).await;
    assert!(fresh.page.body.contains("No program has access"));
    let trail = trail(test).await;
    let ended: Vec<_> = trail
        .iter()
        .filter(|entry| entry.event == Event::SessionsEnded)
        .collect();
    assert_eq!(ended.len(), 1);
    assert_eq!(ended[0].username.as_deref(), Some("jane"));
    assert_eq!(ended[0].address, Some([203, 0, 113, 7].into()));
}

#[tokio::test]
async fn logging_out_everywhere_twice_at_once_is_done_once() {
    let house = House::new().await;
    let test = &house.test;
    let (one, other) = (
        Browser::of_jane(test, PASSWORD).await,
        Browser::of_jane(test, PASSWORD).await,
    );
    let before = house.jane().await.generation;
    let (one, other) = tokio::join!(
        one.post(test, "/account/end_sessions", &[]),
        other.post(test, "/account/end_sessions", &[])
    );
    assert_eq!((one.status.as_u16(), other.status.as_u16()), (303, 303));
    assert_eq!(house.jane().await.generation, before + 1);
}

#[tokio::test]
async fn logging_out_ends_this_browsers_session_alone() {
    let house = House::new().await;
    let test = &house.test;
    let access = house.tokens().await.json()["access_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let other = super::log_in(test, "jane", PASSWORD).await.cookies();
    let browser = Browser::of_jane(test, PASSWORD).await;
    let answer = browser.post(test, "/account/log_out", &[]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (303, "/login.html?lang=en")
    );
    assert_eq!(answer.cookies(), "");
    assert_eq!(who(test, &test.another(), &browser.cookies).await, "");
    assert_eq!(who(test, &test.another(), &other).await, "jane");
    assert!(house.lives(&access).await);
    assert!(
        trail(test)
            .await
            .iter()
            .any(|entry| entry.event == Event::LoggedOut)
    );
}

#[tokio::test]
async fn the_page_asks_the_table_twice_and_in_the_steady_state_once() {
    let house = House::new().await;
    let test = &house.test;
    let browser = Browser::of_jane(test, PASSWORD).await;
    test.clock.advance(Duration::from_secs(11));
    let _ = test.table_requests();
    for expected in [&["BatchGetItem", "Query"][..], &["Query"]] {
        Browser::with(test, &browser.cookies, "/account").await;
        assert_eq!(test.table_requests(), expected);
    }
    let fields = [("client_id", "qgis"), ("family", "f")];
    browser.post(test, "/account/revoke", &fields).await;
    assert_eq!(test.table_requests(), ["TransactWriteItems"]);
}

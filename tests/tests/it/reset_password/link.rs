//! `/loginresetpassword/{token}`: one use, by a POST, of the newest link within its hour.

use std::time::Duration;

use mapgate_core::table::{FactorStage, SecondFactor, UserChange};
use mapgate_tests::gate::{Answer, get, post, with_header};

use super::{LINK, OLD, Portal, given, portal, portal_with};

const NEW: &str = "an entirely new one";

async fn set(portal: &Portal, token: &str, new: &str, again: &str) -> Answer {
    let fields = [("newPassword", new), ("confirmNewPassword", again)];
    portal
        .send(post(&format!("/loginresetpassword/{token}"), &fields))
        .await
}

#[tokio::test]
async fn t90_opening_the_link_spends_nothing_and_posting_spends_it() {
    let portal = portal(LINK).await;
    let mail = portal.mailed("jane").await;
    let token = given(&mail);
    assert_eq!(token.len(), 43, "256 bits");
    assert!(
        mail.text.contains("http://maps.example.com/loginresetpassword/"),
        "{}",
        mail.text
    );
    let ticket = portal.log_in(OLD).await.cookies();
    for _ in 0..3 {
        let path = format!("/loginresetpassword/{token}");
        let request = with_header(get(&path), "host", "evil.example");
        let page = portal.send(request).await;
        assert_eq!(
            (page.status.as_u16(), page.header("referrer-policy")),
            (200, "no-referrer")
        );
        assert!(page.header("cache-control").contains("no-store"));
        assert!(!page.body.contains("evil.example"), "{}", page.body);
    }
    let before = portal.jane().await;
    let answer = set(&portal, &token, NEW, NEW).await;
    assert_eq!(
        (answer.status.as_u16(), answer.body.as_str()),
        (200, r#"{"success":true}"#)
    );
    assert!(
        !answer.cookies().contains("auth_tkt"),
        "nobody is logged in by it"
    );
    let after = portal.jane().await;
    assert_eq!(after.generation, before.generation + 1, "every session ends");
    assert!(after.reset.is_none() && after.is_password_changed);
    assert_eq!(portal.log_in(OLD).await.status, 401);
    assert_eq!(portal.log_in(NEW).await.status, 200);
    let router = mapgate_login::router(portal.test.another());
    let who = portal
        .test
        .send(router, with_header(get("/loginuser"), "cookie", &ticket))
        .await;
    assert!(!who.body.contains("jane"), "{}", who.body);
    assert_eq!(
        set(&portal, &token, "yet another one", "yet another one")
            .await
            .status,
        404
    );
    portal.send_due().await;
    let notice = portal.server.delivered().pop().expect("word of it");
    assert_eq!(notice.subject, "Your password was changed");
}

#[tokio::test]
async fn t89_a_link_dies_after_an_hour_by_a_newer_one_and_with_the_account() {
    let portal = portal(LINK).await;
    let first = given(&portal.mailed("jane").await);
    let second = given(&portal.mailed("jane").await);
    for token in [first.as_str(), "x", "%00", &"x".repeat(5000)] {
        assert_eq!(set(&portal, token, NEW, NEW).await.status, 404, "{token}");
        let page = portal.send(get(&format!("/loginresetpassword/{token}"))).await;
        assert_eq!(
            (page.status.as_u16(), page.body.contains("no longer works")),
            (404, true)
        );
        assert_eq!(page.header("referrer-policy"), "no-referrer");
    }
    portal.test.clock.advance(Duration::from_millis(3_599_999));
    let path = format!("/loginresetpassword/{second}");
    assert_eq!(portal.send(get(&path)).await.status, 200);
    portal.test.clock.advance(Duration::from_millis(1));
    assert_eq!(
        set(&portal, &second, NEW, NEW).await.status,
        404,
        "its hour is over"
    );
    let third = given(&portal.mailed("jane").await);
    let table = portal.test.gate.table().await;
    let off = UserChange {
        deactivated: Some(true),
        ..UserChange::default()
    };
    table
        .transaction()
        .change(&portal.jane().await, &off)
        .commit()
        .await
        .unwrap()
        .unwrap();
    assert_eq!(set(&portal, &third, NEW, NEW).await.status, 404, "deactivated");
}

#[tokio::test]
async fn t89_of_fifty_posts_at_once_one_wins() {
    let portal = portal(LINK).await;
    let token = given(&portal.mailed("jane").await);
    let passwords: Vec<String> = (0..50).map(|number| format!("new password {number}")).collect();
    let posts = passwords.iter().map(|new| set(&portal, &token, new, new));
    let answers = futures_util::future::join_all(posts).await;
    let won: Vec<usize> = (0..50).filter(|at| answers[*at].status == 200).collect();
    assert_eq!(won.len(), 1);
    // The losers find the link spent, or no turn to hash in.
    assert!(
        answers
            .iter()
            .all(|answer| [200, 404, 503].contains(&answer.status.as_u16()))
    );
    assert_eq!(portal.log_in(&passwords[won[0]]).await.status, 200);
}

#[tokio::test]
async fn a_bad_password_is_refused_and_the_link_stays() {
    let portal = portal(LINK).await;
    let token = given(&portal.mailed("jane").await);
    for (new, again, said) in [
        ("short", "short", "too short"),
        ("password1", "password1", "common"),
        (NEW, "another one", "differ"),
        ("", "", "newPassword"),
    ] {
        let answer = set(&portal, &token, new, again).await;
        assert_eq!(
            (answer.status.as_u16(), answer.body.contains(said)),
            (400, true),
            "{}",
            answer.body
        );
    }
    assert_eq!(set(&portal, &token, NEW, NEW).await.status, 200);
}

#[tokio::test]
async fn the_pages_form_needs_its_token_and_no_origin() {
    let portal = portal(LINK).await;
    let path = format!("/loginresetpassword/{}", given(&portal.mailed("jane").await));
    let page = portal.send(get(&path)).await;
    let token = page
        .body
        .split("name=\"csrf_token\" value=\"")
        .nth(1)
        .expect("a token");
    let token = token.split('"').next().expect("its end");
    let form = |token: &str, new: &str| {
        let fields = [
            ("newPassword", new),
            ("confirmNewPassword", new),
            ("csrf_token", token),
        ];
        with_header(post(&path, &fields), "origin", "null")
    };
    assert_eq!(
        portal.send(form(token, NEW)).await.status,
        403,
        "not this browser's"
    );
    let again = portal
        .send(with_header(form(token, "short"), "cookie", &page.cookies()))
        .await;
    assert_eq!(
        (again.status.as_u16(), again.body.contains("newPassword")),
        (400, true)
    );
    let done = portal
        .send(with_header(form(token, NEW), "cookie", &page.cookies()))
        .await;
    assert_eq!(
        (done.status.as_u16(), done.body.contains("Password changed")),
        (200, true)
    );
    // Without the token it is the API, for which `null` is a stranger.
    let fields = [("newPassword", NEW), ("confirmNewPassword", NEW)];
    let api = with_header(post(&path, &fields), "origin", "null");
    assert_eq!(portal.send(api).await.status, 403);
}

#[tokio::test]
async fn who_has_a_second_factor_still_needs_it() {
    let portal = portal_with(LINK, "  authentication: {two_factor: true}").await;
    let stage = FactorStage::Confirmed {
        last_step: 1,
        recovery_codes: std::iter::once("hash".to_owned()).collect(),
    };
    let factor = SecondFactor {
        sealed_secret: "sealed".to_owned(),
        begun_at: portal.now(),
        stage,
    };
    let enrolled = UserChange {
        second_factor: Some(Some(factor.clone())),
        ..UserChange::default()
    };
    let table = portal.test.gate.table().await;
    table
        .transaction()
        .change(&portal.jane().await, &enrolled)
        .commit()
        .await
        .unwrap()
        .unwrap();
    let token = given(&portal.mailed("jane").await);
    assert_eq!(set(&portal, &token, NEW, NEW).await.status, 200);
    assert_eq!(portal.jane().await.second_factor, Some(factor));
    let answer = portal.log_in(NEW).await;
    assert_eq!(
        (answer.status.as_u16(), answer.body.contains("otp")),
        (400, true),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn a_locked_account_stays_locked() {
    let portal = portal_with(LINK, "  authentication: {max_consecutive_failures: 2}").await;
    for _ in 0..2 {
        assert_eq!(portal.log_in("wrong").await.status, 401);
    }
    let token = given(&portal.mailed("jane").await);
    assert_eq!(set(&portal, &token, NEW, NEW).await.status, 200);
    assert!(portal.jane().await.locked_at.is_some());
    assert_eq!(portal.log_in(NEW).await.status, 401);
}

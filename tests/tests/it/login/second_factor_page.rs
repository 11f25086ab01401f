//! The second factor set up on the page.

use std::time::Duration;

use mapgate_tests::gate::{get, post, with_header};

use super::second_factor::{NEW, code, jane, secret};
use super::{PASSWORD, form, send, who};

#[tokio::test]
async fn the_page_shows_the_qr_code_takes_the_code_and_shows_the_recovery_codes_once() {
    let test = jane().await;
    let (token, cookie) = form(&test, "/login.html?came_from=%2Ftheme%3Fx%23map").await;
    let page = |path: &str, fields: &[(&str, &str)]| {
        let mut fields = fields.to_vec();
        fields.extend([
            ("login", "jane"),
            ("csrf_token", token.as_str()),
            ("came_from", "/theme?x#map"),
        ]);
        with_header(post(path, &fields), "cookie", &cookie)
    };
    let answer = send(&test, page("/login", &[("password", PASSWORD), ("otp", "")])).await;
    assert_eq!(answer.status, 200);
    assert!(
        answer.body.contains("<svg") && answer.body.contains("otpauth://totp/"),
        "{}",
        answer.body
    );
    let secret = answer
        .body
        .split("two_factor_totp_secret\" value=\"")
        .nth(1)
        .expect("the secret");
    let secret = secret.split('"').next().expect("its end").to_owned();
    let new = [
        ("oldPassword", PASSWORD),
        ("newPassword", NEW),
        ("confirmNewPassword", NEW),
    ];
    let with = |code| [&new[..], &[("otp", code), ("two_factor_totp_secret", &secret)]].concat();
    let again = send(&test, page("/loginchangepassword", &with("000000"))).await;
    assert_eq!(again.status, 401);
    assert!(
        again.body.contains("<svg") && again.body.contains("otpauth://totp/"),
        "the form lost its QR code"
    );
    let right = code(&test, &secret, 0);
    let done = send(&test, page("/loginchangepassword", &with(&right))).await;
    assert_eq!(done.status, 200, "{}", done.body);
    // As it came: it may be another host's, whose query and fragment are its own.
    assert!(done.body.contains("href=\"/theme?x#map\""), "{}", done.body);
    let codes = done.body.matches("<li>").count() + done.body.matches("<li ").count();
    assert!(codes >= 10, "{}", done.body);
    assert_eq!(who(&test, &test.gate, &done.cookies()).await, "jane");
}

#[tokio::test]
async fn a_page_that_was_open_for_more_than_a_day_leads_back_to_the_login() {
    let test = jane().await;
    let (token, cookie) = form(&test, "/login.html").await;
    let old = secret(&test).await;
    test.clock.advance(Duration::from_hours(24));
    let code = code(&test, &old, 0);
    let fields = [
        ("login", "jane"),
        ("oldPassword", PASSWORD),
        ("newPassword", NEW),
        ("confirmNewPassword", NEW),
        ("otp", &code),
        ("two_factor_totp_secret", &old),
        ("csrf_token", &token),
    ];
    let request = |fields: &[(&str, &str)]| {
        with_header(post("/loginchangepassword?lang=en", fields), "cookie", &cookie)
    };
    let page = send(&test, request(&fields)).await;
    assert_eq!(page.status, 401);
    for (text, is_there) in [
        ("older than a day", true),
        ("action=\"/login?lang=en\"", true),
        ("value=\"jane\"", true),
        (old.as_str(), false),
        ("<svg class=\"qr\"", false),
    ] {
        assert_eq!(page.body.contains(text), is_there, "{text}: {}", page.body);
    }
    let api = send(&test, request(&fields[..6])).await;
    assert_eq!(api.status, 401);
    assert!(api.body.contains("log in again"), "{}", api.body);
    // The password alone says nothing of it.
    let mut wrong = fields;
    wrong[1].1 = "wrong horse";
    let page = send(&test, request(&wrong)).await;
    assert!(!page.body.contains("older than a day"), "{}", page.body);
}

#[tokio::test]
async fn who_needs_a_second_code_is_told_to_wait_for_it() {
    let test = jane().await;
    let page = send(&test, get("/loginchangepassword?lang=en")).await;
    assert!(
        page.body.contains("wait for the app to show the next"),
        "{}",
        page.body
    );
}

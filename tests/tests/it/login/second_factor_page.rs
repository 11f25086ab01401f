//! The second factor set up on the page.

use mapgate_tests::gate::{post, with_header};

use super::second_factor::{NEW, code, jane};
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

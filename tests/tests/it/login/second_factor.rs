//! The second factor, from the first login to the lost telephone.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use mapgate_core::account::is_enrolled;
use mapgate_core::table::{Event, UserChange};
use mapgate_tests::gate::{Answer, START, TestGate, get, post, with_header};
use mapgate_tests::totp;
use serde_json::json;

use super::{PASSWORD, send, trail, who};

pub(super) const NEW: &str = "horse correct";
/// Tries enough for a test; what a lockout does is shown elsewhere.
const VARS: &str =
    "  authentication: {two_factor: true, two_factor_issuer_name: My maps, max_consecutive_failures: 100}";

pub(super) async fn jane() -> TestGate {
    let test = TestGate::with(VARS, &[]).await;
    test.user("jane", PASSWORD, &[], false).await;
    test
}

/// Logs in; an empty code is none.
async fn log_in(test: &TestGate, password: &str, code: &str) -> Answer {
    let mut fields = vec![("login", "jane"), ("password", password)];
    fields.extend((!code.is_empty()).then_some(("otp", code)));
    send(test, post("/login", &fields)).await
}

fn change(old: &str, new: &str, code: &str) -> Request<Body> {
    let fields = [
        ("login", "jane"),
        ("oldPassword", old),
        ("newPassword", new),
        ("confirmNewPassword", new),
        ("otp", code),
    ];
    let fields: Vec<_> = fields
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect();
    post("/loginchangepassword", &fields)
}

pub(super) async fn secret(test: &TestGate) -> String {
    let answer = log_in(test, PASSWORD, "").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["two_factor_totp_secret"]
        .as_str()
        .expect("a secret")
        .to_owned()
}

/// The code of `secret` at the test's time and so many steps later.
pub(super) fn code(test: &TestGate, secret: &str, steps: i64) -> String {
    totp(secret, test.clock.now().seconds() + 30 * steps)
}

/// Jane with a second factor: its secret and the recovery codes. The step of the code is used up.
pub(super) async fn enrolled() -> (TestGate, String, Vec<String>) {
    enrolled_on(jane().await).await
}

/// The same on a gate that has Jane.
pub(super) async fn enrolled_on(test: TestGate) -> (TestGate, String, Vec<String>) {
    let secret = secret(&test).await;
    let answer = send(&test, change(PASSWORD, NEW, &code(&test, &secret, 0))).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let codes = answer.json()["recovery_codes"].clone();
    let codes = serde_json::from_value(codes).expect("recovery codes");
    test.clock.advance(Duration::from_secs(30));
    (test, secret, codes)
}

#[tokio::test]
async fn a_first_login_gives_a_secret_instead_of_a_ticket_also_with_a_password_of_ones_own() {
    let test = jane().await;
    let answer = log_in(&test, PASSWORD, "").await;
    let object = answer.json();
    assert_eq!((answer.status.as_u16(), answer.cookies().as_str()), (200, ""));
    assert_eq!(
        (
            &object["username"],
            &object["is_password_changed"],
            &object["two_factor_enable"]
        ),
        (&json!("jane"), &json!(false), &json!(true))
    );
    let secret = object["two_factor_totp_secret"].as_str().expect("a secret");
    assert_eq!(secret.len(), 32, "160 bits in base32 (RFC 4226 §4)");
    assert_eq!(
        object["otp_uri"],
        format!("otpauth://totp/My%20maps:jane?secret={secret}&issuer=My%20maps")
    );
    // A code does not help before the enrolment.
    let answer = log_in(&test, PASSWORD, &code(&test, secret, 0)).await;
    assert_eq!((answer.status.as_u16(), answer.cookies().as_str()), (200, ""));
    assert_eq!(answer.json()["is_password_changed"], false);
}

#[tokio::test]
async fn t87_the_pending_secret_stays_for_a_day_and_a_login_never_shows_a_confirmed_one() {
    let test = jane().await;
    let first = secret(&test).await;
    test.clock
        .advance(Duration::from_hours(24) - Duration::from_secs(10));
    assert_eq!(secret(&test).await, first);
    test.clock.advance(Duration::from_secs(10));
    let second = secret(&test).await;
    assert_ne!(second, first);
    let answer = send(&test, change(PASSWORD, NEW, &code(&test, &first, 0))).await;
    assert_eq!(answer.status, 401, "the old secret is dead");
    let answer = send(&test, change(PASSWORD, NEW, &code(&test, &second, 0))).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let answer = log_in(&test, NEW, "").await;
    assert_eq!(answer.status, 400);
    assert!(
        answer.body.contains("otp") && !answer.body.contains("secret"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn t87_an_enrolment_needs_the_password_and_a_code_of_the_secret() {
    let test = jane().await;
    // Nothing was begun yet: no code can be right.
    let early = send(&test, change(PASSWORD, NEW, "123456")).await;
    assert_eq!(early.status, 401);
    let secret = secret(&test).await;
    let right = code(&test, &secret, 0);
    for (old, code, status) in [
        ("wrong horse", right.as_str(), 401),
        (PASSWORD, "", 400),
        (PASSWORD, "000000", 401),
        (PASSWORD, &self::code(&test, &secret, -2), 401),
    ] {
        let answer = send(&test, change(old, NEW, code)).await;
        assert_eq!(answer.status, status, "{old} {code}");
        assert_eq!(answer.cookies(), "");
    }
    let answer = send(&test, change(PASSWORD, NEW, &right)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(who(&test, &test.gate, &answer.cookies()).await, "jane");
    let found = trail(&test).await;
    let changed = found.iter().find(|entry| entry.event == Event::PasswordChanged);
    assert_eq!(changed.expect("an entry").details["second_factor"], "set_up");
}

#[tokio::test]
async fn a_login_needs_a_code_and_a_missing_one_is_named() {
    let (test, secret, _) = enrolled().await;
    let answer = log_in(&test, NEW, "").await;
    assert_eq!((answer.status.as_u16(), answer.cookies().as_str()), (400, ""));
    assert_eq!(answer.json()["error"], "the field otp is missing");
    let wrong = log_in(&test, NEW, "000000").await;
    let bad = log_in(&test, "wrong horse", &code(&test, &secret, 0)).await;
    assert_eq!((wrong.status.as_u16(), bad.status.as_u16()), (401, 401));
    assert_eq!(wrong.body, bad.body, "which of the two was wrong is not told");
    let answer = log_in(&test, NEW, &code(&test, &secret, 0)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(who(&test, &test.gate, &answer.cookies()).await, "jane");
    let found = trail(&test).await;
    // All in one millisecond of the test's clock, so in any order.
    let mut reasons: Vec<_> = found
        .iter()
        .filter_map(|entry| entry.details.get("reason"))
        .collect();
    reasons.sort();
    assert_eq!(reasons, ["missing_code", "wrong_code", "wrong_password"]);
}

#[tokio::test]
async fn t84_a_code_is_good_once_and_no_older_one_after_it() {
    let (test, secret, _) = enrolled().await;
    let (before, now, next) = (
        code(&test, &secret, -1),
        code(&test, &secret, 0),
        code(&test, &secret, 1),
    );
    assert_eq!(
        log_in(&test, NEW, &before).await.status,
        401,
        "it was the enrolment's"
    );
    assert_eq!(log_in(&test, NEW, &now).await.status, 200);
    assert_eq!(log_in(&test, NEW, &now).await.status, 401);
    assert_eq!(
        log_in(&test, NEW, &next).await.status,
        200,
        "a clock that is ahead"
    );
    for used in [&before, &now, &next] {
        assert_eq!(log_in(&test, NEW, used).await.status, 401);
    }
    test.clock.advance(Duration::from_mins(1));
    let newer = code(&test, &secret, -1);
    assert_eq!(newer, next);
    assert_eq!(log_in(&test, NEW, &newer).await.status, 401);
    assert_eq!(log_in(&test, NEW, &code(&test, &secret, 0)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t84_of_fifty_who_send_the_same_code_at_once_one_gets_in() {
    let (test, secret, recovery) = enrolled().await;
    let test = std::sync::Arc::new(test);
    for code in [code(&test, &secret, 0), recovery[0].clone()] {
        let tasks: Vec<_> = (0..50)
            .map(|_| {
                let (test, code) = (test.clone(), code.clone());
                tokio::spawn(async move { log_in(&test, NEW, &code).await.status.as_u16() })
            })
            .collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.expect("an answer"));
        }
        let count = |status| answers.iter().filter(|answer| **answer == status).count();
        assert_eq!(count(200), 1, "{answers:?}");
        assert_eq!(count(401) + count(503), 49, "{answers:?}");
    }
}

#[tokio::test]
async fn t86_recovery_codes_are_ten_and_good_once_each() {
    let (test, secret, codes) = enrolled().await;
    assert_eq!(codes.len(), 10);
    for (turn, code) in codes.iter().enumerate() {
        // As people type them.
        let typed = if turn % 2 == 0 {
            code.clone()
        } else {
            code.to_uppercase().replace('-', " ")
        };
        assert_eq!(log_in(&test, NEW, &typed).await.status, 200, "{turn}");
        assert_eq!(log_in(&test, NEW, code).await.status, 401, "{turn}");
    }
    assert_eq!(
        log_in(&test, NEW, &code(&test, &secret, 0)).await.status,
        200,
        "the app still works"
    );
    let user = test
        .gate
        .table()
        .await
        .user("jane")
        .await
        .expect("the table")
        .expect("jane");
    let stored = format!("{:?}", user.second_factor);
    for code in &codes {
        assert!(
            !stored.contains(&code.replace('-', "")),
            "a recovery code is stored as it is"
        );
    }
}

#[tokio::test]
async fn a_secret_is_encrypted_at_rest_and_bound_to_its_user() {
    let (test, secret, _) = enrolled().await;
    test.user("joe", PASSWORD, &[], false).await;
    let table = test.gate.table().await;
    let jane = table.user("jane").await.expect("the table").expect("jane");
    let factor = jane.second_factor.clone().expect("a factor");
    assert!(!format!("{factor:?}").contains(&secret));
    let joe = table.user("joe").await.expect("the table").expect("joe");
    let change = UserChange {
        second_factor: Some(Some(factor)),
        ..UserChange::default()
    };
    let moved = table.transaction().change(&joe, &change).commit().await;
    assert!(moved.expect("the table").is_ok());
    let fields = [
        ("login", "joe"),
        ("password", PASSWORD),
        ("otp", &code(&test, &secret, 0)),
    ];
    assert_eq!(send(&test, post("/login", &fields)).await.status, 401);
}

#[tokio::test]
async fn t66_a_change_of_password_needs_the_code_and_ends_every_session() {
    let (test, secret, _) = enrolled().await;
    let ticket = log_in(&test, NEW, &code(&test, &secret, 0)).await.cookies();
    let other = "a third horse";
    assert_eq!(send(&test, change(NEW, other, "")).await.status, 400);
    let answer = send(&test, change(NEW, other, &code(&test, &secret, 1))).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(
        answer.json().get("recovery_codes").is_none(),
        "they stay as they were"
    );
    test.clock.advance(Duration::from_secs(11));
    assert_eq!(who(&test, &test.another(), &ticket).await, "");
    assert_eq!(who(&test, &test.another(), &answer.cookies()).await, "jane");
}

#[tokio::test]
async fn unticking_that_the_user_changed_the_password_starts_the_enrolment_anew() {
    let (test, first, codes) = enrolled().await;
    let ticket = log_in(&test, NEW, &code(&test, &first, 0)).await.cookies();
    let table = test.gate.table().await;
    let user = table.user("jane").await.expect("the table").expect("jane");
    assert!(is_enrolled(&user));
    let reset = UserChange {
        is_password_changed: Some(false),
        second_factor: Some(None),
        ends_sessions: Some(test.clock.now()),
        ..UserChange::default()
    };
    let written = table.transaction().change(&user, &reset).commit().await;
    assert!(written.expect("the table").is_ok());
    let answer = log_in(&test, NEW, "").await;
    let second = answer.json()["two_factor_totp_secret"]
        .as_str()
        .expect("a secret")
        .to_owned();
    assert_ne!(second, first);
    for dead in [&code(&test, &first, 1), &codes[0]] {
        assert_eq!(send(&test, change(NEW, "a third horse", dead)).await.status, 401);
    }
    test.clock.advance(Duration::from_secs(11));
    assert_eq!(who(&test, &test.gate, &ticket).await, "");
}

#[tokio::test]
async fn t85_wrong_codes_count_and_basic_gets_nobody_in_and_gives_a_thief_of_the_password_no_further_codes_to_guess()
 {
    let vars = "  authentication: {two_factor: true, max_consecutive_failures: 3}";
    let test = TestGate::with(vars, &[("BASICAUTH", "true")]).await;
    test.user("jane", PASSWORD, &[], false).await;
    let secret = secret(&test).await;
    let right = code(&test, &secret, 0);
    assert_eq!(send(&test, change(PASSWORD, NEW, &right)).await.status, 200);
    let basic = || {
        // "jane:horse correct"
        with_header(
            get("/loginuser"),
            "authorization",
            "Basic amFuZTpob3JzZSBjb3JyZWN0",
        )
    };
    for _ in 0..2 {
        assert_eq!(log_in(&test, NEW, "000000").await.status, 401);
        assert_eq!(send(&test, basic()).await.status, 401);
    }
    assert_eq!(log_in(&test, NEW, "000000").await.status, 401);
    test.clock.advance(Duration::from_secs(30));
    let answer = log_in(&test, NEW, &code(&test, &secret, 0)).await;
    assert_eq!(
        answer.status, 401,
        "three wrong codes lock, whatever came between"
    );
    let user = test
        .gate
        .table()
        .await
        .user("jane")
        .await
        .expect("the table")
        .expect("jane");
    assert!(user.locked_at.is_some_and(|at| at >= START));
}

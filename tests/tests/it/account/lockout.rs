//! The lockout (contract, section 4): how many wrong tries are evaluated, what counts, and what ends it.

use std::sync::Arc;
use std::time::Duration;

use mapgate_core::settings::Secret;
use mapgate_core::table::{Event, UserChange};

use super::tries::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t83_of_fifty_wrong_tries_at_once_ten_are_evaluated_and_the_right_password_is_refused() {
    for _ in 0..races() {
        let test = Arc::new(jane(TEN).await);
        let statuses = at_once(&test, "jane", wrong(MANY)).await;
        assert_eq!(
            count(&statuses, 401) + count(&statuses, 503),
            MANY,
            "{statuses:?}"
        );
        let reasons = reasons(&test).await;
        assert_eq!(reasons["wrong_password"], 10, "{reasons:?}");
        let locked = reasons.get("lockout").copied().unwrap_or_default();
        assert_eq!(10 + locked, count(&statuses, 401), "{reasons:?}");
        assert_eq!(entries(&test, Event::AccountLocked).await, 1);
        assert!(user(&test, "jane").await.locked_at.is_some());
        for _ in 0..3 {
            assert_eq!(status(&test, "jane", RIGHT).await, 401);
        }
        assert_eq!(entries(&test, Event::AccountLocked).await, 1);
        unlock(&test, "jane").await;
        assert_eq!(status(&test, "jane", RIGHT).await, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t83_of_fifty_wrong_tries_of_an_unknown_name_ten_are_evaluated_too() {
    for _ in 0..races() {
        let test = Arc::new(jane(TEN).await);
        let statuses = at_once(&test, "nobody", wrong(MANY)).await;
        assert_eq!(
            count(&statuses, 401) + count(&statuses, 503),
            MANY,
            "{statuses:?}"
        );
        assert_eq!(reasons(&test).await["unknown_user"], 10);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_right_logins_at_once_all_succeed() {
    for _ in 0..races() {
        let test = Arc::new(jane(TEN).await);
        let statuses = at_once(&test, "jane", right(MANY)).await;
        assert_eq!(count(&statuses, 200), MANY, "{statuses:?}");
        // Every place was given back.
        for password in wrong(9) {
            assert_eq!(status(&test, "jane", &password).await, 401);
        }
        assert_eq!(status(&test, "jane", RIGHT).await, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_right_logins_at_once_all_succeed_where_the_throttle_protects() {
    for _ in 0..races() {
        let test = Arc::new(jane(THROTTLE).await);
        let statuses = at_once(&test, "jane", right(MANY)).await;
        assert_eq!(count(&statuses, 200), MANY, "{statuses:?}");
        for password in wrong(4) {
            assert_eq!(status(&test, "jane", &password).await, 401);
        }
        assert_eq!(status(&test, "jane", RIGHT).await, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nine_wrong_tries_among_fifty_right_ones_lock_nobody_out() {
    for _ in 0..races() {
        let test = Arc::new(jane(TEN).await);
        let mut passwords = right(25);
        passwords.extend(wrong(9));
        passwords.extend(right(25));
        let statuses = at_once(&test, "jane", passwords).await;
        assert_eq!(count(&statuses, 401), 9, "{statuses:?}");
        assert_eq!(count(&statuses, 200), MANY, "{statuses:?}");
        assert_eq!(reasons(&test).await["wrong_password"], 9);
        assert_eq!(user(&test, "jane").await.locked_at, None);
    }
}

#[tokio::test]
async fn the_limit_is_the_last_that_is_evaluated_and_a_success_before_it_sets_failures_to_0() {
    let test = jane(TEN).await;
    for _ in 0..2 {
        for password in wrong(9) {
            assert_eq!(status(&test, "jane", &password).await, 401);
        }
        assert_eq!(status(&test, "jane", RIGHT).await, 200);
    }
    for password in wrong(10) {
        assert_eq!(status(&test, "jane", &password).await, 401);
    }
    assert_eq!(user(&test, "jane").await.locked_at, Some(test.clock.now()));
    assert_eq!(reasons(&test).await.get("lockout"), None);
    let locked_at = user(&test, "jane").await.locked_at;
    test.clock.advance(seconds(3600));
    assert_eq!(status(&test, "jane", RIGHT).await, 401);
    assert_eq!(reasons(&test).await["lockout"], 1);
    assert_eq!(user(&test, "jane").await.locked_at, locked_at);
    assert_eq!(entries(&test, Event::AccountLocked).await, 1);
}

#[tokio::test]
async fn t82_failures_by_form_basic_and_change_of_password_count_together() {
    let test = jane(TEN).await;
    for index in 0..3 {
        let password = format!("wrong {index}");
        assert_eq!(status(&test, "jane", &password).await, 401);
        assert_eq!(basic(&test, "jane", &password).await, 401);
        let changed = change_password(&test, "jane", &password, "an entirely new one").await;
        assert_eq!(changed.status, 401);
    }
    assert_eq!(user(&test, "jane").await.locked_at, None);
    assert_eq!(status(&test, "jane", "the tenth").await, 401);
    assert_eq!(status(&test, "jane", RIGHT).await, 401);
    assert_eq!(basic(&test, "jane", RIGHT).await, 401);
    let changed = change_password(&test, "jane", RIGHT, "an entirely new one").await;
    assert_eq!(changed.status, 401);
    unlock(&test, "jane").await;
    assert_eq!(basic(&test, "jane", RIGHT).await, 200);
    assert_eq!(status(&test, "jane", RIGHT).await, 200);
}

#[tokio::test]
async fn tries_at_a_name_in_another_case_lock_nobody_who_has_it() {
    let test = jane(TEN).await;
    for password in wrong(10) {
        assert_eq!(status(&test, "JANE", &password).await, 401);
    }
    assert_eq!(status(&test, "JANE", RIGHT).await, 401);
    assert_eq!(user(&test, "jane").await.locked_at, None);
    assert_eq!(status(&test, "jane", RIGHT).await, 200);
    assert_eq!(entries(&test, Event::AccountLocked).await, 0);
}

#[tokio::test]
async fn lockout_minutes_end_it_at_the_minute() {
    let test = jane("  authentication: {max_consecutive_failures: 3, lockout_minutes: 15}").await;
    for turn in 1..=2 {
        for password in wrong(3) {
            assert_eq!(status(&test, "jane", &password).await, 401);
        }
        assert_eq!(entries(&test, Event::AccountLocked).await, turn);
        test.clock.advance(seconds(899));
        assert_eq!(status(&test, "jane", RIGHT).await, 401);
        test.clock.advance(Duration::from_millis(999));
        assert_eq!(status(&test, "jane", RIGHT).await, 401);
        test.clock.advance(Duration::from_millis(1));
        if turn == 1 {
            // The count begins anew.
            assert_eq!(status(&test, "jane", "wrong").await, 401);
            assert_eq!(status(&test, "jane", RIGHT).await, 200);
            assert_eq!(user(&test, "jane").await.locked_at, None);
        }
    }
    assert_eq!(basic(&test, "jane", RIGHT).await, 200);
}

#[tokio::test]
async fn tickets_given_before_go_on_while_the_account_is_locked() {
    let test = jane(TEN).await;
    let cookies = log_in(&test, "jane", RIGHT).await.cookies();
    for password in wrong(12) {
        assert_eq!(status(&test, "jane", &password).await, 401);
    }
    test.clock.advance(seconds(60));
    assert_eq!(who(&test, &cookies).await, "jane");
    assert_eq!(status(&test, "jane", RIGHT).await, 401);
}

#[tokio::test]
async fn t70_an_unknown_name_locks_with_the_same_answers_and_work() {
    let test = jane(TEN).await;
    let mut told = Vec::new();
    for username in ["jane", "nobody"] {
        let mut of_name = Vec::new();
        for password in wrong(12) {
            let evaluated = test.gate.hashing.evaluated();
            let _ = test.table_requests();
            let answer = log_in(&test, username, &password).await;
            let headers = format!("{:?}", answer.headers);
            let work = (test.table_requests(), test.gate.hashing.evaluated() - evaluated);
            of_name.push((answer.status, answer.body, headers, work));
        }
        told.push(of_name);
    }
    assert_eq!(told[0], told[1]);
}

#[tokio::test]
async fn a_limit_that_is_lowered_shows_whom_it_locks() {
    let test = jane(TEN).await;
    for password in wrong(5) {
        assert_eq!(status(&test, "jane", &password).await, 401);
    }
    let secrets = secrets(&test).await;
    let mut settings = (*test.gate.settings).clone();
    settings.authentication.max_consecutive_failures = Some(3);
    let mut accounts = accounts(&test, &secrets).await;
    accounts.settings = &settings;
    let tried = accounts.try_password("jane", &Secret::new(RIGHT), here()).await;
    assert!(tried.unwrap().is_err());
    assert!(user(&test, "jane").await.locked_at.is_some());
}

#[tokio::test]
async fn a_right_basic_credential_refused_by_the_lock_works_at_once_after_the_unlock() {
    let test = jane(TEN).await;
    for password in wrong(10) {
        assert_eq!(status(&test, "jane", &password).await, 401);
    }
    assert_eq!(basic(&test, "jane", RIGHT).await, 401);
    assert_eq!(basic(&test, "jane", RIGHT).await, 401);
    unlock(&test, "jane").await;
    assert_eq!(basic(&test, "jane", RIGHT).await, 200);
}

#[tokio::test]
async fn the_identical_wrong_basic_credential_counts_once_and_a_right_one_beside_two_factors_not_at_all() {
    let test = jane("  authentication: {max_consecutive_failures: 2}").await;
    for _ in 0..5 {
        assert_eq!(basic(&test, "jane", "an old one").await, 401);
    }
    assert_eq!(user(&test, "jane").await.locked_at, None);
    assert_eq!(basic(&test, "jane", RIGHT).await, 200);

    let vars = "  authentication: {max_consecutive_failures: 2, two_factor: true, two_factor_issuer_name: x}";
    let test = jane(vars).await;
    assert_eq!(status(&test, "jane", "wrong").await, 401);
    for _ in 0..5 {
        assert_eq!(basic(&test, "jane", RIGHT).await, 401);
        // Past the time for which it is known as wrong.
        test.clock.advance(seconds(901));
    }
    assert_eq!(user(&test, "jane").await.locked_at, None);
    assert_eq!(status(&test, "jane", "wrong again").await, 401);
    assert!(user(&test, "jane").await.locked_at.is_some(), "nor does it reset");
}

#[tokio::test]
async fn the_right_password_of_a_deactivated_account_counts_and_unlocking_does_not_turn_it_on() {
    let test = jane("  authentication: {max_consecutive_failures: 2}").await;
    let deactivated = |deactivated| UserChange {
        deactivated: Some(deactivated),
        ..UserChange::default()
    };
    set(&test, "jane", deactivated(true)).await;
    for _ in 0..2 {
        assert_eq!(status(&test, "jane", RIGHT).await, 401);
    }
    assert!(user(&test, "jane").await.locked_at.is_some());
    unlock(&test, "jane").await;
    assert_eq!(status(&test, "jane", RIGHT).await, 401);
    set(&test, "jane", deactivated(false)).await;
    assert_eq!(status(&test, "jane", RIGHT).await, 200);
}

//! Places for tries (contract, section 4, "Lockout"): taken before hashing, given back with the outcome, counted where
//! they never come back, waited for where there is none.

use std::sync::Arc;
use std::time::Duration;

use mapgate_core::account::AccountError;
use mapgate_core::settings::Secret;
use mapgate_core::table::Event;
use mapgate_tests::gate::TestGate;

use super::tries::*;

#[tokio::test]
async fn a_place_never_given_back_counts_after_ten_seconds_and_not_before() {
    let test = jane("  authentication: {max_consecutive_failures: 3}").await;
    assert_eq!(status(&test, "jane", "wrong").await, 401);
    abandon(&test, "jane").await;
    test.clock.advance(Duration::from_millis(9_999));
    // The third place is free; a success forgets the failure, and leaves the place of the one that is under way.
    assert_eq!(status(&test, "jane", RIGHT).await, 200);
    assert_eq!(status(&test, "jane", "wrong").await, 401);
    assert_eq!(status(&test, "jane", RIGHT).await, 200);
    test.clock.advance(Duration::from_millis(1));
    // One abandoned, two wrong: locked.
    for password in wrong(2) {
        assert_eq!(status(&test, "jane", &password).await, 401);
    }
    assert_eq!(user(&test, "jane").await.locked_at, Some(test.clock.now()));
}

#[tokio::test]
async fn places_never_given_back_lock_the_account_like_any_failures_and_it_shows() {
    let test = jane("  authentication: {max_consecutive_failures: 3}").await;
    for _ in 0..3 {
        abandon(&test, "jane").await;
    }
    test.clock.advance(seconds(10));
    assert_eq!(status(&test, "jane", RIGHT).await, 401);
    assert!(
        user(&test, "jane").await.locked_at.is_some(),
        "an administrator sees why Jane cannot enter"
    );
    assert_eq!(status(&test, "jane", RIGHT).await, 401);
    assert_eq!(entries(&test, Event::AccountLocked).await, 1);
    unlock(&test, "jane").await;
    assert_eq!(status(&test, "jane", RIGHT).await, 200);
}

#[tokio::test]
async fn a_place_given_back_late_is_right() {
    let test = jane("  authentication: {max_consecutive_failures: 3}").await;
    let secrets = secrets(&test).await;
    let accounts = accounts(&test, &secrets).await;
    let slow = accounts.try_password("jane", &Secret::new(RIGHT), here()).await;
    let slow = slow.unwrap().unwrap();
    test.clock.advance(seconds(11));
    assert_eq!(status(&test, "jane", "wrong").await, 401);
    assert!(accounts.enter(slow, None).await.unwrap().is_ok());
    // Nothing is left of the failure, nor of the place.
    for password in wrong(2) {
        assert_eq!(status(&test, "jane", &password).await, 401);
    }
    assert_eq!(status(&test, "jane", RIGHT).await, 200);
}

#[tokio::test]
async fn a_place_given_back_after_the_account_was_locked_opens_nothing_and_leaves_no_half_of_a_lock() {
    let test = jane("  authentication: {max_consecutive_failures: 3}").await;
    let secrets = secrets(&test).await;
    let accounts = accounts(&test, &secrets).await;
    let slow = accounts.try_password("jane", &Secret::new(RIGHT), here()).await;
    let slow = slow.unwrap().unwrap();
    test.clock.advance(seconds(11));
    for password in wrong(2) {
        assert_eq!(status(&test, "jane", &password).await, 401);
    }
    let locked_at = user(&test, "jane").await.locked_at;
    assert!(locked_at.is_some());
    assert!(accounts.enter(slow, None).await.unwrap().is_err());
    assert_eq!(user(&test, "jane").await.locked_at, locked_at);
    assert_eq!(status(&test, "jane", RIGHT).await, 401);
    assert_eq!(entries(&test, Event::AccountLocked).await, 1);
    unlock(&test, "jane").await;
    assert_eq!(status(&test, "jane", RIGHT).await, 200);
}

#[tokio::test]
async fn a_visitor_who_leaves_while_the_password_is_hashed_counts_once_after_ten_seconds() {
    let test = Arc::new(jane("  authentication: {max_consecutive_failures: 2}").await);
    let before = test.gate.hashing.evaluated();
    let trying = {
        let test = test.clone();
        tokio::spawn(async move { log_in(&test, "jane", "wrong").await })
    };
    while test.gate.hashing.evaluated() == before {
        tokio::task::yield_now().await;
    }
    trying.abort();
    assert!(trying.await.unwrap_err().is_cancelled());
    assert_eq!(status(&test, "jane", RIGHT).await, 200);
    test.clock.advance(seconds(10));
    assert_eq!(status(&test, "jane", "wrong").await, 401);
    assert_eq!(status(&test, "jane", RIGHT).await, 401, "two failures by now");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_try_that_waits_finds_the_place_that_is_given_back() {
    let test = Arc::new(jane("  authentication: {max_consecutive_failures: 1}").await);
    let secrets = secrets(&test).await;
    let accounts = accounts(&test, &secrets).await;
    let first = accounts.try_password("jane", &Secret::new(RIGHT), here()).await;
    let waiting = {
        let test = test.clone();
        tokio::spawn(async move { status(&test, "jane", RIGHT).await })
    };
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!waiting.is_finished());
    let entered = accounts.enter(first.unwrap().unwrap(), None).await.unwrap();
    assert!(entered.is_ok());
    assert_eq!(waiting.await.unwrap(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_place_within_two_seconds_it_is_503_and_counts_nothing() {
    let test = Arc::new(jane("  authentication: {max_consecutive_failures: 1}").await);
    let secrets = secrets(&test).await;
    let accounts = accounts(&test, &secrets).await;
    let held = accounts.try_password("jane", &Secret::new(RIGHT), here()).await;
    let before = (trail(&test).await.len(), test.gate.hashing.evaluated());
    let since = tokio::time::Instant::now();
    let answer = log_in(&test, "jane", "wrong").await;
    assert_eq!(answer.status, 503);
    assert!(!answer.header("retry-after").is_empty());
    assert!(since.elapsed() >= Duration::from_millis(1900) && since.elapsed() < seconds(4));
    assert_eq!(before, (trail(&test).await.len(), test.gate.hashing.evaluated()));
    let entered = accounts.enter(held.unwrap().unwrap(), None).await.unwrap();
    assert!(entered.is_ok());
    assert_eq!(status(&test, "jane", RIGHT).await, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tries_that_wait_for_a_place_of_one_account_keep_nobody_else_from_entering() {
    let test = Arc::new(jane("  authentication: {max_consecutive_failures: 1}").await);
    test.user("joe", RIGHT, &[], false).await;
    abandon(&test, "jane").await;
    let waiting: Vec<_> = (0..8)
        .map(|_| {
            let test = test.clone();
            tokio::spawn(async move { status(&test, "jane", "wrong").await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let since = tokio::time::Instant::now();
    assert_eq!(status(&test, "joe", RIGHT).await, 200);
    assert!(
        since.elapsed() < Duration::from_millis(1200),
        "{:?}",
        since.elapsed()
    );
    for one in waiting {
        assert_eq!(one.await.unwrap(), 503);
    }
}

#[tokio::test]
async fn a_try_under_way_while_the_account_is_unlocked_counts_for_nobody() {
    let test = jane("  authentication: {max_consecutive_failures: 2}").await;
    let secrets = secrets(&test).await;
    let accounts = accounts(&test, &secrets).await;
    let slow = accounts.try_password("jane", &Secret::new(RIGHT), here()).await;
    unlock(&test, "jane").await;
    assert!(
        accounts
            .enter(slow.unwrap().unwrap(), None)
            .await
            .unwrap()
            .is_ok()
    );
    assert_eq!(status(&test, "jane", "wrong").await, 401);
    assert_eq!(status(&test, "jane", RIGHT).await, 200);
}

/// The table's answer to the next request is lost on the way back, and the SDK asks again.
async fn losing(test: &TestGate, password: &str) -> u16 {
    test.lose_next_answer();
    status(test, "jane", password).await
}

#[tokio::test]
async fn an_answer_lost_on_the_way_takes_no_place_for_ever() {
    let test = jane("  authentication: {max_consecutive_failures: 2}").await;
    for _ in 0..3 {
        assert_eq!(losing(&test, RIGHT).await, 200);
        assert_eq!(losing(&test, "wrong").await, 401);
    }
    assert_eq!(status(&test, "jane", RIGHT).await, 200);
    assert_eq!(user(&test, "jane").await.locked_at, None);
}

#[tokio::test]
async fn a_table_that_cannot_be_read_counts_for_nobody() {
    let test = jane("  authentication: {max_consecutive_failures: 1}").await;
    test.refuse_next("BatchGetItem");
    assert_eq!(status(&test, "jane", RIGHT).await, 503);
    test.clock.advance(seconds(10));
    assert_eq!(status(&test, "jane", RIGHT).await, 200);
    test.refuse_next("TransactWriteItems");
    assert_eq!(status(&test, "jane", RIGHT).await, 503);
    test.clock.advance(seconds(10));
    assert_eq!(status(&test, "jane", RIGHT).await, 200);
}

#[tokio::test]
async fn hashing_that_is_not_possible_in_time_gives_the_place_back() {
    let test = jane("  authentication: {max_consecutive_failures: 1, argon2: {concurrent: 1}}").await;
    let turn = test.gate.hashing.turn().await.unwrap();
    let secrets = secrets(&test).await;
    let accounts = accounts(&test, &secrets).await;
    let tried = accounts.try_password("jane", &Secret::new("wrong"), here()).await;
    assert!(matches!(tried, Err(AccountError::Busy(_))), "{tried:?}");
    drop(turn);
    assert_eq!(status(&test, "jane", RIGHT).await, 200);
}

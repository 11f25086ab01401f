//! The throttle that protects where no lockout is set (contract, section 4).

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use mapgate_tests::gate::TestGate;

use super::tries::*;

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

async fn status_from(test: &TestGate, password: &str, from: &str) -> u16 {
    log_in_from(test, "jane", password, address(from))
        .await
        .status
        .as_u16()
}

/// What the next try has to wait, in seconds, by the answer to one that comes too early.
async fn wait(test: &TestGate) -> u64 {
    let (trail, evaluated) = (trail(test).await.len(), test.gate.hashing.evaluated());
    let _ = test.table_requests();
    let answer = log_in(test, "jane", RIGHT).await;
    assert_eq!(answer.status, 429, "{}", answer.body);
    assert_eq!(test.table_requests(), ["UpdateItem"]);
    assert_eq!(test.gate.hashing.evaluated(), evaluated, "nothing is hashed");
    assert_eq!(super::tries::trail(test).await.len(), trail);
    answer.header("retry-after").parse().unwrap()
}

#[tokio::test]
async fn t81_the_sixth_try_waits_thirty_seconds_and_each_further_failure_doubles_it_up_to_fifteen_minutes() {
    let test = jane(THROTTLE).await;
    for password in wrong(5) {
        assert_eq!(status(&test, "jane", &password).await, 401);
    }
    for expected in [30, 60, 120, 240, 480, 900, 900] {
        assert_eq!(wait(&test).await, expected);
        test.clock.advance(Duration::from_millis(expected * 1000 - 1));
        assert_eq!(wait(&test).await, 1);
        test.clock.advance(Duration::from_millis(1));
        assert_eq!(status(&test, "jane", "wrong").await, 401);
    }
    test.clock.advance(seconds(900));
    assert_eq!(status(&test, "jane", RIGHT).await, 200);
    // Nothing is left of it.
    for password in wrong(5) {
        assert_eq!(status(&test, "jane", &password).await, 401);
    }
    assert_eq!(wait(&test).await, 30);
}

#[tokio::test]
async fn t81_the_owner_in_another_network_still_enters() {
    let test = jane(THROTTLE).await;
    for password in wrong(5) {
        assert_eq!(status_from(&test, &password, "203.0.113.7").await, 401);
    }
    assert_eq!(status_from(&test, RIGHT, "203.0.113.250").await, 429);
    assert_eq!(status_from(&test, RIGHT, "::ffff:203.0.113.8").await, 429);
    assert_eq!(status_from(&test, RIGHT, "203.0.112.7").await, 200);
    assert_eq!(status_from(&test, RIGHT, "2001:db8:0:1::1").await, 200);
    // That was the owner's own network: the stranger still waits.
    assert_eq!(status_from(&test, RIGHT, "203.0.113.7").await, 429);

    for index in 0..5 {
        let from = format!("2001:db8:0:2:{index}::{index}");
        assert_eq!(status_from(&test, "wrong", &from).await, 401);
    }
    assert_eq!(status_from(&test, RIGHT, "2001:db8:0:2:ffff::").await, 429);
    assert_eq!(status_from(&test, RIGHT, "2001:db8:0:3::1").await, 200);
}

#[tokio::test]
async fn an_account_and_a_name_that_nobody_has_are_throttled_alike_and_apart() {
    let test = jane(THROTTLE).await;
    let mut told = Vec::new();
    for username in ["nobody", "jane"] {
        let mut of_name = Vec::new();
        for password in wrong(7) {
            let _ = test.table_requests();
            let answer = log_in(&test, username, &password).await;
            of_name.push((
                answer.status,
                answer.body,
                format!("{:?}", answer.headers),
                test.table_requests(),
            ));
        }
        told.push(of_name);
    }
    assert_eq!(told[0], told[1]);
    assert_eq!(told[0][5].0, 429);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t83_of_fifty_wrong_tries_at_once_five_are_evaluated_and_after_the_wait_one() {
    for _ in 0..races() {
        let test = Arc::new(jane(THROTTLE).await);
        let statuses = at_once(&test, "jane", wrong(MANY)).await;
        assert_eq!(reasons(&test).await["wrong_password"], 5, "{statuses:?}");
        assert_eq!(count(&statuses, 401), 5);
        assert_eq!(count(&statuses, 429) + count(&statuses, 503), MANY - 5);
        for evaluated in [6, 7] {
            test.clock.advance(seconds(60));
            let before = test.gate.hashing.evaluated();
            let statuses = at_once(&test, "jane", wrong(MANY)).await;
            assert_eq!(test.gate.hashing.evaluated() - before, 1, "{statuses:?}");
            assert_eq!(reasons(&test).await["wrong_password"], evaluated);
            assert_eq!(count(&statuses, 401), 1, "{statuses:?}");
        }
        test.clock.advance(seconds(120));
        // All but the first wait for it; who waits too long counts for nobody.
        let statuses = at_once(&test, "jane", right(MANY)).await;
        assert!(count(&statuses, 200) > 1, "{statuses:?}");
        assert_eq!(
            count(&statuses, 200) + count(&statuses, 503),
            MANY,
            "{statuses:?}"
        );
        for password in wrong(4) {
            assert_eq!(status(&test, "jane", &password).await, 401);
        }
        assert_eq!(status(&test, "jane", RIGHT).await, 200);
    }
}

#[tokio::test]
async fn failures_of_more_than_fifteen_minutes_ago_do_not_count() {
    let test = jane(THROTTLE).await;
    for password in wrong(4) {
        assert_eq!(status(&test, "jane", &password).await, 401);
    }
    test.clock.advance(seconds(900));
    for password in wrong(4) {
        assert_eq!(status(&test, "jane", &password).await, 401);
    }
    test.clock.advance(seconds(899));
    assert_eq!(status(&test, "jane", "wrong").await, 401);
    assert_eq!(wait(&test).await, 30);
}

#[tokio::test]
async fn a_success_forgets_the_failures() {
    let test = jane(THROTTLE).await;
    for _ in 0..3 {
        for password in wrong(4) {
            assert_eq!(status(&test, "jane", &password).await, 401);
        }
        assert_eq!(status(&test, "jane", RIGHT).await, 200);
    }
}

#[tokio::test]
async fn a_throttled_basic_credential_is_429_and_right_after_the_wait() {
    let test = jane(THROTTLE).await;
    for password in wrong(5) {
        assert_eq!(basic(&test, "jane", &password).await, 401);
    }
    assert_eq!(basic(&test, "jane", RIGHT).await, 429);
    test.clock.advance(seconds(30));
    assert_eq!(basic(&test, "jane", RIGHT).await, 200);
}

#[tokio::test]
async fn a_try_after_the_wait_that_never_comes_back_counts_as_a_failure() {
    let test = jane(THROTTLE).await;
    for password in wrong(5) {
        assert_eq!(status(&test, "jane", &password).await, 401);
    }
    test.clock.advance(seconds(30));
    abandon(&test, "jane").await;
    test.clock.advance(seconds(10));
    // This one finds that it never came back.
    assert_eq!(status(&test, "jane", RIGHT).await, 429);
    assert_eq!(wait(&test).await, 60);
    test.clock.advance(seconds(60));
    assert_eq!(status(&test, "jane", RIGHT).await, 200);
}

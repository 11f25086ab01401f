//! Hashes brought from GeoMapFish, and parameters that are raised (contract, section 4; T79, T80).

use std::sync::Arc;

use mapgate_core::account::{Hashing, Verified};
use mapgate_core::random::Random;
use mapgate_core::settings::{Argon2, Secret};
use mapgate_core::table::UserChange;
use mapgate_tests::gate::TestGate;

use super::tries::*;

/// Of [`RIGHT`], each made by another program: `openssl passwd -6`, Python's `crypt` with rounds, `sha1sum`.
const OLD: [&str; 3] = [
    "$6$geomapfish$0WmRuQp0KF3fAnwbUBRnGWhOxtqGTPMMqzdEhxv/ylsZwu2JiQnC/aTAQSyfJfgZW/zZk6N/La3kok6wQlrg7.",
    "$6$rounds=7000$saltstring$CxmHen4Gx7kZ8GyGsXwNAcZe5nsM8kDJO/b4tCmbcSqiimbYAP3VP7b82u4e/KR4zsxTAi6d2a8A2vpZ9uxKo0",
    "98decc62ece399a22ed30d490ef333be7fde7385",
];

async fn stored(test: &TestGate) -> String {
    let user = user(test, "jane").await;
    user.password.unwrap().expose().to_owned()
}

async fn store(test: &TestGate, hash: &str) {
    let change = UserChange {
        password: Some(Some(Secret::new(hash))),
        ..UserChange::default()
    };
    set(test, "jane", change).await;
}

#[tokio::test]
async fn t79_an_old_hash_verifies_once_and_is_argon2id_from_then_on() {
    for old in OLD {
        let test = jane(THROTTLE).await;
        let before = user(&test, "jane").await;
        store(&test, old).await;
        for password in ["wrong", "correct horse batter", " correct horse battery"] {
            assert_eq!(status(&test, "jane", password).await, 401);
            assert_eq!(stored(&test).await, old, "a wrong one changes nothing");
        }
        let answer = log_in(&test, "jane", RIGHT).await;
        assert_eq!(answer.status, 200, "{old}");
        let renewed = stored(&test).await;
        assert!(
            renewed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{renewed}"
        );
        assert_eq!(user(&test, "jane").await.generation, before.generation);
        assert_eq!(status(&test, "jane", RIGHT).await, 200);
        assert_eq!(stored(&test).await, renewed);
        assert_eq!(who(&test, &answer.cookies()).await, "jane");
    }
}

#[tokio::test]
async fn sessions_from_before_a_hash_is_renewed_go_on() {
    let test = jane(THROTTLE).await;
    let cookies = log_in(&test, "jane", RIGHT).await.cookies();
    store(&test, OLD[0]).await;
    assert_eq!(status(&test, "jane", RIGHT).await, 200);
    test.clock.advance(seconds(11));
    assert_eq!(who(&test, &cookies).await, "jane");
}

#[tokio::test]
async fn t79_the_old_password_itself_is_renewed_by_basic_too() {
    let test = jane(THROTTLE).await;
    store(&test, OLD[2]).await;
    assert_eq!(basic(&test, "jane", RIGHT).await, 200);
    assert!(stored(&test).await.starts_with("$argon2id$"));
    assert_eq!(basic(&test, "jane", RIGHT).await, 200);
}

#[tokio::test]
async fn a_hash_is_no_password_and_what_is_no_hash_is_nobodys() {
    let test = jane(TEN).await;
    for hash in [
        OLD[2],
        "",
        "!",
        "x",
        "$6$",
        "$6$salt$",
        "$5$a$b",
        "$2b$12$aaaa",
        "$argon2id$",
        "correct horse battery",
    ] {
        store(&test, hash).await;
        assert_eq!(
            status(&test, "jane", hash).await,
            if hash.is_empty() { 400 } else { 401 }
        );
        if hash != OLD[2] {
            assert_eq!(status(&test, "jane", RIGHT).await, 401, "{hash:?}");
        }
        assert_eq!(stored(&test).await, hash);
        unlock(&test, "jane").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t79_of_fifty_logins_at_once_with_an_old_hash_all_succeed_and_one_renews_it() {
    for _ in 0..races() {
        for many in [2, MANY] {
            let test = Arc::new(jane(TEN).await);
            store(&test, OLD[1]).await;
            let statuses = at_once(&test, "jane", right(many)).await;
            assert_eq!(count(&statuses, 200), many, "{statuses:?}");
            assert!(stored(&test).await.starts_with("$argon2id$"));
            let renewed = trail(&test).await;
            let renewed = renewed.iter().filter(|entry| entry.details.contains_key("hash"));
            assert_eq!(renewed.count(), 1);
            assert_eq!(status(&test, "jane", RIGHT).await, 200);
        }
    }
}

#[tokio::test]
async fn t80_raised_parameters_renew_the_hash_at_the_next_login_and_lowered_ones_do_not() {
    let test =
        jane("  authentication: {argon2: {memory_kib: 20000, iterations: 3, parallelism: 1, concurrent: 4}}")
            .await;
    for (memory, iterations, renews) in [
        (19456, 2, true),
        (20000, 2, true),
        (20000, 3, false),
        (30000, 4, false),
    ] {
        let parameters = Argon2 {
            memory_kib: memory,
            iterations,
            parallelism: 1,
            concurrent: 1,
        };
        let hashing = Hashing::new(parameters, Random::system()).unwrap();
        let old = hashing.hash(&Secret::new(RIGHT)).await.unwrap();
        store(&test, old.expose()).await;
        assert_eq!(status(&test, "jane", "wrong").await, 401);
        assert_eq!(stored(&test).await, old.expose());
        assert_eq!(status(&test, "jane", RIGHT).await, 200);
        let now = stored(&test).await;
        assert_eq!(now != old.expose(), renews, "{memory} {iterations}");
        assert!(
            !renews || now.starts_with("$argon2id$v=19$m=20000,t=3,p=1$"),
            "{now}"
        );
        assert_eq!(status(&test, "jane", RIGHT).await, 200);
        assert_eq!(stored(&test).await, now);
    }
}

#[tokio::test]
async fn a_change_of_the_password_meanwhile_wins_over_the_renewal() {
    let test = jane(TEN).await;
    store(&test, OLD[0]).await;
    let secrets = secrets(&test).await;
    let accounts = accounts(&test, &secrets).await;
    let slow = accounts.try_password("jane", &Secret::new(RIGHT), here()).await;
    let new = "an entirely new one";
    assert_eq!(change_password(&test, "jane", RIGHT, new).await.status, 200);
    let changed = stored(&test).await;
    assert!(
        accounts
            .enter(slow.unwrap().unwrap(), None)
            .await
            .unwrap()
            .is_err()
    );
    assert_eq!(stored(&test).await, changed);
    assert_eq!(status(&test, "jane", RIGHT).await, 401);
    assert_eq!(status(&test, "jane", new).await, 200);
}

#[tokio::test]
async fn a_password_composed_differently_fits_an_old_hash_of_either_form() {
    let test = jane(TEN).await;
    // sha1 of "zoë zoë zoë", composed and not.
    for hash in [
        "a21f0b508e55cea2c6a533b4da61bc19dcf0076e",
        "377ea7e2781510f8fa3876cc799d3a8ab7ebf23c",
    ] {
        store(&test, hash).await;
        let nfd = "zoe\u{308} zoe\u{308} zoe\u{308}";
        assert_eq!(status(&test, "jane", nfd).await, 200, "{hash}");
        assert_eq!(status(&test, "jane", "zo\u{eb} zo\u{eb} zo\u{eb}").await, 200);
    }
}

#[tokio::test]
async fn verifying_costs_one_argon2id_whatever_is_stored() {
    let test = jane(TEN).await;
    let hashing = &test.gate.hashing;
    for hash in OLD.iter().map(|old| Some(Secret::new(*old))).chain([None]) {
        let before = hashing.evaluated();
        let turn = hashing.turn().await.unwrap();
        let verified = hashing.verify(turn, &Secret::new("wrong"), hash.as_ref()).await;
        assert!(matches!(verified, Ok(Verified::Wrong)));
        assert_eq!(hashing.evaluated() - before, 1);
    }
}

//! `Authorization: Basic` (contract, section 3).

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mapgate_core::http::Failure;
use mapgate_core::table::Event;
use mapgate_tests::gate::TestGate;

use super::who;

fn basic(username: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))
}

async fn gate(basicauth: &str) -> TestGate {
    let test = TestGate::with("  hide_capabilities: false", &[("BASICAUTH", basicauth)]).await;
    test.user("jane", "correct horse", &[], false).await;
    test.user("new", "from the admin", &[], true).await;
    test
}

#[tokio::test]
async fn where_it_is_off_the_header_is_ignored() {
    let test = gate("false").await;
    for header in [
        basic("jane", "correct horse"),
        basic("jane", "wrong"),
        "Basic ???".to_owned(),
    ] {
        assert_eq!(
            who(&test.gate, &[("authorization", &header)]).await.as_deref(),
            Ok("")
        );
    }
}

#[tokio::test]
async fn a_right_one_enters_and_a_wrong_one_never_falls_through() {
    let test = gate("True").await;
    let right = basic("jane", "correct horse");
    assert_eq!(
        who(&test.gate, &[("authorization", &right)]).await.as_deref(),
        Ok("jane")
    );
    for wrong in [
        basic("jane", "wrong"),
        basic("nobody", "correct horse"),
        basic("new", "from the admin"),
        "Basic ???".to_owned(),
        "Basic".to_owned(),
    ] {
        let verdict = who(&test.gate, &[("authorization", &wrong)]).await;
        assert_eq!(verdict, Err(Failure::WrongBasic), "{wrong}");
    }
}

#[tokio::test]
async fn a_verified_credential_is_remembered_for_the_caches_time_and_checked_by_one_at_a_time() {
    let test = gate("1").await;
    let right = basic("jane", "correct horse");
    let before = test.gate.hashing.evaluated();
    let many = (0..20).map(|_| {
        let (gate, right) = (test.gate.clone(), right.clone());
        tokio::spawn(async move { who(&gate, &[("authorization", &right)]).await })
    });
    for one in many.collect::<Vec<_>>() {
        assert_eq!(one.await.expect("no panic").as_deref(), Ok("jane"));
    }
    assert_eq!(test.gate.hashing.evaluated() - before, 1);
    let _ = test.table_requests();
    assert_eq!(
        who(&test.gate, &[("authorization", &right)]).await.as_deref(),
        Ok("jane")
    );
    assert_eq!(
        test.table_requests(),
        Vec::<String>::new(),
        "a map request in the steady state asks nothing"
    );
    test.clock.advance(Duration::from_secs(10));
    assert_eq!(
        who(&test.gate, &[("authorization", &right)]).await.as_deref(),
        Ok("jane")
    );
    assert_eq!(test.gate.hashing.evaluated() - before, 2);
}

#[tokio::test]
async fn an_account_turned_on_again_is_entered_without_waiting_for_the_wrong_ones_quarter_of_an_hour() {
    let test = gate("1").await;
    let right = basic("jane", "correct horse");
    let verdict = async || who(&test.gate, &[("authorization", &right)]).await;
    for (deactivated, expected) in [(true, Err(Failure::WrongBasic)), (false, Ok("jane".to_owned()))] {
        let key = |text: &str| AttributeValue::S(text.to_owned());
        aws_sdk_dynamodb::Client::new(test.gate.aws.config().await)
            .update_item()
            .table_name("mapgate")
            .key("pk", key("user#jane"))
            .key("sk", key("user"))
            .update_expression("SET deactivated = :on")
            .expression_attribute_values(":on", AttributeValue::Bool(deactivated))
            .send()
            .await
            .expect("written");
        test.clock.advance(Duration::from_secs(11));
        assert_eq!(verdict().await, expected);
    }
}

/// The failures that the audit trail has of today.
async fn counted(test: &TestGate) -> usize {
    let day = test.clock.now().rfc3339();
    let entries = test
        .gate
        .table()
        .await
        .audit(&day[..10])
        .await
        .expect("the trail");
    let failed = entries.iter().filter(|entry| entry.event == Event::LoginFailed);
    failed.count()
}

#[tokio::test]
async fn the_identical_wrong_credential_counts_once_in_fifteen_minutes() {
    let vars = "  authentication: {max_consecutive_failures: 3}";
    let test = TestGate::with(vars, &[("BASICAUTH", "yes")]).await;
    test.user("jane", "correct horse", &[], false).await;
    let (wrong, right) = (basic("jane", "wrong"), basic("jane", "correct horse"));
    let before = test.gate.hashing.evaluated();
    let verdict = async || who(&test.gate, &[("authorization", &wrong)]).await;
    for turn in 0..=30 {
        assert_eq!(verdict().await, Err(Failure::WrongBasic));
        assert_eq!(counted(&test).await, 1 + turn / 30, "after {turn} half minutes");
        test.clock.advance(Duration::from_secs(30));
    }
    // Looked at after 0, 1, 3, 7 and 15 minutes.
    assert_eq!(test.gate.hashing.evaluated() - before, 5);
    assert_eq!(
        who(&test.gate, &[("authorization", &right)]).await.as_deref(),
        Ok("jane"),
        "not locked"
    );
}

#[tokio::test]
async fn a_wrong_credential_costs_as_much_for_a_known_name_as_for_an_unknown_one() {
    let test = gate("yes").await;
    let mut costs = Vec::new();
    for username in ["jane", "nobody"] {
        let _ = test.table_requests();
        let mut of_name = Vec::new();
        for password in ["wrong", "wrong again", "wrong"] {
            let wrong = basic(username, password);
            let verdict = who(&test.gate, &[("authorization", &wrong)]).await;
            assert_eq!(verdict, Err(Failure::WrongBasic));
            of_name.push(test.table_requests());
        }
        costs.push(of_name);
    }
    assert_eq!(costs[0], costs[1], "the requests to the table tell who is known");
}

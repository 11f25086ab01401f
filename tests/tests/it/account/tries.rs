//! What the tests of tries share: a gate with Jane, the ways in, and how things stand afterwards.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use mapgate_core::account::{Accounts, From};
use mapgate_core::gate::Gate;
use mapgate_core::secrets::Secrets;
use mapgate_core::settings::Secret;
use mapgate_core::table::{AuditEntry, Event, Transaction, User, UserChange};
use mapgate_tests::gate::{Answer, IDENTIFYING, TestGate, as_function, get, post, with_header};

pub(super) const RIGHT: &str = "correct horse battery";
/// Where the tests' requests come from.
pub(super) const HERE: [u8; 4] = [203, 0, 113, 7];
/// A lockout after ten failures, until someone unlocks.
pub(super) const TEN: &str = "  authentication: {max_consecutive_failures: 10}";
/// The throttle.
pub(super) const THROTTLE: &str = "  hide_capabilities: false";
/// As many as come at once.
pub(super) const MANY: usize = 50;

/// How often each race is run: `MAPGATE_RACES`, else three times.
#[expect(
    clippy::disallowed_methods,
    reason = "who runs the tests says how often, not a setting of mapgate"
)]
pub(super) fn races() -> usize {
    let races = std::env::var("MAPGATE_RACES").ok();
    races.and_then(|races| races.parse().ok()).unwrap_or(3)
}

pub(super) async fn jane(vars: &str) -> TestGate {
    let test = TestGate::with(vars, &[("BASICAUTH", "true")]).await;
    test.user("jane", RIGHT, &[], false).await;
    let _ = test.table_requests();
    test
}

fn router(gate: &Arc<Gate>) -> Router {
    mapgate_login::router(gate.clone())
}

/// Logs in by the form, from 203.0.113.7.
pub(super) async fn log_in(test: &TestGate, username: &str, password: &str) -> Answer {
    log_in_from(test, username, password, HERE.into()).await
}

pub(super) async fn log_in_from(test: &TestGate, username: &str, password: &str, address: IpAddr) -> Answer {
    let request = post("/login", &[("login", username), ("password", password)]);
    test.send_from(router(&test.gate), request, address).await
}

pub(super) async fn status(test: &TestGate, username: &str, password: &str) -> u16 {
    log_in(test, username, password).await.status.as_u16()
}

pub(super) async fn change_password(test: &TestGate, username: &str, old: &str, new: &str) -> Answer {
    let fields = [
        ("login", username),
        ("oldPassword", old),
        ("newPassword", new),
        ("confirmNewPassword", new),
    ];
    test.send(router(&test.gate), post("/loginchangepassword", &fields))
        .await
}

/// `/loginuser` by Basic.
pub(super) async fn basic(test: &TestGate, username: &str, password: &str) -> u16 {
    let credential = STANDARD.encode(format!("{username}:{password}"));
    let request = with_header(get("/loginuser"), "authorization", &format!("Basic {credential}"));
    // Any function would do that asks who a request acts for.
    let answering = test.send(router(&test.gate), request);
    as_function(IDENTIFYING, answering).await.status.as_u16()
}

/// Who the cookies belong to; empty for nobody.
pub(super) async fn who(test: &TestGate, cookies: &str) -> String {
    let request = with_header(get("/loginuser"), "cookie", cookies);
    let answer = test.send(router(&test.gate), request).await;
    answer.json()["username"].as_str().unwrap_or_default().to_owned()
}

/// Logs in with each of the passwords at once, and gives the answers in their order.
pub(super) async fn at_once(
    test: &Arc<TestGate>,
    username: &'static str,
    passwords: Vec<String>,
) -> Vec<StatusCode> {
    let tasks: Vec<_> = passwords
        .into_iter()
        .map(|password| {
            let test = test.clone();
            tokio::spawn(async move { log_in(&test, username, &password).await.status })
        })
        .collect();
    let mut statuses = Vec::new();
    for task in tasks {
        statuses.push(task.await.unwrap());
    }
    statuses
}

pub(super) fn wrong(many: usize) -> Vec<String> {
    (0..many).map(|index| format!("wrong {index}")).collect()
}

pub(super) fn right(many: usize) -> Vec<String> {
    vec![RIGHT.to_owned(); many]
}

pub(super) fn count(statuses: &[StatusCode], status: u16) -> usize {
    statuses.iter().filter(|one| **one == status).count()
}

/// The audit trail of the test's day.
pub(super) async fn trail(test: &TestGate) -> Vec<AuditEntry> {
    let day = test.clock.now().rfc3339();
    let table = test.gate.table().await;
    table.audit(&day[..10]).await.unwrap()
}

/// How many tries were refused for which reason.
pub(super) async fn reasons(test: &TestGate) -> BTreeMap<String, usize> {
    let mut reasons = BTreeMap::new();
    for entry in trail(test).await {
        if entry.event == Event::LoginFailed {
            *reasons.entry(entry.details["reason"].clone()).or_default() += 1;
        }
    }
    reasons
}

/// How many entries of the kind there are.
pub(super) async fn entries(test: &TestGate, event: Event) -> usize {
    trail(test)
        .await
        .iter()
        .filter(|entry| entry.event == event)
        .count()
}

pub(super) async fn user(test: &TestGate, username: &str) -> User {
    test.gate.table().await.user(username).await.unwrap().unwrap()
}

/// Writes one change of the user.
pub(super) async fn set(test: &TestGate, username: &str, change: UserChange) {
    let user = user(test, username).await;
    let table = test.gate.table().await;
    write(table.transaction().change(&user, &change)).await;
}

pub(super) async fn write(transaction: Transaction<'_>) {
    transaction.commit().await.unwrap().unwrap();
}

/// As an administrator unlocks an account.
pub(super) async fn unlock(test: &TestGate, username: &str) {
    let secrets = test.gate.secrets().await.unwrap();
    let attempt = test.gate.accounts(&secrets).await.unlocking(username).unwrap();
    let user = user(test, username).await;
    let change = UserChange {
        locked_at: Some(None),
        ..UserChange::default()
    };
    let table = test.gate.table().await;
    write(table.transaction().change(&user, &change).unlock(&attempt)).await;
}

pub(super) async fn secrets(test: &TestGate) -> Arc<Secrets> {
    test.gate.secrets().await.unwrap()
}

pub(super) async fn accounts<'a>(test: &'a TestGate, secrets: &'a Secrets) -> Accounts<'a> {
    test.gate.accounts(secrets).await
}

pub(super) fn here() -> From {
    From {
        address: HERE.into(),
        way: "form",
    }
}

/// Begins a try and lets it go before its outcome, as a visitor who closes the connection: its place stays taken.
pub(super) async fn abandon(test: &TestGate, username: &str) {
    let secrets = secrets(test).await;
    let accounts = accounts(test, &secrets).await;
    let held = accounts.try_password(username, &Secret::new(RIGHT), here()).await;
    drop(held.unwrap().unwrap());
}

pub(super) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

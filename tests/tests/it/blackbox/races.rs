//! Fifty at once.

use std::sync::Arc;

use mapgate_tests::{Answer, Grant, Setup, Site};

use crate::blackbox::everywhere::harness;

const MANY: usize = 50;

/// What all of them were answered.
async fn at_once<F: Future<Output = Answer> + Send + 'static>(ask: impl Fn(usize) -> F) -> Vec<Answer> {
    let tasks: Vec<_> = (0..MANY).map(|index| tokio::spawn(ask(index))).collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

fn count(answers: &[Answer], status: u16) -> usize {
    answers
        .iter()
        .filter(|answer| answer.status.as_u16() == status)
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_exchanges_of_a_code_one_is_answered_and_its_tokens_are_dead() {
    let site = harness().await;
    let code = site.code("many", "jane").await;
    let answers = at_once(|_| {
        let (site, code) = (site.clone(), code.clone());
        async move { site.exchange("many", &code).await }
    })
    .await;
    assert_eq!((count(&answers, 200), count(&answers, 400)), (1, MANY - 1));
    for answer in answers.iter().filter(|answer| answer.status == 400) {
        answer.is(400, "invalid_grant");
    }
    // The others were second uses.
    let given = answers
        .iter()
        .find(|answer| answer.status == 200)
        .map(Grant::of)
        .unwrap();
    site.refresh("many", &given.refresh_token)
        .await
        .is(400, "invalid_grant");
    let qgis = site
        .anonymous()
        .authorized(format!("Bearer {}", given.access_token));
    qgis.get("/loginuser").await.is(401, "error");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_refreshes_of_a_token_get_one_successor() {
    let site = harness().await;
    let grant = site.grant("many", "jane").await;
    let answers = at_once(|_| {
        let (site, token) = (site.clone(), grant.refresh_token.clone());
        async move { site.refresh("many", &token).await }
    })
    .await;
    assert_eq!(
        count(&answers, 200),
        MANY,
        "{:?}",
        answers.iter().find(|answer| answer.status != 200)
    );
    let first = Grant::of(&answers[0]);
    assert!(
        answers
            .iter()
            .all(|answer| Grant::of(answer).refresh_token == first.refresh_token)
    );
    site.refresh("many", &first.refresh_token)
        .await
        .is(200, "access_token");
}

async fn log_in(site: Arc<Site>, username: &'static str, password: &'static str) -> Answer {
    site.anonymous()
        .post("/login", &[("login", username), ("password", password)])
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_wrong_logins_five_are_looked_at_and_the_owner_elsewhere_enters() {
    let site = Setup::default().vars(BEHIND_A_PROXY).start().await;
    let site = Arc::new(site);
    let answers = at_once(|_| log_in(site.clone(), "jane", "wrong")).await;
    // 503 is what a full house says, and counts for nobody.
    assert_eq!(count(&answers, 401), 5);
    assert_eq!(count(&answers, 429) + count(&answers, 503), MANY - 5);
    log_in(site.clone(), "jane", "lindmatt-jane")
        .await
        .is(429, "too many");
    let elsewhere = site.anonymous().from_address("198.51.100.4");
    let fields = [("login", "jane"), ("password", "lindmatt-jane")];
    elsewhere.post("/login", &fields).await.is(200, "jane");
}

/// The tests' own address may say from where it forwards.
const BEHIND_A_PROXY: &str = "vars: {main_ogc_server: main, intranet: {trusted_proxies: [127.0.0.1]}}\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_right_logins_get_a_ticket_each() {
    let site = harness().await;
    let answers = at_once(|_| log_in(site.clone(), "jane", "lindmatt-jane")).await;
    assert_eq!(count(&answers, 200) + count(&answers, 503), MANY);
    let mut tickets: Vec<String> = answers
        .iter()
        .filter_map(|answer| answer.header("set-cookie"))
        .collect();
    assert_eq!(tickets.len(), count(&answers, 200));
    tickets.sort();
    tickets.dedup();
    assert_eq!(
        tickets.len(),
        count(&answers, 200),
        "each is a session of its own"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_changes_of_a_password_one_holds() {
    let site = Arc::new(Setup::default().vars(BEHIND_A_PROXY).start().await);
    let new = |index: usize| format!("meadow number {index}");
    let answers = at_once(|index| {
        let site = site.clone();
        async move {
            let new = new(index);
            let fields = [
                ("login", "changer"),
                ("oldPassword", "lindmatt-changer"),
                ("newPassword", &new),
                ("confirmNewPassword", &new),
            ];
            site.anonymous().post("/loginchangepassword", &fields).await
        }
    })
    .await;
    assert_eq!(
        count(&answers, 200),
        1,
        "{:?}",
        answers.iter().map(|answer| answer.status).collect::<Vec<_>>()
    );
    let held = answers.iter().position(|answer| answer.status == 200).unwrap();
    let new = new(held);
    // The others came too late with the old password, so this address has to wait.
    let elsewhere = site.anonymous().from_address("198.51.100.4");
    elsewhere
        .post("/login", &[("login", "changer"), ("password", &new)])
        .await
        .is(200, "changer");
}

//! A login over a bare Argon2id.

use std::time::Instant;

use mapgate_core::account::Hashing;
use mapgate_core::random::Random;
use mapgate_core::settings::{self, Secret};

use crate::client::Client;
use crate::median;
use crate::site::Site;

const ROUNDS: usize = 60;

/// Both take turns, so that the machine's moods fall on both.
pub async fn login() {
    let site = Site::start(&[]);
    let client = Client::new();
    let parameters = settings::Argon2 {
        memory_kib: 19_456,
        iterations: 2,
        parallelism: 1,
        concurrent: 1,
    };
    let hashing = Hashing::new(parameters, Random::system()).expect("Argon2id");
    let password = Secret::new("lindmatt-pia");
    let hash = hashing.hash(&password).await.expect("a hash");
    let (mut bare, mut logins) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let turn = hashing.turn().await.expect("a turn");
        hashing
            .verify(turn, &password, Some(&hash))
            .await
            .expect("a verdict");
        bare.push(start.elapsed().as_secs_f64() * 1000.0);
        let start = Instant::now();
        client.cookie(&site.url).await;
        logins.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    let (bare, login) = (median(bare), median(logins));
    println!(
        "login: {login:.1} ms, Argon2id alone {bare:.1} ms: {:.2} times, {:.1} ms more (medians of {ROUNDS})",
        login / bare,
        login - bare
    );
}

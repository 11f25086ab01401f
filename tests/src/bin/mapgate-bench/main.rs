//! Prints ratios measured in one run: a login over a bare Argon2id, the OAuth2 server over others, and the map proxy over
//! nginx's `proxy_pass` before the same MapServer; what the map proxy's memory grows by; and how the functions start. Gives no verdict: the machine may be shared and noisy.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench measures time, prints, and ends where what it leans on is not there"
)]

mod alone;
mod client;
mod cold;
mod contender;
mod login;
mod memory;
mod oauth;
mod proxy;
mod site;
mod wrk;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let only = std::env::args().nth(1);
    if only.as_deref() == Some(alone::ALONE) {
        return alone::serve().await;
    }
    let wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);
    if wanted("login") {
        login::login().await;
    }
    if wanted("oauth") {
        oauth::oauth().await;
    }
    if wanted("proxy") {
        proxy::proxy().await;
    }
    if wanted("memory") {
        memory::memory().await;
    }
    if wanted("cold") {
        cold::cold().await;
    }
}

/// The middle one of some figures.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The first of these programs that is not there.
fn missing<'a>(programs: &[&'a str]) -> Option<&'a str> {
    let is_missing = |program: &&&str| {
        std::process::Command::new(program)
            .arg("--version")
            .output()
            .is_err()
    };
    programs.iter().find(is_missing).copied()
}

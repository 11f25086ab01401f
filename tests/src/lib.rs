//! What the black-box tests and the benches stand on: a running mapgate, those who ask it, and what they are told.
//!
//! ```no_run
//! # async fn example() {
//! use mapgate_tests::Setup;
//!
//! let site = Setup::default().variable("BASICAUTH", "true").start().await;
//! site.user("jane").await.get("/loginuser").await.is(200, "\"username\":\"jane\"");
//! site.anonymous().get("/logout").await.is(401, "error");
//! # }
//! ```
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what goes wrong here is the failure of the test that called"
)]

mod actor;
mod answer;
mod browser;
mod client;
mod function;
pub mod fuzz;
pub mod gate;
mod gateway;
pub mod hostile;
mod large;
mod mail_server;
mod ministack;
mod oauth;
mod program;
mod provider;
mod qgis_server;
mod raw;
mod relay;
mod site;
mod slapd;
mod stack;
pub mod template;

pub use actor::Actor;
pub use answer::Answer;
pub use browser::{Browser, TAB};
pub use client::{client, client_of, python, repository};
pub use function::{Function, Posted, http_api};
pub use gateway::{Gateway, Sent};
pub use large::{LargeServer, QUERIES as LARGE};
pub use mail_server::{Delivered, Does, MailServer, Step};
pub use ministack::Ministack;
pub use oauth::{Grant, Pkce, REDIRECT, code_of, csrf_token, hidden_fields};
pub use program::Program;
pub use provider::Provider;
pub use qgis_server::QgisServer;
pub use raw::{raw, raw_and_away};
pub use relay::{TableRelay, Units};
pub use site::{Place, Setup, Site, free_port, program};
pub use slapd::{Slapd, certificates};
pub use stack::Stack;

/// The seed that a site starts with where a test names none.
pub const SEED: &str = include_str!("../world/seed.yaml");
/// The settings file that a site starts with where a test names none.
pub const VARS: &str = include_str!("../world/vars.yaml");
/// A box of the sample map in EPSG:2056: west, south, east, north.
pub const BOX: [&str; 4] = ["2599940", "1199940", "2601480", "1201020"];

/// The code (RFC 6238) that an authenticator app shows for `secret`, in base32, at that second.
#[must_use]
pub fn totp(secret: &str, seconds: i64) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build_noncompliant();
    totp.generate(seconds.unsigned_abs()).to_string()
}

/// The seconds since 1970 on this machine's clock.
#[must_use]
pub fn now() -> i64 {
    mapgate_core::clock::Clock::system().now().seconds()
}

/// The password of a user of [`SEED`].
#[must_use]
pub fn password(username: &str) -> String {
    match username {
        "newcomer" | "newcomer2" => format!("first-{username}"),
        "zoé" => "grüße-lindmatt".to_owned(),
        other => format!("lindmatt-{other}"),
    }
}

//! The same cases under `cargo lambda watch` before `--services-only`, as `local/README.md` says: there the functions
//! are real Lambda programs, one each, and requests come to them as gateway events.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mapgate_tests::{Place, Program, Setup, Site, free_port, repository};
use tokio::process::Command;

use super::everywhere::Case;
use super::{bad_input, login, mapserv_proxy, oauth};

/// Programs that end in order when the test does, however it does.
struct Watch {
    services: Program,
    watch: Program,
}

impl Drop for Watch {
    fn drop(&mut self) {
        // It ends the functions, each of which has a process group of its own, only when it is interrupted.
        if let Some(id) = self.watch.child.id() {
            std::process::Command::new("kill")
                .args(["-INT", &id.to_string()])
                .status()
                .ok();
        }
        for _ in 0..100 {
            if self.watch.child.try_wait().is_ok_and(|ended| ended.is_some()) {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        self.services.child.start_kill().ok();
    }
}

fn cargo_lambda() -> PathBuf {
    let installed = repository().join(".venv/bin/cargo-lambda");
    if installed.exists() {
        installed
    } else {
        "cargo-lambda".into()
    }
}

/// Starts the services and the watch.
async fn start() -> (Watch, Arc<Site>) {
    let port = free_port();
    let url = format!("http://127.0.0.1:{port}");
    let setup = Setup::default()
        .variable("MAPGATE_BASE_URL", &url)
        .argument("--services-only");
    let mut services = setup.spawn();
    assert!(
        services.line_with("# ready ").await.is_some(),
        "{}",
        services.log()
    );
    let mut command = Command::new(cargo_lambda());
    command
        .args([
            "lambda",
            "watch",
            "--ignore-changes",
            "--disable-cors",
            "--invoke-address",
            "127.0.0.1",
        ])
        .args(["--invoke-port", &port.to_string()])
        .current_dir(repository())
        .env("MAPGATE_IDENTITY_CACHE_SECONDS", "0");
    let log = services.log();
    for line in log.lines().filter_map(|line| line.strip_prefix("export ")) {
        let (name, value) = line.split_once('=').unwrap();
        command.env(name, value.trim_matches('\''));
    }
    let watch = Program::of(command, tempfile::tempdir().unwrap());
    let site = Site::new(url, Place::Elsewhere);
    // Until it listens; nextest ends a test that waits for ever.
    while tokio::net::TcpStream::connect(site.address()).await.is_err() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    (Watch { services, watch }, Arc::new(site))
}

fn cases() -> impl Iterator<Item = &'static Case> {
    login::cases()
        .chain(oauth::cases())
        .chain(mapserv_proxy::cases())
        .chain(bad_input::CASES)
}

#[tokio::test]
async fn every_case_holds_under_cargo_lambda_watch() {
    let (watch, site) = start().await;
    let (mut held, mut failed) = (0, Vec::new());
    for (name, steps) in cases() {
        match tokio::spawn(steps(site.clone())).await {
            Ok(()) => held += 1,
            Err(_) => failed.push(*name),
        }
    }
    let log = watch.watch.log();
    assert!(
        failed.is_empty(),
        "{held} held, these did not: {failed:#?}\n{log}"
    );
    assert_eq!(held, cases().count());
    assert!(held > 50, "{held}");
}

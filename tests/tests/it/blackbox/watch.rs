//! The same cases under `cargo lambda watch` before `--services-only`, as `local/README.md` says: there the functions
//! are real Lambda programs, one each, and requests come to them as gateway events.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mapgate_tests::{Place, Program, Setup, Site, free_port, python, repository};
use tokio::process::Command;

use super::everywhere;

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
    let installed = python().with_file_name("cargo-lambda");
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
    let services = Setup::default().services(&url).await;
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
    command.envs(services.exported());
    let watch = Program::of(command, tempfile::tempdir().unwrap());
    let site = Site::new(url, Place::Elsewhere);
    // Until it listens; nextest ends a test that waits for ever.
    while tokio::net::TcpStream::connect(site.address()).await.is_err() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    (Watch { services, watch }, Arc::new(site))
}

#[tokio::test]
async fn every_case_holds_under_cargo_lambda_watch() {
    let (watch, site) = start().await;
    everywhere::all_hold(&site, || watch.watch.log()).await;
}

//! Cold starts: each function's release program under a runtime API of Lambda's kind, beside a bare function.

use std::path::Path;
use std::time::Instant;

use mapgate_local::harness::FUNCTIONS;
use mapgate_tests::{Function, Setup, http_api};
use tokio::process::Command;

use crate::median;

const TURNS: usize = 11;

/// What is measured of one program, in milliseconds and MB.
struct Start {
    asks: Vec<f64>,
    answers: Vec<f64>,
    resident: Vec<f64>,
    zip: f64,
}

pub async fn cold() {
    let own = std::env::current_exe().expect("the bench's own path");
    let folder = own.parent().expect("a folder");
    let services = Setup::default().services("http://maps.example.com").await;
    let variables = services.exported();
    let health = |name: &str| format!("/health/{name}");
    let mut programs = vec![("bare", folder.join("examples/bare"), "/".to_owned())];
    programs.extend(FUNCTIONS.map(|(name, ..)| (name, folder.join(name), health(name))));
    let mut starts: Vec<Start> = Vec::new();
    for (name, program, _) in &programs {
        if !program.exists() {
            println!("cold start: SKIPPED, {name} is not built");
            return;
        }
        starts.push(Start {
            asks: Vec::new(),
            answers: Vec::new(),
            resident: Vec::new(),
            zip: zipped(program),
        });
    }
    // In turns, so that a busy moment of the machine meets all alike. The first fills the caches of files.
    for turn in 0..=TURNS {
        for ((_, program, path), start) in programs.iter().zip(&mut starts) {
            let mut command = Command::new(program);
            command
                .env_clear()
                .envs(variables.iter().map(|(name, value)| (name, value)))
                .env("AWS_LAMBDA_FUNCTION_NAME", "cold");
            let begun = Instant::now();
            let mut function = Function::of(command).await;
            function.asks().await;
            let asks = begun.elapsed();
            let answer = function.invoke(http_api(path, "")).await;
            let answers = begun.elapsed();
            assert_eq!(answer.json()["statusCode"], 200, "{path}");
            if turn > 0 {
                start.asks.push(asks.as_secs_f64() * 1000.0);
                start.answers.push(answers.as_secs_f64() * 1000.0);
                start.resident.push(function.program().resident_memory());
            }
        }
    }
    let base = median(starts[0].asks.clone());
    for ((name, ..), start) in programs.iter().zip(starts) {
        let asks = median(start.asks);
        println!(
            "cold start: {name:<16} asks for an event after {asks:5.1} ms ({:.1} × bare), answers after {:5.1} ms, {:4.1} MB \
             resident, {:.1} MB zipped",
            asks / base,
            median(start.answers),
            median(start.resident),
            start.zip
        );
    }
}

/// The size of a program's zip in MB, as it is uploaded.
fn zipped(program: &Path) -> f64 {
    let folder = tempfile::tempdir().expect("a folder");
    let zip = folder.path().join("function.zip");
    let made = std::process::Command::new("python3")
        .args(["-m", "zipfile", "-c"])
        .arg(&zip)
        .arg(program)
        .status();
    assert!(made.is_ok_and(|made| made.success()), "python3 makes zips");
    let length = std::fs::metadata(zip).expect("a zip").len();
    #[expect(clippy::cast_precision_loss, reason = "a length of a few MB")]
    let length = length as f64;
    length / 1_000_000.0
}

//! `mapgate-local`: runs all of mapgate on this machine, or looks at one that runs elsewhere.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::Parser as _;
use mapgate_core::aws::Aws;
use mapgate_core::lambda::log_filter;
use mapgate_core::settings::Environment;
use mapgate_local::doctor::{self, State};
use mapgate_local::harness::Harness;
use mapgate_local::options::{Command, DoctorOptions, Line, Options};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

fn main() -> ExitCode {
    let line = Line::parse();
    let done = match &line.command {
        // The embedded table warns of every condition that fails, which is how conditions work.
        None => {
            log("info,dynoxide=error");
            run(&line.options).map(|()| ExitCode::SUCCESS)
        }
        // What it finds is what it says.
        Some(Command::Doctor(options)) => {
            log("off");
            look(options)
        }
    };
    done.unwrap_or_else(|fault| {
        // Where standard error is closed there is nobody to tell.
        let _ = writeln!(io::stderr(), "{fault:#}");
        ExitCode::FAILURE
    })
}

/// Unlike a function's JSON, this log is read by people.
fn log(usual: &str) {
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    tracing_subscriber::registry()
        .with(lines)
        .with(log_filter(usual))
        .init();
}

#[tokio::main]
async fn run(options: &Options) -> anyhow::Result<()> {
    // Before anything starts, so that an early Ctrl-C, too, ends it in order.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut asked_to_end = async || tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} };
    let harness = tokio::select! {
        harness = Harness::start(options, Environment::of_process()) => harness?,
        () = asked_to_end() => return Ok(()),
    };
    let mut output = io::stdout();
    output.write_all(harness.greeting().as_bytes())?;
    output.flush()?;
    asked_to_end().await;
    harness.stop().await;
    Ok(())
}

#[tokio::main]
async fn look(options: &DoctorOptions) -> anyhow::Result<ExitCode> {
    let report = doctor::examine(options, Environment::of_process(), Aws::default()).await;
    let text = if options.json {
        serde_json::to_string_pretty(report.findings())? + "\n"
    } else {
        report.to_string()
    };
    let mut output = io::stdout();
    output.write_all(text.as_bytes())?;
    output.flush()?;
    Ok(match report.count(State::Wrong) {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

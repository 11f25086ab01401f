//! `manage-users`: makes users, sets passwords anew, brings data from GeoMapFish.

use std::io::{self, Write as _};
use std::process::ExitCode;

use mapgate_core::lambda::log_filter;
use mapgate_local::manage_users::{Command, run};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

fn main() -> ExitCode {
    let command = match Command::of_process() {
        Ok(command) => command,
        Err(answer) => return answer.print(),
    };
    // Silent unless asked: what goes wrong is one line.
    tracing_subscriber::registry()
        .with(tracing_subscriber::fmt::layer().with_writer(io::stderr))
        .with(log_filter("off"))
        .init();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = runtime
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(run(command, &mut io::stdout())));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            // Where standard error is closed there is nobody to tell.
            let line = format!("{fault:#}").replace('\n', "; ");
            let _ = writeln!(io::stderr(), "{line}");
            ExitCode::FAILURE
        }
    }
}

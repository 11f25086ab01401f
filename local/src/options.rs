//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Runs all of mapgate on this machine: its table, a mail catcher, a sample map server and every function. Or does what a
/// command says.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "mapgate-local",
    version,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true
)]
pub struct Line {
    /// Something else than to run.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to run.
    #[command(flatten)]
    pub options: Options,
}

/// What `mapgate-local` does beside running mapgate.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Looks at a deployment or at a running harness, and says in one line each what it finds and what to do
    ///
    /// It looks at settings, secret, table, mail, clock, metadata and cookies, asks each map server and mapgate before it for
    /// what they list, as a stranger, and tells of every private name that the answer shows. The environment is that of the
    /// functions: `MAPGATE_SETTINGS`, `MAPGATE_TABLE`, `MAPGATE_SECRETS`, `MAPGATE_BASE_URL` and the variables of AWS. It changes nothing
    /// and prints no secret. The exit code is 1 where something is wrong; warnings leave it 0.
    Doctor(DoctorOptions),
}

/// What the doctor looks at.
#[derive(Debug, Clone, Default, Args)]
pub struct DoctorOptions {
    /// A settings file to look at in place of the one that `MAPGATE_SETTINGS` names.
    #[arg(long, value_name = "FILE")]
    pub settings: Option<PathBuf>,
    /// Where mapgate is asked, in place of `MAPGATE_BASE_URL`.
    #[arg(long, value_name = "BASE_URL")]
    pub url: Option<String>,
    /// Prints what is found as a JSON array of objects with state, subject, found and `to_do`.
    #[arg(long)]
    pub json: bool,
}

/// Runs all of mapgate on this machine: its table, a mail catcher, a sample map server and every function.
#[derive(Debug, Clone, Parser)]
pub struct Options {
    /// Where the portal listens; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Keeps users, keys and mails in this folder; without it they last as long as the program.
    #[arg(long, value_name = "FOLDER")]
    pub data: Option<PathBuf>,
    /// A settings file, `vars.yaml`.
    #[arg(long, value_name = "FILE")]
    pub settings: Option<PathBuf>,
    /// A seed file: the roles, users, clients and OGC servers to start with, in place of the demo's.
    #[arg(long, value_name = "FILE")]
    pub seed: Option<PathBuf>,
    /// Hands mails to the settings' mail server, or to SES where they name none, instead of catching them.
    #[arg(long)]
    pub smtp: bool,
    /// Starts only the table, the mail catcher and the map server, for cargo lambda watch.
    #[arg(long)]
    pub services_only: bool,
}

//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;

/// Runs all of mapgate on this machine: its table, a mail catcher, a sample map server and every function.
#[derive(Debug, Clone, Parser)]
#[command(name = "mapgate-local", version)]
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

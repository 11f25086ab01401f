//! The operator's tool `manage-users` (contract, section 11), with GeoMapFish's own options.

mod command;
mod keys;
mod settings;
mod url_login;
mod user;

use std::io::{BufRead as _, Write};

use anyhow::{Context as _, anyhow, bail};
use mapgate_core::account::is_username;
use mapgate_core::gate::Gate;
use mapgate_core::lambda::gate_of_environment;
use mapgate_core::secrets::Secrets;
use mapgate_core::settings::{Secret, is_email_address};

pub use command::{Answer, Command};

/// Does what `command` asks, in the environment that the functions have too, and tells `output` what it did. Passwords
/// are never told.
pub async fn run(command: Command, output: &mut impl Write) -> anyhow::Result<()> {
    // The settings of before may be what is wrong.
    if let Command::Settings(asked) = &command {
        return settings::write(&asked.file, output).await;
    }
    let gate = gate_of_environment().await;
    let gate = gate.map_err(|faults| anyhow!(faults.join("; ")))?;
    match command {
        Command::User(asked) => user::manage(&gate, asked, output).await,
        Command::UrlLogin(asked) => url_login::make(&gate, asked, output),
        Command::Keys => keys::make_or_rotate(&gate, output).await,
        Command::Settings(_) => Ok(()),
        Command::Import(asked) => crate::import::import(&gate, &asked.file, output).await,
    }
}

/// The keys, or why they cannot be read.
pub(crate) async fn secrets(gate: &Gate) -> anyhow::Result<Secrets> {
    let secrets = gate.read_secrets().await;
    secrets.map_err(|reason| anyhow!("the keys of MAPGATE_SECRETS cannot be read: {reason}"))
}

/// The password as given, or for `-` the first line of standard input: arguments can be seen by others on the machine.
fn given(password: Secret) -> anyhow::Result<Secret> {
    if password.expose() != "-" {
        return Ok(password);
    }
    let mut line = zeroize::Zeroizing::new(String::new());
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .context("the password cannot be read from standard input")?;
    Ok(Secret::new(line.trim_end_matches(['\r', '\n'])))
}

/// Refuses a name that nobody could log in with.
pub(crate) fn check_username(username: &str) -> anyhow::Result<()> {
    if !is_username(username) {
        bail!("a user name has 1 to 255 bytes, no control characters, and no space around it");
    }
    Ok(())
}

/// Refuses what no mail can be sent to.
pub(crate) fn check_email(email: &str) -> anyhow::Result<()> {
    if !is_email_address(email) {
        bail!("{email:?} is no e-mail address");
    }
    Ok(())
}

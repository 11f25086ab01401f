//! `manage-users urllogin`: a token for `auth=`.

use std::io::Write;
use std::time::Duration;

use anyhow::{Context as _, bail};
use mapgate_core::gate::Gate;
use mapgate_core::session::UrlLogin;

use super::command::UrlLoginArguments;
use super::{check_username, given};

const DAY: Duration = Duration::from_hours(24);

/// Prints the token, and the URL with it. Whether the password is right shows when the URL is opened.
pub(super) fn make(gate: &Gate, asked: UrlLoginArguments, output: &mut impl Write) -> anyhow::Result<()> {
    let urllogin = gate.settings.urllogin.as_ref();
    let urllogin =
        urllogin.context("vars.urllogin.aes_key is not set, so that nobody would take the token")?;
    if gate.settings.authentication.two_factor {
        bail!("vars.authentication.two_factor is on: then a URL logs nobody in");
    }
    check_username(&asked.user)?;
    let login = UrlLogin {
        username: asked.user,
        password: given(asked.password)?,
        expires_at: gate.clock.now().plus(DAY * asked.days),
    };
    let token = login.encode(&urllogin.aes_key, &gate.random)?;
    let url = gate.settings.base_url.join("/");
    writeln!(output, "{}", token.expose())?;
    writeln!(output, "{url}?auth={}", token.expose())?;
    writeln!(output, "good until {}", login.expires_at.rfc3339())?;
    Ok(())
}

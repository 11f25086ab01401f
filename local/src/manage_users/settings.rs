//! `manage-users settings FILE`: the settings into the secret that the functions read.

use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use mapgate_core::aws::Aws;
use mapgate_core::settings::{Environment, Settings, SettingsSource, load};

/// Checks the file with the environment that the functions have too, and writes it to the secret of `MAPGATE_SETTINGS`. Secrets
/// Manager keeps what was there as `AWSPREVIOUS`.
///
/// Refuses a file that a function would not start with, and one that `extends` another: a secret has no folder.
pub(super) async fn write(file: &Path, output: &mut impl Write) -> anyhow::Result<()> {
    let environment = Environment::of_process();
    let Some(SettingsSource::SecretsManager(id)) = Settings::source(&environment) else {
        bail!("MAPGATE_SETTINGS names no secret (secretsmanager:ID)");
    };
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).with_context(|| format!("{name} cannot be read"))?;
    let other = |path: &str| Err(format!("{path}: a secret stands alone"));
    let settings = load(&environment, Some((&name, &text)), &other);
    let settings = settings.map_err(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        anyhow!(faults.join("; "))
    })?;
    let aws = Aws::default();
    let client = aws_sdk_secretsmanager::Client::new(aws.config().await);
    let put = client.put_secret_value().secret_id(&id).secret_string(text);
    put.send().await.map_err(aws_sdk_secretsmanager::Error::from)?;
    for warning in settings.warnings() {
        writeln!(output, "warning: {warning}")?;
    }
    writeln!(
        output,
        "{name} is written to {id}; functions that start from now on read it"
    )?;
    Ok(())
}

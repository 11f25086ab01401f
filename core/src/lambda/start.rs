//! From the environment to a gate.

use tracing_subscriber::EnvFilter;

use crate::aws::Aws;
use crate::clock::Clock;
use crate::gate::Gate;
use crate::random::Random;
use crate::settings::{Environment, Settings, SettingsSource, load};

/// Logs as JSON lines to standard error, at the level of `RUST_LOG` (default `info`). Once a process.
pub fn log() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // A second call finds the first one's log in place, which is as good.
    let _ = subscriber.json().try_init();
}

/// The gate of the process's own environment; every fault is one readable line.
pub async fn gate_of_environment() -> Result<Gate, Vec<String>> {
    gate_of(&Environment::of_process(), Aws::default()).await
}

/// The gate of an environment, with the system's clock and randomness.
pub async fn gate_of(environment: &Environment, aws: Aws) -> Result<Gate, Vec<String>> {
    let settings = settings(environment, &aws).await?;
    for warning in settings.warnings() {
        tracing::warn!("{warning}");
    }
    let mut gate = Gate::new(settings, aws, Clock::system(), Random::system())
        .map_err(|error| error.to_string().lines().map(str::to_owned).collect::<Vec<_>>())?;
    // Lambda sets it, `cargo lambda watch` does not.
    if environment.get("LAMBDA_TASK_ROOT").is_some() {
        gate.outbound = gate.outbound.without_local_addresses();
    }
    Ok(gate)
}

async fn settings(environment: &Environment, aws: &Aws) -> Result<Settings, Vec<String>> {
    let read = |path: &str| std::fs::read_to_string(path).map_err(|error| error.to_string());
    let file = match Settings::source(environment) {
        None => None,
        Some(SettingsSource::Path(path)) => {
            let name = path.display().to_string();
            let text = read(&name).map_err(|error| vec![format!("MAPGATE_SETTINGS: {name}: {error}")])?;
            Some((name, text))
        }
        Some(SettingsSource::SecretsManager(id)) => {
            let client = aws_sdk_secretsmanager::Client::new(aws.config().await);
            let answer = client.get_secret_value().secret_id(&id).send().await;
            let text = answer.map_err(|error| aws_sdk_secretsmanager::Error::from(error).to_string());
            let text = text.and_then(|answer| answer.secret_string.ok_or("it holds no text".to_owned()));
            Some((
                id,
                text.map_err(|error| vec![format!("MAPGATE_SETTINGS: {error}")])?,
            ))
        }
    };
    let file = file.as_ref().map(|(name, text)| (name.as_str(), text.as_str()));
    load(environment, file, &read).map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

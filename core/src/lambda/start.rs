//! From the environment to a gate.

use tracing_subscriber::EnvFilter;

use crate::aws::{Aws, reason};
use crate::clock::Clock;
use crate::gate::Gate;
use crate::outbound::Addresses;
use crate::random::Random;
use crate::settings::{Environment, Settings, SettingsSource, load};

/// Logs as JSON lines to standard error, at the level of `RUST_LOG` (default `info`). Once a process.
pub fn log() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(printable(filter))
        .with_writer(std::io::stderr);
    // A second call finds the first one's log in place, which is as good.
    let _ = subscriber.json().try_init();
}

/// What libraries print at the level `trace`: whole events and answers, with passwords, cookies and hashes.
const UNPRINTABLE: [&str; 5] = [
    "aws_smithy_runtime::client::orchestrator=info",
    "aws_smithy_runtime::client::orchestrator::http=info",
    "lambda_runtime::layers::api_response=info",
    "lambda_runtime::requests=info",
    "dynoxide::server=error",
];

/// A log filter that, whatever was asked, lets no whole events through, nor what the table answers.
#[must_use]
pub fn printable(filter: EnvFilter) -> EnvFilter {
    let unprintable = UNPRINTABLE.iter().filter_map(|target| target.parse().ok());
    unprintable.fold(filter, EnvFilter::add_directive)
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
        gate.outbound = gate.outbound.limited_to(Addresses::NotLocal);
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
            let text = answer.map_err(|error| reason(&error));
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

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(asked: &str) -> String {
        let written = Written::default();
        let made = written.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(printable(EnvFilter::new(asked)))
            .with_writer(move || made.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            tracing::trace!(target: "aws_smithy_runtime::client::orchestrator", "secret");
            tracing::trace!(target: "aws_smithy_runtime::client::orchestrator::http", "secret");
            tracing::trace!(target: "lambda_runtime::layers::api_response", "secret");
            tracing::trace!(target: "lambda_runtime::requests", "secret");
            tracing::trace!(target: "dynoxide::server", "secret");
            tracing::trace!(target: "mapgate_core", "traced");
            tracing::info!(target: "mapgate_core", "told");
        });
        String::from_utf8(written.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn whole_events_and_answers_are_never_logged() {
        for asked in [
            "trace",
            "aws_smithy_runtime=trace,lambda_runtime=trace,dynoxide=trace",
            "aws_smithy_runtime::client::orchestrator::http=trace,lambda_runtime::layers::api_response=trace",
        ] {
            assert!(!logged(asked).contains("secret"), "{asked}");
        }
    }

    #[test]
    fn the_rest_is_logged_as_asked() {
        assert!(logged("trace").contains("traced"));
        assert!(logged("info").contains("told") && !logged("info").contains("traced"));
    }
}

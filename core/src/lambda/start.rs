//! From the environment to a gate.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{fmt, registry};

use crate::aws::{Aws, reason};
use crate::clock::Clock;
use crate::gate::Gate;
use crate::outbound::Addresses;
use crate::random::Random;
use crate::settings::{Environment, Settings, SettingsSource, load};

/// Logs as JSON lines to standard error, at the level of `RUST_LOG` (default `info`). Once a process.
pub fn log() {
    let lines = fmt::layer().json().with_writer(std::io::stderr);
    // A second call finds the first one's log in place, which is as good.
    let _ = registry().with(lines).with(log_filter("info")).try_init();
}

/// What `RUST_LOG` asks for, levels by target (`info,mapgate_core=debug`), or else `usual`; and never more than may be printed.
/// Directives for spans (`[…]`) are left out: one would win over what may not be printed.
#[must_use]
pub fn log_filter(usual: &str) -> Targets {
    let environment = Environment::of_process();
    let asked = environment.get("RUST_LOG").unwrap_or_default();
    printable(targets(asked).or_else(|| targets(usual)).unwrap_or_default())
}

/// Nothing where there is no directive, or one that is none.
fn targets(text: &str) -> Option<Targets> {
    let directives = text.split(',').map(str::trim);
    let directives: Vec<&str> = directives
        .filter(|directive| !directive.is_empty() && !directive.contains('['))
        .collect();
    if directives.is_empty() {
        return None;
    }
    directives.join(",").parse().ok()
}

/// What libraries print at the level `trace`: whole events and answers, with passwords, cookies and hashes.
const UNPRINTABLE: [(&str, LevelFilter); 5] = [
    ("aws_smithy_runtime::client::orchestrator", LevelFilter::INFO),
    (
        "aws_smithy_runtime::client::orchestrator::http",
        LevelFilter::INFO,
    ),
    ("lambda_runtime::layers::api_response", LevelFilter::INFO),
    ("lambda_runtime::requests", LevelFilter::INFO),
    ("dynoxide::server", LevelFilter::ERROR),
];

/// A log filter that, whatever was asked, lets no whole events through, nor what the table answers. A silent one stays silent.
fn printable(filter: Targets) -> Targets {
    if filter.default_level() == Some(LevelFilter::OFF) && filter.iter().next().is_none() {
        return filter;
    }
    filter.with_targets(UNPRINTABLE)
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
        let lines = fmt::layer().with_writer(move || made.clone());
        let subscriber = registry().with(lines).with(printable(targets(asked).unwrap()));
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
            "aws_smithy_runtime::client::orchestrator[{request}]=trace,lambda_runtime::requests[a]=trace,trace",
        ] {
            assert!(!logged(asked).contains("secret"), "{asked}");
        }
    }

    #[test]
    fn the_rest_is_logged_as_asked() {
        assert!(logged("trace").contains("traced"));
        for asked in ["info", "info,", " info , mapgate_core=info"] {
            assert!(
                logged(asked).contains("told") && !logged(asked).contains("traced"),
                "{asked}"
            );
        }
        assert!(!logged("off").contains("told"));
    }

    #[test]
    fn what_is_no_filter_is_none() {
        for asked in ["", " , ", "mapgate_core=loud", "mapgate_core[span]=debug"] {
            assert!(targets(asked).is_none(), "{asked}");
        }
    }
}

//! `mapgate-local doctor`: looks at a deployment as its operator sees it and as a stranger does, and says in one line each
//! what it finds and what to do. It changes nothing and prints no secret.

mod asking;
mod backends;
mod mail;
mod metadata;
mod names;
mod proxy;
mod report;
mod secret;
mod settings;
mod site;
mod table;

use std::sync::Arc;
use std::time::Duration;

use mapgate_core::aws::Aws;
use mapgate_core::clock::Clock;
use mapgate_core::gate::Gate;
use mapgate_core::lambda::gate_of;
use mapgate_core::outbound::Outbound;
use mapgate_core::settings::{BaseUrl, Environment, HttpOptions};

use crate::options::DoctorOptions;
use asking::Asker;
pub use report::{Finding, Report, State};

/// How long a site of which the settings are unknown may take.
const PATIENCE: Duration = Duration::from_secs(25);

/// Looks at all of it, in the environment that the functions have too.
pub async fn examine(options: &DoctorOptions, mut environment: Environment, aws: Aws) -> Report {
    let mut report = Report::default();
    if let Some(path) = &options.settings {
        environment.extend([("MAPGATE_SETTINGS", path.display().to_string())]);
    }
    let gate = match gate_of(&environment, aws).await {
        Ok(gate) => {
            settings::look(&gate.settings, &environment, &mut report);
            Some(Arc::new(gate))
        }
        Err(faults) => {
            settings::faults(&faults, &mut report);
            None
        }
    };
    let secrets = match &gate {
        Some(gate) => {
            let secrets = secret::look(gate, &mut report).await;
            table::look(gate, &mut report).await;
            mail::look(gate, secrets.as_ref(), &mut report).await;
            secrets
        }
        None => None,
    };
    let Some(url) = base_url(options, gate.as_deref(), &environment, &mut report) else {
        return report;
    };
    let outbound = gate
        .as_ref()
        .map_or_else(outbound, |gate| gate.outbound.checked());
    let clock = Clock::system();
    let asker = Asker {
        outbound: &outbound,
        clock: &clock,
    };
    let issuer = gate.as_ref().map_or(&url, |gate| &gate.settings.base_url);
    let site = site::look(asker, &url, gate.as_deref(), &environment, &mut report).await;
    if site.is_some() {
        metadata::look(asker, &url, issuer, secrets.as_ref(), &mut report).await;
    }
    if let Some(gate) = &gate {
        backends::look(gate, asker, site.as_ref(), &mut report).await;
    }
    report
}

/// Where mapgate is asked: `--url`, else the settings' own, else what the environment says whatever else is wrong with it.
fn base_url(
    options: &DoctorOptions,
    gate: Option<&Gate>,
    environment: &Environment,
    report: &mut Report,
) -> Option<BaseUrl> {
    let own = gate.map(|gate| gate.settings.base_url.clone());
    let Some(asked) = &options.url else {
        return own.or_else(|| BaseUrl::parse(environment.get("MAPGATE_BASE_URL")?).ok());
    };
    match BaseUrl::parse(asked) {
        Ok(url) => {
            if let Some(own) = own.filter(|own| *own != url) {
                let found = format!(
                    "asked at {}, but MAPGATE_BASE_URL is {}",
                    url.as_str(),
                    own.as_str()
                );
                let to_do = "ask without --url once that name leads here: links and tokens name MAPGATE_BASE_URL alone";
                report.warning("url", found, to_do);
            }
            Some(url)
        }
        Err(fault) => {
            report.wrong(
                "url",
                format!("--url: {fault}"),
                "write it as https://map.example.com",
            );
            None
        }
    }
}

fn outbound() -> Outbound {
    Outbound::new(HttpOptions {
        verify: true,
        timeout: PATIENCE,
    })
}

//! The whole of mapgate in one process: the services, the table with its seed, and all functions on one port.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use axum::Router;
use mapgate_core::aws::Aws;
use mapgate_core::gate::Gate;
use mapgate_core::http::front;
use mapgate_core::lambda::gate_of;
use mapgate_core::settings::Environment;
use tokio::net::TcpListener;

use crate::greeting;
use crate::options::Options;
use crate::page;
use crate::places;
use crate::seed::Seed;
use crate::sending::Sending;
use crate::service::Service;
use crate::services::Services;
use crate::sowing::sow;

/// Where `cargo lambda watch` serves the functions.
const WATCH: &str = "http://127.0.0.1:9000";

/// A running harness.
#[derive(Debug)]
pub struct Harness {
    portal: Service,
    sending: Option<Sending>,
    services: Services,
    gate: Arc<Gate>,
    greeting: String,
}

impl Harness {
    /// Starts everything that `options` ask for; variables that `environment` sets win over the harness's own.
    pub async fn start(options: &Options, mut environment: Environment) -> anyhow::Result<Self> {
        let seed = Seed::read(options.seed.as_deref())?;
        let listener = listen(options.listen).await?;
        let address = listener.local_addr()?;
        let base_url = if options.services_only {
            WATCH.to_owned()
        } else {
            reachable(address)
        };
        let services = Services::start(options, &environment).await?;
        let variables = services.variables(options, &environment, &seed, &base_url, &reachable(address))?;
        environment.extend(variables.iter().cloned());
        let gate = gate_of(&environment, aws(services.endpoint()));
        let gate = Arc::new(gate.await.map_err(|faults| anyhow!(faults.join("\n")))?);
        if options.smtp && gate.settings.smtp.is_none() && services.endpoint().is_some() {
            bail!("--smtp: the settings have no smtp, and beside the embedded table no SES is reached");
        }
        gate.table().await.create_if_missing().await?;
        sow(&seed, &gate, services.map.url()).await.context("the seed")?;

        let mails = page::mails(services.mails.clone());
        let (greeting, router) = if options.services_only {
            (greeting::of_services(&variables, &services.map, address), mails)
        } else {
            let base_url = gate.settings.base_url.as_str();
            let demo = options.seed.is_none();
            let has_place = gate.settings.resourceproxy.targets.contains_key(places::TARGET);
            let resource = has_place.then_some(places::EXAMPLE);
            // So that the doctor and manage-users find what runs here.
            let environment = services.leave_environment(&greeting::exports(&variables))?;
            let map = &services.map;
            let greeting = greeting::of_portal(base_url, map, &seed, demo, resource, &environment, address);
            let router = mails
                .merge(page::portal(seed.main_server(), resource)?)
                .merge(functions(&gate));
            (greeting, front(router, &gate.settings))
        };
        let portal = Service::http(listener, router)?;
        // Under `cargo lambda watch` the functions are elsewhere, the sender among them.
        let sending = (!options.services_only).then(|| Sending::start(gate.clone()));
        Ok(Self {
            portal,
            sending,
            services,
            gate,
            greeting,
        })
    }

    /// What to tell who started it: where to look, and how to log in. Ends with the line `ready …`.
    #[must_use]
    pub fn greeting(&self) -> &str {
        &self.greeting
    }

    /// Where it listens: `http://` and the address.
    #[must_use]
    pub fn url(&self) -> String {
        self.portal.url()
    }

    /// What the functions hold.
    #[must_use]
    pub fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    /// The services around the functions.
    #[must_use]
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// Finishes the requests under way, ends all, and removes what does not last.
    pub async fn stop(self) {
        self.portal.stop().await;
        if let Some(sending) = self.sending {
            sending.stop().await;
        }
        self.services.stop().await;
    }
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    listener.with_context(|| format!("cannot listen on {address} (--listen 127.0.0.1:0 takes a free port)"))
}

/// A URL of this machine: one cannot go to 0.0.0.0.
fn reachable(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip([127, 0, 0, 1].into());
    }
    format!("http://{address}")
}

/// A configuration that knows no other AWS than the embedded table, so that nothing reaches a real account by
/// mistake; the environment's own where it names an endpoint.
fn aws(endpoint: Option<String>) -> Aws {
    endpoint.map_or_else(Aws::default, |endpoint| Aws::at(&endpoint))
}

/// A function: its name, every path that it serves, and its router.
pub type Function = (&'static str, &'static [&'static str], fn(Arc<Gate>) -> Router);

/// All functions.
pub const FUNCTIONS: [Function; 7] = [
    ("login", mapgate_login::ROUTES, mapgate_login::router),
    (
        "oauth-authorize",
        mapgate_oauth_authorize::ROUTES,
        mapgate_oauth_authorize::router,
    ),
    (
        "oauth-token",
        mapgate_oauth_token::ROUTES,
        mapgate_oauth_token::router,
    ),
    (
        "mapserver-proxy",
        mapgate_mapserver_proxy::ROUTES,
        mapgate_mapserver_proxy::router,
    ),
    (
        "resourceproxy",
        mapgate_resourceproxy::ROUTES,
        mapgate_resourceproxy::router,
    ),
    (
        "reset-password",
        mapgate_reset_password::ROUTES,
        mapgate_reset_password::router,
    ),
    ("admin", mapgate_admin::ROUTES, mapgate_admin::router),
];

/// The routers of all functions, as one.
fn functions(gate: &Arc<Gate>) -> Router {
    FUNCTIONS.into_iter().fold(Router::new(), |all, (_, _, router)| {
        all.merge(router(gate.clone()))
    })
}

#[cfg(test)]
mod tests;

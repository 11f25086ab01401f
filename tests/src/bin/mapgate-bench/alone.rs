//! The map proxy alone, in a process of its own: the function's router without the harness around it, and its table in
//! another process.

use std::sync::Arc;

use mapgate_core::http::front;
use mapgate_core::lambda::gate_of_environment;
use mapgate_local::service::{Service, loopback};
use mapgate_tests::{Program, Setup};

use crate::site::{SERVER_CORE, Site, own_path, pinned};

/// What the bench is called with to be that process.
pub const ALONE: &str = "map-proxy-alone";

/// The map proxy, and the harness's services that it needs.
pub struct Alone {
    pub proxy: Site,
    _services: Program,
}

impl Alone {
    /// Starts both, with the servers of this seed.
    pub async fn start(seed: &str) -> Self {
        let services = Setup::default()
            .seed(seed)
            .services("http://maps.example.com")
            .await;
        let mut proxy = pinned(SERVER_CORE, own_path());
        proxy.arg(ALONE).envs(services.exported());
        Self {
            proxy: Site::of(proxy),
            _services: services,
        }
    }
}

/// Is that process, until it is ended.
pub async fn serve() {
    let gate = Arc::new(
        gate_of_environment()
            .await
            .expect("the environment of the services"),
    );
    let router = front(mapgate_mapserver_proxy::router(gate.clone()), &gate.settings);
    let listener = loopback().await.expect("a port");
    let service = Service::http(listener, router).expect("it serves");
    println!("ready {}", service.url());
    std::future::pending::<()>().await;
}

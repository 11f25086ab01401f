//! The servers' trees of layers, read from their own capabilities.

use std::sync::Arc;

use mapgate_core::gate::Gate;
use mapgate_core::map_server::{NotAnswered, read_layers};
use mapgate_core::ogc::{Service, Tree};

use crate::readings::Readings;

/// The trees read lately, by the server's URL and service.
#[derive(Default)]
pub struct Trees(Readings<(String, Service), Tree, NotAnswered>);

impl Trees {
    /// The tree of a service, read from the server as itself, without anything of a user.
    ///
    /// Refuses where it cannot be read: without it nobody knows what a name means.
    pub async fn read(
        &self,
        gate: &Arc<Gate>,
        url: &str,
        service: Service,
    ) -> Result<Arc<Tree>, NotAnswered> {
        let limit = gate.settings.http_options.timeout;
        let fetch = || {
            let (gate, url) = (gate.clone(), url.to_owned());
            async move { read_layers(&gate.outbound, limit, &url, service).await }
        };
        let key = (url.to_owned(), service);
        self.0.read(&gate.clock, limit, key, fetch).await
    }
}

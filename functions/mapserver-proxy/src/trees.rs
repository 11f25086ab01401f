//! The servers' trees of layers, read from their own capabilities and kept for a minute.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use mapgate_core::clock::Timestamp;
use mapgate_core::gate::Gate;
use mapgate_core::ogc::{Service, Tree, read_tree};

use crate::backend;
use crate::fault::Fault;

/// How long a tree is kept, from the start of its reading.
const KEPT: Duration = Duration::from_mins(1);

type Slot = tokio::sync::Mutex<Option<(Timestamp, Arc<Tree>)>>;

/// The trees read lately, by the server's URL and service. One request reads, others wait for it.
#[derive(Default)]
pub struct Trees(Mutex<HashMap<(String, Service), Arc<Slot>>>);

impl Trees {
    /// The tree of a service, read from the server as itself, without anything of a user.
    ///
    /// Refuses with 502 or 504 where it cannot be read: without it nobody knows what a name means.
    pub async fn read(&self, gate: &Gate, url: &str, service: Service) -> Result<Arc<Tree>, Fault> {
        let slot = {
            let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            slots.entry((url.to_owned(), service)).or_default().clone()
        };
        let mut kept = slot.lock().await;
        let now = gate.clock.now();
        if let Some((read_at, tree)) = kept.as_ref()
            && now.since(*read_at) < KEPT
        {
            return Ok(tree.clone());
        }
        let tree = Arc::new(fetch(gate, url, service).await?);
        *kept = Some((now, tree.clone()));
        Ok(tree)
    }
}

async fn fetch(gate: &Gate, url: &str, service: Service) -> Result<Tree, Fault> {
    let version = match service {
        Service::Wms => "1.3.0",
        Service::Wfs => "2.0.0",
    };
    let query = format!(
        "SERVICE={}&VERSION={version}&REQUEST=GetCapabilities",
        service.as_str()
    );
    let response = backend::send(gate, url, &query, HeaderMap::new()).await?;
    let status = response.status();
    match read_tree(service, response.bytes_stream()).await {
        Ok(tree) if status.is_success() => Ok(tree),
        other => {
            let error = other.err().map(|error| error.to_string());
            tracing::error!(url, %status, error, "the capabilities cannot be read");
            Err(Fault::backend(
                StatusCode::BAD_GATEWAY,
                "The map server's capabilities cannot be read.",
            ))
        }
    }
}

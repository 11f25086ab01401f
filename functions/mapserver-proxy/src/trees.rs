//! The servers' trees of layers, read from their own capabilities and kept for a minute.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderMap, HeaderValue, StatusCode, header};
use mapgate_core::clock::Timestamp;
use mapgate_core::gate::Gate;
use mapgate_core::ogc::ogcapi::read_collections;
use mapgate_core::ogc::{Service, Tree, read_tree};

use crate::backend;
use crate::fault::Fault;

/// How long a tree is kept, from the start of its reading.
const KEPT_FOR: Duration = Duration::from_mins(1);

/// One tree, and how the last reading of it ended.
#[derive(Default)]
struct Slot {
    kept: tokio::sync::Mutex<Kept>,
    /// How many readings ended.
    ended: AtomicU64,
}

#[derive(Default)]
struct Kept {
    tree: Option<(Timestamp, Arc<Tree>)>,
    failed: Option<Fault>,
}

/// The trees read lately, by the server's URL and service. One request reads, others wait for it and share what it
/// finds, a failure as well: else each of them would wait for a server that hangs, one after the other.
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
        let ended = slot.ended.load(Ordering::Acquire);
        let mut kept = slot.kept.lock().await;
        let now = gate.clock.now();
        if let Some((read_at, tree)) = &kept.tree
            && now.since(*read_at) < KEPT_FOR
        {
            return Ok(tree.clone());
        }
        if let Some(fault) = &kept.failed
            && slot.ended.load(Ordering::Acquire) != ended
        {
            return Err(fault.clone());
        }
        // Within a limit as a whole: others wait for it.
        let limit = gate.settings.http_options.timeout;
        let read = backend::in_time(limit, url, fetch(gate, url, service));
        let read = read.await.map(Arc::new);
        *kept = Kept {
            tree: read.as_ref().ok().map(|tree| (now, tree.clone())),
            failed: read.as_ref().err().cloned(),
        };
        slot.ended.fetch_add(1, Ordering::Release);
        read
    }
}

async fn fetch(gate: &Gate, url: &str, service: Service) -> Result<Tree, Fault> {
    let version = match service {
        Service::Wms => "1.3.0",
        Service::Wfs => "2.0.0",
        Service::Wmts => "1.0.0",
        // In 2.0, GeoServer's names are not those of the rules.
        Service::Wcs => "1.1.1",
        Service::Features => return fetch_collections(gate, url).await,
    };
    let query = format!(
        "SERVICE={}&VERSION={version}&REQUEST=GetCapabilities",
        service.as_str()
    );
    let response = backend::send(gate, url, &query, None, HeaderMap::new()).await?;
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

/// The collections of an API.
async fn fetch_collections(gate: &Gate, url: &str) -> Result<Tree, Fault> {
    let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static("application/json"))]);
    let response = backend::send(gate, url, "f=json", None, headers).await?;
    let status = response.status();
    match read_collections(response.bytes_stream()).await {
        Ok(tree) if status.is_success() => Ok(tree),
        other => {
            let error = other.err().map(|error| error.to_string());
            tracing::error!(url, %status, error, "the collections cannot be read");
            Err(Fault::backend(
                StatusCode::BAD_GATEWAY,
                "The map server's collections cannot be read.",
            ))
        }
    }
}

//! The servers' trees of layers, read from their own capabilities and kept for a minute.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mapgate_core::clock::Timestamp;
use mapgate_core::gate::Gate;
use mapgate_core::map_server::{NotAnswered, read_layers};
use mapgate_core::ogc::{Service, Tree};

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
    failed: Option<NotAnswered>,
}

/// The trees read lately, by the server's URL and service. One request reads, others wait for it and share what it
/// finds, a failure as well: else each of them would wait for a server that hangs, one after the other.
#[derive(Default)]
pub struct Trees(Mutex<HashMap<(String, Service), Arc<Slot>>>);

impl Trees {
    /// The tree of a service, read from the server as itself, without anything of a user.
    ///
    /// Refuses where it cannot be read: without it nobody knows what a name means.
    pub async fn read(&self, gate: &Gate, url: &str, service: Service) -> Result<Arc<Tree>, NotAnswered> {
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
        if let Some(failed) = kept.failed
            && slot.ended.load(Ordering::Acquire) != ended
        {
            return Err(failed);
        }
        // Within a limit as a whole: others wait for it.
        let limit = gate.settings.http_options.timeout;
        let read = Box::pin(read_layers(&gate.outbound, limit, url, service));
        let read = read.await.map(Arc::new);
        *kept = Kept {
            tree: read.as_ref().ok().map(|tree| (now, tree.clone())),
            failed: read.as_ref().err().copied(),
        };
        slot.ended.fetch_add(1, Ordering::Release);
        read
    }
}

//! What servers tell of themselves: read from them without anything of a user, and kept for a minute.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mapgate_core::clock::{Clock, Timestamp};

/// How long a thing is kept, from the start of its reading.
const KEPT_FOR: Duration = Duration::from_mins(1);

/// One thing, and how the last reading of it ended.
struct Slot<T, E> {
    kept: tokio::sync::Mutex<Kept<T, E>>,
    /// How many readings ended.
    ended: AtomicU64,
}

struct Kept<T, E> {
    thing: Option<(Timestamp, Arc<T>)>,
    failed: Option<E>,
}

/// The things read lately. One request reads, others wait for it and share what it finds, a failure as well: else each of
/// them would wait for a server that hangs, one after the other.
pub struct Readings<K, T, E>(Mutex<HashMap<K, Arc<Slot<T, E>>>>);

impl<K, T, E> Default for Readings<K, T, E> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, T, E: Clone> Readings<K, T, E> {
    /// The thing of this key, which `fetch` reads. That ends within a time limit as a whole, since others wait for it.
    pub async fn read<F: Future<Output = Result<T, E>>>(
        &self,
        clock: &Clock,
        key: K,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<T>, E> {
        let slot = {
            let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let empty = || {
                Arc::new(Slot {
                    kept: tokio::sync::Mutex::new(Kept {
                        thing: None,
                        failed: None,
                    }),
                    ended: AtomicU64::new(0),
                })
            };
            slots.entry(key).or_insert_with(empty).clone()
        };
        let ended = slot.ended.load(Ordering::Acquire);
        let mut kept = slot.kept.lock().await;
        let now = clock.now();
        if let Some((read_at, thing)) = &kept.thing
            && now.since(*read_at) < KEPT_FOR
        {
            return Ok(thing.clone());
        }
        if let Some(fault) = &kept.failed
            && slot.ended.load(Ordering::Acquire) != ended
        {
            return Err(fault.clone());
        }
        let read = Box::pin(fetch()).await.map(Arc::new);
        *kept = Kept {
            thing: read.as_ref().ok().map(|thing| (now, thing.clone())),
            failed: read.as_ref().err().cloned(),
        };
        slot.ended.fetch_add(1, Ordering::Release);
        read
    }
}

//! What servers tell of themselves: read from them without anything of a user, and kept for a minute.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mapgate_core::clock::{Clock, Timestamp};
use mapgate_core::map_server::NotAnswered;
use mapgate_core::measure;
use tokio::sync::watch;

/// How long a thing is kept, from the start of its reading.
const KEPT_FOR: Duration = Duration::from_mins(1);

type Outcome<T, E> = Option<Result<Arc<T>, E>>;

/// One reading, under way or ended.
struct Reading<T, E> {
    began: Timestamp,
    outcome: watch::Receiver<Outcome<T, E>>,
}

/// The things read lately. Who asks first has one read, others wait for the same and share what it finds, a failure as well.
/// It goes on whoever leaves: else those who stay would begin anew, one after the other.
pub struct Readings<K, T, E>(Mutex<HashMap<K, Reading<T, E>>>);

impl<K, T, E> Default for Readings<K, T, E> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K, T, E> Readings<K, T, E>
where
    K: Eq + Hash,
    T: Send + Sync + 'static,
    E: Clone + From<NotAnswered> + Send + Sync + 'static,
{
    /// The thing of this key, which `fetch` reads. That ends within `limit` as a whole, and so does the waiting for it.
    pub async fn read<F>(
        &self,
        clock: &Clock,
        limit: Duration,
        key: K,
        fetch: impl FnOnce() -> F,
    ) -> Result<Arc<T>, E>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        let mut outcome = self.begun(clock.now(), limit, key, fetch);
        match outcome.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(found)) => found.clone(),
            // Its task is gone: the function ends.
            Ok(None) | Err(_) => Err(NotAnswered::Unreadable.into()),
        }
    }

    fn begun<F>(
        &self,
        now: Timestamp,
        limit: Duration,
        key: K,
        fetch: impl FnOnce() -> F,
    ) -> watch::Receiver<Outcome<T, E>>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        let mut readings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = readings.get(&key).filter(|known| known.serves(now, limit)) {
            return known.outcome.clone();
        }
        let (tell, outcome) = watch::channel(None);
        let fetch = measure::carried(fetch());
        tokio::spawn(async move { tell.send(Some(fetch.await.map(Arc::new))) });
        let reading = Reading {
            began: now,
            outcome: outcome.clone(),
        };
        readings.insert(key, reading);
        outcome
    }
}

impl<T, E> Reading<T, E> {
    /// Whether it is one to share: it goes on, or it found something not long ago. One that goes on for longer than it may
    /// was left under way by a function that Lambda froze.
    fn serves(&self, now: Timestamp, limit: Duration) -> bool {
        let (alive, kept_for) = match &*self.outcome.borrow() {
            None => (self.outcome.has_changed().is_ok(), limit),
            Some(found) => (found.is_ok(), KEPT_FOR),
        };
        alive && now.since(self.began) < kept_for
    }
}

//! What a request costs and what comes of it, gathered while it is answered. Where nobody gathers, noting does nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

tokio::task_local! {
    static OF_REQUEST: Arc<Mutex<Measures>>;
}

/// What was noted of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measures {
    /// The route that it has, as the router spells it.
    pub route: Option<String>,
    /// The number of the user whom it acts for.
    pub user_id: Option<i64>,
    /// How many requests went to the table.
    pub table_requests: u32,
    /// For how long at least one was under way.
    pub table_time: Duration,
    under_way: Option<(u32, Since)>,
    /// How long map servers took to begin their answers.
    pub backend_time: Duration,
    /// How often something happened.
    pub counts: BTreeMap<Count, u32>,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Count {
    /// A right password, or another proof, let somebody in.
    Logins,
    /// A try to log in was refused.
    LoginFailures,
    /// An account was locked.
    Lockouts,
    /// Tokens were issued.
    Tokens,
    /// A request went to a map server.
    ProxiedRequests,
}

impl Count {
    /// The metric's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Logins => "Logins",
            Self::LoginFailures => "LoginFailures",
            Self::Lockouts => "Lockouts",
            Self::Tokens => "Tokens",
            Self::ProxiedRequests => "ProxiedRequests",
        }
    }
}

/// Gathers what is noted while `answering` runs.
pub async fn measured<T>(answering: impl Future<Output = T>) -> (T, Measures) {
    let gathered = Arc::new(Mutex::new(Measures::default()));
    let answer = OF_REQUEST.scope(gathered.clone(), answering).await;
    let measures = gathered.lock().unwrap_or_else(PoisonError::into_inner).clone();
    (answer, measures)
}

/// Notes something of the request that is being answered in this task.
pub fn note(change: impl FnOnce(&mut Measures)) {
    // Outside of a measured request nobody asks.
    let _ = OF_REQUEST.try_with(|gathered| {
        change(&mut gathered.lock().unwrap_or_else(PoisonError::into_inner));
    });
}

/// Work that goes on in a task of its own and notes for the request of this one, as long as that is answered.
pub fn carried<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    let gathered = OF_REQUEST.try_with(Arc::clone).unwrap_or_default();
    OF_REQUEST.scope(gathered, work)
}

/// Counts something once.
pub fn count(what: Count) {
    note(|measures| *measures.counts.entry(what).or_default() += 1);
}

/// A request to the table begins.
pub fn table_begins() {
    note(|measures| {
        measures.table_requests += 1;
        let (many, since) = measures.under_way.unwrap_or((0, Since::now()));
        measures.under_way = Some((many + 1, since));
    });
}

/// A request to the table ended.
pub fn table_ended() {
    note(|measures| match measures.under_way {
        Some((many @ 2.., since)) => measures.under_way = Some((many - 1, since)),
        Some((_, since)) => {
            measures.table_time += since.elapsed();
            measures.under_way = None;
        }
        None => {}
    });
}

/// Since when something goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Since(Instant);

impl Since {
    /// From now on.
    #[must_use]
    pub fn now() -> Self {
        Self(Instant::now())
    }

    /// How long that is.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn requests_that_overlap_count_each_and_take_their_time_once() {
        let wait = |seconds| tokio::time::sleep(Duration::from_secs(seconds));
        let ((), measures) = measured(async {
            table_begins();
            wait(1).await;
            table_begins();
            wait(2).await;
            table_ended();
            table_ended();
            wait(9).await;
            table_begins();
            wait(4).await;
            table_ended();
        })
        .await;
        assert_eq!(
            (measures.table_requests, measures.table_time),
            (3, Duration::from_secs(7))
        );
    }

    #[tokio::test]
    async fn work_in_another_task_counts_for_the_request_that_began_it() {
        let ((), measures) = measured(async {
            let work = carried(async { count(Count::ProxiedRequests) });
            tokio::spawn(work).await.expect("it ends");
        })
        .await;
        assert_eq!(measures.counts[&Count::ProxiedRequests], 1);
    }

    #[tokio::test]
    async fn each_request_gathers_its_own_and_outside_nothing_is_kept() {
        count(Count::Logins);
        let one = measured(async {
            count(Count::Logins);
            tokio::task::yield_now().await;
            count(Count::Logins);
            note(|measures| measures.user_id = Some(7));
        });
        let other = measured(async {
            count(Count::Lockouts);
            tokio::task::yield_now().await;
        });
        let (((), one), ((), other)) = tokio::join!(one, other);
        assert_eq!(
            (one.user_id, one.counts),
            (Some(7), BTreeMap::from([(Count::Logins, 2)]))
        );
        assert_eq!(
            (other.user_id, other.counts),
            (None, BTreeMap::from([(Count::Lockouts, 1)]))
        );
    }
}

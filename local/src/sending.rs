//! What the table's stream and the schedule do on AWS: mails that are queued go out, here within a second or two.

use std::sync::Arc;
use std::time::Duration;

use mapgate_core::gate::Gate;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

/// How often the queue is looked at.
const EVERY: Duration = Duration::from_secs(1);
/// How long a mail in hand may take when the harness ends.
const PATIENCE: Duration = Duration::from_secs(5);

/// A task that sends until it is told to stop.
#[derive(Debug)]
pub struct Sending {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Sending {
    /// Begins to send what is in the gate's queue.
    #[must_use]
    pub fn start(gate: Arc<Gate>) -> Self {
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let task = tokio::spawn(async move {
            let mut turns = interval(EVERY);
            turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
            while stopped.run_until_cancelled(turns.tick()).await.is_some() {
                if let Err(fault) = mapgate_reset_password::send_due(&gate).await {
                    tracing::warn!(%fault, "mails wait for the next turn");
                }
            }
        });
        Self { stop, task }
    }

    /// Finishes the mails in hand, for a moment, and ends.
    pub async fn stop(mut self) {
        self.stop.cancel();
        if timeout(PATIENCE, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

//! Places for tries: taken before a password is evaluated, so that of many tries at once no more are evaluated than
//! the limit allows.

use std::time::Duration;

use super::limits::{Limits, Next};
use super::password::Turn;
use super::trying::{AccountError, Accounts, From};
use crate::clock::Timestamp;
use crate::secrets::Purpose;
use crate::table::{Attempt, Place, Taken, normalized};

/// How long a try waits for a place that others hold.
const WAIT: Duration = Duration::from_secs(2);
/// The first pause between two looks; each further one is twice as long. Random bytes make the pauses differ.
const PAUSE: Duration = Duration::from_millis(15);
const LONGEST_PAUSE: Duration = Duration::from_millis(120);

/// There is no place: too many failures locked the account.
#[derive(Debug, Clone, Copy)]
pub(super) struct Locked {
    /// The last of them.
    pub(super) since: Timestamp,
}

impl Accounts<'_> {
    /// Whose tries count together with those of `username`.
    pub fn attempt(&self, username: &str, from: From) -> Result<Attempt, AccountError> {
        let limits = Limits::of(&self.settings.authentication);
        // As it is: a name in another case is nobody's, and must not lock who has it.
        let username = normalized(username);
        let network = limits.network(from.address);
        let parts = [Some(username.as_bytes()), network.as_deref().map(str::as_bytes)];
        let parts: Vec<&[u8]> = parts.into_iter().flatten().collect();
        let name = self
            .secrets
            .keyed_hash(self.clock.now(), Purpose::AttemptName, &parts);
        name.map(Attempt).ok_or(AccountError::NoKey)
    }

    /// A turn to hash, and a place for one try; [`Locked`] where the account is.
    ///
    /// The turn comes first: tries in one process wait in line, instead of looking for a place again and again. A try
    /// that has to wait for its place gives the turn to others meanwhile, so that one account's tries do not keep
    /// everybody else out.
    pub(super) async fn place(
        &self,
        attempt: &Attempt,
    ) -> Result<(Turn, Result<Place, Locked>), AccountError> {
        let limits = Limits::of(&self.settings.authentication);
        let mut turn = self.hashing.turn().await?;
        let waiting_since = tokio::time::Instant::now();
        let mut pause = PAUSE;
        let mut one_more = None;
        loop {
            let now = self.clock.now();
            let taken = if let Some(seen) = one_more.take() {
                self.table.take_one_more(attempt, &seen, now).await?
            } else {
                let (most, stale) = (limits.most(), limits.stale(now));
                self.table
                    .take_place(attempt, most, stale, limits.locks_at(), now)
                    .await?
            };
            let seen = match taken {
                Taken::Place(place) => return Ok((turn, Ok(place))),
                Taken::Refused(seen) => seen,
            };
            match limits.next(&seen, now) {
                Next::Forget => self.table.forget_failures(attempt, &seen).await?,
                Next::OneMore => one_more = Some(seen),
                Next::Locked => {
                    let since = seen.failed_at.unwrap_or(now);
                    return Ok((turn, Err(Locked { since })));
                }
                Next::TooMany(wait) => return Err(AccountError::TooMany(wait)),
                Next::Wait => {
                    if self.table.settle_abandoned(attempt, &seen, now).await? {
                        continue;
                    }
                    if waiting_since.elapsed() >= WAIT {
                        return Err(AccountError::NoPlace);
                    }
                    let jitter = self.random.bytes::<1>().map_or(0, |[byte]| u64::from(byte % 32));
                    drop(turn);
                    tokio::time::sleep(pause + Duration::from_millis(jitter)).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    turn = self.hashing.turn().await?;
                }
            }
        }
    }
}

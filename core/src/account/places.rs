//! Places for tries: taken before a password is evaluated, so that of many tries at once no more are evaluated than
//! the limit allows.

use std::time::Duration;

use super::limits::{Limits, Next};
use super::trying::{AccountError, Accounts, From, Wrong};
use crate::secrets::Purpose;
use crate::table::{Attempt, Place, Taken, normalized};

/// How long a try waits for a place that others hold.
const WAIT: Duration = Duration::from_secs(2);
/// The pause between two looks; random bytes make the pauses differ.
const PAUSE: Duration = Duration::from_millis(15);

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

    /// A place for one try; [`Wrong`] where the account is locked.
    pub(super) async fn place(&self, attempt: &Attempt) -> Result<Result<Place, Wrong>, AccountError> {
        let limits = Limits::of(&self.settings.authentication);
        let waiting_since = tokio::time::Instant::now();
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
                Taken::Place(place) => return Ok(Ok(place)),
                Taken::Refused(seen) => seen,
            };
            match limits.next(&seen, now) {
                Next::Forget => self.table.forget_failures(attempt, &seen).await?,
                Next::OneMore => one_more = Some(seen),
                Next::Locked => return Ok(Err(Wrong)),
                Next::TooMany(wait) => return Err(AccountError::TooMany(wait)),
                Next::Wait => {
                    if self.table.settle_abandoned(attempt, &seen, now).await? {
                        continue;
                    }
                    if waiting_since.elapsed() >= WAIT {
                        return Err(AccountError::NoPlace);
                    }
                    let jitter = self.random.bytes::<1>().map_or(0, |[byte]| u64::from(byte % 32));
                    tokio::time::sleep(PAUSE + Duration::from_millis(jitter)).await;
                }
            }
        }
    }
}

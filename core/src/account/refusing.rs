//! Refusing a try: what it counts, the lock that the one too many brings, and the entry that tells of it.

use super::places::Locked;
use super::trying::{AccountError, Accounts, From, Reason, Wrong};
use crate::clock::Timestamp;
use crate::table::{AuditEntry, Event, Place, Transaction, User, UserChange};

impl Accounts<'_> {
    /// Counts a wrong try, and locks the account where it is the one too many.
    pub(super) async fn refuse(
        &self,
        place: Result<&Place, Locked>,
        user: Option<&User>,
        reason: Reason,
        from: From,
        now: Timestamp,
    ) -> Result<Wrong, AccountError> {
        let mut audit = self.refused(reason, from, now);
        // A name that nobody has may be a password typed into the wrong field: it is not kept.
        audit.username = user.map(|user| user.username.clone());
        let wrong = Wrong {
            is_locked: reason == Reason::Locked,
        };
        let is_told = match place {
            Ok(place) => {
                let counted = self.table.transaction().fail(place, false, now).audit(&audit);
                counted.commit().await?.is_ok() || self.lock(place, user, &audit, now).await?
            }
            Err(locked) => self.show_lock(locked, user, &audit, now).await?,
        };
        if !is_told {
            // Nothing to count: the account is locked, or the place was counted as abandoned.
            let _ = self.table.transaction().audit(&audit).commit().await?;
        }
        Ok(wrong)
    }

    /// Writes the lock to an account that does not show it yet: the last failure was counted where nobody looked at the
    /// account, after a try that never came back, or the limit was lowered since.
    async fn show_lock(
        &self,
        Locked { since }: Locked,
        user: Option<&User>,
        audit: &AuditEntry,
        now: Timestamp,
    ) -> Result<bool, AccountError> {
        let Some(user) = user.filter(|user| !self.is_locked(user, now)) else {
            return Ok(false);
        };
        let told = self.table.transaction().audit(audit);
        Ok(self.locking(told, user, audit, since).commit().await?.is_ok())
    }

    /// `writes`, with the lock and the entry that tells of it.
    fn locking<'a>(
        &self,
        writes: Transaction<'a>,
        user: &User,
        audit: &AuditEntry,
        since: Timestamp,
    ) -> Transaction<'a> {
        let change = UserChange {
            locked_at: Some(Some(since)),
            ..UserChange::default()
        };
        let mut locked = AuditEntry::new(Event::AccountLocked, audit.at, self.settings.audit_retention_days);
        locked = locked.of(&user.username);
        locked.address = audit.address;
        writes.change(user, &change).audit(&locked)
    }

    /// Counts the try that reaches the limit. The account shows it, where there is one.
    async fn lock(
        &self,
        place: &Place,
        user: Option<&User>,
        audit: &AuditEntry,
        now: Timestamp,
    ) -> Result<bool, AccountError> {
        let counted = self.table.transaction().fail(place, true, now).audit(audit);
        let Some(user) = user else {
            return Ok(counted.commit().await?.is_ok());
        };
        match self.locking(counted, user, audit, now).commit().await? {
            Ok(()) => Ok(true),
            Err(refused) if refused.place => Ok(false),
            // The account is another one by now: the failure counts all the same.
            Err(_) => {
                let counted = self.table.transaction().fail(place, true, now).audit(audit);
                Ok(counted.commit().await?.is_ok())
            }
        }
    }

    /// The entry about a try that was refused, of no account yet; told to the log too.
    pub(super) fn refused(&self, reason: Reason, from: From, now: Timestamp) -> AuditEntry {
        tracing::info!(reason = reason.name(), way = from.way, address = %from.address, "a login was refused");
        self.audit(Event::LoginFailed, from, now)
            .detail("reason", reason.name())
    }

    /// Refuses a try that counts for nobody.
    pub(super) async fn refuse_uncounted(
        &self,
        place: &Place,
        username: &str,
        reason: Reason,
        from: From,
        now: Timestamp,
    ) -> Result<Wrong, AccountError> {
        let audit = self.refused(reason, from, now).of(username);
        let left = self.table.transaction().leave(place).audit(&audit);
        let _ = left.commit().await?;
        Ok(Wrong {
            is_locked: reason == Reason::Locked,
        })
    }
}

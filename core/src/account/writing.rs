//! Writing what a right password does: one transaction, refused where the user is not as read any more.

use super::entering::Denied;
use super::trying::{AccountError, Accounts, Reason, Right, Wrong};
use super::vouching::Voucher;
use crate::clock::Timestamp;
use crate::table::{AuditEntry, Holder, Mail, User, UserChange, Witness};

/// What became of writing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// It is done.
    Done,
    /// The user was changed meanwhile, and nothing was written.
    Changed,
    /// What counts once counted before, and nothing was written.
    Spent,
}

impl Accounts<'_> {
    /// Writes what the right password, or the word in its place, does. `lets_in` says whether the user gets a ticket for it:
    /// a word that counts once is spent then.
    pub(super) async fn commit(
        &self,
        right: &Right,
        change: &UserChange,
        audit: &AuditEntry,
        witness: Option<&Witness>,
        notice: Option<&Mail>,
        lets_in: bool,
    ) -> Result<Written, AccountError> {
        let once = right.voucher.as_ref().and_then(Voucher::once);
        for late in [false, true] {
            let writes = self.table.transaction().change(&right.user, change);
            let mut writes = writes.witnessed(witness, self.clock.now());
            if let Some(notice) = notice {
                writes = writes.mail(notice);
            }
            if let Some((what, until)) = once.filter(|_| lets_in) {
                writes = writes.once(what, until);
            }
            let written = writes.succeed(&right.place, late).audit(audit).commit().await;
            match self.or_leave(Some(&right.place), written).await? {
                Ok(()) => return Ok(Written::Done),
                Err(refused) if refused.done => return Ok(Written::Spent),
                Err(refused) if refused.user || refused.witness => return Ok(Written::Changed),
                Err(_) => {}
            }
        }
        Ok(Written::Changed)
    }

    /// Refuses a word that let the user in before.
    pub(super) async fn spent(&self, right: &Right, now: Timestamp) -> Result<Denied, AccountError> {
        let name = &right.user.username;
        let refused = self.refuse_uncounted(&right.place, name, Reason::Spent, right.from, now);
        Ok(refused.await?.into())
    }

    /// The user anew, for whom the password still holds: another login may have renewed its hash or used a code. Else
    /// the try is refused, and counts for nobody.
    pub(super) async fn read_again(&self, right: Right) -> Result<Result<Right, Wrong>, AccountError> {
        let read = self.table.identity(&right.user.username, Holder::Nothing).await;
        let read = self.or_leave(Some(&right.place), read).await?;
        let now = self.clock.now();
        let is_same = |user: &User| {
            user.id == right.user.id
                && user.generation == right.user.generation
                && right.voucher.as_ref().is_none_or(|voucher| voucher.is_for(user))
                && user.reset == right.user.reset
                && user.is_active(now)
                && !self.is_locked(user, now)
        };
        let Some(user) = read.user.filter(is_same) else {
            // The password was right when it was tried, so that nobody guessed: it does not count.
            let name = &right.user.username;
            let refused = self.refuse_uncounted(&right.place, name, Reason::Changed, right.from, now);
            return refused.await.map(Err);
        };
        let hash = |user: &User| user.password.as_ref().map(|hash| hash.expose().to_owned());
        let is_renewed = hash(&user) != hash(&right.user);
        Ok(Ok(Right {
            outdated: right.outdated.filter(|_| !is_renewed),
            user,
            roles: read.roles,
            ..right
        }))
    }
}

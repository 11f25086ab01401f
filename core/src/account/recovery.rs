//! New recovery codes for a user who is logged in.

use super::second_factor::Keys;
use super::trying::{AccountError, Accounts, From, Reason, Wrong};
use crate::clock::Timestamp;
use crate::settings::Secret;
use crate::table::{AuditEntry, Event, Holder, Place, User, UserChange};

/// How often a renewal is written anew that met another change of the same user.
const TURNS: u32 = 4;

impl Accounts<'_> {
    /// New recovery codes in place of the old ones, for `holder`, who is logged in and has a second factor. `code` is the
    /// factor's, or a recovery code; it is used up. A wrong one counts for the lockout like any try.
    ///
    /// A right one leaves the failures as they are: only a login, with the password too, sets them to 0. Else who has
    /// the app but not the password could guess at that for ever.
    pub async fn renew_recovery_codes(
        &self,
        holder: &User,
        code: &Secret,
        from: From,
    ) -> Result<Result<Vec<Secret>, Wrong>, AccountError> {
        let attempt = self.attempt(&holder.username, from)?;
        let (turn, place) = self.place(&attempt).await?;
        // No password is hashed here.
        drop(turn);
        let place = match place {
            Ok(place) => place,
            Err(locked) => {
                let now = self.clock.now();
                let refused = self.refuse(Err(locked), Some(holder), Reason::Locked, from, now);
                return refused.await.map(Err);
            }
        };
        for _ in 0..TURNS {
            let now = self.clock.now();
            let read = self.table.identity(&holder.username, Holder::Nothing).await;
            let read = self.or_leave(Some(&place), read).await?;
            let Some(user) = read.user.filter(|user| self.is_still(user, holder, now)) else {
                // Nobody guessed: it does not count.
                let name = &holder.username;
                let refused = self.refuse_uncounted(&place, name, Reason::Changed, from, now);
                return refused.await.map(Err);
            };
            let keys = Keys {
                secrets: self.secrets,
                random: self.random,
                now,
            };
            let Some(checked) = keys.check(&user, code) else {
                let refused = self.refuse(Ok(&place), Some(&user), Reason::WrongCode, from, now);
                return refused.await.map(Err);
            };
            let renewed = keys.renewed(&user, checked);
            let (factor, codes) = self.or_leave(Some(&place), renewed).await?;
            let change = UserChange {
                second_factor: Some(Some(factor)),
                ..UserChange::default()
            };
            let audit = self.audit(Event::RecoveryCodesRenewed, from, now);
            if self
                .write_renewal(&user, &change, &place, &audit.of(&user.username))
                .await?
            {
                return Ok(Ok(codes));
            }
        }
        self.leave(Some(&place)).await?;
        Err(AccountError::NoPlace)
    }

    /// Whether `user` is whom `holder` was read as, and may try a code.
    fn is_still(&self, user: &User, holder: &User, now: Timestamp) -> bool {
        user.id == holder.id
            && user.generation == holder.generation
            && user.is_active(now)
            && !self.is_locked(user, now)
    }

    /// `false`: the user was changed meanwhile, and nothing was written.
    async fn write_renewal(
        &self,
        user: &User,
        change: &UserChange,
        place: &Place,
        audit: &AuditEntry,
    ) -> Result<bool, AccountError> {
        // A place that was counted as abandoned meanwhile cannot be left: that failure stays.
        for place in [Some(place), None] {
            let writes = self.table.transaction().change(user, change).audit(audit);
            let writes = match place {
                Some(place) => writes.leave(place),
                None => writes,
            };
            match self.or_leave(place, writes.commit().await).await? {
                Ok(()) => return Ok(true),
                Err(refused) if refused.user => return Ok(false),
                Err(_) => {}
            }
        }
        Ok(false)
    }
}

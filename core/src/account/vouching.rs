//! Another's word in place of a password: an `OpenID` provider or a front proxy says who the user is, and what is left to
//! ask here is the second factor.

use serde::{Deserialize, Serialize};

use super::trying::{AccountError, Accounts, From, Reason, Right, Verdict};
use crate::clock::Timestamp;
use crate::table::{Holder, Source, User, UserId};

/// That a provider or a proxy vouches for a user, as the account was when it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voucher {
    /// The user's name.
    pub username: String,
    id: UserId,
    /// With the user's tickets and tokens dies what was said before.
    generation: i64,
    source: Source,
    /// By what a word that is given once is known, and until when at the longest it counts: it lets in once.
    once: Option<(String, Timestamp)>,
}

impl Voucher {
    /// For `user`. `once` is for a word that is not given anew with each request.
    #[must_use]
    pub fn of(user: &User, once: Option<(String, Timestamp)>) -> Self {
        Self {
            username: user.username.clone(),
            id: user.id,
            generation: user.generation,
            source: user.source,
            once,
        }
    }

    /// Whether `user` is still who was vouched for.
    #[must_use]
    pub fn is_for(&self, user: &User) -> bool {
        (user.id, user.generation, user.source) == (self.id, self.generation, self.source)
            && user.is_password_changed
    }

    pub(super) fn once(&self) -> Option<(&str, Timestamp)> {
        let (what, until) = self.once.as_ref()?;
        Some((what, *until))
    }
}

impl Accounts<'_> {
    /// Takes `voucher` for a right password: what follows is the same. Two requests to the table.
    ///
    /// Refuses a locked account as a wrong password does, and one that is not in force, or not as it was when the word was
    /// given; that counts for nobody, since nothing was guessed.
    pub async fn vouched(&self, voucher: Voucher, from: From) -> Result<Verdict, AccountError> {
        let attempt = self.attempt(&voucher.username, from)?;
        // Nothing is hashed: the turn goes on at once to who waits for one.
        let (_, place) = self.place(&attempt).await?;
        let read = self.table.identity(&voucher.username, Holder::Nothing).await;
        let read = self.or_leave(place.as_ref().ok(), read).await?;
        let now = self.clock.now();
        let user = read.user.filter(|user| voucher.is_for(user));
        let place = match place {
            Ok(place) => place,
            Err(locked) => {
                let refused = self.refuse(Err(locked), user.as_ref(), Reason::Locked, from, now);
                return refused.await.map(Err);
            }
        };
        let reason = match &user {
            None => Some(Reason::Changed),
            Some(user) if self.is_locked(user, now) => Some(Reason::Locked),
            Some(user) if user.deactivated => Some(Reason::Deactivated),
            Some(user) if !user.is_active(now) => Some(Reason::Expired),
            Some(_) => None,
        };
        match (user, reason) {
            (Some(user), None) => Ok(Ok(Right {
                user,
                roles: read.roles,
                place,
                from,
                outdated: None,
                by_reset: false,
                entry: None,
                voucher: Some(voucher),
            })),
            (_, reason) => {
                let reason = reason.unwrap_or(Reason::Changed);
                let refused = self.refuse_uncounted(&place, &voucher.username, reason, from, now);
                refused.await.map(Err)
            }
        }
    }
}

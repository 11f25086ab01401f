//! Users by e-mail address, and in lists.

use unicode_normalization::UnicodeNormalization as _;

use super::super::item::Key;
use super::super::listing::{Asked, EMAIL_KEY, NAME_KEY, key_of};
use super::super::{Table, TableError};
use super::{MAX_SORT_KEY, USERS, User, UserId, key, normalized, number_key, read};

/// What a list of users is sorted by, and which of it a prefix is looked for in. Case does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserOrder {
    /// The user name.
    Name,
    /// The e-mail address. Users without one are not in such a list.
    Email,
}

/// Some of the users.
#[derive(Debug, Clone)]
pub struct UserPage {
    /// In the order asked for.
    pub users: Vec<User>,
    /// Behind what the next page begins; none where this is the last.
    pub next: Option<String>,
}

/// What the index has of every user with that address: no address holds a space.
pub(super) fn email_prefix(email: &str) -> String {
    format!("{} ", folded(email))
}

fn folded(text: &str) -> String {
    text.nfc().collect::<String>().to_lowercase()
}

/// Whether the user's own address is that of the index's `prefix`.
fn has_email(user: &User, prefix: &str) -> bool {
    let own = user.email.as_deref().map(email_prefix);
    own.is_some_and(|own| own == prefix)
}

/// The beginning of the list of users.
fn first<'a>(order: UserOrder, limit: usize) -> Asked<'a> {
    Asked {
        list: USERS,
        by: match order {
            UserOrder::Name => NAME_KEY,
            UserOrder::Email => EMAIL_KEY,
        },
        descending: false,
        prefix: "",
        after: None,
        limit,
    }
}

impl Table {
    /// At most `limit` users (100 at most) whose name or address begins with `prefix`, from behind `after` on, an earlier
    /// page's [`next`](UserPage::next). An `after` that never was one begins anew. Two requests, at any number of users.
    pub async fn users(
        &self,
        order: UserOrder,
        descending: bool,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<UserPage, TableError> {
        let prefix = match order {
            UserOrder::Name => normalized(prefix).to_lowercase(),
            UserOrder::Email => folded(prefix),
        };
        if prefix.len() > MAX_SORT_KEY {
            return Ok(UserPage {
                users: Vec::new(),
                next: None,
            });
        }
        let asked = Asked {
            descending,
            prefix: &prefix,
            after,
            ..first(order, limit)
        };
        let (items, next) = self.listed(asked).await?;
        let users = items.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(UserPage { users, next })
    }

    /// The user of that number.
    pub async fn user_with_id(&self, id: UserId) -> Result<Option<User>, TableError> {
        let item = self.get(&number_key(id.0)).await?;
        let username = item.as_ref().and_then(|item| item.get("username")?.as_s().ok());
        let Some(username) = username else {
            return Ok(None);
        };
        // Not a later user of a name that was deleted.
        Ok(self.user(username).await?.filter(|user| user.id == id))
    }

    /// The keys of the first two users of whom the index says that their address begins so.
    async fn keys_with_email(&self, prefix: &str) -> Result<Vec<Key>, TableError> {
        let asked = Asked {
            prefix,
            ..first(UserOrder::Email, 2)
        };
        let items = self.indexed(asked, 2).await?;
        Ok(items.iter().filter_map(key_of).collect())
    }

    /// The one user with that e-mail address.
    pub async fn user_with_email(&self, email: &str) -> Result<Option<User>, TableError> {
        let prefix = email_prefix(email);
        if prefix.len() > MAX_SORT_KEY {
            return Ok(None);
        }
        let found = self.keys_with_email(&prefix).await?;
        let [key] = found.as_slice() else {
            return Ok(None);
        };
        let user = self.get(key).await?.map(read).transpose()?;
        Ok(user.filter(|user| has_email(user, &prefix)))
    }

    /// The user of that name, or else the one user with that e-mail address. The same two requests, whether there is one
    /// or not.
    pub async fn user_named_or_with_email(&self, given: &str) -> Result<Option<User>, TableError> {
        let prefix = email_prefix(given);
        // No address is empty.
        let prefix = Some(prefix).filter(|prefix| prefix.len() <= MAX_SORT_KEY);
        let prefix = prefix.unwrap_or_else(|| email_prefix(""));
        let found = self.keys_with_email(&prefix).await?;
        let is_one = found.len() == 1;
        let by_name = key(given);
        let by_email = found.into_iter().next().filter(|_| is_one);
        let by_email = by_email.unwrap_or_else(|| Key::new("nobody", "user"));
        let mut keys = vec![&by_name];
        keys.extend(Some(&by_email).filter(|key| **key != by_name));
        let mut named = None;
        let mut addressed = None;
        for item in self.batch(&keys).await? {
            if by_name.is_of(&item) {
                named = Some(read(item)?);
            } else {
                addressed = Some(read(item)?).filter(|user| has_email(user, &prefix));
            }
        }
        Ok(named.or(addressed))
    }
}

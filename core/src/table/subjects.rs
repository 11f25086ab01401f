//! Who is who at the OpenID provider: an account belongs to one subject there, for ever, so that a name or an address
//! that is given to someone else later takes over no account. And logins there that are done, so that none counts twice.

use aws_lc_rs::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

use super::item::{Item, Key, from_item, n, put_if, put_new, to_item};
use super::{Table, TableError, Transaction, User};
use crate::clock::Timestamp;

/// A subject of an issuer (OpenID Connect Core 1.0 §5.7): the digest of both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Subject(String);

impl Subject {
    /// The subject of that `iss` and `sub`.
    #[must_use]
    pub fn of(issuer: &str, subject: &str) -> Self {
        let mut digest = Context::new(&SHA256);
        for part in [issuer, subject] {
            digest.update(&(part.len() as u64).to_be_bytes());
            digest.update(part.as_bytes());
        }
        Self(hex::encode(digest.finish()))
    }

    pub(super) fn key(&self) -> Key {
        Key::new(format!("subject#{}", self.0), "subject")
    }
}

/// Whose account it is.
#[derive(Serialize, Deserialize)]
struct Record {
    username: String,
    id: i64,
}

impl Table {
    /// The user whose account belongs to `subject`.
    pub async fn user_of_subject(&self, subject: &Subject) -> Result<Option<User>, TableError> {
        let Some(item) = self.get(&subject.key()).await? else {
            return Ok(None);
        };
        let record: Record = from_item(item)?;
        let user = self.user(&record.username).await?;
        // Not a later account of a name that was deleted.
        Ok(user.filter(|user| user.id.0 == record.id && user.subject.as_ref() == Some(subject)))
    }
}

impl Transaction<'_> {
    /// Notes that the account of `user` is `subject`'s, beside [`super::UserChange::subject`], which is what counts.
    pub fn give(self, subject: &Subject, user: &User) -> Self {
        let record = Record {
            username: user.username.clone(),
            id: user.id.0,
        };
        let table = self.table();
        let put = to_item(&subject.key(), &record, None).and_then(|item| put_if(&table.name, item, "", &[]));
        self.with_other(put)
    }

    /// Does what is named `what` once until `until`: refused as [`super::Refused::done`] where it was done.
    pub fn once(self, what: &str, until: Timestamp) -> Self {
        let mut item: Item = Key::new(format!("done#{what}"), "done").attributes();
        item.insert("ttl".to_owned(), n(until.seconds()));
        let put = put_new(&self.table().name, item);
        self.with_once(put)
    }
}

//! Sessions of tickets that were ended before their time. Only ended ones are kept, until the last ticket of the
//! session would have died by itself.

use super::audit::AuditEntry;
use super::item::{Item, Key, put_if};
use super::{Table, TableError};
use crate::clock::Timestamp;

pub(super) fn key(session: &str) -> Key {
    Key::new(format!("session#{session}"), "ended")
}

impl Table {
    /// Ends the session of a ticket: every copy and every reissue of the ticket is dead. Ending it again is no error.
    pub async fn end_session(
        &self,
        session: &str,
        until: Timestamp,
        audit: &AuditEntry,
    ) -> Result<(), TableError> {
        let mut item: Item = key(session).attributes();
        item.insert("ttl".to_owned(), super::item::n(until.seconds()));
        let ended = put_if(&self.name, item, "attribute_not_exists(pk)", &[])?;
        // Ended before: then the entry is there too, and a second one would tell of nothing.
        let _ = self.transact(vec![ended, self.audit_put(audit)?]).await?;
        Ok(())
    }
}

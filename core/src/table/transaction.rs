//! A transaction: what changes, and the audit entry that tells of it, all or nothing.

use aws_sdk_dynamodb::types::TransactWriteItem;

use super::attempts::{Attempt, Place};
use super::audit::{AuditEntry, Event};
use super::changes::UserChange;
use super::{Table, TableError, User};
use crate::clock::Timestamp;
use crate::measure::{self, Count};

/// Writes that are made together or not at all. A fault met on the way shows at [`Transaction::commit`].
#[derive(Debug)]
#[must_use = "nothing is written before the commit"]
pub struct Transaction<'a> {
    table: &'a Table,
    writes: Vec<TransactWriteItem>,
    names: Vec<Write>,
    events: Vec<Event>,
    fault: Option<TableError>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Write {
    User,
    Place,
    Mail,
    Once,
    Witness,
    Other,
}

/// Nothing was written, since something was no longer as it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "one for each kind of write")]
pub struct Refused {
    /// The user was changed meanwhile.
    pub user: bool,
    /// The place was no longer there, or could not be given back this way.
    pub place: bool,
    /// Another sender had the mail in hand.
    pub mail: bool,
    /// What is done once was done before.
    pub done: bool,
    /// The other administrator is none any more.
    pub witness: bool,
    /// What has no name above was not as read: a record, or one that must not be there yet.
    pub other: bool,
}

impl Table {
    /// Begins a transaction.
    pub fn transaction(&self) -> Transaction<'_> {
        Transaction {
            table: self,
            writes: Vec::new(),
            names: Vec::new(),
            events: Vec::new(),
            fault: None,
        }
    }
}

impl<'a> Transaction<'a> {
    /// Changes `user`, where it still is as read.
    pub fn change(self, user: &User, change: &UserChange) -> Self {
        let table = self.table;
        let writes = self.with(Write::User, table.user_update(user, change));
        match &change.roles {
            Some(roles) => writes.with_all(table.membership(&user.username, &user.roles, roles)),
            None => writes,
        }
    }

    /// Gives back the place of a right try: no failures any more. `late` is for a place that is no longer there, since
    /// the try took so long that it was counted as a failure.
    pub fn succeed(self, place: &Place, late: bool) -> Self {
        let update = self.table.place_right(place, late);
        self.with(Write::Place, update)
    }

    /// Turns the place of a wrong try into a failure. `locks` says whether it is the one that reaches the limit: the
    /// other kind is refused.
    pub fn fail(self, place: &Place, locks: bool, now: Timestamp) -> Self {
        let update = self.table.place_wrong(place, locks, now);
        self.with(Write::Place, update)
    }

    /// Gives back the place of a try that counts for nobody.
    pub fn leave(self, place: &Place) -> Self {
        let update = self.table.place_left(place);
        self.with(Write::Place, update)
    }

    /// Forgets all failures and places.
    pub fn unlock(self, attempt: &Attempt) -> Self {
        let update = self.table.attempt_forgotten(attempt);
        self.with(Write::Other, update)
    }

    /// Adds an entry to the audit trail.
    pub fn audit(self, entry: &AuditEntry) -> Self {
        let put = self.table.audit_put(entry);
        let mut all = self.with(Write::Other, put);
        all.events.push(entry.event);
        all
    }

    pub(super) fn table(&self) -> &'a Table {
        self.table
    }

    pub(super) fn with_mail(self, write: Result<TransactWriteItem, TableError>) -> Self {
        self.with(Write::Mail, write)
    }

    pub(super) fn with_once(self, write: Result<TransactWriteItem, TableError>) -> Self {
        self.with(Write::Once, write)
    }

    pub(super) fn with_user(self, write: Result<TransactWriteItem, TableError>) -> Self {
        self.with(Write::User, write)
    }

    pub(super) fn with_witness(self, write: Result<TransactWriteItem, TableError>) -> Self {
        self.with(Write::Witness, write)
    }

    pub(super) fn with_all(mut self, writes: Result<Vec<TransactWriteItem>, TableError>) -> Self {
        match writes {
            Ok(writes) => writes
                .into_iter()
                .fold(self, |all, write| all.with_other(Ok(write))),
            Err(fault) => {
                self.fault = Some(fault);
                self
            }
        }
    }

    pub(super) fn with_other(self, write: Result<TransactWriteItem, TableError>) -> Self {
        self.with(Write::Other, write)
    }

    fn with(mut self, name: Write, write: Result<TransactWriteItem, TableError>) -> Self {
        match write {
            Ok(write) => {
                self.writes.push(write);
                self.names.push(name);
            }
            Err(fault) => self.fault = Some(fault),
        }
        self
    }

    /// Writes all of it or nothing.
    pub async fn commit(self) -> Result<Result<(), Refused>, TableError> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let written = self.table.transact(self.writes).await?;
        if written.is_ok() {
            self.events.into_iter().for_each(counted);
        }
        Ok(written.map_err(|reasons| {
            let failed = |wanted| {
                let mut names = self.names.iter().enumerate();
                names.any(|(index, name)| *name == wanted && reasons.failed(index))
            };
            Refused {
                user: failed(Write::User),
                place: failed(Write::Place),
                mail: failed(Write::Mail),
                done: failed(Write::Once),
                witness: failed(Write::Witness),
                other: failed(Write::Other),
            }
        }))
    }
}

/// What the trail tells of is counted as well.
fn counted(event: Event) {
    match event {
        Event::LoginSucceeded => measure::count(Count::Logins),
        Event::LoginFailed => measure::count(Count::LoginFailures),
        Event::AccountLocked => measure::count(Count::Lockouts),
        _ => {}
    }
}

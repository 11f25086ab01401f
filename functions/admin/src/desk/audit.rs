//! The audit log, and the mail queue.

use std::collections::BTreeMap;

use mapgate_core::table::{AuditEntry, Event, Mail, MailKind, MailStage};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Desk, Listed, Moment};
use crate::fault::{Fault, Wrongs};

/// One entry of the audit log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EntryShown {
    /// When.
    pub(crate) at: Moment,
    /// What.
    #[schema(value_type = String)]
    pub(crate) event: Event,
    /// Of which account.
    pub(crate) username: Option<String>,
    /// From which address.
    #[schema(value_type = Option<String>)]
    pub(crate) address: Option<std::net::IpAddr>,
    /// More words: who did it, and what was before and after.
    pub(crate) details: BTreeMap<String, String>,
}

/// A mail of the queue. Whom it is for, and what it says, is sealed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MailShown {
    /// Its name.
    pub(crate) id: String,
    /// When it was queued.
    pub(crate) created_at: Moment,
    /// What it is about.
    #[schema(value_type = String)]
    pub(crate) kind: MailKind,
    /// `queued`, `sending`, `sent`, `failed`, or `uncertain`: the mail server did not say whether it took it.
    pub(crate) stage: &'static str,
    /// Since when; for one that is queued, when it is tried next.
    pub(crate) at: Moment,
    /// How often it was tried, while that is known.
    pub(crate) tries: Option<u32>,
}

impl From<AuditEntry> for EntryShown {
    fn from(entry: AuditEntry) -> Self {
        Self {
            at: entry.at.into(),
            event: entry.event,
            username: entry.username,
            address: entry.address,
            details: entry.details,
        }
    }
}

impl From<Mail> for MailShown {
    fn from(mail: Mail) -> Self {
        let (stage, at, tries) = match mail.stage {
            MailStage::Queued { due_at, tries } => ("queued", due_at, Some(tries)),
            MailStage::Sending { since, tries } => ("sending", since, Some(tries)),
            MailStage::Sent { at } => ("sent", at, None),
            MailStage::Failed { at } => ("failed", at, None),
            MailStage::Uncertain { at } => ("uncertain", at, None),
        };
        Self {
            id: mail.id,
            created_at: mail.created_at.into(),
            kind: mail.kind,
            stage,
            at: at.into(),
            tries,
        }
    }
}

impl Desk<'_> {
    /// The day it is, in UTC.
    pub(crate) fn today(&self) -> String {
        let now = self.now().rfc3339();
        now.get(..10).unwrap_or_default().to_owned()
    }

    /// Some entries of a day (`2026-11-23`, in UTC); of today where none is asked for.
    pub(crate) async fn trail(
        &self,
        day: Option<&str>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listed<EntryShown>, Fault> {
        let today = self.today();
        let day = day.unwrap_or(&today);
        let mut wrongs = Wrongs::default();
        wrongs.unless(is_day(day), "day", "wrong-day");
        wrongs.done()?;
        let page = self.table.audit_page(day, after, limit).await?;
        Ok(Listed {
            items: page.entries.into_iter().map(EntryShown::from).collect(),
            next: page.next,
        })
    }

    /// The mails that are still to be sent, and those of the last 30 days; the newest first.
    pub(crate) async fn mails(&self) -> Result<Listed<MailShown>, Fault> {
        let (open, done) = (self.table.open_mails().await?, self.table.done_mails().await?);
        let mut mails: Vec<Mail> = open.into_iter().chain(done).collect();
        mails.sort_by_key(|mail| std::cmp::Reverse(mail.created_at));
        Ok(Listed {
            items: mails.into_iter().map(MailShown::from).collect(),
            next: None,
        })
    }
}

fn is_day(day: &str) -> bool {
    let is_digit = |(at, byte): (usize, u8)| {
        if at == 4 || at == 7 {
            byte == b'-'
        } else {
            byte.is_ascii_digit()
        }
    };
    day.len() == 10 && day.bytes().enumerate().all(is_digit)
}

//! The mail queue. What is still to be sent stands in one partition, the oldest first; what is done moves to another,
//! for an administrator to see, and goes after a while.
//!
//! Each step of a mail is one write on the condition that the mail is still as it was read: of two senders, one goes on.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem, Update};
use serde::{Deserialize, Serialize};

use super::item::{Key, from_item, put_new, to_item};
use super::{Table, TableError, Transaction};
use crate::clock::Timestamp;
use crate::settings::{MailTemplate, Secret, Settings};

/// How long a mail that is done can be looked up.
const KEPT: Duration = Duration::from_hours(24 * 30);

const OPEN: &str = "mail";
const DONE: &str = "mail-done";

/// A mail of the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Its random name.
    pub id: String,
    /// When it was queued.
    pub created_at: Timestamp,
    /// What it is about.
    pub kind: MailKind,
    /// Whom it is for, sealed for this `id`.
    pub sealed: String,
    /// How far it is.
    pub stage: MailStage,
}

/// What a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailKind {
    /// A password or a link, for who forgot his.
    Reset,
    /// Word of a password that was changed.
    PasswordChanged,
    /// The first word to a new user, with a password or a link where the template has one.
    Welcome,
}

impl MailKind {
    /// The template that a mail of this kind is made with, or has its sender of; none where the settings want no such mails.
    #[must_use]
    pub fn template(self, settings: &Settings) -> Option<&MailTemplate> {
        match self {
            Self::Reset | Self::PasswordChanged => settings.reset_password.as_ref(),
            Self::Welcome => settings.welcome_email.as_ref(),
        }
    }
}

/// How far a mail is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailStage {
    /// It is to be sent. A sender that takes it in hand puts `due_at` off, so that another takes it up where the first
    /// one died.
    Queued {
        /// When it is to be tried.
        due_at: Timestamp,
        /// How often that was begun.
        tries: u32,
    },
    /// It is being handed over. Where nothing follows, nobody knows whether it went out.
    Sending {
        /// Since when.
        since: Timestamp,
        /// How often a try was begun, this one included.
        tries: u32,
    },
    /// The mail server took it.
    Sent {
        /// When.
        at: Timestamp,
    },
    /// It was refused for good, or too often.
    Failed {
        /// When.
        at: Timestamp,
    },
    /// The mail server was given it and did not say whether it took it. Never sent again.
    Uncertain {
        /// When that was found out.
        at: Timestamp,
    },
}

/// Whose a reset link is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Link {
    username: String,
}

fn key(mail: &Mail) -> Key {
    Key::new(OPEN, format!("{:015}#{}", mail.created_at.millis(), mail.id))
}

fn done_key(mail: &Mail) -> Key {
    Key::new(DONE, format!("{:015}#{}", mail.created_at.millis(), mail.id))
}

/// The token has 256 random bits, so that a plain digest hides it; a keyed one could not be looked up after a rotation.
fn link_key(token: &Secret) -> Key {
    let hash = hex::encode(digest(&SHA256, token.expose_bytes()));
    Key::new(format!("reset#{hash}"), "reset")
}

/// Whether a key of the table's stream, as DynamoDB's JSON has it, is that of a mail to be sent.
#[must_use]
pub fn is_key_of_open_mail(keys: &serde_json::Value) -> bool {
    keys["pk"]["S"] == OPEN
}

impl Table {
    /// The mails that are not done, oldest first. One that this version cannot read must not keep the others back: it stays,
    /// and the log tells.
    pub async fn open_mails(&self) -> Result<Vec<Mail>, TableError> {
        let items = self.query(OPEN, "").await?;
        let read = items.into_iter().map(from_item::<Mail>);
        let told = read.inspect(|mail| {
            if let Err(error) = mail {
                tracing::error!(%error, "a queued mail cannot be read");
            }
        });
        Ok(told.flatten().collect())
    }

    /// The mails that are done, oldest first.
    pub async fn done_mails(&self) -> Result<Vec<Mail>, TableError> {
        let items = self.query(DONE, "").await?;
        items.into_iter().map(from_item).collect()
    }

    /// The name of the user whose reset link has that token; none where there is none, or it was used.
    pub async fn user_of_reset_link(&self, token: &Secret) -> Result<Option<String>, TableError> {
        let item = self.get(&link_key(token)).await?;
        let link: Option<Link> = item.map(from_item).transpose()?;
        Ok(link.map(|link| link.username))
    }

    fn mail_put(&self, mail: &Mail) -> Result<TransactWriteItem, TableError> {
        put_new(&self.name, to_item(&key(mail), mail, None)?)
    }

    fn mail_move(&self, mail: &Mail, stage: &MailStage) -> Result<TransactWriteItem, TableError> {
        let update = Update::builder()
            .table_name(&self.name)
            .set_key(Some(key(mail).attributes()))
            .update_expression("SET #stage = :next")
            .condition_expression("#stage = :seen")
            .expression_attribute_names("#stage", "stage")
            .expression_attribute_values(":next", attribute(stage)?)
            .expression_attribute_values(":seen", attribute(&mail.stage)?)
            .build()
            .map_err(|error| TableError::Unavailable(error.to_string()))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    fn mail_delete(&self, mail: &Mail) -> Result<TransactWriteItem, TableError> {
        let delete = Delete::builder()
            .table_name(&self.name)
            .set_key(Some(key(mail).attributes()))
            .condition_expression("#stage = :seen")
            .expression_attribute_names("#stage", "stage")
            .expression_attribute_values(":seen", attribute(&mail.stage)?)
            .build()
            .map_err(|error| TableError::Unavailable(error.to_string()))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    fn mail_done(
        &self,
        mail: &Mail,
        stage: &MailStage,
        now: Timestamp,
    ) -> Result<TransactWriteItem, TableError> {
        let mut done = mail.clone();
        done.stage = stage.clone();
        put_new(&self.name, to_item(&done_key(mail), &done, Some(now.plus(KEPT)))?)
    }

    fn link_put(
        &self,
        token: &Secret,
        username: &str,
        until: Timestamp,
    ) -> Result<TransactWriteItem, TableError> {
        let link = Link {
            username: username.to_owned(),
        };
        put_new(&self.name, to_item(&link_key(token), &link, Some(until))?)
    }

    fn link_delete(&self, token: &Secret) -> Result<TransactWriteItem, TableError> {
        let delete = Delete::builder()
            .table_name(&self.name)
            .set_key(Some(link_key(token).attributes()))
            .condition_expression("attribute_exists(pk)")
            .build()
            .map_err(|error| TableError::Unavailable(error.to_string()))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }
}

fn attribute(stage: &MailStage) -> Result<AttributeValue, TableError> {
    serde_dynamo::to_attribute_value(stage).map_err(|error| TableError::Unreadable(error.to_string()))
}

impl Transaction<'_> {
    /// Queues a mail.
    pub fn mail(self, mail: &Mail) -> Self {
        let put = self.table().mail_put(mail);
        self.with_other(put)
    }

    /// Brings a mail to its next stage, where it still is as read.
    pub fn move_mail(self, mail: &Mail, stage: &MailStage) -> Self {
        let update = self.table().mail_move(mail, stage);
        self.with_mail(update)
    }

    /// Takes a mail out of the queue, where it still is as read, and leaves no trace of it.
    pub fn drop_mail(self, mail: &Mail) -> Self {
        let delete = self.table().mail_delete(mail);
        self.with_mail(delete)
    }

    /// Moves a mail to those that are done, where it still is as read.
    pub fn finish_mail(self, mail: &Mail, stage: &MailStage, now: Timestamp) -> Self {
        let (delete, put) = (
            self.table().mail_delete(mail),
            self.table().mail_done(mail, stage, now),
        );
        self.with_mail(delete).with_other(put)
    }

    /// Makes a reset link's token lead to a user.
    pub fn reset_link(self, token: &Secret, username: &str, until: Timestamp) -> Self {
        let put = self.table().link_put(token, username, until);
        self.with_other(put)
    }

    /// Takes a reset link away, where it is still there.
    pub fn spend_reset_link(self, token: &Secret) -> Self {
        let delete = self.table().link_delete(token);
        self.with_other(delete)
    }
}

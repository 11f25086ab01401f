//! The sender: takes the mails that are due out of the queue, one step at a time, so that a crash between any two steps
//! neither loses a mail nor sends it twice.
//!
//! A try takes the mail in hand ([`MailStage::Queued`] with a later `due_at`), brings the mail server as far as it will
//! take the message, marks the mail as being handed over ([`MailStage::Sending`]) and with it stores what a reset gives
//! out, and only then hands over. Until the mark, another try is safe. Behind it, where no answer came, nobody knows:
//! such a mail is told to the administrator and never sent again.

use std::sync::Arc;
use std::time::Duration;

use mapgate_core::account::{Addressee, Letter};
use mapgate_core::clock::Timestamp;
use mapgate_core::gate::Gate;
use mapgate_core::http::Failure;
use mapgate_core::secrets::Secrets;
use mapgate_core::table::{
    AuditEntry, Event, Mail, MailKind, MailStage, Reset, Source, Table, Transaction, User, UserChange,
};

use crate::handing::{Delivery, Post, Refusal};
use crate::link::gives_links;
use crate::message::{self, Given, Unwritable};

/// How long after a refused try the next one comes: five tries within a day.
const PAUSES: [Duration; 4] = [
    Duration::from_mins(1),
    Duration::from_mins(15),
    Duration::from_hours(3),
    Duration::from_hours(20),
];
/// Nothing is sent that was asked for longer ago.
const STALE: Duration = Duration::from_hours(24);
/// A mail whose sender has not come back by then was left by it. No function runs for longer than 29 seconds.
const ABANDONED: Duration = Duration::from_mins(5);
/// After that, no further mail is begun: what is in hand must end within the function's own time.
const BEGINNING: Duration = Duration::from_secs(6);

/// Sends what is due. What cannot be sent now stays for the next call.
///
/// Of a kind that the settings have no template for, nothing is sent. Fails where the table or the keys cannot be reached.
pub async fn send_due(gate: &Gate) -> Result<(), Failure> {
    if !gives_links(gate) {
        return Ok(());
    }
    let table = gate.table().await;
    let now = gate.clock.now();
    let open = table.open_mails().await?;
    let due: Vec<Mail> = open.into_iter().filter(|mail| is_due(mail, now)).collect();
    if due.is_empty() {
        return Ok(());
    }
    let sender = Sender {
        gate,
        table,
        secrets: gate.secrets().await?,
        post: Post::of(gate).await,
    };
    let begun = tokio::time::Instant::now();
    let mut outcome = Ok(());
    // One after the other: of two for one user, the later one's password is to hold.
    for mail in due {
        if begun.elapsed() >= BEGINNING {
            break;
        }
        // One that cannot be read must not keep the others back.
        let step = sender.step(&mail).await;
        outcome = outcome.and(step);
    }
    outcome
}

fn is_due(mail: &Mail, now: Timestamp) -> bool {
    match mail.stage {
        MailStage::Queued { due_at, .. } => due_at <= now,
        MailStage::Sending { since, .. } => since.plus(ABANDONED) <= now,
        MailStage::Sent { .. } | MailStage::Failed { .. } | MailStage::Uncertain { .. } => false,
    }
}

struct Sender<'a> {
    gate: &'a Gate,
    table: &'a Table,
    secrets: Arc<Secrets>,
    post: Post,
}

impl Sender<'_> {
    /// What is due with a mail.
    async fn step(&self, mail: &Mail) -> Result<(), Failure> {
        let MailStage::Queued { tries, .. } = mail.stage else {
            return self
                .finish(mail, None, Ended::Uncertain, "the sender did not come back")
                .await;
        };
        let Some(letter) = Letter::open(mail, &self.secrets) else {
            return self.finish(mail, None, Ended::Failed, "its key is gone").await;
        };
        let Some(to) = letter.to else {
            // A decoy has no audit entry, as a request for nobody has none of an account.
            return self
                .commit(self.table.transaction().drop_mail(mail))
                .await
                .map(drop);
        };
        if usize::try_from(tries).unwrap_or(usize::MAX) > PAUSES.len() {
            return self
                .finish(mail, Some(&to), Ended::Failed, "refused too often")
                .await;
        }
        if mail.created_at.plus(STALE) <= self.gate.clock.now() {
            return self.finish(mail, Some(&to), Ended::Failed, "too old").await;
        }
        let user = self.table.user(&to.username).await?;
        let user = match addressee(user, &to, self.gate.clock.now()) {
            Ok(user) => user,
            Err(reason) => {
                let audit = self.audit(Event::MailDropped, mail, Some(&to), reason);
                let dropped = self.table.transaction().drop_mail(mail).audit(&audit);
                return self.commit(dropped).await.map(drop);
            }
        };
        self.send(mail, tries + 1, &to, &user, &letter.language).await
    }

    async fn send(
        &self,
        mail: &Mail,
        tries: u32,
        to: &Addressee,
        user: &User,
        language: &str,
    ) -> Result<(), Failure> {
        let Some(template) = mail.kind.template(&self.gate.settings) else {
            return Ok(());
        };
        let now = self.gate.clock.now();
        let in_hand = staged(
            mail,
            MailStage::Queued {
                due_at: now.plus(ABANDONED),
                tries,
            },
        );
        let taken = self.table.transaction().move_mail(mail, &in_hand.stage);
        if !self.commit(taken).await? {
            return Ok(());
        }
        let given = match mail.kind {
            MailKind::Reset | MailKind::Welcome => Given::new(template, &self.gate.random)?,
            MailKind::PasswordChanged => None,
        };
        let written = message::write(self.gate, template, mail, user, language, given.as_ref());
        let message = match written {
            Ok(message) => message,
            Err(Unwritable(reason)) => return self.finish(&in_hand, Some(to), Ended::Failed, reason).await,
        };
        let opened = match self.post.open(&message, &self.secrets).await {
            Ok(opened) => opened,
            Err(refusal) => return self.refused(&in_hand, tries, to, &refusal).await,
        };
        let since = self.gate.clock.now();
        let sending = staged(mail, MailStage::Sending { since, tries });
        let mut mark = self.table.transaction().move_mail(&in_hand, &sending.stage);
        if let Some(given) = &given {
            mark = self.give(mark, given, mail.kind, user, since)?;
        }
        if !self.commit(mark).await? {
            // The user was changed meanwhile, so that the mail has to be written anew; or another has it in hand.
            let again = MailStage::Queued { due_at: since, tries };
            let again = self.table.transaction().move_mail(&in_hand, &again);
            return self.commit(again).await.map(drop);
        }
        match opened.hand_over(&message).await {
            Delivery::Taken(farewell) => {
                let finished = self.finish(&sending, Some(to), Ended::Sent, "").await;
                farewell.say().await;
                finished
            }
            Delivery::Refused(refusal) => self.refused(&sending, tries, to, &refusal).await,
            Delivery::Unanswered => {
                self.finish(&sending, Some(to), Ended::Uncertain, "no answer")
                    .await
            }
        }
    }

    /// Stores what the mail gives out in place of what an earlier one gave.
    fn give<'t>(
        &self,
        mark: Transaction<'t>,
        given: &Given,
        kind: MailKind,
        user: &User,
        now: Timestamp,
    ) -> Result<Transaction<'t>, Failure> {
        let expires_at = now.plus(given.lasts(kind));
        let hash = given.hash(&self.secrets, user, now).ok_or(Failure::Unavailable)?;
        let reset = Reset {
            kind: given.kind(),
            hash,
            expires_at,
        };
        let change = UserChange {
            reset: Some(Some(reset)),
            // Nothing is given out at an address that is no longer the user's.
            as_shown: true,
            ..UserChange::default()
        };
        let mark = mark.change(user, &change);
        Ok(match given {
            Given::Password(_) => mark,
            Given::Link(token) => mark.reset_link(token, &user.username, expires_at),
        })
    }

    /// Puts a refused mail off, or gives it up.
    async fn refused(
        &self,
        mail: &Mail,
        tries: u32,
        to: &Addressee,
        refusal: &Refusal,
    ) -> Result<(), Failure> {
        tracing::warn!(mail = mail.id, reason = %refusal.reason, "a mail was refused");
        let pause = usize::try_from(tries)
            .ok()
            .and_then(|tries| PAUSES.get(tries - 1));
        let Some(pause) = pause.filter(|_| !refusal.is_final) else {
            return self.finish(mail, Some(to), Ended::Failed, &refusal.reason).await;
        };
        let due_at = self.gate.clock.now().plus(*pause);
        let later = MailStage::Queued { due_at, tries };
        let later = self.table.transaction().move_mail(mail, &later);
        self.commit(later).await.map(drop)
    }

    /// Moves a mail to those that are done. Where another did so first, its word stands.
    async fn finish(
        &self,
        mail: &Mail,
        to: Option<&Addressee>,
        ended: Ended,
        reason: &str,
    ) -> Result<(), Failure> {
        let at = self.gate.clock.now();
        let (event, stage) = match ended {
            Ended::Sent => (Event::MailSent, MailStage::Sent { at }),
            Ended::Failed => (Event::MailFailed, MailStage::Failed { at }),
            Ended::Uncertain => (Event::MailUncertain, MailStage::Uncertain { at }),
        };
        let known = Letter::open(mail, &self.secrets).and_then(|letter| letter.to);
        let audit = self.audit(event, mail, to.or(known.as_ref()), reason);
        let finished = self.table.transaction().finish_mail(mail, &stage, at);
        self.commit(finished.audit(&audit)).await.map(drop)
    }

    fn audit(&self, event: Event, mail: &Mail, to: Option<&Addressee>, reason: &str) -> AuditEntry {
        let (now, days) = (self.gate.clock.now(), self.gate.settings.audit_retention_days);
        let kind = match mail.kind {
            MailKind::Reset => "reset",
            MailKind::PasswordChanged => "password_changed",
            MailKind::Welcome => "welcome",
        };
        let mut audit = AuditEntry::new(event, now, days)
            .detail("mail", &mail.id)
            .detail("kind", kind);
        audit.username = to.map(|to| to.username.clone());
        if reason.is_empty() {
            audit
        } else {
            audit.detail("reason", reason)
        }
    }

    /// Whether it was written; else something was no longer as it was read.
    async fn commit(&self, transaction: Transaction<'_>) -> Result<bool, Failure> {
        Ok(transaction.commit().await?.is_ok())
    }
}

/// How a mail ends.
#[derive(Debug, Clone, Copy)]
enum Ended {
    Sent,
    Failed,
    Uncertain,
}

fn staged(mail: &Mail, stage: MailStage) -> Mail {
    Mail {
        stage,
        ..mail.clone()
    }
}

/// The user, where he is to get mail; else why not.
fn addressee(user: Option<User>, to: &Addressee, now: Timestamp) -> Result<User, &'static str> {
    let user = user.filter(|user| user.id == to.id).ok_or("unknown_user")?;
    if user.deactivated {
        Err("deactivated")
    } else if !user.is_active(now) {
        Err("expired")
    } else if user.source != Source::Directory {
        Err("password_elsewhere")
    } else if user.email.is_none() {
        Err("no_address")
    } else {
        Ok(user)
    }
}

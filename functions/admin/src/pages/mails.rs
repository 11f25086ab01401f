//! `/admin/mails`: the mail queue.

use mapgate_core::table::MailKind;

use super::Shown;
use super::form::status;
use super::frame::Frame;
use super::list::{Cell, List};
use super::visit::Visit;
use super::words::Words;

/// The mails that are still to be sent, and those of the last 30 days.
pub(crate) async fn list(visit: Visit) -> Shown {
    let words = visit.words();
    let listed = visit.desk().await.mails().await?;
    let mut list = List::of(&visit, words.say("mail-queue"));
    list.intro = Some(words.say("mails-hint"));
    list.empty = words.say("no-mails");
    list.plain_heads(&["queued-at", "about", "state", "state-since", "tries"]);
    list.rows = listed
        .items
        .into_iter()
        .map(|mail| {
            let kind = match mail.kind {
                MailKind::Reset => "mail-reset",
                MailKind::PasswordChanged => "mail-password-changed",
                MailKind::Welcome => "mail-welcome",
            };
            let mark = match mail.stage {
                "sent" => "good",
                "failed" => "wrong",
                "uncertain" => "care",
                _ => "plain",
            };
            let tries = mail.tries.map(|tries| tries.to_string());
            vec![
                Cell::Moment(Words::moment(&mail.created_at)),
                Cell::of(words.say(kind)),
                Cell::Marks(vec![(mark, words.say(&format!("mail-{}", mail.stage)))]),
                Cell::Moment(Words::moment(&mail.at)),
                Cell::of(tries.unwrap_or_default()),
            ]
        })
        .collect();
    let frame = Frame {
        section: "mail-queue",
        heading: words.say("mail-queue"),
        ..Frame::default()
    };
    Ok(visit.show(status(None), frame, &list).await)
}

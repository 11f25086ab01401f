//! `/admin/users/{id}/sessions`: what OAuth2 clients may do in a user's name, and the way to end it.

use super::Shown;
use super::form::status;
use super::frame::Frame;
use super::list::{Cell, List};
use super::users::{Id, id, path};
use super::visit::{AT_ONCE, Sent, Visit};
use super::words::Words;

/// The sessions of a user.
pub(crate) async fn list(path: Id, visit: Visit) -> Shown {
    let (id, words, desk) = (id(path)?, visit.words(), visit.desk().await);
    let user = desk.user(id).await?;
    let listed = desk.sessions(id, visit.part().after, AT_ONCE).await?;
    let heading = words.with("sessions-of", "user", &user.username);
    let mut list = List::of(&visit, heading.clone());
    list.intro = Some(words.say("sessions-hint"));
    list.empty = words.say("no-sessions");
    list.plain_heads(&["client", "scopes", "since", "refreshed", "ends", "action"]);
    list.rows = listed
        .items
        .into_iter()
        .map(|session| {
            vec![
                Cell::of(session.client_id.clone()),
                Cell::of(session.scope),
                Cell::Moment(Words::moment(&session.created_at)),
                Cell::Moment(Words::moment(&session.refreshed_at)),
                Cell::Moment(Words::moment(&session.expires_at)),
                Cell::Button("session", session.id, words.say("end-session"), session.client_id),
            ]
        })
        .collect();
    let here = format!("{}/sessions", self::path(id));
    list.page(&visit, &here, &[], listed.next.as_deref());
    list.whole = Some(("everywhere", words.say("sign-out-everywhere")));
    let frame = Frame {
        section: "users",
        heading,
        is_wrong: false,
        up: Some((words.link(&self::path(id)), user.username)),
    };
    Ok(visit.show(status(None), frame, &list).await)
}

/// Ends one session, or every one with the browsers' tickets.
pub(crate) async fn end(path: Id, sent: Sent) -> Shown {
    let id = id(path)?;
    let here = format!("{}/sessions", self::path(id));
    let desk = sent.desk().await;
    if sent.ticked("everywhere") {
        desk.sign_out(id).await?;
        return Ok(sent.lead(&here, Some("signed-out")).await);
    }
    desk.end_session(id, sent.field("session")).await?;
    Ok(sent.lead(&here, Some("session-ended")).await)
}

//! `/admin/audit`: the audit log, a day at a time.

use mapgate_core::table::Event;

use super::Shown;
use super::form::{Refused, status};
use super::frame::Frame;
use super::list::{Cell, List, Search};
use super::visit::{AT_ONCE, Visit};
use super::words::Words;
use crate::desk::{EntryShown, Listed};
use crate::fault::Fault;

const PATH: &str = "/admin/audit";

/// The entries of a day, the newest first; of those of a page, the ones that hold a text.
pub(crate) async fn list(visit: Visit) -> Shown {
    let (words, part) = (visit.words(), visit.part());
    let desk = visit.desk().await;
    let day = Some(visit.parameter("day")).filter(|day| !day.is_empty());
    let (listed, refused) = match desk.trail(day, part.after, AT_ONCE).await {
        Ok(listed) => (listed, None),
        Err(fault) => {
            let nothing = Listed {
                items: Vec::new(),
                next: None,
            };
            (nothing, Some(Refused::of(fault)?))
        }
    };
    let today = desk.today();
    let day = day.unwrap_or(&today);
    let mut list = List::of(&visit, words.say("audit-log"));
    list.intro = Some(words.say("audit-hint"));
    let wrong = refused.as_ref().and_then(|refused| match &refused.fault {
        Fault::Invalid(wrongs) => wrongs.first().map(|wrong| wrong.said.tell(words.language)),
        _ => None,
    });
    list.search = Some(Search {
        path: PATH,
        label: words.say("holds"),
        hint: words.say("audit-search-hint"),
        value: part.prefix,
        day: Some((words.say("day"), day.to_owned())),
        by: Vec::new(),
        hidden: Vec::new(),
        error: wrong,
    });
    list.plain_heads(&["time", "event", "by-whom", "of-whom", "details", "address"]);
    let wanted = part.prefix.to_lowercase();
    let rows = listed.items.into_iter().map(|entry| row(words, entry));
    list.rows = rows
        .filter(|(text, _)| text.to_lowercase().contains(&wanted))
        .map(|(_, row)| row)
        .collect();
    list.empty = words.say("no-entries");
    let parameters = [("day", day), ("search", part.prefix)];
    list.page(&visit, PATH, &parameters, listed.next.as_deref());
    let frame = Frame {
        section: "audit-log",
        heading: words.say("audit-log"),
        is_wrong: refused.is_some(),
        up: None,
    };
    Ok(visit.show(status(refused.as_ref()), frame, &list).await)
}

/// The text id of an event: `event-` and how the log spells it.
fn event_id(event: Event) -> String {
    let spelled = serde_json::to_value(event).unwrap_or_default();
    format!("event-{}", spelled.as_str().unwrap_or_default().replace('_', "-"))
}

/// An entry, and all that it says in one text.
fn row(words: Words<'_>, entry: EntryShown) -> (String, Vec<Cell>) {
    let mut details = entry.details;
    let by = details.remove("by").unwrap_or_default();
    let event = words.say(&event_id(entry.event));
    let username = entry.username.unwrap_or_default();
    let address = entry
        .address
        .map_or_else(String::new, |address| address.to_string());
    let time = entry.at.0.get(11..19).unwrap_or(&entry.at.0).to_owned();
    let pairs: Vec<(String, String)> = details.into_iter().collect();
    let mut text = [event.as_str(), &by, &username, &address, &time].join("\n");
    for (name, value) in &pairs {
        text.extend(["\n", name, "=", value]);
    }
    let cells = vec![
        Cell::Moment(time),
        Cell::of(event),
        Cell::of(by),
        Cell::of(username),
        Cell::Pairs(pairs),
        Cell::of(address),
    ];
    (text, cells)
}

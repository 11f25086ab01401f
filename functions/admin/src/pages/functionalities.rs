//! `/admin/functionalities`: every name and value, and the roles that bring it.

use std::collections::BTreeMap;

use super::Shown;
use super::form::status;
use super::frame::Frame;
use super::list::{Cell, List};
use super::roles::path;
use super::visit::Visit;

/// All functionalities. They are changed at their roles.
pub(crate) async fn list(visit: Visit) -> Shown {
    let words = visit.words();
    let roles = visit.desk().await.roles().await?.items;
    let mut found: BTreeMap<(String, String), Vec<(String, String)>> = BTreeMap::new();
    for role in roles {
        let link = words.link(&path(role.id));
        for (name, values) in role.functionalities {
            for value in values {
                let roles = found.entry((name.clone(), value)).or_default();
                roles.push((link.clone(), role.name.clone()));
            }
        }
    }
    let mut list = List::of(&visit, words.say("functionalities"));
    list.intro = Some(words.say("functionalities-intro"));
    list.empty = words.say("no-functionalities");
    list.plain_heads(&["name", "value", "roles"]);
    list.rows = found
        .into_iter()
        .map(|((name, value), roles)| vec![Cell::of(name), Cell::of(value), Cell::Links(roles)])
        .collect();
    let frame = Frame {
        section: "functionalities",
        heading: words.say("functionalities"),
        ..Frame::default()
    };
    Ok(visit.show(status(None), frame, &list).await)
}

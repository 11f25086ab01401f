//! `/admin/ogc_servers/{name}/layers`: the layers of a server in a table, with boxes for everybody and for each role.

use askama::Template;
use http::StatusCode;

use super::Shown;
use super::frame::Frame;
use super::layers::{path, table};
use super::ogc_servers::{Name, name};
use super::trouble::Trouble;
use super::visit::{AT_ONCE, Sent, Visit};
use super::words::{Words, with};
use crate::desk::{LayerAsked, LayerShown, RoleShown, Tagged as _};
use crate::fault::Fault;

/// How many fields a table may send: fewer than any form may have.
const FIELDS: usize = 1800;

#[derive(Template)]
#[template(path = "layers.html")]
struct Table<'a> {
    words: Words<'a>,
    token: &'a str,
    server: &'a str,
    action: String,
    search: &'a str,
    search_action: String,
    new: String,
    roles: Vec<String>,
    rows: Vec<Row>,
    wrongs: Vec<(String, String)>,
    default: String,
    first: Option<String>,
    next: Option<String>,
}

/// How many layers a table with a box for each role can send at once.
pub(super) fn rows_at_once(roles: &[RoleShown]) -> usize {
    (FIELDS / (roles.len() + 3)).clamp(1, AT_ONCE)
}

/// A line's boxes, one a role: name, role, and whether it is ticked.
pub(super) fn boxes(at: usize, roles: &[RoleShown], ticked: &[String]) -> Vec<(String, String, bool)> {
    let of = |role: &RoleShown| {
        let name = format!("role-{at}-{}", role.id);
        (name, role.name.clone(), ticked.contains(&role.name))
    };
    roles.iter().map(of).collect()
}

/// The roles whose boxes of a line are ticked.
pub(super) fn ticked_roles(sent: &Sent, at: usize, roles: &[RoleShown]) -> Vec<String> {
    let is_ticked = |role: &&RoleShown| sent.ticked(&format!("role-{at}-{}", role.id));
    let ticked = roles.iter().filter(is_ticked);
    ticked.map(|role| role.name.clone()).collect()
}

/// A layer's line.
struct Row {
    layer: LayerShown,
    link: String,
    etag: String,
    /// For each role: the box's name, and whether it is ticked.
    boxes: Vec<(String, String, bool)>,
}

/// The layers.
pub(crate) async fn show(path: Name, visit: Visit) -> Shown {
    let server = name(path)?;
    page(&visit, &server, &[], Vec::new()).await
}

/// What was typed for a layer, and why it was not done.
struct Left {
    asked: LayerAsked,
    fault: Fault,
}

/// Shows the layers; `left` are those whose change was refused.
async fn page(visit: &Visit, server: &str, asked: &[LayerAsked], left: Vec<Left>) -> Shown {
    let (desk, words) = (visit.desk().await, visit.words());
    let roles = desk.roles().await?.items;
    let shown = desk.server(server).await?;
    let part = visit.part();
    let limit = rows_at_once(&roles);
    let layers = desk.layers(server).await?.items;
    let mut layers = layers.into_iter().filter(|layer| {
        let behind = part.after.is_none_or(|after| layer.name.as_str() > after);
        behind && layer.name.starts_with(part.prefix)
    });
    let some: Vec<LayerShown> = layers.by_ref().take(limit).collect();
    let next = layers.next().and(some.last()).map(|last| last.name.clone());
    let here = with(&table(server), &[("search", part.prefix)]);
    let status = left.first().map_or(StatusCode::OK, |left| match left.fault {
        Fault::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::PRECONDITION_FAILED,
    });
    let rows = some.into_iter().enumerate().map(|(at, layer)| {
        let typed = asked.iter().find(|asked| asked.name == layer.name);
        row(words, server, at, layer, typed, &roles)
    });
    let access = format!("{:?}", shown.default_access).to_lowercase();
    let content = Table {
        words,
        token: &visit.csrf.token,
        server,
        action: words.link_with(&here, &[("after", part.after.unwrap_or_default())]),
        search: part.prefix,
        search_action: format!("{}{}", words.prefix, table(server)),
        new: words.link(&format!("{}/new_layer", super::ogc_servers::path(server))),
        rows: rows.collect(),
        wrongs: left.iter().map(|left| told(words, left)).collect(),
        default: words.say(&format!("default-{access}")),
        first: part.after.map(|_| words.link(&here)),
        next: next.map(|next| words.link_with(&here, &[("after", &next)])),
        roles: roles.into_iter().map(|role| role.name).collect(),
    };
    let frame = Frame {
        section: "ogc-servers",
        heading: words.with("layers-of", "server", server),
        is_wrong: !left.is_empty(),
        up: Some((words.link(&super::ogc_servers::path(server)), server.to_owned())),
    };
    Ok(visit.show(status, frame, &content).await)
}

fn row(
    words: Words<'_>,
    server: &str,
    at: usize,
    layer: LayerShown,
    typed: Option<&LayerAsked>,
    roles: &[RoleShown],
) -> Row {
    let (link, etag) = (words.link(&path(server, &layer.name)), layer.etag());
    let layer = typed.cloned().unwrap_or(layer);
    Row {
        link,
        etag,
        boxes: boxes(at, roles, &layer.roles),
        layer,
    }
}

/// What went wrong with a layer, in words.
fn told(words: Words<'_>, left: &Left) -> (String, String) {
    let text = match &left.fault {
        Fault::Invalid(wrongs) => {
            let texts = wrongs.iter().map(|wrong| wrong.said.tell(words.language));
            texts.collect::<Vec<_>>().join(" ")
        }
        Fault::NotFound(_) => words.say("layer-gone"),
        _ => words.say("changed-meanwhile"),
    };
    (left.asked.name.clone(), text)
}

/// Changes the layers whose boxes are others than they were. Each is a change of its own: where one is refused, the
/// others are done.
pub(crate) async fn change(path: Name, sent: Sent) -> Shown {
    let server = name(path)?;
    let desk = sent.desk().await;
    let mut roles = desk.roles().await?.items;
    // A layer has them by number, and its tag with them.
    roles.sort_by_key(|role| role.id);
    let (known, mut asked, mut left) = (desk.layers(&server).await?.items, Vec::new(), Vec::new());
    for at in (0..AT_ONCE).take_while(|at| sent.ticked(&format!("name-{at}"))) {
        let name = sent.field(&format!("name-{at}"));
        let was = sent.field(&format!("etag-{at}"));
        let now = known.iter().find(|layer| layer.name == name);
        let layer = LayerAsked {
            name: name.to_owned(),
            public: sent.ticked(&format!("public-{at}")),
            roles: ticked_roles(&sent, at, &roles),
            // The table does not ask for them.
            write_roles: now.map(|layer| layer.write_roles.clone()).unwrap_or_default(),
        };
        if layer.etag() == was {
            continue;
        }
        let done = desk.change_layer(&server, name, &layer, Some(was)).await;
        if let Err(fault) = done {
            left.push(Left {
                asked: layer.clone(),
                fault: tellable(fault)?,
            });
            asked.push(layer);
        }
    }
    if left.is_empty() {
        let parameters = [
            ("search", sent.parameter("search")),
            ("after", sent.parameter("after")),
        ];
        let here = with(&table(&server), &parameters);
        return Ok(sent.lead(&here, Some("saved")).await);
    }
    page(&sent, &server, &asked, left).await
}

/// What the table can tell; anything else is for a page of its own.
fn tellable(fault: Fault) -> Result<Fault, Trouble> {
    match fault {
        Fault::Failure(failure) => Err(failure.into()),
        fault => Ok(fault),
    }
}

//! `/admin/ogc_servers/{name}/import`: the layers that a server itself lists and that are not listed here yet, with boxes to
//! take them over.

use askama::Template;
use http::StatusCode;
use mapgate_core::map_server::NotAnswered;

use super::Shown;
use super::form::Refused;
use super::frame::Frame;
use super::layers::table;
use super::layers_table::{boxes, rows_at_once, ticked_roles};
use super::ogc_servers::{Name, name, path};
use super::visit::{Sent, Visit};
use super::words::{Words, with};
use crate::desk::{LayerAsked, LayersRefused, MADE_AT_ONCE, OfferedShown, RoleShown};
use crate::fault::Fault;

#[derive(Template)]
#[template(path = "import.html")]
struct Page<'a> {
    words: Words<'a>,
    token: &'a str,
    server: &'a str,
    action: String,
    wrongs: Vec<String>,
    roles: Vec<String>,
    rows: Vec<Row>,
    listed: usize,
    layers: String,
    first: Option<String>,
    next: Option<String>,
}

struct Row {
    name: String,
    services: String,
    take: bool,
    public: bool,
    /// For each role: the box's name, and whether it is ticked.
    boxes: Vec<(String, String, bool)>,
}

/// What the text of a server that gave nothing is.
pub(super) fn told(words: Words<'_>, error: NotAnswered) -> (StatusCode, String) {
    let (status, id) = match error {
        NotAnswered::Down => (StatusCode::BAD_GATEWAY, "map-server-down"),
        NotAnswered::Unreadable => (StatusCode::BAD_GATEWAY, "map-server-unreadable"),
        NotAnswered::Slow => (StatusCode::GATEWAY_TIMEOUT, "map-server-slow"),
    };
    (status, words.say(id))
}

/// The layers, asked of the server now.
pub(crate) async fn show(path: Name, visit: Visit) -> Shown {
    page(&visit, &name(path)?, &[], None).await
}

/// Shows them; `typed` are the boxes as they were ticked in a form that was refused.
async fn page(
    visit: &Visit,
    server: &str,
    typed: &[LayerAsked],
    refused: Option<(Option<String>, Refused)>,
) -> Shown {
    let (desk, words) = (visit.desk().await, visit.words());
    let roles = desk.roles().await?.items;
    let mut status = refused
        .as_ref()
        .map_or(StatusCode::OK, |(_, refused)| refused.status());
    let mut wrongs = refused.map_or_else(Vec::new, |(layer, refused)| wrongs(words, layer, &refused.fault));
    let offered = match desk.offered(server).await {
        Ok(offered) => offered.items,
        Err(Fault::MapServer(error)) => {
            let (its, text) = told(words, error);
            status = its;
            wrongs.push(text);
            Vec::new()
        }
        Err(fault) => return Err(fault.into()),
    };
    let after = visit.parameter("after");
    let begin = offered
        .iter()
        .position(|layer| layer.name == after)
        .map_or(0, |at| at + 1);
    let listed = offered.iter().filter(|layer| layer.listed).count();
    let limit = rows_at_once(&roles).min(MADE_AT_ONCE);
    let mut left = offered.into_iter().skip(begin).filter(|layer| !layer.listed);
    let some: Vec<OfferedShown> = left.by_ref().take(limit).collect();
    let next = left.next().and(some.last()).map(|last| last.name.clone());
    let here = format!("{}/import", path(server));
    let rows = some.into_iter().enumerate().map(|(at, layer)| {
        let typed = typed.iter().find(|typed| typed.name == layer.name);
        row(at, layer, typed, &roles)
    });
    let content = Page {
        words,
        token: &visit.csrf.token,
        server,
        action: words.link_with(&here, &[("after", after)]),
        rows: rows.collect(),
        listed,
        layers: words.link(&table(server)),
        first: (begin > 0).then(|| words.link(&here)),
        next: next.map(|next| words.link_with(&here, &[("after", &next)])),
        roles: roles.into_iter().map(|role| role.name).collect(),
        wrongs,
    };
    let frame = Frame {
        section: "ogc-servers",
        heading: words.with("import-title", "server", server),
        is_wrong: status != StatusCode::OK,
        up: Some((words.link(&path(server)), server.to_owned())),
    };
    Ok(visit.show(status, frame, &content).await)
}

fn row(at: usize, layer: OfferedShown, typed: Option<&LayerAsked>, roles: &[RoleShown]) -> Row {
    Row {
        services: layer.services.join(", "),
        take: typed.is_some(),
        public: typed.is_some_and(|typed| typed.public),
        boxes: boxes(at, roles, typed.map_or(&[], |typed| &typed.roles)),
        name: layer.name,
    }
}

/// What is wrong, and of which layer.
fn wrongs(words: Words<'_>, layer: Option<String>, fault: &Fault) -> Vec<String> {
    let of = |text: String| match &layer {
        Some(layer) => format!("{layer}: {text}"),
        None => text,
    };
    match fault {
        Fault::Invalid(wrongs) => {
            let texts = wrongs.iter().map(|wrong| wrong.said.tell(words.language));
            texts.map(of).collect()
        }
        Fault::Conflict(said) => vec![of(said.tell(words.language))],
        _ => vec![words.say("changed-meanwhile")],
    }
}

/// Takes over the layers of which any box is ticked, all or none.
pub(crate) async fn create(path: Name, sent: Sent) -> Shown {
    let server = name(path)?;
    let desk = sent.desk().await;
    let roles = desk.roles().await?.items;
    let mut asked = Vec::new();
    for at in (0..MADE_AT_ONCE).take_while(|at| sent.ticked(&format!("name-{at}"))) {
        let layer = LayerAsked {
            name: sent.field(&format!("name-{at}")).to_owned(),
            public: sent.ticked(&format!("public-{at}")),
            roles: ticked_roles(&sent, at, &roles),
            write_roles: Vec::new(),
        };
        if sent.ticked(&format!("take-{at}")) || layer.public || !layer.roles.is_empty() {
            asked.push(layer);
        }
    }
    if asked.is_empty() {
        let fault = Fault::invalid("take", "nothing-ticked");
        return page(&sent, &server, &asked, Some((None, Refused { fault }))).await;
    }
    match desk.create_layers(&server, &asked).await {
        Ok(()) => {
            let here = with(
                &format!("{}/import", super::ogc_servers::path(&server)),
                &[("after", sent.parameter("after"))],
            );
            Ok(sent.lead(&here, Some("created")).await)
        }
        Err(LayersRefused { layer, fault }) => {
            page(&sent, &server, &asked, Some((layer, Refused::of(fault)?))).await
        }
    }
}

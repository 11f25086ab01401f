//! `/admin/ogc_servers`: OGC servers.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use mapgate_core::table::{Auth, DefaultAccess, ServerType};

use super::Shown;
use super::confirm::Confirm;
use super::form::{Choice, Field, FormPage, Kind, Refused, status};
use super::frame::Frame;
use super::list::{Cell, List};
use super::visit::{Sent, Visit};
use super::words::{Words, segment};
use crate::desk::{ServerAsked, ServerShown, Tagged as _};
use crate::fault::Fault;

const PATH: &str = "/admin/ogc_servers";
const NEW: &str = "/admin/new_ogc_server";

/// The kinds of each, as the table spells them.
const TYPES: [(&str, ServerType); 5] = [
    ("mapserver", ServerType::Mapserver),
    ("qgisserver", ServerType::Qgisserver),
    ("geoserver", ServerType::Geoserver),
    ("arcgis", ServerType::Arcgis),
    ("other", ServerType::Other),
];
const AUTHS: [(&str, Auth); 4] = [
    ("none", Auth::None),
    ("standard", Auth::Standard),
    ("geoserver", Auth::Geoserver),
    ("proxy", Auth::Proxy),
];
const ACCESSES: [(&str, DefaultAccess); 2] = [
    ("private", DefaultAccess::Private),
    ("public", DefaultAccess::Public),
];

pub(super) type Name = Result<Path<String>, PathRejection>;

/// What is no text is no server's.
pub(super) fn name(path: Name) -> Result<String, Fault> {
    path.map(|Path(name)| name)
        .map_err(|_| Fault::NotFound("OGC server"))
}

pub(super) fn path(name: &str) -> String {
    format!("{PATH}/{}", segment(name))
}

fn frame(words: Words<'_>, heading: String) -> Frame<'static> {
    Frame {
        section: "ogc-servers",
        heading,
        is_wrong: false,
        up: Some((words.link(PATH), words.say("ogc-servers"))),
    }
}

/// How one of several is spelled.
fn word<T: PartialEq>(all: &[(&'static str, T)], value: &T) -> &'static str {
    all.iter()
        .find(|(_, known)| known == value)
        .map_or("", |(word, _)| word)
}

/// All servers.
pub(crate) async fn list(visit: Visit) -> Shown {
    let words = visit.words();
    let listed = visit.desk().await.servers().await?;
    let mut list = List::of(&visit, words.say("ogc-servers"));
    list.buttons = vec![(words.link(NEW), words.say("new-server"))];
    list.plain_heads(&["name", "layers", "url", "kind", "auth", "default-access"]);
    list.rows = listed
        .items
        .into_iter()
        .map(|server| {
            let here = path(&server.name);
            let spelled = |kind: &str, word: &str| words.say(&format!("{kind}-{word}"));
            vec![
                Cell::Name(words.link(&here), server.name),
                Cell::Link(words.link(&format!("{here}/layers")), words.say("layers")),
                Cell::of(server.url),
                Cell::of(spelled("type", word(&TYPES, &server.kind))),
                Cell::of(spelled("auth", word(&AUTHS, &server.auth))),
                Cell::of(spelled("access", word(&ACCESSES, &server.default_access))),
            ]
        })
        .collect();
    let frame = Frame {
        section: "ogc-servers",
        heading: words.say("ogc-servers"),
        ..Frame::default()
    };
    Ok(visit.show(status(None), frame, &list).await)
}

/// What a new server begins with.
fn usual() -> ServerAsked {
    ServerAsked {
        name: String::new(),
        url: String::new(),
        url_wfs: None,
        kind: ServerType::Mapserver,
        auth: Auth::Standard,
        default_access: DefaultAccess::Private,
    }
}

/// The form for a new server; `copy` names one that it begins with.
pub(crate) async fn new(visit: Visit) -> Shown {
    let mut asked = usual();
    if !visit.parameter("copy").is_empty() {
        asked = visit.desk().await.server(visit.parameter("copy")).await?;
        asked.name.clear();
    }
    show_new(&visit, &asked, None).await
}

async fn show_new(visit: &Visit, asked: &ServerAsked, refused: Option<Refused>) -> Shown {
    let words = visit.words();
    let form = FormPage {
        button: words.say("create"),
        ..FormPage::of(visit, NEW, fields(words, asked, true))
    };
    let frame = Frame {
        is_wrong: refused.is_some(),
        ..frame(words, words.say("new-server"))
    };
    let form = form.wrong(refused.as_ref());
    Ok(visit.show(status(refused.as_ref()), frame, &form).await)
}

/// What the form asks. A kind that nobody knows is the first one: no form of ours has another.
fn asked(sent: &Sent) -> ServerAsked {
    fn one<T: Copy>(all: &[(&str, T)], typed: &str, usual: T) -> T {
        let known = all.iter().find(|(word, _)| *word == typed);
        known.map_or(usual, |(_, value)| *value)
    }
    let usual = usual();
    ServerAsked {
        name: sent.field("name").trim().to_owned(),
        url: sent.field("url").trim().to_owned(),
        url_wfs: sent.typed("url_wfs"),
        kind: one(&TYPES, sent.field("type"), usual.kind),
        auth: one(&AUTHS, sent.field("auth"), usual.auth),
        default_access: one(&ACCESSES, sent.field("default_access"), usual.default_access),
    }
}

fn fields(words: Words<'_>, asked: &ServerAsked, is_new: bool) -> Vec<Field> {
    fn one<T: PartialEq>(words: Words<'_>, all: &[(&'static str, T)], kind: &str, value: &T) -> Kind {
        let choice = |(word, known): &(&'static str, T)| Choice {
            name: String::new(),
            value: (*word).to_owned(),
            label: words.say(&format!("{kind}-{word}")),
            is_on: known == value,
        };
        Kind::One(all.iter().map(choice).collect())
    }
    let url = Kind::Line {
        r#type: "url",
        value: asked.url.clone(),
        is_required: true,
    };
    vec![
        Field::key(words, "name", "name", &asked.name, !is_new).hint(words.say("server-name-hint")),
        Field::of(words, "url", "url", url),
        Field::typed(
            words,
            "url_wfs",
            "url-wfs",
            "url",
            asked.url_wfs.as_deref().unwrap_or_default(),
        )
        .hint(words.say("url-wfs-hint")),
        Field::of(words, "type", "kind", one(words, &TYPES, "type", &asked.kind)),
        Field::of(words, "auth", "auth", one(words, &AUTHS, "auth", &asked.auth))
            .hint(words.say("auth-hint")),
        Field::of(
            words,
            "default_access",
            "default-access",
            one(words, &ACCESSES, "access", &asked.default_access),
        )
        .hint(words.say("default-access-hint")),
    ]
}

/// Makes a server.
pub(crate) async fn create(sent: Sent) -> Shown {
    let asked = asked(&sent);
    match sent.desk().await.create_server(&asked).await {
        Ok(server) => Ok(sent.lead(&path(&server.name), Some("created")).await),
        Err(fault) => show_new(&sent, &asked, Some(Refused::of(fault)?)).await,
    }
}

/// One server.
pub(crate) async fn edit(path: Name, visit: Visit) -> Shown {
    let server = visit.desk().await.server(&name(path)?).await?;
    show(&visit, &server, &server, None).await
}

async fn show(visit: &Visit, server: &ServerShown, asked: &ServerAsked, refused: Option<Refused>) -> Shown {
    let words = visit.words();
    let here = path(&server.name);
    let copy = [("copy", server.name.as_str())];
    let form = FormPage {
        etag: Some(server.etag()),
        links: vec![
            (words.link(&format!("{here}/layers")), words.say("layers")),
            (words.link(&format!("{here}/import")), words.say("import-layers")),
            (words.link(&format!("{here}/access")), words.say("see-it-as")),
            (words.link_with(NEW, &copy), words.say("duplicate")),
        ],
        delete: Some(words.link(&format!("{here}/delete"))),
        ..FormPage::of(visit, &here, fields(words, asked, false))
    };
    let frame = Frame {
        is_wrong: refused.is_some(),
        ..frame(words, server.name.clone())
    };
    let form = form.wrong(refused.as_ref());
    Ok(visit.show(status(refused.as_ref()), frame, &form).await)
}

/// Changes a server.
pub(crate) async fn change(path: Name, sent: Sent) -> Shown {
    let (name, asked) = (name(path)?, asked(&sent));
    let desk = sent.desk().await;
    match desk.change_server(&name, &asked, Some(sent.known())).await {
        Ok(_) => Ok(sent.lead(&self::path(&name), Some("saved")).await),
        Err(fault) => {
            let refused = Refused::of(fault)?;
            show(&sent, &desk.server(&name).await?, &asked, Some(refused)).await
        }
    }
}

/// Asks whether a server is to be taken away, and says how many layers go with it.
pub(crate) async fn ask_delete(path: Name, visit: Visit) -> Shown {
    question(&visit, &name(path)?, None).await
}

async fn question(visit: &Visit, name: &str, refused: Option<Refused>) -> Shown {
    let (desk, words) = (visit.desk().await, visit.words());
    let server = desk.server(name).await?;
    let layers = desk.layers(name).await?.items;
    let here = path(name);
    let layer = |layer: crate::desk::LayerShown| {
        let path = format!("{here}/layers/{}", segment(&layer.name));
        (words.link(&path), layer.name)
    };
    let many = layers.len().to_string();
    let confirm = Confirm {
        texts: vec![
            words.with("delete-server", "server", name),
            words.with("delete-server-layers", "many", &many),
        ],
        depends: layers.into_iter().map(layer).collect(),
        ..Confirm::of(visit, &format!("{here}/delete"), &here, server.etag())
    };
    let frame = frame(words, words.with("delete-title", "name", name));
    Ok(confirm.show(visit, frame, refused).await)
}

/// Takes a server away, with its layers.
pub(crate) async fn delete(path: Name, sent: Sent) -> Shown {
    let name = name(path)?;
    match sent.desk().await.delete_server(&name, Some(sent.known())).await {
        Ok(()) => Ok(sent.lead(PATH, Some("deleted")).await),
        Err(fault) => question(&sent, &name, Some(Refused::of(fault)?)).await,
    }
}

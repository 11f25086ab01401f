//! `/admin/roles`: roles, with the functionalities that they bring.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;

use super::Shown;
use super::confirm::Confirm;
use super::form::{Field, FormPage, Kind, Refused, status};
use super::frame::Frame;
use super::list::{Cell, List};
use super::users::row;
use super::visit::{AT_ONCE, Sent, Visit};
use super::words::{Words, segment};
use crate::desk::{RoleAsked, RoleShown, Tagged as _};
use crate::fault::Fault;

const PATH: &str = "/admin/roles";
const NEW: &str = "/admin/new_role";

type Id = Result<Path<i64>, PathRejection>;

/// What is no number is no role's.
fn id(path: Id) -> Result<i64, Fault> {
    path.map(|Path(id)| id).map_err(|_| Fault::NotFound("role"))
}

pub(super) fn path(id: i64) -> String {
    format!("{PATH}/{id}")
}

fn frame(words: Words<'_>, heading: String) -> Frame<'static> {
    Frame {
        section: "roles",
        heading,
        is_wrong: false,
        up: Some((words.link(PATH), words.say("roles"))),
    }
}

/// All roles.
pub(crate) async fn list(visit: Visit) -> Shown {
    let words = visit.words();
    let listed = visit.desk().await.roles().await?;
    let mut list = List::of(&visit, words.say("roles"));
    list.buttons = vec![(words.link(NEW), words.say("new-role"))];
    list.plain_heads(&["name", "functionalities", "members", "kind", "number"]);
    list.rows = listed
        .items
        .into_iter()
        .map(|role| {
            let (here, pairs) = (path(role.id), pairs(&role));
            let members = if role.is_implied() {
                Cell::of(words.say("implied"))
            } else {
                let text = words.say("members");
                Cell::Link(words.link(&format!("{here}/members")), text)
            };
            let built_in = role.built_in.then(|| words.say("is-built-in"));
            vec![
                Cell::Name(words.link(&here), role.name),
                Cell::Pairs(pairs),
                members,
                Cell::of(built_in.unwrap_or_default()),
                Cell::of(role.id.to_string()),
            ]
        })
        .collect();
    let frame = Frame {
        section: "roles",
        heading: words.say("roles"),
        ..Frame::default()
    };
    Ok(visit.show(status(None), frame, &list).await)
}

/// The functionalities, a value each.
fn pairs(role: &RoleShown) -> Vec<(String, String)> {
    let pairs = role.functionalities.iter().flat_map(|(name, values)| {
        let pair = move |value: &String| (name.clone(), value.clone());
        values.iter().map(pair)
    });
    pairs.collect()
}

/// The form for a new role; `copy` names one whose functionalities it begins with.
pub(crate) async fn new(visit: Visit) -> Shown {
    let mut lines = String::new();
    if let Some(id) = visit.number("copy") {
        lines = to_lines(&visit.desk().await.role(id).await?);
    }
    show_new(&visit, "", &lines, None).await
}

async fn show_new(visit: &Visit, name: &str, lines: &str, refused: Option<Refused>) -> Shown {
    let words = visit.words();
    let form = FormPage {
        button: words.say("create"),
        ..FormPage::of(visit, NEW, fields(words, name, lines, false))
    };
    let frame = Frame {
        is_wrong: refused.is_some(),
        ..frame(words, words.say("new-role"))
    };
    let form = form.wrong(refused.as_ref());
    Ok(visit.show(status(refused.as_ref()), frame, &form).await)
}

/// Functionalities as the form has them: `name=value`, one a line.
fn to_lines(role: &RoleShown) -> String {
    let lines = pairs(role)
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// What the form asks. A line without a `=` is a name of nothing, which the desk refuses.
fn asked(sent: &Sent) -> RoleAsked {
    let mut asked = RoleAsked {
        name: sent.field("name").trim().to_owned(),
        ..RoleAsked::default()
    };
    for line in sent.lines("functionalities") {
        let (name, value) = line.split_once('=').unwrap_or(("", &line));
        let values = asked.functionalities.entry(name.trim().to_owned()).or_default();
        values.push(value.trim().to_owned());
    }
    asked
}

fn fields(words: Words<'_>, name: &str, lines: &str, is_fixed: bool) -> Vec<Field> {
    let kind = Kind::Lines(lines.to_owned());
    vec![
        Field::key(words, "name", "name", name, is_fixed),
        Field::of(words, "functionalities", "functionalities", kind).hint(words.say("functionalities-hint")),
    ]
}

/// Makes a role.
pub(crate) async fn create(sent: Sent) -> Shown {
    let asked = asked(&sent);
    match sent.desk().await.create_role(&asked).await {
        Ok(role) => Ok(sent.lead(&path(role.id), Some("created")).await),
        Err(fault) => {
            let refused = Refused::of(fault)?;
            show_new(&sent, &asked.name, sent.field("functionalities"), Some(refused)).await
        }
    }
}

/// One role.
pub(crate) async fn edit(path: Id, visit: Visit) -> Shown {
    let role = visit.desk().await.role(id(path)?).await?;
    show(&visit, &role, &role.name, &to_lines(&role), None).await
}

async fn show(visit: &Visit, role: &RoleShown, name: &str, typed: &str, refused: Option<Refused>) -> Shown {
    let words = visit.words();
    let here = path(role.id);
    let mut links = Vec::new();
    if !role.is_implied() {
        links.push((words.link(&format!("{here}/members")), words.say("members")));
    }
    links.push((
        words.link(&format!("{NEW}?copy={}", role.id)),
        words.say("duplicate"),
    ));
    let form = FormPage {
        etag: Some(role.etag()),
        intro: role.built_in.then(|| words.say("built-in-hint")),
        facts: vec![(words.say("number"), role.id.to_string())],
        links,
        delete: (!role.built_in).then(|| words.link(&format!("{here}/delete"))),
        ..FormPage::of(visit, &here, fields(words, name, typed, role.built_in))
    };
    let frame = Frame {
        is_wrong: refused.is_some(),
        ..frame(words, role.name.clone())
    };
    let form = form.wrong(refused.as_ref());
    Ok(visit.show(status(refused.as_ref()), frame, &form).await)
}

/// Changes a role.
pub(crate) async fn change(path: Id, sent: Sent) -> Shown {
    let (id, asked) = (id(path)?, asked(&sent));
    let desk = sent.desk().await;
    match desk.change_role(id, &asked, Some(sent.known())).await {
        Ok(_) => Ok(sent.lead(&self::path(id), Some("saved")).await),
        Err(fault) => {
            let refused = Refused::of(fault)?;
            let (role, lines) = (desk.role(id).await?, sent.field("functionalities"));
            show(&sent, &role, &asked.name, lines, Some(refused)).await
        }
    }
}

/// The users who have the role.
pub(crate) async fn members(path: Id, visit: Visit) -> Shown {
    let (id, words, desk) = (id(path)?, visit.words(), visit.desk().await);
    let role = desk.role(id).await?;
    let listed = desk.members(id, visit.part().after, AT_ONCE).await?;
    let heading = words.with("members-of", "role", &role.name);
    let mut list = List::of(&visit, heading.clone());
    list.plain_heads(&[
        "username",
        "email",
        "display-name",
        "roles",
        "state",
        "last-login",
    ]);
    list.rows = listed.items.iter().map(|user| row(words, user)).collect();
    let here = format!("{}/members", self::path(id));
    list.page(&visit, &here, &[], listed.next.as_deref());
    let frame = Frame {
        up: Some((words.link(&self::path(id)), role.name)),
        ..frame(words, heading)
    };
    Ok(visit.show(status(None), frame, &list).await)
}

/// Asks whether a role is to be taken away, and says who has it and which layers name it.
pub(crate) async fn ask_delete(path: Id, visit: Visit) -> Shown {
    question(&visit, id(path)?, None).await
}

async fn question(visit: &Visit, id: i64, refused: Option<Refused>) -> Shown {
    let (desk, words) = (visit.desk().await, visit.words());
    let role = desk.role(id).await?;
    let members = desk.members(id, None, AT_ONCE).await?;
    let many = members.items.len().to_string() + if members.next.is_some() { "+" } else { "" };
    let layers = desk.layers_of_role(&role.name).await?;
    let here = path(id);
    let layer = |(server, layer): &(String, String)| {
        let path = format!("/admin/ogc_servers/{}/layers/{}", segment(server), segment(layer));
        (words.link(&path), format!("{server}: {layer}"))
    };
    let mut depends: Vec<(String, String)> = layers.iter().map(layer).collect();
    if !members.items.is_empty() {
        let text = words.with("members-many", "many", &many);
        depends.insert(0, (words.link(&format!("{here}/members")), text));
    }
    let id = if depends.is_empty() {
        "delete-role-unused"
    } else {
        "delete-role"
    };
    let confirm = Confirm {
        texts: vec![words.with(id, "role", &role.name)],
        depends,
        ..Confirm::of(visit, &format!("{here}/delete"), &here, role.etag())
    };
    let heading = words.with("delete-title", "name", &role.name);
    Ok(confirm.show(visit, frame(words, heading), refused).await)
}

/// Takes a role away.
pub(crate) async fn delete(path: Id, sent: Sent) -> Shown {
    let id = id(path)?;
    match sent.desk().await.delete_role(id, Some(sent.known())).await {
        Ok(()) => Ok(sent.lead(PATH, Some("deleted")).await),
        Err(fault) => question(&sent, id, Some(Refused::of(fault)?)).await,
    }
}

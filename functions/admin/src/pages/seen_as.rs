//! `/admin/ogc_servers/{name}/access`: a server's layers as a user, or whoever has some roles, may read and write them.

use askama::Template;
use http::StatusCode;
use mapgate_core::table::ANONYMOUS;

use super::Shown;
use super::form::{Choice, Field, Kind};
use super::frame::Frame;
use super::import::told;
use super::ogc_servers::{Name, name, path};
use super::visit::Visit;
use super::words::{Words, segment, with};
use crate::desk::{AccessShown, PermissionShown, RoleShown, Whose};
use crate::fault::Fault;

#[derive(Template)]
#[template(path = "seen_as.html")]
struct Page<'a> {
    words: Words<'a>,
    server: &'a str,
    action: String,
    fields: Vec<Field>,
    wrongs: Vec<String>,
    who: String,
    roles: String,
    rows: Vec<Row>,
    notes: Vec<String>,
    /// The capabilities as they get them: address and text.
    capabilities: Vec<(String, String)>,
}

struct Row {
    name: String,
    /// Of reading, and of writing.
    verdicts: [Verdict; 2],
}

struct Verdict {
    allowed: bool,
    answer: String,
    why: String,
}

/// Shows what somebody may: `user`, or the roles that are ticked; without either, a stranger.
pub(crate) async fn show(path: Name, visit: Visit) -> Shown {
    let server = name(path)?;
    let (desk, words) = (visit.desk().await, visit.words());
    let roles = desk.roles().await?.items;
    let user = Some(visit.parameter("user").trim()).filter(|user| !user.is_empty());
    let ticked = |role: &&RoleShown| visit.parameter(&format!("role-{}", role.id)) == "true";
    let ticked: Vec<&RoleShown> = roles.iter().filter(ticked).collect();
    let whose = Whose {
        user,
        roles: ticked.iter().map(|role| role.name.as_str()).collect(),
    };
    let asked = if user.is_some() && !ticked.is_empty() {
        Err(Fault::invalid("user", "user-or-roles"))
    } else {
        desk.access(&server, &whose).await
    };
    let (status, wrongs, shown) = match asked {
        Ok(shown) => (StatusCode::OK, Vec::new(), Some(shown)),
        Err(Fault::MapServer(error)) => {
            let (status, text) = told(words, error);
            (status, vec![text], None)
        }
        Err(Fault::Invalid(wrongs)) => {
            let texts = wrongs.iter().map(|wrong| wrong.said.tell(words.language));
            (StatusCode::UNPROCESSABLE_ENTITY, texts.collect(), None)
        }
        Err(fault) => return Err(fault.into()),
    };
    let content = page(
        words,
        &server,
        fields(words, user, &roles, &ticked),
        wrongs,
        &whose,
        shown,
    );
    let frame = Frame {
        section: "ogc-servers",
        heading: words.with("see-title", "server", &server),
        is_wrong: status != StatusCode::OK,
        up: Some((words.link(&super::ogc_servers::path(&server)), server.clone())),
    };
    Ok(visit.show(status, frame, &content).await)
}

fn fields(words: Words<'_>, user: Option<&str>, roles: &[RoleShown], ticked: &[&RoleShown]) -> Vec<Field> {
    let choices = roles.iter().map(|role| Choice {
        name: format!("role-{}", role.id),
        value: "true".to_owned(),
        label: role.name.clone(),
        is_on: ticked.iter().any(|ticked| ticked.id == role.id),
    });
    vec![
        Field::line(words, "user", "see-user-name", user.unwrap_or_default()),
        Field::of(words, "roles", "or-roles", Kind::Ticks(choices.collect()))
            .hint(words.say("see-roles-hint")),
    ]
}

fn page<'a>(
    words: Words<'a>,
    server: &'a str,
    fields: Vec<Field>,
    wrongs: Vec<String>,
    whose: &Whose<'_>,
    shown: Option<AccessShown>,
) -> Page<'a> {
    let mut page = Page {
        words,
        server,
        action: format!("{}{}/access", words.prefix, path(server)),
        fields,
        wrongs,
        who: String::new(),
        roles: String::new(),
        rows: Vec::new(),
        notes: Vec::new(),
        capabilities: Vec::new(),
    };
    let Some(shown) = shown else { return page };
    page.who = match (&shown.username, shown.active) {
        (Some(user), true) => words.with("see-user", "user", user),
        (Some(user), false) => words.with("see-inactive", "user", user),
        (None, _) if whose.roles.is_empty() => words.say("see-stranger"),
        (None, _) => words.with("see-roles", "roles", &whose.roles.join(", ")),
    };
    page.roles = words.with("see-counting", "roles", &shown.roles.join(", "));
    let some = |id: &str, name: &str, list: &[&str]| {
        (!list.is_empty()).then(|| words.with(id, name, &list.join(", ")))
    };
    let idle: Vec<&str> = shown.idle_rules.iter().map(String::as_str).collect();
    page.notes = [
        some("see-unread", "services", &shown.unread_services),
        some("see-idle", "layers", &idle),
    ]
    .into_iter()
    .flatten()
    .collect();
    let rows = shown.layers.into_iter().map(|layer| Row {
        verdicts: [verdict(words, &layer.read), verdict(words, &layer.write)],
        name: layer.name,
    });
    page.rows = rows.collect();
    page.capabilities = ["WMS", "WFS"]
        .map(|service| {
            let there = format!(
                "/mapserv_proxy/{}/access/{}",
                segment(server),
                service.to_lowercase()
            );
            // Without either, the proxy would show the administrator himself.
            let roles = match whose.roles.join(",") {
                roles if roles.is_empty() && whose.user.is_none() => ANONYMOUS.to_owned(),
                roles => roles,
            };
            let whose = [("user", whose.user.unwrap_or_default()), ("roles", &roles)];
            let link = format!("{}{}", words.prefix, with(&there, &whose));
            (link, words.with("see-capabilities", "service", service))
        })
        .into();
    page
}

fn verdict(words: Words<'_>, permission: &PermissionShown) -> Verdict {
    let why = words.say(&format!("because-{}", permission.because.replace('_', "-")));
    let why = if permission.roles.is_empty() {
        why
    } else {
        format!("{why}: {}", permission.roles.join(", "))
    };
    let by = permission.services.join(", ");
    Verdict {
        allowed: permission.allowed,
        answer: words.answer(permission.allowed),
        why: if by.is_empty() {
            why
        } else {
            format!("{by}. {why}")
        },
    }
}

//! `/admin/ogc_servers/{name}/layers/{layer}`: a layer, and who may read and write it.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;

use super::Shown;
use super::confirm::Confirm;
use super::form::{Choice, Field, FormPage, Kind, Refused, status};
use super::frame::Frame;
use super::ogc_servers::{Name, name};
use super::trouble::Trouble;
use super::visit::{Sent, Visit};
use super::words::{Words, segment};
use crate::desk::{LayerAsked, LayerShown, RoleShown, Tagged as _};
use crate::fault::Fault;

type Names = Result<Path<(String, String)>, PathRejection>;

/// What is no text is no layer's.
fn names(path: Names) -> Result<(String, String), Fault> {
    path.map(|Path(names)| names)
        .map_err(|_| Fault::NotFound("layer"))
}

/// The layers of a server.
pub(super) fn table(server: &str) -> String {
    format!("{}/layers", super::ogc_servers::path(server))
}

pub(super) fn path(server: &str, layer: &str) -> String {
    format!("{}/{}", table(server), segment(layer))
}

fn new_path(server: &str) -> String {
    format!("{}/new_layer", super::ogc_servers::path(server))
}

fn frame(words: Words<'_>, server: &str, heading: String) -> Frame<'static> {
    Frame {
        section: "ogc-servers",
        heading,
        is_wrong: false,
        up: Some((
            words.link(&table(server)),
            words.with("layers-of", "server", server),
        )),
    }
}

fn fields(words: Words<'_>, asked: &LayerAsked, roles: &[RoleShown], is_new: bool) -> Vec<Field> {
    let choices = |field: &str, given: &[String]| {
        let choice = |role: &RoleShown| Choice {
            name: format!("{field}-{}", role.id),
            value: "true".to_owned(),
            label: role.name.clone(),
            is_on: given.contains(&role.name),
        };
        Kind::Ticks(roles.iter().map(choice).collect())
    };
    vec![
        Field::key(words, "name", "name", &asked.name, !is_new).hint(words.say("layer-name-hint")),
        Field::tick(words, "public", "public", asked.public).hint(words.say("public-hint")),
        Field::of(words, "roles", "read-roles", choices("roles", &asked.roles)),
        Field::of(
            words,
            "write_roles",
            "write-roles",
            choices("write_roles", &asked.write_roles),
        ),
    ]
}

/// What the form asks.
async fn asked(sent: &Sent) -> Result<LayerAsked, Trouble> {
    let roles = sent.desk().await.roles().await?.items;
    let ticked = |field: &str| {
        let roles = roles
            .iter()
            .filter(|role| sent.ticked(&format!("{field}-{}", role.id)));
        roles.map(|role| role.name.clone()).collect()
    };
    Ok(LayerAsked {
        name: sent.field("name").trim().to_owned(),
        public: sent.ticked("public"),
        roles: ticked("roles"),
        write_roles: ticked("write_roles"),
    })
}

/// The form for a new layer; `copy` names one that it begins with.
pub(crate) async fn new(path: Name, visit: Visit) -> Shown {
    let server = name(path)?;
    let desk = visit.desk().await;
    let mut asked = LayerAsked::default();
    if visit.parameter("copy").is_empty() {
        desk.server(&server).await?;
    } else {
        asked = desk.layer(&server, visit.parameter("copy")).await?;
        asked.name.clear();
    }
    show_new(&visit, &server, &asked, None).await
}

async fn show_new(visit: &Visit, server: &str, asked: &LayerAsked, refused: Option<Refused>) -> Shown {
    let words = visit.words();
    let roles = visit.desk().await.roles().await?.items;
    let form = FormPage {
        button: words.say("create"),
        ..FormPage::of(visit, &new_path(server), fields(words, asked, &roles, true))
    };
    let frame = Frame {
        is_wrong: refused.is_some(),
        ..frame(words, server, words.say("new-layer"))
    };
    let form = form.wrong(refused.as_ref());
    Ok(visit.show(status(refused.as_ref()), frame, &form).await)
}

/// Makes a layer.
pub(crate) async fn create(path: Name, sent: Sent) -> Shown {
    let (server, asked) = (name(path)?, asked(&sent).await?);
    match sent.desk().await.create_layer(&server, &asked).await {
        Ok(_) => Ok(sent.lead(&table(&server), Some("created")).await),
        Err(fault) => show_new(&sent, &server, &asked, Some(Refused::of(fault)?)).await,
    }
}

/// One layer.
pub(crate) async fn edit(path: Names, visit: Visit) -> Shown {
    let (server, layer) = names(path)?;
    let layer = visit.desk().await.layer(&server, &layer).await?;
    show(&visit, &server, &layer, &layer, None).await
}

async fn show(
    visit: &Visit,
    server: &str,
    layer: &LayerShown,
    asked: &LayerAsked,
    refused: Option<Refused>,
) -> Shown {
    let words = visit.words();
    let roles = visit.desk().await.roles().await?.items;
    let here = path(server, &layer.name);
    let copy = [("copy", layer.name.as_str())];
    let form = FormPage {
        etag: Some(layer.etag()),
        links: vec![(words.link_with(&new_path(server), &copy), words.say("duplicate"))],
        delete: Some(words.link(&format!("{here}/delete"))),
        ..FormPage::of(visit, &here, fields(words, asked, &roles, false))
    };
    let frame = Frame {
        is_wrong: refused.is_some(),
        ..frame(words, server, layer.name.clone())
    };
    let form = form.wrong(refused.as_ref());
    Ok(visit.show(status(refused.as_ref()), frame, &form).await)
}

/// Changes a layer.
pub(crate) async fn change(path: Names, sent: Sent) -> Shown {
    let ((server, layer), asked) = (names(path)?, asked(&sent).await?);
    let desk = sent.desk().await;
    match desk
        .change_layer(&server, &layer, &asked, Some(sent.known()))
        .await
    {
        Ok(_) => Ok(sent.lead(&table(&server), Some("saved")).await),
        Err(fault) => {
            let refused = Refused::of(fault)?;
            let layer = desk.layer(&server, &layer).await?;
            show(&sent, &server, &layer, &asked, Some(refused)).await
        }
    }
}

/// Asks whether a layer is to be taken away.
pub(crate) async fn ask_delete(path: Names, visit: Visit) -> Shown {
    let (server, layer) = names(path)?;
    question(&visit, &server, &layer, None).await
}

async fn question(visit: &Visit, server: &str, layer: &str, refused: Option<Refused>) -> Shown {
    let words = visit.words();
    let shown = visit.desk().await.layer(server, layer).await?;
    let here = path(server, layer);
    let confirm = Confirm {
        texts: vec![words.with("delete-layer", "layer", layer)],
        ..Confirm::of(visit, &format!("{here}/delete"), &here, shown.etag())
    };
    let frame = frame(words, server, words.with("delete-title", "name", layer));
    Ok(confirm.show(visit, frame, refused).await)
}

/// Takes a layer away: then the server's `default_access` holds for it.
pub(crate) async fn delete(path: Names, sent: Sent) -> Shown {
    let (server, layer) = names(path)?;
    match sent
        .desk()
        .await
        .delete_layer(&server, &layer, Some(sent.known()))
        .await
    {
        Ok(()) => Ok(sent.lead(&table(&server), Some("deleted")).await),
        Err(fault) => question(&sent, &server, &layer, Some(Refused::of(fault)?)).await,
    }
}

//! `/admin/oauth2_clients`: OAuth2 clients. A secret is shown once, on the answer that makes it.

use askama::Template;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use http::StatusCode;
use mapgate_core::oauth::KNOWN_SCOPES;

use super::Shown;
use super::confirm::Confirm;
use super::form::{Choice, Field, FormPage, Kind, Refused, status};
use super::frame::Frame;
use super::list::{Cell, List, Search};
use super::visit::{Sent, Visit};
use super::words::{Words, segment};
use crate::desk::{ClientAsked, ClientMade, ClientShown, Tagged as _};
use crate::fault::Fault;

const PATH: &str = "/admin/oauth2_clients";
const NEW: &str = "/admin/new_oauth2_client";

type Id = Result<Path<String>, PathRejection>;

/// What is no text is no client's.
fn id(path: Id) -> Result<String, Fault> {
    path.map(|Path(id)| id).map_err(|_| Fault::NotFound("client"))
}

fn path(id: &str) -> String {
    format!("{PATH}/{}", segment(id))
}

fn frame(words: Words<'_>, heading: String) -> Frame<'static> {
    Frame {
        section: "oauth2-clients",
        heading,
        is_wrong: false,
        up: Some((words.link(PATH), words.say("oauth2-clients"))),
    }
}

/// Some clients, by identifier.
pub(crate) async fn list(visit: Visit) -> Shown {
    let (words, part) = (visit.words(), visit.part());
    let search = part.prefix;
    let listed = visit.desk().await.clients(part).await?;
    let mut list = List::of(&visit, words.say("oauth2-clients"));
    list.buttons = vec![(words.link(NEW), words.say("new-client"))];
    list.search = Some(Search {
        path: PATH,
        label: words.say("begins-with"),
        hint: String::new(),
        value: search,
        day: None,
        by: Vec::new(),
        hidden: Vec::new(),
        error: None,
    });
    list.plain_heads(&[
        "client-id",
        "kind",
        "redirect-uris",
        "scopes",
        "pkce-required",
        "single-session",
    ]);
    list.rows = listed
        .items
        .into_iter()
        .map(|client| {
            let kind = if client.confidential {
                "confidential"
            } else {
                "public-client"
            };
            vec![
                Cell::Name(words.link(&path(&client.client_id)), client.client_id),
                Cell::of(words.say(kind)),
                Cell::of(client.redirect_uris.join(", ")),
                Cell::of(scopes(words, &client.scopes)),
                Cell::of(words.answer(client.pkce_required)),
                Cell::of(words.answer(client.single_session)),
            ]
        })
        .collect();
    list.page(&visit, PATH, &[("search", search)], listed.next.as_deref());
    let frame = Frame {
        section: "oauth2-clients",
        heading: words.say("oauth2-clients"),
        ..Frame::default()
    };
    Ok(visit.show(status(None), frame, &list).await)
}

fn scopes(words: Words<'_>, scopes: &[String]) -> String {
    if scopes.is_empty() {
        return words.say("usual-scopes");
    }
    scopes.join(" ")
}

/// The form for a new client; `copy` names one that it begins with.
pub(crate) async fn new(visit: Visit) -> Shown {
    let mut asked = ClientAsked::default();
    if !visit.parameter("copy").is_empty() {
        asked = ClientAsked::from(&visit.desk().await.client(visit.parameter("copy")).await?);
        asked.client_id.clear();
    }
    show_new(&visit, &asked, None).await
}

async fn show_new(visit: &Visit, asked: &ClientAsked, refused: Option<Refused>) -> Shown {
    let words = visit.words();
    let form = FormPage {
        button: words.say("create"),
        ..FormPage::of(visit, NEW, fields(words, asked, true))
    };
    let frame = Frame {
        is_wrong: refused.is_some(),
        ..frame(words, words.say("new-client"))
    };
    let form = form.wrong(refused.as_ref());
    Ok(visit.show(status(refused.as_ref()), frame, &form).await)
}

/// What the form asks.
fn asked(sent: &Sent) -> ClientAsked {
    let scopes = KNOWN_SCOPES
        .iter()
        .filter(|scope| sent.ticked(&format!("scopes-{scope}")));
    ClientAsked {
        client_id: sent.field("client_id").trim().to_owned(),
        confidential: sent.field("confidential") != "false",
        redirect_uris: sent.lines("redirect_uris"),
        state_required: sent.ticked("state_required"),
        pkce_required: sent.ticked("pkce_required"),
        single_session: sent.ticked("single_session"),
        scopes: scopes.map(|scope| (*scope).to_owned()).collect(),
    }
}

fn fields(words: Words<'_>, asked: &ClientAsked, is_new: bool) -> Vec<Field> {
    let scope = |scope: &&str| Choice {
        name: format!("scopes-{scope}"),
        value: "true".to_owned(),
        label: format!("{scope} ({})", words.say(&format!("scope-{scope}"))),
        is_on: asked.scopes.iter().any(|known| known == scope),
    };
    let kind = |value: bool, id: &str| Choice {
        name: String::new(),
        value: value.to_string(),
        label: words.say(id),
        is_on: asked.confidential == value,
    };
    let kinds = vec![kind(true, "confidential-long"), kind(false, "public-client-long")];
    let mut fields = vec![Field::key(
        words,
        "client_id",
        "client-id",
        &asked.client_id,
        !is_new,
    )];
    if is_new {
        fields.push(
            Field::of(words, "confidential", "kind", Kind::One(kinds)).hint(words.say("confidential-hint")),
        );
    }
    let uris = Kind::Lines(asked.redirect_uris.join("\n"));
    let scopes = Kind::Ticks(KNOWN_SCOPES.iter().map(scope).collect());
    let tick =
        |name, id: &str, is_on| Field::tick(words, name, id, is_on).hint(words.say(&format!("{id}-hint")));
    fields.extend([
        Field::of(words, "redirect_uris", "redirect-uris", uris).hint(words.say("redirect-uris-hint")),
        Field::of(words, "scopes", "scopes", scopes).hint(words.say("scopes-hint")),
        tick("pkce_required", "pkce-required", asked.pkce_required),
        tick("state_required", "state-required", asked.state_required),
        tick("single_session", "single-session", asked.single_session),
    ]);
    fields
}

/// Makes a client, and shows its secret this once.
pub(crate) async fn create(sent: Sent) -> Shown {
    let asked = asked(&sent);
    match sent.desk().await.create_client(&asked).await {
        Ok(made) => told(&sent, made, "created").await,
        Err(fault) => show_new(&sent, &asked, Some(Refused::of(fault)?)).await,
    }
}

#[derive(Template)]
#[template(path = "secret.html")]
struct SecretPage<'a> {
    words: Words<'a>,
    client: &'a str,
    secret: &'a str,
    next: String,
}

/// A client with its new secret, which is on this answer and nowhere else; one without leads to its form.
async fn told(sent: &Sent, made: ClientMade, done: &str) -> Shown {
    let words = sent.words();
    let (client, path) = (made.client.client_id.as_str(), path(&made.client.client_id));
    let Some(secret) = made.client_secret.as_deref() else {
        return Ok(sent.lead(&path, Some(done)).await);
    };
    let page = SecretPage {
        words,
        client,
        secret,
        next: words.link(&path),
    };
    let frame = frame(words, words.with("secret-title", "client", client));
    Ok(sent.show(StatusCode::OK, frame, &page).await)
}

/// One client.
pub(crate) async fn edit(path: Id, visit: Visit) -> Shown {
    let client = visit.desk().await.client(&id(path)?).await?;
    show(&visit, &client, &ClientAsked::from(&client), None).await
}

async fn show(visit: &Visit, client: &ClientShown, asked: &ClientAsked, refused: Option<Refused>) -> Shown {
    let words = visit.words();
    let here = path(&client.client_id);
    let mut links = Vec::new();
    if client.confidential {
        links.push((words.link(&format!("{here}/secret")), words.say("renew-secret")));
    }
    let copy = [("copy", client.client_id.as_str())];
    links.push((words.link_with(NEW, &copy), words.say("duplicate")));
    let kind = if client.confidential {
        "confidential-long"
    } else {
        "public-client-long"
    };
    let form = FormPage {
        etag: Some(client.etag()),
        facts: vec![(words.say("kind"), words.say(kind))],
        links,
        delete: Some(words.link(&format!("{here}/delete"))),
        ..FormPage::of(visit, &here, fields(words, asked, false))
    };
    let frame = Frame {
        is_wrong: refused.is_some(),
        ..frame(words, client.client_id.clone())
    };
    let form = form.wrong(refused.as_ref());
    Ok(visit.show(status(refused.as_ref()), frame, &form).await)
}

/// Changes a client.
pub(crate) async fn change(path: Id, sent: Sent) -> Shown {
    let (id, mut asked) = (id(path)?, asked(&sent));
    let desk = sent.desk().await;
    // Confidential or public it is for good, and the form does not ask.
    asked.confidential = desk.client(&id).await?.confidential;
    match desk.change_client(&id, &asked, Some(sent.known())).await {
        Ok(_) => Ok(sent.lead(&self::path(&id), Some("saved")).await),
        Err(fault) => {
            let refused = Refused::of(fault)?;
            show(&sent, &desk.client(&id).await?, &asked, Some(refused)).await
        }
    }
}

/// Asks whether a client is to be taken away.
pub(crate) async fn ask_delete(path: Id, visit: Visit) -> Shown {
    question(&visit, &id(path)?, "delete", None).await
}

/// Asks whether the secret is to be renewed.
pub(crate) async fn ask_renew(path: Id, visit: Visit) -> Shown {
    question(&visit, &id(path)?, "secret", None).await
}

/// The question before the client is deleted, or its secret renewed.
async fn question(visit: &Visit, id: &str, what: &str, refused: Option<Refused>) -> Shown {
    let words = visit.words();
    let client = visit.desk().await.client(id).await?;
    let here = path(id);
    let confirm = Confirm::of(visit, &format!("{here}/{what}"), &here, client.etag());
    let (text, title, button) = if what == "secret" {
        ("renew-text", "renew-title", "renew-secret")
    } else {
        ("delete-client", "delete-title", "delete")
    };
    let confirm = Confirm {
        texts: vec![words.with(text, "client", id)],
        button: words.say(button),
        ..confirm
    };
    let frame = frame(words, words.with(title, "name", id));
    Ok(confirm.show(visit, frame, refused).await)
}

/// Takes a client away.
pub(crate) async fn delete(path: Id, sent: Sent) -> Shown {
    let id = id(path)?;
    match sent.desk().await.delete_client(&id, Some(sent.known())).await {
        Ok(()) => Ok(sent.lead(PATH, Some("deleted")).await),
        Err(fault) => question(&sent, &id, "delete", Some(Refused::of(fault)?)).await,
    }
}

/// Gives a client another secret, and shows it this once.
pub(crate) async fn renew(path: Id, sent: Sent) -> Shown {
    let id = id(path)?;
    match sent.desk().await.renew_secret(&id, Some(sent.known())).await {
        Ok(made) => told(&sent, made, "saved").await,
        Err(fault) => question(&sent, &id, "secret", Some(Refused::of(fault)?)).await,
    }
}

//! `/admin/users`: users, with the fields of GeoMapFish's form.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use mapgate_core::table::Source;

use super::Shown;
use super::confirm::Confirm;
use super::form::{Choice, Field, FormPage, Kind, Refused, status};
use super::frame::Frame;
use super::list::{Cell, Head, List, Search};
use super::trouble::Trouble;
use super::visit::{AT_ONCE, Sent, Visit};
use super::words::Words;
use crate::desk::{Moment, Order, PasswordAsked, RoleShown, Tagged as _, UserAsked, UserShown};
use crate::fault::Fault;

const PATH: &str = "/admin/users";
const NEW: &str = "/admin/new_user";

pub(super) type Id = Result<Path<i64>, PathRejection>;

/// What is no number is nobody's.
pub(super) fn id(path: Id) -> Result<i64, Fault> {
    path.map(|Path(id)| id).map_err(|_| Fault::NotFound("user"))
}

pub(super) fn path(id: i64) -> String {
    format!("{PATH}/{id}")
}

/// The page of one user, below the list.
fn frame(words: Words<'_>, heading: String) -> Frame<'static> {
    Frame {
        section: "users",
        heading,
        is_wrong: false,
        up: Some((words.link(PATH), words.say("users"))),
    }
}

/// Some users: found by how name or address begins, sorted by either.
pub(crate) async fn list(visit: Visit) -> Shown {
    let (words, part) = (visit.words(), visit.part());
    let order = match visit.parameter("sort") {
        "email" => Order::Email,
        _ => Order::Username,
    };
    let sort = if order == Order::Email { "email" } else { "" };
    let (search, descending) = (part.prefix, part.descending);
    let listed = visit.desk().await.users(order, part).await?;
    let mut list = List::of(&visit, words.say("users"));
    list.buttons = vec![(words.link(NEW), words.say("new-user"))];
    let by = |value: &str, id: &str| Choice {
        name: String::new(),
        value: value.to_owned(),
        label: words.say(id),
        is_on: (value == "email") == (order == Order::Email),
    };
    list.search = Some(Search {
        path: PATH,
        label: words.say("begins-with"),
        hint: words.say("search-users-hint"),
        value: search,
        day: None,
        by: vec![by("username", "username"), by("email", "email")],
        hidden: Vec::new(),
        error: None,
    });
    let head = |id: &str, by: &str| {
        let is_sorted = sort == by;
        let turned = if is_sorted && !descending { "true" } else { "" };
        // What is looked for in one of them is no beginning of the other.
        let kept = if is_sorted { search } else { "" };
        let parameters = [("search", kept), ("sort", by), ("descending", turned)];
        Head {
            text: words.say(id),
            link: Some(words.link_with(PATH, &parameters)),
            sorted: is_sorted.then_some(if descending { "descending" } else { "ascending" }),
        }
    };
    list.heads = vec![head("username", ""), head("email", "email")];
    let plain = ["display-name", "roles", "state", "last-login"];
    list.heads.extend(plain.map(|id| Head::of(words.say(id))));
    list.rows = listed.items.iter().map(|user| row(words, user)).collect();
    let descending = if descending { "true" } else { "" };
    let parameters = [("search", search), ("sort", sort), ("descending", descending)];
    list.page(&visit, PATH, &parameters, listed.next.as_deref());
    let frame = Frame {
        section: "users",
        heading: words.say("users"),
        ..Frame::default()
    };
    Ok(visit.show(status(None), frame, &list).await)
}

/// A user in a list.
pub(super) fn row(words: Words<'_>, user: &UserShown) -> Vec<Cell> {
    let moment = user.last_login.as_ref().map(Words::moment);
    vec![
        Cell::Name(words.link(&path(user.id)), user.username.clone()),
        Cell::of(user.email.clone().unwrap_or_default()),
        Cell::of(user.display_name.clone()),
        Cell::of(user.roles.join(", ")),
        Cell::Marks(marks(words, user)),
        Cell::Moment(moment.unwrap_or_else(|| words.say("never"))),
    ]
}

fn marks(words: Words<'_>, user: &UserShown) -> Vec<(&'static str, String)> {
    let mut marks = Vec::new();
    if user.locked {
        marks.push(("wrong", words.say("locked")));
    }
    if user.deactivated {
        marks.push(("wrong", words.say("deactivated")));
    }
    if user.expired {
        marks.push(("wrong", words.say("expired")));
    }
    if !user.is_password_changed {
        marks.push(("care", words.say("password-not-changed")));
    }
    if marks.is_empty() {
        marks.push(("good", words.say("active")));
    }
    marks
}

/// The form for a new user; `copy` names one whose roles and expiration it begins with.
pub(crate) async fn new(visit: Visit) -> Shown {
    let mut asked = UserAsked::default();
    if let Some(id) = visit.number("copy") {
        let user = visit.desk().await.user(id).await?;
        asked.roles = user.roles;
        asked.expire_on = user.expire_on;
        asked.deactivated = user.deactivated;
    }
    show_new(&visit, &asked, None).await
}

async fn show_new(visit: &Visit, asked: &UserAsked, refused: Option<Refused>) -> Shown {
    let words = visit.words();
    let roles = visit.desk().await.roles().await?.items;
    let form = FormPage {
        button: words.say("create"),
        ..FormPage::of(visit, NEW, fields(visit, asked, &roles, None))
    };
    let frame = Frame {
        is_wrong: refused.is_some(),
        ..frame(words, words.say("new-user"))
    };
    let form = form.wrong(refused.as_ref());
    Ok(visit.show(status(refused.as_ref()), frame, &form).await)
}

/// Makes a user.
pub(crate) async fn create(sent: Sent) -> Shown {
    let asked = asked(&sent).await?;
    match sent.desk().await.create_user(&asked).await {
        Ok(user) => Ok(sent.lead(&path(user.id), Some("created")).await),
        Err(fault) => show_new(&sent, &asked, Some(Refused::of(fault)?)).await,
    }
}

/// What the form asks.
async fn asked(sent: &Sent) -> Result<UserAsked, Trouble> {
    let roles = sent.desk().await.roles().await?.items;
    let roles = roles
        .into_iter()
        .filter(|role| sent.ticked(&format!("roles-{}", role.id)));
    let password = sent.form.secret("password").cloned();
    Ok(UserAsked {
        username: sent.field("username").trim().to_owned(),
        display_name: sent.typed("display_name"),
        email: sent.typed("email"),
        roles: roles.map(|role| role.name).collect(),
        is_password_changed: sent.ticked("is_password_changed"),
        deactivated: sent.ticked("deactivated"),
        unlock: sent.ticked("unlock"),
        expire_on: sent.typed("expire_on").map(|typed| from_field(&typed)),
        welcome: sent.ticked("welcome"),
        password: password.map(PasswordAsked),
    })
}

/// A moment as a browser's field has it, which knows no zone: UTC.
fn from_field(typed: &str) -> Moment {
    let seconds = if typed.len() == 16 { ":00Z" } else { "Z" };
    Moment(format!("{typed}{seconds}"))
}

/// A moment for a browser's field.
fn to_field(moment: &Moment) -> String {
    let text = moment.0.strip_suffix('Z').unwrap_or(&moment.0);
    let text = text
        .strip_suffix(":00")
        .filter(|text| text.len() == 16)
        .unwrap_or(text);
    text.to_owned()
}

/// The fields, with what is asked. `user` is who is changed; none for a new one.
fn fields(visit: &Visit, asked: &UserAsked, roles: &[RoleShown], user: Option<&UserShown>) -> Vec<Field> {
    let (words, can_welcome) = (visit.words(), visit.gate.settings.welcome_email.is_some());
    let elsewhere = user.is_some_and(|user| user.source != Source::Directory);
    let choice = |role: &RoleShown| Choice {
        name: format!("roles-{}", role.id),
        value: "true".to_owned(),
        label: role.name.clone(),
        is_on: asked.roles.contains(&role.name),
    };
    let choices = roles
        .iter()
        .filter(|role| !role.is_implied() || asked.roles.contains(&role.name))
        .map(choice);
    let expire_on = asked.expire_on.as_ref().map(to_field).unwrap_or_default();
    let mut fields = vec![
        Field::key(words, "username", "username", &asked.username, user.is_some()),
        Field::line(
            words,
            "display_name",
            "display-name",
            asked.display_name.as_deref().unwrap_or_default(),
        ),
        Field::typed(
            words,
            "email",
            "email",
            "email",
            asked.email.as_deref().unwrap_or_default(),
        ),
        Field::of(words, "roles", "roles", Kind::Ticks(choices.collect())),
    ];
    if !elsewhere {
        let id = if user.is_some() {
            "new-password"
        } else {
            "password"
        };
        let hint = if user.is_some() {
            "password-hint"
        } else {
            "first-password-hint"
        };
        fields.push(Field::typed(words, "password", id, "password", "").hint(words.say(hint)));
    }
    let hint = if elsewhere {
        "password-elsewhere-hint"
    } else {
        "is-password-changed-hint"
    };
    fields.extend([
        Field::tick(
            words,
            "is_password_changed",
            "is-password-changed",
            asked.is_password_changed,
        )
        .hint(words.say(hint)),
        Field::tick(words, "deactivated", "deactivated", asked.deactivated),
        Field::typed(words, "expire_on", "expire-on", "datetime-local", &expire_on)
            .hint(words.say("expire-on-hint")),
    ]);
    if can_welcome && !elsewhere {
        fields.push(Field::tick(words, "welcome", "welcome", asked.welcome).hint(words.say("welcome-hint")));
    }
    fields
}

/// One user.
pub(crate) async fn edit(path: Id, visit: Visit) -> Shown {
    let user = visit.desk().await.user(id(path)?).await?;
    let asked = UserAsked::from(&user);
    show(&visit, &user, &asked, None).await
}

async fn show(visit: &Visit, user: &UserShown, asked: &UserAsked, refused: Option<Refused>) -> Shown {
    let words = visit.words();
    let roles = visit.desk().await.roles().await?.items;
    let here = path(user.id);
    let unlock = ("unlock", words.say("unlock"));
    let form = FormPage {
        etag: Some(user.etag()),
        care: user.locked.then(|| (words.say("locked-hint"), Some(unlock))),
        facts: facts(words, user),
        links: vec![
            (words.link(&format!("{here}/sessions")), words.say("sessions")),
            (
                words.link(&format!("{NEW}?copy={}", user.id)),
                words.say("duplicate"),
            ),
            (
                words.link(&format!("/admin/api/users/{}/export", user.id)),
                words.say("export"),
            ),
        ],
        delete: Some(words.link(&format!("{here}/delete"))),
        ..FormPage::of(visit, &here, fields(visit, asked, &roles, Some(user)))
    };
    let frame = Frame {
        is_wrong: refused.is_some(),
        ..frame(words, user.username.clone())
    };
    let form = form.wrong(refused.as_ref());
    Ok(visit.show(status(refused.as_ref()), frame, &form).await)
}

fn facts(words: Words<'_>, user: &UserShown) -> Vec<(String, String)> {
    let last_login = user.last_login.as_ref().map(Words::moment);
    let source = match user.source {
        Source::Directory => "source-directory",
        Source::Ldap => "source-ldap",
        Source::TrustedHeader => "source-trusted-header",
        Source::OpenidConnect => "source-openid-connect",
    };
    let codes = user.recovery_codes.to_string();
    let factor = if user.two_factor_enabled {
        words.with("second-factor-on", "codes", &codes)
    } else {
        words.say("second-factor-off")
    };
    vec![
        (
            words.say("last-login"),
            last_login.unwrap_or_else(|| words.say("never")),
        ),
        (words.say("second-factor"), factor),
        (words.say("source"), words.say(source)),
        (words.say("number"), user.id.to_string()),
    ]
}

/// Changes a user.
pub(crate) async fn change(path: Id, sent: Sent) -> Shown {
    let id = id(path)?;
    let asked = asked(&sent).await?;
    let desk = sent.desk().await;
    match desk.change_user(id, &asked, Some(sent.known())).await {
        Ok(_) => Ok(sent.lead(&self::path(id), Some("saved")).await),
        Err(fault) => {
            let refused = Refused::of(fault)?;
            show(&sent, &desk.user(id).await?, &asked, Some(refused)).await
        }
    }
}

/// Asks whether a user is to be taken away.
pub(crate) async fn ask_delete(path: Id, visit: Visit) -> Shown {
    let id = id(path)?;
    question(&visit, id, None).await
}

async fn question(visit: &Visit, id: i64, refused: Option<Refused>) -> Shown {
    let (desk, words) = (visit.desk().await, visit.words());
    let user = desk.user(id).await?;
    let sessions = desk.sessions(id, None, AT_ONCE).await?;
    let many = sessions.items.len().to_string() + if sessions.next.is_some() { "+" } else { "" };
    let here = path(id);
    let confirm = Confirm {
        texts: vec![
            words.with("delete-user", "user", &user.username),
            words.with("delete-user-sessions", "many", &many),
        ],
        ..Confirm::of(visit, &format!("{here}/delete"), &here, user.etag())
    };
    let heading = words.with("delete-title", "name", &user.username);
    Ok(confirm.show(visit, frame(words, heading), refused).await)
}

/// Takes a user away.
pub(crate) async fn delete(path: Id, sent: Sent) -> Shown {
    let id = id(path)?;
    match sent.desk().await.delete_user(id, Some(sent.known())).await {
        Ok(()) => Ok(sent.lead(PATH, Some("deleted")).await),
        Err(fault) => question(&sent, id, Some(Refused::of(fault)?)).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_goes_through_a_field_and_back() {
        for (moment, field) in [
            ("2026-11-23T10:00:00Z", "2026-11-23T10:00"),
            ("2026-11-23T10:00:30Z", "2026-11-23T10:00:30"),
        ] {
            let moment = Moment(moment.to_owned());
            assert_eq!(to_field(&moment), field);
            assert_eq!(from_field(field), moment);
        }
    }
}

//! `/admin/roles`, `/admin/functionalities`, `/admin/oauth2_clients`, `/admin/ogc_servers`, `/admin/audit`.

use std::collections::BTreeMap;

use mapgate_core::table::RoleId;
use serde_json::{Value, json};

use super::super::Desk;
use super::{Browser, hidden};

fn path(answer: &mapgate_tests::gate::Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.header("location").split('?').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_role_is_made_changed_and_deleted_with_a_word_on_what_depends_on_it() {
    let desk = Desk::new().await;
    let browser = Browser::of(&desk).await;
    let lines = "print_template=A4\nprint_template = A3\n\ndefault_basemap=aerial=1\n";
    let fields = [("name", "editor"), ("functionalities", lines)];
    let here = path(&browser.send("/admin/new_role", &fields).await);
    let api = here.replace("/admin/", "/admin/api/");
    let role = desk.get(&api).await.json();
    let kept = json!({ "default_basemap": ["aerial=1"], "print_template": ["A4", "A3"] });
    assert_eq!(role["functionalities"], kept);
    // The form gives back what it was given.
    let shown = browser.get(&here).await;
    assert!(
        shown
            .body
            .contains("default_basemap=aerial=1\nprint_template=A4\nprint_template=A3</textarea>"),
        "{}",
        shown.body
    );
    let overview = browser.get("/admin/functionalities").await;
    assert!(overview.body.contains("aerial=1") && overview.body.contains(&format!("{here}?lang=en")));

    for (name, lines, wrong) in [
        ("a;b", "", "name-wrong"),
        ("editor", "no equals sign", "functionalities-wrong"),
    ] {
        let answer = browser
            .send(&here, &[("name", name), ("functionalities", lines)])
            .await;
        assert_eq!(answer.status, 422);
        assert!(
            answer.body.contains(wrong) && answer.body.contains(lines),
            "{}",
            answer.body
        );
    }
    let id = role["id"].as_i64().unwrap();
    desk.create(
        "/admin/api/users",
        &json!({ "username": "jane", "roles": ["editor"] }),
    )
    .await;
    let server = json!({ "name": "main", "url": "http://127.0.0.1:9/", "type": "mapserver", "auth": "none", "default_access": "private" });
    desk.create("/admin/api/ogc_servers", &server).await;
    let layer = json!({ "name": "parcels", "write_roles": ["editor"] });
    desk.create("/admin/api/ogc_servers/main/layers", &layer).await;
    let members = browser.get(&format!("/admin/roles/{id}/members")).await;
    assert!(members.body.contains(">jane</a>"), "{}", members.body);
    let question = browser.get(&format!("{here}/delete")).await;
    for part in [
        "Members: 1",
        "main: parcels",
        "/admin/ogc_servers/main/layers/parcels?",
    ] {
        assert!(question.body.contains(part), "{part}: {}", question.body);
    }
    let deleted = browser.send(&format!("{here}/delete"), &[]).await;
    assert!(browser.follow(&deleted).await.body.contains("Deleted."));
    assert_eq!(desk.get(&api).await.status, 404);

    let admin = desk.get("/admin/api/roles").await.json();
    let admin = admin["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|role| role["name"] == "role_admin");
    let here = format!("/admin/roles/{}", admin.unwrap()["id"]);
    assert!(!browser.get(&here).await.body.contains(&format!("{here}/delete")));
    let answer = browser.send(&format!("{here}/delete"), &[]).await;
    assert_eq!(answer.status, 409);
    assert!(
        answer.body.contains("is built in and cannot be deleted"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn a_clients_secret_is_on_one_answer_alone() {
    let desk = Desk::new().await;
    let browser = Browser::of(&desk).await;
    let fields = [
        ("client_id", "a/b c"),
        (
            "redirect_uris",
            "http://127.0.0.1:7070/\r\nhttps://maps.example.com/back",
        ),
        ("scopes-map", "true"),
        ("single_session", "true"),
        ("confidential", "true"),
    ];
    let made = browser.send("/admin/new_oauth2_client", &fields).await;
    assert_eq!(made.status, 200);
    assert!(made.header("cache-control").contains("no-store"));
    let secret = |body: &str| {
        body.rsplit("<code class=\"key\">")
            .next()
            .unwrap()
            .split('<')
            .next()
            .unwrap()
            .to_owned()
    };
    let first = secret(&made.body);
    assert_eq!(first.len(), 43);
    let here = "/admin/oauth2_clients/a%2Fb%20c";
    let shown = browser.get(here).await;
    assert!(
        shown.status == 200 && !shown.body.contains(&first),
        "{}",
        shown.body
    );
    let api = desk.get(&here.replace("/admin/", "/admin/api/")).await.json();
    assert_eq!(
        (&api["scopes"], &api["redirect_uris"]),
        (
            &json!(["map"]),
            &json!(["http://127.0.0.1:7070/", "https://maps.example.com/back"])
        )
    );
    let renewed = browser.send(&format!("{here}/secret"), &[]).await;
    assert_eq!(renewed.status, 200);
    assert!(secret(&renewed.body).len() == 43 && secret(&renewed.body) != first);
    let entry = format!("{:?}", desk.newest_entry().await);
    assert!(!entry.contains(&secret(&renewed.body)), "{entry}");
    // Nothing typed changes nothing, whether the client is public among it.
    let saved = browser.send(here, &fields[..4]).await;
    assert_eq!(path(&saved), here);
    assert_eq!(
        desk.get(&here.replace("/admin/", "/admin/api/")).await.json(),
        api
    );

    let public = [("client_id", "app"), ("confidential", "false")];
    let answer = browser.send("/admin/new_oauth2_client", &public).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("redirect_uris-wrong"), "{}", answer.body);
    let made = [&public[..], &[("redirect_uris", "http://127.0.0.1:7070/")]].concat();
    let here = path(&browser.send("/admin/new_oauth2_client", &made).await);
    assert!(!browser.get(&here).await.body.contains(&format!("{here}/secret")));
    let copy = browser.get("/admin/new_oauth2_client?copy=app").await;
    assert!(
        copy.body.contains("http://127.0.0.1:7070/</textarea>"),
        "{}",
        copy.body
    );
    let deleted = browser.send(&format!("{here}/delete"), &[]).await;
    assert!(browser.follow(&deleted).await.body.contains("Deleted."));
}

async fn a_server(desk: &Desk, browser: &Browser<'_>) {
    desk.create("/admin/api/roles", &json!({ "name": "editor" }))
        .await;
    let fields = [
        ("name", "main"),
        ("url", "http://127.0.0.1:9/mapserv"),
        ("type", "qgisserver"),
        ("auth", "none"),
        ("default_access", "public"),
    ];
    let here = path(&browser.send("/admin/new_ogc_server", &fields).await);
    assert_eq!(here, "/admin/ogc_servers/main");
    let server = desk.get("/admin/api/ogc_servers/main").await.json();
    assert_eq!(
        (&server["type"], &server["auth"], &server["default_access"]),
        (&json!("qgisserver"), &json!("none"), &json!("public"))
    );
    for name in ["parcels", "pipes", "roads"] {
        let answer = browser
            .send("/admin/ogc_servers/main/new_layer", &[("name", name)])
            .await;
        assert_eq!(path(&answer), "/admin/ogc_servers/main/layers");
    }
}

/// The table's own fields, as a browser sends them, and the name of a layer's box for a role.
fn table_fields(body: &str) -> Vec<(String, String)> {
    let inputs = body.split("<input type=\"hidden\" name=\"").skip(1);
    inputs
        .filter_map(|input| {
            let (name, rest) = input.split_once("\" value=\"")?;
            let value = rest.split('"').next()?.replace("&#34;", "\"");
            let is_own = name == "csrf_token" || name.starts_with("name-") || name.starts_with("etag-");
            is_own.then(|| (name.to_owned(), value))
        })
        // The form to log out has a token too.
        .skip(1)
        .collect()
}

async fn send_table(browser: &Browser<'_>, body: &str, ticks: &[&str]) -> mapgate_tests::gate::Answer {
    let fields = table_fields(body);
    let own = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let fields: Vec<(&str, &str)> = own.chain(ticks.iter().map(|tick| (*tick, "true"))).collect();
    browser.post("/admin/ogc_servers/main/layers", &fields).await
}

/// How many changes of layers are in today's trail.
async fn changes(desk: &Desk) -> usize {
    let trail = desk.get("/admin/api/audit").await.json();
    let entries = trail["items"].as_array().unwrap().iter();
    entries.filter(|entry| entry["event"] == "layer_changed").count()
}

#[tokio::test]
async fn layers_are_granted_in_a_table_and_two_at_once_lose_nothing() {
    let desk = Desk::new().await;
    let browser = Browser::of(&desk).await;
    a_server(&desk, &browser).await;
    let roles = desk.get("/admin/api/roles").await.json();
    let editor = roles["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|role| role["name"] == "editor");
    let editor = editor.unwrap()["id"].clone();
    let tick = |row: usize| format!("role-{row}-{editor}");
    let table = browser.get("/admin/ogc_servers/main/layers").await;
    let saved = send_table(&browser, &table.body, &[&tick(0), "public-2"]).await;
    assert!(browser.follow(&saved).await.body.contains("Saved."));
    let layer = async |name: &str| {
        let path = format!("/admin/api/ogc_servers/main/layers/{name}");
        desk.get(&path).await.json()
    };
    assert_eq!(layer("parcels").await["roles"], json!(["editor"]));
    assert_eq!(layer("roads").await["public"], true);
    // Only what changed is in the trail: three made, two changed.
    assert_eq!(changes(&desk).await, 2);

    // Roles whose numbers are not in the order they were made: what nobody touched stays as it was.
    let table_of_roles = desk.test.gate.table().await;
    let mut roles = table_of_roles.roles().await.unwrap();
    for (name, id) in [("late", 50), ("early", 40)] {
        roles.set(name, Some(RoleId(id)), BTreeMap::new()).unwrap();
    }
    table_of_roles.save_roles(&roles).await.unwrap().unwrap();
    let of_both = [("name", "pipes"), ("roles-50", "true"), ("roles-40", "true")];
    browser
        .send("/admin/ogc_servers/main/layers/pipes", &of_both)
        .await;
    let pipes = layer("pipes").await;
    assert_eq!(pipes["roles"], json!(["early", "late"]));
    let many = changes(&desk).await;
    let again = browser.get("/admin/ogc_servers/main/layers").await;
    let ticks = [&tick(0), "role-1-40", "role-1-50", "public-2"];
    assert_eq!(send_table(&browser, &again.body, &ticks).await.status, 303);
    assert_eq!(layer("pipes").await, pipes);
    assert_eq!(changes(&desk).await, many, "nothing was written");
    browser
        .send("/admin/ogc_servers/main/layers/pipes", &of_both[..1])
        .await;

    // The first page is old now: what it would change back is refused, and what it leaves is left.
    let stale = send_table(&browser, &table.body, &[&tick(1)]).await;
    assert_eq!(stale.status, 303, "{}", stale.body);
    assert_eq!(layer("parcels").await["roles"], json!(["editor"]));
    assert_eq!(layer("pipes").await["roles"], json!(["editor"]));
    let stale = send_table(&browser, &table.body, &["public-0"]).await;
    assert_eq!(stale.status, 412);
    assert!(
        stale.body.contains("parcels: Somebody changed this"),
        "{}",
        stale.body
    );
    assert_eq!(layer("parcels").await["public"], false);

    let table = browser.get("/admin/ogc_servers/main/layers").await;
    let wrong = send_table(&browser, &table.body, &["public-0", &tick(0)]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("parcels: A public layer"), "{}", wrong.body);

    // Who may write it stands at the layer, and the table leaves it.
    let here = "/admin/ogc_servers/main/layers/pipes";
    let write = format!("write_roles-{editor}");
    browser.send(here, &[("name", "pipes"), (&write, "true")]).await;
    let table = browser.get("/admin/ogc_servers/main/layers").await;
    send_table(&browser, &table.body, &[&tick(0), &tick(1), "public-2"]).await;
    let pipes = layer("pipes").await;
    assert_eq!(
        (&pipes["roles"], &pipes["write_roles"]),
        (&json!(["editor"]), &json!(["editor"]))
    );

    let question = browser.get("/admin/ogc_servers/main/delete").await;
    assert!(question.body.contains("pipes") && question.body.contains("Layers that go with it: 3."));
    let deleted = browser.send(&format!("{here}/delete"), &[]).await;
    assert!(browser.follow(&deleted).await.body.contains("Deleted."));
    let deleted = browser.send("/admin/ogc_servers/main/delete", &[]).await;
    assert!(browser.follow(&deleted).await.body.contains("Deleted."));
    assert_eq!(desk.get("/admin/api/ogc_servers/main").await.status, 404);
}

#[tokio::test]
async fn the_audit_log_is_read_by_day_and_filtered_by_a_text() {
    let desk = Desk::new().await;
    let browser = Browser::of(&desk).await;
    desk.create("/admin/api/roles", &json!({ "name": "surveyor" }))
        .await;
    desk.create("/admin/api/roles", &json!({ "name": "planner" }))
        .await;
    let all = browser.get("/admin/audit").await;
    for part in ["Role created", "surveyor", "Logged in", "name_after"] {
        assert!(all.body.contains(part), "{part}: {}", all.body);
    }
    let some = browser.get("/admin/audit?search=SURVEYOR").await;
    assert!(some.body.contains("surveyor") && !some.body.contains("planner"));
    let none = browser.get("/admin/audit?day=2001-02-03").await;
    assert!(none.body.contains("No entries.") && none.body.contains("value=\"2001-02-03\""));
    let wrong = browser.get("/admin/audit?day=%3Cb%3E").await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("day-error") && !wrong.body.contains("<b>"));
    let mails = browser.get("/admin/mails").await;
    assert!(mails.body.contains("No mails.") && mails.body.contains("Uncertain:"));
    assert_ne!(hidden(&mails, "csrf_token"), Value::Null.to_string());
}

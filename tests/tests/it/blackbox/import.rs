//! `manage-users import` of what the SQL in its help exports from `PostgreSQL` (`tests/world/geomapfish.sql`).

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mapgate_tests::{Program, VARS, repository};
use tempfile::TempDir;

use super::manage_users::{Said, World};

const EXPORT: &str = "tests/world/geomapfish.jsonl";

async fn world() -> (World, Program) {
    World::start(VARS, "{}").await
}

async fn import(world: &World, file: &Path) -> Said {
    world.run(&["import", file.to_str().unwrap()]).await
}

fn file(folder: &TempDir, text: &str) -> PathBuf {
    let path = folder.path().join("export.jsonl");
    std::fs::write(&path, text).unwrap();
    path
}

async fn user(world: &World, username: &str) -> serde_json::Value {
    let fields = [("login", username), ("password", "correct horse")];
    world
        .site
        .anonymous()
        .post("/login", &fields)
        .await
        .is(200, username)
        .json()
}

#[tokio::test]
async fn ids_hashes_and_roles_stay_and_a_second_run_changes_nothing() {
    let (world, _services) = world().await;
    let export = repository().join(EXPORT);
    let said = import(&world, &export).await;
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
    for line in [
        "users: 3 new, 0 unchanged",
        "OAuth2 clients: 2 new",
        "OGC servers with their layers: 3 new",
    ] {
        assert!(said.out.contains(line), "{said:?}");
    }
    let jane = user(&world, "jane").await;
    assert_eq!(
        jane["roles"],
        serde_json::json!([{"id": 2, "name": "role_editor"}, {"id": 11, "name": "planner \"P\""}])
    );
    assert_eq!(
        jane["functionalities"]["mapserver_substitution"],
        serde_json::json!(["name=a", "name=b"])
    );
    assert_eq!(
        user(&world, "zoé").await["roles"][0]["id"],
        1,
        "SHA-1, and GeoMapFish's id of role_admin"
    );
    let anonymous = world.site.anonymous().get("/loginuser").await.json();
    assert_eq!(anonymous["functionalities"]["default_basemap"][0], "plan");
    let fields = [("login", "gone"), ("password", "correct horse")];
    world
        .site
        .anonymous()
        .post("/login", &fields)
        .await
        .is(401, "error");
    let again = import(&world, &export).await;
    assert_eq!((again.code, again.err.as_str()), (0, ""));
    assert!(
        again.out.lines().all(|line| line.contains(": 0 new")),
        "{again:?}"
    );
    assert!(again.out.contains("users: 0 new, 3 unchanged"), "{again:?}");
    let make = ["-c", "-p", "beyond the others 12", "-e", "n@example.com", "nina"];
    world.done(&make, &["the id 41"]).await;
}

#[tokio::test]
async fn a_file_with_a_fault_imports_nothing_and_names_its_line_without_the_secret() {
    let (world, _services) = world().await;
    let folder = tempfile::tempdir().unwrap();
    let good = std::fs::read_to_string(repository().join(EXPORT)).unwrap();
    let last = good.lines().count() + 1;
    let user = r#""id": 77, "username": "eve", "is_password_changed": true, "deactivated": false"#;
    for (bad, why) in [
        (r#"{"type": "theme"}"#.to_owned(), "theme"),
        ("{".to_owned(), "EOF"),
        (format!(r#"{{"type": "user", {user}, "password": "hidden", "roles": []}}"#), "neither"),
        (format!(r#"{{"type": "user", {user}, "password": ["hidden"], "roles": []}}"#), "no text"),
        (format!(r#"{{"type": "user", {user}, "password": "{}", "roles": ["nosuch"]}}"#, "a".repeat(40)), "no role nosuch"),
        (r#"{"type": "role", "id": 2, "name": "other"}"#.to_owned(), "twice"),
        (r#"{"type": "layer", "ogc_server": "nosuch", "name": "a", "public": true}"#.to_owned(), "no OGC server nosuch"),
        (r#"{"type": "ogc_server", "name": "x", "url": "config://x", "server_type": "mapserver", "auth": "Proxy", "default_access": "private"}"#.to_owned(), "config://"),
        (r#"{"type": "ogc_server", "name": "x", "url": "http://x/", "server_type": "mapserver", "auth": "Other", "default_access": "private"}"#.to_owned(), "Other"),
    ] {
        let said = import(&world, &file(&folder, &format!("{good}{bad}\n"))).await;
        assert!(said.code != 0 && said.out.is_empty() && said.err.lines().count() == 1, "{bad}: {said:?}");
        assert!(said.err.contains(&format!("line {last}")) && said.err.contains(why), "{bad}: {said:?}");
        assert!(!said.err.contains("hidden"), "{said:?}");
    }
    let said = world.run(&["jane"]).await;
    assert!(said.err.contains("no user jane"), "{said:?}");
}

#[tokio::test]
async fn a_map_servers_url_is_taken_without_its_operation_and_refused_with_more_of_a_request() {
    let (world, _services) = world().await;
    let folder = tempfile::tempdir().unwrap();
    let server = |url: &str| {
        format!(
            r#"{{"type": "ogc_server", "name": "geo", "url": "{url}", "server_type": "geoserver", "auth": "Proxy", "default_access": "private"}}"#
        ) + "\n"
    };
    let asking = "http://127.0.0.1:1/ows?SERVICE=WMS&request=GetCapabilities&LAYERS=x";
    let said = import(&world, &file(&folder, &server(asking))).await;
    assert!(
        said.code != 0 && said.err.contains("must not hold LAYERS"),
        "{said:?}"
    );
    let asking = "http://127.0.0.1:1/ows?SERVICE=WMS&Version=1.1.1";
    let file = file(&folder, &server(asking));
    let said = import(&world, &file).await;
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
    assert!(
        said.out
            .contains("line 1: OGC server geo: its URL is taken without SERVICE"),
        "{said:?}"
    );
    let again = import(&world, &file).await;
    assert!(again.code == 0 && !again.out.contains("line 1"), "{again:?}");
}

#[tokio::test]
async fn what_conflicts_is_told_and_the_rest_is_imported() {
    let (world, _services) = world().await;
    world
        .done(
            &["-c", "-p", "here before 12345", "-e", "j@example.com", "jane"],
            &["made"],
        )
        .await;
    let said = import(&world, &repository().join(EXPORT)).await;
    assert!(said.code != 0 && said.err.lines().count() == 1, "{said:?}");
    for part in [
        "line 1: role role_admin",
        "line 7: user jane is there already, with the id 1",
    ] {
        assert!(said.err.contains(part), "{part}: {said:?}");
    }
    assert!(
        said.out.contains("users: 2 new, 0 unchanged, 1 in conflict"),
        "{said:?}"
    );
}

#[tokio::test]
async fn ten_thousand_users_are_imported() {
    let (world, _services) = world().await;
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::new();
    for id in 1..=10_000 {
        let hash = "2f9e53523b62abc141a2b4d6019d23cba835dbd0";
        writeln!(text, r#"{{"type": "user", "id": {id}, "username": "u{id}", "email": "u{id}@example.com", "password": "{hash}", "is_password_changed": true, "deactivated": false, "roles": []}}"#).unwrap();
    }
    let said = import(&world, &file(&folder, &text)).await;
    assert!(
        said.code == 0 && said.out.contains("users: 10000 new"),
        "{said:?}"
    );
    assert_eq!(user(&world, "u10000").await["username"], "u10000");
}

/// 200 users, and a server of 250 layers: more than one transaction takes.
fn large() -> String {
    let mut text = r#"{"type": "role", "id": 20, "name": "surveyor"}"#.to_owned() + "\n";
    for id in 1..=200 {
        let hash = "2f9e53523b62abc141a2b4d6019d23cba835dbd0";
        writeln!(text, r#"{{"type": "user", "id": {id}, "username": "u{id}", "email": "u{id}@example.com", "password": "{hash}", "is_password_changed": true, "deactivated": false, "roles": ["surveyor"]}}"#).unwrap();
    }
    text += r#"{"type": "ogc_server", "name": "large", "url": "http://x/", "server_type": "mapserver", "auth": "Standard auth", "default_access": "private"}"#;
    text.push('\n');
    for layer in 0..250 {
        writeln!(text, r#"{{"type": "layer", "ogc_server": "large", "name": "l{layer:03}", "public": false, "roles": ["surveyor"]}}"#).unwrap();
    }
    text
}

/// All of [`large`] is there, and nothing twice.
async fn all_is_there(world: &World) {
    let gate = world.gate().await;
    let table = gate.table().await;
    let roles = table.roles().await.unwrap();
    let surveyor = roles.named("surveyor").unwrap().id;
    assert_eq!(surveyor.0, 20);
    let layers = table.layers("large").await.unwrap();
    assert_eq!(layers.len(), 250);
    assert!(
        layers
            .iter()
            .all(|layer| !layer.public && layer.roles.contains(&surveyor))
    );
    for id in [1, 100, 200] {
        let user = table.user(&format!("u{id}")).await.unwrap().unwrap();
        assert_eq!((user.id.0, user.roles.contains(&surveyor)), (id, true));
    }
}

#[tokio::test]
async fn two_imports_at_once_make_everything_once() {
    let (world, _services) = world().await;
    let folder = tempfile::tempdir().unwrap();
    let export = file(&folder, &large());
    let (one, other) = tokio::join!(import(&world, &export), import(&world, &export));
    let mut new = 0;
    for said in [one, other] {
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
        let users = said.out.split("users: ").nth(1).unwrap();
        new += users.split(' ').next().unwrap().parse::<usize>().unwrap();
    }
    assert_eq!(new, 200);
    all_is_there(&world).await;
}

#[tokio::test]
async fn an_import_that_was_killed_goes_on_where_it_stopped() {
    let (world, _services) = world().await;
    let folder = tempfile::tempdir().unwrap();
    let export = file(&folder, &large());
    for millis in [20, 60, 120, 200] {
        // The program is killed when nobody waits for it any more.
        let _ = tokio::time::timeout(Duration::from_millis(millis), import(&world, &export)).await;
    }
    let said = import(&world, &export).await;
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
    all_is_there(&world).await;
    let again = import(&world, &export).await;
    assert!(again.out.contains("users: 0 new, 200 unchanged"), "{again:?}");
}

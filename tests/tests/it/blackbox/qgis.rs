//! Real QGIS Desktop, without a screen, before real MapServer.

use mapgate_tests::{BOX, Setup, Site, client, csrf_token};
use serde_json::{Value, json};

async fn run(site: &Site, auth: &str, user: &str, password: &str, more: &[&str]) -> Value {
    let mut arguments = vec![
        site.url.as_str(),
        "--auth",
        auth,
        "--user",
        user,
        "--password",
        password,
    ];
    arguments.extend(["--client-secret", "lindmatt-qgis", "--ogcserver", "main"]);
    arguments.extend(["--wms-layer", "parcels", "--wfs-layer", "ms:parcels", "--extent"]);
    arguments.extend(BOX);
    arguments.extend(more);
    client("qgis/run.py", &arguments).await
}

#[track_caller]
fn assert_drawn(found: &Value) {
    assert_eq!(found["valid"], true, "{found}");
    assert!(found["painted"].as_i64().unwrap() > 1000, "{found}");
    assert!(found["colours"].as_i64().unwrap() > 2, "{found}");
    assert_eq!(found["errors"], json!([]), "{found}");
}

#[track_caller]
fn assert_loaded(result: &Value) {
    assert_eq!(result["fault"], Value::Null, "{result}");
    assert_drawn(&result["wms"]);
    assert_drawn(&result["wfs"]);
    assert_eq!(result["wfs"]["features"], 132, "{result}");
}

#[track_caller]
fn assert_nothing(result: &Value) {
    assert_eq!(result["fault"], Value::Null, "{result}");
    for kind in ["wms", "wfs"] {
        assert_eq!(result[kind]["valid"], false, "{result}");
        assert_eq!(result[kind]["painted"], Value::Null, "{result}");
    }
}

#[tokio::test]
async fn oauth2_loads_draws_and_refreshes() {
    let site = Setup::default().start().await;
    // QGIS is told that its first token lives for a second, and draws again after two.
    let result = run(
        &site,
        "oauth2",
        "jane",
        "lindmatt-jane",
        &["--expires-in", "1", "--wait", "2"],
    )
    .await;
    assert_loaded(&result);
    let after = &result["wms_after"];
    assert_eq!(after["painted"], result["wms"]["painted"], "{result}");
    let grants: Vec<_> = result["grants"]
        .as_array()
        .unwrap()
        .iter()
        .map(|grant| (&grant["grant_type"], &grant["status"]))
        .collect();
    assert_eq!(
        grants,
        [
            (&json!("authorization_code"), &json!(200)),
            (&json!("refresh_token"), &json!(200))
        ],
        "{result}"
    );
    // What was asked of the map server went first with the one token, then with the other; the relay refuses the first
    // one by then, so that the maps came with the refreshed one.
    let tokens = [0, 1].map(|grant| result["grants"][grant]["token"].as_str().unwrap_or_default());
    assert_ne!(tokens[0], tokens[1], "{result}");
    let asked = result["maps"].as_array().unwrap();
    let mut served = asked.iter().filter(|asked| asked["status"] == 200);
    let token = |asked: &Value| asked["token"].as_str().unwrap_or("none").to_owned();
    let mut with: Vec<String> = served.clone().map(token).collect();
    with.dedup();
    assert_eq!(with, tokens, "{result}");
    let map = served.rfind(|asked| asked["request"] == "GetMap");
    assert_eq!(map.map(token).as_deref(), Some(tokens[1]), "{result}");
    // Both with the secret, and without asking anybody again.
    for (grant, own) in [(0, "code"), (1, "refresh_token")] {
        let fields = result["grants"][grant]["fields"].as_array().unwrap();
        assert!(
            fields.contains(&json!("client_secret")) && fields.contains(&json!(own)),
            "{result}"
        );
    }
    let opened = result["browser"].as_array().unwrap().iter();
    let opened = opened.filter(|step| step["open"].is_string()).count();
    assert_eq!(opened, 1, "{result}");
    // What the documents say of QGIS: no state, the redirect URI as it is, and neither secret nor code in a header.
    let opened = result["browser"][0]["open"].as_str().unwrap();
    assert!(
        opened.contains("&redirect_uri=http://127.0.0.1:") && !opened.contains("state"),
        "{opened}"
    );
}

/// Jane's layers, by a login in QGIS with OAuth2.
pub async fn loads(site: &Site) {
    assert_loaded(&run(site, "oauth2", "jane", "lindmatt-jane", &[]).await);
}

#[tokio::test]
async fn oauth2_with_a_wrong_password_loads_nothing() {
    let site = Setup::default().start().await;
    let result = run(&site, "oauth2", "jane", "wrong", &["--timeout", "3"]).await;
    assert_nothing(&result);
    assert_eq!(result["grants"], json!([]), "{result}");
    // The second try comes with port 0, and is told to restart QGIS.
    let statuses: Vec<_> = result["browser"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|step| step["status"].as_i64())
        .collect();
    assert_eq!(statuses, [200, 401, 400], "{result}");
}

#[tokio::test]
async fn oauth2_without_the_role_loads_nothing() {
    let site = Setup::default().start().await;
    let result = run(&site, "oauth2", "pia", "lindmatt-pia", &[]).await;
    assert_nothing(&result);
    assert_eq!(result["grants"][0]["status"], 200, "{result}");
}

#[tokio::test]
async fn basic_loads_and_draws() {
    let site = Setup::default().variable("BASICAUTH", "true").start().await;
    assert_loaded(&run(&site, "basic", "jane", "lindmatt-jane", &[]).await);
}

#[tokio::test]
async fn basic_with_a_wrong_password_loads_nothing() {
    let site = Setup::default().variable("BASICAUTH", "true").start().await;
    assert_nothing(&run(&site, "basic", "jane", "wrong", &[]).await);
}

#[tokio::test]
async fn basic_loads_nothing_where_it_is_off() {
    let site = Setup::default().start().await;
    assert_nothing(&run(&site, "basic", "jane", "lindmatt-jane", &[]).await);
}

#[tokio::test]
async fn the_files_of_the_own_page_set_it_up() {
    let site = Setup::default().start().await;
    let jane = site.user("jane").await;
    let token = csrf_token(jane.get("/account/qgis").await.is(200, "value=\"qgis\""));
    let folder = tempfile::tempdir().unwrap();
    let save = |name: &str, file: &[u8]| std::fs::write(folder.path().join(name), file).unwrap();
    for (client_id, secret) in [("qgis", "lindmatt-qgis"), ("public", "")] {
        let fields = [
            ("client_id", client_id),
            ("client_secret", secret),
            ("csrf_token", &token),
        ];
        let file = jane.post("/account/qgis/authentication.xml", &fields).await;
        file.is(200, "<qgis_authentication>");
        save(&format!("qgis-authentication-{client_id}.xml"), &file.body);
    }
    for service in ["wms", "wfs"] {
        let file = jane.get(&format!("/account/qgis/{service}.xml")).await;
        save(&format!("qgis-{service}.xml"), &file.is(200, "Connections").body);
    }
    let mut arguments = vec![site.url.as_str(), "--files", folder.path().to_str().unwrap()];
    arguments.extend([
        "--user",
        "jane",
        "--password",
        "lindmatt-jane",
        "--ogcserver",
        "main",
    ]);
    arguments.extend(["--wms-layer", "parcels", "--wfs-layer", "ms:parcels", "--extent"]);
    arguments.extend(BOX);
    let result = client("qgis/run.py", &arguments).await;
    assert_loaded(&result);

    // What QGIS knows after the import; each once, though the files were imported twice.
    let host = site.address();
    let authentications = result["authentications"].as_object().unwrap();
    assert_eq!(authentications.len(), 2, "{result}");
    for (client_id, secret, flow) in [("qgis", "lindmatt-qgis", 0), ("public", "", 3)] {
        let known = &authentications[&format!("{client_id} ({host})")];
        assert_eq!(known["method"], "OAuth2");
        let config = &known["config"];
        let told = (&config["clientId"], &config["clientSecret"], &config["grantFlow"]);
        assert_eq!(told, (&json!(client_id), &json!(secret), &json!(flow)));
        assert_eq!(config["requestUrl"], format!("{}/oauth/login", site.url));
    }
    for service in ["wms", "wfs"] {
        let url = |name: &str| format!("{}/mapserv_proxy?ogcserver={name}", site.url);
        let expected = json!({
            format!("main ({host})"): url("main"),
            format!("nowhere ({host})"): url("nowhere"),
        });
        assert_eq!(result[format!("{service}_connections")], expected);
    }
    // One login in the browser, and the session on the page.
    let opened = result["browser"][0]["open"].as_str().unwrap();
    assert!(
        opened.contains("client_id=qgis&redirect_uri=http://127.0.0.1:7070/"),
        "{opened}"
    );
    jane.get("/account").await.is(200, "qgis</h3>");
}

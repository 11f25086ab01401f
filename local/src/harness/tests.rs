use std::path::Path;

use mapgate_core::table::ROLE_ADMIN;

use super::*;

/// A harness on a free port, in an environment that has nothing set.
async fn start(options: &[&str]) -> anyhow::Result<Harness> {
    let given = ["mapgate-local", "--listen", "127.0.0.1:0"].iter().chain(options);
    let options = <Options as clap::Parser>::try_parse_from(given)?;
    Harness::start(&options, Environment::default()).await
}

async fn get(url: String) -> (u16, String) {
    let answer = reqwest::get(url).await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test]
async fn it_serves_its_pages_and_every_function_and_ends() {
    let harness = start(&[]).await.unwrap();
    let url = harness.url();
    assert!(
        harness.greeting().ends_with(&format!("\nready {url}\n")),
        "{}",
        harness.greeting()
    );
    assert!(get(format!("{url}/")).await.1.contains("/local/app.js"));
    for path in [
        "/local/app.js",
        "/local/map.js",
        "/local/style.css",
        "/local/icon.svg",
        "/local/",
    ] {
        let answer = reqwest::get(format!("{url}{path}")).await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        assert!(
            answer.headers()["content-security-policy"]
                .to_str()
                .unwrap()
                .starts_with("default-src 'none'")
        );
    }
    assert_eq!(get(format!("{url}/local/mails")).await, (200, "[]".to_owned()));
    for function in [
        "login",
        "oauth-authorize",
        "oauth-token",
        "mapserver-proxy",
        "resourceproxy",
        "reset-password",
        "admin",
    ] {
        assert_eq!(get(format!("{url}/health/{function}")).await.0, 200, "{function}");
    }
    assert_eq!(get(format!("{url}/nowhere")).await.0, 404);
    let folder = harness.services().folder().to_owned();
    assert!(folder.join("secrets.json").exists());
    harness.stop().await;
    assert!(reqwest::get(url).await.is_err());
    assert!(!folder.exists());
}

#[tokio::test]
async fn the_demo_is_sown() {
    let harness = start(&[]).await.unwrap();
    let gate = harness.gate();
    let table = gate.table().await;
    let jane = table.user("jane").await.unwrap().unwrap();
    let roles = table.roles().await.unwrap();
    assert_eq!(jane.roles, [roles.named("editor").unwrap().id].into());
    let password = mapgate_core::settings::Secret::new("lindmatt-jane");
    let turn = gate.hashing.turn().await.unwrap();
    let verified = gate.hashing.verify(turn, &password, jane.password.as_ref()).await;
    assert!(matches!(verified, Ok(mapgate_core::account::Verified::Right)));
    let admin = table.user("admin").await.unwrap().unwrap();
    assert_eq!(admin.roles, [roles.named(ROLE_ADMIN).unwrap().id].into());
    assert!(!table.client("qgis").await.unwrap().unwrap().is_public());
    assert!(table.client("qgis-pkce").await.unwrap().unwrap().pkce_required);
    let servers = table.ogc_servers().await.unwrap();
    assert_eq!(servers[0].url, harness.services().map.url());
    assert_eq!(table.layers("main").await.unwrap().len(), 10);
    assert_eq!(gate.settings.main_ogc_server.as_deref(), Some("main"));
    harness.stop().await;
}

#[tokio::test]
async fn a_data_folder_keeps_what_was_changed_and_follows_the_map_server() {
    let data = tempfile::tempdir().unwrap();
    let options = ["--data", text(data.path())];
    let first = start(&options).await.unwrap();
    let table = first.gate().table().await;
    let mut server = table.ogc_servers().await.unwrap().remove(0);
    server.default_access = mapgate_core::table::DefaultAccess::Public;
    table.put_ogc_server(&server, &[]).await.unwrap();
    let secrets = std::fs::read_to_string(data.path().join("secrets.json")).unwrap();
    let id = table.user("joe").await.unwrap().unwrap().id;
    first.stop().await;

    let second = start(&options).await.unwrap();
    let table = second.gate().table().await;
    let again = table.ogc_servers().await.unwrap().remove(0);
    assert_eq!(again.default_access, server.default_access);
    assert_eq!(again.url, second.services().map.url());
    assert!(table.layers("main").await.unwrap().is_empty());
    assert_eq!(table.user("joe").await.unwrap().unwrap().id, id);
    assert_eq!(
        std::fs::read_to_string(data.path().join("secrets.json")).unwrap(),
        secrets
    );
    second.stop().await;
}

#[tokio::test]
async fn a_seed_and_settings_of_ones_own_are_used() {
    let folder = tempfile::tempdir().unwrap();
    let (seed, settings) = (folder.path().join("seed.yaml"), folder.path().join("vars.yaml"));
    let roles = "roles: [{name: registered, functionalities: {default_basemap: [map]}}]";
    std::fs::write(
        &seed,
        format!("{roles}\nusers: [{{username: eva, password: secret-eva, id: 7}}]"),
    )
    .unwrap();
    let smtp = "{host: smtp.example.com:465, ssl: true, user: u, password: p}";
    std::fs::write(
        &settings,
        format!("vars:\n  hide_capabilities: true\n  smtp: {smtp}\n"),
    )
    .unwrap();
    let harness = start(&["--seed", text(&seed), "--settings", text(&settings)])
        .await
        .unwrap();
    let gate = harness.gate();
    let table = gate.table().await;
    assert_eq!(table.user("eva").await.unwrap().unwrap().id.0, 7);
    assert!(
        table.user("jane").await.unwrap().is_none(),
        "in place of the demo's"
    );
    let roles = table.roles().await.unwrap();
    assert_eq!(
        roles.named("registered").unwrap().functionalities["default_basemap"],
        ["map"]
    );
    assert!(gate.settings.hide_capabilities);
    let smtp = gate.settings.smtp.as_ref().unwrap();
    assert_eq!(
        (smtp.host.as_str(), smtp.ssl, smtp.user.as_deref()),
        ("127.0.0.1", false, None)
    );
    assert!(
        !harness.greeting().contains("lindmatt-"),
        "{}",
        harness.greeting()
    );
    harness.stop().await;
}

#[tokio::test]
async fn a_fault_in_a_file_is_told_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file.yaml");
    std::fs::write(&file, "vars:\n  hide_capabilities: perhaps\n").unwrap();
    let fault = format!("{:#}", start(&["--settings", text(&file)]).await.unwrap_err());
    assert!(fault.contains("file.yaml:2: vars.hide_capabilities"), "{fault}");
    std::fs::write(&file, "roles: [{name: a, id: 9}, {name: b, id: 9}]\n").unwrap();
    let fault = format!("{:#}", start(&["--seed", text(&file)]).await.unwrap_err());
    assert!(fault.contains("role b") && fault.contains("line 1"), "{fault}");
}

#[tokio::test]
async fn services_alone_print_what_a_shell_can_read() {
    let harness = start(&["--services-only"]).await.unwrap();
    let printed = harness.greeting();
    let output = std::process::Command::new("sh")
        .args([
            "-c",
            &format!(
                "{printed}\nprintf '%s' \"$MAPGATE_BASE_URL $MAPGATE_TABLE $AUTHTKT_SECURE $AWS_REGION\""
            ),
        ])
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "http://127.0.0.1:9000 mapgate false local"
    );
    for name in [
        "MAPGATE_SECRETS='file:",
        "MAPGATE_SETTINGS='/",
        "AWS_ENDPOINT_URL_DYNAMODB='http://127.0.0.1:",
    ] {
        assert!(printed.contains(name), "{printed}");
    }
    let url = harness.url();
    assert_eq!(get(format!("{url}/local/mails")).await.0, 200);
    assert_eq!(
        get(format!("{url}/")).await.0,
        404,
        "the portal needs the functions"
    );
    harness.stop().await;
}

#[tokio::test]
async fn variables_that_are_set_win() {
    let folder = tempfile::tempdir().unwrap();
    let keys = crate::keys::make(
        &mapgate_core::random::Random::system(),
        mapgate_core::clock::Timestamp::from_seconds(1),
    );
    let path = folder.path().join("keys.json");
    std::fs::write(&path, keys.unwrap()).unwrap();
    let environment: Environment = [
        ("MAPGATE_BASE_URL", "http://geo.example.com/map"),
        ("MAPGATE_TABLE", "other"),
        ("MAPGATE_SECRETS", &format!("file:{}", text(&path))),
        ("AWS_SECRET_ACCESS_KEY", "of-a-real-account"),
    ]
    .into_iter()
    .collect();
    let options = ["mapgate-local", "--listen", "127.0.0.1:0", "--services-only"];
    let options = <Options as clap::Parser>::try_parse_from(options).unwrap();
    let harness = Harness::start(&options, environment).await.unwrap();
    let settings = &harness.gate().settings;
    assert_eq!(
        (settings.base_url.as_str(), settings.table.as_str()),
        ("http://geo.example.com/map", "other")
    );
    assert!(!harness.services().folder().join("secrets.json").exists());
    assert!(!harness.greeting().contains("of-a-real-account"));
    harness.stop().await;
}

/// `cargo lambda watch` knows every path of every function.
#[test]
fn the_watch_router_covers_the_functions() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let manifest: toml::Table = std::fs::read_to_string(manifest).unwrap().parse().unwrap();
    let entries = manifest["workspace"]["metadata"]["lambda"]["watch"]["router"]
        .as_array()
        .unwrap();
    let covers = |pattern: &str, path: &str| match pattern.split_once("{*") {
        // A wildcard stands for one character at least.
        Some((start, _)) => path.strip_prefix(start).is_some_and(|rest| !rest.is_empty()),
        None => path == pattern,
    };
    for (function, paths, _) in FUNCTIONS {
        for path in paths {
            let matching = entries
                .iter()
                .filter(|entry| covers(entry["path"].as_str().unwrap(), path));
            let functions: Vec<_> = matching
                .map(|entry| entry["function"].as_str().unwrap())
                .collect();
            assert_eq!(functions, [function], "{path}");
        }
    }
}

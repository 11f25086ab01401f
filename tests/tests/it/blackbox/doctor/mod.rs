//! `mapgate-local doctor` before the real harness, as it is and with planted faults.

mod aws;
mod world;

use mapgate_core::table::DefaultAccess;
use mapgate_tests::{SEED, Setup, Site, free_port};
use serde_json::Value;
use world::{Front, Variables, keys_of, left, look, run, variables_of};

/// The tests' world less the map server that is not there.
fn seed() -> String {
    let end = SEED.find("  # Nobody listens").unwrap();
    SEED[..end].to_owned()
}

async fn site() -> (Site, Variables) {
    let site = Setup::default().seed(seed()).start().await;
    let variables = variables_of(&site);
    (site, variables)
}

/// A settings file.
fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

fn path(file: &tempfile::NamedTempFile) -> &str {
    file.path().to_str().unwrap()
}

#[tokio::test]
async fn in_the_demo_nothing_is_wrong_and_each_line_says_what_to_do() {
    let mut demo = Setup::demo();
    assert!(demo.line_with("ready ").await.is_some(), "{}", demo.log());
    let log = demo.log();
    let line = log.lines().find(|line| line.contains("look it over")).unwrap();
    let variables = left(line.split('\'').nth(1).unwrap().as_ref());
    let (code, out) = run(&variables, &[]).await;
    assert_eq!(code, 0, "{out}");
    assert!(out.ends_with(" 0 wrong\n"), "{out}");
    for line in out.lines().take(out.lines().count() - 1) {
        let (state, rest) = line.split_at(8);
        assert!(["ok", "warning"].contains(&state.trim()), "{line}");
        let (found, to_do) = rest.split_once(" -> ").expect(line);
        assert!(found.contains(": ") && !to_do.is_empty(), "{line}");
    }
    for subject in [
        "settings",
        "ticket",
        "secret",
        "table",
        "administrators",
        "mail",
        "url",
        "clock",
        "functions",
        "cookies",
        "metadata",
        "keys",
        "backend main",
        "proxy main",
        "rules main",
    ] {
        assert!(out.contains(&format!(" {subject}: ")), "{subject}: {out}");
    }
    assert!(out.contains("none of"), "{out}");
    let keys = std::fs::read_to_string(variables["MAPGATE_SECRETS"].trim_start_matches("file:")).unwrap();
    let keys: Value = serde_json::from_str(&keys).unwrap();
    for secret in [
        &keys["authtkt"][0]["secret"],
        &keys["data_keys"][0]["key"],
        &keys["jwt"][0]["pem"],
    ] {
        let secret = secret.as_str().unwrap();
        assert!(!out.contains(secret), "{out}");
    }
}

#[tokio::test]
async fn a_way_past_mapgate_shows_private_names() {
    let (site, variables) = site().await;
    let servers = site.gate().table().await.ogc_servers().await.unwrap();
    let front = Front::Past(servers[0].url.clone()).before(&site.url).await;
    let said = look(&variables, &["--url", &front.url()]).await;
    said.tells("warning", "url", "asked at", "without --url")
        .tells("wrong", "proxy main", "private names: ", "lead to mapgate")
        .only(&["proxy main"]);
    for name in ["gas_pipes (", "owners (", "parcels ("] {
        said.tells("wrong", "proxy main", name, "");
    }
    assert!(!said.out.contains("roads ("), "{said:?}");
}

/// The table says that a layer is private, and functions that remember another table's rules show it.
#[tokio::test]
async fn a_layer_that_was_closed_since_is_told() {
    let (site, variables) = site().await;
    let other = Setup::default().seed(seed()).start().await;
    let table = site.gate().table().await;
    let mut server = table.ogc_server("main").await.unwrap().unwrap();
    server.default_access = DefaultAccess::Private;
    let mut layers = table.layers("main").await.unwrap();
    layers.retain(|layer| layer.name != "roads");
    table.put_ogc_server(&server, &layers).await.unwrap();
    let said = look(&variables, &["--url", &other.url]).await;
    said.tells("wrong", "proxy main", "roads (WMS", "report this")
        .tells("wrong", "keys", "lacks of the secret's", "MAPGATE_SECRETS")
        .tells("wrong", "metadata", "its issuer is", "MAPGATE_BASE_URL")
        .only(&["proxy main", "keys", "metadata"]);
}

#[tokio::test]
async fn another_issuer_than_the_settings_is_wrong() {
    let site = Setup::default()
        .seed(seed())
        .variable("MAPGATE_BASE_URL", "http://maps.example.com")
        .start()
        .await;
    let mut variables = variables_of(&site);
    variables.insert("MAPGATE_BASE_URL".to_owned(), site.url.clone());
    look(&variables, &[])
        .await
        .tells(
            "wrong",
            "metadata",
            "its issuer is http://maps.example.com",
            "MAPGATE_BASE_URL",
        )
        .tells(
            "wrong",
            "metadata",
            "its token_endpoint is not below",
            "MAPGATE_BASE_URL",
        )
        .only(&["metadata"]);
}

#[tokio::test]
async fn a_clock_that_is_off_is_wrong() {
    let (site, variables) = site().await;
    let front = Front::Dated("Fri, 15 Jan 2010 08:00:00 GMT")
        .before(&site.url)
        .await;
    look(&variables, &["--url", &front.url()])
        .await
        .tells("wrong", "clock", "behind this machine", "NTP")
        .tells("ok", "clock", "the table's service", "")
        .only(&["clock"]);
}

#[tokio::test]
async fn what_takes_headers_away_is_told() {
    let (site, variables) = site().await;
    let front = Front::Stripped.before(&site.url).await;
    look(&variables, &["--url", &front.url()])
        .await
        .tells(
            "warning",
            "cookies",
            "Content-Security-Policy",
            "pass its headers on",
        )
        .tells("warning", "cookies", "lacks HttpOnly, the cookie", "Set-Cookie")
        .only(&[]);
}

#[tokio::test]
async fn what_is_not_mapgate_is_told_with_what_was_not_looked_at() {
    let (site, mut variables) = site().await;
    for (front, to_do) in [
        (Front::Back, "vars.intranet.trusted_proxies"),
        (Front::Other, "name where mapgate is served"),
    ] {
        let front = front.before(&site.url).await;
        look(&variables, &["--url", &front.url()])
            .await
            .tells("wrong", "url", "/loginuser answers", to_do)
            .tells("warning", "metadata", "not looked at", "ask again")
            .only(&["url"]);
    }
    let nobody = format!("http://127.0.0.1:{}", free_port());
    variables.insert("MAPGATE_BASE_URL".to_owned(), nobody);
    look(&variables, &[])
        .await
        .tells("wrong", "url", "does not answer", "start it")
        .tells("warning", "clock", "not looked at", "ask again")
        .tells("ok", "backend main", "lists WMS", "")
        .only(&["url"]);
    look(&variables, &["--url", "maps.example.com"]).await.tells(
        "wrong",
        "url",
        "--url: not a URL",
        "https://map.example.com",
    );
}

#[tokio::test]
async fn a_dead_map_server_is_wrong_and_the_others_are_not() {
    let site = Setup::default().start().await;
    look(&variables_of(&site), &[])
        .await
        .tells(
            "wrong",
            "backend nowhere",
            "http://127.0.0.1:1/mapserv: ",
            "start it",
        )
        .tells("wrong", "proxy nowhere", "502", "mend the map server first")
        .tells("ok", "proxy main", "show none of", "")
        .only(&["backend nowhere", "proxy nowhere"]);
}

#[tokio::test]
async fn a_url_that_is_no_map_server_s_is_told_without_its_password() {
    let (site, variables) = site().await;
    let table = site.gate().table().await;
    let mut server = table.ogc_server("main").await.unwrap().unwrap();
    server.url = format!(
        "{}?key=hidden",
        site.url.replace("http://", "http://hidden:hidden@")
    );
    server.url_wfs = None;
    table.put_ogc_server(&server, &[]).await.unwrap();
    let said = look(&variables, &[]).await;
    said.tells(
        "wrong",
        "backend main",
        "to WMS it answers 200 OK with text/html",
        "correct its URL",
    )
    .only(&["backend main", "proxy main"]);
    assert!(!said.out.contains("hidden"), "{said:?}");
}

#[tokio::test]
async fn every_fault_of_the_settings_is_told_with_what_to_do() {
    let bad =
        file("vars:\n  authentication:\n    two_factor: maybe\n  intranet: {networks: [10.0.0.0/77]}\n");
    let variables = [("MAPGATE_BASE_URL", "maps"), ("AUTHTKT_SECRET", "hidden")];
    let variables: Variables = variables
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let said = look(&variables, &["--settings", path(&bad)]).await;
    for (fault, to_do) in [
        ("MAPGATE_BASE_URL: ", "infra/environment"),
        ("MAPGATE_TABLE: ", "infra/environment"),
        ("MAPGATE_SECRETS: ", "infra/environment"),
        ("AUTHTKT_SECRET: at least 64 characters", "docs/settings.md"),
        (":3: vars.authentication.two_factor: ", "before it is deployed"),
        (":4: vars.intranet.networks", "before it is deployed"),
    ] {
        said.tells("wrong", "settings", fault, to_do);
    }
    assert!(!said.out.contains("hidden"), "{said:?}");
    look(&variables, &["--settings", "/nowhere.yaml"]).await.tells(
        "wrong",
        "settings",
        "/nowhere.yaml",
        "manage-users settings FILE",
    );
}

#[tokio::test]
async fn what_the_settings_promise_and_is_not_there_is_wrong() {
    let (_site, mut variables) = site().await;
    let mails = "{email_from: a@example.com, email_subject: s, email_body: '{reset_url}'}";
    let text = format!(
        "vars:\n  main_ogc_server: nope\n  smtp: {{host: '127.0.0.1:1'}}\n  reset_password: {mails}\n"
    );
    let settings = file(&text);
    look(&variables, &["--settings", path(&settings)])
        .await
        .tells("wrong", "backends", "vars.main_ogc_server is nope", "/admin/")
        .tells("wrong", "mail", "127.0.0.1:1: the connection", "vars.smtp.host")
        .only(&["backends", "mail"]);
    variables.insert("MAPGATE_SECRETS".to_owned(), "file:/nowhere".to_owned());
    look(&variables, &[])
        .await
        .tells(
            "wrong",
            "secret",
            "the file /nowhere cannot be read",
            "manage-users keys",
        )
        .tells("warning", "mail", "not looked at", "ask again")
        .tells("warning", "keys", "no secret to compare", "ask again")
        .only(&["secret"]);
}

#[tokio::test]
async fn keys_that_are_old_open_to_others_or_not_yet_in_force_are_told() {
    use std::os::unix::fs::PermissionsExt as _;

    let (site, mut variables) = site().await;
    let keys = std::fs::read_to_string(keys_of(&site)).unwrap();
    let mut keys: Value = serde_json::from_str(&keys).unwrap();
    keys["authtkt"][0]["sign_from"] = "2020-01-01T00:00:00Z".into();
    keys["data_keys"][0]["sign_from"] = "2999-01-01T00:00:00Z".into();
    let other = file(&keys.to_string());
    std::fs::set_permissions(other.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
    variables.insert("MAPGATE_SECRETS".to_owned(), format!("file:{}", path(&other)));
    look(&variables, &[])
        .await
        .tells(
            "warning",
            "secret",
            "authtkt: 1 verify, signs since 2020-01-01",
            "manage-users keys",
        )
        .tells(
            "wrong",
            "secret",
            "data_keys: none of 1 is in force yet, the next signs from 2999",
            "sign_from",
        )
        .tells("warning", "secret", "which others can read", "chmod 600")
        .only(&["secret"]);
}

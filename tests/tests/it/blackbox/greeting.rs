//! `cargo run` as the README has it: what it prints is true.

use mapgate_tests::{Actor, Program, Setup, Site, code_of};

/// The demo, started without a word.
async fn demo() -> (Program, Site) {
    let mut program = Setup::demo();
    assert!(
        program.line_with("ready http://").await.is_some(),
        "{}",
        program.log()
    );
    let log = program.log();
    let url = log
        .lines()
        .find_map(|line| line.strip_prefix("ready "))
        .unwrap()
        .to_owned();
    (program, Site::new(url, mapgate_tests::Place::Elsewhere))
}

/// The value that is printed after a label.
fn printed(log: &str, label: &str) -> String {
    let line = log.lines().find(|line| line.trim_start().starts_with(label));
    let line = line.expect(label);
    line.trim_start().strip_prefix(label).unwrap().trim().to_owned()
}

async fn log_in(site: &Site, user: &str, password: &str) -> Actor {
    let actor = site.anonymous();
    actor
        .post("/login", &[("login", user), ("password", password)])
        .await
        .is(200, user);
    actor
}

#[tokio::test]
async fn the_page_the_users_and_the_values_for_qgis_work() {
    let (program, site) = demo().await;
    let log = program.log();

    let portal = printed(&log, "portal");
    assert_eq!(portal, format!("{}/", site.url));
    let page = site.anonymous().get(&portal).await;
    page.is(200, "<html")
        .has("content-type", Some("text/html; charset=utf-8"));
    let resource = printed(&log, "a resource");
    site.anonymous().get(&resource).await.is(200, "town hall");
    page.is(200, "/resourceproxy?target=lindmatt-place");
    let mails = printed(&log, "caught mails");
    site.anonymous().get(&mails).await.is(200, "<html");

    let capabilities = "SERVICE=WMS&REQUEST=GetCapabilities";
    let map_url = printed(&log, "WMS or WFS");
    let document = format!("{map_url}&{capabilities}");
    let anonymous = site
        .anonymous()
        .get(&document)
        .await
        .is(200, "WMS_Capabilities")
        .text()
        .to_owned();
    for (user, layer) in [("jane", "parcels"), ("pia", "gas_pipes")] {
        let password = printed(&log, user).split_whitespace().next().unwrap().to_owned();
        assert!(!anonymous.contains(layer), "{layer}");
        log_in(&site, user, &password)
            .await
            .get(&document)
            .await
            .is(200, layer);
    }
    for user in ["joe", "admin"] {
        let password = printed(&log, user).split_whitespace().next().unwrap().to_owned();
        log_in(&site, user, &password)
            .await
            .get("/loginuser")
            .await
            .is(200, user);
    }

    let (client, secret) = (printed(&log, "client ID"), printed(&log, "client secret"));
    let redirect = printed(&log, "redirect URL");
    let ask = format!(
        "{}?response_type=code&client_id={client}&redirect_uri={redirect}",
        printed(&log, "request URL")
    );
    let password = printed(&log, "jane")
        .split_whitespace()
        .next()
        .unwrap()
        .to_owned();
    let code = code_of(&site.anonymous().sign_in(&ask, "jane", &password).await);
    let fields = [
        ("client_id", client.as_str()),
        ("client_secret", &secret),
        ("code", &code),
        ("grant_type", "authorization_code"),
        ("redirect_uri", &redirect),
    ];
    let grant = mapgate_tests::Grant::of(&site.anonymous().post(&printed(&log, "token URL"), &fields).await);
    let qgis = site
        .anonymous()
        .authorized(format!("Bearer {}", grant.access_token));
    qgis.get(&document).await.is(200, "parcels");
    let jane = log_in(&site, "jane", &password).await;
    let files = jane.get(&printed(&log, "or as files")).await;
    files
        .is(200, &format!("<option value=\"{client}\">"))
        .is(200, &map_url);
}

#[tokio::test]
async fn an_interrupt_ends_it_in_order() {
    let (mut program, site) = demo().await;
    site.anonymous()
        .get("/loginuser")
        .await
        .is(200, "functionalities");
    let id = program.child.id().unwrap().to_string();
    let told = std::process::Command::new("kill")
        .args(["-INT", &id])
        .status()
        .unwrap();
    assert!(told.success());
    assert!(program.child.wait().await.unwrap().success(), "{}", program.log());
    assert!(program.leftovers().is_empty(), "{:?}", program.leftovers());
}

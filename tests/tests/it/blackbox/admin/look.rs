//! Every page as an administrator sees it: nothing sticks out, everything can be read, and axe-core finds no serious
//! fault. JavaScript runs, for axe-core, which needs it; the pages have none. The pictures stay in `target/tmp/pages/admin`.

use std::path::{Path, PathBuf};

use mapgate_tests::{Browser, Setup, Site};
use serde_json::{Value, json};

use super::administrator;

/// The pages, by the name of their pictures.
const PAGES: &[(&str, &str)] = &[
    ("users", "/admin/users"),
    (
        "users-by-email",
        "/admin/users?sort=email&descending=true&search=j",
    ),
    ("users-none", "/admin/users?search=nobody"),
    ("user-new", "/admin/new_user"),
    ("user", "/admin/users/1001?done=saved"),
    ("user-locked", "/admin/users/1003"),
    ("user-delete", "/admin/users/1001/delete"),
    ("sessions", "/admin/users/1001/sessions"),
    ("roles", "/admin/roles"),
    ("role-new", "/admin/new_role"),
    ("role", "/admin/roles/101"),
    ("role-built-in", "/admin/roles/4"),
    ("members", "/admin/roles/101/members"),
    ("role-delete", "/admin/roles/101/delete"),
    ("functionalities", "/admin/functionalities"),
    ("clients", "/admin/oauth2_clients"),
    ("client-new", "/admin/new_oauth2_client"),
    ("client", "/admin/oauth2_clients/qgis"),
    ("client-secret", "/admin/oauth2_clients/qgis/secret"),
    ("client-delete", "/admin/oauth2_clients/qgis/delete"),
    ("servers", "/admin/ogc_servers"),
    ("server-new", "/admin/new_ogc_server"),
    ("server", "/admin/ogc_servers/main"),
    ("server-delete", "/admin/ogc_servers/main/delete"),
    ("layers", "/admin/ogc_servers/main/layers"),
    ("import-none", "/admin/ogc_servers/main/import"),
    ("import", "/admin/ogc_servers/cadastre/import"),
    ("seen-as", "/admin/ogc_servers/main/access?user=jane"),
    ("layer-new", "/admin/ogc_servers/main/new_layer"),
    ("layer", "/admin/ogc_servers/main/layers/parcels"),
    ("layer-delete", "/admin/ogc_servers/main/layers/parcels/delete"),
    ("audit", "/admin/audit"),
    ("audit-wrong", "/admin/audit?day=yesterday"),
    ("mails", "/admin/mails"),
];

/// What a person must not come across, as axe-core sees it (WCAG 2.2 AA and what it calls best practices).
const AXE: &str = "return axe.run(document, { resultTypes: ['violations'] }).then(found => found.violations
    .filter(fault => ['serious', 'critical'].includes(fault.impact))
    .map(fault => `${fault.id}: ${fault.nodes.map(node => node.html).slice(0, 3).join(' | ')}`))";

fn axe() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/node/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(file).expect("axe-core: tests/run installs it")
}

/// A world in which something has happened: a locked user, a session, a mail.
async fn world() -> Site {
    let vars = "vars:\n  main_ogc_server: main\n  authentication: {max_consecutive_failures: 2}\n  \
                reset_password: {email_from: maps@example.com, email_subject: New, email_body: 'See {reset_url}'}\n";
    let site = Setup::default().vars(vars).start().await;
    for _ in 0..3 {
        let wrong = [("login", "joe"), ("password", "wrong")];
        site.anonymous().post("/login", &wrong).await;
    }
    site.qgis("jane").await;
    // A server of which nothing is listed yet.
    let admin = site.admin().await;
    let mut server = admin.get("/admin/api/ogc_servers/main").await.json();
    server["name"] = json!("cadastre");
    admin
        .send(
            http::Method::POST,
            "/admin/api/ogc_servers",
            &[("content-type", "application/json")],
            server.to_string().into_bytes(),
        )
        .await
        .is(201, "");
    site.anonymous()
        .post("/loginresetpassword", &[("login", "jane")])
        .await;
    site
}

async fn is_whole(browser: &Browser, axe: &str, view: &str) {
    let faults = browser.run(include_str!("../screenshots/whole.js")).await;
    assert_eq!(faults, json!([]), "{view}");
    browser.run(axe).await;
    assert_eq!(browser.run(AXE).await, json!([]), "{view}");
}

async fn look_at(language: &str, widths: &[u32], schemes: &[bool]) {
    let (site, axe) = (world().await, axe());
    let browser = administrator(&site, language, true).await;
    let folder: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("pages/admin")
        .join(language);
    std::fs::create_dir_all(&folder).unwrap();
    let mut wrong = Vec::new();
    for (name, path) in PAGES {
        browser.open(&format!("{}{path}", site.url)).await;
        assert_eq!(
            browser.run("return document.documentElement.lang").await,
            language
        );
        for width in widths {
            for is_dark in schemes {
                browser.view(*width, *is_dark).await;
                let view = format!("{name}-{width}-{}", if *is_dark { "dark" } else { "light" });
                std::fs::write(folder.join(format!("{view}.png")), browser.screenshot().await).unwrap();
                let faults = browser.run(include_str!("../screenshots/whole.js")).await;
                browser.run(&axe).await;
                let more = browser.run(AXE).await;
                wrong.extend(
                    [faults, more]
                        .into_iter()
                        .filter(|found| *found != json!([]))
                        .map(|found| (view.clone(), found)),
                );
            }
        }
    }
    let complaints = browser.complaints().await;
    let of_policy: Vec<&String> = complaints
        .iter()
        .filter(|text| text.contains("Content Security Policy"))
        .collect();
    assert_eq!((wrong, of_policy), (Vec::<(String, Value)>::new(), Vec::new()));
}

#[tokio::test]
async fn every_page_of_the_administration_is_whole() {
    look_at("en", &[390, 1280], &[false, true]).await;
}

#[tokio::test]
async fn every_page_of_the_administration_is_whole_in_french() {
    look_at("fr", &[390], &[false]).await;
}

#[tokio::test]
async fn every_page_of_the_administration_is_whole_in_german() {
    look_at("de", &[390], &[false]).await;
}

#[tokio::test]
async fn every_page_of_the_administration_is_whole_in_italian() {
    look_at("it", &[390], &[false]).await;
}

#[tokio::test]
async fn a_form_with_faults_is_whole_and_begins_at_the_first() {
    let (site, axe) = (world().await, axe());
    let browser = administrator(&site, "en", true).await;
    browser
        .open(&format!("{}/admin/new_oauth2_client", site.url))
        .await;
    browser.type_into("#client_id", "portal").await;
    browser
        .type_into("#redirect_uris", "http://evil.example.com/")
        .await;
    browser.follow(".entity button").await;
    assert_eq!(
        browser.run("return document.title").await,
        "Error: New client – Administration"
    );
    for (width, is_dark) in [(390, false), (1280, true)] {
        browser.view(width, is_dark).await;
        is_whole(&browser, &axe, "client-wrong").await;
    }
    browser.click("#error a").await;
    assert_eq!(
        browser.run("return document.activeElement.id").await,
        "redirect_uris"
    );
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages/admin/en");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("client-wrong.png"), browser.screenshot().await).unwrap();
}

#[tokio::test]
async fn a_clients_secret_is_shown_on_a_page_that_is_whole() {
    let (site, axe) = (world().await, axe());
    let browser = administrator(&site, "en", true).await;
    browser
        .open(&format!("{}/admin/new_oauth2_client", site.url))
        .await;
    browser
        .type_into("#redirect_uris", "https://portal.example.com/back")
        .await;
    browser.type_into("#client_id", "portal").await;
    // By keyboard alone: Enter in a field sends the form.
    browser.press("\u{E007}").await;
    browser
        .until("return document.title.startsWith('Secret of portal')")
        .await;
    for (width, is_dark) in [(390, false), (1280, true)] {
        browser.view(width, is_dark).await;
        is_whole(&browser, &axe, "secret").await;
    }
}

#[tokio::test]
async fn the_pages_are_walked_by_keyboard_alone() {
    let site = world().await;
    let browser = administrator(&site, "en", false).await;
    browser.open(&format!("{}/admin/users", site.url)).await;
    let focused = "return document.activeElement.textContent.trim() || document.activeElement.name || ''";
    let mut seen: Vec<String> = Vec::new();
    for _ in 0..40 {
        browser.press("\u{E004}").await;
        let at = browser.run(focused).await.as_str().unwrap_or_default().to_owned();
        let visible = browser
            .run(
                "const it = document.activeElement; const style = getComputedStyle(it);
                 return it === document.body || style.outlineStyle !== 'none' || style.boxShadow !== 'none'",
            )
            .await;
        assert_eq!(visible, json!(true), "where the focus is must be seen: {at}");
        seen.push(at);
    }
    let at = |words: &str| seen.iter().position(|seen| seen == words).unwrap_or(usize::MAX);
    // First past the sections, then along them, then into the list.
    let order = [
        "To the content",
        "Log out",
        "Users",
        "Mail queue",
        "search",
        "New user",
        "admin",
    ]
    .map(at);
    assert!(order.is_sorted() && order[6] < usize::MAX, "{order:?}: {seen:?}");
    assert_eq!(order[0], 0);
}

//! A day's work, with a browser that runs no script.

use mapgate_tests::{Browser, Setup, Site};

use super::{administrator, log_in};

/// Follows a link or presses a button, by its words.
async fn press(browser: &Browser, words: &str) {
    let mark = format!(
        "const found = [...document.querySelectorAll('a, button')].find(it => it.textContent.trim() == '{words}');
         found.id ||= 'pressed'; found.dataset.pressed = ''; return found.id"
    );
    assert!(browser.run(&mark).await.is_string(), "{words}");
    browser.follow("[data-pressed]").await;
}

/// Fills in fields by their ids, and presses the form's button.
async fn fill_in(browser: &Browser, fields: &[(&str, &str)], button: &str) {
    for (id, text) in fields {
        browser
            .run(&format!("document.getElementById('{id}').value = ''"))
            .await;
        browser.type_into(&format!("#{id}"), text).await;
    }
    press(browser, button).await;
}

/// Ticks the box with that label, or takes the tick away.
async fn tick(browser: &Browser, label: &str) {
    let mark = format!(
        "const label = [...document.querySelectorAll('label')].find(it => it.textContent.trim() == '{label}');
         label.control.dataset.ticked = '{label}'"
    );
    browser.run(&mark).await;
    browser.click(&format!("[data-ticked='{label}']")).await;
}

async fn says(browser: &Browser, words: &str) {
    let said = browser.run("return document.body.textContent").await;
    assert!(said.as_str().unwrap().contains(words), "{words}: {said}");
}

async fn capabilities(site: &Site, username: &str, password: &str) -> String {
    let actor = site.anonymous();
    if !username.is_empty() {
        let fields = [("login", username), ("password", password)];
        actor.post("/login", &fields).await.is(200, "");
    }
    let answer = actor
        .get("/mapserv_proxy?ogcserver=cadastre&SERVICE=WMS&VERSION=1.3.0&REQUEST=GetCapabilities")
        .await;
    answer.is(200, "").text().to_owned()
}

/// The first login of the new user, who must choose a password.
async fn first_login(site: &Site) {
    let browser = Browser::start("en", false).await;
    browser
        .open(&format!("{}/login.html?came_from=/loginuser", site.url))
        .await;
    log_in(&browser, "rosa", "first-of-rosa").await;
    says(&browser, "Choose one of your own").await;
    for (field, text) in [
        ("oldPassword", "first-of-rosa"),
        ("newPassword", "a stone in the brook"),
        ("confirmNewPassword", "a stone in the brook"),
    ] {
        browser.type_into(&format!("#{field}"), text).await;
    }
    browser.follow("main button").await;
    says(&browser, "\"username\":\"rosa\"").await;
}

async fn log_in_fails(site: &Site) {
    let fields = [("login", "rosa"), ("password", "a stone in the brook")];
    site.anonymous().post("/login", &fields).await.is(401, "");
}

#[tokio::test]
async fn a_days_work_is_done_without_a_script() {
    let site = Setup::default().start().await;
    let browser = administrator(&site, "en", false).await;
    press(&browser, "Roles").await;
    press(&browser, "New role").await;
    fill_in(
        &browser,
        &[("name", "surveyor"), ("functionalities", "print_template=A4")],
        "Create",
    )
    .await;
    says(&browser, "Created.").await;

    press(&browser, "Users").await;
    press(&browser, "New user").await;
    tick(&browser, "surveyor").await;
    let rosa = [
        ("username", "rosa"),
        ("display_name", "Rosa"),
        ("email", "rosa@example.com"),
        ("password", "first-of-rosa"),
    ];
    fill_in(&browser, &rosa, "Create").await;
    says(&browser, "Created.").await;
    let page = browser.url().await;
    first_login(&site).await;

    browser.open(&page).await;
    tick(&browser, "Deactivated").await;
    press(&browser, "Save").await;
    log_in_fails(&site).await;
    tick(&browser, "Deactivated").await;
    press(&browser, "Save").await;

    new_client(&browser).await;
    new_server(&site, &browser).await;
    let seen = capabilities(&site, "rosa", "a stone in the brook").await;
    assert!(seen.contains("<Name>parcels</Name>"), "{seen}");
    let seen = capabilities(&site, "", "").await;
    assert!(
        !seen.contains("parcels") && seen.contains("<Name>roads</Name>"),
        "{seen}"
    );

    press(&browser, "Audit log").await;
    for words in [
        "Role created",
        "User created",
        "User changed",
        "Client created",
        "OGC server created",
        "Layer changed",
    ] {
        says(&browser, words).await;
    }
    fill_in(&browser, &[("search", "surveyor")], "Search").await;
    let rows = browser
        .run("return document.querySelectorAll('tbody tr').length")
        .await;
    assert!(rows.as_u64().unwrap() >= 3, "{rows}");
    press(&browser, "Log out").await;
    assert_eq!(browser.run("return location.pathname").await, "/login.html");
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

async fn new_client(browser: &Browser) {
    press(browser, "OAuth2 clients").await;
    press(browser, "New client").await;
    let fields = [
        ("client_id", "portal"),
        ("redirect_uris", "https://portal.example.com/back"),
    ];
    fill_in(browser, &fields, "Create").await;
    let secret = browser
        .run("return [...document.querySelectorAll('code')].at(-1).textContent")
        .await;
    assert_eq!(secret.as_str().unwrap().len(), 43);
    press(browser, "Continue").await;
    let said = browser.run("return document.body.innerHTML").await;
    assert!(!said.as_str().unwrap().contains(secret.as_str().unwrap()));
}

/// A server at the site's own map server, with a public layer and a private one, which is granted in the table.
async fn new_server(site: &Site, browser: &Browser) {
    let main = site.admin().await.get("/admin/api/ogc_servers/main").await.json();
    let url = main["url"].as_str().unwrap();
    press(browser, "OGC servers").await;
    press(browser, "New OGC server").await;
    fill_in(browser, &[("name", "cadastre"), ("url", url)], "Create").await;
    press(browser, "Import layers").await;
    tick(browser, "roads: Public").await;
    tick(browser, "parcels: Take over").await;
    press(browser, "Import").await;
    says(browser, "Created.").await;
    says(browser, "Listed already: 2.").await;
    press(browser, "Layers").await;
    tick(browser, "parcels: surveyor").await;
    press(browser, "Save").await;
    says(browser, "Saved.").await;
    press(browser, "cadastre").await;
    press(browser, "See it as …").await;
    fill_in(browser, &[("user", "rosa")], "Show").await;
    says(browser, "As rosa").await;
    says(browser, "By role: surveyor").await;
}

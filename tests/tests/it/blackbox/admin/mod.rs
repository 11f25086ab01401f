//! The administration's pages in Chromium.

mod days_work;
mod look;

use mapgate_tests::{Browser, Site};

/// A browser, with or without JavaScript, in which the world's administrator is logged in, having come by way of the users' list.
async fn administrator(site: &Site, language: &str, script: bool) -> Browser {
    let browser = Browser::start(language, script).await;
    browser.open(&format!("{}/admin/", site.url)).await;
    log_in(&browser, "admin", "lindmatt-admin").await;
    browser.until("return location.pathname == '/admin/users'").await;
    browser
}

/// Fills in the login page that the browser is at.
async fn log_in(browser: &Browser, username: &str, password: &str) {
    browser.type_into("#login", username).await;
    browser.type_into("#password", password).await;
    browser.follow("main button").await;
}

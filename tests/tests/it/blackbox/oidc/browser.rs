//! The way through the provider, in Chromium.

use mapgate_tests::{Browser, Provider};
use serde_json::json;

use super::{accounts, site};

#[tokio::test]
async fn a_person_goes_there_by_the_login_page_and_comes_back_logged_in() {
    let provider = Provider::start(&accounts(), &json!({})).await;
    let site = site(&provider, "").await;
    let browser = Browser::start("de", true).await;
    browser.open(&format!("{}/login.html", site.url)).await;
    browser.click("a[href*='/oidc/login']").await;
    browser
        .until("return !!document.querySelector('input[name=login]')")
        .await;
    browser.type_into("input[name=login]", "jane").await;
    browser.type_into("input[name=password]", "any").await;
    browser.click("button[type=submit]").await;
    browser
        .until("return document.querySelector('input[name=prompt]')?.value == 'consent'")
        .await;
    browser.click("button[type=submit]").await;
    browser
        .until("return document.body.textContent.includes('Sie sind als jane angemeldet')")
        .await;
    assert_eq!(browser.url().await, format!("{}/login.html", site.url));
}

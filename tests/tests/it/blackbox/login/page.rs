//! `GET /login.html` and `GET /notlogin`: pages that work without JavaScript.

use std::sync::Arc;

use http::Method;
use mapgate_tests::{Site, csrf_token};

everywhere!(
    the_page_logs_in,
    the_page_says_what_was_wrong,
    a_form_without_its_token_is_refused,
    the_page_speaks_the_visitors_language,
    the_page_runs_nothing_of_a_stranger,
    notlogin_tells_what_to_do,
);

async fn the_page_logs_in(site: Arc<Site>) {
    let browser = site.anonymous();
    let page = browser.get("/login.html").await;
    page.is(200, "<form")
        .has("content-type", Some("text/html; charset=utf-8"));
    let token = csrf_token(&page);
    let fields = [
        ("login", "jane"),
        ("password", "lindmatt-jane"),
        ("csrf_token", token.as_str()),
    ];
    let answer = browser.post("/login", &fields).await;
    answer.is(303, "");
    browser.get("/loginuser").await.is(200, "jane");
}

async fn the_page_says_what_was_wrong(site: Arc<Site>) {
    let browser = site.anonymous();
    let token = csrf_token(&browser.get("/login.html?came_from=/theme").await);
    let fields = [
        ("login", "<b>jane</b>"),
        ("password", "not-my-\"password\""),
        ("csrf_token", token.as_str()),
        ("came_from", "/theme"),
    ];
    let answer = browser.post("/login", &fields).await;
    answer
        .is(401, "<form")
        .has("content-type", Some("text/html; charset=utf-8"));
    assert!(!answer.text().contains("<b>jane"), "{}", answer.text());
    assert!(
        !answer.text().contains("not-my-"),
        "a password is never shown: {}",
        answer.text()
    );
    // The page that comes back works.
    let token = csrf_token(&answer);
    let fields = [
        ("login", "jane"),
        ("password", "lindmatt-jane"),
        ("csrf_token", token.as_str()),
        ("came_from", "/theme"),
    ];
    browser
        .post("/login", &fields)
        .await
        .is(303, "")
        .has("location", Some("/theme"));
}

async fn a_form_without_its_token_is_refused(site: Arc<Site>) {
    let browser = site.anonymous();
    let token = csrf_token(&browser.get("/login.html").await);
    for wrong in ["", "x", &token[1..]] {
        let fields = [
            ("login", "jane"),
            ("password", "lindmatt-jane"),
            ("csrf_token", wrong),
        ];
        browser
            .post("/login", &fields)
            .await
            .is(403, "")
            .has("set-cookie", None);
    }
    // Another browser's token.
    let fields = [
        ("login", "jane"),
        ("password", "lindmatt-jane"),
        ("csrf_token", token.as_str()),
    ];
    site.anonymous()
        .post("/login", &fields)
        .await
        .is(403, "")
        .has("set-cookie", None);
}

async fn the_page_speaks_the_visitors_language(site: Arc<Site>) {
    let browser = site.anonymous();
    let mut pages = Vec::new();
    for language in ["en", "fr", "de", "it"] {
        let page = browser.get(&format!("/login.html?lang={language}")).await;
        page.is(200, &format!("lang=\"{language}\""));
        let accept = [("accept-language", format!("xx, {language}-CH;q=0.9, en;q=0.1"))];
        let accept: Vec<(&str, &str)> = accept
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let by_header = browser
            .send(Method::GET, "/login.html", &accept, Vec::new())
            .await;
        by_header.is(200, &format!("lang=\"{language}\""));
        let title = page
            .text()
            .split("<title>")
            .nth(1)
            .unwrap()
            .split('<')
            .next()
            .unwrap()
            .to_owned();
        pages.push(title);
    }
    pages.sort();
    pages.dedup();
    assert_eq!(pages.len(), 4, "each has its own words: {pages:?}");
    browser.get("/login.html?lang=tlh").await.is(200, "lang=\"en\"");
}

async fn the_page_runs_nothing_of_a_stranger(site: Arc<Site>) {
    for path in ["/login.html", "/notlogin", &Site::authorize("qgis")] {
        let page = site.anonymous().get(path).await;
        let policy = page.is(200, "<html").header("content-security-policy").unwrap();
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
        let forms = ["form-action 'self'", "form-action 'none'"];
        assert!(
            forms.iter().any(|forms| policy.contains(forms)),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert!(
            !page.text().contains("<script"),
            "{path} works without JavaScript"
        );
        let cache = page.header("cache-control").unwrap();
        assert!(cache.contains("no-store"), "{path}: {cache}");
    }
}

async fn notlogin_tells_what_to_do(site: Arc<Site>) {
    site.anonymous().get("/notlogin").await.is(200, "login.html");
    site.user("jane").await.get("/notlogin").await.is(200, "<html");
}

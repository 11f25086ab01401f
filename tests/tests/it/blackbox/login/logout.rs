//! `GET /logout`.

use std::sync::Arc;

use http::Method;
use mapgate_tests::Site;
use serde_json::json;

everywhere!(
    t73_both_cookies_are_cleared_and_every_copy_of_the_ticket_dies,
    other_sessions_go_on,
    nobody_logged_in_is_401,
    a_foreign_page_cannot_log_out,
);

async fn t73_both_cookies_are_cleared_and_every_copy_of_the_ticket_dies(site: Arc<Site>) {
    let actor = site.user("joe").await;
    let copy = actor.copy();
    let answer = actor.get("/logout").await;
    assert_eq!(answer.is(200, "true").json(), json!(true));
    // Both forms are cleared: the host's own, and Pyramid's with a Domain.
    let cleared: Vec<&str> = answer
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|line| line.to_str().unwrap())
        .collect();
    assert!(
        cleared
            .iter()
            .all(|line| line.starts_with("auth_tkt=") && line.contains("Max-Age=0")),
        "{cleared:?}"
    );
    assert!(cleared.iter().any(|line| line.contains("Domain=")), "{cleared:?}");
    assert!(
        cleared.iter().any(|line| !line.contains("Domain=")),
        "{cleared:?}"
    );
    assert_eq!(actor.cookie("auth_tkt"), None);
    assert_eq!(copy.get("/loginuser").await.json()["username"], json!(null));
    copy.get("/logout").await.is(401, "error");
}

async fn other_sessions_go_on(site: Arc<Site>) {
    let (one, other) = (site.user("joe").await, site.user("joe").await);
    let qgis = site.qgis("joe").await;
    one.get("/logout").await.is(200, "true");
    other.get("/loginuser").await.is(200, "joe");
    qgis.get("/loginuser").await.is(200, "joe");
}

async fn nobody_logged_in_is_401(site: Arc<Site>) {
    let answer = site.anonymous().get("/logout").await;
    answer.is(401, "error");
    assert!(
        !answer
            .header("www-authenticate")
            .unwrap_or_default()
            .contains("Basic")
    );
    let cache = answer.header("cache-control").unwrap();
    assert!(cache.contains("private") && cache.contains("no-store"), "{cache}");
}

async fn a_foreign_page_cannot_log_out(site: Arc<Site>) {
    let actor = site.user("joe").await;
    let copy = actor.copy();
    let headers = [("referer", "https://evil.example.com/")];
    copy.send(Method::GET, "/logout", &headers, Vec::new())
        .await
        .is(401, "error");
    actor.get("/loginuser").await.is(200, "\"username\":\"joe\"");
}

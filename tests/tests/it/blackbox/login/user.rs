//! `GET /loginuser`, and who a request acts for.

use std::sync::Arc;

use http::Method;
use mapgate_tests::Site;
use serde_json::json;

everywhere!(
    an_anonymous_request_learns_little,
    a_user_learns_what_the_login_said,
    the_answer_is_kept_by_no_cache,
    a_bearer_token_is_a_user_too,
    a_bad_bearer_never_falls_through_to_the_ticket,
    a_bad_ticket_is_nobody,
    a_foreign_page_cannot_use_the_ticket,
    one_of_several_tickets_is_enough,
);

async fn an_anonymous_request_learns_little(site: Arc<Site>) {
    let told = site
        .anonymous()
        .get("/loginuser")
        .await
        .is(200, "functionalities")
        .json();
    assert_eq!(
        told,
        json!({"functionalities": {}, "is_intranet": false, "login_type": "local", "two_factor_enable": false})
    );
}

async fn a_user_learns_what_the_login_said(site: Arc<Site>) {
    let actor = site.anonymous();
    let fields = [("login", "jane"), ("password", "lindmatt-jane")];
    let login = actor.post("/login", &fields).await.is(200, "jane").json();
    assert_eq!(actor.get("/loginuser").await.is(200, "jane").json(), login);
}

async fn the_answer_is_kept_by_no_cache(site: Arc<Site>) {
    for actor in [site.anonymous(), site.user("jane").await] {
        let answer = actor.get("/loginuser").await;
        let cache = answer.header("cache-control").unwrap();
        assert!(cache.contains("private") && cache.contains("no-store"), "{cache}");
        let vary = answer.header("vary").unwrap().to_ascii_lowercase();
        for name in ["origin", "cookie", "authorization"] {
            assert!(vary.contains(name), "{vary}");
        }
    }
}

async fn a_bearer_token_is_a_user_too(site: Arc<Site>) {
    site.qgis("pia")
        .await
        .get("/loginuser")
        .await
        .is(200, "\"username\":\"pia\"");
}

async fn a_bad_bearer_never_falls_through_to_the_ticket(site: Arc<Site>) {
    let ticket = site.user("jane").await.cookie("auth_tkt").unwrap();
    let grant = site.grant("many", "jane").await;
    let (head, signature) = grant.access_token.rsplit_once('.').unwrap();
    let body = head.split('.').nth(1).unwrap();
    for token in [
        "x".to_owned(),
        format!("{head}.{}", signature.chars().rev().collect::<String>()),
        // RFC 8725: `none` is no algorithm.
        format!("eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.{body}."),
        grant.refresh_token.clone(),
        format!("{}.{}", grant.access_token, "x"),
    ] {
        let actor = site.anonymous().authorized(format!("Bearer {token}"));
        actor.set_cookie("auth_tkt", &ticket);
        let answer = actor.get("/loginuser").await;
        let challenge = answer.is(401, "error").header("www-authenticate").unwrap();
        assert!(
            challenge.starts_with("Bearer") && challenge.contains("error=\"invalid_token\""),
            "{challenge}"
        );
    }
}

async fn a_bad_ticket_is_nobody(site: Arc<Site>) {
    let good = site.user("jane").await.cookie("auth_tkt").unwrap();
    let flipped = format!("{}{}", if good.starts_with('0') { '1' } else { '0' }, &good[1..]);
    let other_user = good.replace("amFuZQ", "YWRtaW4");
    assert_ne!(other_user, good);
    for ticket in [
        flipped.as_str(),
        &other_user,
        &good[..100],
        "x",
        "%00",
        "!!!",
        "\"\"",
    ] {
        let actor = site.anonymous();
        actor.set_cookie("auth_tkt", ticket);
        let told = actor.get("/loginuser").await.is(200, "functionalities").json();
        assert_eq!(told["username"], json!(null), "{ticket}");
    }
}

async fn a_foreign_page_cannot_use_the_ticket(site: Arc<Site>) {
    let actor = site.user("jane").await;
    let own = format!("{}/theme", site.url);
    for (name, value, known) in [
        ("referer", "https://evil.example.com/", false),
        ("referer", "https://portal.example.com.evil.example.com/", false),
        ("referer", "not a URL", false),
        ("sec-fetch-site", "cross-site", false),
        ("sec-fetch-site", "same-origin", true),
        ("referer", own.as_str(), true),
        ("referer", "https://portal.example.com/theme?x", true),
    ] {
        let told = actor
            .send(Method::GET, "/loginuser", &[(name, value)], Vec::new())
            .await
            .is(200, "{")
            .json();
        assert_eq!(told["username"] == "jane", known, "{name}: {value}");
    }
    // A bearer token is not sent by a page unasked.
    let qgis = site.qgis("jane").await;
    let foreign = [("referer", "https://evil.example.com/")];
    qgis.send(Method::GET, "/loginuser", &foreign, Vec::new())
        .await
        .is(200, "jane");
}

async fn one_of_several_tickets_is_enough(site: Arc<Site>) {
    let good = site.user("jane").await.cookie("auth_tkt").unwrap();
    for cookies in [
        format!("auth_tkt=old; auth_tkt={good}"),
        format!("auth_tkt={good}; auth_tkt=old; x=y"),
    ] {
        let headers = [("cookie", cookies.as_str())];
        site.anonymous()
            .send(Method::GET, "/loginuser", &headers, Vec::new())
            .await
            .is(200, "\"username\":\"jane\"");
    }
}

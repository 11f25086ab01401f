//! What goes to the provider, and what may come back.

use std::time::Duration;

use http::StatusCode;
use mapgate_core::table::Event;
use mapgate_tests::gate::START;
use serde_json::json;

use super::{Browser, Login, Peer, assert_refused, client_of};

#[tokio::test]
async fn the_browser_is_sent_with_state_nonce_and_pkce_and_gets_a_ticket() {
    let peer = Peer::start().await;
    let test = client_of(
        &peer,
        ", create_user: true, login_extra_params: {prompt: select_account}",
    )
    .await;
    let browser = Browser::of(&test);
    let login = browser.begin("?came_from=%2Fmap%3Fx%3D1").await;
    let query: std::collections::BTreeMap<_, _> = login.location.query_pairs().into_owned().collect();
    assert!(
        login
            .location
            .as_str()
            .starts_with(&format!("{}/authorize?", peer.url))
    );
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "mapgate"),
        ("scope", "openid profile email"),
        ("redirect_uri", "http://maps.example.com/oidc/callback"),
        ("code_challenge_method", "S256"),
        ("prompt", "select_account"),
    ] {
        assert_eq!(query[name], value);
    }
    assert_eq!(query["code_challenge"].len(), 43);
    assert!(login.cookies.starts_with("mapgate_oidc="), "{}", login.cookies);
    for secret in [&login.nonce, &login.state] {
        assert!(!login.cookies.contains(secret.as_str()));
    }
    let token = peer.key.sign(&peer.claims("jane", &login));
    peer.say(|says| says.id_token = Some(token));
    let back = browser.back(&peer, &login).await;
    assert_eq!(back.status, StatusCode::FOUND, "{}", back.body);
    assert_eq!(back.header("location"), "/map?x=1");
    assert_eq!(back.header("cache-control"), "private, no-store");
    assert!(!back.cookies().contains("mapgate_oidc"), "it is cleared");
    assert_eq!(browser.who(&back).await, "jane");
    let (body, sent) = peer.say(|says| says.exchange.clone());
    assert!(
        body.contains("code_verifier=") && !body.contains("secret"),
        "{body}"
    );
    assert!(sent.starts_with("Basic "), "{sent}");
    let told = browser.get("/loginuser", &back.cookies()).await.json();
    assert_eq!(
        (&told["login_type"], &told["two_factor_enable"]),
        (&json!("oidc"), &json!(false))
    );
    let out = browser.get("/logout", &back.cookies()).await;
    assert_eq!(out.body, "true");
    test.clock.advance(Duration::from_secs(10));
    assert_eq!(browser.who(&back).await, "", "every copy is dead");
}

#[tokio::test]
async fn what_the_provider_says_of_itself_is_kept_for_an_hour() {
    let peer = Peer::start().await;
    let test = client_of(&peer, "").await;
    let browser = Browser::of(&test);
    for _ in 0..3 {
        browser.begin("").await;
    }
    assert_eq!(
        peer.say(|says| std::mem::take(&mut says.asked)),
        ["discovery", "jwks"]
    );
    test.clock.advance(Duration::from_hours(1));
    browser.begin("").await;
    assert_eq!(
        peer.say(|says| std::mem::take(&mut says.asked)),
        ["discovery", "jwks"]
    );
}

#[tokio::test]
async fn a_login_is_good_once_in_the_browser_that_began_it_for_ten_minutes() {
    let peer = Peer::start().await;
    let test = client_of(&peer, ", create_user: true").await;
    let browser = Browser::of(&test);
    let login = browser.begin("").await;
    let token = peer.key.sign(&peer.claims("jane", &login));
    peer.say(|says| says.id_token = Some(token));
    let over = "took too long";
    for (state, cookies) in [
        ("", login.cookies.as_str()),
        ("x", &login.cookies),
        (&login.state, ""),
        (&login.state, "mapgate_oidc=x.y"),
        (&login.state, &browser.begin("").await.cookies),
    ] {
        let path = format!("/oidc/callback?code=c&state={state}&iss={}", peer.url);
        assert_refused(&browser.get(&path, cookies).await, 400, over);
    }
    assert_eq!(
        peer.say(|says| says.asked.iter().filter(|asked| **asked == "token").count()),
        0
    );
    assert_eq!(browser.back(&peer, &login).await.status, StatusCode::FOUND);
    // With a copy of the cookie, and a provider that takes a code twice.
    assert_refused(&browser.back(&peer, &login).await, 400, over);

    let late = browser.begin("").await;
    let token = peer.key.sign(&peer.claims("jane", &late));
    peer.say(|says| says.id_token = Some(token));
    test.clock.advance(Duration::from_mins(10));
    assert_refused(&browser.back(&peer, &late).await, 400, over);
}

#[tokio::test]
async fn an_answer_of_another_issuer_or_none_is_refused() {
    let peer = Peer::start().await;
    let test = client_of(&peer, ", create_user: true").await;
    let browser = Browser::of(&test);
    let good = async |login: &Login| {
        let token = peer.key.sign(&peer.claims("jane", login));
        peer.say(|says| says.id_token = Some(token));
    };
    for iss in [
        "",
        "&iss=https://evil.example.com",
        &format!("&iss={}/", peer.url),
    ] {
        let login = browser.begin("").await;
        good(&login).await;
        let path = format!("/oidc/callback?code=c&state={}{iss}", login.state);
        assert_refused(
            &browser.get(&path, &login.cookies).await,
            403,
            "did not log you in",
        );
    }
    assert_eq!(
        peer.say(|says| says.asked.iter().filter(|asked| **asked == "token").count()),
        0
    );
    // A provider that does not announce it need not say it.
    peer.say(|says| says.metadata["authorization_response_iss_parameter_supported"] = json!(false));
    let fresh = Browser::of(&test);
    let login = fresh.begin("").await;
    good(&login).await;
    let path = format!("/oidc/callback?code=c&state={}", login.state);
    assert_eq!(fresh.get(&path, &login.cookies).await.status, StatusCode::FOUND);
}

#[tokio::test]
async fn an_error_of_the_providers_is_a_page() {
    let peer = Peer::start().await;
    let test = client_of(&peer, "").await;
    let browser = Browser::of(&test);
    for answer in [
        "error=access_denied",
        "error=server_error&error_description=%3Cb%3E",
        "x=y",
        "code=",
    ] {
        let login = browser.begin("").await;
        let path = format!("/oidc/callback?{answer}&state={}&iss={}", login.state, peer.url);
        let page = browser.get(&path, &login.cookies).await;
        assert_refused(&page, 403, "did not log you in");
        assert!(!page.body.contains("<b>") && !page.body.contains("access_denied"));
    }
    for bad in ["?state=a&state=b", "?state=%ff"] {
        let page = browser.get(&format!("/oidc/callback{bad}"), "").await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{bad}");
    }
}

#[tokio::test]
async fn came_from_leads_to_this_host_alone() {
    let peer = Peer::start().await;
    let test = client_of(&peer, "").await;
    let browser = Browser::of(&test);
    for bad in [
        "https://evil.example.com/",
        "//evil",
        "javascript:x",
        &format!("/{}", "x".repeat(2048)),
    ] {
        let query: String = url::form_urlencoded::byte_serialize(bad.as_bytes()).collect();
        let answer = browser.get(&format!("/oidc/login?came_from={query}"), "").await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{bad}");
        assert_eq!(answer.cookies(), "");
    }
}

#[tokio::test]
async fn each_outcome_is_in_the_audit_trail() {
    let peer = Peer::start().await;
    let test = client_of(&peer, ", create_user: true").await;
    let browser = Browser::of(&test);
    browser.log_in(&peer, "jane", &json!({"name": "Jane"})).await;
    let day = START.rfc3339();
    let trail = test
        .gate
        .table()
        .await
        .audit(&day[..10])
        .await
        .expect("the trail");
    let told: Vec<_> = trail
        .iter()
        .map(|entry| (entry.event, entry.username.as_deref()))
        .collect();
    let jane = Some("jane");
    // Both of one millisecond, in any order.
    for event in [Event::UserCreated, Event::LoginSucceeded] {
        assert!(told.contains(&(event, jane)), "{told:?}");
    }
    assert_eq!(told.len(), 2);
    assert!(
        trail
            .iter()
            .all(|entry| entry.details["way"] == "openid_connect" && entry.address.is_some())
    );
    let user = test
        .gate
        .table()
        .await
        .user("jane")
        .await
        .expect("the table answers")
        .expect("Jane");
    assert_eq!(user.last_login, Some(START));
    assert_eq!(user.display_name, "Jane");
}

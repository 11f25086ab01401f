//! A provider, or who stands in its place, that lies.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use mapgate_tests::gate::START;
use serde_json::{Value, json};

use super::{Browser, Key, Peer, SECRET, assert_refused, client_of};

/// Makes an id token of good claims.
type Forge<'a> = Box<dyn Fn(&Value) -> String + 'a>;

/// A token without a signature.
fn unsigned(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(&json!({"alg": "none"})), part(claims))
}

fn by_secret(secret: &[u8], claims: &Value) -> String {
    let key = EncodingKey::from_secret(secret);
    encode(&Header::new(Algorithm::HS256), claims, &key).expect("a token")
}

#[tokio::test]
async fn an_id_token_that_does_not_hold_lets_nobody_in() {
    let peer = Peer::start().await;
    let test = client_of(&peer, ", create_user: true").await;
    let browser = Browser::of(&test);
    let strangers = Key::new("one");
    let with = |claims: &Value, name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        claims
    };
    let signed = |claims: Value| peer.key.sign(&claims);
    let forged: Vec<(&str, Forge<'_>)> = vec![
        ("none", Box::new(unsigned)),
        (
            "the secret's HS256",
            Box::new(|claims| by_secret(SECRET.as_bytes(), claims)),
        ),
        (
            "the public key's HS256",
            Box::new(|claims| by_secret(peer.key.public.to_string().as_bytes(), claims)),
        ),
        ("a stranger's key", Box::new(|claims| strangers.sign(claims))),
        (
            "iss",
            Box::new(|claims| signed(with(claims, "iss", json!("https://evil.example.com")))),
        ),
        (
            "aud",
            Box::new(|claims| signed(with(claims, "aud", json!("other")))),
        ),
        (
            "no aud",
            Box::new(|claims| signed(with(claims, "aud", json!([])))),
        ),
        (
            "more aud",
            Box::new(|claims| signed(with(claims, "aud", json!(["mapgate", "other"])))),
        ),
        (
            "azp",
            Box::new(|claims| signed(with(claims, "azp", json!("other")))),
        ),
        (
            "exp",
            Box::new(|claims| signed(with(claims, "exp", json!(START.seconds())))),
        ),
        (
            "nonce",
            Box::new(|claims| signed(with(claims, "nonce", json!("x")))),
        ),
        (
            "no nonce",
            Box::new(|claims| signed(with(claims, "nonce", json!(null)))),
        ),
        ("sub", Box::new(|claims| signed(with(claims, "sub", json!(""))))),
    ];
    for (name, forge) in forged {
        let login = browser.begin("").await;
        let token = forge(&peer.claims("jane", &login));
        peer.say(|says| says.id_token = Some(token));
        let answer = browser.back(&peer, &login).await;
        assert_refused(&answer, 403, "did not log you in");
        assert!(
            test.gate
                .table()
                .await
                .user("jane")
                .await
                .expect("the table answers")
                .is_none(),
            "{name}"
        );
    }
    let login = browser.begin("").await;
    peer.say(|says| says.id_token = None);
    assert_refused(&browser.back(&peer, &login).await, 403, "did not log you in");
    // And a good one is good.
    let good = browser.log_in(&peer, "jane", &json!({"azp": "mapgate"})).await;
    assert_eq!(browser.who(&good).await, "jane");
}

#[tokio::test]
async fn trusted_audiences_may_stand_beside_ours() {
    let peer = Peer::start().await;
    let test = client_of(&peer, ", create_user: true, trusted_audiences: [project]").await;
    let browser = Browser::of(&test);
    let beside = browser
        .log_in(&peer, "jane", &json!({"aud": ["mapgate", "project"]}))
        .await;
    assert_eq!(browser.who(&beside).await, "jane");
    let alone = browser.log_in(&peer, "jane", &json!({"aud": ["project"]})).await;
    assert_refused(&alone, 403, "did not log you in");
}

#[tokio::test]
async fn a_new_key_of_the_providers_is_learnt() {
    let mut peer = Peer::start().await;
    let test = client_of(&peer, ", create_user: true").await;
    let browser = Browser::of(&test);
    browser.log_in(&peer, "jane", &json!({})).await;
    peer.key = Key::new("two");
    let public = peer.key.public.clone();
    peer.say(|says| says.keys = vec![public]);
    // It is not asked all the time.
    assert_refused(
        &browser.log_in(&peer, "jane", &json!({})).await,
        403,
        "did not log you in",
    );
    test.clock.advance(Duration::from_secs(10));
    let later = browser.log_in(&peer, "jane", &json!({})).await;
    assert_eq!(browser.who(&later).await, "jane");
}

#[tokio::test]
async fn a_provider_that_is_none_is_a_page_that_says_to_try_later() {
    let peer = Peer::start().await;
    let test = client_of(&peer, "").await;
    let metadata = peer.say(|says| says.metadata.clone());
    let with = |name: &str, value: Value| {
        let mut metadata = metadata.clone();
        metadata[name] = value;
        metadata
    };
    let huge = json!("x".repeat(1024 * 1024));
    for (status, document) in [
        (500, metadata.clone()),
        (302, metadata.clone()),
        (404, json!({})),
        (200, json!([])),
        (200, with("issuer", json!("https://evil.example.com"))),
        (200, with("issuer", json!(format!("{}/", peer.url)))),
        (200, with("jwks_uri", json!("file:///etc/passwd"))),
        (200, with("padding", huge)),
    ] {
        peer.say(|says| says.discovery = Some((status, document.clone())));
        let answer = Browser::of(&test).get("/oidc/login", "").await;
        assert_refused(&answer, 503, "does not answer");
        assert_eq!(answer.cookies(), "");
    }
    peer.say(|says| says.discovery = None);
    Browser::of(&test).begin("").await;
    peer.say(|says| says.slow = true);
    assert_refused(
        &Browser::of(&test).get("/oidc/login", "").await,
        503,
        "does not answer",
    );
}

#[tokio::test]
async fn a_token_endpoint_that_fails_lets_nobody_in() {
    let peer = Peer::start().await;
    let test = client_of(&peer, ", create_user: true, query_user_info: true").await;
    let browser = Browser::of(&test);
    for (answer, status, text) in [
        (
            (400, json!({"error": "invalid_grant"})),
            403,
            "did not log you in",
        ),
        ((500, json!({"stack": "trace"})), 503, "does not answer"),
        ((302, json!({})), 503, "does not answer"),
        ((200, json!({"access_token": "x"})), 503, "does not answer"),
        ((200, json!("x".repeat(1024 * 1024))), 503, "does not answer"),
    ] {
        let login = browser.begin("").await;
        peer.say(|says| says.token = Some(answer));
        assert_refused(&browser.back(&peer, &login).await, status, text);
    }
    // An access token that could end a header.
    let login = browser.begin("").await;
    let id_token = peer.key.sign(&peer.claims("jane", &login));
    let tokens = json!({"access_token": "a\r\nb", "token_type": "Bearer", "id_token": id_token});
    peer.say(|says| says.token = Some((200, tokens)));
    assert_refused(&browser.back(&peer, &login).await, 403, "did not log you in");
}

#[tokio::test]
async fn userinfo_of_someone_else_is_refused() {
    let peer = Peer::start().await;
    let more = ", create_user: true, query_user_info: true, user_info_fields: {username: login}";
    let test = client_of(&peer, more).await;
    let browser = Browser::of(&test);
    peer.say(|says| says.userinfo = json!({"sub": "jane", "login": "jane.doe"}));
    let jane = browser
        .log_in(&peer, "jane", &json!({"login": "not this one"}))
        .await;
    assert_eq!(browser.who(&jane).await, "jane.doe");
    peer.say(|says| says.userinfo = json!({"sub": "admin", "login": "admin"}));
    assert_refused(
        &browser.log_in(&peer, "jane", &json!({})).await,
        403,
        "did not log you in",
    );
    peer.say(|says| says.userinfo = json!([]));
    let answer = browser.log_in(&peer, "jane", &json!({})).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
}

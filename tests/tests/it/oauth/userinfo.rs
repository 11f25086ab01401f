//! `GET` and `POST /oauth/userinfo` (OpenID Connect Core 1.0, 5.3; RFC 6750).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mapgate_core::table::UserChange;
use mapgate_tests::gate::{Answer, TestGate, get, post, with_header};
use serde_json::json;

use super::{House, PASSWORD, text};

const PATH: &str = "/oauth/userinfo";

async fn with_scope(house: &House, scope: &str) -> Answer {
    let code = house.code(|code| scope.clone_into(&mut code.scope)).await;
    let token = text(&house.exchange(&code, &[]).await, "access_token");
    house.bearing(house.token_router(), PATH, &token).await
}

#[track_caller]
fn assert_challenged(answer: &Answer, status: u16, challenge: &str, error: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.header("www-authenticate"), challenge);
    assert_eq!(answer.json()["error"], error);
    assert!(answer.header("cache-control").contains("no-store"));
}

#[tokio::test]
async fn each_scope_opens_its_claims() {
    let house = House::new().await;
    let (editor, sub) = (house.test.role("editor").await, house.jane.0.to_string());
    let change = UserChange {
        roles: Some([editor].into()),
        display_name: Some("Jane Müller".to_owned()),
        ..UserChange::default()
    };
    house.change_jane(&change).await;
    let bare = json!({ "sub": sub });
    assert_eq!(with_scope(&house, "openid").await.json(), bare);
    assert_eq!(
        with_scope(&house, "map openid profile").await.json(),
        json!({ "sub": sub, "roles": ["editor"], "preferred_username": "jane", "name": "Jane Müller" })
    );
    let answer = with_scope(&house, "openid email").await;
    assert_eq!(answer.json(), json!({ "sub": sub, "email": "jane@example.com" }));
    assert_eq!(
        (answer.header("content-type"), answer.header("cache-control")),
        ("application/json", "private, no-store")
    );
    let no_email = UserChange {
        email: Some(None),
        ..UserChange::default()
    };
    house.change_jane(&no_email).await;
    assert_eq!(with_scope(&house, "openid email").await.json(), bare);
}

#[tokio::test]
async fn a_post_is_answered_as_a_get() {
    let house = House::new().await;
    let token = text(&house.tokens().await, "access_token");
    let request = with_header(post(PATH, &[]), "authorization", &format!("Bearer {token}"));
    let answer = house.test.send(house.token_router(), request).await;
    assert_eq!(answer.json()["preferred_username"], "jane", "{}", answer.body);
    // In the form it is not taken.
    let request = post(PATH, &[("access_token", token.as_str())]);
    let answer = house.test.send(house.token_router(), request).await;
    assert_challenged(&answer, 401, "Bearer", "invalid_token");
}

#[tokio::test]
async fn without_openid_the_scope_is_insufficient() {
    let house = House::new().await;
    let answer = with_scope(&house, "map profile email").await;
    let challenge = "Bearer error=\"insufficient_scope\", scope=\"openid\"";
    assert_challenged(&answer, 403, challenge, "insufficient_scope");
}

#[tokio::test]
async fn only_an_access_token_opens_it() {
    let house = House::on(TestGate::with("  hide_capabilities: false", &[("BASICAUTH", "true")]).await).await;
    let send = async |request| house.test.send(house.token_router(), request).await;
    assert_challenged(&send(get(PATH)).await, 401, "Bearer", "invalid_token");
    let router = mapgate_login::router(house.test.gate.clone());
    let login = post("/login", &[("login", "jane"), ("password", PASSWORD)]);
    let ticket = house.test.send(router, login).await.cookies();
    let by_ticket = send(with_header(get(PATH), "cookie", &ticket)).await;
    assert_challenged(&by_ticket, 401, "Bearer", "invalid_token");
    let bad = send(with_header(get(PATH), "authorization", "Bearer x")).await;
    assert_challenged(&bad, 401, "Bearer error=\"invalid_token\"", "invalid_token");
    let pair = STANDARD.encode(format!("jane:{PASSWORD}"));
    let basic = send(with_header(get(PATH), "authorization", &format!("Basic {pair}"))).await;
    assert_challenged(&basic, 401, "Bearer", "invalid_token");
}

#[tokio::test]
async fn t59_a_token_in_the_query_string_is_refused() {
    let house = House::new().await;
    let token = text(&house.tokens().await, "access_token");
    for query in [
        format!("access_token={token}"),
        "x=1&access%5Ftoken=".to_owned(),
        "%ff".to_owned(),
    ] {
        let path = format!("{PATH}?{query}");
        let challenge = "Bearer error=\"invalid_request\"";
        let alone = house.get(&path).await;
        assert_challenged(&alone, 400, challenge, "invalid_request");
        assert!(!alone.body.contains(&token));
        let beside = house.bearing(house.token_router(), &path, &token).await;
        assert_challenged(&beside, 400, challenge, "invalid_request");
    }
}

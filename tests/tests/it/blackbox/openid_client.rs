//! openid-client under Node.js, as a client of OAuth2 and `OpenID` Connect.

use mapgate_tests::{Setup, client_of};
use serde_json::{Value, json};

const SCOPE: &str = "openid profile email map";

async fn run(discovery: &str, client: &str, method: &str, secret: &str) -> Value {
    // Without the cache a revocation counts at once.
    let site = Setup::default().variable("MAPGATE_IDENTITY_CACHE_SECONDS", "0");
    let site = site.start().await;
    let arguments = [site.url.as_str(), discovery, client, method, secret];
    client_of(
        &site.anonymous(),
        "jane",
        "node/openid_client_check.mjs",
        &arguments,
    )
    .await
}

#[track_caller]
fn assert_all(found: &Value, client: &str) {
    assert_eq!(found["pkce"], true, "{found}");
    // It writes the type in lower case.
    assert_eq!(
        (&found["token_type"], &found["scope"]),
        (&json!("bearer"), &json!(SCOPE)),
        "{found}"
    );
    assert_eq!(found["expires_in"], 3600, "{found}");
    assert_eq!(
        (&found["sub"], &found["aud"], &found["at_hash"]),
        (&json!("1001"), &json!(client), &json!("string")),
        "{found}"
    );
    assert_eq!(
        found["userinfo"],
        json!({
            "sub": "1001", "preferred_username": "jane", "name": "Jane", "email": "jane@example.com",
            "roles": ["editor"],
        }),
        "{found}"
    );
    for map in ["map", "map_after_refresh"] {
        assert_eq!(found[map], json!([200, "image/png"]), "{map}: {found}");
    }
    assert_eq!(
        (&found["rotated"], &found["renewed_sub"]),
        (&json!(true), &json!("1001")),
        "{found}"
    );
    assert_eq!(
        found["map_after_revocation"],
        json!([401, "invalid_token"]),
        "{found}"
    );
    assert_eq!(found["refresh_after_revocation"], "invalid_grant", "{found}");
}

#[track_caller]
fn assert_introspected(found: &Value) {
    assert_eq!(
        found["introspection"],
        json!({"active": true, "username": "jane", "client_id": "many", "scope": SCOPE}),
        "{found}"
    );
    assert_eq!(found["introspection_after"], json!({"active": false}), "{found}");
}

#[tokio::test]
async fn a_public_client_does_it_with_pkce() {
    assert_all(&run("oidc", "public", "none", "").await, "public");
}

#[tokio::test]
async fn a_client_with_its_secret_in_the_header_does_it_all() {
    let found = run("oidc", "many", "client_secret_basic", "lindmatt-many").await;
    assert_all(&found, "many");
    assert_introspected(&found);
}

#[tokio::test]
async fn a_client_with_its_secret_in_the_body_does_it_all_by_the_metadata_of_oauth2() {
    let found = run("oauth2", "many", "client_secret_post", "lindmatt-many").await;
    assert_all(&found, "many");
    assert_introspected(&found);
}

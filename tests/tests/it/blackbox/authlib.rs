//! Authlib, as a client of OAuth2 and `OpenID` Connect.

use mapgate_tests::{Setup, client_of};
use serde_json::{Value, json};

/// The one thing it says against the metadata: all that mapgate signs it signs with ES256, while OpenID Connect
/// Discovery 1.0, 3, would have RS256 as well.
const RS256: &str = "id_token_signing_alg_values_supported: \"RS256\" MUST be included in \
                     \"id_token_signing_alg_values_supported\"";

async fn run(client: &str, method: &str, secret: &str) -> Value {
    // Without the cache a revocation counts at once.
    let site = Setup::default().variable("MAPGATE_IDENTITY_CACHE_SECONDS", "0");
    let site = site.start().await;
    let arguments = [site.url.as_str(), client, method, secret];
    client_of(&site.anonymous(), "jane", "authlib_check.py", &arguments).await
}

#[track_caller]
fn assert_all(found: &Value, client: &str) {
    assert_eq!(found["faults"], json!([RS256]), "{found}");
    assert_eq!(found["token"]["token_type"], "Bearer", "{found}");
    assert_eq!(found["token"]["scope"], "openid profile email map", "{found}");
    assert_eq!(
        found["id_token"],
        json!({"sub": "1001", "aud": client}),
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
        assert_eq!(found[map], json!([200, "image/png", true]), "{map}: {found}");
    }
    assert_eq!(found["rotated"], true, "{found}");
    assert_eq!(found["revoked"], 200, "{found}");
    assert_eq!(found["map_after_revocation"][0], 401, "{found}");
}

#[track_caller]
fn assert_introspected(found: &Value, client: &str) {
    assert_eq!(
        found["introspection"],
        json!({
            "active": true, "username": "jane", "client_id": client, "scope": "openid profile email map",
        }),
        "{found}"
    );
    assert_eq!(found["introspection_after"], json!({"active": false}), "{found}");
}

#[tokio::test]
async fn a_client_with_its_secret_in_the_header_does_it_all() {
    let found = run("many", "client_secret_basic", "lindmatt-many").await;
    assert_all(&found, "many");
    assert_introspected(&found, "many");
}

#[tokio::test]
async fn a_client_with_its_secret_in_the_body_does_it_all() {
    let found = run("many", "client_secret_post", "lindmatt-many").await;
    assert_all(&found, "many");
    assert_introspected(&found, "many");
}

#[tokio::test]
async fn a_public_client_does_it_with_pkce() {
    assert_all(&run("public", "none", "").await, "public");
}

//! requests-oauthlib, as a client of OAuth2.

use mapgate_tests::{Setup, client_of};
use serde_json::json;

async fn loads_and_refreshes(client: &str, method: &str, secret: &str) {
    let site = Setup::default().start().await;
    let arguments = [site.url.as_str(), client, method, secret];
    let found = client_of(
        &site.anonymous(),
        "jane",
        "requests_oauthlib_check.py",
        &arguments,
    )
    .await;
    assert_eq!(found["token"]["token_type"], "Bearer", "{found}");
    assert_eq!(found["token"]["scope"], json!(["map", "profile"]), "{found}");
    for map in ["map", "map_after_refresh"] {
        assert_eq!(found[map], json!([200, "image/png", true]), "{map}: {found}");
    }
    // The first ones, and those of two refreshes.
    assert_eq!(found["tokens"], json!([3, 3]), "{found}");
}

#[tokio::test]
async fn a_client_with_its_secret_in_the_header_loads_and_refreshes() {
    loads_and_refreshes("many", "client_secret_basic", "lindmatt-many").await;
}

#[tokio::test]
async fn a_client_with_its_secret_in_the_body_loads_and_refreshes() {
    loads_and_refreshes("many", "client_secret_post", "lindmatt-many").await;
}

#[tokio::test]
async fn a_public_client_loads_and_refreshes_with_pkce() {
    loads_and_refreshes("public", "none", "").await;
}

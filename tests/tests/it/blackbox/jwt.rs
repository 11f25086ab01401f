//! jose and oauth4webapi under Node.js, which know nothing of mapgate but its metadata and keys.

use mapgate_tests::{Grant, Setup, Site, client};
use serde_json::{Value, json};
use url::Url;

async fn run(site: &Site, audience: &str, grant: &Grant) -> Value {
    let id_token = grant.answer["id_token"].as_str().unwrap();
    let arguments = [site.url.as_str(), audience, &grant.access_token, id_token];
    client("node/jwt_check.mjs", &arguments).await
}

#[tokio::test]
async fn t61_others_verify_access_tokens_from_the_jwks_and_refuse_what_is_none() {
    let site = Setup::default().start().await;
    let found = run(&site, &site.url, &site.grant("many", "jane").await).await;
    let [verified, validated] = [&found["good"][0], &found["good"][1]];
    assert_eq!(
        (&verified["header"]["typ"], &verified["header"]["alg"]),
        (&json!("at+jwt"), &json!("ES256")),
        "{found}"
    );
    assert_eq!(verified["username"], "jane", "{found}");
    assert_eq!(validated, &json!({"sub": "1001", "client_id": "many"}), "{found}");
    for (instead, refused) in [
        (
            "tampered",
            json!(["ERR_JWS_SIGNATURE_VERIFICATION_FAILED", "OAUTH_INVALID_RESPONSE"]),
        ),
        (
            "unsigned",
            json!(["ERR_JOSE_NOT_SUPPORTED", "OAUTH_INVALID_RESPONSE"]),
        ),
        ("id_token", json!(["typ", "OAUTH_INVALID_RESPONSE"])),
        ("elsewhere", json!(["aud", "OAUTH_JWT_CLAIM_COMPARISON_FAILED"])),
        ("another_issuer", json!("iss")),
    ] {
        assert_eq!(found[instead], refused, "{instead}: {found}");
    }
}

#[tokio::test]
async fn t55_others_verify_that_a_token_is_for_one_ogc_server() {
    let site = Setup::default().start().await;
    let resource = format!("{}/mapserv_proxy/main", site.url);
    let authorize = format!("{}&resource={resource}", Site::authorize("many"));
    let back = site.anonymous().authorize(&authorize, "jane").await;
    let code = Url::parse(&back).unwrap();
    let code = code
        .query_pairs()
        .find(|(name, _)| name == "code")
        .unwrap()
        .1
        .into_owned();
    let grant = Grant::of(&site.exchange("many", &code).await);
    let found = run(&site, &resource, &grant).await;
    assert_eq!(found["good"][0]["username"], "jane", "{found}");
    assert_eq!(found["elsewhere"][0], "aud", "{found}");
}

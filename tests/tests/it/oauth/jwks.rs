//! `GET /oauth/jwks`, and the rotation of its keys.

use std::time::Duration;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use mapgate_core::clock::Timestamp;
use mapgate_core::oauth::Claims;
use mapgate_tests::gate::{BASE, get, jwt_key, post, with_header};

use super::{House, exchange_form, text};

#[tokio::test]
async fn the_keys_verify_an_access_token() {
    let house = House::new().await;
    let token = text(&house.tokens().await, "access_token");
    let answer = house.test.send(house.token_router(), get("/oauth/jwks")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/jwk-set+json");
    assert_eq!(answer.header("cache-control"), "public, max-age=300");

    let keys: JwkSet = serde_json::from_str(&answer.body).unwrap();
    let header = jsonwebtoken::decode_header(&token).unwrap();
    assert_eq!(header.typ.as_deref(), Some("at+jwt"));
    let key = keys.find(&header.kid.unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_issuer(&[BASE]);
    validation.set_audience(&[BASE]);
    validation.validate_exp = false;
    let decoded = jsonwebtoken::decode::<Claims>(&token, &DecodingKey::from_jwk(key).unwrap(), &validation);
    assert_eq!(decoded.unwrap().claims.username, "jane");
    for private in ["\"d\"", "PRIVATE", "pem"] {
        assert!(!answer.body.contains(private));
    }
}

#[tokio::test]
async fn a_stray_credential_does_not_matter() {
    let house = House::new().await;
    let request = with_header(get("/oauth/jwks"), "authorization", "Bearer broken");
    let answer = house.test.send(house.token_router(), request).await;
    assert_eq!(answer.status, 200);
}

/// The names of the keys that are published.
async fn kids(house: &House) -> Vec<String> {
    let keys = house.get("/oauth/jwks").await.json();
    let keys = keys["keys"].as_array().unwrap().iter();
    keys.map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn kid(token: &str) -> String {
    jsonwebtoken::decode_header(token).unwrap().kid.unwrap()
}

#[tokio::test]
async fn a_rotation_publishes_the_next_key_before_it_signs_and_the_old_one_verifies_on() {
    let house = House::new().await;
    let old = text(&house.tokens().await, "access_token");
    let begun = house.test.clock.now();
    let mut document = house.test.secrets();
    let next = jwt_key("next", begun.plus(Duration::from_mins(10)));
    document["jwt"].as_array_mut().unwrap().push(next);
    house.test.write_secrets(&document);
    assert_eq!(kids(&house).await, ["test"], "read again past five minutes");
    house.test.clock.advance(Duration::from_mins(5));
    assert_eq!(kids(&house).await, ["test", "next"]);
    house.test.clock.advance(Duration::from_secs(299));
    assert_eq!(kid(&text(&house.tokens().await, "access_token")), "test");
    house.test.clock.advance(Duration::from_secs(1));
    let new = house.tokens().await;
    for field in ["access_token", "id_token"] {
        assert_eq!(kid(&text(&new, field)), "next");
    }
    assert!(house.lives(&text(&new, "access_token")).await);
    // The place is another family's by now, but the old token's signature is as good as before.
    let secrets = house.test.gate.secrets().await.unwrap();
    let verifier = mapgate_core::oauth::TokenVerifier::default();
    let now = house.test.clock.now();
    verifier.verify(&old, &secrets, BASE, now).unwrap();

    // Taken out, it verifies nothing more.
    document["jwt"].as_array_mut().unwrap().remove(0);
    house.test.write_secrets(&document);
    house.test.clock.advance(Duration::from_mins(5));
    assert_eq!(kids(&house).await, ["next"]);
    let secrets = house.test.gate.secrets().await.unwrap();
    assert!(verifier.verify(&old, &secrets, BASE, now).is_err());
    assert_eq!(
        house.introspect(&text(&new, "access_token")).await["active"],
        true
    );
}

#[tokio::test]
async fn an_unknown_kid_reads_the_secret_again_at_most_every_ten_seconds() {
    let house = House::new().await;
    // Two functions that have read the secret before the rotation.
    let (here, there) = (house.test.another(), house.test.another());
    let login = |gate: &std::sync::Arc<mapgate_core::gate::Gate>| mapgate_login::router(gate.clone());
    let with = |kid: &str| {
        let mut document = house.test.secrets();
        document["jwt"] = serde_json::json!([jwt_key(kid, Timestamp::from_seconds(0))]);
        house.test.write_secrets(&document);
    };
    // By a token endpoint that starts just now.
    let signed = async || {
        let code = house.code(|_| {}).await;
        let router = mapgate_oauth_token::router(house.test.another());
        let request = post("/oauth/token", &exchange_form(&code, &[]));
        text(&house.test.send(router, request).await, "access_token")
    };
    let _ = (here.secrets().await.unwrap(), there.secrets().await.unwrap());
    house.test.clock.advance(Duration::from_secs(10));
    with("second");
    let second = signed().await;
    assert_eq!(
        house.bearing(login(&here), "/loginuser", &second).await.status,
        200
    );
    with("third");
    let third = signed().await;
    // Looked at again only now, and found wanting for ten seconds.
    assert_eq!(
        house.bearing(login(&here), "/loginuser", &third).await.status,
        401
    );
    assert_eq!(
        house.bearing(login(&there), "/loginuser", &third).await.status,
        200
    );
    house.test.clock.advance(Duration::from_millis(9_999));
    assert_eq!(
        house.bearing(login(&here), "/loginuser", &third).await.status,
        401
    );
    house.test.clock.advance(Duration::from_millis(1));
    assert_eq!(
        house.bearing(login(&here), "/loginuser", &third).await.status,
        200
    );
}

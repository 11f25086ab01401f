//! `GET /oauth/jwks`.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use mapgate_core::oauth::Claims;
use mapgate_tests::gate::{BASE, get, with_header};

use super::{House, text};

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

//! The `id_token` (OpenID Connect Core 1.0, 2 and 3.1.3).

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use mapgate_tests::gate::{Answer, BASE};
use serde_json::{Value, json};

use super::{House, refresh_form, text};

/// The claims of an answer's id token, verified as a client does it.
async fn verified(house: &House, answer: &Answer) -> Value {
    let token = text(answer, "id_token");
    let keys: JwkSet = serde_json::from_str(&house.get("/oauth/jwks").await.body).unwrap();
    let header = jsonwebtoken::decode_header(&token).unwrap();
    assert_eq!(
        (header.alg, header.typ.as_deref()),
        (Algorithm::ES256, Some("JWT"))
    );
    let key = DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_issuer(&[BASE]);
    validation.set_audience(&["qgis"]);
    validation.validate_exp = false;
    let decoded = jsonwebtoken::decode::<Value>(&token, &key, &validation);
    decoded.unwrap().claims
}

fn at_hash(access_token: &str) -> String {
    URL_SAFE_NO_PAD.encode(&digest(&SHA256, access_token.as_bytes()).as_ref()[..16])
}

#[tokio::test]
async fn a_code_with_openid_gives_one_that_says_who_when_and_for_whom() {
    let house = House::new().await;
    let logged_in = house.test.clock.now().minus(Duration::from_hours(5));
    let code = house
        .code(|code| {
            code.nonce = Some("n-0S6_WzA2Mj".to_owned());
            code.auth_time = logged_in;
        })
        .await;
    let answer = house.exchange(&code, &[]).await;
    let now = house.test.clock.now().seconds();
    assert_eq!(
        verified(&house, &answer).await,
        json!({
            "iss": BASE, "sub": house.jane.0.to_string(), "aud": "qgis", "iat": now, "exp": now + 3600,
            "auth_time": logged_in.seconds(), "nonce": "n-0S6_WzA2Mj",
            "at_hash": at_hash(&text(&answer, "access_token")),
        })
    );
}

#[tokio::test]
async fn a_refresh_gives_one_without_the_nonce_and_with_the_same_login() {
    let house = House::new().await;
    let code = house
        .code(|code| {
            code.nonce = Some("n".to_owned());
            code.resource = Some(format!("{BASE}/mapserv_proxy/main"));
        })
        .await;
    let first = house.exchange(&code, &[]).await;
    let before = verified(&house, &first).await;
    house.test.clock.advance(Duration::from_mins(50));
    let second = house.refresh(&text(&first, "refresh_token")).await;
    let claims = verified(&house, &second).await;
    for same in ["iss", "sub", "aud", "auth_time"] {
        assert_eq!(claims[same], before[same], "{same}");
    }
    assert_eq!(
        claims["aud"], "qgis",
        "not the resource: it is the client's to read"
    );
    assert!(claims.get("nonce").is_none());
    assert_eq!(claims["at_hash"], at_hash(&text(&second, "access_token")));
    assert_eq!(
        claims["iat"].as_i64().unwrap(),
        before["iat"].as_i64().unwrap() + 3000
    );
}

#[tokio::test]
async fn without_openid_there_is_none() {
    let house = House::new().await;
    let code = house.code(|code| code.scope = "map profile".to_owned()).await;
    let answer = house.exchange(&code, &[]).await;
    assert!(answer.json().get("id_token").is_none(), "{}", answer.body);
    // Nor where a refresh narrows it away.
    let token = text(&house.tokens().await, "refresh_token");
    let mut form = refresh_form(&token);
    form.push(("scope", "map"));
    assert!(house.token(&form).await.json().get("id_token").is_none());
}

#[tokio::test]
async fn t61_it_opens_nothing() {
    let house = House::new().await;
    let token = text(&house.tokens().await, "id_token");
    assert!(!house.lives(&token).await);
    let answer = house
        .bearing(house.token_router(), "/oauth/userinfo", &token)
        .await;
    assert_eq!(answer.status, 401);
    assert_eq!(house.introspect(&token).await, json!({ "active": false }));
}

//! `GET /oauth/jwks`, and the access tokens that its keys verify (RFC 9068).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mapgate_tests::Site;
use serde_json::Value;

everywhere!(the_keys_are_public_and_verify_the_tokens);

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

async fn the_keys_are_public_and_verify_the_tokens(site: Arc<Site>) {
    let keys = site.anonymous().get("/oauth/jwks").await.is(200, "keys").json();
    let token = site.grant("many", "jane").await.access_token;
    let (head, claims) = (part(&token, 0), part(&token, 1));
    assert_eq!(
        (head["alg"].as_str(), head["typ"].as_str()),
        (Some("ES256"), Some("at+jwt"))
    );
    let key = keys["keys"]
        .as_array()
        .unwrap()
        .iter()
        .find(|key| key["kid"] == head["kid"])
        .unwrap();
    assert_eq!(
        (key["kty"].as_str(), key["crv"].as_str()),
        (Some("EC"), Some("P-256"))
    );
    assert!(
        keys["keys"]
            .as_array()
            .unwrap()
            .iter()
            .all(|key| key.get("d").is_none()),
        "private: {keys}"
    );
    assert_eq!(
        (&claims["iss"], &claims["aud"]),
        (&site.url.clone().into(), &site.url.clone().into())
    );
    assert_eq!(claims["client_id"], "many");
    for claim in ["exp", "iat", "jti", "sub", "scope"] {
        assert!(!claims[claim].is_null(), "{claim}: {claims}");
    }

    let coordinate = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let public =
        aws_lc_rs::signature::UnparsedPublicKey::new(&aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED, point);
    public
        .verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap())
        .unwrap();
}

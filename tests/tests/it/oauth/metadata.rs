//! `/.well-known/oauth-authorization-server` (RFC 8414) and `/.well-known/openid-configuration` (OpenID Connect
//! Discovery 1.0).

use mapgate_tests::gate::{BASE, TestGate, get, post, with_header};
use serde_json::{Value, json};

use super::{House, text};

const OAUTH: &str = "/.well-known/oauth-authorization-server";
const OPENID: &str = "/.well-known/openid-configuration";

async fn document(house: &House, path: &str) -> Value {
    let answer = house.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    assert_eq!(answer.header("content-type"), "application/json");
    answer.json()
}

#[tokio::test]
async fn t62_the_issuer_is_the_base_url_and_every_endpoint_answers() {
    let house = House::new().await;
    let document = document(&house, OAUTH).await;
    assert_eq!(document, self::document(&house, OPENID).await);
    assert_eq!(document["issuer"], BASE);
    assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
    let tokens = house.tokens().await;
    assert_eq!(super::claims(&text(&tokens, "access_token")).iss, BASE);
    let client = [("client_id", "qgis"), ("client_secret", "1234"), ("token", "x")];
    let endpoints = document.as_object().unwrap().iter();
    let endpoints: Vec<_> = endpoints
        .filter(|(name, _)| name.ends_with("_endpoint") || name.as_str() == "jwks_uri")
        .collect();
    assert_eq!(endpoints.len(), 6, "{endpoints:?}");
    for (name, url) in endpoints {
        let path = url.as_str().unwrap().strip_prefix(BASE).unwrap();
        let (router, request, status) = match name.as_str() {
            "authorization_endpoint" => {
                let path = format!("{path}?response_type=code&client_id=qgis");
                let router = mapgate_oauth_authorize::router(house.test.gate.clone());
                (router, get(&path), 200)
            }
            // The client is known, but asks for nothing.
            "token_endpoint" => (house.token_router(), post(path, &client), 400),
            "introspection_endpoint" | "revocation_endpoint" => {
                (house.token_router(), post(path, &client), 200)
            }
            "userinfo_endpoint" => {
                let bearer = format!("Bearer {}", text(&tokens, "access_token"));
                (
                    house.token_router(),
                    with_header(get(path), "authorization", &bearer),
                    200,
                )
            }
            _ => (house.token_router(), get(path), 200),
        };
        let answer = house.test.send(router, request).await;
        assert_eq!(answer.status, status, "{name}: {}", answer.body);
    }
}

#[tokio::test]
async fn what_it_promises_is_what_tokens_have() {
    let house = House::new().await;
    let document = document(&house, OPENID).await;
    let has = |field: &str, value: &Value| document[field].as_array().unwrap().contains(value);
    let code = house.code(|code| code.nonce = Some("n".to_owned())).await;
    let tokens = house.exchange(&code, &[]).await;
    let id_token = text(&tokens, "id_token");
    let header = jsonwebtoken::decode_header(&id_token).unwrap();
    assert!(has("id_token_signing_alg_values_supported", &json!(header.alg)));
    let claims = jsonwebtoken::dangerous::insecure_decode::<Value>(&id_token).unwrap();
    let userinfo = house
        .bearing(
            house.token_router(),
            "/oauth/userinfo",
            &text(&tokens, "access_token"),
        )
        .await
        .json();
    for claims in [&claims.claims, &userinfo] {
        for claim in claims.as_object().unwrap().keys() {
            assert!(has("claims_supported", &json!(claim)), "{claim}");
        }
    }
    for scope in text(&tokens, "scope").split(' ') {
        assert!(has("scopes_supported", &json!(scope)), "{scope}");
    }
    for (field, value) in [
        ("response_types_supported", json!(["code"])),
        (
            "grant_types_supported",
            json!(["authorization_code", "refresh_token"]),
        ),
        (
            "token_endpoint_auth_methods_supported",
            json!(["client_secret_basic", "client_secret_post", "none"]),
        ),
        (
            "introspection_endpoint_auth_methods_supported",
            json!(["client_secret_basic", "client_secret_post"]),
        ),
        ("subject_types_supported", json!(["public"])),
        ("authorization_response_iss_parameter_supported", json!(true)),
        ("request_uri_parameter_supported", json!(false)),
    ] {
        assert_eq!(document[field], value, "{field}");
    }
}

#[tokio::test]
async fn t63_an_issuer_with_a_path_is_found_by_insertion() {
    let base = "https://maps.example.com/geo/portal";
    let variables = [("MAPGATE_BASE_URL", base), ("AUTHTKT_SECURE", "true")];
    let vars = "  intranet: {trusted_proxies: [203.0.113.7]}";
    let house = House::on(TestGate::with(vars, &variables).await).await;
    let ask = async |path: &str| {
        let request = with_header(get(path), "x-forwarded-proto", "https");
        house.test.send(house.token_router(), request).await
    };
    for path in [
        "/.well-known/oauth-authorization-server/geo/portal",
        "/geo/portal/.well-known/oauth-authorization-server",
        "/geo/portal/.well-known/openid-configuration",
    ] {
        let answer = ask(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert_eq!(answer.json()["issuer"], base);
        assert_eq!(answer.json()["token_endpoint"], format!("{base}/oauth/token"));
    }
    for path in [
        "/.well-known/oauth-authorization-server/geo",
        "/.well-known/oauth-authorization-server/geo/portal/",
        "/.well-known/oauth-authorization-server/geo/portal/x",
        "/.well-known/oauth-authorization-server/other",
        "/.well-known/openid-configuration/geo/portal",
    ] {
        assert_eq!(ask(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn t64_a_host_header_changes_nothing() {
    let house = House::new().await;
    let plain = document(&house, OPENID).await;
    for (name, value) in [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("forwarded", "host=evil.example"),
    ] {
        let request = with_header(get(OPENID), name, value);
        let answer = house.test.send(house.token_router(), request).await;
        assert_eq!(answer.json(), plain, "{name}");
    }
}

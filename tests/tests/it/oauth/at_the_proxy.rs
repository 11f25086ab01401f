//! Access tokens at the map proxy (RFC 6750), where QGIS brings them.

use std::time::Duration;

use axum::Router;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use mapgate_core::oauth::{PublicKey, key_pair};
use mapgate_core::table::UserChange;
use mapgate_tests::gate::{Answer, get, post, with_header};

use super::{House, PASSWORD, claims, text};

/// Answered 502 where the token is good: nobody listens there.
const PATH: &str = "/mapserv_proxy/main?SERVICE=WMS&REQUEST=GetCapabilities";
const INVALID: &str = "Bearer error=\"invalid_token\"";

fn proxy(house: &House) -> Router {
    mapgate_mapserver_proxy::router(house.test.gate.clone())
}

async fn bearing(house: &House, token: &str) -> Answer {
    house.bearing(proxy(house), PATH, token).await
}

#[track_caller]
fn assert_invalid(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 401, "{what}: {}", answer.body);
    assert_eq!(answer.header("www-authenticate"), INVALID, "{what}");
    assert_eq!(answer.header("location"), "", "{what}");
}

#[tokio::test]
async fn t46_an_end_of_any_kind_is_seen_within_ten_seconds() {
    for what in ["deactivated", "password", "revoked"] {
        let house = House::with_servers().await;
        let tokens = house.tokens().await;
        let token = text(&tokens, "access_token");
        assert_eq!(bearing(&house, &token).await.status, 502);
        let elsewhere = mapgate_mapserver_proxy::router(house.test.another());
        let mut change = UserChange {
            last_login: Some(house.test.clock.now()),
            ..UserChange::default()
        };
        match what {
            "deactivated" => change.deactivated = Some(true),
            "password" => change.ends_sessions = Some(house.test.clock.now()),
            _ => {
                house.present("/oauth/revoke_token", &token).await;
            }
        }
        house.change_jane(&change).await;
        // A function that knows nothing yet sees it at once.
        assert_invalid(&house.bearing(elsewhere, PATH, &token).await, what);
        house.test.clock.advance(Duration::from_secs(10));
        assert_invalid(&bearing(&house, &token).await, what);
    }
}

#[tokio::test]
async fn a_token_in_the_steady_state_asks_the_table_nothing() {
    let house = House::with_servers().await;
    let token = text(&house.tokens().await, "access_token");
    let router = proxy(&house);
    house.bearing(router.clone(), PATH, &token).await;
    let _ = house.test.table_requests();
    for _ in 0..3 {
        house.bearing(router.clone(), PATH, &token).await;
    }
    assert_eq!(house.test.table_requests(), Vec::<String>::new());
}

#[tokio::test]
async fn t57_an_expired_token_is_401_so_that_qgis_refreshes() {
    let house = House::with_servers().await;
    let tokens = house.tokens().await;
    let token = text(&tokens, "access_token");
    house.test.clock.advance(Duration::from_secs(3599));
    assert_eq!(bearing(&house, &token).await.status, 502);
    house.test.clock.advance(Duration::from_secs(1));
    assert_invalid(&bearing(&house, &token).await, "expired");
    let next = house.refresh(&text(&tokens, "refresh_token")).await;
    assert_eq!(bearing(&house, &text(&next, "access_token")).await.status, 502);
}

#[tokio::test]
async fn t58_without_the_scope_it_is_403() {
    let house = House::with_servers().await;
    let code = house.code(|code| code.scope = "openid profile".to_owned()).await;
    let token = text(&house.exchange(&code, &[]).await, "access_token");
    let answer = bearing(&house, &token).await;
    assert_eq!(answer.status, 403);
    assert_eq!(
        answer.header("www-authenticate"),
        "Bearer error=\"insufficient_scope\", scope=\"map\""
    );
}

#[tokio::test]
async fn t59_a_token_in_the_query_string_is_none() {
    let house = House::with_servers().await;
    let token = text(&house.tokens().await, "access_token");
    let map = "/mapserv_proxy/main?SERVICE=WMS&REQUEST=GetCapabilities&authentication_required=1";
    for name in ["access_token", "token", "Authorization"] {
        let answer = house
            .test
            .send(proxy(&house), get(&format!("{map}&{name}={token}")))
            .await;
        assert_eq!(answer.status, 403, "anonymous: {}", answer.body);
    }
    assert_eq!(
        house.bearing(proxy(&house), map, &token).await.status,
        502,
        "and by the header it is one"
    );
}

#[tokio::test]
async fn t60_a_token_beside_a_ticket_decides_alone_and_two_headers_are_refused() {
    let house = House::with_servers().await;
    let token = text(&house.tokens().await, "access_token");
    house.test.user("joe", PASSWORD, &[], false).await;
    let login = post("/login", &[("login", "joe"), ("password", PASSWORD)]);
    let router = || mapgate_login::router(house.test.gate.clone());
    let ticket = house.test.send(router(), login).await.cookies();
    let send = async |authorizations: &[&str]| {
        let mut request = with_header(get("/loginuser"), "cookie", &ticket);
        for value in authorizations {
            request = with_header(request, "authorization", value);
        }
        house.test.send(router(), request).await
    };
    let bearer = format!("Bearer {token}");
    assert_eq!(send(&[]).await.json()["username"], "joe");
    assert_eq!(send(&[&bearer]).await.json()["username"], "jane");
    // A bad one does not fall through to the ticket.
    assert_eq!(send(&["Bearer x"]).await.status, 401);
    for two in [
        [bearer.as_str(), "Basic am9lOng="],
        ["Basic am9lOng=", &bearer],
        [&bearer, &bearer],
    ] {
        assert_eq!(send(&two).await.status, 401, "{two:?}");
    }
}

#[tokio::test]
async fn t61_a_forged_token_is_401() {
    let house = House::with_servers().await;
    let token = text(&house.tokens().await, "access_token");
    let (gate, good) = (&house.test.gate, claims(&token));
    let secrets = gate.secrets().await.unwrap();
    let signing = secrets.jwt_signing(house.test.clock.now()).unwrap();
    let own = EncodingKey::from_ec_der(key_pair(signing).unwrap().secret_pkcs8_der());
    let point = PublicKey::of(signing).unwrap();
    let confused = EncodingKey::from_secret(point.x.as_bytes());
    let signed = |alg, typ: &str, kid: &str, claims: &mapgate_core::oauth::Claims, key: &EncodingKey| {
        let header = Header {
            typ: Some(typ.to_owned()),
            kid: Some(kid.to_owned()),
            ..Header::new(alg)
        };
        jsonwebtoken::encode(&header, claims, key).unwrap()
    };
    let es = Algorithm::ES256;
    let again = signed(es, "at+jwt", "test", &good, &own);
    assert_eq!(
        bearing(&house, &again).await.status,
        502,
        "signed rightly it is one"
    );
    let issuer = mapgate_core::oauth::Claims {
        iss: "https://evil.example".to_owned(),
        ..good.clone()
    };
    let body = token.split('.').nth(1).unwrap();
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"at+jwt","kid":"test"}"#);
    for (what, forged) in [
        ("alg none", format!("{none}.{body}.")),
        (
            "HS256",
            signed(Algorithm::HS256, "at+jwt", "test", &good, &confused),
        ),
        ("kid", signed(es, "at+jwt", "other", &good, &own)),
        ("iss", signed(es, "at+jwt", "test", &issuer, &own)),
        ("typ", signed(es, "JWT", "test", &good, &own)),
        ("cut", token[..token.len() - 1].to_owned()),
    ] {
        assert_invalid(&bearing(&house, &forged).await, what);
    }
}

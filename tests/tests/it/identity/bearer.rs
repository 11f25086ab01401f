//! Access tokens (contract, section 5): the family and the user must still stand.

use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use mapgate_core::http::Failure;
use mapgate_core::identity::Scheme;
use mapgate_core::oauth::{Claims, check_client, key_pair};
use mapgate_core::table::{
    AuditEntry, Client, Code, CodeStage, Counter, Event, Grant, GrantKey, Limit, Redemption,
};
use mapgate_tests::gate::{BASE, TestGate};

use super::{identify, who};

fn key(family: &str) -> GrantKey {
    key_of("jane", family)
}

fn key_of(username: &str, family: &str) -> GrantKey {
    GrantKey {
        username: username.into(),
        client_id: "qgis".into(),
        family: family.into(),
        single: true,
    }
}

/// Gives Jane a family, as the token endpoint does, and an access token of it.
async fn grant(test: &TestGate, family: &str) -> String {
    token(test, "jane", family, "map").await
}

/// The client `qgis`, made where it is missing.
async fn client(test: &TestGate) -> Client {
    let table = test.gate.table().await;
    if let Some(client) = table.client("qgis").await.expect("an answer") {
        return client;
    }
    let client = Client {
        client_id: "qgis".into(),
        secret_hash: None,
        redirect_uris: vec!["http://127.0.0.1:7070/".into()],
        state_required: false,
        pkce_required: true,
        single_session: true,
        scopes: Vec::new(),
        made_at: test.clock.now(),
    };
    let checked = check_client(client.clone()).expect("a client");
    table.put_client(&checked).await.expect("written");
    client
}

/// The same for any user, with these scopes; an `Authorization` header.
pub async fn token(test: &TestGate, username: &str, family: &str, scope: &str) -> String {
    let table = test.gate.table().await;
    let client = client(test).await;
    let (now, user) = (
        test.clock.now(),
        table.user(username).await.expect("an answer").expect("the user"),
    );
    let audit = AuditEntry::new(Event::CodeIssued, now, 1);
    let code = Code {
        lookup: family.to_owned(),
        hash: String::new(),
        client_id: "qgis".into(),
        redirect_uri: None,
        challenge: None,
        nonce: None,
        resource: None,
        username: username.into(),
        user_id: user.id,
        generation: user.generation,
        client_made_at: client.made_at,
        scope: scope.into(),
        auth_time: now,
        issued_at: now,
        expires_at: now.plus(Duration::from_mins(10)),
        stage: CodeStage::Issued,
    };
    table.issue_code(&code, &audit).await.expect("written");
    let grant = Grant {
        key: key_of(username, family),
        user_id: user.id,
        generation: user.generation,
        client_made_at: client.made_at,
        scope: scope.into(),
        resource: None,
        auth_time: now,
        created_at: now,
        expires_at: now.plus(Duration::from_hours(24)),
        counter: 1,
        rotated_at: now,
        revoked: false,
    };
    let limit = Limit {
        counter: &Counter("qgis".into()),
        most: 20,
        window: Duration::from_mins(15),
    };
    let redeemed = table
        .redeem_code(&code, &grant, false, limit, now, &audit)
        .await
        .expect("an answer");
    assert_eq!(redeemed, Redemption::Redeemed);
    assert_eq!(
        table
            .redeem_code(&code, &grant, false, limit, now, &audit)
            .await
            .expect("an answer"),
        Redemption::AlreadyUsed
    );
    let claims = Claims {
        iss: BASE.into(),
        sub: user.id.0.to_string(),
        aud: BASE.into(),
        exp: now.seconds() + 3600,
        iat: now.seconds(),
        auth_time: now.seconds(),
        jti: "j".into(),
        client_id: "qgis".into(),
        scope: scope.into(),
        username: username.into(),
        sid: family.into(),
        single: true,
    };
    let secrets = test.gate.secrets().await.expect("keys");
    let signing = secrets.jwt_signing(now).expect("a key");
    let header = Header {
        typ: Some("at+jwt".into()),
        kid: Some(signing.kid.clone()),
        ..Header::new(Algorithm::ES256)
    };
    let der = key_pair(signing).expect("a key");
    let token = jsonwebtoken::encode(
        &header,
        &claims,
        &EncodingKey::from_ec_der(der.secret_pkcs8_der()),
    );
    format!("Bearer {}", token.expect("a token"))
}

async fn gate() -> TestGate {
    let test = TestGate::new().await;
    test.user("jane", "correct horse", &[], false).await;
    test
}

#[tokio::test]
async fn a_token_gives_its_user_and_asks_nothing_for_ten_seconds() {
    let test = gate().await;
    let token = grant(&test, "one").await;
    let _ = test.table_requests();
    for _ in 0..3 {
        let identity = identify(&test.gate, &[("authorization", &token)])
            .await
            .expect("an identity");
        assert_eq!(
            identity.scheme,
            Scheme::Bearer {
                scope: "map".into(),
                client_id: "qgis".into()
            }
        );
        assert_eq!(identity.user.map(|user| user.username).as_deref(), Some("jane"));
    }
    assert_eq!(test.table_requests(), ["BatchGetItem"]);
}

#[tokio::test]
async fn an_ended_family_is_dead_on_every_function_within_ten_seconds() {
    let test = gate().await;
    let token = grant(&test, "one").await;
    let elsewhere = test.another();
    assert_eq!(
        who(&elsewhere, &[("authorization", &token)]).await.as_deref(),
        Ok("jane")
    );
    let audit = AuditEntry::new(Event::CodeReplayed, test.clock.now(), 1);
    test.gate
        .table()
        .await
        .revoke_grant(&key("one"), &audit)
        .await
        .expect("revoked");
    test.clock.advance(Duration::from_secs(10));
    for gate in [&test.gate, &elsewhere] {
        assert_eq!(
            who(gate, &[("authorization", &token)]).await,
            Err(Failure::InvalidToken)
        );
    }
}

#[tokio::test]
async fn a_newer_family_of_a_single_session_client_ends_the_older_and_works_at_once() {
    let test = gate().await;
    let old = grant(&test, "one").await;
    assert_eq!(
        who(&test.gate, &[("authorization", &old)]).await.as_deref(),
        Ok("jane")
    );
    let new = grant(&test, "two").await;
    assert_eq!(
        who(&test.gate, &[("authorization", &new)]).await.as_deref(),
        Ok("jane")
    );
    test.clock.advance(Duration::from_secs(10));
    assert_eq!(
        who(&test.gate, &[("authorization", &old)]).await,
        Err(Failure::InvalidToken)
    );
    // Ending the older one late leaves the newer alone.
    let audit = AuditEntry::new(Event::CodeReplayed, test.clock.now(), 1);
    test.gate
        .table()
        .await
        .revoke_grant(&key("one"), &audit)
        .await
        .expect("no fault");
    test.clock.advance(Duration::from_secs(10));
    assert_eq!(
        who(&test.gate, &[("authorization", &new)]).await.as_deref(),
        Ok("jane")
    );
}

#[tokio::test]
async fn a_bad_token_is_401_whatever_else_the_request_carries() {
    let test = gate().await;
    for bad in ["Bearer", "Bearer x", "Bearer a.b.c"] {
        let verdict = who(&test.gate, &[("authorization", bad), ("cookie", "auth_tkt=x")]).await;
        assert_eq!(verdict, Err(Failure::InvalidToken), "{bad}");
    }
    let token = grant(&test, "one").await;
    test.clock.advance(Duration::from_hours(1));
    assert_eq!(
        who(&test.gate, &[("authorization", &token)]).await,
        Err(Failure::InvalidToken),
        "expired"
    );
}

#[tokio::test]
async fn t72_a_foreign_referer_does_not_concern_a_token() {
    let test = gate().await;
    let token = grant(&test, "one").await;
    let headers = [
        ("authorization", token.as_str()),
        ("referer", "https://evil.com/"),
    ];
    assert_eq!(who(&test.gate, &headers).await.as_deref(), Ok("jane"));
}

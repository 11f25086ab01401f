//! `POST /oauth/token` (RFC 6749 §4.1.3, §5 and §6, RFC 7636, RFC 9700).

use std::sync::Arc;

use http::Method;
use mapgate_tests::{Answer, Grant, Pkce, REDIRECT, Site, code_of};

everywhere!(
    a_code_gives_what_qgis_needs,
    a_code_is_used_once_and_the_second_use_revokes,
    a_code_is_bound_to_its_client_and_redirect_uri,
    a_wrong_secret_is_no_client,
    a_client_authenticates_one_way,
    a_challenge_asks_for_its_verifier,
    a_verifier_without_a_challenge_is_refused,
    a_refresh_token_rotates,
    a_retry_gets_the_same_successor,
    a_used_refresh_token_kills_the_family,
    a_refresh_token_is_bound_to_its_client,
    a_scope_can_be_narrowed_only,
    a_new_session_ends_the_one_before,
    what_is_no_form_is_refused,
    other_grants_are_not_offered,
);

async fn ask(site: &Site, fields: &[(&str, &str)]) -> Answer {
    site.anonymous().post("/oauth/token", fields).await
}

/// QGIS's request, with some fields put in place of its own.
fn exchange<'a>(code: &'a str, changed: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("client_id", "many"),
        ("client_secret", "lindmatt-many"),
        ("code", code),
        ("grant_type", "authorization_code"),
        ("redirect_uri", REDIRECT),
    ];
    fields.retain(|(name, _)| changed.iter().all(|(other, _)| other != name));
    fields.extend(changed.iter().filter(|(_, value)| *value != "absent"));
    fields
}

async fn a_code_gives_what_qgis_needs(site: Arc<Site>) {
    let answer = site.exchange("many", &site.code("many", "jane").await).await;
    let told = answer.is(200, "access_token").json();
    assert_eq!(told["token_type"], "Bearer");
    assert_eq!(told["expires_in"], 3600, "a number, or QGIS refreshes for ever");
    assert!(
        told["scope"]
            .as_str()
            .unwrap()
            .split(' ')
            .any(|scope| scope == "map"),
        "{told}"
    );
    assert!(!told["refresh_token"].as_str().unwrap().is_empty());
    let cache = answer.header("cache-control").unwrap();
    assert!(cache.contains("no-store"), "{cache}");
    answer.has("content-type", Some("application/json"));
    let grant = Grant::of(&answer);
    let qgis = site
        .anonymous()
        .authorized(format!("Bearer {}", grant.access_token));
    qgis.get("/loginuser").await.is(200, "\"username\":\"jane\"");
}

async fn a_code_is_used_once_and_the_second_use_revokes(site: Arc<Site>) {
    let code = site.code("many", "jane").await;
    let grant = Grant::of(&site.exchange("many", &code).await);
    let qgis = site
        .anonymous()
        .authorized(format!("Bearer {}", grant.access_token));
    qgis.get("/loginuser").await.is(200, "jane");
    site.exchange("many", &code).await.is(400, "invalid_grant");
    site.refresh("many", &grant.refresh_token)
        .await
        .is(400, "invalid_grant");
    qgis.get("/loginuser").await.is(401, "error");
}

async fn a_code_is_bound_to_its_client_and_redirect_uri(site: Arc<Site>) {
    for changed in [
        vec![("client_id", "qgis"), ("client_secret", "lindmatt-qgis")],
        vec![("redirect_uri", "http://127.0.0.1:7071/")],
        vec![("redirect_uri", "absent")],
    ] {
        let code = site.code("many", "jane").await;
        ask(&site, &exchange(&code, &changed)).await.is(400, "error");
    }
    // Another client's has no right to it, so it is of no use any more.
    let code = site.code("many", "jane").await;
    let other = [("client_id", "qgis"), ("client_secret", "lindmatt-qgis")];
    ask(&site, &exchange(&code, &other))
        .await
        .is(400, "invalid_grant");
    ask(&site, &exchange(&code, &[])).await.is(400, "invalid_grant");
    for code in ["x", "", "\u{0}"] {
        let answer = ask(&site, &exchange(code, &[])).await;
        answer.is(400, "error");
    }
}

async fn a_wrong_secret_is_no_client(site: Arc<Site>) {
    let code = site.code("many", "jane").await;
    for secret in ["wrong", "", "absent", "lindmatt-qgis"] {
        let answer = ask(&site, &exchange(&code, &[("client_secret", secret)])).await;
        answer.is(400, "invalid_client").has("www-authenticate", None);
    }
    ask(&site, &exchange(&code, &[("client_id", "nobody")]))
        .await
        .is(400, "invalid_client");
    // A wrong secret in the header is answered with a challenge (RFC 6749 §5.2).
    let fields = exchange(&code, &[("client_id", "absent"), ("client_secret", "absent")]);
    let answer = site.basic("many", "wrong").post("/oauth/token", &fields).await;
    answer.is(401, "invalid_client");
    assert!(
        answer.header("www-authenticate").unwrap().starts_with("Basic"),
        "{answer:?}"
    );
    // None of it cost the code.
    ask(&site, &exchange(&code, &[])).await.is(200, "access_token");
}

async fn a_client_authenticates_one_way(site: Arc<Site>) {
    let code = site.code("many", "jane").await;
    let client = site.basic("many", "lindmatt-many");
    client
        .post("/oauth/token", &exchange(&code, &[]))
        .await
        .is(400, "invalid_request");
    let bare = exchange(&code, &[("client_id", "absent"), ("client_secret", "absent")]);
    client.post("/oauth/token", &bare).await.is(200, "access_token");
}

async fn code_with(site: &Site, pkce: &Pkce) -> String {
    let path = format!(
        "{}&code_challenge={}&code_challenge_method=S256",
        Site::authorize("many"),
        pkce.challenge
    );
    code_of(&site.anonymous().sign_in(&path, "jane", "lindmatt-jane").await)
}

async fn a_challenge_asks_for_its_verifier(site: Arc<Site>) {
    let (pkce, other) = (Pkce::of("right"), Pkce::of("wrong"));
    for verifier in [
        "absent",
        other.verifier.as_str(),
        pkce.challenge.as_str(),
        "short",
    ] {
        let code = code_with(&site, &pkce).await;
        ask(&site, &exchange(&code, &[("code_verifier", verifier)]))
            .await
            .is(400, "error");
    }
    let code = code_with(&site, &pkce).await;
    ask(&site, &exchange(&code, &[("code_verifier", &pkce.verifier)]))
        .await
        .is(200, "access_token");
}

async fn a_verifier_without_a_challenge_is_refused(site: Arc<Site>) {
    let code = site.code("many", "jane").await;
    let pkce = Pkce::of("downgrade");
    ask(&site, &exchange(&code, &[("code_verifier", &pkce.verifier)]))
        .await
        .is(400, "error");
}

async fn a_refresh_token_rotates(site: Arc<Site>) {
    let mut grant = site.grant("many", "jane").await;
    for _ in 0..3 {
        let next = Grant::of(&site.refresh("many", &grant.refresh_token).await);
        assert_ne!(next.refresh_token, grant.refresh_token);
        assert_ne!(next.access_token, grant.access_token);
        assert_eq!(next.answer["expires_in"], 3600, "absent it would mean expired");
        let qgis = site
            .anonymous()
            .authorized(format!("Bearer {}", next.access_token));
        qgis.get("/loginuser").await.is(200, "jane");
        grant = next;
    }
}

async fn a_retry_gets_the_same_successor(site: Arc<Site>) {
    let grant = site.grant("many", "jane").await;
    let first = Grant::of(&site.refresh("many", &grant.refresh_token).await);
    let retry = Grant::of(&site.refresh("many", &grant.refresh_token).await);
    assert_eq!(first.refresh_token, retry.refresh_token);
    site.refresh("many", &first.refresh_token)
        .await
        .is(200, "access_token");
}

async fn a_used_refresh_token_kills_the_family(site: Arc<Site>) {
    let grant = site.grant("many", "jane").await;
    let second = Grant::of(&site.refresh("many", &grant.refresh_token).await);
    let third = Grant::of(&site.refresh("many", &second.refresh_token).await);
    // The second is used, so the first cannot be a retry any more.
    site.refresh("many", &grant.refresh_token)
        .await
        .is(400, "invalid_grant");
    site.refresh("many", &third.refresh_token)
        .await
        .is(400, "invalid_grant");
    let qgis = site
        .anonymous()
        .authorized(format!("Bearer {}", third.access_token));
    qgis.get("/loginuser").await.is(401, "error");
}

async fn a_refresh_token_is_bound_to_its_client(site: Arc<Site>) {
    let grant = site.grant("many", "jane").await;
    site.refresh("other", &grant.refresh_token)
        .await
        .is(400, "invalid_grant");
    for token in ["x", "", grant.access_token.as_str()] {
        site.refresh("many", token).await.is(400, "error");
    }
    site.refresh("many", &grant.refresh_token)
        .await
        .is(200, "access_token");
}

async fn a_scope_can_be_narrowed_only(site: Arc<Site>) {
    let path = format!("{}&scope=profile", Site::authorize("many"));
    let code = code_of(&site.anonymous().sign_in(&path, "jane", "lindmatt-jane").await);
    let grant = Grant::of(&site.exchange("many", &code).await);
    assert_eq!(grant.answer["scope"], "profile");
    // Map routes need `map`.
    let qgis = site
        .anonymous()
        .authorized(format!("Bearer {}", grant.access_token));
    let answer = qgis
        .get("/mapserv_proxy?ogcserver=main&SERVICE=WMS&REQUEST=GetCapabilities")
        .await;
    answer.is(403, "");
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(challenge.contains("insufficient_scope"), "{challenge}");
    let fields = [
        ("client_id", "many"),
        ("client_secret", "lindmatt-many"),
        ("grant_type", "refresh_token"),
        ("refresh_token", grant.refresh_token.as_str()),
        ("scope", "profile map"),
    ];
    ask(&site, &fields).await.is(400, "invalid_scope");
    // `admin` is given only where it is asked for, to a client that has it.
    let whole = site.grant("sysadmin", "admin").await;
    assert!(
        !whole.answer["scope"].as_str().unwrap().contains("admin"),
        "{}",
        whole.answer
    );
}

async fn a_new_session_ends_the_one_before(site: Arc<Site>) {
    // The client `qgis` allows one session a user.
    let first = site.grant("qgis", "pia").await;
    let code = site.code("qgis", "pia").await;
    let old = site
        .anonymous()
        .authorized(format!("Bearer {}", first.access_token));
    // A code alone ends nothing.
    old.get("/loginuser").await.is(200, "pia");
    let second = Grant::of(&site.exchange("qgis", &code).await);
    old.get("/loginuser").await.is(401, "error");
    site.refresh("qgis", &first.refresh_token)
        .await
        .is(400, "invalid_grant");
    let new = site
        .anonymous()
        .authorized(format!("Bearer {}", second.access_token));
    new.get("/loginuser").await.is(200, "pia");
    site.refresh("qgis", &second.refresh_token)
        .await
        .is(200, "access_token");
}

async fn what_is_no_form_is_refused(site: Arc<Site>) {
    let code = site.code("many", "jane").await;
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(exchange(&code, &[]))
        .finish();
    let urlencoded = [("content-type", "application/x-www-form-urlencoded")];
    let actor = site.anonymous();
    let query = format!("/oauth/token?{form}");
    actor
        .send(Method::POST, &query, &urlencoded, Vec::new())
        .await
        .is(400, "invalid_request");
    actor.get(&query).await.is(405, "").has("allow", Some("POST"));
    let twice = format!("{form}&client_id=many").into_bytes();
    actor
        .send(Method::POST, "/oauth/token", &urlencoded, twice)
        .await
        .is(400, "invalid_request");
    let json = [("content-type", "application/json")];
    let answer = actor
        .send(Method::POST, "/oauth/token", &json, b"{}".to_vec())
        .await;
    assert!([400, 415].contains(&answer.status.as_u16()), "{answer:?}");
    let broken = form.replace("many", "%ff%fe").into_bytes();
    actor
        .send(Method::POST, "/oauth/token", &urlencoded, broken)
        .await
        .is(400, "error");
    actor
        .send(Method::POST, "/oauth/token", &urlencoded, form.into_bytes())
        .await
        .is(200, "access_token");
}

async fn other_grants_are_not_offered(site: Arc<Site>) {
    for grant in ["password", "client_credentials", "implicit", "x"] {
        let fields = [
            ("client_id", "many"),
            ("client_secret", "lindmatt-many"),
            ("grant_type", grant),
            ("username", "jane"),
            ("password", "lindmatt-jane"),
        ];
        ask(&site, &fields).await.is(400, "unsupported_grant_type");
    }
    let fields = [("client_id", "many"), ("client_secret", "lindmatt-many")];
    ask(&site, &fields).await.is(400, "invalid_request");
    // Errors say nothing of what was sent.
    let fields = exchange("a-code-of-mine", &[("client_secret", "a-secret-of-mine")]);
    let answer = ask(&site, &fields).await;
    assert!(!answer.text().contains("of-mine"), "{}", answer.text());
}

//! What a client does beside getting tokens: it reads the metadata, asks who logged in, has a token looked at and gives it
//! back (RFC 8414, RFC 7662, RFC 7009, OpenID Connect).

use std::sync::Arc;

use mapgate_tests::{Answer, Site};
use serde_json::json;

everywhere!(
    the_metadata_leads_to_endpoints_that_answer,
    userinfo_says_who_logged_in,
    a_token_is_looked_at_and_given_back,
    a_strangers_look_is_challenged,
);

async fn present(site: &Site, path: &str, client: &str, token: &str) -> Answer {
    let secret = format!("lindmatt-{client}");
    let fields = [
        ("client_id", client),
        ("client_secret", secret.as_str()),
        ("token", token),
    ];
    site.anonymous().post(path, &fields).await
}

async fn the_metadata_leads_to_endpoints_that_answer(site: Arc<Site>) {
    let oauth = site
        .anonymous()
        .get("/.well-known/oauth-authorization-server")
        .await;
    let told = oauth.is(200, "issuer").json();
    let openid = site.anonymous().get("/.well-known/openid-configuration").await;
    assert_eq!(told, openid.is(200, "issuer").json());
    assert_eq!(told["issuer"], site.url.as_str());
    let bearer = site.qgis("jane").await;
    for (name, method_refused) in [
        ("authorization_endpoint", 400),
        ("token_endpoint", 405),
        ("introspection_endpoint", 405),
        ("revocation_endpoint", 405),
        ("userinfo_endpoint", 200),
        ("jwks_uri", 200),
    ] {
        let url = told[name].as_str().unwrap();
        assert!(url.starts_with(&site.url), "{url}");
        bearer.get(url).await.is(method_refused, "");
    }
}

async fn userinfo_says_who_logged_in(site: Arc<Site>) {
    let told = site.qgis("jane").await.get("/oauth/userinfo").await;
    assert_eq!(
        told.is(200, "sub").json(),
        json!({
            "sub": "1001", "preferred_username": "jane", "name": "Jane", "email": "jane@example.com",
            "roles": ["editor"],
        })
    );
    let stranger = site.anonymous().get("/oauth/userinfo").await;
    stranger.is(401, "error").has("www-authenticate", Some("Bearer"));
}

async fn a_token_is_looked_at_and_given_back(site: Arc<Site>) {
    let grant = site.grant("many", "jane").await;
    for token in [&grant.access_token, &grant.refresh_token] {
        let told = present(&site, "/oauth/introspect", "many", token).await;
        assert_eq!(told.is(200, "active").json()["username"], "jane");
        let others = present(&site, "/oauth/introspect", "other", token).await;
        assert_eq!(others.is(200, "active").json(), json!({ "active": false }));
        present(&site, "/oauth/revoke_token", "other", token)
            .await
            .is(200, "");
    }
    let bearer = site
        .anonymous()
        .authorized(format!("Bearer {}", grant.access_token));
    bearer.get("/loginuser").await.is(200, "jane");
    for _ in 0..2 {
        present(&site, "/oauth/revoke_token", "many", &grant.access_token)
            .await
            .is(200, "");
    }
    site.refresh("many", &grant.refresh_token)
        .await
        .is(400, "invalid_grant");
    for token in [&grant.access_token, &grant.refresh_token] {
        let told = present(&site, "/oauth/introspect", "many", token).await;
        assert_eq!(told.is(200, "active").json(), json!({ "active": false }));
    }
}

async fn a_strangers_look_is_challenged(site: Arc<Site>) {
    for fields in [
        vec![("token", "x")],
        vec![("token", "x"), ("client_id", "public")],
    ] {
        let answer = site.anonymous().post("/oauth/introspect", &fields).await;
        answer.is(401, "invalid_client");
        assert!(answer.header("www-authenticate").unwrap().starts_with("Basic"));
    }
}

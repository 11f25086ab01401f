//! Logging in at a real OpenID provider.

mod browser;

use mapgate_tests::{Actor, Answer, Provider, Setup, Site, VARS, code_of};
use serde_json::{Value, json};

fn accounts() -> Value {
    json!({
        "jane": {
            "name": "Jane of the canton", "email": "jane@example.com", "email_verified": true,
            "preferred_username": "jane", "roles": ["editor"],
        },
        "stranger": {"name": "A stranger", "preferred_username": "stranger"},
    })
}

async fn site(provider: &Provider, more: &str) -> Site {
    let vars = format!(
        "{VARS}  authentication:\n    openid_connect:\n      {{enabled: true, url: '{}', client_id: mapgate, \
         client_secret: \"{}\", user_info_fields: {{username: preferred_username}}{more}}}\n",
        provider.url,
        Provider::SECRET
    );
    Setup::default().vars(vars).start().await
}

/// Logs in from `path`; gives where the browser is sent, and the answer there.
async fn log_in(provider: &Provider, browser: &Actor, path: &str, login: &str) -> Answer {
    let sent = browser.get(path).await;
    sent.is(302, "");
    let callback = provider
        .log_in(browser, &sent.header("location").unwrap(), login)
        .await;
    browser.get(&callback).await
}

#[tokio::test]
async fn a_user_comes_back_logged_in_and_a_stranger_does_not() {
    let provider = Provider::start(&accounts(), &json!({})).await;
    let site = site(&provider, "").await;
    let browser = site.anonymous();
    let back = log_in(&provider, &browser, "/oidc/login?came_from=/map", "jane").await;
    back.is(302, "").has("location", Some("/map"));
    let told = browser.get("/loginuser").await;
    told.is(200, "\"username\":\"jane\"")
        .is(200, "\"login_type\":\"oidc\"");
    browser.get("/logout").await.is(200, "true");
    let stranger = site.anonymous();
    let back = log_in(&provider, &stranger, "/oidc/login", "stranger").await;
    back.is(403, "there is no account here that you can use");
    assert!(stranger.cookie("auth_tkt").is_none());
    site.anonymous()
        .post("/login", &[("login", "jane"), ("password", "lindmatt-jane")])
        .await
        .is(400, "/oidc/login");
}

#[tokio::test]
async fn userinfo_roles_and_a_new_name_are_taken_over() {
    // As the specification has it: claims by userinfo alone.
    let mut provider = Provider::start(&accounts(), &json!({"conformIdTokenClaims": true})).await;
    let more = ", query_user_info: true, provide_roles: true, update_fields: [display_name]";
    let site = site(&provider, more).await;
    let browser = site.anonymous();
    log_in(&provider, &browser, "/oidc/login", "jane")
        .await
        .is(302, "");
    browser
        .get("/loginuser")
        .await
        .is(200, "Jane of the canton")
        .is(200, "\"name\":\"editor\"");
    let mut changed = accounts();
    changed["jane"]["name"] = json!("Jane Rey");
    changed["jane"]["roles"] = json!([]);
    // Her name goes to someone else.
    changed["jane"]["preferred_username"] = json!("jane.rey");
    changed["stranger"]["preferred_username"] = json!("jane");
    provider.has(&changed).await;
    log_in(&provider, &browser, "/oidc/login", "jane")
        .await
        .is(302, "");
    let told = browser.get("/loginuser").await.is(200, "Jane Rey").json();
    assert_eq!((&told["username"], &told["roles"]), (&json!("jane"), &json!([])));
    let stranger = site.anonymous();
    log_in(&provider, &stranger, "/oidc/login", "stranger")
        .await
        .is(403, "no account here");
}

#[tokio::test]
async fn who_cancels_there_is_told_so() {
    let provider = Provider::start(&accounts(), &json!({})).await;
    let site = site(&provider, "").await;
    let browser = site.anonymous();
    let sent = browser.get("/oidc/login").await.header("location").unwrap();
    let form = browser.get(&sent).await.header("location").unwrap();
    let resume = browser.get(&format!("{}{form}/abort", provider.url)).await;
    let callback = browser.get(&resume.header("location").unwrap()).await;
    let callback = callback.header("location").unwrap();
    assert!(callback.contains("error=access_denied"), "{callback}");
    browser.get(&callback).await.is(403, "did not log you in");
    browser.get(&callback).await.is(400, "took too long");
}

#[tokio::test]
async fn qgis_works_with_the_cantons_identity_service() {
    let provider = Provider::start(&accounts(), &json!({})).await;
    let site = site(&provider, "").await;
    let browser = site.anonymous();
    let asked = "/oauth/login?response_type=code&client_id=qgis&redirect_uri=http://127.0.0.1:7070/";
    let sent = browser.get(asked).await.header("location").unwrap();
    let back = log_in(&provider, &browser, &sent, "jane").await;
    back.is(302, "").has("location", Some(asked));
    let code = code_of(&browser.get(asked).await);
    let tokens = site.exchange("qgis", &code).await;
    let tokens = tokens.is(200, "access_token").json();
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    site.anonymous()
        .authorized(bearer)
        .get("/loginuser")
        .await
        .is(200, "\"username\":\"jane\"");
}

//! Logging in at a real OpenID provider.

mod browser;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mapgate_tests::{Actor, Answer, Provider, Setup, Site, VARS, code_of, hidden_fields, now, totp};
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

/// Goes as QGIS does, with `more` in the request, by the provider as jane; when the id token says that she logged in.
async fn auth_time(provider: &Provider, site: &Site, browser: &Actor, more: &str) -> i64 {
    let asked = format!(
        "/oauth/login?response_type=code&client_id=qgis&redirect_uri=http://127.0.0.1:7070/&scope=openid%20map{more}"
    );
    let sent = browser.get(&asked).await.header("location").unwrap();
    assert!(sent.starts_with("/oidc/login?"), "{sent}");
    let back = log_in(provider, browser, &sent, "jane").await;
    back.is(302, "");
    let code = code_of(&browser.get(&back.header("location").unwrap()).await);
    let tokens = site.exchange("qgis", &code).await.is(200, "id_token").json();
    let payload = tokens["id_token"].as_str().unwrap().split('.').nth(1).unwrap();
    let payload: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    payload["auth_time"].as_i64().unwrap()
}

#[tokio::test]
async fn a_program_that_wants_a_fresh_login_gets_one_of_the_providers() {
    let provider = Provider::start(&accounts(), &json!({})).await;
    let site = site(&provider, "").await;
    let browser = site.anonymous();
    let second = tokio::time::Duration::from_millis(1100);
    let first = auth_time(&provider, &site, &browser, "&max_age=600").await;
    browser.get("/logout").await.is(200, "true");
    tokio::time::sleep(2 * second).await;
    // The provider remembers her: it is the same login.
    assert_eq!(auth_time(&provider, &site, &browser, "&max_age=600").await, first);
    let mut last = first;
    for fresh in [
        "&max_age=1",
        "&max_age=0",
        "&prompt=login",
        "&prompt=login&max_age=600",
    ] {
        let now = auth_time(&provider, &site, &browser, fresh).await;
        assert!(now > last, "{fresh}: {now} after {last}");
        last = now;
        tokio::time::sleep(2 * second).await;
    }
}

#[tokio::test]
async fn with_two_factors_qgis_gets_its_code_once_the_user_gave_one() {
    let provider = Provider::start(&accounts(), &json!({})).await;
    let vars = format!(
        "{VARS}  authentication:\n    two_factor: true\n    openid_connect:\n      {{enabled: true, url: '{}', client_id: mapgate, \
         client_secret: \"{}\", user_info_fields: {{username: preferred_username}}}}\n",
        provider.url,
        Provider::SECRET
    );
    let site = Setup::default().vars(vars).start().await;
    let browser = site.anonymous();
    let asked = "/oauth/login?response_type=code&client_id=qgis&redirect_uri=http://127.0.0.1:7070/";
    let sent = browser.get(asked).await.header("location").unwrap();
    let back = log_in(&provider, &browser, &sent, "jane").await;
    let page = back.is(302, "").header("location").unwrap();
    assert!(page.starts_with("/login.html?came_from="), "{page}");
    assert!(browser.cookie("auth_tkt").is_none());
    // Until the code is there, nobody is logged in.
    assert!(
        !browser
            .get("/loginuser")
            .await
            .is(200, "")
            .text()
            .contains("jane")
    );
    let form = browser.get(&page).await;
    let fields = hidden_fields(form.text());
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let shown = browser.post("/login", &fields).await;
    let fields = hidden_fields(shown.is(200, "<svg").text());
    let secret = fields.iter().find(|(name, _)| name == "two_factor_totp_secret");
    let code = totp(&secret.unwrap().1, now());
    let mut fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    fields.push(("otp", &code));
    let codes = browser.post("/loginchangepassword", &fields).await;
    codes.is(200, "href=\"/oauth/login?response_type=code");
    let code = code_of(&browser.get(asked).await);
    site.exchange("qgis", &code).await.is(200, "access_token");
    browser.get("/logout").await.is(200, "true");
    // A spent word and a spent code.
    browser
        .post("/login", &[("otp", code.as_str())])
        .await
        .is(400, "/oidc/login");
}

//! The OAuth2 servers of the bench, each with a client `qgis`, and Pia signed in.

use std::any::Any;
use std::process::{Command, Stdio};
use std::time::Duration;

use aws_lc_rs::encoding::AsBigEndian as _;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::Method;
use mapgate_tests::{Actor, Pkce, Place, Provider, REDIRECT, Site, code_of, free_port, repository};
use serde_json::{Value, json};

use crate::missing;
use crate::site::{self, Running, SERVER_CORE, pinned};

const CLIENT: &str = "qgis";
const SECRET: &str = "lindmatt-qgis";
const JSON: [(&str, &str); 1] = [("content-type", "application/json")];
const GLEWLWYD_SCHEMA: &str = "/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3";

/// A running server.
pub struct Contender {
    pub name: &'static str,
    authorize: String,
    token: String,
    pub introspect: String,
    pub userinfo: String,
    browser: Actor,
    client: Actor,
    verifier: String,
    _runs: Box<dyn Any>,
}

impl Contender {
    fn new(name: &'static str, base: &str, browser: Actor, paths: [&str; 4], runs: impl Any) -> Self {
        let [authorize, token, introspect, userinfo] = paths.map(|path| format!("{base}{path}"));
        let pkce = Pkce::of("bench");
        // Glewlwyd wants a nonce, and oidc-provider PKCE.
        let asked = format!(
            "response_type=code&client_id={CLIENT}&redirect_uri={REDIRECT}&scope=openid&nonce=bench\
             &code_challenge={}&code_challenge_method=S256",
            pkce.challenge
        );
        Self {
            name,
            authorize: format!("{authorize}?{asked}"),
            token,
            introspect,
            userinfo,
            browser,
            client: site_at(base).basic(CLIENT, SECRET),
            verifier: pkce.verifier,
            _runs: Box::new(runs),
        }
    }

    /// From the authorize request of a signed-in user to the access token, with an ID token beside it.
    pub async fn flow(&self) -> String {
        let code = code_of(&self.browser.get(&self.authorize).await);
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", REDIRECT),
            ("code_verifier", self.verifier.as_str()),
        ];
        let answer = self.client.post(&self.token, &fields).await;
        let told = answer.is(200, "\"id_token\"").json();
        told["access_token"].as_str().expect("an access token").to_owned()
    }

    /// Sees to it that both ways to ask about `token` answer what they should, before they are measured.
    pub async fn check(&self, token: &str) {
        let looked = self.client.post(&self.introspect, &[("token", token)]).await;
        assert_eq!(looked.json()["active"], true, "{}", self.name);
        let bearer = site_at(&self.userinfo)
            .anonymous()
            .authorized(format!("Bearer {token}"));
        bearer.get(&self.userinfo).await.is(200, "\"sub\"");
    }

    /// The client's own `Authorization` header.
    pub fn basic() -> String {
        format!(
            "Authorization: Basic {}",
            STANDARD.encode(format!("{CLIENT}:{SECRET}"))
        )
    }
}

fn site_at(url: &str) -> Site {
    Site::new(url.to_owned(), Place::Elsewhere)
}

/// mapgate's harness.
pub async fn mapgate() -> Contender {
    let site = site::Site::start(&[]);
    let browser = site_at(&site.url).anonymous();
    let fields = [("login", "pia"), ("password", "lindmatt-pia")];
    browser.post("/login", &fields).await.is(200, "pia");
    let paths = [
        "/oauth/authorize",
        "/oauth/token",
        "/oauth/introspect",
        "/oauth/userinfo",
    ];
    Contender::new("mapgate", &site.url.clone(), browser, paths, site)
}

/// Debian's Glewlwyd with an `SQLite` database; what is missing for it otherwise.
pub async fn glewlwyd() -> Result<Contender, &'static str> {
    if let Some(program) = missing(&["glewlwyd", "sqlite3"]) {
        return Err(program);
    }
    let schema = std::fs::File::open(GLEWLWYD_SCHEMA).map_err(|_| GLEWLWYD_SCHEMA)?;
    let folder = tempfile::tempdir().expect("a folder");
    let made = Command::new("sqlite3")
        .arg(folder.path().join("glewlwyd.db"))
        .stdin(schema)
        .status();
    assert!(
        made.is_ok_and(|made| made.success()),
        "sqlite3 makes the database"
    );
    let port = free_port();
    let text = include_str!("../../../benches/glewlwyd.conf")
        .replace("@DIR@", &folder.path().display().to_string())
        .replace("@PORT@", &port.to_string());
    let config = folder.path().join("glewlwyd.conf");
    std::fs::write(&config, text).expect("written");
    std::fs::create_dir(folder.path().join("none")).expect("made");
    let child = pinned(SERVER_CORE, "glewlwyd")
        .arg(format!("--config-file={}", config.display()))
        .stdout(Stdio::null())
        .spawn()
        .expect("glewlwyd starts");
    let running = Running(vec![child]);
    let base = format!("http://127.0.0.1:{port}/api");
    wait_for(port).await;
    let browser = set_up_glewlwyd(&base).await;
    // Without the last word it shows its login page first.
    let paths = ["/oidc/auth", "/oidc/token", "/oidc/introspect", "/oidc/userinfo"];
    let mut contender = Contender::new("glewlwyd", &base, browser, paths, (running, folder));
    contender.authorize.push_str("&g_continue");
    Ok(contender)
}

/// Makes plugin, client and user as its administrator, and grants the client access as the user.
async fn set_up_glewlwyd(base: &str) -> Actor {
    let (admin, pia) = (site_at(base).anonymous(), site_at(base).anonymous());
    put(
        &admin,
        Method::POST,
        "/auth/",
        &json!({"username": "admin", "password": "password"}),
    )
    .await;
    let plugin = json!({"module": "oidc", "name": "oidc", "display_name": "oidc", "parameters": {
        "iss": base, "jwks-private": json!({"keys": [key()]}).to_string(), "default-kid": "bench",
        "jwt-type": "ecdsa", "jwt-key-size": "256", "subject-type": "public", "allow-non-oidc": true,
        "access-token-duration": 3600, "refresh-token-duration": 1_209_600, "code-duration": 600,
        "refresh-token-rolling": true, "auth-type-code-enabled": true, "auth-type-refresh-enabled": true,
        "auth-type-token-enabled": false, "auth-type-none-enabled": false, "auth-type-password-enabled": false,
        "auth-type-client-enabled": false, "auth-type-implicit-enabled": false,
        "pkce-allowed": true, "introspection-revocation-allowed": true, "introspection-revocation-allow-target-client": true,
    }});
    put(&admin, Method::POST, "/mod/plugin/", &plugin).await;
    let client = json!({
        "client_id": CLIENT, "name": CLIENT, "confidential": true, "enabled": true, "password": SECRET,
        "redirect_uri": [REDIRECT], "authorization_type": ["code", "refresh_token"],
        "token_endpoint_auth_method": ["client_secret_basic"], "scope": [],
    });
    put(&admin, Method::POST, "/client/", &client).await;
    let user = json!({
        "username": "pia", "name": "Pia", "email": "pia@example.com", "password": "lindmatt-pia", "enabled": true,
        "scope": ["openid", "g_profile"],
    });
    put(&admin, Method::POST, "/user/", &user).await;
    put(
        &pia,
        Method::POST,
        "/auth/",
        &json!({"username": "pia", "password": "lindmatt-pia"}),
    )
    .await;
    put(
        &pia,
        Method::PUT,
        &format!("/auth/grant/{CLIENT}/"),
        &json!({"scope": "openid"}),
    )
    .await;
    pia
}

async fn put(who: &Actor, method: Method, path: &str, body: &Value) {
    let answer = who.send(method, path, &JSON, body.to_string().into_bytes()).await;
    answer.is(200, "");
}

async fn wait_for(port: u16) {
    for _ in 0..100 {
        if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("nobody listens on port {port}");
}

/// npm's oidc-provider, which keeps all in memory; what is missing for it otherwise.
pub async fn oidc_provider() -> Result<Contender, &'static str> {
    if let Some(program) = missing(&["node"]) {
        return Err(program);
    }
    let installed = "tests/clients/node/node_modules/oidc-provider";
    if !repository().join(installed).exists() {
        return Err(installed);
    }
    let more = json!({
        "clients": [{
            "client_id": CLIENT, "client_secret": SECRET, "redirect_uris": [REDIRECT],
            "id_token_signed_response_alg": "ES256",
        }],
        "jwks": {"keys": [key()]},
        "features": {"introspection": {"enabled": true}},
    });
    let accounts = json!({"pia": {"name": "Pia", "email": "pia@example.com"}});
    let provider = Provider::start(&accounts, &more).await;
    let pinned = Command::new("taskset")
        .args(["-a", "-c", "-p", SERVER_CORE, &provider.id().to_string()])
        .stdout(Stdio::null())
        .status();
    assert!(pinned.is_ok_and(|pinned| pinned.success()), "taskset pins it");
    let (url, browser) = (provider.url.clone(), site_at(&provider.url).anonymous());
    let contender = Contender::new(
        "oidc-provider",
        &url,
        site_at(&url).anonymous(),
        ["/auth", "/token", "/token/introspection", "/me"],
        (),
    );
    provider.log_in(&browser, &contender.authorize, "pia").await;
    Ok(Contender {
        browser,
        _runs: Box::new(provider),
        ..contender
    })
}

/// A fresh private key for ES256, which is how mapgate signs, as a JWK.
fn key() -> Value {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
    let secret = pair.private_key().as_be_bytes().expect("its secret");
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    // 4, and two coordinates (SEC 1, 2.3.3).
    let (x, y) = pair.public_key().as_ref().get(1..).expect("a point").split_at(32);
    json!({
        "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "bench",
        "x": encode(x), "y": encode(y), "d": encode(secret.as_ref()),
    })
}

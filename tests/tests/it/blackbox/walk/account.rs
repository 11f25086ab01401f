//! The user's own page, without scripts: a program that has access, its end, new recovery codes, and the end of all
//! logins.

use mapgate_tests::{Browser, Grant, Setup, Site, code_of, now, totp};

use super::Walk;

const VARS: &str = "vars:
  main_ogc_server: main
  authentication: {two_factor: true, max_consecutive_failures: 10}
";
const SEED: &str = "
users: [{username: nora, password: the brook under the stone, email: nora@example.com, is_password_changed: true}]
oauth2_clients: [{client_id: qgis, secret: lindmatt-qgis, redirect_uris: ['http://127.0.0.1:7070/']}]
ogc_servers:
  - {name: main, type: mapserver, auth: standard, default_access: private, layers: [{name: roads, public: true}]}
";
const PASSWORD: &str = "the brook under the stone";

impl Walk {
    /// The texts of the elements.
    async fn texts(&self, selector: &str) -> Vec<String> {
        let script = format!(
            "return [...document.querySelectorAll('{selector}')].map(found => found.textContent.trim())"
        );
        serde_json::from_value(self.browser.run(&script).await).unwrap()
    }

    /// Sets the second factor up, at the first login; the recovery codes.
    async fn enrolled(&mut self) -> Vec<String> {
        self.open("/account").await;
        assert_eq!(self.text("h1").await, "Log in");
        self.send(&[("login", "nora"), ("password", PASSWORD)]).await;
        let secret = self
            .browser
            .run("return document.getElementsByName('two_factor_totp_secret')[0].value");
        let code = totp(secret.await.as_str().unwrap(), now());
        self.send(&[
            ("oldPassword", PASSWORD),
            ("newPassword", "a stone in the brook"),
            ("confirmNewPassword", "a stone in the brook"),
            ("otp", &code),
        ])
        .await;
        let codes = self.texts(".codes li").await;
        // On to where the visitor wanted to go at first.
        self.browser.follow("main a.button").await;
        codes
    }

    /// What the API says of a login with that code.
    async fn log_in(&self, otp: &str) -> u16 {
        let fields = [
            ("login", "nora"),
            ("password", "a stone in the brook"),
            ("otp", otp),
        ];
        self.site
            .anonymous()
            .post("/login", &fields)
            .await
            .status
            .as_u16()
    }

    /// QGIS signed in with a recovery code.
    async fn qgis(&self, otp: &str) -> Grant {
        let browser = self.site.anonymous();
        let fields = [
            ("login", "nora"),
            ("password", "a stone in the brook"),
            ("otp", otp),
        ];
        browser.post("/login", &fields).await.is(200, "nora");
        let code = code_of(&browser.get(&Site::authorize("qgis")).await);
        Grant::of(&self.site.exchange("qgis", &code).await)
    }
}

#[tokio::test]
async fn from_a_login_to_the_end_of_a_program_new_recovery_codes_and_the_end_of_all() {
    let site = Setup::default().vars(VARS).seed(SEED);
    let site = site.variable("MAPGATE_IDENTITY_CACHE_SECONDS", "0").start().await;
    let mut walk = Walk {
        browser: Browser::start("en", false).await,
        site,
        secrets: Vec::new(),
    };
    let old = walk.enrolled().await;
    assert_eq!((old.len(), walk.text("h1").await.as_str()), (10, "Your account"));
    assert_eq!(walk.texts(".sessions h3").await, Vec::<String>::new());

    // A program has access, until its button is pressed.
    let grant = walk.qgis(&old[0]).await;
    let bearer = format!("Bearer {}", grant.access_token);
    let qgis = walk.site.anonymous().authorized(bearer);
    qgis.get("/loginuser").await.is(200, "nora");
    walk.open("/account").await;
    assert_eq!(walk.texts(".sessions h3").await, ["qgis"]);
    assert!(walk.text(".sessions").await.contains("see the maps and data"));
    walk.browser.follow(".sessions button").await;
    assert!(walk.text("[role=status]").await.contains("no access any more"));
    assert_eq!(walk.texts(".sessions h3").await, Vec::<String>::new());
    qgis.get("/loginuser").await.is(401, "error");
    walk.site
        .refresh("qgis", &grant.refresh_token)
        .await
        .is(400, "invalid_grant");

    // New recovery codes, after a mistake.
    assert!(walk.text("main").await.contains("Recovery codes left: 9"));
    for (code, heading) in [
        ("000000", "Your account"),
        (old[1].as_str(), "Keep your new recovery codes"),
    ] {
        walk.browser.type_into("#otp", code).await;
        walk.browser.follow("form[action*=recovery_codes] button").await;
        assert_eq!(walk.text("h1").await, heading);
    }
    let new = walk.texts(".codes li").await;
    assert_eq!(new.len(), 10);
    walk.browser.follow("main a.button").await;
    assert!(walk.text("main").await.contains("Recovery codes left: 10"));
    assert_eq!(
        (walk.log_in(&old[2]).await, walk.log_in(&new[0]).await),
        (401, 200)
    );

    // The end of every login: also of this browser's, which leads to the login page and from there back.
    walk.open("/account").await;
    let grant = walk.qgis(&new[1]).await;
    walk.browser.follow("form[action*=end_sessions] button").await;
    assert_eq!(walk.text("h1").await, "Log in");
    walk.site
        .refresh("qgis", &grant.refresh_token)
        .await
        .is(400, "invalid_grant");
    walk.send(&[
        ("login", "nora"),
        ("password", "a stone in the brook"),
        ("otp", &new[2]),
    ])
    .await;
    assert_eq!(walk.text("h1").await, "Your account");
    walk.browser.follow("form[action*=log_out] button").await;
    assert_eq!(walk.who().await, "");
    let complaints = walk.browser.complaints().await;
    let of_policy = complaints.iter().filter(|text| text.contains("Policy"));
    assert_eq!(of_policy.count(), 0, "{complaints:?}");
}

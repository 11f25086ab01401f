//! One person's way through an account, in Chromium without scripts: first login, forced change, second factor by its
//! QR code, login with a code, forgotten password, login with the mailed one. And what the audit trail keeps of it.

mod account;

use std::time::Duration;

use mapgate_core::clock::Timestamp;
use mapgate_tests::{Browser, Setup, Site, client, now, totp};

const VARS: &str = "vars:
  main_ogc_server: main
  authentication: {two_factor: true, two_factor_issuer_name: Geoportal Lindmatt, max_consecutive_failures: 10}
  reset_password:
    email_from: Geoportal <maps@example.com>
    email_subject: Your new password
    email_body: |
      Hello {user},
      your new password is: {password}
      Log in at {current_url}
";
const SEED: &str = "
users: [{username: nora, password: first-nora-lindmatt, email: nora@example.com}]
ogc_servers: [{name: main, type: mapserver, auth: standard, default_access: private, layers: []}]
";
const FIRST: &str = "first-nora-lindmatt";
const SECOND: &str = "a stone in the brook";
const THIRD: &str = "the brook under the stone";

struct Walk {
    site: Site,
    browser: Browser,
    /// Everything that nobody else may learn.
    secrets: Vec<String>,
}

impl Walk {
    /// Fills in the page's form and sends it.
    async fn send(&mut self, fields: &[(&str, &str)]) {
        for (name, text) in fields {
            self.browser.type_into(&format!("input[name={name}]"), text).await;
            if *name != "login" {
                self.secrets.push((*text).to_owned());
            }
        }
        self.browser.follow("main form button").await;
        // Which no script of the page's own could read.
        let cookies = self.browser.cookies().await;
        self.secrets
            .extend(cookies.into_iter().filter(|value| value.len() > 20));
    }

    async fn open(&self, path: &str) {
        self.browser.open(&format!("{}{path}", self.site.url)).await;
    }

    async fn text(&self, selector: &str) -> String {
        let script = format!("return document.querySelector('{selector}')?.textContent ?? ''");
        self.browser.run(&script).await.as_str().unwrap().to_owned()
    }

    /// The otpauth URI that a camera reads on the page.
    async fn photographed(&self) -> String {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("page.png");
        std::fs::write(&file, self.browser.screenshot().await).unwrap();
        let read = client("qr_check.py", &[file.to_str().unwrap()]).await;
        read["texts"][0].as_str().unwrap().to_owned()
    }

    /// Who the browser is, as the login page says.
    async fn who(&self) -> String {
        self.open("/login.html").await;
        self.text("p.intro").await
    }

    async fn log_out(&self) {
        self.open("/logout").await;
        assert_eq!(self.text("body").await.trim(), "true");
        assert_eq!(self.who().await, "");
    }
}

#[tokio::test]
async fn from_the_first_login_through_the_second_factor_to_a_forgotten_password() {
    let site = Setup::default().vars(VARS).seed(SEED).start().await;
    let mut walk = Walk {
        browser: Browser::start("en", false).await,
        site,
        secrets: Vec::new(),
    };

    // The first login: a new password, and the second factor by its QR code.
    walk.open("/login.html?came_from=/local/").await;
    walk.send(&[("login", "nora"), ("password", FIRST)]).await;
    assert_eq!(walk.text("h1").await, "Password and second factor");
    let uri = walk.photographed().await;
    let secret = uri
        .split("secret=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap()
        .to_owned();
    walk.secrets.push(secret.clone());
    let first_code = totp(&secret, now());
    walk.send(&[
        ("oldPassword", FIRST),
        ("newPassword", SECOND),
        ("confirmNewPassword", SECOND),
        ("otp", &first_code),
    ])
    .await;
    let codes = walk
        .browser
        .run("return [...document.querySelectorAll('main li')].map(code => code.textContent.trim())");
    let codes: Vec<String> = serde_json::from_value(codes.await).unwrap();
    assert_eq!(codes.len(), 10, "{codes:?}");
    walk.secrets.extend(codes.iter().cloned());
    walk.browser.follow("a[href^=\"/local/\"]").await;
    // Where the visitor wanted to go.
    walk.browser.until("return location.pathname == '/local/'").await;
    assert!(walk.who().await.contains("nora"));

    // A login with a code; the enrolment used up that of now.
    walk.log_out().await;
    walk.send(&[("login", "nora"), ("password", SECOND), ("otp", &first_code)])
        .await;
    assert!(!walk.text("[role=alert]").await.is_empty(), "a code is good once");
    let second_code = totp(&secret, now() + 30);
    walk.open("/login.html").await;
    walk.send(&[("login", "nora"), ("password", SECOND), ("otp", &second_code)])
        .await;
    assert!(walk.text("p.intro").await.contains("nora"));

    forgotten(&mut walk, &codes).await;

    // The new password and the app's code; it is the next one that the clock lets through.
    walk.log_out().await;
    let code = loop {
        let code = totp(&secret, now() + 30);
        if code != second_code {
            break code;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    };
    walk.send(&[("login", "nora"), ("password", THIRD), ("otp", &code)])
        .await;
    assert!(walk.text("p.intro").await.contains("nora"));
    assert_eq!(
        walk.browser
            .complaints()
            .await
            .iter()
            .filter(|text| text.contains("Policy"))
            .count(),
        0
    );

    no_secret_in_the_trail(&walk).await;
}

/// The password is forgotten: a mailed one, which needs the second factor too, and must be changed.
async fn forgotten(walk: &mut Walk, codes: &[String]) {
    walk.log_out().await;
    walk.browser.follow("a[href*=loginresetpassword]").await;
    walk.send(&[("login", "nora@example.com")]).await;
    assert_eq!(walk.text("h1").await, text_of_requested());
    let mail = walk.site.mail("nora@example.com", "your new password is: ").await;
    let mailed = mail
        .split("your new password is: ")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .trim();
    let mailed = mailed.to_owned();
    assert!(mail.contains(&format!("{}/login.html", walk.site.url)), "{mail}");
    walk.open("/login.html").await;
    walk.send(&[("login", "nora"), ("password", &mailed)]).await;
    assert!(
        !walk.text("[role=alert]").await.is_empty(),
        "the second factor is still needed"
    );
    walk.open("/login.html").await;
    walk.send(&[("login", "nora"), ("password", &mailed), ("otp", &codes[0])])
        .await;
    assert_eq!(
        walk.text("h1").await,
        "Change password",
        "the mailed one must be changed"
    );
    walk.send(&[
        ("oldPassword", &mailed),
        ("newPassword", THIRD),
        ("confirmNewPassword", THIRD),
        ("otp", &codes[1]),
    ])
    .await;
    assert!(walk.who().await.contains("nora"));
}

fn text_of_requested() -> String {
    mapgate_core::pages::text(
        mapgate_core::pages::Language::English,
        "reset-requested.title",
        &[],
    )
}

/// Nothing of what only the person knows, and none of the hashes, is in the audit trail.
async fn no_secret_in_the_trail(walk: &Walk) {
    let gate = walk.site.gate();
    let table = gate.table().await;
    let nora = table.user("nora").await.unwrap().unwrap();
    let mut secrets = walk.secrets.clone();
    secrets.extend(nora.password.iter().map(|hash| hash.expose().to_owned()));
    let factor = format!("{:?}", nora.second_factor);
    secrets.extend(factor.split('"').skip(1).step_by(2).map(str::to_owned));
    assert!(secrets.len() > 30, "{}", secrets.len());
    let today = Timestamp::from_seconds(now());
    let mut entries = Vec::new();
    for day in [today.minus(Duration::from_hours(1)), today] {
        entries.extend(table.audit(&day.rfc3339()[..10]).await.unwrap());
    }
    let names: Vec<String> = entries.iter().map(|entry| format!("{:?}", entry.event)).collect();
    for event in ["LoginSucceeded", "LoginFailed", "LoggedOut", "PasswordChanged"] {
        assert!(names.iter().any(|name| name == event), "{event}: {names:?}");
    }
    let trail = serde_json::to_string(&entries).unwrap();
    for secret in &secrets {
        // Numbers of six digits stand in moments too.
        let is_code = secret.len() == 6 && secret.bytes().all(|byte| byte.is_ascii_digit());
        assert!(
            is_code || !trail.contains(secret.as_str()),
            "a secret is in the audit trail"
        );
        assert!(
            !is_code || !trail.contains(&format!("\"{secret}\"")),
            "a code is in the audit trail"
        );
    }
}

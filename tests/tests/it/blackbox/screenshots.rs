//! Every page as Chromium shows it, in each language, on a phone and on a desk, in light and in dark: nothing sticks
//! out, everything can be read and reached by keyboard. The pictures stay in `target/tmp/pages`.

mod pages;

use std::path::{Path, PathBuf};

use http::{Request, StatusCode};
use mapgate_core::pages::{CodeField, Enrolment, Language, PasswordForm, Whose, password_form, text};
use mapgate_login::qr::Qr;
use mapgate_tests::gate::TestGate;
use mapgate_tests::{Browser, Setup, Site, TAB, client, now, totp};
use serde_json::json;

use Step::{BadToken, Connect, Enrol, LogIn, Open, OpenLink, Post};
use pages::{ACCOUNT_PAGES, PAGES};

/// The widths of windows: a small phone's, a usual one's, a screen's.
const WIDTHS: [u32; 3] = [320, 390, 1280];

/// A page: the name of its pictures, the text id of its heading, and how a visitor gets there.
type Page = (&'static str, &'static str, &'static [Step]);

/// What a visitor does.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Goes to a path.
    Open(&'static str),
    /// Logs in as a user of the world who needs no code.
    LogIn(&'static str),
    /// Fills in fields, by their names, and sends the form.
    Post(&'static [(&'static str, &'static str)]),
    /// Has a form that is too old.
    BadToken,
    /// Has QGIS connected, as a user of the world who needs no code.
    Connect(&'static str),
    /// Sets up the second factor that the page shows, for the user with that password.
    Enrol(&'static str),
    /// Follows the link of the newest mail.
    OpenLink,
}

fn accounts() -> Setup {
    Setup::default().vars(
        "vars:\n  main_ogc_server: main\n  authentication: {two_factor: true, two_factor_issuer_name: Lindmatt}\n  \
         reset_password: {email_from: maps@example.com, email_subject: New password, email_body: 'See {reset_url}'}\n",
    )
}

#[tokio::test]
async fn every_page_is_whole_in_english() {
    look_at(Setup::default(), PAGES, Language::English).await;
}

#[tokio::test]
async fn every_page_about_an_account_is_whole_in_english() {
    look_at(accounts(), ACCOUNT_PAGES, Language::English).await;
}

#[tokio::test]
async fn every_page_is_whole_in_french() {
    look_at(Setup::default(), PAGES, Language::French).await;
}

#[tokio::test]
async fn every_page_about_an_account_is_whole_in_french() {
    look_at(accounts(), ACCOUNT_PAGES, Language::French).await;
}

#[tokio::test]
async fn every_page_is_whole_in_german() {
    look_at(Setup::default(), PAGES, Language::German).await;
}

#[tokio::test]
async fn every_page_about_an_account_is_whole_in_german() {
    look_at(accounts(), ACCOUNT_PAGES, Language::German).await;
}

#[tokio::test]
async fn every_page_is_whole_in_italian() {
    look_at(Setup::default(), PAGES, Language::Italian).await;
}

#[tokio::test]
async fn every_page_about_an_account_is_whole_in_italian() {
    look_at(accounts(), ACCOUNT_PAGES, Language::Italian).await;
}

/// Looks at each page of a site of its own, as a visitor who prefers that language and runs no scripts.
async fn look_at(setup: Setup, pages: &[Page], language: Language) {
    let site = setup.start().await;
    let browser = Browser::start(language.tag(), false).await;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("pages")
        .join(language.tag());
    std::fs::create_dir_all(&folder).unwrap();
    for (name, heading, steps) in pages {
        browser.forget().await;
        for step in *steps {
            step.take(&browser, &site).await;
        }
        let heading = text(language, heading, &[]);
        let said =
            browser.run("return [document.documentElement.lang, document.querySelector('h1')?.textContent]");
        assert_eq!(said.await, json!([language.tag(), heading]), "{name}");
        for width in WIDTHS {
            for is_dark in [false, true] {
                browser.view(width, is_dark).await;
                let view = format!("{name}-{width}-{}", if is_dark { "dark" } else { "light" });
                picture(&browser, &folder, &view).await;
                let faults = browser.run(include_str!("screenshots/whole.js")).await;
                assert_eq!(faults, json!([]), "{view} {language:?}");
            }
        }
        // WCAG 2.2, 1.4.4: text at twice its size, which a person may ask for without zooming the page.
        browser.view(640, false).await;
        browser
            .run("document.documentElement.style.fontSize = '200%'")
            .await;
        let faults = browser.run(include_str!("screenshots/whole.js")).await;
        assert_eq!(faults, json!([]), "{name} in large letters, {language:?}");
        keyboard_reaches_all(&browser, name).await;
        let complaints = browser.complaints().await;
        let of_policy = complaints
            .iter()
            .filter(|text| text.contains("Content Security Policy"));
        assert_eq!(of_policy.count(), 0, "{name}: {complaints:?}");
    }
}

impl Step {
    async fn take(self, browser: &Browser, site: &Site) {
        match self {
            Open(path) => browser.open(&format!("{}{path}", site.url)).await,
            Post(fields) => post(browser, fields).await,
            BadToken => {
                browser
                    .run("document.getElementsByName('csrf_token')[0].value = 'x'")
                    .await;
            }
            Enrol(password) => {
                let secret = browser
                    .run("return document.getElementsByName('two_factor_totp_secret')[0].value")
                    .await;
                let code = totp(secret.as_str().unwrap(), now());
                let new = "a stone in the brook";
                let passwords = [
                    ("oldPassword", password),
                    ("newPassword", new),
                    ("confirmNewPassword", new),
                ];
                post(browser, &[&passwords[..], &[("otp", &code)]].concat()).await;
            }
            Connect(username) => drop(site.qgis(username).await),
            OpenLink => {
                let mail = site.mail("jane@example.com", "See ").await;
                let link = mail.split_whitespace().find(|word| word.starts_with("http"));
                browser.open(link.unwrap()).await;
            }
            LogIn(username) => {
                let password = mapgate_tests::password(username);
                browser.open(&format!("{}/login.html", site.url)).await;
                post(browser, &[("login", username), ("password", &password)]).await;
            }
        }
    }
}

/// Fills in a form, presses its first button, and waits for the page that this leads to.
async fn post(browser: &Browser, fields: &[(&str, &str)]) {
    for (field, text) in fields {
        browser
            .run(&format!("document.getElementsByName('{field}')[0].value = ''"))
            .await;
        browser.type_into(&format!("input[name={field}]"), text).await;
    }
    browser.follow("button").await;
}

async fn picture(browser: &Browser, folder: &Path, name: &str) -> PathBuf {
    let file = folder.join(format!("{name}.png"));
    std::fs::write(&file, browser.screenshot().await).unwrap();
    file
}

/// What can take the focus, in the document's order.
const REACHABLE: &str =
    "const reachable = [...document.querySelectorAll('a[href], button, select, input:not([type=hidden])')]
    .filter(element => element.tabIndex >= 0 && element.checkVisibility());";

/// The tabulator goes through the page in the document's order, which is that of the eye, and shows where it is.
async fn keyboard_reaches_all(browser: &Browser, name: &str) {
    let begin = format!(
        "{REACHABLE} reachable[0]?.focus();
         const at = element => element.getBoundingClientRect();
         const backwards = reachable.find((element, index) => index > 0
             && at(element).bottom <= at(reachable[index - 1]).top);
         return [reachable.length, backwards?.textContent ?? null,
             document.querySelectorAll('[tabindex]:not([tabindex=\"-1\"])').length]"
    );
    let found = browser.run(&begin).await;
    let many = found[0].as_u64().unwrap();
    assert_eq!(found, json!([many, null, 0]), "{name}");
    for place in 1..many {
        browser.press(TAB).await;
        let now = format!(
            "{REACHABLE} const style = getComputedStyle(document.activeElement);
             return [reachable.indexOf(document.activeElement), style.outlineStyle, parseFloat(style.outlineWidth) >= 2]"
        );
        assert_eq!(browser.run(&now).await, json!([place, "solid", true]), "{name}");
    }
}

#[tokio::test]
async fn a_camera_reads_the_qr_code_of_every_width_and_colour() {
    let uri = "otpauth://totp/Geoportal%20Lindmatt:zo%C3%A9?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\
               &issuer=Geoportal%20Lindmatt";
    let test = TestGate::new().await;
    let secrets = test.gate.secrets().await.unwrap();
    let (parts, ()) = Request::get("/").body(()).unwrap().into_parts();
    let qr = Qr::of(uri).unwrap();
    let form = PasswordForm {
        status: StatusCode::OK,
        action: "/loginchangepassword",
        csrf: &test.gate.csrf(&parts, &secrets).unwrap(),
        hidden: &[],
        target: None,
        username: Some("zoé"),
        whose: Whose::Known,
        must_change: true,
        asks_new_password: true,
        code: CodeField::Enrol(Enrolment {
            qr_path: &qr.path,
            qr_size: qr.size,
            secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
            uri,
        }),
        error: None,
    };
    let page = password_form(Language::Italian, &form);
    let page = axum::body::to_bytes(page.into_body(), 1 << 20).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("page.html"), page).unwrap();

    let browser = Browser::start("it", false).await;
    browser
        .open(&format!("file://{}/page.html", folder.path().display()))
        .await;
    for (width, is_dark) in [(320, false), (320, true), (1280, false), (1280, true)] {
        browser.view(width, is_dark).await;
        let file = picture(&browser, folder.path(), "page").await;
        let read = client("qr_check.py", &[file.to_str().unwrap()]).await;
        assert_eq!(read, json!({ "texts": [uri] }), "{width} {is_dark}");
        let faults = browser.run(include_str!("screenshots/whole.js")).await;
        assert_eq!(faults, json!([]), "{width} {is_dark}");
    }
    let link = "return document.querySelector('a[href^=otpauth]').href";
    assert_eq!(browser.run(link).await, uri);
}

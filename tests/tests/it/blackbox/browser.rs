//! Chromium: what a person sees and does.

use axum::Router;
use axum::extract::RawQuery;
use axum::routing::get;
use mapgate_local::service::{Service, loopback};
use mapgate_tests::{Browser, Grant, Pkce, Setup, Site};
use tokio::sync::mpsc;

/// The names of the layers that the portal's page offers.
const LAYERS: &str = "return [...document.querySelectorAll('#layers input')].map(box => box.value).join()";
/// Whether the map's picture has come, and has more than one colour.
const DRAWN: &str = "
    const picture = [...document.querySelectorAll('#map img')].find(picture => picture.complete && picture.naturalWidth);
    if (!picture) return false;
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [picture.naturalWidth, picture.naturalHeight];
    const context = canvas.getContext('2d');
    context.drawImage(picture, 0, 0);
    const pixels = new Uint32Array(context.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
    return new Set(pixels).size > 10";

async fn layers(browser: &Browser) -> String {
    browser.run(LAYERS).await.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_portal_logs_in_and_the_map_changes() {
    let site = Setup::default().start().await;
    let browser = Browser::start("en", true).await;
    browser.open(&format!("{}/", site.url)).await;
    browser
        .until("return document.querySelectorAll('#layers input').length > 0")
        .await;
    browser.until(DRAWN).await;
    assert!(layers(&browser).await.contains("roads") && !layers(&browser).await.contains("parcels"));
    let before = browser.run("return document.querySelector('#map img').src").await;

    browser.type_into("input[name=login]", "jane").await;
    browser.type_into("input[name=password]", "wrong").await;
    browser.click("#login button").await;
    browser
        .until("return document.querySelector('#problem').textContent.includes('Wrong')")
        .await;
    // The refusal is a failed request, and the only one.
    assert_eq!(browser.complaints().await.len(), 1);

    browser
        .run("document.querySelector('input[name=password]').value = ''")
        .await;
    browser.type_into("input[name=password]", "lindmatt-jane").await;
    browser.click("#login button").await;
    browser
        .until("return document.querySelector('#who').textContent.includes('Jane')")
        .await;
    browser
        .until("return [...document.querySelectorAll('#layers input')].some(box => box.value == 'parcels')")
        .await;
    browser
        .until(&format!(
            "return document.querySelector('#map img').src != {before}"
        ))
        .await;
    browser.until(DRAWN).await;

    browser.click("#logout").await;
    browser
        .until("return ![...document.querySelectorAll('#layers input')].some(box => box.value == 'parcels')")
        .await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test]
async fn the_login_page_needs_no_script_and_speaks_german() {
    let site = Setup::default().start().await;
    let browser = Browser::start("de-CH,de", false).await;
    browser
        .open(&format!("{}/login.html?came_from=/local/", site.url))
        .await;
    assert_eq!(browser.run("return document.documentElement.lang").await, "de");
    browser.type_into("input[name=login]", "jane").await;
    browser.type_into("input[type=password]", "wrong").await;
    browser.click("button").await;
    browser.until("return location.pathname == '/login'").await;
    assert_eq!(browser.run("return document.documentElement.lang").await, "de");
    let alerts = browser
        .run("return document.querySelectorAll('[role=alert]').length")
        .await;
    assert_eq!(alerts, 1);
    browser.type_into("input[type=password]", "lindmatt-jane").await;
    browser.click("button").await;
    browser.until("return location.pathname == '/local/'").await;
    browser.open(&format!("{}/loginuser", site.url)).await;
    assert!(
        browser
            .run("return document.body.textContent")
            .await
            .as_str()
            .unwrap()
            .contains("\"jane\"")
    );
}

/// What a program that asked for a code is told: it listens on a port of its own, as QGIS does.
async fn listener() -> (Service, mpsc::UnboundedReceiver<String>) {
    let (sender, told) = mpsc::unbounded_channel();
    let posted = sender.clone();
    let answer = get(move |RawQuery(query): RawQuery| async move {
        sender.send(query.unwrap_or_default()).ok();
        "You may close this page."
    });
    let answer = answer.post(move |body: String| async move {
        posted.send(body).ok();
        "You may close this page."
    });
    let router = Router::new().route("/", answer);
    (Service::http(loopback().await.unwrap(), router).unwrap(), told)
}

fn code_in(query: &str) -> String {
    let code = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "code");
    code.unwrap().1.into_owned()
}

#[tokio::test]
async fn a_sign_in_for_qgis_ends_at_its_port() {
    let site = Setup::default().start().await;
    let (listener, mut told) = listener().await;
    let browser = Browser::start("en", true).await;
    let ask = format!(
        "{}/oauth/login?response_type=code&client_id=many&redirect_uri={}/",
        site.url,
        listener.url()
    );
    browser.open(&ask).await;
    browser.type_into("input[name=login]", "jane").await;
    browser.type_into("input[type=password]", "lindmatt-jane").await;
    // Chromium holds `form-action` against the redirect, too.
    browser.click("button").await;
    let code = code_in(&told.recv().await.unwrap());
    assert!(
        browser
            .complaints()
            .await
            .iter()
            .all(|text| text.contains("favicon"))
    );
    let redirect = format!("{}/", listener.url());
    exchanged(&site, "many", &code, &redirect, None).await;
}

#[tokio::test]
async fn a_program_without_a_secret_is_allowed_by_hand() {
    let site = Setup::default().start().await;
    let (listener, mut told) = listener().await;
    let browser = Browser::start("en", true).await;
    let pkce = Pkce::of("browser");
    let ask = format!(
        "{}/oauth/login?response_type=code&client_id=public&redirect_uri={}/&code_challenge={}\
         &code_challenge_method=S256",
        site.url,
        listener.url(),
        pkce.challenge
    );
    browser.open(&format!("{}/login.html", site.url)).await;
    browser.type_into("input[name=login]", "jane").await;
    browser.type_into("input[type=password]", "lindmatt-jane").await;
    browser.click("button").await;
    browser
        .until("return document.body.textContent.includes('jane')")
        .await;
    browser.open(&ask).await;
    browser
        .until("return document.body.textContent.includes('public')")
        .await;
    assert!(
        told.try_recv().is_err(),
        "nothing is given before a person has agreed"
    );
    browser.click("button").await;
    let code = code_in(&told.recv().await.unwrap());
    let redirect = format!("{}/", listener.url());
    exchanged(&site, "public", &code, &redirect, Some(&pkce.verifier)).await;
}

#[tokio::test]
async fn an_answer_by_form_needs_a_button_and_no_script() {
    let site = Setup::default().start().await;
    let (listener, mut told) = listener().await;
    let browser = Browser::start("en", false).await;
    let redirect = format!("{}/", listener.url());
    let ask = format!(
        "{}/oauth/login?response_type=code&client_id=many&redirect_uri={redirect}&response_mode=form_post&state=a%20%22b",
        site.url
    );
    browser.open(&ask).await;
    browser.type_into("input[name=login]", "jane").await;
    browser.type_into("input[type=password]", "lindmatt-jane").await;
    browser.click("button").await;
    browser
        .until("return document.querySelector('input[name=code]') != null")
        .await;
    assert!(told.try_recv().is_err(), "nothing goes by itself");
    browser.click("button").await;
    let posted = told.recv().await.unwrap();
    assert!(posted.contains("state=a+%22b&iss=http"), "{posted}");
    exchanged(&site, "many", &code_in(&posted), &redirect, None).await;
}

async fn exchanged(site: &Site, client: &str, code: &str, redirect: &str, verifier: Option<&str>) {
    let secret = format!("lindmatt-{client}");
    let mut fields = vec![
        ("client_id", client),
        ("code", code),
        ("grant_type", "authorization_code"),
        ("redirect_uri", redirect),
    ];
    match verifier {
        Some(verifier) => fields.push(("code_verifier", verifier)),
        None => fields.push(("client_secret", &secret)),
    }
    let grant = Grant::of(&site.anonymous().post("/oauth/token", &fields).await);
    let actor = site
        .anonymous()
        .authorized(format!("Bearer {}", grant.access_token));
    actor.get("/loginuser").await.is(200, "\"username\":\"jane\"");
}

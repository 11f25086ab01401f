//! Single sign-on by a front proxy, over HTTP.

use http::Method;
use mapgate_tests::{Actor, Answer, SEED, Setup, VARS, now, totp};

const JANE: [(&str, &str); 1] = [("X-Remote-User", "sso-jane")];

fn vars(proxies: &str) -> String {
    format!(
        "{VARS}  authentication:\n    trusted_header: {{header: X-Remote-User, proxies: [{proxies}], create_user: true}}\n"
    )
}

async fn get(actor: &Actor, path: &str, headers: &[(&str, &str)]) -> Answer {
    actor.send(Method::GET, path, headers, Vec::new()).await
}

#[tokio::test]
async fn a_proxy_on_this_machine_signs_its_users_on() {
    let seed = format!("{SEED}\n").replace("users:", "users:\n  - {username: sso-editor, roles: [editor]}");
    let site = Setup::default().vars(vars("127.0.0.1")).seed(seed).start().await;
    let browser = site.anonymous();
    get(&browser, "/loginuser", &JANE)
        .await
        .is(200, "\"username\":\"sso-jane\"")
        .has("set-cookie", None);
    get(&browser, "/loginuser", &[]).await.is(200, "is_intranet");
    assert!(!get(&browser, "/loginuser", &[]).await.text().contains("sso-jane"));
    // One that the administrator made beforehand, with its role.
    get(&browser, "/loginuser", &[("x-remote-USER", "sso-editor")])
        .await
        .is(200, "\"name\":\"editor\"");
    // A local account with a password is not the proxy's.
    let jane = get(&browser, "/loginuser", &[("X-Remote-User", "jane")]).await;
    assert!(!jane.is(200, "login_type").text().contains("username"));
    let foreign = [JANE[0], ("Referer", "https://evil.example.com/")];
    assert!(
        !get(&browser, "/loginuser", &foreign)
            .await
            .text()
            .contains("username")
    );
    let two = [JANE[0], ("X-Remote-User", "sso-editor")];
    assert!(
        !get(&browser, "/loginuser", &two)
            .await
            .text()
            .contains("username")
    );
}

#[tokio::test]
async fn the_same_header_from_anyone_else_is_nothing() {
    let more = "  intranet: {trusted_proxies: [127.0.0.1]}\n";
    let site = Setup::default()
        .vars(vars("10.0.0.0/8, '2001:db8::/32'") + more)
        .start()
        .await;
    for address in ["10.1.2.3", "2001:db8::1", "::ffff:10.1.2.3"] {
        let spoofing = site.anonymous().from_address(address);
        let told = get(&spoofing, "/loginuser", &JANE).await;
        assert!(
            !told.is(200, "login_type").text().contains("username"),
            "{address}"
        );
    }
    assert!(
        site.gate()
            .table()
            .await
            .user("sso-jane")
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn qgis_gets_its_code_through_the_proxy_without_a_password() {
    let site = Setup::default().vars(vars("127.0.0.1")).start().await;
    let asked = "/oauth/login?response_type=code&client_id=qgis&redirect_uri=http://127.0.0.1:7070/";
    let browser = site.anonymous();
    let answer = get(&browser, asked, &JANE).await;
    answer.is(302, "");
    let back = answer.header("location").unwrap();
    assert!(back.starts_with("http://127.0.0.1:7070/?code="), "{back}");
}

#[tokio::test]
async fn with_two_factors_the_header_and_a_code_are_a_login() {
    let vars = vars("127.0.0.1").replace("authentication:\n", "authentication:\n    two_factor: true\n");
    let site = Setup::default().vars(vars).start().await;
    let browser = site.anonymous();
    let nobody = get(&browser, "/loginuser", &JANE).await;
    assert!(!nobody.is(200, "").text().contains("sso-jane"));
    let asked = "/oauth/login?response_type=code&client_id=qgis&redirect_uri=http://127.0.0.1:7070/";
    let sent = get(&browser, asked, &JANE).await;
    let page = sent.is(302, "").header("location").unwrap();
    get(&browser, &page, &JANE)
        .await
        .is(200, "code from an authenticator app");
    let form = [JANE[0], ("content-type", "application/x-www-form-urlencoded")];
    let post =
        async |path: &str, body: String| browser.send(Method::POST, path, &form, body.into_bytes()).await;
    let begun = post("/login", String::new()).await.is(200, "otp_uri").json();
    let secret = begun["two_factor_totp_secret"].as_str().unwrap();
    let otp = format!("otp={}", totp(secret, now()));
    post("/loginchangepassword", otp.clone())
        .await
        .is(200, "recovery_codes");
    // The ticket is enough from now on, and the code was good once.
    browser
        .get("/loginuser")
        .await
        .is(200, "\"username\":\"sso-jane\"");
    let back = get(&browser, asked, &JANE)
        .await
        .is(302, "")
        .header("location")
        .unwrap();
    assert!(back.starts_with("http://127.0.0.1:7070/?code="), "{back}");
    post("/login", otp).await.is(401, "the code is wrong");
}

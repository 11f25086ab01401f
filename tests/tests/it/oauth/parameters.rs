//! What a client can ask of the authorize endpoint beyond a code.

use std::time::Duration;

use mapgate_core::table::{Auth, Counter, DefaultAccess, OgcServer, ServerType};
use mapgate_tests::gate::{BASE, with_header};

use super::browser::{Browser, QGIS, asks_password, sent_back};
use super::prompt::error;
use super::{House, text};

#[tokio::test]
async fn a_login_hint_fills_the_name_and_nothing_else() {
    let house = House::new().await;
    let mut browser = Browser::new(&house);
    let page = browser
        .open(&format!("{QGIS}&login_hint=%22%3E%3Cscript%3E"))
        .await;
    asks_password(&page);
    assert!(page.body.contains("value=\"&#34;&#62;&#60;script&#62;\"") && !page.body.contains("<script"));
    for hint in [
        "a".repeat(255),
        "a".repeat(256),
        "a%00b".to_owned(),
        "a%0d%0ab".to_owned(),
        String::new(),
    ] {
        let page = browser.open(&format!("{QGIS}&login_hint={hint}")).await;
        asks_password(&page);
        let fits = hint.len() == 255;
        assert_eq!(
            page.body.contains(&format!("required value=\"{hint}\"")),
            fits || hint.is_empty(),
            "{hint}"
        );
        assert_eq!(page.body.contains("required value=\"\""), !fits, "{hint}");
    }
    // Whatever the hint says, who logs in is who has the password.
    let answer = browser.log_in(&format!("{QGIS}&login_hint=bob")).await;
    assert!(sent_back(&answer).contains_key("code"));
}

#[tokio::test]
async fn ui_locales_choose_the_language() {
    let house = House::new().await;
    let mut browser = Browser::new(&house);
    let request = with_header(
        mapgate_tests::gate::get(&format!("{QGIS}&ui_locales=rm%20it-CH%20de")),
        "accept-language",
        "de",
    );
    let page = browser.send(request).await;
    assert!(page.body.contains("<html lang=\"it\">"));
    let page = browser
        .submit(&page, &[("login", "jane"), ("password", "wrong")])
        .await;
    assert!(page.body.contains("<html lang=\"it\">"));
}

#[tokio::test]
async fn what_stands_for_other_parameters_is_not_supported() {
    let house = House::new().await;
    let mut browser = Browser::new(&house);
    browser.log_in(QGIS).await;
    for (parameter, code) in [
        ("request=e30.e30.", "request_not_supported"),
        ("request_uri=https://a.example/r", "request_uri_not_supported"),
        ("registration=%7B%7D", "registration_not_supported"),
        ("nonce=n&request=x&request_uri=y", "request_not_supported"),
    ] {
        assert_eq!(error(&mut browser, &format!("{QGIS}&{parameter}")).await, code);
    }
    for ignored in ["request=", "acr_values=1", "display=popup", "claims=%7B%7D"] {
        let answer = browser.open(&format!("{QGIS}&{ignored}")).await;
        assert!(sent_back(&answer).contains_key("code"), "{ignored}");
    }
}

/// The code behind a code's text.
async fn code(house: &House, text: &str) -> mapgate_core::table::Code {
    let token = mapgate_core::oauth::CodeToken::parse(text).unwrap();
    let table = house.test.gate.table().await;
    table
        .client_and_code("qgis", &Counter(String::new()), &token.lookup)
        .await
        .unwrap()
        .1
        .unwrap()
}

#[tokio::test]
async fn a_nonce_goes_with_the_code_and_is_bounded() {
    let house = House::new().await;
    let mut browser = Browser::new(&house);
    browser.log_in(QGIS).await;
    for (sent, stored) in [
        ("n%20%C3%A9", Some("n é".to_owned())),
        ("", None),
        (&"n".repeat(512), Some("n".repeat(512))),
    ] {
        let told = sent_back(&browser.open(&format!("{QGIS}&nonce={sent}")).await);
        assert_eq!(code(&house, &told["code"]).await.nonce, stored);
    }
    let long = format!("{QGIS}&nonce={}", "n".repeat(513));
    assert_eq!(error(&mut browser, &long).await, "invalid_request");
}

#[tokio::test]
async fn t55_a_resource_must_be_known() {
    let house = House::new().await;
    house
        .client("https://api.example.com/", Some("1"), |client| {
            client.redirect_uris.clear();
        })
        .await;
    house.client("urn:example:public", None, |_| {}).await;
    let server = OgcServer {
        name: "main".to_owned(),
        url: "http://127.0.0.1:1/".to_owned(),
        url_wfs: None,
        r#type: ServerType::Mapserver,
        auth: Auth::Standard,
        default_access: DefaultAccess::Private,
    };
    house
        .test
        .gate
        .table()
        .await
        .put_ogc_server(&server, &[])
        .await
        .unwrap();
    let mut browser = Browser::new(&house);
    browser.log_in(QGIS).await;
    for known in [
        BASE,
        "http://maps.example.com/mapserv_proxy/main",
        "https://api.example.com/",
    ] {
        let told = sent_back(&browser.open(&format!("{QGIS}&resource={known}")).await);
        assert_eq!(code(&house, &told["code"]).await.resource.as_deref(), Some(known));
    }
    for unknown in [
        "http://maps.example.com/",
        "http://maps.example.com/mapserv_proxy/other",
        "https://api.example.com",
        "https://evil.example/",
        "urn:example:public",
        "qgis",
        "main",
        "%00",
        &"x".repeat(5000),
    ] {
        let path = format!("{QGIS}&resource={unknown}");
        assert_eq!(error(&mut browser, &path).await, "invalid_target", "{unknown}");
    }
    let twice = format!("{QGIS}&resource={BASE}&resource={BASE}");
    assert_eq!(error(&mut browser, &twice).await, "invalid_request");
    let told = sent_back(&browser.open(&format!("{QGIS}&resource=")).await);
    assert_eq!(code(&house, &told["code"]).await.resource, None);
}

#[tokio::test]
async fn a_code_is_for_whom_the_clients_id_token_names_or_for_nobody() {
    let house = House::new().await;
    let tokens = house.tokens().await;
    let (jane, access) = (text(&tokens, "id_token"), text(&tokens, "access_token"));
    let bob = house.user_with("bob", |_| {}).await;
    let of_bob = house
        .code(|code| {
            code.username = "bob".to_owned();
            code.user_id = bob.0.id;
            code.generation = bob.0.generation;
        })
        .await;
    let bob = text(&house.exchange(&of_bob, &[]).await, "id_token");

    let mut browser = Browser::new(&house);
    browser.log_in(QGIS).await;
    house.test.clock.advance(Duration::from_hours(3));
    for prompt in ["", "&prompt=none"] {
        let hinted = format!("{QGIS}{prompt}&id_token_hint={jane}");
        assert!(
            sent_back(&browser.open(&hinted).await).contains_key("code"),
            "also one that has expired"
        );
        // The first letter of the signature: the last one has bits that mean nothing.
        let (signed, signature) = jane.rsplit_once('.').unwrap();
        let first = if signature.starts_with('A') { "B" } else { "A" };
        let forged = format!("{signed}.{first}{}", &signature[1..]);
        for other in [bob.as_str(), &forged, &access, "x.y.z", "x"] {
            let path = format!("{QGIS}{prompt}&id_token_hint={other}");
            assert_eq!(error(&mut browser, &path).await, "login_required", "{other}");
        }
    }
    // Nor for who logs in for it.
    let mut browser = Browser::new(&house);
    let answer = browser.log_in(&format!("{QGIS}&id_token_hint={bob}")).await;
    assert_eq!(sent_back(&answer)["error"], "login_required");
}

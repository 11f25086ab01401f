//! `/account`: what it shows, and to whom.

mod qgis;
mod recovery_codes;
mod sessions;

use std::time::Duration;

use axum::body::Body;
use http::Request;
use mapgate_core::table::{Source, UserChange};
use mapgate_tests::gate::{Answer, TestGate, get, post, with_header};

use super::{PASSWORD, jane, jane_with, log_in, router, send, ticket, who};
use crate::oauth::House;

/// The cookies of a browser that has logged in and opened a page, and the token of the page's forms, where it has any.
struct Browser {
    cookies: String,
    token: String,
    page: Answer,
}

impl Browser {
    /// Opens `path` with a ticket.
    async fn with(test: &TestGate, ticket: &str, path: &str) -> Self {
        let page = send(test, with_header(get(path), "cookie", ticket)).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let cookies = [ticket, &page.cookies()].join("; ");
        let token = page.body.split("name=\"csrf_token\" value=\"").nth(1);
        let token = token.and_then(|rest| rest.split('"').next());
        let token = token.unwrap_or_default().to_owned();
        Self { cookies, token, page }
    }

    /// Logs Jane in.
    async fn of_jane(test: &TestGate, password: &str) -> Self {
        let ticket = log_in(test, "jane", password).await.cookies();
        Self::with(test, &ticket, "/account").await
    }

    /// A form of the page.
    fn form(&self, path: &str, fields: &[(&str, &str)]) -> Request<Body> {
        let fields = [fields, &[("csrf_token", self.token.as_str())]].concat();
        with_header(post(path, &fields), "cookie", &self.cookies)
    }

    async fn post(&self, test: &TestGate, path: &str, fields: &[(&str, &str)]) -> Answer {
        send(test, self.form(path, fields)).await
    }
}

const FORMS: [&str; 5] = [
    "/account/log_out",
    "/account/revoke",
    "/account/end_sessions",
    "/account/recovery_codes",
    "/account/qgis/authentication.xml",
];

#[tokio::test]
async fn a_stranger_is_led_to_the_login_page_and_from_there_back() {
    let test = jane_with("", &[("MAPGATE_BASE_URL", "http://maps.example.com/geo")]).await;
    for (path, back) in [
        ("/account", "/geo/account"),
        ("/account/qgis", "/geo/account/qgis"),
        ("/account/qgis/wms.xml", "/geo/account/qgis"),
    ] {
        let request = with_header(get(&format!("/geo{path}")), "accept-language", "de");
        let answer = send(&test, request).await;
        assert_eq!(answer.status, 303, "{path}");
        assert_eq!(answer.header("cache-control"), "private, no-store");
        let encoded: String = url::form_urlencoded::byte_serialize(back.as_bytes()).collect();
        let location = format!("/geo/login.html?came_from={encoded}&lang=de");
        assert_eq!(answer.header("location"), location);
        let login = send(&test, get(&location)).await;
        assert!(
            login
                .body
                .contains(&format!("name=\"came_from\" value=\"{back}\""))
        );
    }
    let fields = [
        ("login", "jane"),
        ("password", PASSWORD),
        ("came_from", "/geo/account"),
    ];
    let answer = send(&test, post("/geo/login", &fields)).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (302, "/geo/account")
    );
    let page = send(
        &test,
        with_header(get("/geo/account"), "cookie", &answer.cookies()),
    )
    .await;
    assert_eq!(page.status, 200);
    for form in FORMS
        .iter()
        .filter(|form| !form.contains("recovery") && !form.contains("qgis"))
    {
        let action = format!("action=\"/geo{form}?lang=en\"");
        assert_eq!(
            page.body.contains(&action),
            *form != "/account/revoke",
            "{action}"
        );
    }
}

#[tokio::test]
async fn the_page_tells_a_user_what_is_known_and_no_cache_keeps_it() {
    let test = jane().await;
    let browser = Browser::of_jane(&test, PASSWORD).await;
    let Answer { headers, body, .. } = &browser.page;
    for part in [
        "<h1>Your account</h1>",
        "jane@example.com",
        "editor",
        "With user name and password",
    ] {
        assert!(body.contains(part), "{part}: {body}");
    }
    // The login of a moment ago, at the test's time.
    assert!(body.contains("2026-09-21 at 14:13 UTC</time>"), "{body}");
    assert!(body.contains("href=\"/loginchangepassword?lang=en\""));
    assert!(
        !body.contains("recovery"),
        "there is no second factor here: {body}"
    );
    assert_eq!(headers["cache-control"], "private, no-store");
    let policy = headers["content-security-policy"].to_str().expect("ASCII");
    assert!(policy.contains("form-action 'self';") && policy.starts_with("default-src 'none'"));
    assert!(!body.contains("<script"));
    let german = with_header(get("/account?lang=de"), "cookie", &browser.cookies);
    assert!(send(&test, german).await.body.contains("<h1>Ihr Konto</h1>"));
}

#[tokio::test]
async fn whose_password_is_kept_elsewhere_is_not_asked_to_change_it_here() {
    for (source, told) in [
        (Source::Ldap, "With the password of your organisation’s directory"),
        (Source::OpenidConnect, "With your organisation’s account"),
        (Source::TrustedHeader, "Your organisation logs you in"),
    ] {
        let test = jane().await;
        let browser = Browser::of_jane(&test, PASSWORD).await;
        let table = test.gate.table().await;
        let jane = table.user("jane").await.expect("the table").expect("jane");
        let change = UserChange {
            source: Some(source),
            ..UserChange::default()
        };
        let written = table.transaction().change(&jane, &change).commit().await;
        assert!(written.expect("the table").is_ok());
        test.clock.advance(Duration::from_secs(11));
        let page = Browser::with(&test, &browser.cookies, "/account").await.page;
        assert!(page.body.contains(told), "{}", page.body);
        assert!(!page.body.contains("/loginchangepassword"), "{source:?}");
    }
}

#[tokio::test]
async fn t72_the_page_may_be_reached_from_elsewhere_and_its_forms_may_not() {
    let test = jane().await;
    let browser = Browser::of_jane(&test, PASSWORD).await;
    let foreign = [
        ("origin", "https://evil.example.com"),
        ("origin", "null"),
        ("referer", "https://evil.example.com/"),
        ("sec-fetch-site", "cross-site"),
    ];
    for (name, value) in foreign {
        let page = with_header(get("/account"), "cookie", &browser.cookies);
        assert_eq!(send(&test, with_header(page, name, value)).await.status, 200);
        for form in FORMS {
            let answer = send(&test, with_header(browser.form(form, &[]), name, value)).await;
            assert_eq!(answer.status, 403, "{form} {name}: {value}");
        }
    }
    // Without the page's token, with one that was made up, and with another browser's.
    let other = Browser::of_jane(&test, PASSWORD).await;
    for form in FORMS {
        for token in [None, Some("x"), Some(other.token.as_str())] {
            let fields: Vec<_> = token.into_iter().map(|token| ("csrf_token", token)).collect();
            let request = with_header(post(form, &fields), "cookie", &browser.cookies);
            assert_eq!(send(&test, request).await.status, 403, "{form} {token:?}");
        }
    }
    assert_eq!(who(&test, &test.another(), &browser.cookies).await, "jane");
}

/// A portal on a neighbour's host, to which a browser sends the cookies along, may log users in by script. It may not read
/// this page: who has the forms' token can end sessions.
#[tokio::test]
async fn t94_no_other_origin_reads_the_page_also_one_that_reads_the_rest_of_the_function() {
    let portal = "https://portal.example.com";
    let vars = format!("  headers: {{login: {{access_control_allow_origin: ['{portal}', '*']}}}}");
    let test = jane_with(&vars, &[]).await;
    let cookies = ticket(&test).await;
    let allowed = async |path: &str| {
        let request = with_header(get(path), "cookie", &cookies);
        let answer = send(&test, with_header(request, "origin", portal)).await;
        answer.header("access-control-allow-origin").to_owned()
    };
    assert_eq!(allowed("/loginuser").await, portal);
    for path in ["/account", "/account/qgis", "/account/qgis/wms.xml"] {
        assert_eq!(allowed(path).await, "", "{path}");
    }
    for form in FORMS {
        let mut asked = with_header(get(form), "origin", portal);
        *asked.method_mut() = http::Method::OPTIONS;
        let asked = with_header(asked, "access-control-request-method", "POST");
        let answer = send(&test, asked).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("allow")),
            (204, "POST,OPTIONS")
        );
        assert_eq!(answer.header("access-control-allow-origin"), "", "{form}");
    }
}

/// An access token is for maps. Whoever has got hold of one must neither see nor end the sessions.
#[tokio::test]
async fn a_programs_token_and_basic_show_and_end_nothing() {
    let house = House::on(TestGate::with("", &[("BASICAUTH", "true")]).await).await;
    let test = &house.test;
    let tokens = house.tokens().await.json();
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().expect("a token"));
    let browser = Browser::of_jane(test, crate::oauth::PASSWORD).await;
    let basic = "Basic amFuZTpjb3JyZWN0IGhvcnNlIGJhdHRlcnk=";
    for authorization in [bearer.as_str(), basic] {
        for path in [
            "/account",
            "/account/qgis",
            "/account/qgis/wms.xml",
            "/account/qgis/wfs.xml",
        ] {
            // Also beside a good ticket: the first that is present decides.
            for cookies in ["", &browser.cookies] {
                let request = with_header(get(path), "authorization", authorization);
                let answer = send(test, with_header(request, "cookie", cookies)).await;
                assert_eq!(answer.status, 403, "{path}");
                assert!(!answer.body.contains("jane"), "{}", answer.body);
            }
        }
        for form in FORMS {
            let request = browser.form(form, &[("client_id", "qgis"), ("otp", "000000")]);
            let answer = send(test, with_header(request, "authorization", authorization)).await;
            assert_eq!(answer.status, 403, "{form}");
        }
    }
    let dead = with_header(
        browser.form("/account/end_sessions", &[]),
        "authorization",
        "Bearer x",
    );
    assert_eq!(send(test, dead).await.status, 401);
    assert!(
        house
            .lives(tokens["access_token"].as_str().expect("a token"))
            .await
    );
    assert_eq!(who(test, &test.another(), &browser.cookies).await, "jane");
}

#[tokio::test]
async fn a_form_of_who_is_logged_in_no_more_leads_to_the_login_page() {
    let test = jane().await;
    let browser = Browser::of_jane(&test, PASSWORD).await;
    let form = browser
        .cookies
        .split("; ")
        .find(|cookie| cookie.starts_with("mapgate_form"));
    for path in FORMS {
        let fields = [("csrf_token", browser.token.as_str())];
        let request = with_header(post(path, &fields), "cookie", form.expect("the cookie"));
        let answer = send(&test, request).await;
        assert_eq!(answer.status, 303, "{path}");
        assert!(
            answer
                .header("location")
                .starts_with("/login.html?came_from=%2Faccount")
        );
    }
}

#[tokio::test]
async fn an_old_ticket_is_reissued_on_the_page() {
    let test = jane().await;
    let old = ticket(&test).await;
    test.clock.advance(Duration::from_secs(9001));
    let answer = send(&test, with_header(get("/account"), "cookie", &old)).await;
    assert!(answer.cookies().contains("auth_tkt="), "{}", answer.cookies());
    assert_eq!(who(&test, &test.another(), &answer.cookies()).await, "jane");
}

#[tokio::test]
async fn a_front_proxys_header_is_a_way_in_that_cannot_be_logged_out_of() {
    let vars = "  authentication:\n    trusted_header: {header: X-Remote-User, proxies: [203.0.113.0/24]}";
    let test = jane_with(vars, &[]).await;
    let table = test.gate.table().await;
    let jane = table.user("jane").await.expect("the table").expect("jane");
    let change = UserChange {
        source: Some(Source::TrustedHeader),
        ..UserChange::default()
    };
    let written = table.transaction().change(&jane, &change).commit().await;
    assert!(written.expect("the table").is_ok());
    let page = send(&test, with_header(get("/account"), "x-remote-user", "jane")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(!page.body.contains("/account/log_out") && page.body.contains("/account/end_sessions"));
    // From anywhere else the header means nothing.
    let request = with_header(get("/account"), "x-remote-user", "jane");
    let answer = test
        .send_from(router(&test.gate), request, [198, 51, 100, 1].into())
        .await;
    assert_eq!(answer.status, 303);
}

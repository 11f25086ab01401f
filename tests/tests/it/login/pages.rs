//! The pages: tokens, languages, headers.

use mapgate_tests::gate::{get, post, with_header};

use super::{PASSWORD, form, jane, jane_with, log_in, send, ticket, who};

const PAGES: [&str; 3] = ["/login.html", "/loginchangepassword", "/notlogin"];

#[tokio::test]
async fn every_page_has_strict_headers_and_no_script() {
    let test = jane().await;
    for path in PAGES {
        let page = send(&test, get(path)).await;
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        let policy = page.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; style-src 'sha256-"),
            "{policy}"
        );
        assert!(
            policy.ends_with("frame-ancestors 'none'; base-uri 'none'"),
            "{policy}"
        );
        assert_eq!(page.header("x-frame-options"), "DENY");
        assert_eq!(page.header("referrer-policy"), "same-origin");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        assert_eq!(page.header("cache-control"), "private, no-store");
        assert_eq!(page.header("vary"), "Cookie, Authorization, Origin");
        assert!(!page.body.contains("<script") && !page.body.contains("style=\""));
    }
}

#[tokio::test]
async fn every_page_speaks_the_visitors_language() {
    let test = jane().await;
    for (header, tag, words) in [
        (
            "de-CH,de;q=0.9",
            "de",
            ["Anmelden", "Passwort ändern", "Sie sind nicht angemeldet"],
        ),
        (
            "fr;q=0.9,en;q=0.1",
            "fr",
            [
                "Se connecter",
                "Changer le mot de passe",
                "Vous n’êtes pas connecté",
            ],
        ),
        (
            "it",
            "it",
            ["Accedi", "Cambia password", "Accesso non effettuato"],
        ),
        ("es", "en", ["Log in", "Change password", "You are not logged in"]),
    ] {
        for (path, title) in PAGES.into_iter().zip(words) {
            let page = send(&test, with_header(get(path), "accept-language", header)).await;
            let start = format!("<html lang=\"{tag}\">");
            assert!(
                page.body.contains(&start) && page.body.contains(&format!("<h1>{title}</h1>")),
                "{path} {tag}"
            );
            let chosen = with_header(get(&format!("{path}?lang={tag}")), "accept-language", "rm");
            assert!(send(&test, chosen).await.body.contains(&start));
        }
    }
}

#[tokio::test]
async fn the_page_logs_in_and_then_says_who_one_is() {
    let test = jane().await;
    let (token, cookies) = form(&test, "/login.html?lang=de").await;
    assert!(cookies.starts_with("mapgate_form="), "{cookies}");
    let fields = [
        ("csrf_token", token.as_str()),
        ("login", "jane"),
        ("password", PASSWORD),
    ];
    let request = with_header(post("/login?lang=de", &fields), "cookie", &cookies);
    let request = with_header(request, "origin", "http://maps.example.com");
    let done = send(&test, request).await;
    assert_eq!(
        (done.status.as_u16(), done.header("location")),
        (303, "/login.html?lang=de")
    );
    assert_eq!(who(&test, &test.gate, &done.cookies()).await, "jane");
    let page = with_header(get(done.header("location")), "cookie", &done.cookies());
    // A link from elsewhere may lead here.
    let page = send(
        &test,
        with_header(page, "referer", "https://elsewhere.example.org/"),
    )
    .await;
    assert!(
        page.body.contains("Sie sind als jane angemeldet"),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn a_wrong_try_shows_the_form_again_with_its_error() {
    let test = jane().await;
    let (token, cookies) = form(&test, "/login.html").await;
    let send_form = async |login: &str, password: &str| {
        let fields = [
            ("csrf_token", token.as_str()),
            ("login", login),
            ("password", password),
            ("came_from", "/x?a=1&b"),
        ];
        send(
            &test,
            with_header(post("/login?lang=it", &fields), "cookie", &cookies),
        )
        .await
    };
    let wrong = send_form("jane<", "wrong secret").await;
    assert_eq!(wrong.status, 401);
    assert_eq!(wrong.header("cache-control"), "private, no-store");
    for text in [
        "role=\"alert\"",
        "<a href=\"#password\">Il nome utente o la password",
        "value=\"jane&#60;\"",
        "name=\"came_from\" value=\"/x?a=1&#38;b\"",
        "aria-describedby=\"error\"",
    ] {
        assert!(wrong.body.contains(text), "{text}: {}", wrong.body);
    }
    assert!(!wrong.body.contains("wrong secret"));
    let missing = send_form("", PASSWORD).await;
    assert_eq!(missing.status, 400);
    assert!(
        missing
            .body
            .contains("<a href=\"#login\">Inserisca il nome utente"),
        "{}",
        missing.body
    );
    assert_eq!(send_form("jane", "").await.status, 400);
}

#[tokio::test]
async fn a_form_needs_the_token_of_its_own_browser() {
    let test = jane().await;
    let (token, cookies) = form(&test, "/login.html").await;
    let (_, stranger) = form(&test, "/login.html").await;
    for (token, cookies) in [
        (token.as_str(), "a=b"),
        (token.as_str(), stranger.as_str()),
        ("", cookies.as_str()),
        ("x", cookies.as_str()),
    ] {
        let fields = [("csrf_token", token), ("login", "jane"), ("password", PASSWORD)];
        let answer = send(&test, with_header(post("/login", &fields), "cookie", cookies)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("set-cookie")),
            (403, ""),
            "{token} {cookies}"
        );
        assert!(answer.body.contains("<h1>The form cannot be used</h1>"));
    }
    let fields = [
        ("csrf_token", token.as_str()),
        ("login", "jane"),
        ("password", PASSWORD),
    ];
    let request = with_header(post("/login", &fields), "cookie", &cookies);
    let answer = send(&test, with_header(request, "origin", "https://evil.com")).await;
    assert_eq!(answer.status, 403);
    assert_eq!(test.gate.hashing.evaluated(), 0);
    let good = send(&test, with_header(post("/login", &fields), "cookie", &cookies)).await;
    assert_eq!(good.status, 303);
    // A second window of the same browser keeps the first one's form alive.
    let second = send(&test, with_header(get("/login.html"), "cookie", &cookies)).await;
    assert_eq!(second.header("set-cookie"), "");
}

#[tokio::test]
async fn links_and_actions_stand_behind_the_base_urls_path() {
    let test = jane_with(
        "  hide_capabilities: false",
        &[("MAPGATE_BASE_URL", "http://maps.example.com/geo")],
    )
    .await;
    let page = send(&test, get("/geo/login.html")).await;
    assert!(
        page.body.contains("action=\"/geo/login?lang=en\""),
        "{}",
        page.body
    );
    assert!(page.body.contains("href=\"/geo/loginchangepassword?lang=en\""));
    assert!(
        send(&test, get("/geo/notlogin"))
            .await
            .body
            .contains("href=\"/geo/login.html?lang=en\"")
    );
    assert_eq!(log_in(&test, "jane", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn an_old_ticket_is_reissued_on_a_page_too() {
    let test = jane().await;
    let old = ticket(&test).await;
    test.clock.advance(std::time::Duration::from_hours(3));
    let page = send(&test, with_header(get("/login.html"), "cookie", &old)).await;
    assert!(
        page.cookies().contains("auth_tkt=") && page.cookies().contains("mapgate_form="),
        "{}",
        page.cookies()
    );
}

#[tokio::test]
async fn whoever_goes_to_change_the_password_comes_back_to_the_same_place() {
    let test = jane().await;
    let page = send(
        &test,
        get("/login.html?lang=en&came_from=%2Ftheme%3Fx%3D1%26y%23map"),
    )
    .await;
    let link = page
        .body
        .split("href=\"/loginchangepassword")
        .nth(1)
        .expect("a link");
    let link = link.split('"').next().expect("its end").replace("&#38;", "&");
    let page = send(&test, get(&format!("/loginchangepassword{link}"))).await;
    assert!(
        page.body
            .contains("name=\"came_from\" value=\"/theme?x=1&#38;y#map\""),
        "{link}: {}",
        page.body
    );
}

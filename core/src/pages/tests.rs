use http::{HeaderMap, Response, StatusCode};

use super::answer::STYLE;
use super::*;
use crate::clock::Timestamp;
use crate::http::Failure;
use crate::random::Random;
use crate::secrets::Secrets;
use crate::session::csrf::Csrf;

mod forms;

fn csrf() -> Csrf {
    let document = serde_json::json!({
        "authtkt": [{ "secret": "x".repeat(64) }],
        "jwt": [{ "kid": "1", "pem": "-----BEGIN PRIVATE KEY-----" }],
        "data_keys": [{ "id": "1", "key": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=" }],
    });
    let secrets = Secrets::parse(&document.to_string(), None).unwrap();
    let now = Timestamp::from_seconds(1_790_000_000);
    Csrf::of(&HeaderMap::new(), false, &secrets, &Random::seeded(1), now)
        .unwrap()
        .unwrap()
}

fn form(csrf: &Csrf) -> LoginForm<'_> {
    LoginForm {
        status: StatusCode::OK,
        action: "/login",
        csrf,
        hidden: &[],
        target: None,
        username: None,
        asks: Asks::Password,
        error: None,
        intro: None,
        access: None,
        links: &[],
    }
}

const ENROLMENT: Enrolment<'_> = Enrolment {
    qr_path: "M0 0h1v1h-1z",
    qr_size: 21,
    secret: "ABCDEFGHIJ",
    uri: "otpauth://totp/a:b?secret=ABCDEFGHIJ&issuer=a",
};

async fn body(response: Response<axum::body::Body>) -> String {
    let body = axum::body::to_bytes(response.into_body(), 100_000).await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

#[tokio::test]
async fn the_policy_allows_the_pages_own_style_and_form_and_nothing_else() {
    let csrf = csrf();
    let response = login_form(Language::English, &form(&csrf));
    let headers = response.headers().clone();
    let policy = headers["content-security-policy"].to_str().unwrap().to_owned();
    assert_eq!(headers["x-frame-options"], "DENY");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["referrer-policy"], "same-origin");
    assert_eq!(headers["cache-control"], "private, no-store");
    assert!(
        headers["set-cookie"]
            .to_str()
            .unwrap()
            .starts_with("mapgate_form=")
    );

    let html = body(response).await;
    let (_, style) = html.split_once("<style>").unwrap();
    let (style, _) = style.split_once("</style>").unwrap();
    assert_eq!(style, STYLE);
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, style.as_bytes());
    let hash = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, hash);
    assert_eq!(
        policy,
        format!(
            "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; frame-ancestors 'none'; \
             base-uri 'none'"
        )
    );
    assert!(!html.contains(" style=") && !html.contains("<script"));
}

#[tokio::test]
async fn a_redirects_origin_is_a_target_of_the_form() {
    let csrf = csrf();
    let form = LoginForm {
        target: Some("http://127.0.0.1:7070"),
        ..form(&csrf)
    };
    let response = login_form(Language::English, &form);
    let policy = response.headers()["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains("form-action 'self' http://127.0.0.1:7070;"),
        "{policy}"
    );
}

#[tokio::test]
async fn what_a_visitor_wrote_is_escaped_and_the_error_is_tied_to_its_field() {
    let csrf = csrf();
    let form = LoginForm {
        hidden: &[("came_from", "/a?b=\"><script>")],
        username: Some("\"><img src=x>"),
        error: Some(FieldError {
            text: "wrong-login",
            field: "password",
        }),
        ..form(&csrf)
    };
    let html = body(login_form(Language::German, &form)).await;
    assert!(!html.contains("<script>") && !html.contains("<img"), "{html}");
    assert!(html.contains("<html lang=\"de\">") && html.contains("role=\"alert\""));
    assert!(html.contains("href=\"#password\"") && html.contains("action=\"/login?lang=de\""));
    let password = html
        .split("<input")
        .find(|input| input.contains("id=\"password\""))
        .unwrap();
    assert!(password.contains("aria-invalid=\"true\" aria-describedby=\"error\""));
    assert!(password.contains("autocomplete=\"current-password\"") && password.contains("autofocus"));
    assert_eq!(html.matches(&csrf.token).count(), 1);
}

#[tokio::test]
async fn every_page_is_there_in_every_language() {
    let csrf = csrf();
    for language in Language::ALL {
        let password = PasswordForm {
            status: StatusCode::BAD_REQUEST,
            must_change: true,
            error: Some(FieldError {
                text: "password-too-short",
                field: "newPassword",
            }),
            ..password_form_of(&csrf, CodeField::Enrol(ENROLMENT))
        };
        let consent = ConsentForm {
            action: "/oauth/login",
            csrf: &csrf,
            hidden: &[("client_id", "app")],
            target: None,
            client: "app",
            username: "jane",
            access: ACCESS,
            other_login: Some("/oauth/login?prompt=login"),
        };
        let post_back_form = PostBack {
            action: "https://app.example.com/cb",
            target: "https://app.example.com",
            fields: &[("code", "c")],
            place: Place::Site("app.example.com"),
        };
        let reset = ResetForm {
            status: StatusCode::OK,
            action: "/loginresetpassword",
            csrf: &csrf,
            hidden: &[],
            username: None,
            error: None,
        };
        let new_password = NewPasswordForm {
            status: StatusCode::OK,
            action: "/loginresetpassword/token",
            csrf: &csrf,
            username: None,
            error: None,
        };
        let links = [("/login.html", "log-in")];
        let pages = [
            login_form(language, &form(&csrf)),
            password_form(language, &password),
            consent_form(language, &consent),
            message(language, StatusCode::OK, "not-logged-in", &[], &links),
            recovery_codes(language, StatusCode::OK, &["a"], None),
            reset_form(language, &reset),
            new_password_form(language, &new_password),
            post_back(language, &post_back_form),
            failure(
                language,
                &Failure::BadRequest("the field x is missing".to_owned()),
            ),
        ];
        let statuses: Vec<u16> = pages.iter().map(|page| page.status().as_u16()).collect();
        assert_eq!(statuses, [200, 400, 200, 200, 200, 200, 200, 200, 400]);
        for page in pages {
            let html = body(page).await;
            assert!(html.contains(&format!("<html lang=\"{}\">", language.tag())));
            let (_, title) = html.split_once("<h1>").unwrap();
            let (title, _) = title.split_once("</h1>").unwrap();
            assert!(!title.is_empty() && !title.contains('.'), "{title}");
        }
    }
}

const ACCESS: Access<'static> = Access {
    scope: "map openid profile email admin",
    place: Place::Program("127.0.0.1:7070"),
};

#[tokio::test]
async fn what_a_program_asks_for_and_where_it_leads_is_told() {
    let csrf = csrf();
    for language in Language::ALL {
        let login = LoginForm {
            access: Some(ACCESS),
            ..form(&csrf)
        };
        let consent = ConsentForm {
            action: "/oauth/login",
            csrf: &csrf,
            hidden: &[("asked", "x")],
            target: None,
            client: "app",
            username: "jane",
            access: ACCESS,
            other_login: Some("/oauth/login?a=\"&prompt=login"),
        };
        let consent = body(consent_form(language, &consent)).await;
        let other = format!(
            "href=\"/oauth/login?a=&#34;&#38;prompt=login&#38;lang={}\"",
            language.tag()
        );
        assert!(consent.contains(&other), "{consent}");
        for html in [body(login_form(language, &login)).await, consent] {
            assert_eq!(html.matches("<li>").count(), 5, "{html}");
            assert!(
                html.contains("(127.0.0.1:7070)") && !html.contains("scope-"),
                "{html}"
            );
        }
    }
}

#[tokio::test]
async fn an_answer_is_posted_to_the_program_and_nowhere_else() {
    let form = PostBack {
        action: "https://app.example.com/cb?a=\"b",
        target: "https://app.example.com",
        fields: &[("code", "c.d"), ("state", "\"><script>")],
        place: Place::Site("app.example.com"),
    };
    let parts = http::Request::get("/oauth/login?x=1")
        .body(())
        .unwrap()
        .into_parts()
        .0;
    let response = post_back(Reader::of(&parts), &form);
    let policy = response.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.contains("; form-action https://app.example.com; "),
        "{policy}"
    );
    assert_eq!(response.headers()["referrer-policy"], "no-referrer");
    assert_eq!(response.headers()["cache-control"], "private, no-store");
    let html = body(response).await;
    assert!(
        html.contains("<form method=\"post\" action=\"https://app.example.com/cb?a=&#34;b\">"),
        "{html}"
    );
    assert!(input(&html, "code").contains("value=\"c.d\"") && !html.contains("<script"));
    assert!(html.contains("<button type=\"submit\"") && !html.contains("hreflang"));
}

/// The `input` of that name, as it is written.
fn input<'a>(html: &'a str, name: &str) -> &'a str {
    let inputs = html.split("<input").skip(1);
    let mut named = inputs.filter(|input| input.contains(&format!(" name=\"{name}\"")));
    let found = named
        .next()
        .unwrap_or_else(|| panic!("no field {name} in {html}"));
    assert!(named.next().is_none(), "two fields {name}");
    found.split('>').next().unwrap()
}

fn password_form_of<'a>(csrf: &'a Csrf, code: CodeField<'a>) -> PasswordForm<'a> {
    PasswordForm {
        status: StatusCode::OK,
        action: "/loginchangepassword",
        csrf,
        hidden: &[],
        target: None,
        username: Some("jane"),
        whose: Whose::Known,
        must_change: false,
        asks_new_password: true,
        code,
        error: None,
    }
}

#[tokio::test]
async fn a_page_reached_by_get_offers_the_other_languages() {
    let csrf = csrf();
    let of = |method| {
        let request = http::Request::builder()
            .method(method)
            .uri("/login.html?came_from=/a%22b&lang=de");
        request.body(()).unwrap().into_parts().0
    };
    let parts = of("GET");
    let html = body(login_form(Reader::of(&parts), &form(&csrf))).await;
    assert!(
        html.contains("href=\"?came_from=/a%22b&#38;lang=fr\" lang=\"fr\" hreflang=\"fr\">Français"),
        "{html}"
    );
    assert!(html.contains("hreflang=\"de\" aria-current=\"true\">Deutsch"));
    assert_eq!(html.matches(" aria-current=").count(), 1);
    let parts = of("POST");
    let html = body(login_form(Reader::of(&parts), &form(&csrf))).await;
    assert!(html.contains("<html lang=\"de\">") && !html.contains("hreflang"));
}

#[test]
fn a_failure_keeps_its_status_and_headers() {
    for (fault, status) in [
        (Failure::Unavailable, 503),
        (Failure::TooLarge, 413),
        (Failure::NotFound, 404),
    ] {
        let response = failure(Language::Italian, &fault);
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
        assert_eq!(
            response.headers()["content-security-policy"]
                .to_str()
                .unwrap()
                .matches("form-action 'none'")
                .count(),
            1
        );
    }
    assert_eq!(
        failure(Language::Italian, &Failure::Unavailable).headers()["retry-after"],
        "5"
    );
}

//! What each form asks, and how.

use super::*;

#[tokio::test]
async fn a_login_asks_for_a_code_only_where_second_factors_are_on_and_lets_it_be_empty() {
    let csrf = csrf();
    let html = body(login_form(Language::English, &form(&csrf))).await;
    assert!(!html.contains("otp"));
    let form = LoginForm {
        asks: Asks::PasswordAndCode,
        error: Some(FieldError {
            text: "wrong-login",
            field: "password",
        }),
        ..form(&csrf)
    };
    let html = body(login_form(Language::English, &form)).await;
    let code = input(&html, "otp");
    assert!(code.contains("autocomplete=\"one-time-code\"") && code.contains("inputmode=\"text\""));
    assert!(code.contains("autocapitalize=\"none\"") && code.contains("spellcheck=\"false\""));
    assert!(
        code.contains("aria-describedby=\"otp-hint\"") && !code.contains("required"),
        "{code}"
    );
    let places =
        ["id=\"login\"", "id=\"password\"", "id=\"otp\"", "<button"].map(|part| html.find(part).unwrap());
    assert!(places.is_sorted(), "{places:?}");
    assert!(html.contains("the password or the code is wrong"), "{html}");
    assert!(html.contains("<title>Error: Log in</title>"));
}

#[tokio::test]
async fn a_change_of_password_asks_for_what_it_needs() {
    let csrf = csrf();
    let form = password_form_of(&csrf, CodeField::None);
    let html = body(password_form(Language::English, &form)).await;
    assert!(!html.contains("otp") && html.contains("<h1>Change password</h1>"));
    let form = password_form_of(&csrf, CodeField::Asked);
    let html = body(password_form(Language::English, &form)).await;
    let code = input(&html, "otp");
    assert!(
        code.contains(" required") && code.contains("inputmode=\"text\""),
        "{code}"
    );
    assert!(!html.contains("<svg class=\"qr\"") && html.contains("<h1>Change password</h1>"));
}

#[tokio::test]
async fn an_enrolment_shows_the_secret_in_three_ways_and_asks_for_the_first_code() {
    let csrf = csrf();
    let form = PasswordForm {
        must_change: true,
        ..password_form_of(&csrf, CodeField::Enrol(ENROLMENT))
    };
    let html = body(password_form(Language::English, &form)).await;
    // Four modules of white on each side.
    assert!(
        html.contains("viewBox=\"-4 -4 29 29\" role=\"img\" aria-label=\"QR code"),
        "{html}"
    );
    assert!(html.contains("shape-rendering=\"crispEdges\"><path d=\"M0 0h1v1h-1z\"/>"));
    assert!(html.contains("<span>ABCD</span><wbr><span>EFGH</span><wbr><span>IJ</span><wbr>"));
    assert!(html.contains("href=\"otpauth://totp/a:b?secret=ABCDEFGHIJ&#38;issuer=a\""));
    let code = input(&html, "otp");
    assert!(
        code.contains(" required") && code.contains("inputmode=\"numeric\""),
        "{code}"
    );
    for field in ["oldPassword", "newPassword", "confirmNewPassword"] {
        assert!(input(&html, field).contains(" required"));
    }
    assert!(html.contains("set by an administrator") && html.contains("<h1>Password and second factor</h1>"));
    assert!(
        !format!("{form:?}").contains("ABCDEFGHIJ"),
        "a secret must not be printed"
    );
}

#[tokio::test]
async fn an_enrolment_asks_no_new_password_of_whom_a_directory_knows() {
    let csrf = csrf();
    let form = PasswordForm {
        asks_new_password: false,
        error: Some(FieldError {
            text: "missing-code",
            field: "otp",
        }),
        ..password_form_of(&csrf, CodeField::Enrol(ENROLMENT))
    };
    let html = body(password_form(Language::English, &form)).await;
    assert!(!html.contains("newPassword") && !html.contains("confirmNewPassword"));
    assert!(html.contains("<label for=\"oldPassword\">Password</label>"));
    let code = input(&html, "otp");
    assert!(
        code.contains("aria-invalid=\"true\" aria-describedby=\"error otp-hint\" autofocus"),
        "{code}"
    );
    assert!(html.contains("<h1>Second factor</h1>") && html.contains("href=\"#otp\""));
}

#[tokio::test]
async fn recovery_codes_are_a_list_and_lead_on() {
    let next = Some(("/login.html?came_from=/a&b", "continue"));
    let page = recovery_codes(Language::French, StatusCode::OK, &["ab<cd", "ef-gh"], next);
    let headers = page.headers().clone();
    assert_eq!(headers["cache-control"], "private, no-store");
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("form-action 'none'") && !headers.contains_key("set-cookie"));
    let html = body(page).await;
    assert!(
        html.contains("<li><code>ab&#60;cd</code></li>\n<li><code>ef-gh</code></li>"),
        "{html}"
    );
    assert!(html.contains("href=\"/login.html?came_from=/a&#38;b\">Continuer</a>"));
    let html = body(recovery_codes(Language::French, StatusCode::OK, &["x"], None)).await;
    assert!(!html.contains("class=\"button\""));
}

#[tokio::test]
async fn whoever_forgot_a_password_gives_a_name_or_an_address() {
    let csrf = csrf();
    let form = ResetForm {
        status: StatusCode::BAD_REQUEST,
        action: "/loginresetpassword",
        csrf: &csrf,
        hidden: &[("x", "\"y")],
        username: Some("a\"><b>"),
        error: Some(FieldError {
            text: "missing-username",
            field: "login",
        }),
    };
    let page = reset_form(Language::Italian, &form);
    assert_eq!(page.status(), 400);
    assert_eq!(page.headers()["referrer-policy"], "same-origin");
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("form-action 'self';"));
    let html = body(page).await;
    assert!(html.contains("action=\"/loginresetpassword?lang=it\"") && !html.contains("<b>"));
    let login = input(&html, "login");
    assert!(
        login.contains(" required") && login.contains("value=\"a&#34;"),
        "{login}"
    );
    assert!(login.contains("aria-invalid=\"true\" aria-describedby=\"error\" autofocus"));
    assert!(input(&html, "csrf_token").contains(&csrf.token) && input(&html, "x").contains("&#34;y"));
}

#[tokio::test]
async fn the_address_of_a_mails_link_goes_nowhere() {
    let csrf = csrf();
    let form = NewPasswordForm {
        status: StatusCode::OK,
        action: "/loginresetpassword/token",
        csrf: &csrf,
        username: Some("<jane>"),
        error: None,
    };
    let page = new_password_form(Language::English, &form);
    assert_eq!(page.headers()["referrer-policy"], "no-referrer");
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("form-action 'self';"));
    let html = body(page).await;
    // What the browser goes by: never more than the origin, which the form's own POST needs.
    assert!(html.contains("<meta name=\"referrer\" content=\"strict-origin\">"));
    for field in ["newPassword", "confirmNewPassword"] {
        let field = input(&html, field);
        assert!(
            field.contains(" required") && field.contains("autocomplete=\"new-password\""),
            "{field}"
        );
    }
    assert!(!html.contains("oldPassword") && !html.contains("name=\"login\"") && !html.contains("<jane>"));
    assert!(input(&html, "csrf_token").contains(&csrf.token));
}

//! The pages, and how a visitor gets to each.

use super::Page;
use super::Step::{BadToken, Connect, Enrol, LogIn, Open, OpenLink, Post};

/// What everyone comes across.
pub const PAGES: &[Page] = &[
    ("login", "log-in", &[Open("/login.html")]),
    ("login-known", "log-in", &[LogIn("jane"), Open("/login.html")]),
    ("login-wrong", "log-in", &[Open("/login.html"), Post(WRONG)]),
    ("login-long-name", "log-in", &[Open("/login.html"), Post(LONG)]),
    (
        "login-expired",
        "form-expired.title",
        &[Open("/login.html"), BadToken, Post(WRONG)],
    ),
    (
        "bad-way-back",
        "bad-request.title",
        &[Open("/login.html?came_from=//evil.example.com")],
    ),
    ("password", "change-password", &[Open("/loginchangepassword")]),
    (
        "password-known",
        "change-password",
        &[LogIn("jane"), Open("/loginchangepassword")],
    ),
    (
        "password-first",
        "change-password",
        &[Open("/login.html"), Post(NEWCOMER)],
    ),
    (
        "password-wrong",
        "change-password",
        &[Open("/loginchangepassword"), Post(WRONG_OLD)],
    ),
    (
        "password-differs",
        "change-password",
        &[Open("/loginchangepassword"), Post(DIFFERENT)],
    ),
    (
        "password-changed",
        "password-changed.title",
        &[Open("/loginchangepassword"), Post(CHANGE)],
    ),
    ("not-logged-in", "not-logged-in.title", &[Open("/notlogin")]),
    ("account-stranger", "log-in", &[Open("/account")]),
    ("account", "account", &[LogIn("joe"), Open("/account")]),
    (
        "account-programs",
        "account",
        &[
            Connect("jane"),
            Connect("jane"),
            LogIn("jane"),
            Open("/account?done=revoke"),
        ],
    ),
    (
        "account-qgis",
        "qgis.title",
        &[LogIn("jane"), Open("/account/qgis")],
    ),
    ("oauth-login", "log-in", &[Open(AUTHORIZE)]),
    ("oauth-wrong", "log-in", &[Open(AUTHORIZE), Post(WRONG)]),
    (
        "oauth-consent",
        "consent.title",
        &[LogIn("jane"), Open(AUTHORIZE_PUBLIC)],
    ),
    (
        "oauth-unknown-client",
        "unknown-client.title",
        &[Open("/oauth/login?client_id=nobody")],
    ),
    (
        "oauth-unknown-redirect",
        "unknown-redirect.title",
        &[Open(REDIRECT_EVIL)],
    ),
    ("oauth-restart-qgis", "restart-qgis.title", &[Open(REDIRECT_ZERO)]),
];

/// What one comes across where second factors are on, and passwords are reset by a link.
pub const ACCOUNT_PAGES: &[Page] = &[
    ("code", "log-in", &[Open("/login.html"), Post(WRONG_CODE)]),
    (
        "enrolment",
        "password-and-second-factor",
        &[Open("/login.html"), Post(NEWCOMER)],
    ),
    (
        "enrolment-wrong",
        "password-and-second-factor",
        &[Open("/login.html"), Post(NEWCOMER), Post(FIRST_CODE)],
    ),
    (
        "recovery-codes",
        "recovery-codes.title",
        &[Open("/login.html"), Post(NEWCOMER), Enrol("first-newcomer")],
    ),
    (
        "account-second-factor",
        "account",
        &[
            Open("/login.html"),
            Post(NEWCOMER2),
            Enrol("first-newcomer2"),
            Open("/account"),
        ],
    ),
    ("reset", "forgot-password", &[Open("/loginresetpassword")]),
    (
        "reset-requested",
        "reset-requested.title",
        &[Open("/loginresetpassword"), Post(FORGOTTEN)],
    ),
    ("reset-link", "choose-password", &[OpenLink]),
    (
        "reset-link-differs",
        "choose-password",
        &[OpenLink, Post(DIFFERENT_NEW)],
    ),
    (
        "reset-done",
        "password-reset-done.title",
        &[OpenLink, Post(SAME_NEW)],
    ),
    (
        "reset-link-invalid",
        "reset-link-invalid.title",
        &[Open("/loginresetpassword/of-yesterday")],
    ),
];

const WRONG_CODE: &[(&str, &str)] = &[("login", "jane"), ("password", "wrong"), ("otp", "123456")];
const FIRST_CODE: &[(&str, &str)] = &[
    ("oldPassword", "first-newcomer"),
    ("newPassword", "a stone in the brook"),
    ("confirmNewPassword", "a stone in the brook"),
    ("otp", "1"),
];
const FORGOTTEN: &[(&str, &str)] = &[("login", "jane")];
const DIFFERENT_NEW: &[(&str, &str)] = &[
    ("newPassword", "a stone in the brook"),
    ("confirmNewPassword", "a stone in the broom"),
];
const SAME_NEW: &[(&str, &str)] = &[
    ("newPassword", "a stone in the brook"),
    ("confirmNewPassword", "a stone in the brook"),
];

const WRONG: &[(&str, &str)] = &[("login", "jane"), ("password", "wrong")];
const LONG: &[(&str, &str)] = &[
    (
        "login",
        "Bundesverwaltungsgerichtspräsidentinnenstellvertretung@geoinformation.example.com",
    ),
    ("password", "wrong"),
];
const NEWCOMER2: &[(&str, &str)] = &[("login", "newcomer2"), ("password", "first-newcomer2")];
const NEWCOMER: &[(&str, &str)] = &[("login", "newcomer"), ("password", "first-newcomer")];
const WRONG_OLD: &[(&str, &str)] = &[
    ("login", "jane"),
    ("oldPassword", "wrong"),
    ("newPassword", "a stone in the brook"),
    ("confirmNewPassword", "a stone in the brook"),
];
const DIFFERENT: &[(&str, &str)] = &[
    ("login", "jane"),
    ("oldPassword", "lindmatt-jane"),
    ("newPassword", "a stone in the brook"),
    ("confirmNewPassword", "a stone in the broom"),
];
const CHANGE: &[(&str, &str)] = &[
    ("login", "changer"),
    ("oldPassword", "lindmatt-changer"),
    ("newPassword", "a stone in the brook"),
    ("confirmNewPassword", "a stone in the brook"),
];
const AUTHORIZE: &str = "/oauth/login?response_type=code&client_id=many&redirect_uri=http://127.0.0.1:7070/";
const AUTHORIZE_PUBLIC: &str = "/oauth/login?response_type=code&client_id=public&redirect_uri=http://127.0.0.1:7070/\
     &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

const REDIRECT_EVIL: &str =
    "/oauth/login?response_type=code&client_id=many&redirect_uri=https://evil.example.com/";
const REDIRECT_ZERO: &str = "/oauth/login?response_type=code&client_id=many&redirect_uri=http://127.0.0.1:0/";

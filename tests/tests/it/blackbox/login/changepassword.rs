//! `POST /loginchangepassword`.

use std::sync::Arc;

use mapgate_tests::Site;
use serde_json::json;

everywhere!(
    a_newcomer_enters_by_changing_it,
    a_change_ends_all_that_was_before,
    a_bad_new_password_is_refused,
    a_wrong_old_one_is_401,
    a_missing_field_is_named,
    the_page_changes_it,
);

fn fields<'a>(login: &'a str, old: &'a str, new: &'a str) -> [(&'a str, &'a str); 4] {
    [
        ("login", login),
        ("oldPassword", old),
        ("newPassword", new),
        ("confirmNewPassword", new),
    ]
}

async fn a_newcomer_enters_by_changing_it(site: Arc<Site>) {
    let (actor, new) = (site.anonymous(), "a meadow of one's own");
    let answer = actor
        .post(
            "/loginchangepassword",
            &fields("newcomer2", "first-newcomer2", new),
        )
        .await;
    assert_eq!(
        answer.is(200, "newcomer2").json()["roles"],
        json!([{"name": "editor", "id": 101}])
    );
    actor
        .get("/loginuser")
        .await
        .is(200, "\"username\":\"newcomer2\"");
    site.anonymous()
        .post(
            "/login",
            &[("login", "newcomer2"), ("password", "first-newcomer2")],
        )
        .await
        .is(401, "error");
    let again = site.anonymous();
    again
        .post("/login", &[("login", "newcomer2"), ("password", new)])
        .await
        .is(200, "display_name");
    assert!(again.cookie("auth_tkt").is_some());
}

async fn a_change_ends_all_that_was_before(site: Arc<Site>) {
    let (before, here) = (site.user("changer").await, site.user("changer").await);
    let grant = site.grant("many", "changer").await;
    let qgis = site
        .anonymous()
        .authorized(format!("Bearer {}", grant.access_token));
    qgis.get("/loginuser").await.is(200, "changer");

    // Who is logged in may leave the name out.
    let new = "a different meadow";
    let change = [
        ("oldPassword", "lindmatt-changer"),
        ("newPassword", new),
        ("confirmNewPassword", new),
    ];
    here.post("/loginchangepassword", &change)
        .await
        .is(200, "changer");

    here.get("/loginuser").await.is(200, "\"username\":\"changer\"");
    assert_eq!(before.get("/loginuser").await.json()["username"], json!(null));
    qgis.get("/loginuser").await.is(401, "error");
    site.refresh("many", &grant.refresh_token)
        .await
        .is(400, "invalid_grant");
}

async fn a_bad_new_password_is_refused(site: Arc<Site>) {
    let actor = site.anonymous();
    let long = "x".repeat(257);
    for new in [
        "short",
        "lindmatt-joe",
        "joe",
        "password",
        "12345678",
        "qwertyuiop",
        long.as_str(),
        "",
    ] {
        let answer = actor
            .post("/loginchangepassword", &fields("joe", "lindmatt-joe", new))
            .await;
        answer.is(400, "error").has("set-cookie", None);
    }
    let mut differing = fields("joe", "lindmatt-joe", "a meadow of joe's");
    differing[3].1 = "a meadow of jane's";
    actor
        .post("/loginchangepassword", &differing)
        .await
        .is(400, "error");
    // None of them changed anything.
    site.user("joe").await.get("/loginuser").await.is(200, "joe");
}

async fn a_wrong_old_one_is_401(site: Arc<Site>) {
    let actor = site.anonymous();
    let wrong = actor
        .post(
            "/loginchangepassword",
            &fields("joe", "wrong", "a meadow of joe's"),
        )
        .await;
    let unknown = actor
        .post(
            "/loginchangepassword",
            &fields("nobody", "wrong", "a meadow of nobody's"),
        )
        .await;
    let gone = actor
        .post(
            "/loginchangepassword",
            &fields("gone", "lindmatt-gone", "a meadow of nobody's"),
        )
        .await;
    wrong.is(401, "error").has("set-cookie", None);
    assert_eq!((&unknown.status, &unknown.body), (&wrong.status, &wrong.body));
    assert_eq!((&gone.status, &gone.body), (&wrong.status, &wrong.body));
}

async fn a_missing_field_is_named(site: Arc<Site>) {
    for missing in 0..4 {
        let mut fields = fields("joe", "lindmatt-joe", "a meadow of joe's").to_vec();
        let (name, _) = fields.remove(missing);
        site.anonymous()
            .post("/loginchangepassword", &fields)
            .await
            .is(400, name);
    }
}

async fn the_page_changes_it(site: Arc<Site>) {
    let browser = site.anonymous();
    let page = browser.get("/loginchangepassword").await;
    let token = mapgate_tests::csrf_token(page.is(200, "<form"));
    let mut fields = fields("changer2", "lindmatt-changer2", "a third meadow").to_vec();
    fields.push(("csrf_token", "wrong"));
    browser.post("/loginchangepassword", &fields).await.is(403, "");
    fields[4].1 = &token;
    let answer = browser.post("/loginchangepassword", &fields).await;
    assert!(
        [200, 303].contains(&answer.status.as_u16()),
        "{} {}",
        answer.status,
        answer.text()
    );
    browser.get("/loginuser").await.is(200, "changer2");
}

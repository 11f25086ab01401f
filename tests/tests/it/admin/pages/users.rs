//! `/admin/users`.

use http::Method;
use serde_json::json;

use super::super::{Desk, log_in};
use super::{Browser, hidden};

const JANE: [(&str, &str); 4] = [
    ("username", "jane"),
    ("display_name", "Jane"),
    ("email", "jane@example.com"),
    ("password", "first-of-jane"),
];

#[tokio::test]
async fn a_user_is_made_changed_copied_and_deleted() {
    let desk = Desk::new().await;
    let role = desk
        .create("/admin/api/roles", &json!({ "name": "editor" }))
        .await["id"]
        .clone();
    let browser = Browser::of(&desk).await;
    let tick = format!("roles-{role}");
    let fields = [&JANE[..], &[(&tick, "true"), ("expire_on", "2030-01-02T03:04")]].concat();
    let made = browser.send("/admin/new_user", &fields).await;
    let page = browser.follow(&made).await;
    assert!(page.body.contains("Created."), "{}", page.body);
    assert!(page.body.contains("value=\"2030-01-02T03:04\""), "{}", page.body);
    assert!(!page.body.contains("first-of-jane"));
    let path = made.header("location").split('?').next().unwrap().to_owned();
    let api = path.replace("/admin/", "/admin/api/");
    let jane = desk.get(&api).await.json();
    assert_eq!(
        (&jane["roles"], &jane["expire_on"], &jane["is_password_changed"]),
        (&json!(["editor"]), &json!("2030-01-02T03:04:00Z"), &json!(false))
    );

    // Nothing changes where nothing is typed.
    let kept = [
        &JANE[..3],
        &[(tick.as_str(), "true"), ("expire_on", "2030-01-02T03:04")],
    ]
    .concat();
    browser.send(&path, &kept).await;
    assert_eq!(desk.get(&api).await.json(), jane);
    let saved = browser.send(&path, &JANE[..2]).await;
    assert!(browser.follow(&saved).await.body.contains("Saved."));
    let changed = desk.get(&api).await.json();
    assert_eq!(
        (&changed["roles"], &changed["email"], &changed["expire_on"]),
        (&json!([]), &json!(null), &json!(null))
    );
    browser.send(&path, &kept).await;

    let id = path.rsplit('/').next().unwrap();
    let copy = browser.get(&format!("/admin/new_user?copy={id}")).await;
    assert!(
        copy.body.contains("value=\"2030-01-02T03:04\"") && copy.body.contains("checked"),
        "{}",
        copy.body
    );
    assert!(!copy.body.contains("jane"), "{}", copy.body);

    let question = browser.get(&format!("{path}/delete")).await;
    assert!(question.body.contains("jane"), "{}", question.body);
    let deleted = browser.send(&format!("{path}/delete"), &[]).await;
    assert!(browser.follow(&deleted).await.body.contains("Deleted."));
    assert_eq!(desk.get(&api).await.status, 404);
}

#[tokio::test]
async fn what_is_wrong_stands_at_its_field_and_what_was_typed_stays() {
    let desk = Desk::new().await;
    let browser = Browser::of(&desk).await;
    let fields = [
        ("username", "jane"),
        ("email", "<nowhere>"),
        ("password", "short"),
        ("expire_on", "tomorrow"),
        ("deactivated", "true"),
    ];
    let answer = browser.send("/admin/new_user", &fields).await;
    assert_eq!(answer.status, 422);
    for part in [
        "<title>Error: New user",
        "role=\"alert\"",
        "href=\"#email\"",
        "value=\"jane\"",
        "value=\"&#60;nowhere&#62;\"",
        "aria-describedby=\"email-wrong\"",
        "id=\"password-wrong\"",
        "id=\"expire_on-wrong\"",
        "value=\"tomorrow\"",
    ] {
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
    assert!(!answer.body.contains("short\""), "a password is not shown again");
    let answer = browser.send("/admin/new_user", &[("username", "ADA")]).await;
    assert_eq!(answer.status, 409);
    assert!(answer.body.contains("There is a user of this name"));
    // In the language of the page, and with nothing of the database.
    let answer = browser
        .send("/admin/new_user?lang=de", &[("username", "ada")])
        .await;
    assert_eq!(answer.status, 409);
    assert!(answer.body.contains("<html lang=\"de\">"));
}

#[tokio::test]
async fn two_at_once_are_told_and_nothing_is_lost() {
    let desk = Desk::new().await;
    let browser = Browser::of(&desk).await;
    let made = browser.send("/admin/new_user", &JANE).await;
    let path = made.header("location").split('?').next().unwrap().to_owned();
    let stale = browser.get(&path).await;
    let other = [("username", "jane"), ("display_name", "Other")];
    assert_eq!(browser.send(&path, &other).await.status, 303);

    let (token, etag) = (hidden(&stale, "csrf_token"), hidden(&stale, "etag"));
    let typed = [
        ("csrf_token", token.as_str()),
        ("etag", &etag),
        ("username", "jane"),
        ("display_name", "Mine"),
    ];
    let answer = browser.post(&path, &typed).await;
    assert_eq!(answer.status, 412);
    assert!(answer.body.contains("Somebody changed this") && answer.body.contains("value=\"Mine\""));
    let api = path.replace("/admin/", "/admin/api/");
    assert_eq!(desk.get(&api).await.json()["display_name"], "Other");
    // Without a tag at all it is no form of ours.
    let answer = browser.post(&path, &[typed[0], typed[2], typed[3]]).await;
    assert_eq!(answer.status, 412);
    // Saving once more, after having been told, does it.
    let fresh = hidden(&answer, "etag");
    let typed = [typed[0], ("etag", &fresh), typed[2], typed[3]];
    assert_eq!(browser.post(&path, &typed).await.status, 303);
    assert_eq!(desk.get(&api).await.json()["display_name"], "Mine");

    let stale = [("csrf_token", token.as_str()), ("etag", &etag)];
    let answer = browser.post(&format!("{path}/delete"), &stale).await;
    assert_eq!(answer.status, 412);
    assert_eq!(desk.get(&api).await.status, 200);
}

#[tokio::test]
async fn a_locked_user_is_unlocked_by_a_button() {
    let desk = Desk::with("  authentication: {max_consecutive_failures: 2}").await;
    let browser = Browser::of(&desk).await;
    let made = browser.send("/admin/new_user", &JANE).await;
    let path = made.header("location").split('?').next().unwrap().to_owned();
    for _ in 0..3 {
        log_in(&desk.test, "jane", "wrong").await;
    }
    let page = browser.get(&path).await;
    assert!(page.body.contains("name=\"unlock\""), "{}", page.body);
    let list = browser.get("/admin/users").await;
    assert!(list.body.contains("Deactivated: locked"), "{}", list.body);
    let kept = &JANE[..3];
    let off = [kept, &[("deactivated", "true")]].concat();
    let api = path.replace("/admin/", "/admin/api/");
    let state = async || {
        let jane = desk.get(&api).await.json();
        (jane["locked"] == true, jane["deactivated"] == true)
    };
    // Saving something else leaves the lock, and the tick is what is shown.
    browser.send(&path, kept).await;
    assert_eq!(state().await, (true, false));
    browser.send(&path, &off).await;
    assert_eq!(state().await, (true, true));
    browser
        .send(&path, &[&off[..], &[("unlock", "true")]].concat())
        .await;
    assert_eq!(state().await, (false, true), "what an administrator ticked stays");
    browser.send(&path, kept).await;
    assert_eq!(state().await, (false, false));
    assert!(!browser.get(&path).await.body.contains("name=\"unlock\""));
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let desk = Desk::new().await;
    let browser = Browser::of(&desk).await;
    let id = desk.get("/admin/api/users?search=ada").await.json()["items"][0]["id"].clone();
    let path = format!("/admin/users/{id}");
    let answer = browser.send(&path, &[("username", "ada")]).await;
    assert_eq!(answer.status, 409);
    assert!(answer.body.contains("The last administrator"), "{}", answer.body);
    let answer = browser.send(&format!("{path}/delete"), &[]).await;
    assert_eq!(answer.status, 409);
    assert!(answer.body.contains("The last administrator"), "{}", answer.body);
}

#[tokio::test]
async fn users_are_found_sorted_and_paged() {
    let desk = Desk::new().await;
    for at in 0..60 {
        let email = format!("m{:02}@example.com", 59 - at);
        let user = json!({ "username": format!("user{at:02}"), "email": email });
        desk.create("/admin/api/users", &user).await;
    }
    // The list follows the table.
    desk.ask(Method::GET, "/admin/api/users", None).await;
    let names = |body: &str| -> Vec<String> {
        let cells = body.split("<th scope=\"row\">").skip(1);
        let name = |cell: &str| {
            cell.split('>')
                .nth(1)
                .unwrap()
                .split('<')
                .next()
                .unwrap()
                .to_owned()
        };
        cells.map(name).collect()
    };
    let first = desk.get("/admin/users?search=USER").await;
    let found = names(&first.body);
    assert_eq!((found.len(), found[0].as_str()), (50, "user00"));
    assert!(!first.body.contains(">First<"));
    let next = first.body.split("<nav class=\"paging\"").nth(1).unwrap();
    let next = next.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
    let second = desk.get(&next.replace("&#38;", "&")).await;
    let found = names(&second.body);
    assert_eq!((found.len(), found[0].as_str()), (10, "user50"));
    assert!(second.body.contains(">First<") && !second.body.contains(">Next<"));

    let by_email = desk.get("/admin/users?sort=email&descending=true&search=m").await;
    assert_eq!(names(&by_email.body)[0], "user00");
    assert!(by_email.body.contains("aria-sort=\"descending\""));
    let nobody = desk.get("/admin/users?search=nobody").await;
    assert!(names(&nobody.body).is_empty() && nobody.body.contains("Nothing found."));
}

#[tokio::test]
async fn signing_out_everywhere_ends_every_ticket() {
    let desk = Desk::new().await;
    let browser = Browser::of(&desk).await;
    let fields = [&JANE[..], &[("is_password_changed", "true")]].concat();
    let made = browser.send("/admin/new_user", &fields).await;
    let path = made.header("location").split('?').next().unwrap().to_owned();
    let jane = log_in(&desk.test, "jane", "first-of-jane").await.cookies();
    assert_eq!(super::super::who(&desk.test, &jane).await, "jane");
    let sessions = format!("{path}/sessions");
    let ended = browser.send(&sessions, &[("everywhere", "true")]).await;
    assert!(
        browser
            .follow(&ended)
            .await
            .body
            .contains("Signed out everywhere.")
    );
    assert_eq!(super::super::who(&desk.test, &jane).await, json!(null));
    assert_eq!(browser.send(&sessions, &[("session", "x")]).await.status, 404);
}

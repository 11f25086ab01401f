//! Roles and functionalities.

use http::Method;
use mapgate_core::table::Event;
use serde_json::json;

use super::pages::Browser;
use super::{Desk, log_in};

#[tokio::test]
async fn a_role_brings_its_functionalities_and_takes_them_along() {
    let desk = Desk::new().await;
    let role = json!({ "name": "editor", "functionalities": { "default_basemap": ["aerial", "map"] } });
    let made = desk.create("/admin/api/roles", &role).await;
    let path = format!("/admin/api/roles/{}", made["id"]);
    let user = json!({
        "username": "jane", "roles": ["editor"], "is_password_changed": true, "password": "lindmatt jane"
    });
    desk.create("/admin/api/users", &user).await;
    let functionalities = async || {
        let answer = log_in(&desk.test, "jane", "lindmatt jane").await.json();
        (answer["roles"].clone(), answer["functionalities"].clone())
    };
    let of_role = json!([{ "id": made["id"], "name": "editor" }]);
    assert_eq!(
        functionalities().await,
        (of_role, role["functionalities"].clone())
    );

    let etag = desk.get(&path).await.header("etag").to_owned();
    let renamed = json!({ "name": "drawer", "functionalities": {} });
    let known = [("if-match", etag.as_str())];
    let answer = desk.ask_with(Method::PUT, &path, Some(&renamed), &known).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let entry = desk.newest_entry().await;
    assert_eq!(entry.event, Event::RoleChanged);
    assert_eq!(
        &*entry.details["functionalities_before"],
        "default_basemap=aerial, default_basemap=map"
    );
    assert_eq!(
        (&*entry.details["name_before"], &*entry.details["name_after"]),
        ("editor", "drawer")
    );
    assert_eq!(
        desk.ask_with(Method::DELETE, &path, None, &known).await.status,
        412
    );
    assert_eq!(functionalities().await.1, json!({}));

    assert_eq!(desk.ask(Method::DELETE, &path, None).await.status, 204);
    assert_eq!(functionalities().await.0, json!([]));
    assert_eq!(desk.get(&path).await.status, 404);
    let again = desk
        .create("/admin/api/roles", &json!({ "name": "drawer" }))
        .await;
    assert_ne!(again["id"], made["id"], "a number is never used again");
    assert_eq!(
        functionalities().await.0,
        json!([]),
        "nor does anyone get the new role"
    );
}

#[tokio::test]
async fn what_mapgate_refers_to_by_name_stays() {
    let desk = Desk::new().await;
    for role in desk.get("/admin/api/roles").await.json()["items"]
        .as_array()
        .unwrap()
    {
        assert_eq!(role["built_in"], true, "{role}");
        let path = format!("/admin/api/roles/{}", role["id"]);
        assert_eq!(desk.ask(Method::DELETE, &path, None).await.status, 409);
        let renamed = json!({ "name": "other" });
        assert_eq!(desk.ask(Method::PUT, &path, Some(&renamed)).await.status, 409);
        let filled = json!({ "name": role["name"], "functionalities": { "print_template": ["a4"] } });
        assert_eq!(desk.ask(Method::PUT, &path, Some(&filled)).await.status, 200);
    }
    let made = desk
        .create("/admin/api/roles", &json!({ "name": "editor" }))
        .await;
    let path = format!("/admin/api/roles/{}", made["id"]);
    let taken = json!({ "name": "registered" });
    assert_eq!(desk.ask(Method::PUT, &path, Some(&taken)).await.status, 409);
    assert_eq!(
        desk.ask(Method::POST, "/admin/api/roles", Some(&taken))
            .await
            .status,
        409
    );
}

#[tokio::test]
async fn of_fifty_roles_at_once_of_one_name_one_is_made() {
    let desk = Desk::new().await;
    let role = json!({ "name": "editor" });
    let tries = (0..50).map(|_| desk.ask(Method::POST, "/admin/api/roles", Some(&role)));
    let answers = futures_util::future::join_all(tries).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 1);
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        assert!([409, 412].contains(&answer.status.as_u16()), "{}", answer.body);
    }
    let all = desk.get("/admin/api/roles").await.json();
    assert_eq!(all["items"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn functionalities_that_the_page_could_not_show_are_refused() {
    let desk = Desk::new().await;
    for functionalities in [
        json!({ "a=b": ["c"] }),
        json!({ "a": [] }),
        json!({ "a": [" b"] }),
        json!({ "": ["b"] }),
        json!({ "a": ["b\n"] }),
    ] {
        let asked = json!({ "name": "editor", "functionalities": functionalities });
        let answer = desk.ask(Method::POST, "/admin/api/roles", Some(&asked)).await;
        assert_eq!(answer.status, 422, "{functionalities}: {}", answer.body);
        assert_eq!(answer.json()["errors"][0]["pointer"], "/functionalities");
    }
    // What the page shows, it leaves when it is saved.
    let asked = json!({ "name": "editor", "functionalities": { "a": ["b=c", "", "b"], "b": ["x y"] } });
    let made = desk.create("/admin/api/roles", &asked).await;
    let browser = Browser::of(&desk).await;
    let path = format!("/admin/roles/{}", made["id"]);
    let lines = "a=b=c\r\na=\r\na=b\r\nb=x y";
    let fields = [("name", "editor"), ("functionalities", lines)];
    assert_eq!(browser.send(&path, &fields).await.status, 303);
    let api = path.replace("/admin/", "/admin/api/");
    assert_eq!(
        desk.get(&api).await.json()["functionalities"],
        asked["functionalities"]
    );
}

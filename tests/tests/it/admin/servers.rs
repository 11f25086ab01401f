//! OGC servers, their layers, the audit log and the mail queue.

use http::Method;
use mapgate_core::table::Event;
use serde_json::{Value, json};

use super::Desk;

fn server() -> Value {
    json!({
        "name": "main", "url": "http://127.0.0.1:8090/mapserv", "url_wfs": null, "type": "mapserver",
        "auth": "standard", "default_access": "private"
    })
}

#[tokio::test]
async fn a_server_and_its_layers_are_made_changed_and_deleted() {
    let desk = Desk::new().await;
    let role = desk
        .create("/admin/api/roles", &json!({ "name": "editor" }))
        .await;
    assert_eq!(desk.create("/admin/api/ogc_servers", &server()).await, server());
    let path = "/admin/api/ogc_servers/main";
    let layers = format!("{path}/layers");
    let parcels =
        json!({ "name": "topp:parcels/1", "public": false, "roles": ["editor"], "write_roles": [] });
    assert_eq!(desk.create(&layers, &parcels).await, parcels);
    assert_eq!(desk.ask(Method::POST, &layers, Some(&parcels)).await.status, 409);
    let layer = format!("{layers}/topp%3Aparcels%2F1");
    let etag = desk.get(&layer).await.header("etag").to_owned();
    let mut public = parcels.clone();
    (public["public"], public["roles"]) = (json!(true), json!([]));
    assert_eq!(desk.ask(Method::PUT, &layer, Some(&public)).await.json(), public);
    let entry = desk.newest_entry().await;
    assert_eq!(
        (entry.event, &*entry.details["layer"]),
        (Event::LayerChanged, "topp:parcels/1")
    );
    assert_eq!(
        (&*entry.details["roles_before"], &*entry.details["roles_after"]),
        ("editor", "")
    );
    let known = [("if-match", etag.as_str())];
    assert_eq!(
        desk.ask_with(Method::PUT, &layer, Some(&parcels), &known)
            .await
            .status,
        412
    );
    assert_eq!(
        desk.ask_with(Method::DELETE, &layer, None, &known).await.status,
        412
    );
    public["roles"] = json!(["editor"]);
    assert_eq!(desk.ask(Method::PUT, &layer, Some(&public)).await.status, 422);
    assert_eq!(desk.ask(Method::PUT, &layer, Some(&parcels)).await.status, 200);

    // A role that is gone opens nothing, and a later one of its name neither.
    desk.ask(Method::DELETE, &format!("/admin/api/roles/{}", role["id"]), None)
        .await;
    desk.create("/admin/api/roles", &json!({ "name": "editor" }))
        .await;
    assert_eq!(desk.get(&layer).await.json()["roles"], json!([]));

    let mut other = server();
    other["default_access"] = json!("public");
    assert_eq!(desk.ask(Method::PUT, path, Some(&other)).await.status, 200);
    let entry = desk.newest_entry().await;
    assert_eq!(
        (
            &*entry.details["default_access_before"],
            &*entry.details["default_access_after"]
        ),
        ("private", "public")
    );
    assert_eq!(desk.ask(Method::DELETE, path, None).await.status, 204);
    let entry = desk.newest_entry().await;
    assert_eq!(entry.event, Event::ServerDeleted);
    assert_eq!(entry.details["default_access_before"], "public");
    assert_eq!(
        entry.details["layers_before"],
        "topp:parcels/1: public=false, roles=, write_roles="
    );
    for path in [path, &layers, &layer] {
        assert_eq!(desk.get(path).await.status, 404, "{path}");
    }
    desk.create("/admin/api/ogc_servers", &server()).await;
    assert_eq!(desk.get(&layers).await.json()["items"], json!([]));
}

#[tokio::test]
async fn what_no_path_can_name_is_not_made() {
    let desk = Desk::new().await;
    desk.create("/admin/api/ogc_servers", &server()).await;
    for name in [".", ".."] {
        let mut other = server();
        other["name"] = json!(name);
        for (path, asked) in [
            ("/admin/api/ogc_servers", other),
            ("/admin/api/ogc_servers/main/layers", json!({ "name": name })),
            ("/admin/api/roles", json!({ "name": name })),
        ] {
            let answer = desk.ask(Method::POST, path, Some(&asked)).await;
            assert_eq!(answer.status, 422, "{path} {name}: {}", answer.body);
            assert_eq!(answer.json()["errors"][0]["pointer"], "/name");
        }
    }
}

#[tokio::test]
async fn a_backends_url_holds_no_password() {
    let desk = Desk::new().await;
    for url in [
        "ftp://a/",
        "http://",
        "x",
        "http://user:secret@maps/",
        "http://user@maps/",
        "",
    ] {
        let mut asked = server();
        asked["url"] = json!(url);
        let answer = desk
            .ask(Method::POST, "/admin/api/ogc_servers", Some(&asked))
            .await;
        assert_eq!(answer.status, 422, "{url}");
        assert!(!answer.body.contains("secret"));
    }
    // Nor a part of a request, which the map server could read in place of what the proxy checked.
    for (field, url, right) in [
        ("url", "http://maps/?SERVICE=WMS", false),
        ("url", "http://maps/?map=/x&l%61yers=parcels", false),
        ("url_wfs", "http://maps/?map=/x&TypeName=parcels", false),
        ("url_wfs", "http://maps/?map=/x&key=layers&dpiMode=7", true),
    ] {
        let mut asked = server();
        asked[field] = json!(url);
        let answer = desk
            .ask(Method::POST, "/admin/api/ogc_servers", Some(&asked))
            .await;
        assert_eq!(
            answer.status,
            if right { 201 } else { 422 },
            "{url}: {}",
            answer.body
        );
        assert_eq!(
            answer.body.contains(&format!("\"/{field}\"")),
            !right,
            "{}",
            answer.body
        );
    }
    assert_eq!(
        desk.ask(Method::POST, "/admin/api/ogc_servers", Some(&json!({})))
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn the_audit_log_is_read_by_day_and_the_queue_shows_no_address() {
    let desk = Desk::new().await;
    for number in 0..3 {
        desk.create("/admin/api/roles", &json!({ "name": format!("role{number}") }))
            .await;
        desk.test.clock.advance(std::time::Duration::from_millis(5));
    }
    let first = desk.get("/admin/api/audit?limit=2").await.json();
    let names = |page: &Value| {
        let entries = page["items"].as_array().unwrap().iter();
        entries
            .map(|entry| entry["details"]["name_after"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&first), ["role2", "role1"]);
    let day = &desk.test.clock.now().rfc3339()[..10];
    let next = first["next"].as_str().unwrap();
    let next = url::form_urlencoded::byte_serialize(next.as_bytes()).collect::<String>();
    let second = desk
        .get(&format!("/admin/api/audit?day={day}&after={next}&limit=1"))
        .await
        .json();
    assert_eq!(names(&second), ["role0"]);
    assert_eq!(second["items"][0]["details"]["by"], "ada");
    assert_eq!(desk.get("/admin/api/audit?day=yesterday").await.status, 422);
    assert_eq!(
        desk.get("/admin/api/audit?day=2020-01-01").await.json()["items"],
        json!([])
    );
    assert_eq!(
        desk.get("/admin/api/mails").await.json(),
        json!({ "items": [], "next": null })
    );
}

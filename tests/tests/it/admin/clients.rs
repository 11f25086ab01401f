//! OAuth2 clients.

use http::Method;
use mapgate_core::oauth::client_secret_verifies;
use mapgate_core::settings::Secret;
use mapgate_core::table::Event;
use serde_json::{Value, json};

use super::Desk;

fn qgis() -> Value {
    json!({ "client_id": "qgis", "redirect_uris": ["http://127.0.0.1:7070/"] })
}

async fn verifies(desk: &Desk, secret: &Value) -> bool {
    let client = desk
        .test
        .gate
        .table()
        .await
        .client("qgis")
        .await
        .unwrap()
        .unwrap();
    let secrets = desk.test.gate.secrets().await.unwrap();
    let secret = Secret::new(secret.as_str().unwrap());
    client_secret_verifies(&secrets, "qgis", &secret, &client.secret_hash.unwrap())
}

#[tokio::test]
async fn a_secret_is_shown_once_and_renewed() {
    let desk = Desk::new().await;
    let made = desk.create("/admin/api/oauth2_clients", &qgis()).await;
    let secret = made["client_secret"].clone();
    assert_eq!(secret.as_str().unwrap().len(), 43, "256 bits");
    assert!(verifies(&desk, &secret).await);
    let path = "/admin/api/oauth2_clients/qgis";
    let shown = desk.get(path).await;
    assert!(!shown.body.contains("secret"), "{}", shown.body);
    assert_eq!(shown.json(), made["client"]);
    let entry = desk.newest_entry().await;
    assert_eq!(
        (entry.event, &*entry.details["client_id"]),
        (Event::ClientCreated, "qgis")
    );
    assert!(!format!("{entry:?}").contains(secret.as_str().unwrap()));

    let answer = desk.ask(Method::POST, &format!("{path}/secret"), None).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(!verifies(&desk, &secret).await);
    assert!(verifies(&desk, &answer.json()["client_secret"]).await);
    assert_eq!(&*desk.newest_entry().await.details["secret"], "renewed");
}

#[tokio::test]
async fn a_client_is_changed_listed_and_deleted() {
    let desk = Desk::new().await;
    desk.create("/admin/api/oauth2_clients", &qgis()).await;
    let mut public = qgis();
    public["client_id"] = json!("https://maps.example.com/app");
    public["confidential"] = json!(false);
    let made = desk.create("/admin/api/oauth2_clients", &public).await;
    assert_eq!(
        (&made["client_secret"], &made["client"]["pkce_required"]),
        (&Value::Null, &json!(true))
    );
    let listed = desk.get("/admin/api/oauth2_clients?search=q").await.json();
    assert_eq!(listed["items"][0]["client_id"], "qgis");
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);

    let mut changed = qgis();
    (changed["scopes"], changed["single_session"]) = (json!(["map", "openid"]), json!(false));
    let path = "/admin/api/oauth2_clients/qgis";
    let etag = desk.get(path).await.header("etag").to_owned();
    let answer = desk.ask(Method::PUT, path, Some(&changed)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let entry = desk.newest_entry().await;
    assert_eq!(
        (&*entry.details["scopes_before"], &*entry.details["scopes_after"]),
        ("", "map, openid")
    );
    let known = [("if-match", etag.as_str())];
    assert_eq!(
        desk.ask_with(Method::PUT, path, Some(&changed), &known)
            .await
            .status,
        412
    );
    assert_eq!(
        desk.ask_with(Method::DELETE, path, None, &known).await.status,
        412
    );

    for (field, value) in [
        ("client_id", json!("other")),
        ("confidential", json!(false)),
        ("scopes", json!(["maps"])),
        ("redirect_uris", json!(["http://maps.example.com/"])),
    ] {
        let mut asked = qgis();
        asked[field] = value;
        let answer = desk.ask(Method::PUT, path, Some(&asked)).await;
        assert_eq!(answer.status, 422, "{}", answer.body);
        assert_eq!(answer.json()["errors"][0]["pointer"], format!("/{field}"));
    }
    assert_eq!(
        desk.ask(Method::POST, "/admin/api/oauth2_clients", Some(&qgis()))
            .await
            .status,
        409
    );
    assert_eq!(desk.ask(Method::DELETE, path, None).await.status, 204);
    let entry = desk.newest_entry().await;
    assert_eq!(entry.event, Event::ClientDeleted);
    for (field, before) in [
        ("scopes", "map, openid"),
        ("redirect_uris", "http://127.0.0.1:7070/"),
        ("single_session", "false"),
    ] {
        assert_eq!(
            entry.details.get(&format!("{field}_before")).map(String::as_str),
            Some(before),
            "{field}"
        );
    }
    for id in [".", "..", " qgis", "qgis "] {
        let mut asked = qgis();
        asked["client_id"] = json!(id);
        let answer = desk
            .ask(Method::POST, "/admin/api/oauth2_clients", Some(&asked))
            .await;
        assert_eq!(answer.status, 422, "{id}: {}", answer.body);
    }
    // An identifier that is a URI stands in one segment.
    let path = "/admin/api/oauth2_clients/https%3A%2F%2Fmaps.example.com%2Fapp";
    assert_eq!(desk.get(path).await.status, 200);
    assert_eq!(
        desk.ask(Method::POST, &format!("{path}/secret"), None)
            .await
            .status,
        409
    );
    assert_eq!(desk.ask(Method::DELETE, path, None).await.status, 204);
}

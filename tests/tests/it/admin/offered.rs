//! What an OGC server itself lists: taking its layers over, and who may do what with them.

use http::Method;
use serde_json::{Value, json};

use super::Desk;
use super::pages::Browser;
use crate::mapserver_proxy::backend::World;

const SERVER: &str = "/admin/api/ogc_servers/cadastre";
const IMPORT: &str = "/admin/ogc_servers/cadastre/import";

/// A desk with a server whose capabilities list roads, parcels, buildings, water and forest; parcels is listed here,
/// for editors, among whom is Jane.
async fn with_server(world: &World) -> Desk {
    let desk = Desk::new().await;
    let editor = desk
        .create("/admin/api/roles", &json!({ "name": "editor" }))
        .await;
    let id = mapgate_core::table::RoleId(editor["id"].as_i64().unwrap());
    desk.test.user("jane", super::PASSWORD, &[id], false).await;
    let server = json!({
        "name": "cadastre", "url": format!("{}/mapserv", world.url), "url_wfs": null, "type": "mapserver",
        "auth": "standard", "default_access": "private"
    });
    desk.create("/admin/api/ogc_servers", &server).await;
    let parcels =
        json!({ "name": "parcels", "public": false, "roles": ["editor"], "write_roles": ["editor"] });
    desk.create(&format!("{SERVER}/layers"), &parcels).await;
    desk
}

/// The number of the role.
async fn editor(desk: &Desk) -> i64 {
    let roles = desk.get("/admin/api/roles").await.json();
    let mut roles = roles["items"].as_array().unwrap().iter();
    let role = roles.find(|role| role["name"] == "editor").unwrap();
    role["id"].as_i64().unwrap()
}

async fn layers(desk: &Desk) -> Vec<Value> {
    let layers = desk.get(&format!("{SERVER}/layers")).await.json();
    layers["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn the_servers_own_layers_are_told_with_their_services() {
    let world = World::new("").await;
    let desk = with_server(&world).await;
    let told = desk.get(&format!("{SERVER}/offered_layers")).await;
    assert_eq!(told.status, 200, "{}", told.body);
    let told = told.json();
    let items = told["items"].as_array().unwrap();
    let names: Vec<&str> = items.iter().map(|item| item["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["roads", "parcels", "buildings", "water", "forest"]);
    assert_eq!(
        items[1],
        json!({ "name": "parcels", "services": ["WMS", "WFS"], "listed": true })
    );
    assert_eq!(items[0]["listed"], false);
    assert_eq!(
        desk.get("/admin/api/ogc_servers/nobody/offered_layers")
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn ticked_layers_are_taken_over_together_and_each_is_in_the_trail() {
    let world = World::new("").await;
    let desk = with_server(&world).await;
    let browser = Browser::of(&desk).await;
    let page = browser.get(IMPORT).await;
    assert_eq!(page.status, 200, "{}", page.body);
    // What is listed is not offered again.
    assert!(!page.body.contains("value=\"parcels\"") && page.body.contains("Listed already: 1."));
    let editor = editor(&desk).await;
    let names = [
        ("name-0", "roads"),
        ("name-1", "buildings"),
        ("name-2", "water"),
        ("name-3", "forest"),
    ];
    let nothing = browser.send(IMPORT, &names).await;
    assert_eq!(nothing.status, 422);
    assert!(nothing.body.contains("Nothing is ticked."));
    let role = format!("role-1-{editor}");
    let ticks = [("public-0", "true"), (role.as_str(), "true"), ("take-2", "true")];
    let done = browser.send(IMPORT, &[&names[..], &ticks].concat()).await;
    let page = browser.follow(&done).await;
    assert!(page.body.contains("Listed already: 4.") && page.body.contains("value=\"forest\""));
    assert!(!page.body.contains("value=\"water\""), "{}", page.body);
    let expected = [
        json!({ "name": "buildings", "public": false, "roles": ["editor"], "write_roles": [] }),
        json!({ "name": "parcels", "public": false, "roles": ["editor"], "write_roles": ["editor"] }),
        json!({ "name": "roads", "public": true, "roles": [], "write_roles": [] }),
        json!({ "name": "water", "public": false, "roles": [], "write_roles": [] }),
    ];
    assert_eq!(layers(&desk).await, expected);
    let trail = desk.get("/admin/api/audit").await.json();
    let made = trail["items"].as_array().unwrap().iter();
    let made = made.filter(|entry| entry["event"] == "layer_created");
    assert_eq!(made.count(), 4, "{trail}");

    // One that came meanwhile keeps all others back, and so does one that cannot be, or is there twice.
    for (fields, status, told) in [
        (
            vec![
                ("name-0", "water"),
                ("take-0", "true"),
                ("name-1", "forest"),
                ("take-1", "true"),
            ],
            409,
            "A layer of these was listed meanwhile.",
        ),
        (
            vec![
                ("name-0", "forest"),
                ("take-0", "true"),
                ("name-1", "forest"),
                ("take-1", "true"),
            ],
            409,
            "forest: There is a layer of this name.",
        ),
        (
            vec![("name-0", " forest"), ("take-0", "true")],
            422,
            " forest: It must have 1 to 255 bytes",
        ),
        (
            vec![("name-0", "forest"), ("public-0", "true"), ("role-0-1", "true")],
            422,
            "forest: A public layer is for everybody",
        ),
    ] {
        let refused = browser.send(IMPORT, &fields).await;
        assert_eq!(refused.status.as_u16(), status, "{fields:?}: {}", refused.body);
        assert!(refused.body.contains(told), "{told}: {}", refused.body);
    }
    assert_eq!(layers(&desk).await, expected);
}

#[tokio::test]
async fn a_server_is_seen_as_a_user_as_roles_and_as_a_stranger() {
    let world = World::new("").await;
    let desk = with_server(&world).await;
    let access = async |query: &str| desk.get(&format!("{SERVER}/access{query}")).await;
    let parcels = |told: &Value| {
        let mut layers = told["layers"].as_array().unwrap().iter();
        layers.find(|layer| layer["name"] == "parcels").unwrap().clone()
    };
    let open = json!({
        "name": "parcels",
        "read": { "allowed": true, "services": ["WMS", "WFS"], "because": "role", "roles": ["editor"] },
        "write": { "allowed": true, "services": ["WFS"], "because": "role", "roles": ["editor"] },
    });
    for (query, username) in [("?user=jane", json!("jane")), ("?roles=editor", Value::Null)] {
        let told = access(query).await;
        assert_eq!(told.status, 200, "{}", told.body);
        let told = told.json();
        assert_eq!(
            (&told["username"], parcels(&told)),
            (&username, open.clone()),
            "{query}"
        );
        assert_eq!(told["unread_services"], json!([]));
    }
    let stranger = access("").await.json();
    assert_eq!(stranger["roles"], json!(["anonymous"]));
    let closed = json!({ "allowed": false, "services": [], "because": "other_roles", "roles": ["editor"] });
    assert_eq!(parcels(&stranger)["read"], closed);
    for (query, status) in [
        ("?user=nobody", 422),
        ("?roles=nobody", 422),
        ("?user=jane&roles=editor", 400),
    ] {
        assert_eq!(access(query).await.status.as_u16(), status, "{query}");
    }

    let browser = Browser::of(&desk).await;
    let page = "/admin/ogc_servers/cadastre/access";
    let editor = editor(&desk).await;
    for (query, heading, link) in [
        ("?user=jane".to_owned(), "As jane", "access/wms?user=jane\""),
        (
            format!("?role-{editor}=true"),
            "With the roles editor",
            "access/wfs?roles=editor\"",
        ),
        (
            String::new(),
            "As a visitor who is not logged in",
            "/mapserv_proxy/cadastre/access/wms?roles=anonymous\"",
        ),
    ] {
        let seen = browser.get(&format!("{page}{query}")).await;
        assert_eq!(seen.status, 200, "{}", seen.body);
        for words in [heading, link, "parcels"] {
            assert!(seen.body.contains(words), "{words}: {}", seen.body);
        }
    }
    let both = browser.get(&format!("{page}?user=jane&role-{editor}=true")).await;
    assert_eq!(both.status, 422);
    assert!(both.body.contains("Either a user or roles.") && both.body.contains("value=\"jane\""));
}

#[tokio::test]
async fn a_server_that_cannot_be_read_is_said_so() {
    let world = World::new("").await;
    let desk = with_server(&world).await;
    let mut server = desk.get(SERVER).await.json();
    server["url"] = json!(format!("{}/broken", world.url));
    assert_eq!(desk.ask(Method::PUT, SERVER, Some(&server)).await.status, 200);
    let browser = Browser::of(&desk).await;
    for path in ["offered_layers", "access"] {
        let told = desk.get(&format!("{SERVER}/{path}")).await;
        assert_eq!(told.status, 502, "{}", told.body);
        assert_eq!(told.header("content-type"), "application/problem+json");
    }
    for path in ["import", "access"] {
        let told = browser.get(&format!("/admin/ogc_servers/cadastre/{path}")).await;
        assert_eq!(told.status, 502);
        assert!(told.body.contains("no list of layers"), "{}", told.body);
    }
}

/// With an audit entry each, they fill a transaction.
#[tokio::test]
async fn fifty_layers_are_taken_over_at_once_and_the_rest_on_the_next_page() {
    let world = World::new("").await;
    let desk = with_server(&world).await;
    let browser = Browser::of(&desk).await;
    let fields: Vec<(String, String)> = (0..51)
        .flat_map(|at| {
            [
                (format!("name-{at}"), format!("layer {at:02}")),
                (format!("take-{at}"), "true".to_owned()),
            ]
        })
        .collect();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(browser.send(IMPORT, &fields).await.status, 303);
    let made = layers(&desk).await;
    assert_eq!(made.len(), 51, "fifty, and the one that was there");
    assert!(made.iter().any(|layer| layer["name"] == "layer 49"));
}

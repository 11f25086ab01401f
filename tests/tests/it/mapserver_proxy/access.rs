//! `GET /mapserv_proxy/{ogcserver}/access`: who may ask, and what each is told.

use super::*;
use mapgate_core::table::{ROLE_ADMIN, RoleId};
use serde_json::{Value, json};

const ACCESS: &str = "/mapserv_proxy/main/access";

/// The world, and the ticket of its administrator, who is no editor.
async fn with_admin() -> (World, String) {
    let world = world().await;
    let admin = world.test.role(ROLE_ADMIN).await;
    world.test.user("root", "correct horse", &[admin], false).await;
    let cookie = world.ticket("root").await;
    (world, cookie)
}

fn names(told: &Value) -> Vec<&str> {
    let layers = told["layers"].as_array().expect("layers");
    layers.iter().filter_map(|layer| layer["name"].as_str()).collect()
}

#[tokio::test]
async fn a_user_is_told_of_the_layers_they_may_read_and_of_no_other() {
    let world = world().await;
    let answer = world.jane(ACCESS).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), "private, no-store");
    assert_eq!(answer.header("content-type"), "application/json");
    let editor = json!([{"name": "editor", "id": world.editor.0}]);
    let expected = json!({
        "ogcserver": "main",
        "username": "jane",
        "active": true,
        "roles": [{"name": "anonymous", "id": 1}, {"name": "registered", "id": 3}, editor[0]],
        "layers": [
            {
                "name": "roads",
                "read": {"allowed": true, "services": ["WMS", "WFS"], "because": "public", "roles": []},
                "write": {"allowed": false},
            },
            {
                "name": "parcels",
                "read": {"allowed": true, "services": ["WMS", "WFS"], "because": "role", "roles": editor},
                "write": {"allowed": true, "services": ["WFS"], "because": "role", "roles": editor},
            },
        ],
        "unread_services": [],
    });
    assert_eq!(answer.json(), expected);
    world.test.user("joe", "correct horse", &[], false).await;
    let joe = world.ticket("joe").await;
    let answer = world.with_header(ACCESS, "cookie", &joe).await;
    assert_eq!(names(&answer.json()), ["roads"]);
    for hidden in ["parcels", "buildings", "water", "forest", "cadastre", "editor"] {
        assert!(!answer.body.contains(hidden), "{hidden}: {}", answer.body);
    }
    // Nothing of a user goes to the server.
    assert!(world.seen().is_empty());
}

#[tokio::test]
async fn what_is_told_is_what_the_proxy_does() {
    let (world, admin) = with_admin().await;
    let told = world.with_header(ACCESS, "cookie", &admin).await.json();
    let layers = told["layers"].as_array().expect("layers");
    assert_eq!(layers.len(), 5, "{told}");
    for layer in layers {
        let name = layer["name"].as_str().expect("a name");
        let expected = layer["read"]["allowed"].as_bool().expect("a verdict");
        for path in [
            map(name),
            format!("/mapserv_proxy/main?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=ms:{name}"),
        ] {
            let answer = world.with_header(&path, "cookie", &admin).await;
            assert_eq!(
                answer.status == StatusCode::OK,
                expected,
                "{path}: {}",
                answer.body
            );
        }
    }
}

#[tokio::test]
async fn an_administrator_is_told_of_every_layer_and_why_it_is_closed() {
    let (world, admin) = with_admin().await;
    let ask = async |query: &str| {
        let answer = world
            .with_header(&format!("{ACCESS}{query}"), "cookie", &admin)
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.body);
        answer.json()
    };
    let read = |told: &Value, name: &str| {
        let layers = told["layers"].as_array().expect("layers").iter();
        let mut found = layers.filter(|layer| layer["name"] == name);
        found.next().expect("the layer")["read"].clone()
    };
    let (editor, all) = (
        world.editor.0,
        ["roads", "parcels", "buildings", "water", "forest"],
    );
    let own = ask("").await;
    assert_eq!(names(&own), all);
    let closed = json!({"allowed": false, "services": [], "because": "other_roles",
        "roles": [{"name": "editor", "id": editor}]});
    assert_eq!(read(&own, "parcels"), closed);
    assert_eq!(read(&own, "water")["because"], "no_rule");
    assert_eq!(own["idle_rules"], json!([]));
    let jane = ask("?user=jane").await;
    assert_eq!(jane["username"], "jane");
    assert_eq!(read(&jane, "parcels")["because"], "role");
    for query in [
        "?roles=editor",
        "?Roles=registered,editor",
        "?roles=registered&roles=editor",
    ] {
        let told = ask(query).await;
        assert_eq!(told["username"], Value::Null);
        assert_eq!(read(&told, "parcels")["allowed"], true, "{query}");
    }
    let stranger = ask("?roles=anonymous").await;
    assert_eq!(stranger["roles"], json!([{"name": "anonymous", "id": 1}]));
    assert_eq!((names(&stranger).len(), read(&stranger, "parcels")), (5, closed));
    // A deactivated account has no identity.
    world.deactivate("jane").await;
    let gone = ask("?user=jane").await;
    assert_eq!(gone["active"], false);
    assert_eq!(gone["roles"], json!([{"name": "anonymous", "id": 1}]));
    assert_eq!(read(&gone, "parcels")["allowed"], false);
    for (query, named) in [
        ("?user=nobody", "the user is unknown"),
        ("?roles=editor,nosuch", "nosuch"),
        ("?user=jane&roles=editor", "either"),
        ("?user=jane&USER=root", "more than once"),
        ("?user=%ff", "UTF-8"),
    ] {
        let answer = world
            .with_header(&format!("{ACCESS}{query}"), "cookie", &admin)
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        let error = answer.json()["error"].as_str().expect("an error").to_owned();
        assert!(error.contains(named), "{query}: {error}");
    }
}

#[tokio::test]
async fn nobody_but_an_administrator_asks_for_others() {
    let world = world().await;
    let mut bodies = Vec::new();
    for query in [
        "?user=jane",
        "?user=nobody",
        "?roles=editor",
        "?roles=nosuch",
        "?USER=",
        "?roles",
    ] {
        let path = format!("{ACCESS}{query}");
        let answer = world.jane(&path).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{query}");
        bodies.push(answer.body);
        let answer = world.ask(&path).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{query}");
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
}

#[tokio::test]
async fn a_stranger_is_asked_to_log_in_and_told_nothing() {
    let world = world().await;
    for path in [
        ACCESS,
        "/mapserv_proxy/nosuch/access",
        "/mapserv_proxy/%ff/access",
    ] {
        let answer = world.ask(path).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        assert_eq!(answer.body, "{\"error\":\"nobody is logged in\"}");
    }
    let answer = world
        .with_header(ACCESS, "authorization", "Bearer nonsense")
        .await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        answer.header("www-authenticate"),
        "Bearer error=\"invalid_token\""
    );
    for path in ["/mapserv_proxy/nosuch/access", "/mapserv_proxy/%ff/access"] {
        let answer = world.jane(path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(
            answer.json()["error"]
                .as_str()
                .is_some_and(|text| text.contains("unknown"))
        );
    }
}

#[tokio::test]
async fn a_server_that_cannot_be_read_is_502_and_one_service_of_it_is_told() {
    let world = world().await;
    let answer = world.jane("/mapserv_proxy/broken/access").await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "{}", answer.body);
    assert!(answer.json()["error"].is_string());
    let mut half = world.record("half", "/mapserv");
    half.url_wfs = Some(format!("{}/broken", world.url));
    world.server(&half).await;
    let answer = world.jane("/mapserv_proxy/half/access").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let told = answer.json();
    assert_eq!(
        (names(&told), &told["unread_services"]),
        (vec!["roads", "parcels"], &json!(["WFS"]))
    );
    assert_eq!(told["layers"][1]["write"], json!({"allowed": false}));
    // Where groups close what is in them, nothing is known without them.
    half.default_access = DefaultAccess::Public;
    (half.url, half.url_wfs) = (format!("{}/broken", world.url), Some(half.url));
    world.server(&half).await;
    world.test.clock.advance(Duration::from_secs(61));
    let answer = world.jane("/mapserv_proxy/half/access").await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "{}", answer.body);
}

#[tokio::test]
async fn rules_that_fit_nothing_are_told_to_the_administrator() {
    let (world, admin) = with_admin().await;
    let record = world.record("main", "/mapserv?map=/srv/demo.map");
    let rule = |name: &str, roles: &[RoleId]| Layer {
        name: name.to_owned(),
        public: roles.is_empty(),
        roles: roles.iter().copied().collect(),
        write_roles: std::collections::BTreeSet::new(),
    };
    let rules = [
        rule("raods", &[]),
        rule("cadastre", &[]),
        rule("parcels", &[world.editor]),
    ];
    let table = world.test.gate.table().await;
    table.put_ogc_server(&record, &rules).await.expect("written");
    let told = world.with_header(ACCESS, "cookie", &admin).await.json();
    assert_eq!(told["idle_rules"], json!(["raods"]));
    let jane = world.jane(ACCESS).await;
    assert!(
        !jane.body.contains("raods") && !jane.body.contains("idle"),
        "{}",
        jane.body
    );
}

#[tokio::test]
async fn an_administrator_sees_the_capabilities_as_others_get_them_and_nobody_else_does() {
    let world = World::with("  hide_capabilities: false", &[("BASICAUTH", "true")]).await;
    let admin = world.test.role(ROLE_ADMIN).await;
    world
        .test
        .user("root", "correct horse", &[admin, world.editor], false)
        .await;
    let admin = world.ticket("root").await;
    let capabilities = async |query: &str| {
        world
            .with_header(&format!("{ACCESS}/{query}"), "cookie", &admin)
            .await
    };
    for service in ["wms", "wfs"] {
        for (who, sees) in [
            ("", true),
            ("?user=jane", true),
            ("?roles=editor", true),
            ("?roles=anonymous", false),
            ("?roles=registered", false),
        ] {
            let answer = capabilities(&format!("{service}{who}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{service}{who}: {}", answer.body);
            assert!(answer.body.contains("roads"), "{service}{who}: {}", answer.body);
            assert_eq!(
                answer.body.contains("parcels"),
                sees,
                "{service}{who}: {}",
                answer.body
            );
            assert!(!answer.body.contains("forest"), "{service}{who}");
            assert_eq!(answer.header("cache-control"), "private, no-store");
            assert!(answer.header("content-security-policy").contains("sandbox"));
        }
    }
    let own = world
        .jane("/mapserv_proxy/main?SERVICE=WMS&REQUEST=GetCapabilities&VERSION=1.3.0")
        .await;
    assert_eq!(capabilities("wms?user=jane").await.body, own.body);
    world.deactivate("jane").await;
    let gone = capabilities("wms?user=jane").await;
    assert!(
        gone.status == StatusCode::OK && !gone.body.contains("parcels"),
        "{}",
        gone.body
    );
    for (path, status) in [
        ("wmts?user=jane", StatusCode::NOT_FOUND),
        ("wms?user=nobody", StatusCode::BAD_REQUEST),
        ("wms?roles=nosuch", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(capabilities(path).await.status, status, "{path}");
    }
    world
        .test
        .user("joe", "correct horse", &[world.editor], false)
        .await;
    let joe = world.ticket("joe").await;
    // Basic opens maps, not this, to administrators neither.
    let basic = "Basic cm9vdDpjb3JyZWN0IGhvcnNl";
    for path in [format!("{ACCESS}/wms?user=joe"), format!("{ACCESS}?user=joe")] {
        let answer = world.with_header(&path, "authorization", basic).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}: {}", answer.body);
    }
    for path in ["wms", "wms?user=joe", "wfs?roles=anonymous", "wmts"] {
        let path = format!("{ACCESS}/{path}");
        assert_eq!(
            world.with_header(&path, "cookie", &joe).await.status,
            StatusCode::FORBIDDEN,
            "{path}"
        );
        assert_eq!(world.ask(&path).await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
}

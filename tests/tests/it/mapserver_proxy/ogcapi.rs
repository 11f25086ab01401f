//! OGC API - Features, of `MapServer` and of QGIS Server.

use axum::response::{IntoResponse as _, Response};
use http::{Method, header};
use mapgate_core::table::OgcServer;
use serde_json::Value;

use super::*;

macro_rules! golden {
    ($name:literal) => {
        include_str!(concat!(
            "../../../../core/src/ogc/testdata/ogcapi/",
            $name,
            ".json"
        ))
    };
}

/// What a map server answers: real documents, changes accepted.
pub fn backend(method: &Method, path: &str) -> Response {
    let json = |text: &'static str| ([(header::CONTENT_TYPE, "application/json")], text).into_response();
    if *method == Method::POST {
        let made = "http://backend.internal:8090/mapserv/wfs3/collections/roads/items/15";
        return (StatusCode::CREATED, [(header::LOCATION, made)], "made of SQL").into_response();
    }
    if *method != Method::GET {
        return (StatusCode::OK, "secret SQL").into_response();
    }
    let (qgis, rest) = match (path.split_once("/wfs3"), path.split_once("/ogcapi")) {
        (Some((_, rest)), _) => (true, rest),
        (None, Some((_, rest))) => (false, rest),
        (None, None) => (false, "/nowhere"),
    };
    match (qgis, rest) {
        (false, "") => json(golden!("mapserver_landing")),
        (false, "/conformance") => json(golden!("mapserver_conformance")),
        (false, "/collections") => json(golden!("mapserver_collections")),
        (false, "/collections/roads") => json(golden!("mapserver_collection")),
        (false, "/collections/roads/items") => json(golden!("mapserver_items")),
        (false, "/collections/roads/items/long") => StatusCode::URI_TOO_LONG.into_response(),
        (false, "/collections/roads/items/1") => json(golden!("mapserver_item")),
        (true, "") => json(golden!("qgis_landing")),
        (true, "/api") => json(golden!("qgis_definition")),
        (true, "/collections") => json(golden!("qgis_collections")),
        (true, "/collections/roads") => json(golden!("qgis_collection")),
        (true, "/collections/roads/items" | "/collections/parcels/items") => json(golden!("qgis_items")),
        (true, "/collections/roads/items/1") => json(golden!("qgis_item")),
        (true, "/collections/roads/items/500") => {
            (StatusCode::INTERNAL_SERVER_ERROR, "secret SQL").into_response()
        }
        (true, "/collections/roads/items/html") => "<p>secret SQL</p>".into_response(),
        _ => (StatusCode::NOT_FOUND, "[{\"description\":\"secret SQL\"}]").into_response(),
    }
}

/// A `MapServer` named `api` and a QGIS Server named `qgis`, where editors may change roads, and read parcels alone.
async fn apis() -> World {
    let world = Box::pin(World::new("  authorized_referers: [portal.example.org]")).await;
    let api = world.record("api", "/mapserv/demo");
    let qgis = OgcServer {
        r#type: ServerType::Qgisserver,
        auth: Auth::None,
        ..world.record("qgis", "/mapserv?MAP=/srv/demo.qgs")
    };
    let layer = |name: &str, public: bool, write: bool| Layer {
        name: name.to_owned(),
        public,
        roles: [world.editor].into(),
        write_roles: [world.editor].into_iter().filter(|_| write).collect(),
    };
    let layers = [layer("roads", true, true), layer("parcels", false, false)];
    let table = world.test.gate.table().await;
    for record in [&api, &qgis] {
        table.put_ogc_server(record, &layers).await.expect("written");
    }
    world
}

fn parsed(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).expect(&answer.body)
}

#[tokio::test]
async fn t108_each_resource_is_answered_without_hidden_collections() {
    let world = apis().await;
    for (name, api) in [("api", "ogcapi"), ("qgis", "wfs3")] {
        for (path, media) in [
            ("", "application/json"),
            ("/", "application/json"),
            ("/api", "application/vnd.oai.openapi+json;version=3.0"),
            ("/collections", "application/json"),
            ("/collections/roads", "application/json"),
            ("/collections/roads/items?limit=1", "application/geo+json"),
            ("/collections/roads/items/1", "application/geo+json"),
        ] {
            let answer = world.ask(&format!("/mapserv_proxy/{name}/{api}{path}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{api}{path}: {}", answer.body);
            assert_eq!(answer.header("content-type"), media, "{api}{path}");
            assert_eq!(answer.header("cache-control"), "private, no-store");
            is_sandboxed(&answer);
            parsed(&answer);
            for gone in ["parcels", "places", "backend.internal", "f=html"] {
                assert!(!answer.body.contains(gone), "{gone} in {}", answer.body);
            }
            assert!(
                answer
                    .body
                    .contains(&format!("http://maps.example.com/mapserv_proxy/{name}/{api}"))
            );
        }
        let answer = world
            .jane(&format!("/mapserv_proxy/{name}/{api}/collections"))
            .await;
        assert!(answer.body.contains("/collections/parcels") && !answer.body.contains("places"));
        let answer = world.jane(&format!("/mapserv_proxy/{name}/{api}/api")).await;
        let document = parsed(&answer);
        let parameters = &document["components"]["parameters"];
        assert_eq!(
            parameters["collectionId"]["schema"]["enum"],
            serde_json::json!(["parcels", "roads"])
        );
        assert_eq!(answer.body.contains("\"delete\""), name == "qgis");
    }
}

#[tokio::test]
async fn t108_the_server_sees_a_path_and_a_query_written_anew() {
    let world = apis().await;
    let _ = world
        .jane("/mapserv_proxy/api/ogcapi/collections/r%6Fads/items?offset=1&bbox=7,46,8,47&limit=2")
        .await;
    let answer = world
        .with_header(
            "/mapserv_proxy/qgis/wfs3/collections/roads/items.geojson?name=W*&limit=2",
            "accept",
            "text/html",
        )
        .await;
    assert_eq!(answer.header("content-type"), "application/geo+json");
    let seen: Vec<(String, String)> = world
        .seen()
        .into_iter()
        .map(|seen| {
            assert_eq!(seen.headers["accept"], "application/json");
            assert!(!seen.headers.contains_key("cookie"));
            (seen.path, seen.query)
        })
        .collect();
    let pair = |path: &str, query: &str| (path.to_owned(), query.to_owned());
    assert_eq!(
        seen,
        [
            pair(
                "/mapserv/demo/ogcapi/collections/roads/items",
                "offset=1&bbox=7,46,8,47&limit=2&f=json&role_ids=1,3,5&user_id=1"
            ),
            pair(
                "/mapserv/wfs3/collections/roads/items",
                "MAP=/srv/demo.qgs&limit=2&name=W%2A&f=json"
            ),
        ]
    );
}

#[tokio::test]
async fn t108_hidden_collections_and_faults_are_told_as_json() {
    let world = apis().await;
    let ask = async |path: &str| {
        let answer = world.ask(&format!("/mapserv_proxy/{path}")).await;
        assert_eq!(answer.header("content-type"), "application/json", "{path}");
        assert!(!answer.body.contains("SQL"), "{path}: {}", answer.body);
        let code = parsed(&answer)["code"].as_str().map(str::to_owned);
        (answer.status.as_u16(), code.unwrap_or_default())
    };
    let unauthorized = (401, "NotFound".to_owned());
    for path in [
        "api/ogcapi/collections/parcels",
        "api/ogcapi/collections/nosuch/items",
        "api/ogcapi/collections/PARCELS/items/1",
        "qgis/wfs3/collections/parcels/items",
        "qgis/wfs3/collections/places/items/1",
        "qgis/wfs3/collections/nosuch/queryables",
        // Asked for by a parameter that nobody knows: the layer comes first.
        "qgis/wfs3/collections/parcels/items?owner=x",
    ] {
        assert_eq!(ask(path).await, unauthorized, "{path}");
    }
    for (path, status) in [
        ("api/ogcapi/nosuch", 404),
        ("api/ogcapi/collections/%2e%2e/api", 404),
        ("api/ogcapi/collections/roads%2Fitems", 404),
        ("api/ogcapi/collections/roads%252Fitems", 404),
        ("api/ogcapi/collections/roads;x", 404),
        ("api/ogcapi/collections//items", 404),
        ("api/ogcapi/collections/roads/tiles", 404),
        ("api/wfs3/collections", 404),
        ("qgis/ogcapi/collections", 404),
        ("qgis/wfs3/static/x.json", 404),
        ("nosuch/wfs3/collections", 400),
        ("qgis/wfs3/collections.html", 400),
        ("api/ogcapi/collections?f=html", 400),
        ("api/ogcapi/collections?SERVICE=WMS&REQUEST=GetCapabilities", 400),
        ("api/ogcapi/collections/roads/items?MAP=/x", 400),
        ("qgis/wfs3/collections/roads/items?owner=x", 400),
        ("qgis/wfs3/collections/roads/items?MAP=/x", 400),
        ("qgis/wfs3/collections/roads/items?filter=a", 400),
        ("qgis/wfs3/collections/roads/items/9", 404),
        ("qgis/wfs3/collections/roads/items/500", 502),
        ("qgis/wfs3/collections/roads/items/html", 502),
    ] {
        assert_eq!(ask(path).await.0, status, "{path}");
    }
    assert_eq!(
        world
            .jane("/mapserv_proxy/qgis/wfs3/collections/places")
            .await
            .status,
        StatusCode::FORBIDDEN
    );
    let hidden = World::new("  hide_capabilities: true").await;
    hidden.server(&hidden.record("api", "/mapserv/demo")).await;
    for (path, status) in [
        ("", 404),
        ("/api", 404),
        ("/collections", 404),
        ("/collections/roads", 200),
    ] {
        let answer = hidden.ask(&format!("/mapserv_proxy/api/ogcapi{path}")).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
    }
}

const FEATURE: &str = r#"{"type":"Feature","properties":{"name":"x"},"geometry":null}"#;

fn change(method: &str, path: &str, headers: &[(&'static str, &str)], body: &'static str) -> Request<Body> {
    let mut request = get(&format!("/mapserv_proxy/qgis/wfs3/collections/{path}"));
    *request.method_mut() = Method::from_bytes(method.as_bytes()).expect("a method");
    *request.body_mut() = Body::from(body);
    for (name, value) in headers {
        request
            .headers_mut()
            .insert(*name, value.parse().expect("a value"));
    }
    request
}

#[tokio::test]
async fn t107_features_are_changed_by_who_may_write() {
    let world = apis().await;
    let jane: &[(&str, &str)] = &[
        ("cookie", &world.cookie),
        ("content-type", "application/geo+json"),
    ];
    for (method, path, status) in [
        ("POST", "roads/items", StatusCode::CREATED),
        ("PUT", "roads/items/1", StatusCode::NO_CONTENT),
        ("PATCH", "roads/items/1", StatusCode::NO_CONTENT),
        ("DELETE", "roads/items/1", StatusCode::NO_CONTENT),
    ] {
        let answer = world.send(change(method, path, jane, FEATURE)).await;
        assert_eq!((answer.status, answer.body.as_str()), (status, ""), "{method}");
        is_sandboxed(&answer);
        let location = if method == "POST" {
            "http://maps.example.com/mapserv_proxy/qgis/wfs3/collections/roads/items/15"
        } else {
            ""
        };
        assert_eq!(answer.header("location"), location);
        let seen = world.seen().pop().expect("a request");
        assert_eq!(seen.method.as_str(), method);
        assert_eq!(seen.path, format!("/mapserv/wfs3/collections/{path}"));
        assert_eq!(seen.query, "MAP=/srv/demo.qgs");
        assert_eq!(seen.body, if method == "DELETE" { "" } else { FEATURE });
        assert!(!seen.headers.contains_key("cookie"));

        // Reading is not writing, a stranger is nobody, and a page of another site is a stranger.
        let parcels = path.replace("roads", "parcels");
        let answer = world.send(change(method, &parcels, jane, FEATURE)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method}");
        let answer = world.send(change(method, path, &jane[1..], FEATURE)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method}");
        for (origin, status) in [
            ("https://evil.example", StatusCode::UNAUTHORIZED),
            ("null", StatusCode::UNAUTHORIZED),
            ("https://portal.example.org", status),
        ] {
            let headers = [jane[0], jane[1], ("origin", origin)];
            let answer = world.send(change(method, path, &headers, FEATURE)).await;
            assert_eq!(answer.status, status, "{method} from {origin}");
        }
        let _ = world.seen();
    }
}

#[tokio::test]
async fn t107_a_stranger_makes_nobody_read_a_body() {
    let world = apis().await;
    let endless = futures_util::stream::pending::<Result<&str, std::io::Error>>();
    let mut request = change(
        "POST",
        "parcels/items",
        &[("content-type", "application/json")],
        "",
    );
    *request.body_mut() = Body::from_stream(endless);
    let answer = tokio::time::timeout(Duration::from_secs(10), world.send(request)).await;
    assert_eq!(answer.expect("an answer").status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn t107_changes_that_are_not_understood_are_refused() {
    let world = apis().await;
    let jane = |media: &'static str| {
        [
            ("cookie", world.cookie.clone()),
            ("content-type", media.to_owned()),
        ]
    };
    for (method, path, media, body, status) in [
        ("POST", "roads/items", "text/plain", FEATURE, 415),
        (
            "POST",
            "roads/items",
            "application/x-www-form-urlencoded",
            "a=b",
            415,
        ),
        ("POST", "roads/items", "application/json", "{", 400),
        ("POST", "roads/items", "application/json", "[]", 400),
        ("POST", "roads/items?limit=1", "application/json", FEATURE, 400),
        ("POST", "roads/items?MAP=/x", "application/json", FEATURE, 400),
        ("PUT", "roads/items", "application/json", FEATURE, 405),
        ("POST", "roads/items/1", "application/json", FEATURE, 405),
        ("DELETE", "roads", "application/json", "", 405),
    ] {
        let headers = jane(media);
        let headers: Vec<(&'static str, &str)> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let answer = world.send(change(method, path, &headers, body)).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path}: {}", answer.body);
        if status == 405 {
            assert!(
                answer.header("allow").contains("GET"),
                "{}",
                answer.header("allow")
            );
        }
    }
    // Its API is for reading.
    let mut request = change(
        "POST",
        "roads/items",
        &[("content-type", "application/json")],
        FEATURE,
    );
    *request.uri_mut() = "/mapserv_proxy/api/ogcapi/collections/roads/items"
        .parse()
        .expect("a URI");
    assert_eq!(world.send(request).await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(world.seen().is_empty());
}

#[tokio::test]
async fn a_servers_definition_is_read_once_for_all_who_wait_for_it() {
    let world = apis().await;
    let path = "/mapserv_proxy/qgis/wfs3/collections/roads/items?name=W*";
    let answers = futures_util::future::join_all((0..8).map(|_| world.ask(path))).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::OK));
    let read = world.read();
    let definitions = read.iter().filter(|seen| seen.path.ends_with("/api"));
    assert_eq!(definitions.count(), 1, "{read:?}");
}

#[tokio::test]
async fn what_is_too_long_for_the_map_server_is_told_as_such() {
    let world = world().await;
    let answer = world
        .ask("/mapserv_proxy/main/ogcapi/collections/roads/items/long")
        .await;
    assert_eq!(answer.status, StatusCode::URI_TOO_LONG, "{}", answer.body);
    let told = &answer.json()["description"];
    assert!(
        told.as_str().is_some_and(|told| told.contains("too long")),
        "{told}"
    );
}

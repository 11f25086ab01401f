//! Real QGIS Server behind the proxy: WMTS, WCS, OGC API - Features, and requests that are too long for a URL.

use http::Method;
use mapgate_tests::{Actor, QgisServer, Setup, Site};
use serde_json::Value;

const API: &str = "/mapserv_proxy/qgis/wfs3";

async fn start() -> (QgisServer, Site) {
    let server = QgisServer::start().await;
    let site = Setup::default().seed(server.seed()).start().await;
    (server, site)
}

fn tile(layer: &str) -> String {
    format!(
        "/mapserv_proxy/qgis?SERVICE=WMTS&VERSION=1.0.0&REQUEST=GetTile&LAYER={layer}&STYLE=default&FORMAT=image/png\
         &TILEMATRIXSET=EPSG:3857&TILEMATRIX=14&TILEROW=5765&TILECOL=8530"
    )
}

async fn json(actor: &Actor, path: &str) -> Value {
    let answer = actor.get(path).await;
    serde_json::from_str(answer.is(200, "{").text()).unwrap()
}

#[tokio::test]
async fn tiles_are_for_their_roles() {
    let (_server, site) = start().await;
    let (stranger, jane) = (site.anonymous(), site.user("jane").await);
    let capabilities = "/mapserv_proxy/qgis?SERVICE=WMTS&REQUEST=GetCapabilities";
    let seen = stranger.get(capabilities).await;
    let text = seen.is(200, ">roads<").text();
    for hidden in [
        "parcels",
        "owners",
        "cadastre",
        "gas_pipes",
        "Identifier>lindmatt",
    ] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
    let own = format!("{}/mapserv_proxy/qgis?", site.url);
    assert_eq!(
        text.matches("http://127.0.0.1").count(),
        text.matches(&own).count(),
        "{text}"
    );
    assert!(stranger.get(&tile("roads")).await.is_png());
    for layer in ["parcels", "cadastre", "lindmatt", "PARCELS", "nosuch"] {
        stranger.get(&tile(layer)).await.is(401, "ows:ExceptionReport");
    }
    let seen = jane.get(capabilities).await;
    let text = seen.is(200, ">parcels<").text();
    assert!(
        text.contains(">cadastre<") && !text.contains("gas_pipes"),
        "{text}"
    );
    // The group is the editors' whole; the map holds what is the planners'.
    assert!(jane.get(&tile("cadastre")).await.is_png());
    jane.get(&tile("lindmatt")).await.is(403, "ows:ExceptionReport");
    let info = tile("parcels").replace("GetTile", "GetFeatureInfo");
    let info = format!("{info}&INFOFORMAT=text/plain&I=10&J=10");
    assert_eq!(jane.get(&info).await.status.as_u16(), 200);
    stranger.get(&info).await.is(401, "ows:ExceptionReport");
}

#[tokio::test]
async fn t108_collections_are_for_their_roles() {
    let (_server, site) = start().await;
    let (stranger, jane) = (site.anonymous(), site.user("jane").await);
    let names = |document: &Value| -> Vec<String> {
        let all = document["collections"].as_array().unwrap();
        let mut names: Vec<String> = all
            .iter()
            .map(|one| one["id"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    let collections = format!("{API}/collections");
    assert_eq!(
        names(&json(&stranger, &collections).await),
        ["landcover", "places", "roads"]
    );
    assert_eq!(
        names(&json(&jane, &collections).await),
        ["landcover", "owners", "parcels", "places", "roads"]
    );
    let (mut todo, mut seen) = (vec![format!("{}{API}", site.url)], Vec::new());
    while let Some(url) = todo.pop() {
        if seen.contains(&url) || seen.len() > 60 {
            continue;
        }
        assert!(url.starts_with(&format!("{}{API}", site.url)), "{url}");
        let document = json(&stranger, &url).await;
        let text = document.to_string();
        for hidden in ["parcels", "owners", "gas_pipes", "projects", "/ows"] {
            assert!(!text.contains(hidden), "{hidden} in {url}: {text}");
        }
        let inner = document["collections"].as_array().into_iter().flatten();
        let links = inner
            .chain([&document])
            .filter_map(|one| one["links"].as_array())
            .flatten();
        todo.extend(links.map(|link| link["href"].as_str().unwrap().to_owned()));
        seen.push(url);
    }
    assert!(seen.iter().any(|url| url.contains("offset=")), "{seen:?}");
    for end in ["", "/items", "/items/1"] {
        for name in ["parcels", "nosuch", "buildings", "PARCELS", "parcels.json"] {
            let answer = stranger.get(&format!("{API}/collections/{name}{end}")).await;
            assert!(
                matches!(answer.status.as_u16(), 401 | 404),
                "{name}{end}: {answer:?}"
            );
            answer.has("content-type", Some("application/json"));
        }
    }
    // A property filters, what is none is refused.
    let westweg = json(&stranger, &format!("{API}/collections/roads/items?name=Westweg")).await;
    assert_eq!(westweg["features"].as_array().unwrap().len(), 1, "{westweg}");
    for query in [
        "MAP=/x",
        "SERVICE=WMS&REQUEST=GetCapabilities",
        "nosuch=1",
        "f=html",
    ] {
        let answer = stranger
            .get(&format!("{API}/collections/roads/items?{query}"))
            .await;
        answer.is(400, "InvalidParameterValue");
    }
}

#[tokio::test]
async fn t107_features_are_changed_through_the_api_by_who_may() {
    let (_server, site) = start().await;
    let jane = site.user("jane").await;
    let send = async |actor: &Actor, method: Method, path: &str, body: &str| {
        let kind = [("content-type", "application/geo+json")];
        let path = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{API}/collections/{path}")
        };
        actor.send(method, &path, &kind, body.as_bytes().to_vec()).await
    };
    let feature = |name: &str| {
        format!(
            r#"{{"type":"Feature","properties":{{"name":"{name}"}},"geometry":{{"type":"LineString","coordinates":[[7.44,46.952],[7.45,46.953]]}}}}"#
        )
    };
    let made = send(&jane, Method::POST, "roads/items", &feature("Neuweg")).await;
    made.is(201, "");
    let location = made.header("location").unwrap();
    assert!(
        location.starts_with(&format!("{}{API}/collections/roads/items/", site.url)),
        "{location}"
    );
    let read = json(&site.anonymous(), &location).await;
    assert_eq!(read["properties"]["name"], "Neuweg", "{read}");
    let modify = r#"{"modify":{"name":"Altweg"}}"#;
    send(&jane, Method::PATCH, &location, modify).await.is(204, "");
    assert_eq!(json(&jane, &location).await["properties"]["name"], "Altweg");
    send(&jane, Method::PUT, &location, &feature("Langweg"))
        .await
        .is(204, "");
    assert_eq!(json(&jane, &location).await["properties"]["name"], "Langweg");
    for (actor, path, status) in [
        (&site.anonymous(), location.as_str(), 401),
        (&site.user("pia").await, location.as_str(), 403),
        (&jane, "owners/items/1", 403),
        (&jane, "gas_pipes/items/1", 403),
        (&jane, "places/items/1", 403),
    ] {
        for method in [Method::PUT, Method::PATCH, Method::DELETE] {
            let answer = send(actor, method.clone(), path, &feature("x")).await;
            answer.is(status, "");
        }
    }
    send(&jane, Method::DELETE, &location, "").await.is(204, "");
    // QGIS Server 3.22 answers 500 for a feature that is not there.
    jane.get(&location).await.is(502, "NoApplicableCode");
}

/// Longer than a server reads of a URL, so that it goes on as a form, to `MapServer` as well.
#[tokio::test]
async fn t106_a_long_filter_reaches_the_server_and_opens_nothing() {
    let (backend, site) = start().await;
    let (stranger, jane) = (site.anonymous(), site.user("jane").await);
    for (server, version, names, prefix, property, namespace) in [
        (
            "qgis",
            "1.1.0",
            "TYPENAME",
            "",
            "PropertyName",
            "http://www.opengis.net/ogc",
        ),
        (
            "main",
            "1.1.0",
            "TYPENAME",
            "ms:",
            "PropertyName",
            "http://www.opengis.net/ogc",
        ),
        (
            "main",
            "2.0.0",
            "TYPENAMES",
            "ms:",
            "ValueReference",
            "http://www.opengis.net/fes/2.0",
        ),
    ] {
        let is = |name: &str, value: &str| {
            format!(
                "<PropertyIsEqualTo><{property}>{name}</{property}><Literal>{value}</Literal></PropertyIsEqualTo>"
            )
        };
        // Long texts, since SQLite takes no long chain of conditions.
        let of = |length: usize| {
            let owners = (0..5).map(|index| is("owner", &format!("{}{index}", "x".repeat(length))));
            let all = owners.chain([is("number", "1003")]).collect::<String>();
            let filter = format!("<Filter xmlns=\"{namespace}\"><Or>{all}</Or></Filter>");
            let filter = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect::<String>();
            format!(
                "/mapserv_proxy/{server}?SERVICE=WFS&VERSION={version}&REQUEST=GetFeature&{names}={prefix}parcels&FILTER={filter}"
            )
        };
        let (short, long) = (of(3), of(2000));
        assert!(short.len() < 3000 && long.len() > 10_000);
        for path in [short, long] {
            let answer = jane.get(&path).await;
            let text = answer.is(200, ">1003<").text();
            assert_eq!(text.matches("number>").count(), 2, "{server} {version}: {text}");
            stranger.get(&path).await.is(401, "ExceptionReport");
        }
    }
    assert!(backend.log().contains("POST /ows"), "{}", backend.log());
}

//! Requests, as they are understood and decided.

use super::super::rules::tests::rules;
use super::super::{DefaultAccess, Refusal, Rules, decide, readable};
use super::document_tests::{server, tree};
use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

const PROXY: &str = "https://portal.example.com/mapserv_proxy/main";
const DEFINITION: &[u8] = include_bytes!("../testdata/ogcapi/qgis_definition.json");
const COLLECTIONS: &[u8] = include_bytes!("../testdata/ogcapi/qgis_collections.json");

/// Everybody reads roads and places, role 3 parcels; role 3 changes roads.
fn demo() -> Rules {
    rules(
        DefaultAccess::Private,
        &[("roads", &[0]), ("places", &[0]), ("parcels", &[3])],
    )
}

fn get(api: Api, path: &str, query: &str) -> Result<ApiCall, OgcError> {
    ApiCall::parse(api, server(api).0, &Method::GET, path, query)
}

#[test]
fn paths_are_written_anew() {
    for (path, resource, written) in [
        ("", Resource::Landing, ""),
        ("/", Resource::Landing, ""),
        ("/conformance", Resource::Conformance, "/conformance"),
        ("/api", Resource::Definition, "/api"),
        ("/collections", Resource::Collections, "/collections"),
        (
            "/collections/r%6Fads",
            Resource::Collection("roads".into()),
            "/collections/roads",
        ),
        (
            "/collections/a%20b+%C3%A9",
            Resource::Collection("a b+é".into()),
            "/collections/a%20b%2B%C3%A9",
        ),
        (
            "/collections/roads/queryables",
            Resource::Queryables("roads".into()),
            "/collections/roads/queryables",
        ),
        (
            "/collections/roads/items",
            Resource::Items("roads".into()),
            "/collections/roads/items",
        ),
        (
            "/collections/roads/items/r.1",
            Resource::Item("roads".into(), "r.1".into()),
            "/collections/roads/items/r.1",
        ),
    ] {
        for api in [Api::OgcApi, Api::Wfs3] {
            let read = Resource::parse(api, path).unwrap();
            assert_eq!((&read, read.path().as_str()), (&resource, written));
        }
    }
    // QGIS Server's formats at the end of a path.
    for (path, written) in [
        ("/collections.json", "/collections"),
        ("/collections/roads.json", "/collections/roads"),
        ("/collections/roads/items.geojson", "/collections/roads/items"),
        ("/collections/roads/items/1.json", "/collections/roads/items/1"),
    ] {
        assert_eq!(Resource::parse(Api::Wfs3, path).unwrap().path(), written);
    }
}

#[test]
fn t108_paths_that_programs_read_differently_are_refused() {
    for path in [
        "//",
        "/collections/",
        "//collections",
        "/collections//items",
        "/collections/roads/",
        "/./collections",
        "/collections/../api",
        "/collections/%2e%2e/api",
        "/collections/%2E/items",
        "/collections/roads%2fitems",
        "/collections/roads%5citems",
        "/collections/roads%252fitems",
        "/collections/roads;x=1",
        "/collections/roads%3bx",
        "/collections/roads%00",
        "/collections/roads%0a",
        "/collections/%ff",
        "/collections/%zz",
        "/collections/%",
        "/collections/roads%3fx",
        "/collections/roads%23x",
        "/nosuch",
        "/static/x.js",
        "/styles",
        "/tiles",
        "/collections/roads/tiles",
        "/collections/roads/items/1/x",
        "/Collections",
        "/collections/roads/ITEMS",
        "/collections/roads/items/'1",
        "x",
    ] {
        for api in [Api::OgcApi, Api::Wfs3] {
            let error = Resource::parse(api, path).unwrap_err();
            assert_eq!(error.code, OgcCode::NotFound, "{path}");
        }
    }
    // QGIS Server would read them as `roads`, or as `parcels`.
    for path in [
        "/collections/roads.json.json",
        "/collections/parcels.html/items",
        "/collections/parcels.GEOJSON/items/1",
        "/collections/.json",
        "/collections/roads/items/1.json.json",
    ] {
        assert!(Resource::parse(Api::Wfs3, path).is_err(), "{path}");
    }
    assert!(Resource::parse(Api::Wfs3, "/collections/roads.html").is_err());
}

#[test]
fn t108_only_known_parameters_pass() {
    let sent = |query: &str| get(Api::Wfs3, "/collections/roads/items", query).map(|call| call.asked.rest);
    let rest = sent("f=json&limit=5&offset=2&bbox=7.1,46,8e0,47&datetime=2020-01-01T00:00:00Z/..&crs=http://www.opengis.net/def/crs/EPSG/0/2056&resultType=hits&sortby=name&sortdesc=true").unwrap();
    let names: Vec<&str> = rest.iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        [
            "limit",
            "offset",
            "bbox",
            "datetime",
            "crs",
            "resultType",
            "sortby",
            "sortdesc"
        ]
    );
    for (query, code) in [
        ("f=html", OgcCode::InvalidParameterValue),
        ("f=text/html", OgcCode::InvalidParameterValue),
        ("limit=1&limit=2", OgcCode::InvalidParameterValue),
        ("limit=-1", OgcCode::InvalidParameterValue),
        ("limit=", OgcCode::InvalidParameterValue),
        ("bbox=1,2,3", OgcCode::InvalidParameterValue),
        ("bbox=1,2,3,inf", OgcCode::InvalidParameterValue),
        ("bbox=1,2,3,4,5", OgcCode::InvalidParameterValue),
        ("crs=x%22", OgcCode::InvalidParameterValue),
        ("sortby=layer_property('parcels')", OgcCode::InvalidParameterValue),
        ("resultType=x", OgcCode::InvalidParameterValue),
        ("filter=owner%20IS%20NULL", OgcCode::OperationNotSupported),
        ("FILTER-LANG=cql2-text", OgcCode::OperationNotSupported),
        ("a=%", OgcCode::InvalidParameterValue),
        ("name=%0a", OgcCode::InvalidParameterValue),
    ] {
        assert_eq!(sent(query).unwrap_err().code, code, "{query}");
    }
    // What may be a property is asked of the server's own definition.
    let call = get(
        Api::Wfs3,
        "/collections/roads/items",
        "name=W*&MAP=/x&SERVICE=WMS",
    )
    .unwrap();
    let definition: Value = serde_json::from_slice(DEFINITION).unwrap();
    let known = properties_of(&definition, "roads");
    assert_eq!(
        known.iter().map(String::as_str).collect::<Vec<_>>(),
        ["class", "id", "name"]
    );
    assert!(properties_of(&definition, "nosuch").is_empty());
    // A column that is called like a parameter of the server's, or of the proxy's, is none to filter by.
    let parameters = [
        "MAP", "Map", "service", "Request", "role_ids", "USER_ID", "S_x", "typename", "name",
    ];
    let parameters = parameters.map(|name| json!({ "name": name, "in": "query" }));
    let columns = json!({ "paths": { "/collections/roads/items": { "get": { "parameters": parameters } } } });
    let known = properties_of(&columns, "roads");
    assert_eq!(known.iter().collect::<Vec<_>>(), ["name"]);
    assert_eq!(
        call.filter_by(&known).unwrap_err().code,
        OgcCode::InvalidParameterValue
    );
    let call = get(
        Api::Wfs3,
        "/collections/roads/items",
        "name=W*&AUTHENTICATION_REQUIRED",
    )
    .unwrap();
    assert_eq!(
        call.filter_by(&known).unwrap().iter().collect::<Vec<_>>(),
        [("name", "W*")]
    );
    for path in [
        "",
        "/collections",
        "/collections/roads",
        "/collections/roads/items/1",
    ] {
        for query in [
            "name=x",
            "limit=1",
            "MAP=/x",
            "SERVICE=WMS&REQUEST=GetCapabilities",
            "role_ids=1",
        ] {
            assert!(get(Api::Wfs3, path, query).is_err(), "{path}?{query}");
        }
    }
}

#[test]
fn t108_methods_are_those_of_the_resource() {
    let ask = |api: Api, method: Method, path: &str| {
        ApiCall::parse(api, server(api).0, &method, path, "").map(|call| call.asked.access)
    };
    let (items, item) = ("/collections/roads/items", "/collections/roads/items/1");
    assert_eq!(ask(Api::Wfs3, Method::HEAD, items), Ok(Access::Read));
    assert_eq!(ask(Api::Wfs3, Method::POST, items), Ok(Access::Write));
    for method in [Method::PUT, Method::PATCH, Method::DELETE] {
        assert_eq!(ask(Api::Wfs3, method.clone(), item), Ok(Access::Write));
        for (api, path) in [
            (Api::OgcApi, item),
            (Api::Wfs3, items),
            (Api::Wfs3, "/collections/roads"),
        ] {
            assert_eq!(
                ask(api, method.clone(), path).unwrap_err().code,
                OgcCode::MethodNotAllowed
            );
        }
    }
    assert!(ask(Api::OgcApi, Method::POST, items).is_err());
}

#[tokio::test]
async fn t108_collections_are_decided_as_layers_are() {
    let tree = tree(COLLECTIONS, 100).await.unwrap();
    let ask = |path: &str, ids: &[i64]| {
        let call = get(Api::Wfs3, path, "").map_err(Refusal::Fault)?;
        decide(&call.asked, &demo(), &tree, &ids.iter().copied().collect())
    };
    for path in [
        "/collections/roads",
        "/collections/roads/items",
        "/collections/roads/items/1",
    ] {
        let forward = ask(path, &[1]).unwrap();
        assert!(forward.public && forward.query.is_empty());
    }
    assert!(!ask("/collections/parcels/items", &[1, 3]).unwrap().public);
    let unknown = ask("/collections/nosuch/items", &[1]).unwrap_err();
    for path in [
        "/collections/parcels",
        "/collections/parcels/items",
        "/collections/PARCELS/items/1",
    ] {
        assert_eq!(ask(path, &[1]).unwrap_err(), unknown, "{path}");
    }
    let asked = get(Api::Wfs3, "", "").unwrap().asked;
    let seen = readable(&asked, &demo(), &tree, &[1].into());
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["places", "roads"]);
}

#[test]
fn t108_the_definition_names_what_is_readable_alone() {
    let set = |ids: &[&str]| {
        ids.iter()
            .map(|id| (*id).to_owned())
            .collect::<BTreeSet<String>>()
    };
    let document = definition(
        Api::Wfs3,
        "main",
        PROXY,
        &set(&["roads", "places"]),
        &set(&["roads"]),
    );
    let parameters = &document["components"]["parameters"];
    assert_eq!(
        parameters["collectionId"]["schema"]["enum"],
        serde_json::json!(["places", "roads"])
    );
    assert_eq!(
        parameters["writableId"]["schema"]["enum"],
        serde_json::json!(["roads"])
    );
    assert!(document["paths"]["/collections/{collectionId}/items"]["post"].is_object());
    assert!(document["paths"]["/collections/{collectionId}/items/{featureId}"]["delete"].is_object());
    for (api, writable) in [(Api::OgcApi, set(&["roads"])), (Api::Wfs3, set(&[]))] {
        let document = definition(api, "main", PROXY, &set(&["roads"]), &writable);
        assert!(!document.to_string().contains("\"post\""), "{document}");
    }
}

#[test]
fn what_was_made_is_told_by_the_end_of_its_address() {
    let server = server(Api::Wfs3).0;
    let path = "/collections/roads/items";
    let call = ApiCall::parse(Api::Wfs3, server, &Method::POST, path, "").unwrap();
    for (location, made) in [
        (
            "http://b/wfs3/collections/roads/items/15",
            Some("/collections/roads/items/15"),
        ),
        (
            "http://b/wfs3/collections/parcels/items/a%20b",
            Some("/collections/roads/items/a%20b"),
        ),
        // QGIS Server 3.22.
        (
            "http://b/wfs3/collections/roads/items?%7B%22TYPE%22:[[7.44,46.952]]%7D=/15",
            Some("/collections/roads/items/15"),
        ),
        ("http://b/wfs3/collections/roads/items/", None),
        ("http://b/wfs3/collections/roads/items/..", None),
        ("http://b/wfs3/collections/roads/items/15.html", None),
        ("15;x", None),
    ] {
        let found = call.made(Api::Wfs3, location).map(|made| made.path());
        assert_eq!(found.as_deref(), made, "{location}");
    }
}

#[test]
fn t107_a_body_cannot_be_read_as_parameters() {
    let sent = r#"{"a":"&MAP=/other.qgs&SERVICE=WMS\\&","b=":{"c":[1,true,null]}}"#;
    let written = body(sent.as_bytes()).unwrap();
    assert!(!written.contains(['&', '=']), "{written}");
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(read(&written), read(sent));
    for sent in ["", "[]", "1", "a=b&c=d", "{\"a\":1}&MAP=x", "{", "<a/>"] {
        assert!(body(sent.as_bytes()).is_none(), "{sent}");
    }
    assert!(body(b"{\"a\":\"\xff\"}").is_none());
}

proptest! {
    /// Whatever path is understood is written so that it reads back as the same, and holds nothing of a path.
    #[test]
    fn t108_written_paths_read_back(path in "(/(collections|roads|items|api|\\.\\.|%2[eEfF5]|[a-z.;%+é' ]{0,6})){0,5}") {
        for api in [Api::OgcApi, Api::Wfs3] {
            if let Ok(resource) = Resource::parse(api, &path) {
                let written = resource.path();
                prop_assert_eq!(Resource::parse(api, &written), Ok(resource.clone()));
                prop_assert!(!written.contains("..") || written.split('/').all(|segment| segment != ".."));
                prop_assert!(!written.contains("%2F") && !written.contains("%25") && !written.contains(';'));
            }
        }
    }

    #[test]
    fn nothing_panics(path in ".{0,60}", query in ".{0,60}") {
        for api in [Api::OgcApi, Api::Wfs3] {
            let _ = get(api, &path, &query);
        }
    }
}

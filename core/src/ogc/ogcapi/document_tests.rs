//! Documents of real servers, as they are filtered.

use super::super::tree::Tree;
use super::super::urls::UrlRewriter;
use super::*;
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use serde_json::Value;

macro_rules! golden {
    ($name:literal) => {
        include_bytes!(concat!("../testdata/ogcapi/", $name, ".json"))
    };
}

const PROXY: &str = "https://portal.example.com/mapserv_proxy/main";

/// Documents of real servers: the API, the kind, and the document.
const DOCUMENTS: [(Api, Kind, &[u8]); 12] = [
    (Api::OgcApi, Kind::Landing, golden!("mapserver_landing")),
    (Api::OgcApi, Kind::Conformance, golden!("mapserver_conformance")),
    (Api::OgcApi, Kind::Collections, golden!("mapserver_collections")),
    (Api::OgcApi, Kind::Collection, golden!("mapserver_collection")),
    (Api::OgcApi, Kind::Data, golden!("mapserver_items")),
    (Api::OgcApi, Kind::Data, golden!("mapserver_item")),
    (Api::Wfs3, Kind::Landing, golden!("qgis_landing")),
    (Api::Wfs3, Kind::Conformance, golden!("qgis_conformance")),
    (Api::Wfs3, Kind::Collections, golden!("qgis_collections")),
    (Api::Wfs3, Kind::Collection, golden!("qgis_collection")),
    (Api::Wfs3, Kind::Data, golden!("qgis_items")),
    (Api::Wfs3, Kind::Data, golden!("qgis_item")),
];

pub(super) fn server(api: Api) -> (ServerType, &'static str) {
    match api {
        Api::OgcApi => (ServerType::MapServer, "http://backend.internal:8090/mapserv/demo"),
        Api::Wfs3 => (
            ServerType::QgisServer,
            "http://backend.internal:8090/mapserv?MAP=/srv/demo.qgs",
        ),
    }
}

pub(super) async fn tree(document: &[u8], size: usize) -> Result<Tree, JsonError> {
    let pieces = document
        .chunks(size)
        .map(|piece| Ok::<_, std::io::Error>(Bytes::copy_from_slice(piece)));
    read_collections(futures_util::stream::iter(pieces)).await
}

async fn filtered(
    (api, kind, document): (Api, Kind, &[u8]),
    readable: &[&str],
    size: usize,
) -> Result<Value, JsonError> {
    let (_, url) = server(api);
    let base = api.url(url, &Resource::Landing);
    let urls = UrlRewriter::new([url], &format!("{PROXY}?")).with_api(
        api,
        [base.as_str()],
        &format!("{PROXY}/{}", api.segment()),
        vec!["name".to_owned()],
    );
    let readable = readable.iter().map(|id| (*id).to_owned()).collect();
    let pieces: Vec<_> = document
        .chunks(size)
        .map(|piece| Ok::<_, std::io::Error>(Bytes::copy_from_slice(piece)))
        .collect();
    let out = filter_api(
        futures_util::stream::iter(pieces),
        ApiFilter::new(kind, readable, urls),
    );
    let out: Vec<Bytes> = Box::pin(out).try_collect().await?;
    Ok(serde_json::from_slice(&out.concat()).unwrap())
}

#[tokio::test]
async fn t108_real_documents_show_no_hidden_collection_and_no_backend() {
    for (at, document) in DOCUMENTS.into_iter().enumerate() {
        let whole = filtered(document, &["roads", "places"], usize::MAX)
            .await
            .unwrap();
        let text = whole.to_string();
        for gone in ["parcels", "backend.internal", "html\"", "MAP=", "f=json"] {
            assert!(!text.contains(gone), "{at}: {gone} in {text}");
        }
        for size in [1, 7, 100] {
            assert_eq!(
                filtered(document, &["roads", "places"], size).await.unwrap(),
                whole,
                "{at}"
            );
        }
        let hrefs: Vec<&str> = whole["links"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|link| link["href"].as_str())
            .collect();
        let ours = format!("{PROXY}/{}", document.0.segment());
        assert!(
            hrefs.iter().all(|href| href.starts_with(&ours)),
            "{at}: {hrefs:?}"
        );
        // A conformance page of MapServer has no links.
        assert!(
            !hrefs.is_empty() || document.0 == Api::OgcApi && document.1 == Kind::Conformance,
            "{at}: {text}"
        );
    }
}

#[tokio::test]
async fn t108_what_is_readable_is_told_in_full() {
    for document in DOCUMENTS
        .into_iter()
        .filter(|(_, kind, _)| *kind == Kind::Collections)
    {
        let ids = |value: &Value| -> Vec<String> {
            let all = value["collections"].as_array().unwrap();
            all.iter()
                .map(|one| one["id"].as_str().unwrap().to_owned())
                .collect()
        };
        assert_eq!(
            ids(&filtered(document, &["parcels"], 50).await.unwrap()),
            ["parcels"]
        );
        let all = filtered(document, &["roads", "places", "parcels"], 50)
            .await
            .unwrap();
        assert_eq!(ids(&all).len(), 3);
        assert!(all["collections"][0]["extent"]["spatial"]["bbox"].is_array());
        assert!(all.to_string().contains("/collections/parcels/items"));
    }
    let (api, kind, items) = DOCUMENTS[4];
    let filtered = filtered((api, kind, items), &["roads"], 100).await.unwrap();
    let raw: Value = serde_json::from_slice(items).unwrap();
    assert_eq!(filtered["features"], raw["features"]);
    let next = filtered["links"]
        .as_array()
        .unwrap()
        .iter()
        .find(|link| link["rel"] == "next")
        .unwrap();
    assert_eq!(
        next["href"],
        format!("{PROXY}/ogcapi/collections/roads/items?limit=1&offset=2")
    );
}

#[tokio::test]
async fn t110_links_to_what_is_not_offered_are_left_out() {
    let base = "http://backend.internal:8090/mapserv/demo/ogcapi";
    for (href, expected) in [
        (format!("{base}/collections/roads"), Some("/collections/roads")),
        (
            format!("{base}/collections/roads/items?name=x&role_ids=1&map=/x&limit=2&f=json"),
            Some("/collections/roads/items?name=x&limit=2"),
        ),
        (format!("{base}/collections/parcels"), None),
        (format!("{base}/collections/parcels/items/1"), None),
        (format!("{base}/collections/r%6fads/../parcels"), None),
        (format!("{base}/collections?f=html"), None),
        (format!("{base}/collections/roads/tiles"), None),
        (format!("{base}x/collections"), None),
        (
            "http://backend.internal:8090/mapserv?SERVICE=WMS&LAYERS=parcels".to_owned(),
            None,
        ),
        ("../parcels".to_owned(), None),
        (
            "//backend.internal:8090/mapserv/demo/ogcapi/collections/parcels".to_owned(),
            None,
        ),
    ] {
        let document = serde_json::json!({ "links": [{ "href": href, "rel": "x" }] }).to_string();
        for kind in [Kind::Landing, Kind::Data] {
            let out = filtered((Api::OgcApi, kind, document.as_bytes()), &["roads"], 9)
                .await
                .unwrap();
            let found = out["links"][0]["href"].as_str().map(str::to_owned);
            assert_eq!(
                found,
                expected.map(|path| format!("{PROXY}/ogcapi{path}")),
                "{href}"
            );
        }
    }
    let elsewhere = br#"{"links":[{"href":"https://creativecommons.org/licenses/by/4.0/","rel":"license"}],"parcels":{"x":1},"title":"see http://backend.internal:8090/mapserv/x now"}"#;
    let out = filtered((Api::OgcApi, Kind::Landing, elsewhere), &[], 9)
        .await
        .unwrap()
        .to_string();
    assert!(
        out.contains("creativecommons") && !out.contains("parcels") && !out.contains("backend"),
        "{out}"
    );
}

#[tokio::test]
async fn t108_documents_that_are_not_understood_are_refused() {
    for document in [
        "",
        "[]",
        "<html>",
        "{\"collections\":[{\"title\":\"parcels\"}]}",
        "{\"collections\":[1]}",
        "{\"collections\":[",
    ] {
        let result = filtered(
            (Api::OgcApi, Kind::Collections, document.as_bytes()),
            &["roads"],
            4,
        )
        .await;
        assert!(result.is_err(), "{document}");
    }
    // A name twice, or spelt otherwise, is looked at each time.
    let twice =
        br#"{"collections":[],"c\u006fllections":[{"id":"parcels"},{"id":"roads","parent":"parcels"}]}"#;
    let out = filtered((Api::OgcApi, Kind::Collections, twice), &["roads"], 4)
        .await
        .unwrap();
    assert!(
        !out.to_string().contains("parcels") && out.to_string().contains("roads"),
        "{out}"
    );
}

#[tokio::test]
async fn collections_and_addresses_are_read_from_the_list() {
    for (api, _, document) in DOCUMENTS
        .into_iter()
        .filter(|(_, kind, _)| *kind == Kind::Collections)
    {
        let tree = tree(document, 33).await.unwrap();
        let mut names: Vec<&str> = tree.layers().collect();
        names.sort_unstable();
        assert_eq!(names, ["parcels", "places", "roads"]);
        let base = api.url(server(api).1, &Resource::Landing);
        let base = base.split('?').next().unwrap();
        assert!(
            tree.advertised().all(|url| url == base),
            "{:?}",
            tree.advertised().collect::<Vec<_>>()
        );
        assert!(tree.advertised().next().is_some());
    }
    assert!(tree(b"{\"collections\":[{}]}", 5).await.is_err());
}

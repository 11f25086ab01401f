//! OGC API - Features: requests as they are written anew for a server, and a server's documents as they are filtered.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::LazyLock;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::Method;
use mapgate_core::ogc::ogcapi::{Api, ApiCall, ApiFilter, Kind, Resource, filter_api, read_collections};
use mapgate_core::ogc::{DefaultAccess, LayerRule, Rules, ServerType, Tree, UrlRewriter, decide};
use tokio::runtime::Builder;

/// A path, and behind `?` a query.
pub(super) const REQUEST_SEEDS: &[&[u8]] = &[
    b"/",
    b"/conformance",
    b"/api?f=json",
    b"/collections.json",
    b"/collections/r%6Fads/items?limit=5&offset=2&bbox=7.1,46,8,47&datetime=2020-01-01T00:00:00Z/..",
    b"/collections/roads/items/1.geojson?crs=http://www.opengis.net/def/crs/EPSG/0/2056",
    b"/collections/parcels/queryables",
    b"/collections/roads/items?name=W*&sortby=name&sortdesc=true&resultType=hits",
];
pub(super) const REQUEST_WORDS: &[&[u8]] = &[
    b"/",
    b"//",
    b"..",
    b"/../",
    b"%2e%2e",
    b"%2f",
    b"%252f",
    b"%5c",
    b";",
    b"%3b",
    b"%00",
    b"%0a",
    b"%ff",
    b"+",
    b"%",
    b".json",
    b".html",
    b".geojson",
    b"collections",
    b"items",
    b"roads",
    b"parcels",
    b"PARCELS",
    b"places",
    b"api",
    b"?",
    b"&",
    b"=",
    b"f=html",
    b"MAP=/x",
    b"SERVICE=WMS",
    b"role_ids=1",
    b"filter=a",
    b"limit=1",
    b"bbox=1,2,3,4",
    b"name",
];
/// The first byte says which document it is.
pub(super) const DOCUMENT_SEEDS: &[&[u8]] = &[
    br#"0{"collections":[{"id":"roads","links":[{"href":"http://b:8090/m/ogcapi/collections/roads?f=json"}]},{"id":"parcels","title":"secret"}],"links":[{"href":"http://b:8090/m/ogcapi/collections/parcels","rel":"item"}]}"#,
    br#"1{"title":"x","links":[{"href":"http://b:8090/m/ogcapi/api?f=json","rel":"service-desc"}]}"#,
    br#"2{"id":"roads","extent":{"spatial":{"bbox":[[1,2,3,4]]}},"secret":["parcels"]}"#,
];
pub(super) const DOCUMENT_WORDS: &[&[u8]] = &[
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\"",
    b"\\\"",
    b"\\",
    b"\\u0070",
    b"\"id\":\"roads\"",
    b"\"id\":\"parcels\"",
    b"\"collections\":",
    b"\"collect\\u0069ons\":",
    b"\"links\":",
    b"\"href\":",
    b"http://b:8090/m/ogcapi/collections/parcels",
    b"http:\\/\\/b:8090\\/m",
    b"null",
    b"1e5",
    b"true",
    b"\"title\":\"secret\"",
    b" ",
    b"\xff",
    b"\xc3\xa9",
];

struct World {
    rules: Rules,
    tree: Tree,
}

/// Everybody reads roads and places.
static WORLD: LazyLock<World> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().build().unwrap();
    let list = br#"{"collections":[{"id":"roads"},{"id":"places"},{"id":"parcels"}]}"#;
    let list = stream::iter([Ok::<_, Infallible>(Bytes::from_static(list))]);
    let public = LayerRule {
        public: true,
        ..LayerRule::default()
    };
    let layers = ["roads", "places"].map(|name| (name.to_owned(), public.clone()));
    World {
        rules: Rules::new(DefaultAccess::Private, BTreeMap::from(layers)),
        tree: runtime.block_on(read_collections(list)).unwrap(),
    }
});

/// A stranger's request: what goes on names a readable collection, by a path that reads back as the same.
///
/// # Panics
/// Where it does not.
pub fn api_request(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let world = &*WORLD;
    for (api, server) in [
        (Api::OgcApi, ServerType::MapServer),
        (Api::Wfs3, ServerType::QgisServer),
    ] {
        let Ok(call) = ApiCall::parse(api, server, &Method::GET, path, query) else {
            continue;
        };
        let Ok(forward) = decide(&call.asked, &world.rules, &world.tree, &BTreeSet::from([1])) else {
            continue;
        };
        let written = call.resource.path();
        assert_eq!(
            Resource::parse(api, &written),
            Ok(call.resource.clone()),
            "{written}"
        );
        let dotted = |segment: &str| matches!(segment, "." | "..");
        assert!(!written.split('/').any(dotted), "{written}");
        assert!(!written.contains([';', '?', '#', '\\']), "{written}");
        let readable = |id: &str| matches!(id.to_lowercase().as_str(), "roads" | "places");
        assert!(call.resource.collection().is_none_or(readable), "{written}");
        for (name, _) in forward.query.iter() {
            let own = ["map", "service", "role_ids", "filter"];
            assert!(!own.contains(&name.to_lowercase().as_str()), "{name}");
        }
    }
}

/// A server's document, in pieces: what is given out of it is JSON, and of the collections it tells of `roads` alone.
///
/// # Panics
/// Where it is not.
pub fn api_document(input: &[u8]) {
    let Some((kind, document)) = input.split_first() else {
        return;
    };
    let (kind, size) = match kind % 3 {
        0 => (Kind::Collections, 1),
        1 => (Kind::Landing, 7),
        _ => (Kind::Collection, 1000),
    };
    let urls = UrlRewriter::new(["http://b:8090/m"], "https://p/m?").with_api(
        Api::OgcApi,
        ["http://b:8090/m/ogcapi"],
        "https://p/m/ogcapi",
        Vec::new(),
    );
    let filter = ApiFilter::new(kind, BTreeSet::from(["roads".to_owned()]), urls);
    let pieces: Vec<_> = document
        .chunks(size)
        .map(|piece| Ok::<_, Infallible>(Bytes::copy_from_slice(piece)))
        .collect();
    let runtime = Builder::new_current_thread().build().unwrap();
    let out: Vec<_> = runtime.block_on(filter_api(stream::iter(pieces), filter).collect());
    let Ok(out) = out.into_iter().collect::<Result<Vec<Bytes>, _>>() else {
        return;
    };
    // What came twice under one name counts twice: nobody knows which of them a client reads.
    let text = String::from_utf8(out.concat()).unwrap();
    let out: serde_json::Value = serde_json::from_str(&text).unwrap();
    let collections = out["collections"].as_array().into_iter().flatten();
    for collection in collections.clone() {
        assert_eq!(collection["id"], "roads", "{text}");
    }
    let inner = collections.filter_map(|one| one["links"].as_array());
    for link in out["links"].as_array().into_iter().chain(inner).flatten() {
        let href = link["href"].as_str().unwrap();
        assert!(
            !href.starts_with("https://p/m/ogcapi/collections/parcels"),
            "{text}"
        );
        assert!(!href.starts_with("http://b:8090/"), "{text}");
    }
}

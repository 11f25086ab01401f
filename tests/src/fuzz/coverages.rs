//! WMTS and WCS by key-value pairs: what reaches a server.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::LazyLock;

use bytes::Bytes;
use futures_util::stream;
use mapgate_core::ogc::{
    Asked, DefaultAccess, LayerRule, Params, Rules, ServerType, Service, Tree, decide, read_tree,
};
use tokio::runtime::Builder;

pub(super) const SEEDS: &[&[u8]] = &[
    b"SERVICE=WMTS&VERSION=1.0.0&REQUEST=GetTile&LAYER=roads&STYLE=default&FORMAT=image/png&TILEMATRIXSET=EPSG:3857&\
      TILEMATRIX=14&TILEROW=5&TILECOL=8",
    b"service=wmts&version=1.0.0&request=getfeatureinfo&layer=roads&tilematrixset=a&tilematrix=1&tilerow=1&tilecol=1&i=1&\
      j=2",
    b"SERVICE=WMTS&REQUEST=GetCapabilities&ACCEPTVERSIONS=1.0.0",
    b"SERVICE=WCS&VERSION=1.0.0&REQUEST=GetCoverage&COVERAGE=roads&CRS=EPSG:2056&BBOX=1,2,3,4&WIDTH=5&HEIGHT=6",
    b"SERVICE=WCS&VERSION=1.1.1&REQUEST=DescribeCoverage&IDENTIFIERS=roads,places",
    b"SERVICE=WCS&VERSION=2.0.1&REQUEST=GetCoverage&COVERAGEID=topp__heights&SUBSET=x(1,2)&SUBSET=y(3,4)",
];
pub(super) const WORDS: &[&[u8]] = &[
    b"&",
    b"=",
    b",",
    b"%2C",
    b"%00",
    b"%0a",
    b"+",
    b"%",
    b"SERVICE=WCS",
    b"SERVICE=WMTS",
    b"VERSION=1.0.0",
    b"VERSION=2.0.1",
    b"REQUEST=GetCoverage",
    b"REQUEST=DescribeCoverage",
    b"REQUEST=GetTile",
    b"LAYER",
    b"layer",
    b"COVERAGE",
    b"COVERAGEID",
    b"IDENTIFIER",
    b"IDENTIFIERS",
    b"roads",
    b"parcels",
    b"PARCELS",
    b"ms:parcels",
    b"topp:heights",
    b"topp__heights",
    b"topp__depths",
    b"__",
    b"SUBSET=x(1)",
    b"STORE=true",
    b"map=/x",
    b"role_ids=1",
    b"S_x=1",
    b"FILTER=a",
    b"SLD=http://x",
];

struct World {
    rules: Rules,
    tree: Tree,
}

/// Everybody has roads, places and `topp:heights`.
static WORLD: LazyLock<World> = LazyLock::new(|| {
    let names = ["roads", "places", "parcels", "topp:heights", "topp:depths"];
    let layers = names.map(|name| format!("<Layer><Identifier>{name}</Identifier></Layer>"));
    let document = format!(
        "<Capabilities><Contents>{}</Contents></Capabilities>",
        layers.concat()
    );
    let document = stream::iter([Ok::<_, Infallible>(Bytes::from(document))]);
    let runtime = Builder::new_current_thread().build().unwrap();
    let public = LayerRule {
        public: true,
        ..LayerRule::default()
    };
    let layers = ["roads", "places", "topp:heights"].map(|name| (name.to_owned(), public.clone()));
    World {
        rules: Rules::new(DefaultAccess::Private, BTreeMap::from(layers)),
        tree: runtime.block_on(read_tree(Service::Wmts, document)).unwrap(),
    }
});

/// A stranger's request: what goes on names readable layers alone, and has no parameter that is the proxy's own.
///
/// # Panics
/// Where it does not.
pub fn coverage_query(input: &[u8]) {
    let Ok(query) = std::str::from_utf8(input) else {
        return;
    };
    let world = &*WORLD;
    for server in [
        ServerType::MapServer,
        ServerType::QgisServer,
        ServerType::GeoServer,
    ] {
        let Ok(asked) = Params::parse(query).and_then(|params| Asked::parse(server, &params)) else {
            continue;
        };
        if !matches!(asked.service, Service::Wmts | Service::Wcs) {
            continue;
        }
        let Ok(forward) = decide(&asked, &world.rules, &world.tree, &BTreeSet::from([1])) else {
            continue;
        };
        let written = forward.query_string([]);
        let params = Params::parse(&written).unwrap();
        for (name, value) in params.iter() {
            match name {
                "LAYER" | "COVERAGE" | "COVERAGEID" | "IDENTIFIER" | "IDENTIFIERS" => {
                    for name in value.split(',') {
                        let name = name.replace("__", ":").to_lowercase();
                        let local = name.rsplit(':').next().unwrap_or_default();
                        assert!(matches!(local, "roads" | "places" | "heights"), "{written}");
                    }
                }
                "MAP" | "ROLE_IDS" | "USER_ID" | "SLD" | "FILTER" | "STORE" => panic!("{written}"),
                name => assert!(!name.starts_with("S_"), "{written}"),
            }
        }
    }
}

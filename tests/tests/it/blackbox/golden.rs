//! T99, T110: the capabilities (WMS, WFS, WMTS, WCS) of `MapServer`, QGIS Server and `GeoServer` as each role gets them, byte for byte, in
//! `tests/golden`; and, by another reader, that they name just what the role may see.
//!
//! A document that is missing there is written, and its test fails: whoever removes one looks at the new one.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use http::StatusCode;
use mapgate_tests::{Actor, QgisServer, SEED, Setup, Site, repository};
use quick_xml::events::Event;

/// A server's capabilities, and what is in them.
struct Golden {
    /// The OGC server's name in the seed, and the folder's.
    server: &'static str,
    /// Service and version.
    documents: &'static [(&'static str, &'static str)],
    /// Names that everybody, editors and planners see, groups among them, and those that nobody does.
    public: &'static [&'static str],
    editors: &'static [&'static str],
    planners: &'static [&'static str],
    nobodys: &'static [&'static str],
    /// Those of them that WFS does not have.
    only_wms: &'static [&'static str],
    /// What WFS 2.0.0 puts before each name.
    prefix: &'static str,
}

impl Golden {
    async fn check(&self, site: &Site, backend: &str) {
        let who: [(&str, Actor, &[&str]); 3] = [
            ("anonymous", site.anonymous(), &[]),
            ("editor", site.user("jane").await, self.editors),
            ("planner", site.user("pia").await, self.planners),
        ];
        let mut faults = Vec::new();
        for (service, version) in self.documents {
            for (role, actor, own) in &who {
                let path = format!(
                    "/mapserv_proxy/{}?SERVICE={service}&VERSION={version}&REQUEST=GetCapabilities",
                    self.server
                );
                let answer = actor.get(&path).await;
                let text = answer.is(200, "apabilities").text();
                assert!(text.contains(&format!("version=\"{version}\"")), "{path}: {text}");
                let seen = |name: &&&str| *service == "WMS" || !self.only_wms.contains(name);
                let expected: BTreeSet<String> = self
                    .public
                    .iter()
                    .chain(*own)
                    .filter(seen)
                    .map(|name| {
                        let prefix = if *service == "WFS" && *version == "2.0.0" {
                            self.prefix
                        } else {
                            ""
                        };
                        format!("{prefix}{name}")
                    })
                    .collect();
                assert_eq!(names(text), expected, "{path} as {role}");
                self.assert_hides(text, own, &format!("{path} as {role}"));
                assert_leads_to_the_proxy(text, site, self.server, backend);
                let name = format!("{}/{}_{version}_{role}.xml", self.server, service.to_lowercase());
                faults.extend(differs(&name, &normal(text, site)));
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    /// No name that the role may not see, anywhere, prefix or not.
    #[track_caller]
    fn assert_hides(&self, text: &str, own: &[&str], what: &str) {
        let text = text.to_lowercase();
        let all = [self.editors, self.planners, self.nobodys].concat();
        for name in all.iter().filter(|name| !own.contains(name)) {
            let local = name.rsplit(':').next().unwrap().to_lowercase();
            assert!(
                !text.contains(&local),
                "{what}: {local} is in the document:\n{text}"
            );
        }
    }
}

/// Whether an element is the name of a layer, a feature type or a coverage, by what it is in.
fn is_name(above: &str, element: &str) -> bool {
    match above {
        "Layer" => matches!(element, "Name" | "Identifier"),
        "FeatureType" => element == "Name",
        "CoverageOfferingBrief" => element == "name",
        "CoverageSummary" => matches!(element, "Identifier" | "CoverageId"),
        _ => false,
    }
}

/// The names of layers, feature types and coverages.
fn names(document: &str) -> BTreeSet<String> {
    let mut reader = quick_xml::Reader::from_str(document);
    let (mut path, mut names) = (Vec::new(), BTreeSet::new());
    let local = |name: &str| name.rsplit(':').next().unwrap().to_owned();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => path.push(local(start.name().into_inner())),
            Event::End(_) => drop(path.pop()),
            Event::Text(text) => {
                if let [.., above, name] = path.as_slice()
                    && is_name(above, name)
                {
                    assert!(names.insert(text.trim().to_owned()), "twice: {}", &*text);
                }
            }
            Event::Eof => return names,
            _ => {}
        }
    }
}

/// Every address of this machine is the proxy's, and there is one for each operation.
#[track_caller]
fn assert_leads_to_the_proxy(text: &str, site: &Site, server: &str, backend: &str) {
    let proxy = format!("{}/mapserv_proxy/{server}?", site.url);
    assert!(!text.contains(backend), "{backend} is in the document:\n{text}");
    let mut links = 0;
    for host in ["127.0.0.1", "localhost", "backend"] {
        for (at, _) in text.match_indices(host) {
            let start = text[..at].rfind("http").unwrap_or(at);
            assert!(
                text[start..].starts_with(&proxy),
                "{}",
                &text[start..(start + 120).min(text.len())]
            );
            links += 1;
        }
    }
    assert!(links > 2, "a client finds its way from the document: {text}");
}

/// Without what changes from one run to the next: the site's port.
fn normal(text: &str, site: &Site) -> String {
    text.replace(&site.url, "http://maps.example.com")
}

/// How a document differs from the one that is kept; none where it does not.
fn differs(name: &str, text: &str) -> Option<String> {
    let path = repository().join("tests/golden").join(name);
    let Ok(kept) = std::fs::read_to_string(&path) else {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        return Some(format!(
            "tests/golden/{name} was missing and is written: look at it"
        ));
    };
    let at = kept
        .bytes()
        .zip(text.bytes())
        .take_while(|(one, other)| one == other)
        .count();
    let around = |text: &str| {
        let bytes = text.as_bytes();
        bytes[at.saturating_sub(60).min(bytes.len())..(at + 120).min(bytes.len())]
            .escape_ascii()
            .to_string()
    };
    (kept != text).then(|| {
        format!(
            "tests/golden/{name} differs:\n  {}\n  {}",
            around(&kept),
            around(text)
        )
    })
}

#[tokio::test]
async fn t99_mapserver_shows_each_role_its_own() {
    let site = Setup::default().start().await;
    let golden = Golden {
        server: "main",
        documents: &[
            ("WMS", "1.0.0"),
            ("WMS", "1.1.1"),
            ("WMS", "1.3.0"),
            ("WFS", "1.0.0"),
            ("WFS", "1.1.0"),
            ("WFS", "2.0.0"),
        ],
        public: &[
            "lindmatt",
            "landcover",
            "buildings",
            "roads",
            "places",
            "projects",
        ],
        editors: &["cadastre", "parcels", "owners"],
        planners: &["gas_pipes"],
        nobodys: &[],
        only_wms: &["lindmatt", "cadastre"],
        prefix: "ms:",
    };
    golden.check(&site, "/cgi-bin/").await;
    let coverages = Golden {
        server: "main",
        documents: &[("WCS", "1.0.0"), ("WCS", "1.1.1"), ("WCS", "2.0.1")],
        public: &["heights"],
        editors: &["groundwater"],
        planners: &[],
        nobodys: &[],
        only_wms: &[],
        prefix: "",
    };
    coverages.check(&site, "/cgi-bin/").await;
}

#[tokio::test]
async fn t99_qgis_server_shows_each_role_its_own() {
    let server = QgisServer::start().await;
    let site = Setup::default().seed(server.seed()).start().await;
    let golden = Golden {
        server: "qgis",
        documents: &[
            ("WMS", "1.1.1"),
            ("WMS", "1.3.0"),
            ("WFS", "1.0.0"),
            ("WFS", "1.1.0"),
        ],
        public: &["lindmatt", "landcover", "roads", "places"],
        editors: &["cadastre", "parcels", "owners"],
        planners: &["gas_pipes"],
        nobodys: &["buildings", "projects"],
        only_wms: &["lindmatt", "cadastre"],
        prefix: "",
    };
    golden.check(&site, &server.url()).await;
    // A group is a tile layer as well; the whole map is one that only who may read all of it has.
    let tiles = Golden {
        documents: &[("WMTS", "1.0.0")],
        public: &["landcover", "roads", "places"],
        only_wms: &[],
        ..golden
    };
    tiles.check(&site, &server.url()).await;
}

#[tokio::test]
async fn t99_geoserver_shows_each_role_its_own() {
    let url = geoserver().await;
    let seed = format!(
        "{SEED}  - name: geo\n    url: \"{url}/ows\"\n    url_wfs: \"{url}/wfs\"\n    type: geoserver\n    auth: geoserver\n\
         \x20   default_access: private\n    layers:\n\
         \x20     - {{ name: \"topp:states\", public: true }}\n\
         \x20     - {{ name: \"topp:rivers\", public: true }}\n\
         \x20     - {{ name: \"topp:parcels\", roles: [editor] }}\n\
         \x20     - {{ name: \"topp:owners\", roles: [editor] }}\n\
         \x20     - {{ name: \"nurc:Arc_Sample\", roles: [editor] }}\n\
         \x20     - {{ name: \"sf:archsites\", roles: [planner] }}\n"
    );
    let site = Setup::default().seed(seed).start().await;
    let golden = Golden {
        server: "geo",
        documents: &[
            ("WMS", "1.1.1"),
            ("WMS", "1.3.0"),
            ("WFS", "1.0.0"),
            ("WFS", "1.1.0"),
            ("WFS", "2.0.0"),
        ],
        public: &["basemap", "nature", "topp:states", "topp:rivers"],
        editors: &[
            "lindmatt:cadastre",
            "topp:parcels",
            "topp:owners",
            "nurc:Arc_Sample",
        ],
        planners: &["sf:archsites"],
        nobodys: &["tiger-ny", "topp:secret_site"],
        only_wms: &[
            "basemap",
            "nature",
            "lindmatt:cadastre",
            "nurc:Arc_Sample",
            "tiger-ny",
        ],
        prefix: "",
    };
    golden.check(&site, &url).await;
}

/// `GeoServer`'s capabilities, of `world/geoserver`: no `GeoServer` runs in the tests. Like the real one it calls itself
/// as it is called. Gives its URL.
async fn geoserver() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/geoserver", listener.local_addr().unwrap());
    let router = Router::new()
        .fallback(document)
        .with_state(Arc::<str>::from(url.as_str()));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

async fn document(State(url): State<Arc<str>>, RawQuery(query): RawQuery) -> Result<String, StatusCode> {
    let query = query.unwrap_or_default();
    let of = |name: &str| {
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.into_owned())
    };
    let (service, version) = of("SERVICE").zip(of("VERSION")).ok_or(StatusCode::BAD_REQUEST)?;
    let name = format!("tests/world/geoserver/{}_{version}.xml", service.to_lowercase());
    let text = std::fs::read_to_string(repository().join(name)).map_err(|_| StatusCode::NOT_FOUND)?;
    Ok(text.replace("http://localhost:8080/geoserver", &url))
}

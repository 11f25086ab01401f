//! `OWSLib`, through the proxy.

use mapgate_tests::{BOX, Setup, Site, client};
use serde_json::{Value, json};

const PUBLIC: [&str; 5] = ["buildings", "landcover", "places", "projects", "roads"];
const EDITORS: [&str; 7] = [
    "buildings",
    "landcover",
    "owners",
    "parcels",
    "places",
    "projects",
    "roads",
];

async fn run(site: &Site, layer: &str, who: &[&str]) -> Value {
    let (url, typename) = (
        format!("{}/mapserv_proxy?ogcserver=main", site.url),
        format!("ms:{layer}"),
    );
    let mut arguments = vec![url.as_str(), "--layer", layer, "--typename", &typename, "--bbox"];
    arguments.extend(BOX);
    arguments.extend(who);
    client("owslib_check.py", &arguments).await
}

/// The names of a list, without groups, root and prefixes.
fn names(list: &Value) -> Vec<String> {
    let names = list
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap().trim_start_matches("ms:").to_owned());
    let mut names: Vec<String> = names
        .filter(|name| !["lindmatt", "cadastre"].contains(&name.as_str()))
        .collect();
    names.sort();
    names
}

#[track_caller]
fn assert_sees(found: &Value, layers: &[&str], site: &Site) {
    for version in ["1.1.1", "1.3.0"] {
        let wms = &found["wms"][version];
        assert_eq!(names(&wms["layers"]), layers, "{version}: {found}");
        assert!(
            wms["url"]
                .as_str()
                .unwrap()
                .starts_with(&format!("{}/mapserv_proxy/main?", site.url)),
            "{found}"
        );
        assert_eq!(
            wms["map"],
            json!({"type": "image/png", "png": true}),
            "{version}: {found}"
        );
    }
    for version in ["1.0.0", "1.1.0", "2.0.0"] {
        let wfs = &found["wfs"][version];
        assert_eq!(names(&wfs["types"]), layers, "{version}: {found}");
        assert_eq!(wfs["features"], 5, "{version}: {found}");
    }
}

#[tokio::test]
async fn anonymous_sees_what_is_public() {
    let site = Setup::default().start().await;
    assert_sees(&run(&site, "roads", &[]).await, &PUBLIC, &site);
    let private = run(&site, "parcels", &[]).await;
    for version in ["1.1.1", "1.3.0"] {
        assert!(private["wms"][version]["map"]["fault"].is_string(), "{private}");
    }
    for version in ["1.0.0", "1.1.0", "2.0.0"] {
        assert!(
            private["wfs"][version]["features"]["fault"].is_string(),
            "{private}"
        );
    }
}

#[tokio::test]
async fn a_bearer_token_opens_the_editors_layers() {
    let site = Setup::default().start().await;
    let token = site.grant("many", "jane").await.access_token;
    assert_sees(
        &run(&site, "parcels", &["--bearer", &token]).await,
        &EDITORS,
        &site,
    );
}

#[tokio::test]
async fn basic_opens_the_editors_layers() {
    let site = Setup::default().variable("BASICAUTH", "true").start().await;
    assert_sees(
        &run(&site, "parcels", &["--basic", "jane", "lindmatt-jane"]).await,
        &EDITORS,
        &site,
    );
    let wrong = run(&site, "parcels", &["--basic", "jane", "wrong"]).await;
    assert!(
        wrong["wms"]["1.3.0"]["fault"].is_string() && wrong["wfs"]["2.0.0"]["fault"].is_string(),
        "{wrong}"
    );
}

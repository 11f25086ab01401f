//! GDAL's own programs, through the proxy.

use mapgate_tests::{BOX, Setup, Site, client};
use serde_json::{Value, json};

async fn run(site: &Site, layer: &str, who: &[&str]) -> Value {
    let (url, typename) = (
        format!("{}/mapserv_proxy?ogcserver=main", site.url),
        format!("ms:{layer}"),
    );
    let mut arguments = vec![url.as_str(), "--layer", layer, "--typename", &typename, "--bbox"];
    arguments.extend(BOX);
    arguments.extend(who);
    client("gdal_check.py", &arguments).await
}

fn lists(found: &Value, list: &str, name: &str) -> bool {
    found
        .pointer(list)
        .unwrap()
        .as_array()
        .unwrap()
        .contains(&json!(name))
}

#[track_caller]
fn assert_sees_parcels(found: &Value) {
    assert!(
        lists(found, "/subdatasets/layers", "parcels") && lists(found, "/types", "ms:parcels"),
        "{found}"
    );
    assert!(!found.to_string().contains("gas_pipes"), "{found}");
    assert_eq!(
        (&found["map"]["code"], &found["map"]["drawn"]),
        (&json!(0), &json!(true)),
        "{found}"
    );
    assert_eq!(found["features"]["count"], 132, "{found}");
}

#[tokio::test]
async fn anonymous_sees_what_is_public() {
    let site = Setup::default().start().await;
    let public = run(&site, "roads", &[]).await;
    assert!(
        lists(&public, "/subdatasets/layers", "roads") && lists(&public, "/types", "ms:roads"),
        "{public}"
    );
    assert!(
        !lists(&public, "/subdatasets/layers", "parcels") && !lists(&public, "/types", "ms:parcels"),
        "{public}"
    );
    assert_eq!(public["map"]["drawn"], true, "{public}");
    assert!(public["features"]["count"].as_i64().unwrap() > 0, "{public}");

    let private = run(&site, "parcels", &[]).await;
    assert_ne!(private["map"]["code"], 0, "{private}");
    assert_eq!(private["features"]["count"], Value::Null, "{private}");
}

#[tokio::test]
async fn a_bearer_token_opens_a_private_layer() {
    let site = Setup::default().start().await;
    let token = site.grant("many", "jane").await.access_token;
    assert_sees_parcels(&run(&site, "parcels", &["--bearer", &token]).await);
}

#[tokio::test]
async fn basic_opens_a_private_layer() {
    let site = Setup::default().variable("BASICAUTH", "true").start().await;
    assert_sees_parcels(&run(&site, "parcels", &["--basic", "jane:lindmatt-jane"]).await);
    let wrong = run(&site, "parcels", &["--basic", "jane:wrong"]).await;
    assert_ne!(wrong["map"]["code"], 0, "{wrong}");
    assert_eq!(wrong["features"]["count"], Value::Null, "{wrong}");
}

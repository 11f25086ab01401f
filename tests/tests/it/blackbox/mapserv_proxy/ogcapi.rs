//! OGC API - Features of real `MapServer`.

use std::sync::Arc;

use mapgate_tests::{Actor, Site};
use serde_json::Value;

everywhere!(
    every_link_leads_on_through_the_proxy,
    t108_a_collection_is_given_to_its_roles,
    t108_lists_name_what_may_be_had,
);

const API: &str = "/mapserv_proxy/main/ogcapi";

async fn json(actor: &Actor, path: &str) -> Value {
    let answer = actor.get(path).await;
    serde_json::from_str(answer.is(200, "{").text()).unwrap()
}

/// The links of a document, those of collections in it among them.
fn links(document: &Value) -> Vec<String> {
    let own = document["links"].as_array().into_iter().flatten();
    let collections = document["collections"].as_array().into_iter().flatten();
    let inner = collections.filter_map(|one| one["links"].as_array()).flatten();
    own.chain(inner)
        .map(|link| link["href"].as_str().unwrap().to_owned())
        .collect()
}

async fn every_link_leads_on_through_the_proxy(site: Arc<Site>) {
    let stranger = site.anonymous();
    let (mut todo, mut seen) = (vec![format!("{}{API}", site.url)], Vec::new());
    while let Some(url) = todo.pop() {
        if seen.contains(&url) || seen.len() > 200 {
            continue;
        }
        assert!(url.starts_with(&format!("{}{API}", site.url)), "{url}");
        let document = json(&stranger, &url).await;
        let text = document.to_string();
        for hidden in ["parcels", "owners", "gas_pipes"] {
            assert!(!text.contains(hidden), "{hidden} in {url}: {text}");
        }
        todo.extend(links(&document));
        seen.push(url);
    }
    for end in ["/conformance", "/api", "/collections", "/collections/roads/items"] {
        assert!(seen.iter().any(|url| url.ends_with(end)), "{end} in {seen:?}");
    }
    assert!(seen.iter().any(|url| url.contains("offset=10")), "{seen:?}");
}

async fn t108_a_collection_is_given_to_its_roles(site: Arc<Site>) {
    let (stranger, jane, pia) = (site.anonymous(), site.user("jane").await, site.user("pia").await);
    for end in ["", "/items", "/items/1"] {
        let path = |name: &str| format!("{API}/collections/{name}{end}");
        json(&stranger, &path("roads")).await;
        json(&jane, &path("parcels")).await;
        for name in ["parcels", "Parcels", "nosuch", "cadastre", "lindmatt"] {
            stranger
                .get(&path(name))
                .await
                .is(401, "\"NotFound\"")
                .has("content-type", Some("application/json"))
                .has("www-authenticate", Some("Bearer"));
        }
        pia.get(&path("parcels")).await.is(403, "\"NotFound\"");
    }
    let items = json(&jane, &format!("{API}/collections/parcels/items?limit=200")).await;
    assert_eq!(items["features"].as_array().unwrap().len(), 132);
    jane.get(&format!("{API}/collections/parcels/items/999999"))
        .await
        .is(404, "\"NotFound\"");
    jane.get(&format!("{API}/collections/parcels/items?bbox=a"))
        .await
        .is(400, "InvalidParameterValue");
}

async fn t108_lists_name_what_may_be_had(site: Arc<Site>) {
    let names = |document: &Value| -> Vec<String> {
        let all = document["collections"].as_array().unwrap();
        all.iter()
            .map(|one| one["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let path = format!("{API}/collections");
    let public = ["landcover", "projects", "buildings", "roads", "places"];
    assert_eq!(names(&json(&site.anonymous(), &path).await), public);
    let jane = names(&json(&site.user("jane").await, &path).await);
    assert!(
        jane.contains(&"parcels".to_owned()) && !jane.contains(&"gas_pipes".to_owned()),
        "{jane:?}"
    );
}

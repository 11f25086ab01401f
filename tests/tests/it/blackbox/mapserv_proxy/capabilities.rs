//! `GetCapabilities` comes back without what the identity may not see, and without the backend's address.

use std::sync::Arc;

use mapgate_tests::{Actor, Site};

use super::proxy;

everywhere!(
    a_stranger_sees_no_private_name,
    an_editor_sees_the_editors_layers,
    a_token_sees_what_its_user_sees,
    qgis_asks_without_a_version,
    the_main_server_needs_no_name,
    an_unknown_server_is_400_and_names_the_known,
    a_document_is_kept_for_nobody_else,
    a_ticket_from_a_foreign_page_sees_no_more,
    hidden_names_are_in_no_other_answer,
);

/// Every version, in every spelling.
const DOCUMENTS: [&str; 9] = [
    "WMTVER=1.0.0&REQUEST=capabilities",
    "SERVICE=WMS&VERSION=1.0.0&REQUEST=GetCapabilities",
    "SERVICE=WMS&VERSION=1.1.0&REQUEST=GetCapabilities",
    "SERVICE=WMS&VERSION=1.1.1&REQUEST=GetCapabilities",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetCapabilities",
    "SERVICE=WFS&VERSION=1.0.0&REQUEST=GetCapabilities",
    "SERVICE=WFS&VERSION=1.1.0&REQUEST=GetCapabilities",
    "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetCapabilities",
    "SERVICE=WFS&ACCEPTVERSIONS=2.0.0,1.1.0,1.0.0&REQUEST=GetCapabilities",
];
const PUBLIC: [&str; 5] = ["landcover", "buildings", "roads", "places", "projects"];

async fn document(actor: &Actor, query: &str) -> String {
    let answer = actor.get(&proxy(query)).await;
    let text = answer.is(200, "apabilities").text().to_owned();
    let kind = answer.header("content-type").unwrap();
    assert!(kind.contains("xml"), "{kind}");
    text
}

/// No private name, nowhere: not in names, titles, styles, links or comments.
#[track_caller]
fn assert_hides(text: &str, names: &[&str]) {
    let text = text.to_lowercase();
    for name in names {
        assert!(!text.contains(name), "{name} is in the document:\n{text}");
    }
}

/// Every address of this machine in the document is the proxy's.
#[track_caller]
fn assert_own_addresses(site: &Site, text: &str) {
    let proxy = format!("{}/mapserv_proxy/main?", site.url);
    let mut links = 0;
    for start in ["http://127.0.0.1", "http://localhost"] {
        for (at, _) in text.match_indices(start) {
            let link: String = text[at..].chars().take(120).collect();
            assert!(link.starts_with(&proxy), "{link}");
            links += 1;
        }
    }
    assert!(links > 1, "a client finds its way from the document: {text}");
}

async fn a_stranger_sees_no_private_name(site: Arc<Site>) {
    for query in DOCUMENTS {
        let text = document(&site.anonymous(), query).await;
        assert_hides(&text, &["parcel", "owner", "gas", "cadastre"]);
        assert_own_addresses(&site, &text);
        for name in PUBLIC {
            assert!(text.contains(name), "{query}: {name}");
        }
    }
}

async fn an_editor_sees_the_editors_layers(site: Arc<Site>) {
    let (jane, pia) = (site.user("jane").await, site.user("pia").await);
    for query in DOCUMENTS {
        let text = document(&jane, query).await;
        assert!(
            text.contains("parcels") && text.contains("owners") && text.contains("roads"),
            "{query}: {text}"
        );
        assert_hides(&text, &["gas"]);
        assert_own_addresses(&site, &text);
        assert_eq!(
            text.contains("cadastre"),
            !query.contains("WFS"),
            "a group is WMS's: {query}"
        );
        let text = document(&pia, query).await;
        assert!(text.contains("gas_pipes"), "{query}: {text}");
        assert_hides(&text, &["parcel", "owners", "cadastre"]);
    }
}

async fn a_token_sees_what_its_user_sees(site: Arc<Site>) {
    let (jane, qgis) = (site.user("jane").await, site.qgis("jane").await);
    for query in DOCUMENTS {
        assert_eq!(
            document(&qgis, query).await,
            document(&jane, query).await,
            "{query}"
        );
    }
}

async fn qgis_asks_without_a_version(site: Arc<Site>) {
    let text = document(&site.qgis("jane").await, "SERVICE=WMS&REQUEST=GetCapabilities").await;
    assert!(
        text.contains("version=\"1.3.0\"") && text.contains("parcels"),
        "{text}"
    );
    for query in [
        "service=wms&request=getcapabilities",
        "ReQuEsT=GetCapabilities&sErViCe=WMS",
    ] {
        assert_hides(&document(&site.anonymous(), query).await, &["parcel", "gas"]);
    }
}

async fn the_main_server_needs_no_name(site: Arc<Site>) {
    let query = "SERVICE=WMS&REQUEST=GetCapabilities";
    site.anonymous()
        .get(&format!("/mapserv_proxy?{query}"))
        .await
        .is(200, "roads");
    site.anonymous()
        .get(&format!("/mapserv_proxy/main?{query}"))
        .await
        .is(200, "roads");
}

async fn an_unknown_server_is_400_and_names_the_known(site: Arc<Site>) {
    for path in [
        "/mapserv_proxy?ogcserver=other&SERVICE=WMS&REQUEST=GetCapabilities",
        "/mapserv_proxy/other?SERVICE=WMS",
    ] {
        site.anonymous().get(path).await.is(400, "main");
    }
}

async fn a_document_is_kept_for_nobody_else(site: Arc<Site>) {
    for actor in [site.anonymous(), site.user("jane").await, site.qgis("jane").await] {
        let answer = actor.get(&proxy(DOCUMENTS[1])).await;
        answer
            .has("cache-control", Some("private, no-cache"))
            .has("last-modified", None)
            .has("x-content-type-options", Some("nosniff"));
        answer.has("content-security-policy", Some("sandbox; default-src 'none'"));
    }
}

async fn a_ticket_from_a_foreign_page_sees_no_more(site: Arc<Site>) {
    let jane = site.user("jane").await;
    let headers = [("referer", "https://evil.example.com/")];
    let answer = jane
        .send(http::Method::GET, &proxy(DOCUMENTS[1]), &headers, Vec::new())
        .await;
    assert_hides(answer.is(200, "roads").text(), &["parcel", "gas"]);
}

async fn hidden_names_are_in_no_other_answer(site: Arc<Site>) {
    for query in [
        "SERVICE=WFS&VERSION=2.0.0&REQUEST=DescribeFeatureType",
        "SERVICE=WFS&VERSION=1.1.0&REQUEST=DescribeFeatureType",
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=nothing&STYLES=&CRS=EPSG:2056&BBOX=0,0,1,1&WIDTH=9&HEIGHT=9&FORMAT=image/png",
        "SERVICE=WMS&VERSION=1.1.1&REQUEST=DescribeLayer&LAYERS=roads",
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetSchemaExtension",
    ] {
        let answer = site.anonymous().get(&proxy(query)).await;
        assert_hides(answer.text(), &["parcel", "owners", "gas", "cadastre"]);
    }
}

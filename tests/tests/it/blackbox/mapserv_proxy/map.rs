//! `GetMap`, `GetFeatureInfo` and `GetLegendGraphic`: layers are enforced in the proxy.

use std::sync::Arc;

use mapgate_tests::{Answer, Site};

use super::{AREA, get_map, proxy};

everywhere!(
    a_public_layer_is_drawn_for_everybody,
    a_private_layer_is_drawn_for_its_roles,
    a_stranger_is_asked_for_a_token,
    one_private_layer_refuses_the_whole,
    unknown_and_forbidden_look_alike,
    the_root_is_what_one_may_read,
    a_group_is_its_readable_leaves,
    a_query_asks_for_what_it_names,
    a_legend_is_as_private_as_its_layer,
    basic_is_asked_for_by_nobody,
    an_exception_tells_nothing_of_the_backend,
    head_answers_like_get,
);

fn get_feature_info(layers: &str, query_layers: &str) -> String {
    proxy(&format!(
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetFeatureInfo&LAYERS={layers}&QUERY_LAYERS={query_layers}&STYLES=\
         &CRS=EPSG:2056&{AREA}&FORMAT=image/png&I=9&J=76&INFO_FORMAT=text/plain&FEATURE_COUNT=50"
    ))
}

fn get_legend_graphic(layer: &str) -> String {
    proxy(&format!(
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&SLD_VERSION=1.1.0&LAYER={layer}&FORMAT=image/png"
    ))
}

#[track_caller]
fn assert_drawn(answer: &Answer) {
    assert!(
        answer.status == 200 && answer.is_png(),
        "{} {:?}",
        answer.status,
        String::from_utf8(answer.body.clone())
    );
    answer.has("content-type", Some("image/png"));
    answer.has("x-content-type-options", Some("nosniff"));
    answer.has("content-security-policy", Some("sandbox; default-src 'none'"));
}

async fn a_public_layer_is_drawn_for_everybody(site: Arc<Site>) {
    let map = get_map("roads,buildings");
    let anonymous = site.anonymous().get(&map).await;
    assert_drawn(&anonymous);
    let jane = site.user("jane").await.get(&map).await;
    assert_eq!(anonymous.body, jane.body);
    let old = map.replace("1.3.0", "1.1.1").replace("CRS", "SRS");
    assert_drawn(&site.anonymous().get(&old).await);
}

async fn a_private_layer_is_drawn_for_its_roles(site: Arc<Site>) {
    let empty = site
        .anonymous()
        .get(&get_map("places").replace("2599940,1199940,2601480,1201020", "0,0,9,9"))
        .await;
    for actor in [site.user("jane").await, site.qgis("jane").await] {
        let answer = actor.get(&get_map("parcels")).await;
        assert_drawn(&answer);
        assert_ne!(answer.body, empty.body, "something is drawn");
    }
    assert_drawn(&site.qgis("pia").await.get(&get_map("gas_pipes")).await);
}

async fn a_stranger_is_asked_for_a_token(site: Arc<Site>) {
    let answer = site.anonymous().get(&get_map("parcels")).await;
    answer
        .is(401, "ServiceException")
        .has("www-authenticate", Some("Bearer"));
    for actor in [
        site.user("pia").await,
        site.qgis("pia").await,
        site.user("joe").await,
    ] {
        actor
            .get(&get_map("parcels"))
            .await
            .is(403, "ServiceException")
            .has("www-authenticate", None);
    }
    // In the version asked for.
    let old = get_map("parcels").replace("1.3.0", "1.1.1").replace("CRS", "SRS");
    let answer = site.anonymous().get(&old).await;
    answer.is(401, "version=\"1.1.1\"");
    site.anonymous()
        .get(&get_map("parcels"))
        .await
        .is(401, "version=\"1.3.0\"");
}

async fn one_private_layer_refuses_the_whole(site: Arc<Site>) {
    for layers in [
        "roads,parcels",
        "parcels,roads",
        "roads,%70arcels",
        "roads,,parcels",
        "roads,%20parcels",
        "roads,Parcels",
    ] {
        let answer = site.anonymous().get(&get_map(layers)).await;
        assert!(
            [400, 401].contains(&answer.status.as_u16()) && !answer.is_png(),
            "{layers}: {answer:?}"
        );
    }
    site.user("pia")
        .await
        .get(&get_map("gas_pipes,parcels"))
        .await
        .is(403, "ServiceException");
    assert_drawn(&site.user("jane").await.get(&get_map("roads,parcels")).await);
}

async fn unknown_and_forbidden_look_alike(site: Arc<Site>) {
    for actor in [site.anonymous(), site.user("pia").await] {
        let forbidden = actor.get(&get_map("parcels")).await;
        let unknown = actor.get(&get_map("nothing")).await;
        assert_eq!(forbidden.status, unknown.status);
        assert_eq!(
            forbidden.text().replace("parcels", "?"),
            unknown.text().replace("nothing", "?")
        );
    }
}

async fn the_root_is_what_one_may_read(site: Arc<Site>) {
    let (root, leaves) = ("lindmatt", "landcover,projects,buildings,roads,places");
    let anonymous = site.anonymous().get(&get_map(root)).await;
    assert_drawn(&anonymous);
    assert_eq!(anonymous.body, site.anonymous().get(&get_map(leaves)).await.body);
    let jane = site.user("jane").await.get(&get_map(root)).await;
    assert_ne!(anonymous.body, jane.body, "an editor's map has the parcels");
}

async fn a_group_is_its_readable_leaves(site: Arc<Site>) {
    let jane = site.user("jane").await;
    let group = jane.get(&get_map("cadastre")).await;
    assert_drawn(&group);
    assert_eq!(group.body, jane.get(&get_map("parcels,owners")).await.body);
    // None readable is forbidden.
    site.anonymous()
        .get(&get_map("cadastre"))
        .await
        .is(401, "ServiceException");
    site.user("pia")
        .await
        .get(&get_map("roads,cadastre"))
        .await
        .is(403, "ServiceException");
}

async fn a_query_asks_for_what_it_names(site: Arc<Site>) {
    let jane = site.qgis("jane").await;
    jane.get(&get_feature_info("parcels", "parcels"))
        .await
        .is(200, "parcels");
    for (layers, query_layers) in [
        ("roads", "parcels"),
        ("parcels", "roads"),
        ("roads,parcels", "roads"),
    ] {
        let answer = site
            .anonymous()
            .get(&get_feature_info(layers, query_layers))
            .await;
        answer.is(401, "ServiceException");
    }
    let answer = site
        .anonymous()
        .get(&get_feature_info("lindmatt", "lindmatt"))
        .await;
    assert!(!answer.text().contains("owner"), "{}", answer.text());
}

async fn a_legend_is_as_private_as_its_layer(site: Arc<Site>) {
    let public = site.anonymous().get(&get_legend_graphic("roads")).await;
    assert_drawn(&public);
    let cache = public.header("cache-control").unwrap();
    assert!(cache.contains("public"), "{cache}");
    site.anonymous()
        .get(&get_legend_graphic("parcels"))
        .await
        .is(401, "ServiceException");
    let private = site.user("jane").await.get(&get_legend_graphic("parcels")).await;
    assert_drawn(&private);
    let cache = private.header("cache-control").unwrap();
    assert!(cache.contains("private") && !cache.contains("public"), "{cache}");
}

async fn basic_is_asked_for_by_nobody(site: Arc<Site>) {
    // `BASICAUTH` is off: the header is ignored, and no answer opens a password dialog.
    let basic = site.basic("jane", "lindmatt-jane");
    let answer = basic.get(&get_map("parcels")).await;
    answer
        .is(401, "ServiceException")
        .has("www-authenticate", Some("Bearer"));
    let asked = format!("{}&authentication_required=true", get_map("roads"));
    let answer = site.anonymous().get(&asked).await;
    answer.is(403, "").has("www-authenticate", None);
    assert_drawn(&site.user("joe").await.get(&asked).await);
}

async fn an_exception_tells_nothing_of_the_backend(site: Arc<Site>) {
    for query in [
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads&STYLES=&CRS=EPSG:999999&BBOX=0,0,1,1&WIDTH=9&HEIGHT=9&FORMAT=image/png",
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads&STYLES=none&CRS=EPSG:2056&BBOX=0,0,1,1&WIDTH=9&HEIGHT=9&FORMAT=image/png",
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads&STYLES=&CRS=EPSG:2056&BBOX=0,0,1,1&WIDTH=99999&HEIGHT=99999&FORMAT=image/png",
    ] {
        let answer = site.anonymous().get(&proxy(query)).await;
        // MapServer says 200, which a client may take for a picture.
        answer.is(400, "ServiceException");
        for leak in ["mapserv", "msWMS", ".geojson", "/tmp", "127.0.0.1"] {
            assert!(!answer.text().contains(leak), "{leak}: {}", answer.text());
        }
    }
}

async fn head_answers_like_get(site: Arc<Site>) {
    let get = site.anonymous().get(&get_map("roads")).await;
    let head = site
        .anonymous()
        .send(http::Method::HEAD, &get_map("roads"), &[], Vec::new())
        .await;
    assert_eq!(head.status, get.status);
    head.has("content-type", Some("image/png"));
    assert!(head.body.is_empty());
    site.anonymous()
        .send(http::Method::HEAD, &get_map("parcels"), &[], Vec::new())
        .await
        .is(401, "");
}

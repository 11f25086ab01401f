//! Ways past a proxy that real MapServer opens, each of which is closed.

use std::sync::Arc;

use http::Method;
use mapgate_tests::Site;

use super::{AREA, get_feature, get_map, proxy};

everywhere!(
    repeated_and_odd_case_role_ids_are_dropped,
    user_ids_and_substitutions_are_dropped,
    a_map_of_the_clients_is_dropped,
    the_native_cgi_is_refused,
    the_root_layer_draws_nothing_private,
    the_old_spelling_of_capabilities_is_no_way_in,
    a_style_of_the_clients_is_refused,
    a_repeated_parameter_cannot_mean_two_things,
    a_body_is_no_way_in,
    what_is_not_understood_is_refused,
);

async fn repeated_and_odd_case_role_ids_are_dropped(site: Arc<Site>) {
    // Projects of role 101 are shown to it alone; MapServer takes the last of a name, in any case.
    let alone = site.anonymous().get(&get_feature("ms:projects")).await;
    let jane = site.user("jane").await.get(&get_feature("ms:projects")).await;
    assert!(jane.body.len() > alone.body.len(), "the parameter has an effect");
    for extra in [
        "role_ids=101",
        "ROLE_IDS=101",
        "Role_Ids=101&rOLE_iDS=101",
        "role_ids=1&Role_Ids=101",
        "role%5Fids=101",
        "r%6Fle_ids=101",
        "role_ids=101&role_ids=101&role_ids=101",
        "role_ids=101;role_ids=101",
        "role_ids[]=101",
        "+role_ids=101",
        "role_ids+=101",
    ] {
        for path in [
            format!("{}&{extra}", get_feature("ms:projects")),
            get_feature("ms:projects").replacen("SERVICE", &format!("{extra}&SERVICE"), 1),
        ] {
            let answer = site.anonymous().get(&path).await;
            if answer.status == 200 {
                assert_eq!(
                    answer.text().matches("<wfs:member>").count(),
                    1,
                    "{path}: {}",
                    answer.text()
                );
            } else {
                answer.is(400, "Exception");
            }
        }
    }
}

async fn user_ids_and_substitutions_are_dropped(site: Arc<Site>) {
    for extra in [
        "user_id=1001",
        "USER_ID=1001&User_Id=1001",
        "s_name=x&S_NAME=x",
        "s_role_ids=101",
    ] {
        let answer = site
            .anonymous()
            .get(&format!("{}&{extra}", get_feature("ms:projects")))
            .await;
        assert_eq!(
            answer
                .is(200, "FeatureCollection")
                .text()
                .matches("<wfs:member>")
                .count(),
            1,
            "{extra}"
        );
    }
}

async fn a_map_of_the_clients_is_dropped(site: Arc<Site>) {
    let plain = site.anonymous().get(&get_map("roads")).await;
    for extra in [
        "map=/etc/passwd",
        "MAP=/etc/passwd&Map=x",
        "map_layer[roads]=STATUS+OFF",
        "map.layer[roads].data=parcels",
    ] {
        let answer = site
            .anonymous()
            .get(&format!("{}&{extra}", get_map("roads")))
            .await;
        if answer.status == 200 {
            assert_eq!(answer.body, plain.body, "{extra}");
        } else {
            answer.is(400, "Exception");
        }
    }
}

async fn the_native_cgi_is_refused(site: Arc<Site>) {
    for query in [
        "mode=map&layers=parcels",
        "mode=map&layers=all",
        "MODE=map&LAYERS=roads",
        "mode=browse&layers=parcels",
        "mode=query&layers=parcels&mapxy=2600000+1200000",
        "layers=parcels",
        "mode=tile&tile=0+0+0&layers=parcels",
        "mode=legend&layers=parcels",
        "mode=nquery&qlayer=parcels",
        "",
    ] {
        for actor in [site.anonymous(), site.user("jane").await] {
            let answer = actor.get(&proxy(query)).await;
            // Without SERVICE nothing is a request of an OGC service.
            answer.is(400, "ServiceException");
        }
    }
    let with_mode = format!("{}&mode=map", get_map("roads"));
    let plain = site.anonymous().get(&get_map("roads")).await;
    let answer = site.anonymous().get(&with_mode).await;
    assert!(answer.status == 400 || answer.body == plain.body, "{answer:?}");
}

async fn the_root_layer_draws_nothing_private(site: Arc<Site>) {
    let public = site
        .anonymous()
        .get(&get_map("landcover,projects,buildings,roads,places"))
        .await;
    for root in ["lindmatt", "Lindmatt", "LINDMATT", "lindmatt,roads", "%6Cindmatt"] {
        let answer = site.anonymous().get(&get_map(root)).await;
        let drawn = answer.status == 200;
        assert!(
            !drawn || answer.body == public.body || root.contains(','),
            "{root}"
        );
        assert!(
            drawn || [400, 401].contains(&answer.status.as_u16()),
            "{root}: {answer:?}"
        );
    }
    // All of it, two ways.
    let jane = site.user("jane").await.get(&get_map("lindmatt")).await;
    assert_ne!(jane.body, public.body);
}

async fn the_old_spelling_of_capabilities_is_no_way_in(site: Arc<Site>) {
    for query in [
        "SERVICE=WMS&VERSION=1.0.0&REQUEST=capabilities",
        "WMTVER=1.0.0&REQUEST=capabilities",
        "SERVICE=WMS&REQUEST=capabilities",
        "SERVICE=WMS&VERSION=1.0.0&REQUEST=GetCapabilities",
        "REQUEST=GetCapabilities",
        "SERVICE=WCS&VERSION=2.0.1&REQUEST=GetCapabilities",
        "SERVICE=SOS&VERSION=1.0.0&REQUEST=GetCapabilities",
        "SERVICE=WMS&REQUEST=GetContext",
    ] {
        let answer = site.anonymous().get(&proxy(query)).await;
        let text = answer.text();
        assert!(
            !text.contains("parcels") && !text.contains("gas_pipes") && !text.contains("cadastre"),
            "{query}: {text}"
        );
    }
    let old = proxy("SERVICE=WMS&VERSION=1.0.0&REQUEST=capabilities");
    let old = site.anonymous().get(&old).await;
    old.is(200, "WMT_MS_Capabilities version=\"1.0.0\"");
    assert!(old.text().contains("<Name>roads</Name>"), "{}", old.text());
}

async fn a_style_of_the_clients_is_refused(site: Arc<Site>) {
    let body = "<StyledLayerDescriptor version=\"1.0.0\"><NamedLayer><Name>parcels</Name></NamedLayer>\
                </StyledLayerDescriptor>";
    let body: String = url::form_urlencoded::byte_serialize(body.as_bytes()).collect();
    for (extra, status, code) in [
        (format!("SLD_BODY={body}"), 401, "LayerNotDefined"),
        (format!("sld_body={body}"), 401, "LayerNotDefined"),
        (format!("Sld_Body={body}"), 401, "LayerNotDefined"),
        (
            "SLD=http://127.0.0.1:1/x.sld".to_owned(),
            400,
            "OperationNotSupported",
        ),
        ("sld=file:///etc/passwd".to_owned(), 400, "OperationNotSupported"),
    ] {
        for path in [
            format!("{}&{extra}", get_map("roads")),
            format!("{}&{extra}", get_map("").replace("LAYERS=&", "")),
            proxy(&format!(
                "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&LAYER=roads&FORMAT=image/png&{extra}"
            )),
        ] {
            let answer = site.anonymous().get(&path).await;
            answer.is(status, code);
        }
    }
}

async fn a_repeated_parameter_cannot_mean_two_things(site: Arc<Site>) {
    for query in [
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads&LAYERS=parcels",
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads&layers=parcels",
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&layers=parcels&LAYERS=roads",
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads&Layers=lindmatt",
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads%00,parcels",
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads;LAYERS=parcels",
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads&LAYER=parcels&QUERY_LAYERS=parcels",
    ] {
        let answer = site
            .anonymous()
            .get(&proxy(&format!(
                "{query}&STYLES=&CRS=EPSG:2056&{AREA}&FORMAT=image/png"
            )))
            .await;
        let roads = site.anonymous().get(&get_map("roads")).await;
        let harmless = answer.status == 200 && answer.body == roads.body;
        assert!(
            harmless || [400, 401].contains(&answer.status.as_u16()),
            "{query}: {answer:?}"
        );
    }
    // What is refused as a GetMap must not be let through as something public that comes first.
    for query in [
        "SERVICE=WMS&REQUEST=GetCapabilities&REQUEST=GetMap&LAYERS=parcels",
        "REQUEST=GetMap&SERVICE=WMS&LAYERS=parcels&request=GetCapabilities",
        "SERVICE=WMS&SERVICE=WFS&REQUEST=GetFeature&VERSION=2.0.0&TYPENAMES=parcels",
    ] {
        let answer = site
            .anonymous()
            .get(&proxy(&format!(
                "{query}&STYLES=&CRS=EPSG:2056&{AREA}&FORMAT=image/png"
            )))
            .await;
        assert!(!answer.is_png(), "{query}");
        assert!(
            !String::from_utf8(answer.body.clone())
                .unwrap()
                .contains("parcels"),
            "{query}: {answer:?}"
        );
    }
}

async fn a_body_is_no_way_in(site: Arc<Site>) {
    let xml = r#"<GetFeature xmlns="http://www.opengis.net/wfs/2.0" service="WFS" version="2.0.0">
        <Query typeNames="parcels"/></GetFeature>"#;
    let form =
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=parcels&STYLES=&CRS=EPSG:2056&FORMAT=image/png";
    let form = format!("{form}&{AREA}");
    for (kind, body) in [
        ("text/xml", xml),
        ("application/xml", xml),
        ("text/plain", xml),
        ("application/x-www-form-urlencoded", form.as_str()),
    ] {
        for query in [
            "",
            "SERVICE=WFS",
            "SERVICE=WMS&REQUEST=GetCapabilities",
            "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads",
        ] {
            let headers = [("content-type", kind)];
            let answer = site
                .anonymous()
                .send(Method::POST, &proxy(query), &headers, body.as_bytes().to_vec())
                .await;
            assert!(!answer.is_png(), "{kind} {query}");
            assert!(
                !String::from_utf8(answer.body.clone())
                    .unwrap()
                    .contains("<ms:parcels"),
                "{kind} {query}: {answer:?}"
            );
            assert!(
                answer.status.is_client_error() || query.contains("GetCapabilities"),
                "{kind} {query}: {answer:?}"
            );
        }
    }
}

async fn what_is_not_understood_is_refused(site: Arc<Site>) {
    let jane = site.user("jane").await;
    for query in [
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetPrint&LAYERS=roads",
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMetadata&LAYER=roads",
        "SERVICE=XYZ&REQUEST=GetCapabilities",
        "SERVICE=CSW&REQUEST=GetRecords",
        "SERVICE=WFS&VERSION=2.0.0&REQUEST=Transaction",
        "SERVICE=WFS&VERSION=2.0.0&REQUEST=DropEverything",
    ] {
        jane.get(&proxy(query)).await.is(400, "OperationNotSupported");
    }
    for query in ["SERVICE=WMS", "REQUEST=GetMap&LAYERS=roads&x=1"] {
        jane.get(&proxy(query)).await.is(400, "MissingParameterValue");
    }
}

//! The settings of the map proxy, each in every way that it can show.

use super::*;
use mapgate_core::table::OgcServer;

/// Every spelling of the two requests that are answered with capabilities.
const CAPABILITIES: &[&str] = &[
    "SERVICE=WMS&REQUEST=GetCapabilities",
    "service=wms&request=getcapabilities",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GETCAPABILITIES",
    "SERVICE=WMS&VERSION=1.1.1&REQUEST=GetCapabilities",
    "SERVICE=WMS&VERSION=1.1.0&REQUEST=GetCapabilities",
    "SERVICE=WMS&VERSION=1.0.0&REQUEST=GetCapabilities",
    "SERVICE=WMS&VERSION=9.9.9&REQUEST=GetCapabilities",
    "SERVICE=WMS&VERSION=1.0.0&REQUEST=capabilities",
    "SERVICE=WMS&REQUEST=Capabilities",
    "REQUEST=capabilities",
    "WMTVER=1.0.0&REQUEST=capabilities",
    "WMTVER=1.0.0&REQUEST=CAPABILITIES",
    "wmtver=1.0.0&request=capabilities",
    "SERVICE=WMS&REQUEST=%47etCapabilities",
    "S%45RVICE=WMS&R%45QUEST=GetCapabilities",
    "SERVICE=WFS&REQUEST=GetCapabilities",
    "service=wfs&request=GETCAPABILITIES",
    "SERVICE=WFS&VERSION=1.0.0&REQUEST=GetCapabilities",
    "SERVICE=WFS&VERSION=1.1.0&REQUEST=GetCapabilities",
    "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetCapabilities",
    "SERVICE=WFS&ACCEPTVERSIONS=2.0.0,1.0.0&REQUEST=GetCapabilities",
    "SERVICE=WFS&SECTIONS=ServiceIdentification&REQUEST=GetCapabilities",
    "SERVICE=WMTS&REQUEST=GetCapabilities",
    "service=wmts&request=GETCAPABILITIES",
    "SERVICE=WMTS&VERSION=1.0.0&REQUEST=GetCapabilities",
    "SERVICE=WMTS&ACCEPTVERSIONS=2.0,1.0.0&REQUEST=GetCapabilities",
    "SERVICE=WMTS&SECTIONS=Contents&REQUEST=%47etCapabilities",
    "SERVICE=WCS&REQUEST=GetCapabilities",
    "service=wcs&request=getcapabilities",
    "SERVICE=WCS&VERSION=1.0.0&REQUEST=GetCapabilities",
    "SERVICE=WCS&VERSION=1.1.1&REQUEST=GetCapabilities",
    "SERVICE=WCS&VERSION=2.0.1&REQUEST=GetCapabilities",
    "SERVICE=WCS&ACCEPTVERSIONS=2.0.1,1.1.1&REQUEST=GetCapabilities",
    "SERVIC%45=WCS&REQUEST=GetCapabilitie%73",
];
const DOCUMENTS: &[&str] = &[
    "<GetCapabilities service='WFS'/>",
    "<GetCapabilities xmlns='http://www.opengis.net/wfs/2.0' service='WFS' version='2.0.0'/>",
    "<w:GetCapabilities xmlns:w='http://www.opengis.net/wfs' service='WFS' version='1.1.0'/>",
    "<?xml version='1.0'?><!-- --><GetCapabilities service='WFS' version='1.0.0'/>",
    "<GetCapabilities xmlns='http://www.opengis.net/wfs/2.0' service='WFS'><AcceptVersions xmlns='http://www.opengis.net/ows/1.1'><Version>2.0.0</Version></AcceptVersions></GetCapabilities>",
];

fn posted(path: &str, kind: &str, body: &str) -> Request<Body> {
    let request = Request::post(path).header("content-type", kind);
    request.body(Body::from(body.to_owned())).expect("a request")
}

/// All of them as requests: by GET, as a form, as a document, and QGIS Server's own.
fn asked() -> Vec<(String, Request<Body>)> {
    let mut asked = Vec::new();
    for query in CAPABILITIES {
        for path in [
            "/mapserv_proxy?",
            "/mapserv_proxy/main?",
            "/mapserv_proxy?ogcserver=main&",
        ] {
            asked.push((format!("{path}{query}"), get(&format!("{path}{query}"))));
        }
        let form = posted("/mapserv_proxy/main", "application/x-www-form-urlencoded", query);
        asked.push((format!("a form: {query}"), form));
    }
    for document in DOCUMENTS {
        for kind in ["text/xml", "application/xml; charset=UTF-8"] {
            asked.push((
                (*document).to_owned(),
                posted("/mapserv_proxy/main", kind, document),
            ));
        }
    }
    for request in ["GetProjectSettings", "GETPROJECTSETTINGS", "GetCapabilities"] {
        let path = format!("/mapserv_proxy/qgis?SERVICE=WMS&REQUEST={request}");
        asked.push((path.clone(), get(&path)));
    }
    asked
}

#[tokio::test]
async fn t100_hidden_or_filtered_capabilities_are_so_in_every_spelling_and_for_everybody() {
    for (hidden, expected) in [(true, StatusCode::NOT_FOUND), (false, StatusCode::OK)] {
        let world = World::new(&format!("  hide_capabilities: {hidden}")).await;
        let mut qgis = world.record("qgis", "/mapserv");
        qgis.r#type = ServerType::Qgisserver;
        world.server(&qgis).await;
        for jane in [false, true] {
            for (spelt, request) in asked() {
                let request = if jane {
                    with_header(request, "cookie", &world.cookie)
                } else {
                    request
                };
                let answer = world.send(request).await;
                assert_eq!(answer.status, expected, "{spelt}: {}", answer.body);
                assert!(
                    answer
                        .body
                        .contains(if hidden { "hidden" } else { "apabilities" }),
                    "{spelt}"
                );
                // T100: the same filter, however it is spelt.
                assert!(
                    jane || !answer.body.contains("parcels"),
                    "{spelt}: {}",
                    answer.body
                );
                is_sandboxed(&answer);
            }
        }
        if hidden {
            assert!(world.seen().is_empty());
        }
        // What is not asked for by capabilities goes on.
        assert_eq!(world.ask(&map("roads")).await.status, StatusCode::OK);
        assert_eq!(
            world.jane("/mapserv_proxy/main/access").await.status,
            StatusCode::OK
        );
    }
}

#[tokio::test]
async fn authentication_is_asked_for_in_every_spelling_and_of_strangers_alone() {
    for basicauth in ["true", "false"] {
        let world = World::with("  hide_capabilities: false", &[("BASICAUTH", basicauth)]).await;
        let (status, challenge) = match basicauth {
            "true" => (
                StatusCode::UNAUTHORIZED,
                "Basic realm=\"Access to restricted layers\"",
            ),
            _ => (StatusCode::FORBIDDEN, ""),
        };
        for parameter in [
            "authentication_required",
            "authentication_required=",
            "authentication_required=true",
            "Authentication_Required=false",
            "AUTHENTICATION_REQUIRED=1&authentication_required=2",
            "authentication%5Frequired",
        ] {
            for path in [
                format!("{}&{parameter}", map("roads")),
                format!("/mapserv_proxy/main?{parameter}&SERVICE=WMS&REQUEST=GetCapabilities"),
                format!("/mapserv_proxy/nosuch?{parameter}"),
            ] {
                let answer = world.ask(&path).await;
                assert_eq!(answer.status, status, "{path}");
                assert!(answer.header("www-authenticate").starts_with(challenge), "{path}");
                assert_eq!(answer.header("www-authenticate").is_empty(), challenge.is_empty());
                let jane = world.jane(&path).await;
                let known = if path.contains("nosuch") { 400 } else { 200 };
                assert_eq!(jane.status.as_u16(), known, "{path}: {}", jane.body);
            }
        }
        let beside = posted(
            "/mapserv_proxy/main?authentication_required",
            "application/x-www-form-urlencoded",
            &format!("{MAP}&LAYERS=roads"),
        );
        assert_eq!(world.send(beside).await.status, status);
    }
}

#[tokio::test]
async fn a_request_without_a_server_is_for_the_main_one() {
    let world = world().await;
    for path in [
        "/mapserv_proxy?",
        "/mapserv_proxy?ogcserver=&",
        "/mapserv_proxy?OGCSERVER=main&",
    ] {
        let answer = world.ask(&format!("{path}{MAP}&LAYERS=roads")).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    }
    // The path counts, whatever the query says.
    let answer = world
        .ask(&format!("/mapserv_proxy/main?ogcserver=html&{MAP}&LAYERS=roads"))
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let form = posted(
        "/mapserv_proxy",
        "application/x-www-form-urlencoded",
        &format!("{MAP}&LAYERS=roads"),
    );
    assert_eq!(world.send(form).await.status, StatusCode::OK);
}

#[tokio::test]
async fn access_by_default_is_the_servers_own() {
    let world = world().await;
    // A layer, and what it is for a stranger and for an editor: parcels has a rule, water has none.
    for (default_access, of_water) in [
        (DefaultAccess::Private, [401, 403]),
        (DefaultAccess::Public, [200, 200]),
    ] {
        let mut record = world.record("x", "/mapserv");
        record.default_access = default_access;
        world.server(&record).await;
        world.test.clock.advance(Duration::from_secs(11));
        for (layer, [stranger, editor]) in [
            ("roads", [200, 200]),
            ("parcels", [401, 200]),
            ("water", of_water),
            (
                "nosuch",
                if default_access == DefaultAccess::Private {
                    [401, 403]
                } else {
                    [400, 400]
                },
            ),
        ] {
            let wfs =
                format!("/mapserv_proxy/x?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=ms:{layer}");
            for path in [map(layer).replace("main", "x"), wfs] {
                let (anonymous, jane) = (world.ask(&path).await, world.jane(&path).await);
                let statuses = [anonymous.status.as_u16(), jane.status.as_u16()];
                assert_eq!(
                    statuses,
                    [stranger, editor],
                    "{default_access:?} {path}: {}",
                    jane.body
                );
            }
        }
        let answer = world
            .ask("/mapserv_proxy/x?SERVICE=WMS&REQUEST=GetCapabilities")
            .await;
        let shown = answer.body.contains("<Name>water</Name>");
        assert_eq!(shown, default_access == DefaultAccess::Public);
        assert!(!answer.body.contains("parcels"), "{}", answer.body);
    }
}

#[tokio::test]
async fn hidden_capabilities_hide_the_api_in_every_spelling_and_for_everybody() {
    let world = World::new("  hide_capabilities: true").await;
    world.server(&world.record("api", "/mapserv/demo")).await;
    let qgis = OgcServer {
        r#type: ServerType::Qgisserver,
        ..world.record("qgis", "/mapserv?MAP=/srv/demo.qgs")
    };
    world.server(&qgis).await;
    for (name, api) in [("api", "ogcapi"), ("qgis", "wfs3")] {
        for path in [
            "",
            "/",
            "?f=json",
            "/?f=json",
            "/api",
            "/api?f=json",
            "/%61pi",
            "/collections",
            "/collections?f=json",
            "/c%6Fllections",
            "/collections?limit=1",
            "/collections/",
            "/api/",
            "/api.json",
            "/collections.json",
        ] {
            for jane in [false, true] {
                let path = format!("/mapserv_proxy/{name}/{api}{path}");
                let answer = if jane {
                    world.jane(&path).await
                } else {
                    world.ask(&path).await
                };
                let hidden =
                    answer.status == StatusCode::NOT_FOUND || answer.status == StatusCode::BAD_REQUEST;
                assert!(hidden, "{path}: {} {}", answer.status, answer.body);
                for name in ["roads", "parcels", "\"links\""] {
                    assert!(!answer.body.contains(name), "{path}: {}", answer.body);
                }
            }
        }
    }
    assert!(world.seen().is_empty());
}

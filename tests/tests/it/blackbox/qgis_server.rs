//! Real QGIS Server behind the proxy, and real QGIS that edits through it.

use http::Method;
use mapgate_tests::{Actor, Answer, QgisServer, Setup, Site, client};
use serde_json::{Value, json};

/// A site before a QGIS Server.
async fn start() -> (QgisServer, Site) {
    let server = QgisServer::start().await;
    let site = Setup::default().seed(server.seed()).start().await;
    (server, site)
}

/// A path of the proxy.
fn proxy(query: &str) -> String {
    format!("/mapserv_proxy?ogcserver=qgis&{query}")
}

/// A small `GetMap` of WMS 1.3.0.
fn get_map(layers: &str) -> String {
    proxy(&format!(
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS={layers}&STYLES=&CRS=EPSG:2056&FORMAT=image/png\
         &BBOX=2599940,1199940,2601480,1201020&WIDTH=120&HEIGHT=84"
    ))
}

#[tokio::test]
async fn layers_and_types_are_for_their_roles() {
    let (_server, site) = start().await;
    let (stranger, jane) = (site.anonymous(), site.user("jane").await);
    assert!(stranger.get(&get_map("roads")).await.is_png());
    for layers in ["parcels", "roads,parcels", "cadastre", "Parcels", "buildings"] {
        stranger.get(&get_map(layers)).await.is(401, "LayerNotDefined");
    }
    assert!(jane.get(&get_map("cadastre,roads")).await.is_png());
    jane.get(&get_map("gas_pipes")).await.is(403, "LayerNotDefined");
    let features = |name: &str| {
        proxy(&format!(
            "SERVICE=WFS&VERSION=1.1.0&REQUEST=GetFeature&TYPENAME={name}"
        ))
    };
    stranger.get(&features("roads")).await.is(200, "<qgs:roads");
    stranger
        .get(&features("parcels"))
        .await
        .is(401, "ExceptionReport");
    jane.get(&features("parcels")).await.is(200, "<qgs:parcels");
    for service in ["WMS", "WFS"] {
        let path = proxy(&format!("SERVICE={service}&REQUEST=GetCapabilities"));
        let seen = stranger.get(&path).await;
        let text = seen.is(200, "roads").text();
        assert!(!text.contains("parcels") && !text.contains("gas_pipes"), "{text}");
        let seen = jane.get(&path).await;
        let text = seen.is(200, "parcels").text();
        assert!(!text.contains("gas_pipes"), "{text}");
    }
}

#[tokio::test]
async fn what_qgis_server_adds_is_for_who_may() {
    let (_server, site) = start().await;
    let (stranger, jane) = (site.anonymous(), site.user("jane").await);
    let plain = stranger.get(&get_map("roads")).await;
    let filtered = stranger
        .get(&format!(
            "{}&FILTER=roads:%22class%22+%3D+'main'",
            get_map("roads")
        ))
        .await;
    assert!(filtered.is_png() && filtered.body != plain.body);
    let selected = stranger
        .get(&format!("{}&SELECTION=roads:1", get_map("roads")))
        .await;
    assert!(selected.is_png() && selected.body != plain.body);
    for extra in ["FILTER=parcels:%22id%22+%3D+1", "SELECTION=roads:1;parcels:1"] {
        let path = format!("{}&{extra}", get_map("roads"));
        stranger.get(&path).await.is(401, "LayerNotDefined");
    }
    for extra in [
        "FILTER=roads:aggregate('parcels','count',1)",
        "FILTER=roads:%22id%22+%3D+(SELECT+1)",
        "SLD=http://127.0.0.1:1/",
        "HIGHLIGHT_GEOM=POINT(1+1)&HIGHLIGHT_SYMBOL=<ExternalGraphic/>",
    ] {
        let path = format!("{}&{extra}", get_map("roads"));
        stranger.get(&path).await.is(400, "Exception");
    }
    for layers in ["EXTERNAL_WMS:x", "roads,EXTERNAL_WMS:x"] {
        let path = format!("{}&x:url=http://127.0.0.1:1/&x:layers=x", get_map(layers));
        jane.get(&path).await.is(403, "LayerNotDefined");
    }
    let info = |layers: &str, queried: &str| {
        get_map(layers).replace("GetMap", "GetFeatureInfo")
            + &format!(
                "&QUERY_LAYERS={queried}&INFO_FORMAT=text/xml&FEATURE_COUNT=5\
                 &FILTER_GEOM=POLYGON((2600000+1200000,2600200+1200000,2600200+1200200,2600000+1200000))"
            )
    };
    stranger
        .get(&info("roads", "parcels"))
        .await
        .is(401, "LayerNotDefined");
    let found = stranger.get(&info("roads", "roads")).await;
    assert!(!found.is(200, "GetFeatureInfoResponse").text().contains("owner"));
    jane.get(&info("parcels", "parcels")).await.is(200, "owner");
    let styles = |layers: &str| {
        proxy(&format!(
            "SERVICE=WMS&VERSION=1.1.1&REQUEST=GetStyles&LAYERS={layers}"
        ))
    };
    let found = stranger.get(&styles("lindmatt")).await;
    assert!(!found.is(200, "roads").text().contains("parcels"));
    stranger.get(&styles("parcels")).await.is(401, "Exception");
}

/// QGIS Server takes every `NamedLayer` at any depth, and for its name the first `Name` at any depth in it.
#[tokio::test]
async fn a_descriptor_styles_the_layers_that_it_names() {
    let (_server, site) = start().await;
    let (stranger, jane) = (site.anonymous(), site.user("jane").await);
    let style = |name: &str| {
        format!(
            "<UserStyle>{name}<FeatureTypeStyle><Rule><PolygonSymbolizer><Fill><CssParameter name=\"fill\">#00ffff\
             </CssParameter></Fill></PolygonSymbolizer><LineSymbolizer><Stroke><CssParameter name=\"stroke\">#00ffff\
             </CssParameter></Stroke></LineSymbolizer></Rule></FeatureTypeStyle></UserStyle>"
        )
    };
    let styled = |layers: &str, inner: &str| {
        let body = format!(
            "<StyledLayerDescriptor version=\"1.0.0\" xmlns=\"http://www.opengis.net/sld\">{inner}</StyledLayerDescriptor>"
        );
        let body: String = url::form_urlencoded::byte_serialize(body.as_bytes()).collect();
        format!("{}&SLD_BODY={body}", get_map(layers))
    };
    let honest = |name: &str| format!("<NamedLayer><Name>{name}</Name>{}</NamedLayer>", style(""));
    let (plain, drawn) = (
        stranger.get(&get_map("roads")).await,
        stranger.get(&styled("roads", &honest("roads"))).await,
    );
    assert!(drawn.is_png() && drawn.body != plain.body);
    assert!(jane.get(&styled("parcels", &honest("parcels"))).await.is_png());
    stranger
        .get(&styled("roads", &honest("parcels")))
        .await
        .is(401, "LayerNotDefined");
    for inner in [
        format!(
            "<NamedLayer>{}<Name>roads</Name></NamedLayer>",
            style("<Name>parcels</Name>")
        ),
        format!(
            "<NamedLayer><Name>roads</Name>{}<NamedLayer><Name>parcels</Name></NamedLayer></NamedLayer>",
            style("")
        ),
        format!("<UserStyle>{}</UserStyle>{}", honest("parcels"), honest("roads")),
        format!(
            "<NamedLayer name=\"parcels\"><Name>roads</Name>{}</NamedLayer>",
            style("")
        ),
    ] {
        stranger
            .get(&styled("roads", &inner))
            .await
            .is(400, "OperationNotSupported");
        let legend = styled("roads", &inner).replace("GetMap", "GetLegendGraphic");
        stranger.get(&legend).await.is(400, "OperationNotSupported");
    }
}

#[tokio::test]
async fn a_layout_is_printed_for_who_may_read_all_of_the_map() {
    let (server, site) = start().await;
    let print = |layers: &str| {
        proxy(&format!(
            "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetPrint&TEMPLATE=A4&FORMAT=png&CRS=EPSG:2056&DPI=50\
             &map0:EXTENT=2599940,1199940,2601480,1201020&map0:LAYERS={layers}"
        ))
    };
    site.anonymous()
        .get(&print("roads"))
        .await
        .is(401, "LayerNotDefined");
    site.user("jane")
        .await
        .get(&print("roads"))
        .await
        .is(403, "LayerNotDefined");
    let everything = server
        .seed()
        .replace("roles: [planner], write_roles", "roles: [editor], write_roles");
    let everything = everything.replace(
        "      - { name: places, public: true }\n      - { name: parcels, roles: [editor], write",
        "      - { name: places, public: true }\n      - { name: projects, public: true }\n      - { name: buildings, public: true }\n      - { name: parcels, roles: [editor], write",
    );
    let site = Setup::default().seed(everything).start().await;
    let jane = site.user("jane").await;
    let (roads, parcels) = (jane.get(&print("roads")).await, jane.get(&print("parcels")).await);
    assert!(roads.is_png() && parcels.is_png() && roads.body != parcels.body);
    jane.get(&print("EXTERNAL_WMS:x"))
        .await
        .is(403, "LayerNotDefined");
    site.anonymous()
        .get(&print("roads"))
        .await
        .is(401, "LayerNotDefined");
}

#[tokio::test]
async fn its_capabilities_show_what_each_may_see_and_write() {
    let (_server, site) = start().await;
    let (stranger, jane) = (site.anonymous(), site.user("jane").await);
    for query in [
        "SERVICE=WMS&VERSION=1.1.1&REQUEST=GetCapabilities",
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetCapabilities",
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetProjectSettings",
        "REQUEST=capabilities",
        "SERVICE=WFS&VERSION=1.0.0&REQUEST=GetCapabilities",
        "SERVICE=WFS&VERSION=1.1.0&REQUEST=GetCapabilities",
        "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetCapabilities",
    ] {
        let seen = stranger.get(&proxy(query)).await;
        let text = seen.is(200, "roads").text();
        for hidden in [
            "parcels",
            "owners",
            "cadastre",
            "gas_pipes",
            "buildings",
            "Transaction",
            "Insert",
            "A4",
        ] {
            assert!(!text.contains(hidden), "{query}: {hidden} in {text}");
        }
        let seen = jane.get(&proxy(query)).await;
        let text = seen.is(200, "parcels").text();
        assert!(!text.contains("gas_pipes"), "{query}: {text}");
        if query.contains("WFS") {
            assert!(
                text.contains("Transaction") && text.contains("Insert"),
                "{query}: {text}"
            );
            let places = text.find("<Name>places").map(|at| &text[at..]).unwrap();
            let places = &places[..places.find("</FeatureType>").unwrap()];
            assert!(places.contains("Query") && !places.contains("Insert"), "{places}");
        }
    }
}

async fn transaction(actor: &Actor, actions: &str) -> Answer {
    let body = format!(
        "<Transaction service=\"WFS\" version=\"1.1.0\" xmlns=\"http://www.opengis.net/wfs\" \
         xmlns:ogc=\"http://www.opengis.net/ogc\" xmlns:gml=\"http://www.opengis.net/gml\" \
         xmlns:q=\"http://www.qgis.org/gml\">{actions}</Transaction>"
    );
    let kind = [("content-type", "text/xml")];
    actor
        .send(Method::POST, &proxy("SERVICE=WFS"), &kind, body.into_bytes())
        .await
}

/// How many features of a type have this name.
async fn named(site: &Site, layer: &str, name: &str) -> usize {
    let path = proxy(&format!(
        "SERVICE=WFS&VERSION=1.1.0&REQUEST=GetFeature&TYPENAME={layer}"
    ));
    let answer = site.anonymous().get(&path).await;
    let text = answer.is(200, "FeatureCollection").text();
    text.matches(&format!("<qgs:name>{name}</qgs:name>")).count()
}

#[tokio::test]
async fn t107_each_action_needs_the_right_and_a_mixed_batch_is_refused_whole() {
    let (server, site) = start().await;
    let (stranger, jane, pia) = (site.anonymous(), site.user("jane").await, site.user("pia").await);
    let insert = |layer: &str| {
        format!(
            "<Insert><q:{layer}><q:name>Nordweg</q:name><q:geometry><gml:LineString srsName=\"EPSG:2056\"><gml:posList>2600000 1200000 2600100 1200100</gml:posList></gml:LineString></q:geometry></q:{layer}></Insert>"
        )
    };
    let filter = |id: &str| format!("<ogc:Filter><ogc:FeatureId fid=\"{id}\"/></ogc:Filter>");
    let update = |layer: &str| {
        format!(
            "<Update typeName=\"q:{layer}\"><Property><Name>name</Name><Value>Nordweg</Value></Property>{}</Update>",
            filter(&format!("{layer}.1"))
        )
    };
    let delete = |layer: &str| {
        format!(
            "<Delete typeName=\"{layer}\">{}</Delete>",
            filter(&format!("{layer}.1"))
        )
    };
    for (actor, status) in [(&stranger, 401), (&pia, 403)] {
        for action in [insert("roads"), update("roads"), delete("roads")] {
            transaction(actor, &action).await.is(status, "ExceptionReport");
        }
    }
    for theirs in [
        insert("places"),
        update("places"),
        delete("places"),
        delete("owners"),
        delete("gas_pipes"),
        delete("nosuch"),
    ] {
        for batch in [
            theirs.clone(),
            insert("roads") + &theirs,
            theirs.clone() + &insert("roads"),
        ] {
            transaction(&jane, &batch).await.is(403, "ExceptionReport");
        }
    }
    for odd in [
        update("roads").replace("roads.1", "places.1"),
        insert("roads").replace(
            "<q:name>Nordweg</q:name>",
            "<q:places><q:name>Nordweg</q:name></q:places>",
        ),
        format!(
            "<Native vendorId=\"x\" safeToIgnore=\"true\"/>{}",
            insert("roads")
        ),
        "<Delete typeName=\"roads\"/>".to_owned(),
    ] {
        transaction(&jane, &odd).await.is(400, "ExceptionReport");
    }
    assert!(
        !server.log().contains("POST"),
        "nothing of it has reached the server"
    );
    assert_eq!(named(&site, "roads", "Nordweg").await, 0);
    assert_eq!(named(&site, "places", "Nordweg").await, 0);
    let batch = insert("roads") + &update("roads") + &delete("parcels");
    let answer = transaction(&jane, &batch).await;
    answer.is(200, "totalInserted>1<");
    assert_eq!(named(&site, "roads", "Nordweg").await, 2);
    let parcels = proxy("SERVICE=WFS&VERSION=1.1.0&REQUEST=GetFeature&TYPENAME=parcels");
    let left = jane.get(&parcels).await;
    assert!(!left.is(200, "parcels.2\"").text().contains("\"parcels.1\""));
    // What fails is told without the server's words.
    let failed = transaction(
        &jane,
        &insert("roads")
            .replace("q:name", "q:nosuch")
            .replace("LineString", "Point"),
    )
    .await;
    assert!(!failed.text().to_lowercase().contains("sql"), "{}", failed.text());
}

async fn edit(site: &Site, typename: &str, who: &[&str]) -> Value {
    let url = format!("{}/mapserv_proxy/qgis", site.url);
    let mut arguments = vec![url.as_str(), typename];
    arguments.extend(who);
    client("wfst_check.py", &arguments).await
}

#[tokio::test]
async fn real_qgis_edits_what_its_user_may() {
    let server = QgisServer::start().await;
    let site = Setup::default()
        .seed(server.seed())
        .variable("BASICAUTH", "true")
        .start()
        .await;
    let jane = ["--basic", "jane", "lindmatt-jane"];
    let pia = ["--basic", "pia", "lindmatt-pia"];
    let all = json!({"add": true, "change": true, "delete": true});
    let none = json!({"add": false, "change": false, "delete": false});
    let done = edit(&site, "roads", &jane).await;
    assert_eq!(done["can"], all, "{done}");
    for step in ["added", "changed", "deleted"] {
        assert_eq!(done[step], true, "{done}");
    }
    assert_eq!(
        (&done["found"], &done["renamed"]),
        (&json!(1), &json!(1)),
        "{done}"
    );
    assert_eq!(done["after"], done["before"], "{done}");
    for (typename, who) in [("places", jane), ("roads", pia)] {
        let refused = edit(&site, typename, &who).await;
        assert_eq!(refused["can"], none, "{refused}");
        assert_eq!(refused["after"], refused["before"], "{refused}");
        assert_ne!(refused["added"], true, "{refused}");
    }
    assert_eq!(edit(&site, "gas_pipes", &jane).await, json!({"valid": false}));
}

//! Requests by POST before real `MapServer`: forms as web clients send them, and WFS as XML.

use std::sync::Arc;

use http::Method;
use mapgate_tests::{Actor, Answer, Site};

use super::{AREA, get_map, proxy};

everywhere!(
    a_posted_form_is_a_request_like_any,
    a_posted_document_is_a_request_like_any,
    t101_each_spelling_of_a_document_means_the_same,
    a_feature_is_found_by_its_id,
    styles_in_the_request_draw_what_may_be_read,
    no_descriptor_draws_another_layer_than_it_names,
    no_declaration_is_taken_for_a_type,
);

const WFS_2: &str = "service=\"WFS\" version=\"2.0.0\" xmlns=\"http://www.opengis.net/wfs/2.0\" xmlns:fes=\"http://www.opengis.net/fes/2.0\"";

async fn post(actor: &Actor, query: &str, body: &str) -> Answer {
    let kind = [("content-type", "text/xml")];
    actor
        .send(Method::POST, &proxy(query), &kind, body.as_bytes().to_vec())
        .await
}

async fn a_posted_form_is_a_request_like_any(site: Arc<Site>) {
    let (stranger, jane) = (site.anonymous(), site.user("jane").await);
    let fields = |layers: &'static str| {
        let area = AREA.split('&').map(|pair| pair.split_once('=').unwrap());
        let mut fields: Vec<(&str, &str)> = area.collect();
        fields.extend([
            ("SERVICE", "WMS"),
            ("VERSION", "1.3.0"),
            ("REQUEST", "GetMap"),
            ("STYLES", ""),
        ]);
        fields.extend([
            ("LAYERS", layers),
            ("CRS", "EPSG:2056"),
            ("FORMAT", "image/png"),
            ("role_ids", "101"),
        ]);
        fields
    };
    let path = proxy("").trim_end_matches('&').to_owned();
    let drawn = stranger.post(&path, &fields("roads")).await;
    assert_eq!(drawn.body, stranger.get(&get_map("roads")).await.body);
    stranger
        .post(&path, &fields("parcels"))
        .await
        .is(401, "LayerNotDefined");
    assert_eq!(
        jane.post(&path, &fields("cadastre")).await.body,
        jane.get(&get_map("cadastre")).await.body
    );
    let features = [
        ("SERVICE", "WFS"),
        ("VERSION", "2.0.0"),
        ("REQUEST", "GetFeature"),
        ("TYPENAMES", "ms:projects"),
        ("role_ids", "101"),
        ("Role_Ids", "101"),
    ];
    let found = stranger.post(&path, &features).await;
    assert_eq!(
        found
            .is(200, "FeatureCollection")
            .text()
            .matches("<wfs:member>")
            .count(),
        1
    );
}

async fn a_posted_document_is_a_request_like_any(site: Arc<Site>) {
    let (stranger, jane) = (site.anonymous(), site.qgis("jane").await);
    let query =
        |name: &str| format!("<GetFeature {WFS_2} count=\"3\"><Query typeNames=\"{name}\"/></GetFeature>");
    post(&stranger, "", &query("ms:roads")).await.is(200, "<ms:roads");
    post(&stranger, "SERVICE=WFS", &query("ms:parcels"))
        .await
        .is(401, "ExceptionReport");
    post(&jane, "", &query("ms:parcels")).await.is(200, "<ms:parcels");
    // The proxy's own role ids count, whatever stands beside the document.
    let all = query("ms:projects").replace(" count=\"3\"", "");
    let found = post(&stranger, "role_ids=101", &all).await;
    assert_eq!(
        found
            .is(200, "FeatureCollection")
            .text()
            .matches("<wfs:member>")
            .count(),
        1
    );
    let filter = "<fes:Filter><fes:PropertyIsEqualTo><fes:ValueReference>number</fes:ValueReference><fes:Literal>1003</fes:Literal></fes:PropertyIsEqualTo></fes:Filter>";
    let filtered =
        format!("<GetFeature {WFS_2}><Query typeNames=\"ms:parcels\">{filter}</Query></GetFeature>");
    let found = post(&jane, "", &filtered).await;
    assert_eq!(found.is(200, "1003").text().matches("<wfs:member>").count(), 1);
    for body in [
        format!("<GetCapabilities {WFS_2}/>"),
        format!("<DescribeFeatureType {WFS_2}/>"),
        format!("<ListStoredQueries {WFS_2}/>"),
        format!("<GetPropertyValue {WFS_2} valueReference=\"name\"><Query typeNames=\"ms:roads\"/></GetPropertyValue>"),
        "<GetFeature service=\"WFS\" version=\"1.0.0\" xmlns=\"http://www.opengis.net/wfs\"><Query typeName=\"roads\"/></GetFeature>".to_owned(),
        "<GetFeature service=\"WFS\" version=\"1.1.0\" xmlns=\"http://www.opengis.net/wfs\"><Query typeName=\"ms:roads\"/></GetFeature>".to_owned(),
    ] {
        let answer = post(&stranger, "", &body).await;
        let text = answer.is(200, "").text();
        assert!(!text.contains("Exception") && !text.contains("parcels"), "{body}: {text}");
        assert!(text.contains("roads") || text.contains("ValueCollection"), "{body}: {text}");
    }
}

async fn t101_each_spelling_of_a_document_means_the_same(site: Arc<Site>) {
    let spellings = [
        "<w:GetFeature xmlns:w=\"http://www.opengis.net/wfs/2.0\" service=\"WFS\" version=\"2.0.0\"><w:Query typeNames=\"LAYER\"/></w:GetFeature>",
        "<GetFeature xmlns='http://www.opengis.net/wfs/2.0' service='WFS' version='2.0.0'><Query typeNames='ms:LAYER'/></GetFeature>",
        "<!-- roads --><?x roads?><GetFeature service='WFS' version='2.0.0'><Query\ttypeNames\n= 'x:LAYER'></Query ></GetFeature>",
    ];
    let hidden = spellings.map(|text| text.replace("LAYER", "parcels"));
    let spelt = [
        hidden[1].replace("parcels", "&#112;arcels"),
        hidden[1].replace("parcels", "PARCELS"),
        hidden[1].replace("typeNames='ms:parcels'", "typeNames=' ms:roads  ms:parcels '"),
        hidden[1].replace("<Query", "<Query typeNames='ms:roads'/><Query"),
        hidden[1].replace("<Query typeNames='ms:parcels'/>", "<StoredQuery id='urn:ogc:def:query:OGC-WFS::GetFeatureById'><Parameter name='ID'><![CDATA[parcels.1]]></Parameter></StoredQuery>"),
    ];
    for body in hidden.iter().chain(&spelt) {
        let answer = post(&site.anonymous(), "", body).await;
        answer.is(401, "ExceptionReport");
        assert!(!answer.text().contains("<ms:parcels"), "{body}");
    }
    for text in spellings {
        post(&site.anonymous(), "", &text.replace("LAYER", "roads"))
            .await
            .is(200, "<ms:roads");
    }
    for body in [
        "<!DOCTYPE x [<!ENTITY t 'parcels'>]><GetFeature service='WFS' version='2.0.0'><Query typeNames='&t;'/></GetFeature>",
        "<!DOCTYPE x SYSTEM 'http://127.0.0.1:1/x'><GetFeature service='WFS' version='2.0.0'><Query typeNames='roads'/></GetFeature>",
        "<GetFeature service='WFS' version='2.0.0'><Query typeNames='roads' typeNames='parcels'/></GetFeature>",
        "<GetFeature service='WFS' version='2.0.0'><Query typeNames='roads'/></GetFeature><GetFeature><Query typeNames='parcels'/></GetFeature>",
        "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=parcels",
    ] {
        let answer = post(&site.anonymous(), "", body).await;
        answer.is(400, "Exception");
        assert!(!answer.text().contains("parcels"), "{body}");
    }
}

async fn a_feature_is_found_by_its_id(site: Arc<Site>) {
    let (stranger, jane) = (site.anonymous(), site.user("jane").await);
    for query in [
        "VERSION=2.0.0&RESOURCEID=LAYER.1",
        "VERSION=2.0.0&STOREDQUERY_ID=urn:ogc:def:query:OGC-WFS::GetFeatureById&ID=LAYER.1",
        "VERSION=1.1.0&TYPENAME=LAYER&FEATUREID=LAYER.1",
        "VERSION=1.0.0&FEATUREID=LAYER.1",
    ] {
        let path = |layer: &str| {
            proxy(&format!(
                "SERVICE=WFS&REQUEST=GetFeature&{}",
                query.replace("LAYER", layer)
            ))
        };
        stranger.get(&path("parcels")).await.is(401, "Exception");
        let found = jane.get(&path("parcels")).await;
        assert_eq!(
            found.is(200, "parcels.1").text().matches("<ms:parcels ").count(),
            1,
            "{query}"
        );
        stranger.get(&path("roads")).await.is(200, "roads.1");
    }
}

async fn styles_in_the_request_draw_what_may_be_read(site: Arc<Site>) {
    let style = |name: &str, layers: &str| {
        let body = format!(
            "<StyledLayerDescriptor version=\"1.0.0\"><NamedLayer><Name>{name}</Name><UserStyle><FeatureTypeStyle><Rule><LineSymbolizer><Stroke><CssParameter name=\"stroke\">#ff00ff</CssParameter><CssParameter name=\"stroke-width\">6</CssParameter></Stroke></LineSymbolizer></Rule></FeatureTypeStyle></UserStyle></NamedLayer></StyledLayerDescriptor>"
        );
        let body: String = url::form_urlencoded::byte_serialize(body.as_bytes()).collect();
        format!("{}&SLD_BODY={body}", get_map(layers))
    };
    let plain = site.anonymous().get(&get_map("roads")).await;
    let styled = site.anonymous().get(&style("roads", "roads")).await;
    assert!(styled.is_png() && styled.body != plain.body);
    for layers in ["roads", "parcels", ""] {
        let path = style("parcels", layers).replace("LAYERS=&", "");
        site.anonymous().get(&path).await.is(401, "LayerNotDefined");
    }
    let jane = site.user("jane").await;
    assert!(jane.get(&style("parcels", "parcels")).await.is_png());
    for request in ["DescribeLayer", "GetStyles"] {
        let path = |layers: &str| {
            proxy(&format!(
                "SERVICE=WMS&VERSION=1.1.1&REQUEST={request}&LAYERS={layers}&SLD_VERSION=1.1.0"
            ))
        };
        let found = site.anonymous().get(&path("lindmatt")).await;
        let text = found.is(200, "roads").text();
        assert!(!text.contains("parcels") && !text.contains("8090"), "{text}");
        site.anonymous()
            .get(&path("parcels"))
            .await
            .is(401, "ServiceException");
        jane.get(&path("parcels")).await.is(200, "parcels");
    }
    for (request, answer) in [("map", "PNG"), ("MAP", "image/png")] {
        let path = |layers: &str| {
            get_map(layers)
                .replace(
                    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap",
                    &format!("WMTVER=1.0.0&REQUEST={request}"),
                )
                .replace("CRS=", "SRS=")
                .replace("image/png", answer)
        };
        let drawn = site.anonymous().get(&path("roads")).await;
        assert!(drawn.is_png(), "{drawn:?}");
        site.anonymous()
            .get(&path("parcels"))
            .await
            .is(401, "WMTException");
    }
}

/// MapServer takes attributes for elements, in any letter case, and before them.
async fn no_descriptor_draws_another_layer_than_it_names(site: Arc<Site>) {
    let style = "<NamedStyle><Name>x</Name></NamedStyle>";
    let honest = format!("<NamedLayer><Name>roads</Name>{style}</NamedLayer>");
    let roads = site.anonymous().get(&get_map("roads")).await;
    for (layer, drawn) in [
        (honest, true),
        (
            format!("<NamedLayer name=\"parcels\"><Name>roads</Name>{style}</NamedLayer>"),
            false,
        ),
        (
            format!("<NamedLayer NAME=\"parcels\"><Name>roads</Name>{style}</NamedLayer>"),
            false,
        ),
        (
            format!("<NamedLayer xmlns:Name=\"parcels\"><Name>roads</Name>{style}</NamedLayer>"),
            false,
        ),
        (
            format!(
                "<NamedLayer xmlns:se=\"http://www.opengis.net/se\" se:Name=\"parcels\"><Name>roads</Name>{style}</NamedLayer>"
            ),
            false,
        ),
        (
            "<NamedLayer><Name>roads</Name><NamedLayer><Name>parcels</Name></NamedLayer></NamedLayer>"
                .to_owned(),
            false,
        ),
        (
            "<NamedLayer><NamedStyle><Name>parcels</Name></NamedStyle><Name>roads</Name></NamedLayer>"
                .to_owned(),
            false,
        ),
    ] {
        let body = format!(
            "<StyledLayerDescriptor version=\"1.0.0\" xmlns=\"http://www.opengis.net/sld\">{layer}</StyledLayerDescriptor>"
        );
        let body: String = url::form_urlencoded::byte_serialize(body.as_bytes()).collect();
        for layers in ["", "roads"] {
            let map = get_map(layers).replace("LAYERS=&", "");
            let answer = site.anonymous().get(&format!("{map}&SLD_BODY={body}")).await;
            if drawn {
                assert_eq!(answer.body, roads.body, "{layer}");
            } else {
                answer.is(400, "OperationNotSupported");
            }
        }
    }
}

/// MapServer strips prefixes, so it takes `xmlns:typeNames` for an attribute `typeNames`, and the first of a name.
async fn no_declaration_is_taken_for_a_type(site: Arc<Site>) {
    let new = |inner: &str| format!("<GetFeature {WFS_2}>{inner}</GetFeature>");
    let old = |inner: &str| {
        format!(
            "<GetFeature service=\"WFS\" version=\"1.1.0\" xmlns=\"http://www.opengis.net/wfs\">{inner}</GetFeature>"
        )
    };
    for body in [
        new("<Query xmlns:typeNames=\"parcels\" typeNames=\"roads\"/>"),
        new("<Query xmlns:TYPENAMES=\"parcels\" typeNames=\"roads\"/>"),
        new("<Query xmlns:typename=\"parcels\" typeNames=\"roads\"/>"),
        old("<Query xmlns:typeName=\"parcels\" typeName=\"roads\"/>"),
        new("<Query typeNames=\"roads\"/>").replacen(
            "<GetFeature",
            "<GetFeature xmlns:typeNames=\"parcels\"",
            1,
        ),
    ] {
        post(&site.anonymous(), "", &body).await.is(400, "Exception");
    }
    let prefixed = new("<Query xmlns:ms=\"http://mapserver.gis.umn.edu/mapserver\" typeNames=\"ms:roads\"/>");
    let found = post(&site.anonymous(), "", &prefixed).await;
    assert!(!found.is(200, "<ms:roads").text().contains("parcels"));
}

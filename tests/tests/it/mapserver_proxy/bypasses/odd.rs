//! Requests that are something else than they look like, and what is sent beside a proper one.

use super::Attempt;

const FORM: &str = "application/x-www-form-urlencoded";
const XML: &str = "text/xml";
const PARCELS: &str = "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&STYLES=&CRS=EPSG:4326&BBOX=1,2,3,4&WIDTH=1&HEIGHT=1&FORMAT=image/png&LAYERS=parcels";
const ROADS: &str = "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&STYLES=&CRS=EPSG:4326&BBOX=1,2,3,4&WIDTH=1&HEIGHT=1&FORMAT=image/png&LAYERS=roads";
const DOCUMENT: &str =
    r#"<GetFeature service="WFS" version="1.1.0"><Query typeName="parcels"/></GetFeature>"#;
/// The same document, gzip.
const GZIP: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xb3\x71\x4f\x2d\x71\x4b\x4d\x2c\x29\x2d\x4a\x55\x28\x4e\x2d\x2a\xcb\x4c\x4e\xb5\x55\x0a\x77\x0b\x56\x52\x28\x4b\x2d\x2a\xce\xcc\xcf\xb3\x55\x32\xd4\x33\xd4\x33\x50\xb2\xb3\x09\x2c\x4d\x2d\xaa\x54\x28\xa9\x2c\x48\xf5\x4b\xcc\x05\xaa\x2a\x48\x2c\x4a\x4e\xcd\x29\x56\xd2\xb7\xb3\xd1\x47\x98\x62\x07\x00\xb7\x24\xfa\x83\x52\x00\x00\x00";

/// Queries that ask for no layer, for one twice, or in words that only one server knows.
const QUERIES: [&str; 100] = [
    // The native CGI of MapServer.
    "mode=map&layers=parcels",
    "mode=map&layer=parcels&layer=roads",
    "MODE=map&LAYERS=all",
    "mode=browse&layers=parcels",
    "mode=query&qlayer=parcels&mapxy=1+2",
    "mode=nquery&qlayer=parcels",
    "mode=itemquery&qlayer=parcels&qitem=name&qstring=x",
    "mode=legend&layers=parcels",
    "mode=tile&tilemode=gmap&tile=0+0+0&layers=parcels",
    "mode=coordinate&layers=parcels",
    "layers=parcels",
    "map_layer[0]=NAME+parcels",
    "",
    "parcels",
    "?SERVICE=WMS&REQUEST=GetMap&LAYERS=parcels",
    // No service, or another one.
    "REQUEST=GetMap&VERSION=1.3.0&LAYERS=parcels",
    "SERVICE=WMS&LAYERS=parcels",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=&LAYERS=parcels",
    "SERVICE=&VERSION=1.3.0&REQUEST=GetMap&LAYERS=parcels",
    "SERVICE=W%4DS%20&VERSION=1.3.0&REQUEST=GetMap&LAYERS=parcels",
    "SERVICE=SOS&VERSION=1.0.0&REQUEST=GetObservation&OFFERING=parcels",
    "SERVICE=CSW&REQUEST=GetRecords&TYPENAMES=parcels",
    "SERVICE=WPS&REQUEST=Execute&IDENTIFIER=parcels",
    "SERVICE=GWC&REQUEST=GetTile&LAYER=parcels",
    // One parameter twice, in any case, on either side.
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads&LAYERS=parcels",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=parcels&LAYERS=roads",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads&layers=parcels",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads&l%61yers=parcels",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=&LAYERS=parcels",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetFeatureInfo&LAYERS=roads&QUERY_LAYERS=roads&query_layers=parcels",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&LAYER=roads&LAYERS=parcels",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&LAYER=roads&layer=parcels",
    "SERVICE=WMS&REQUEST=GetCapabilities&REQUEST=GetMap&LAYERS=parcels",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&request=GetCapabilities&LAYERS=parcels",
    "SERVICE=WMS&SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=parcels",
    "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=roads&TYPENAMES=parcels",
    "SERVICE=WFS&VERSION=1.1.0&REQUEST=GetFeature&TYPENAME=roads&TYPENAMES=parcels",
    "SERVICE=WFS&VERSION=1.1.0&REQUEST=GetFeature&TYPENAME=roads&typename=parcels",
    "SERVICE=WFS&VERSION=1.1.0&REQUEST=GetFeature&TYPENAME=roads&FEATUREID=parcels.1",
    "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=roads&FEATUREID=roads.1&RESOURCEID=parcels.1",
    "SERVICE=WMS&VERSION=1.3.0&VERSION=1.0.0&REQUEST=GetMap&LAYERS=parcels",
    // Styles and filters that name a layer, or fetch.
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads&SLD=http://evil.example/parcels.sld",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads&sld=file:///srv/parcels.sld",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&LAYER=roads&SLD=http://evil.example/parcels.sld",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads&SLD_BODY=parcels",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&SLD_BODY=%3CStyledLayerDescriptor%3E%3CUserLayer%3E%3CName%3Eparcels%3C/Name%3E%3C/UserLayer%3E%3C/StyledLayerDescriptor%3E",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&SLD_BODY=%3CStyledLayerDescriptor%3E%3CNamedLayer%3E%3CName%3Eroads%3C/Name%3E%3CName%3Eparcels%3C/Name%3E%3C/NamedLayer%3E%3C/StyledLayerDescriptor%3E",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads&SLD_BODY=%3CStyledLayerDescriptor%3E%3CUseSLDLibrary%3E%3COnlineResource%20href=%22http://evil.example/parcels%22/%3E%3C/UseSLDLibrary%3E%3C/StyledLayerDescriptor%3E",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&SLD_BODY=%3CStyledLayerDescriptor%3E%3CNamedLayer%20name%3D%22parcels%22%3E%3CName%3Eroads%3C/Name%3E%3C/NamedLayer%3E%3C/StyledLayerDescriptor%3E",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&SLD_BODY=%3CStyledLayerDescriptor%3E%3CNamedLayer%20NAME%3D%22parcels%22%3E%3CName%3Eroads%3C/Name%3E%3C/NamedLayer%3E%3C/StyledLayerDescriptor%3E",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&SLD_BODY=%3CStyledLayerDescriptor%3E%3CNamedLayer%20xmlns%3Aname%3D%22parcels%22%3E%3CName%3Eroads%3C/Name%3E%3C/NamedLayer%3E%3C/StyledLayerDescriptor%3E",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&SLD_BODY=%3CStyledLayerDescriptor%3E%3CNamedLayer%3E%3CUserStyle%3E%3CName%3Eparcels%3C/Name%3E%3C/UserStyle%3E%3CName%3Eroads%3C/Name%3E%3C/NamedLayer%3E%3C/StyledLayerDescriptor%3E",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&SLD_BODY=%3CStyledLayerDescriptor%3E%3CNamedLayer%3E%3CName%3Eroads%3C/Name%3E%3CNamedLayer%3E%3CName%3Eparcels%3C/Name%3E%3C/NamedLayer%3E%3C/NamedLayer%3E%3C/StyledLayerDescriptor%3E",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&SLD_BODY=%3CStyledLayerDescriptor%3E%3CNamedLayer%3E%3CName%3Eroads%3C/Name%3E%3C/NamedLayer%3E%3CUserStyle%3E%3CNamedLayer%3E%3CName%3Eparcels%3C/Name%3E%3C/NamedLayer%3E%3C/UserStyle%3E%3C/StyledLayerDescriptor%3E",
    "SERVICE=WFS&VERSION=1.1.0&REQUEST=GetFeature&TYPENAME=roads&SLD_BODY=parcels",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads&CQL_FILTER=INTERSECTS(geom,querySingle(%27parcels%27,%27geom%27,%27INCLUDE%27))",
    "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=roads&cql_filter=parcels",
    "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=roads&EXP_FILTER=aggregate(%27parcels%27,%27max%27,%22owner%22)",
    "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=roads&VIEWPARAMS=table:parcels",
    "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=roads&PROPERTYNAME=parcels/owner",
    "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=roads&PROPERTYNAME=(name)(parcels/owner)",
    "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetPropertyValue&TYPENAMES=roads&VALUEREFERENCE=../parcels/owner",
    "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetPropertyValue&TYPENAMES=roads&VALUEREFERENCE=valueOf(parcels)",
    "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=roads&SORTBY=(SELECT%20owner%20FROM%20parcels)",
    "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=roads&FILTER=%3CFilter%3E%3CPropertyIsEqualTo%3E%3CFunction%20name=%22querySingle%22%3E%3CLiteral%3Eparcels%3C/Literal%3E%3C/Function%3E%3CLiteral%3E1%3C/Literal%3E%3C/PropertyIsEqualTo%3E%3C/Filter%3E",
    "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=roads&FILTER=%3C!DOCTYPE%20a%20[%3C!ENTITY%20p%20%22parcels%22%3E]%3E%3CFilter/%3E",
    "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=roads&FILTER=(%3CFilter/%3E)(%3CFilter%3E%3CResourceId%20rid=%22parcels.1%22/%3E%3C/Filter%3E)",
    // Ids and queries that are more than they say.
    "SERVICE=WFS&VERSION=1.1.0&REQUEST=GetFeature&FEATUREID=roads.1,parcels.1",
    "SERVICE=WFS&VERSION=1.1.0&REQUEST=GetFeature&FEATUREID=roads.parcels.1",
    "SERVICE=WFS&VERSION=1.1.0&REQUEST=GetFeature&FEATUREID=parcels",
    "SERVICE=WFS&VERSION=1.1.0&REQUEST=GetFeature&FEATURE_ID=parcels.1",
    "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&STOREDQUERY_ID=urn:x:parcels",
    "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&STOREDQUERY_ID=urn:ogc:def:query:OGC-WFS::GetFeatureById&ID=parcels.1&TYPENAMES=roads",
    "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&STOREDQUERY_ID=urn:ogc:def:query:OGC-WFS::GetFeatureById&ID=roads.1,parcels.1",
    "SERVICE=WFS&VERSION=2.0.0&REQUEST=CreateStoredQuery&STOREDQUERYDEFINITION=parcels",
    "SERVICE=WFS&VERSION=2.0.0&REQUEST=DescribeStoredQueries&STOREDQUERY_ID=parcels",
    "SERVICE=WFS&VERSION=1.1.0&REQUEST=GetGmlObject&GMLOBJECTID=parcels.1",
    "SERVICE=WFS&VERSION=2.0.0&REQUEST=Transaction&OPERATION=Delete&TYPENAME=parcels",
    "SERVICE=WFS&VERSION=1.0.0&REQUEST=Transaction&OPERATION=Delete&TYPENAME=parcels&FEATUREID=parcels.1",
    "SERVICE=WFS&VERSION=2.0.0&REQUEST=DropStoredQuery&ID=parcels",
    // QGIS Server's own.
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetPrint&TEMPLATE=A4&map0:LAYERS=parcels&map0:EXTENT=1,2,3,4",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetPrint&TEMPLATE=A4&LAYERS=roads&map0:LAYERS=parcels",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetPrint&TEMPLATE=A4&map0:LAYERS=roads&map0:EXTENT=1,2,3,4",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetPrint&TEMPLATE=A4&map0:LAYERS=roads&Map0:Layers=parcels",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetPrint&TEMPLATE=parcels",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetPrintAtlas&TEMPLATE=A4&ATLAS_PK=parcels",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=EXTERNAL_WMS:parcels&parcels:url=http://169.254.169.254/",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads,EXTERNAL_WMS:a&a:url=http://evil.example/&a:layers=parcels",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads&FILTER=parcels:%22a%22%20=%201",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads&FILTER=roads:aggregate(%27parcels%27,%27max%27,%22owner%22)%20=%201",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads&FILTER=roads:%22a%22%20=%20%27;parcels:%27",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetFeatureInfo&LAYERS=roads&QUERY_LAYERS=roads&FILTER=roads,parcels:%22a%22%20=%201",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetStyle&LAYER=parcels",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetContext&LAYERS=parcels",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetDxf&LAYERS=parcels",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetSchemaExtension&LAYERS=parcels",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=PutStyles&LAYERS=parcels",
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMetadata&LAYER=parcels",
    // What GeoServer adds.
    "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads&REMOTE_OWS_TYPE=WFS&REMOTE_OWS_URL=http://evil.example/parcels",
    "SERVICE=WMS&VERSION=1.1.1&REQUEST=reflect&LAYERS=parcels",
];

/// Headers that make another server see another request, or another user.
const HEADERS: [(&str, &str); 34] = [
    ("x-http-method-override", "POST"),
    ("x-http-method", "POST"),
    ("x-method-override", "PUT"),
    ("x-original-url", "/mapserv?mode=map&layers=parcels"),
    ("x-rewrite-url", "/mapserv?mode=map&layers=parcels"),
    ("x-original-method", "POST"),
    ("x-forwarded-for", "10.0.0.1"),
    ("x-forwarded-host", "parcels.example"),
    ("x-forwarded-proto", "https"),
    ("x-forwarded-prefix", "/parcels"),
    ("x-forwarded-user", "jane"),
    ("x-forwarded-uri", "/parcels"),
    ("forwarded", "for=10.0.0.1;host=parcels.example"),
    ("x-real-ip", "10.0.0.1"),
    ("true-client-ip", "10.0.0.1"),
    ("cf-connecting-ip", "10.0.0.1"),
    ("x-remote-user", "jane"),
    ("remote-user", "jane"),
    ("remote_user", "jane"),
    ("x-webauth-user", "jane"),
    ("sec-username", "jane"),
    ("sec-roles", "editor;role_admin"),
    ("sec-roles", "parcels"),
    ("x-qgis-service-url", "http://evil.example/parcels"),
    ("x-qgis-wms-service-url", "http://evil.example/parcels"),
    ("x-qgis-project", "/srv/parcels.qgs"),
    ("soapaction", "parcels"),
    ("x-api-key", "parcels"),
    ("authorization", "Digest username=\"jane\""),
    ("authorization", "Basic amFuZTpjb3JyZWN0IGhvcnNl"),
    ("cookie", "auth_tkt=parcels"),
    ("role_ids", "5"),
    ("range", "bytes=0-0"),
    ("te", "trailers, parcels"),
];

/// Parameters that some server reads and that are the proxy's to set, or nobody's.
const PARAMETERS: [&str; 34] = [
    "role_ids=5",
    "ROLE_IDS=5",
    "Role_Ids=5&rOLE_iDS=5",
    "role%5Fids=5",
    "role_ids=5&role_ids=1",
    "role_ids%00=5&x=",
    "+role_ids=5",
    "role_ids+=5",
    "role_ids[]=5",
    "user_id=1",
    "USER_ID=1&User_Id=1",
    "s_name=parcels",
    "S_NAME=parcels",
    "map=/srv/parcels.map",
    "MAP=/srv/parcels.map&Map=x",
    "map.layer[parcels]=STATUS+ON",
    "map_layer_parcels=STATUS+ON",
    "mode=map&layer=parcels",
    "layer=parcels",
    "LAYER=parcels&layer=parcels",
    "LAYER%C5%BF=parcels",
    "%EF%BB%BFLAYERS=parcels",
    "LAYERS%20=parcels",
    "LAYERS[]=parcels",
    "TYPENAME=parcels",
    "ENV=table:parcels",
    "OGCSERVER=parcels",
    "_method=POST",
    "METHOD=DELETE&BODY=parcels",
    "qs=%26LAYERS=parcels",
    "map0:LAYERS=parcels",
    "OPACITIES=parcels",
    "TOKEN=parcels",
    "x=1%26LAYERS%3Dparcels",
];

/// What is refused, whoever asks on a private server.
pub fn refused() -> Vec<Attempt> {
    let mut attempts: Vec<Attempt> = QUERIES.iter().map(|query| Attempt::get(query)).collect();
    // A header opens nothing.
    attempts.extend(
        HEADERS
            .iter()
            .map(|(name, value)| Attempt::get(PARCELS).with(name, value)),
    );
    attempts.extend(methods());
    attempts.extend(bodies());
    attempts
}

/// Other methods, and other paths to the same.
fn methods() -> Vec<Attempt> {
    let of = |method| Attempt {
        method,
        ..Attempt::get(PARCELS)
    };
    let mut attempts: Vec<Attempt> = [
        "HEAD", "PUT", "DELETE", "PATCH", "TRACE", "CONNECTX", "get", "PROPFIND",
    ]
    .map(of)
    .into();
    for path in [
        "/mapserv_proxy/{server}/?",
        "/mapserv_proxy/{server}/parcels?",
        "/mapserv_proxy/{server}/mapserv?",
        "/mapserv_proxy/{server}%2F..%2Fopen?",
        "/mapserv_proxy/{server}%00?",
        "/mapserv_proxy/{server};open?",
        "/mapserv_proxy//{server}?",
        "/mapserv_proxy/./{server}?",
        "/MAPSERV_PROXY/{server}?",
        "/mapserv_proxy/{server}/access/parcels?",
    ] {
        attempts.push(Attempt {
            path: format!("{path}{PARCELS}"),
            ..Attempt::get("")
        });
    }
    attempts
}

/// Bodies that are not what they say, and bodies beside a query.
fn bodies() -> Vec<Attempt> {
    let utf16 = |big: bool, mark: bool| -> Vec<u8> {
        let units = mark.then_some(0xFEFF).into_iter().chain(DOCUMENT.encode_utf16());
        let bytes = |unit: u16| {
            if big {
                unit.to_be_bytes()
            } else {
                unit.to_le_bytes()
            }
        };
        units.flat_map(bytes).collect()
    };
    let marked = [b"\xEF\xBB\xBF", DOCUMENT.as_bytes()].concat();
    let mut attempts = vec![
        Attempt::post("", XML, &utf16(false, false)),
        Attempt::post("", XML, &utf16(false, true)),
        Attempt::post("", XML, &utf16(true, false)),
        Attempt::post("", "text/xml; charset=utf-16", &utf16(true, true)),
        Attempt::post("", "text/xml; charset=utf-7", DOCUMENT.as_bytes()),
        Attempt::post("", XML, &marked),
        Attempt::post(
            "",
            XML,
            &DOCUMENT.replace("parcels", "\u{feff}parcels").into_bytes(),
        ),
        Attempt::post(
            "",
            XML,
            b"<GetFeature service='WFS' version='1.1.0'><Query typeName='\xC0\xB0arcels'/></GetFeature>",
        ),
        Attempt::post("", XML, GZIP).with("content-encoding", "gzip"),
        Attempt::post("", XML, GZIP),
        Attempt::post("", FORM, GZIP).with("content-encoding", "gzip"),
        Attempt::post("", XML, DOCUMENT.as_bytes()).with("content-encoding", "deflate"),
        Attempt::post("", XML, DOCUMENT.as_bytes()).with("transfer-encoding", "chunked"),
        Attempt::post("", XML, DOCUMENT.as_bytes()).with("expect", "100-continue"),
        Attempt::post("", XML, DOCUMENT.as_bytes()).with("x-http-method-override", "GET"),
        // The media type lies.
        Attempt::post("", FORM, DOCUMENT.as_bytes()),
        Attempt::post("", XML, PARCELS.as_bytes()),
        Attempt::post("", "TEXT/XML", DOCUMENT.as_bytes()),
        Attempt::post("", "application/xml", DOCUMENT.as_bytes()),
        Attempt::post("", "application/gml+xml; version=3.2", DOCUMENT.as_bytes()),
        Attempt::post("", "application/soap+xml", DOCUMENT.as_bytes()),
        Attempt::post("", "text/plain", DOCUMENT.as_bytes()),
        Attempt::post("", "application/json", br#"{"layers":"parcels"}"#),
        Attempt::post("", "application/octet-stream", DOCUMENT.as_bytes()),
        Attempt::post(
            "",
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data; name=\"LAYERS\"\r\n\r\nparcels\r\n--x--",
        ),
        Attempt::post(
            "",
            "text/xml, application/x-www-form-urlencoded",
            DOCUMENT.as_bytes(),
        ),
        Attempt::post(
            "",
            "application/x-www-form-urlencoded; x=text/xml",
            PARCELS.as_bytes(),
        ),
        Attempt::post("", "", DOCUMENT.as_bytes()),
        Attempt::post("", XML, DOCUMENT.as_bytes()).with("content-type", FORM),
        Attempt::post("", FORM, PARCELS.as_bytes()).with("content-type", XML),
    ];
    // A query beside a body: programs differ in which one they read.
    for query in [
        PARCELS,
        "SERVICE=WFS&VERSION=1.1.0&REQUEST=GetFeature&TYPENAME=parcels",
        "SERVICE=WMS&REQUEST=GetCapabilities",
        "LAYERS=parcels",
        "layers=parcels",
        "TypeName=parcels",
        "SLD_BODY=parcels",
        "FEATUREID=parcels.1",
        "FILTER=parcels",
        "SERVICE=WFS&SERVICE=WMS",
    ] {
        let roads = DOCUMENT.replace("parcels", "roads");
        attempts.push(Attempt::post(query, XML, roads.as_bytes()));
        attempts.push(Attempt::post(query, FORM, ROADS.as_bytes()));
    }
    // A GET with a body, and one that the body of another is glued to.
    let mut with_body = Attempt::get(PARCELS);
    with_body.body = DOCUMENT.as_bytes().to_vec();
    attempts.push(with_body.with("content-type", XML));
    attempts.push(Attempt::post(
        "",
        FORM,
        format!("{ROADS}\r\n\r\nGET /mapserv?{PARCELS}").as_bytes(),
    ));
    attempts
}

/// What goes on without what was sent beside it, or not at all.
pub fn stripped() -> Vec<Attempt> {
    let mut attempts = Vec::new();
    for parameter in PARAMETERS {
        attempts.push(Attempt::get(&format!("{ROADS}&{parameter}")));
        attempts.push(Attempt::get(&format!("{parameter}&{ROADS}")));
        attempts.push(Attempt::post("", FORM, format!("{ROADS}&{parameter}").as_bytes()));
        attempts.push(Attempt::post(parameter, FORM, ROADS.as_bytes()));
    }
    attempts.extend(
        HEADERS
            .iter()
            .map(|(name, value)| Attempt::get(ROADS).with(name, value)),
    );
    let mut with_body = Attempt::get(ROADS);
    with_body.body = PARCELS.as_bytes().to_vec();
    attempts.push(with_body.with("content-type", FORM));
    for query in [
        "SERVICE=WMS&REQUEST=GetCapabilities",
        "SERVICE=WFS&REQUEST=GetCapabilities",
        "WMTVER=1.0.0&REQUEST=capabilities",
    ] {
        attempts.push(Attempt::get(&format!(
            "{query}&LAYERS=parcels&TYPENAME=parcels&role_ids=5&map=/x"
        )));
    }
    attempts
}

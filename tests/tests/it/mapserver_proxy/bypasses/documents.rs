//! Posted documents.

use super::Attempt;

/// A closed layer as it may stand in an attribute.
const IN_ATTRIBUTES: [&str; 11] = [
    "parcels",
    "PARCELS",
    "ms:parcels",
    "x:parcels",
    "&#112;arcels",
    "&#x70;arcels",
    "roads parcels",
    "parcels ",
    "&#x9;parcels",
    "cadastre",
    "roads,parcels",
];

/// The same in an element.
const IN_ELEMENTS: [&str; 12] = [
    "parcels",
    "PARCELS",
    "ms:parcels",
    " parcels\n",
    "&#112;arcels",
    "<![CDATA[parcels]]>",
    "par<!-- -->cels",
    "par<?x?>cels",
    "par<![CDATA[ce]]>ls",
    "roads,parcels",
    "&parcels;",
    "<a>parcels</a>",
];

/// Documents with a layer's name in an attribute.
#[rustfmt::skip]
const OF_ATTRIBUTES: [&str; 10] = [
    r#"<GetFeature xmlns="http://www.opengis.net/wfs/2.0" service="WFS" version="2.0.0"><Query typeNames="{}"/></GetFeature>"#,
    r#"<wfs:GetFeature xmlns:wfs="http://www.opengis.net/wfs" service="WFS" version="1.1.0"><wfs:Query typeName="{}"/></wfs:GetFeature>"#,
    r#"<GetFeature service="WFS" version="1.0.0"><Query typeName="{}"/></GetFeature>"#,
    r#"<GetFeature service="WFS" version="1.1.0"><Query typeName="roads"/><Query typeName="{}"/></GetFeature>"#,
    r#"<GetPropertyValue xmlns="http://www.opengis.net/wfs/2.0" service="WFS" version="2.0.0" valueReference="name"><Query typeNames="{}"/></GetPropertyValue>"#,
    r#"<LockFeature xmlns="http://www.opengis.net/wfs" service="WFS" version="1.1.0"><Lock typeName="{}"/></LockFeature>"#,
    r#"<GetFeatureWithLock xmlns="http://www.opengis.net/wfs" service="WFS" version="1.1.0"><Query typeName="{}"/></GetFeatureWithLock>"#,
    r#"<Transaction xmlns="http://www.opengis.net/wfs" service="WFS" version="1.1.0"><Delete typeName="{}"><Filter xmlns="http://www.opengis.net/ogc"><FeatureId fid="parcels.1"/></Filter></Delete></Transaction>"#,
    r#"<Transaction xmlns="http://www.opengis.net/wfs" service="WFS" version="1.1.0"><Update typeName="{}"><Property><Name>name</Name><Value>x</Value></Property></Update></Transaction>"#,
    r#"<GetFeature service="WFS" version="1.1.0"><Query typeName="roads"><Filter><FeatureId fid="{}.1"/></Filter></Query></GetFeature>"#,
];

/// Documents with it in an element.
#[rustfmt::skip]
const OF_ELEMENTS: [&str; 4] = [
    r#"<DescribeFeatureType xmlns="http://www.opengis.net/wfs" service="WFS" version="1.1.0"><TypeName>{}</TypeName></DescribeFeatureType>"#,
    r#"<DescribeFeatureType xmlns="http://www.opengis.net/wfs/2.0" service="WFS" version="2.0.0"><TypeName>roads</TypeName><TypeName>{}</TypeName></DescribeFeatureType>"#,
    r#"<GetFeature xmlns="http://www.opengis.net/wfs/2.0" service="WFS" version="2.0.0"><StoredQuery id="urn:ogc:def:query:OGC-WFS::GetFeatureById"><Parameter name="ID">{}.1</Parameter></StoredQuery></GetFeature>"#,
    r#"<GetFeature service="WFS" version="1.1.0"><Query typeName="roads"><PropertyName>{}/owner</PropertyName></Query></GetFeature>"#,
];

/// Documents of their own.
#[rustfmt::skip]
const WHOLE: [&str; 38] = [
    // A name is an element's own.
    r#"<Transaction xmlns="http://www.opengis.net/wfs" service="WFS" version="1.1.0"><Insert><parcels><name>x</name></parcels></Insert></Transaction>"#,
    r#"<Transaction xmlns="http://www.opengis.net/wfs" service="WFS" version="1.1.0" xmlns:q="urn:q"><Insert><q:parcels><q:name>x</q:name></q:parcels></Insert></Transaction>"#,
    r#"<Transaction xmlns="http://www.opengis.net/wfs" service="WFS" version="1.1.0"><Insert><roads><name>x</name></roads></Insert><Insert><parcels><name>x</name></parcels></Insert></Transaction>"#,
    r#"<Transaction xmlns="http://www.opengis.net/wfs" service="WFS" version="1.1.0"><Insert><roads><name>x</name></roads></Insert></Transaction>"#,
    r#"<Transaction xmlns="http://www.opengis.net/wfs/2.0" service="WFS" version="2.0.0"><Replace><parcels><name>x</name></parcels><Filter xmlns="http://www.opengis.net/fes/2.0"><ResourceId rid="parcels.1"/></Filter></Replace></Transaction>"#,
    r#"<Transaction xmlns="http://www.opengis.net/wfs/2.0" service="WFS" version="2.0.0"><Replace><roads><name>x</name></roads><Filter xmlns="http://www.opengis.net/fes/2.0"><ResourceId rid="parcels.1"/></Filter></Replace></Transaction>"#,
    r#"<Transaction xmlns="http://www.opengis.net/wfs" service="WFS" version="1.1.0"><Native vendorId="x" safeToIgnore="true">DROP TABLE parcels</Native></Transaction>"#,
    r#"<Transaction xmlns="http://www.opengis.net/wfs" service="WFS" version="1.1.0"><Update typeName="roads"><Property><Name>parcels/name</Name><Value>x</Value></Property></Update></Transaction>"#,
    r#"<Transaction xmlns="http://www.opengis.net/wfs" service="WFS" version="1.1.0"><Insert typeName="roads"><parcels/></Insert></Transaction>"#,
    // Attributes that one parser sees and another does not.
    r#"<GetFeature service="WFS" version="1.1.0"><Query typeName="roads" typeNames="parcels"/></GetFeature>"#,
    r#"<GetFeature service="WFS" version="1.1.0"><Query typeName="roads" typeName="parcels"/></GetFeature>"#,
    r#"<GetFeature service="WFS" version="1.1.0" xmlns:w="http://www.opengis.net/wfs"><Query typeName="roads" w:typeName="parcels"/></GetFeature>"#,
    r#"<GetFeature service="WFS" version="1.1.0"><Query TypeName="parcels"/></GetFeature>"#,
    r#"<getfeature service="WFS" version="1.1.0"><query typename="parcels"/></getfeature>"#,
    r#"<GetFeature service="WFS" version="1.1.0" typeName="parcels"><Query typeName="roads"/></GetFeature>"#,
    r#"<GetFeature service="WFS" version="1.1.0" xml:base="parcels"><Query typeName="roads"/></GetFeature>"#,
    r#"<GetFeature service="WFS" version="1.1.0"><Query xmlns:typeName="parcels" typeName="roads"/></GetFeature>"#,
    r#"<GetFeature service="WFS" version="1.1.0"><Query xmlns:TYPENAME="parcels" typeName="roads"/></GetFeature>"#,
    r#"<GetFeature service="WFS" version="1.1.0" xmlns:typeName="parcels"><Query typeName="roads"/></GetFeature>"#,
    r#"<Transaction xmlns="http://www.opengis.net/wfs" service="WFS" version="1.1.0"><Delete xmlns:typeName="parcels" typeName="roads"><Filter xmlns="http://www.opengis.net/ogc"><FeatureId fid="roads.1"/></Filter></Delete></Transaction>"#,
    // Entities, inclusion, declarations.
    r#"<!DOCTYPE GetFeature [<!ENTITY p "parcels">]><GetFeature service="WFS" version="1.1.0"><Query typeName="&p;"/></GetFeature>"#,
    r#"<!DOCTYPE GetFeature SYSTEM "http://evil.example/parcels.dtd"><GetFeature service="WFS" version="1.1.0"><Query typeName="roads"/></GetFeature>"#,
    r#"<!DOCTYPE GetFeature [<!ATTLIST Query typeName CDATA "parcels">]><GetFeature service="WFS" version="1.1.0"><Query/></GetFeature>"#,
    r#"<GetFeature service="WFS" version="1.1.0" xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file:///parcels"/><Query typeName="roads"/></GetFeature>"#,
    r#"<?xml version="1.0" encoding="UTF-7"?><GetFeature service="WFS" version="1.1.0"><Query typeName="+AHA-arcels"/></GetFeature>"#,
    r#"<?xml version="1.0" encoding="ISO-8859-1"?><GetFeature service="WFS" version="1.1.0"><Query typeName="parcels"/></GetFeature>"#,
    r#"<?xml version="1.1"?><GetFeature service="WFS" version="1.1.0"><Query typeName="parcels"/></GetFeature>"#,
    r#"<?xml-stylesheet href="http://evil.example/parcels.xsl"?><GetFeature service="WFS" version="1.1.0"><Query typeName="parcels"/></GetFeature>"#,
    // Two documents, none, and a document that is another's.
    r#"<GetFeature service="WFS" version="1.1.0"><Query typeName="roads"/></GetFeature><GetFeature service="WFS" version="1.1.0"><Query typeName="parcels"/></GetFeature>"#,
    r#"<GetFeature service="WFS" version="1.1.0"><Query typeName="roads"/></GetFeature>SERVICE=WFS&amp;TYPENAME=parcels"#,
    r#"<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body><GetFeature xmlns="http://www.opengis.net/wfs" service="WFS" version="1.1.0"><Query typeName="parcels"/></GetFeature></Body></Envelope>"#,
    r#"<GetMap xmlns="http://www.opengis.net/sld" service="WMS" version="1.3.0"><StyledLayerDescriptor><NamedLayer><Name>parcels</Name></NamedLayer></StyledLayerDescriptor></GetMap>"#,
    r#"<GetRecords xmlns="http://www.opengis.net/cat/csw/2.0.2" service="CSW" version="2.0.2"><Query typeNames="parcels"/></GetRecords>"#,
    r#"<Execute xmlns="http://www.opengis.net/wps/1.0.0" service="WPS" version="1.0.0"><Identifier>parcels</Identifier></Execute>"#,
    // Queries that are more than they say.
    r#"<GetFeature xmlns="http://www.opengis.net/wfs/2.0" service="WFS" version="2.0.0"><StoredQuery id="urn:all"><Parameter name="typeName">parcels</Parameter></StoredQuery></GetFeature>"#,
    r#"<CreateStoredQuery xmlns="http://www.opengis.net/wfs/2.0" service="WFS" version="2.0.0"><StoredQueryDefinition id="x"><QueryExpressionText returnFeatureTypes="parcels"/></StoredQueryDefinition></CreateStoredQuery>"#,
    r#"<GetFeature service="WFS" version="1.1.0"><Query typeName="roads"><Filter><PropertyIsEqualTo><Function name="querySingle"><Literal>parcels</Literal></Function><Literal>x</Literal></PropertyIsEqualTo></Filter></Query></GetFeature>"#,
    r#"<GetGmlObject xmlns="http://www.opengis.net/wfs" service="WFS" version="1.1.0"><GmlObjectId id="parcels.1"/></GetGmlObject>"#,
];

pub fn attempts() -> Vec<Attempt> {
    let filled = |documents: &[&str], names: &[&str]| -> Vec<String> {
        let each = documents
            .iter()
            .flat_map(|document| names.iter().map(|name| document.replace("{}", name)));
        each.collect()
    };
    let mut documents = filled(&OF_ATTRIBUTES, &IN_ATTRIBUTES);
    documents.extend(filled(&OF_ELEMENTS, &IN_ELEMENTS));
    documents.extend(WHOLE.iter().map(|&document| document.to_owned()));
    let posted = documents
        .iter()
        .map(|document| Attempt::post("", "text/xml", document.as_bytes()));
    posted.collect()
}

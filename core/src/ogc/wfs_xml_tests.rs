use super::super::rules::{DefaultAccess, LayerRule, Rules};
use super::super::{Access, Forward, Refusal, Tree, decide};
use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

const HEAD: &str = "service=\"WFS\" xmlns=\"http://www.opengis.net/wfs\" xmlns:ogc=\"http://www.opengis.net/ogc\" xmlns:gml=\"http://www.opengis.net/gml\"";
const HEAD_2: &str = "service=\"WFS\" version=\"2.0.0\" xmlns=\"http://www.opengis.net/wfs/2.0\" xmlns:fes=\"http://www.opengis.net/fes/2.0\"";
const BY_ID: &str = "urn:ogc:def:query:OGC-WFS::GetFeatureById";

/// What goes on: `roads` are everybody's to read and role 3's to write, `parcels` role 4's, `owners` read by 3 alone.
fn forwarded(body: &str, role: i64) -> Result<Forward, Refusal> {
    let tree = Tree::of(&[("roads", &[]), ("parcels", &[]), ("owners", &[])]);
    let for_roles = |public: bool, read: &[i64], write: &[i64]| LayerRule {
        public,
        read: read.iter().copied().collect(),
        write: write.iter().copied().collect(),
    };
    let layers = [
        ("roads", for_roles(true, &[], &[3])),
        ("parcels", for_roles(false, &[4], &[4])),
        ("owners", for_roles(false, &[3], &[])),
    ];
    let layers = layers.map(|(name, rule)| (name.to_owned(), rule));
    let rules = Rules::new(DefaultAccess::Private, layers.into());
    let asked = Asked::parse_xml(ServerType::QgisServer, &Params::default(), body).map_err(Refusal::Fault)?;
    decide(&asked, &rules, &tree, &BTreeSet::from([1, role]))
}

fn get_feature(inner: &str) -> String {
    format!("<GetFeature {HEAD} version=\"1.1.0\">{inner}</GetFeature>")
}

fn transaction(inner: &str) -> String {
    format!("<Transaction {HEAD} version=\"1.1.0\">{inner}</Transaction>")
}

#[test]
fn operations_that_fit_go_on_as_a_query_string() {
    for (body, query) in [
        (
            format!("<wfs:GetCapabilities {HEAD} xmlns:wfs=\"http://www.opengis.net/wfs\"/>"),
            "SERVICE=WFS&VERSION=1.1.0&REQUEST=GetCapabilities",
        ),
        (
            "<GetCapabilities service=\"WFS\" version=\"1.0.0\"/>".to_owned(),
            "SERVICE=WFS&VERSION=1.0.0&REQUEST=GetCapabilities",
        ),
        (
            "<GetCapabilities service='WFS' xmlns='http://www.opengis.net/wfs/2.0' xmlns:o='http://www.opengis.net/ows/1.1'><o:AcceptVersions><o:Version>1.1.0</o:Version></o:AcceptVersions></GetCapabilities>".to_owned(),
            "SERVICE=WFS&VERSION=1.1.0&REQUEST=GetCapabilities",
        ),
        (
            format!("<DescribeFeatureType {HEAD} version='1.1.0'><TypeName>qgs:roads</TypeName></DescribeFeatureType>"),
            "SERVICE=WFS&VERSION=1.1.0&REQUEST=DescribeFeatureType&TYPENAME=qgs:roads",
        ),
        (
            format!("<DescribeFeatureType {HEAD} version='1.1.0'/>"),
            "SERVICE=WFS&VERSION=1.1.0&REQUEST=DescribeFeatureType&TYPENAME=roads",
        ),
        (
            format!("<GetFeature {HEAD_2} count='5'><StoredQuery id='{BY_ID}'><Parameter name='id'>roads.1</Parameter></StoredQuery></GetFeature>"),
            "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&ID=roads.1&STOREDQUERY_ID=urn:ogc:def:query:OGC-WFS::GetFeatureById",
        ),
    ] {
        let forward = forwarded(&body, 1).unwrap_or_else(|error| panic!("{body}: {error:?}"));
        assert_eq!(forward.query_string([]), query, "{body}");
        assert_eq!(forward.carrier, Carrier::Query);
    }
    let other = format!(
        "<GetFeature {HEAD_2}><StoredQuery id='{BY_ID}'><Parameter name='id'>parcels.1</Parameter></StoredQuery></GetFeature>"
    );
    assert!(matches!(forwarded(&other, 1), Err(Refusal::Forbidden(_))));
}

#[test]
fn a_query_goes_on_as_a_document_written_anew() {
    let filter = "<ogc:Filter><ogc:PropertyIsNull><ogc:PropertyName>roads/a</ogc:PropertyName></ogc:PropertyIsNull></ogc:Filter>";
    let body = get_feature(&format!(
        "<!-- parcels --><Query typeName='qgs:roads'><PropertyName><![CDATA[a]]></PropertyName>{filter}</Query>"
    ));
    let forward = forwarded(&body, 1).unwrap();
    assert_eq!(forward.layers, ["qgs:roads"]);
    assert_eq!(forward.query_string([("role_ids", "1")]), "role_ids=1");
    let Carrier::Xml(document) = &forward.carrier else {
        panic!("{forward:?}")
    };
    assert_eq!(
        document.trim_start_matches("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"),
        "<GetFeature xmlns=\"http://www.opengis.net/wfs\" xmlns:ogc=\"http://www.opengis.net/ogc\" xmlns:gml=\"http://www.opengis.net/gml\" service=\"WFS\" version=\"1.1.0\"><Query typeName=\"qgs:roads\"><PropertyName>a</PropertyName>".to_owned() + filter + "</Query></GetFeature>"
    );
    for (names, inner) in [
        (
            "roads owners",
            "aliases='r o'><fes:Filter><fes:PropertyIsEqualTo><fes:ValueReference>r/id</fes:ValueReference><fes:ValueReference>o/id</fes:ValueReference></fes:PropertyIsEqualTo></fes:Filter>",
        ),
        (
            "roads",
            "><fes:SortBy><fes:SortProperty><fes:ValueReference>a</fes:ValueReference><fes:SortOrder>DESC</fes:SortOrder></fes:SortProperty></fes:SortBy>",
        ),
    ] {
        let body = format!("<GetFeature {HEAD_2}><Query typeNames='{names}' {inner}</Query></GetFeature>");
        assert!(forwarded(&body, 3).is_ok(), "{body}");
    }
}

/// What is no request for anybody.
#[test]
fn what_is_not_understood_is_refused() {
    let filter = "<ogc:Filter><ogc:FeatureId fid='roads.1'/></ogc:Filter>";
    for body in [
        String::new(),
        "x".to_owned(),
        "<GetFeature service='WFS'><Query typeName='roads'/></GetFeature>".to_owned(),
        "<GetFeature service='WFS' version='3.0.0'><Query typeName='roads'/></GetFeature>".to_owned(),
        format!("<GetFeature {HEAD} version='2.0.0'><Query typeName='roads'/></GetFeature>"),
        "<GetFeature service='WMS' version='1.1.0'><Query typeName='roads'/></GetFeature>".to_owned(),
        "<GetMap service='WFS' version='1.1.0'/>".to_owned(),
        "<x:GetFeature xmlns:x='urn:x' service='WFS' version='1.1.0'><Query typeName='roads'/></x:GetFeature>".to_owned(),
        "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body/></s:Envelope>".to_owned(),
        format!("<GetPropertyValue {HEAD} version='1.1.0'><Query typeName='roads'/></GetPropertyValue>"),
        format!("<!DOCTYPE GetFeature>{}", get_feature("<Query typeName='roads'/>")),
        format!("<!DOCTYPE a [<!ENTITY t 'parcels'>]>{}", get_feature("<Query typeName='&t;'/>")),
        get_feature(""),
        get_feature("<Query/>"),
        get_feature("<Query typeName='roads' typeName='parcels'/>"),
        get_feature("<Query typeName='roads' typeNames='parcels'/>"),
        get_feature("<Query typeName='roads parcels'/>"),
        get_feature("<Query typeName='roads,parcels'/>"),
        get_feature("<Query typeName='*'/>"),
        get_feature("<Query typeName='a:b:roads'/>"),
        get_feature("<x:Query xmlns:x='urn:x' typeName='roads'/>"),
        get_feature("<Query typeName='roads' xmlns:ogc='urn:x'/>"),
        get_feature("<Query typeName='roads'><x/></Query>"),
        get_feature("<Query typeName='roads'><ogc:Function name='f'/></Query>"),
        get_feature("<Query typeName='roads'><XlinkPropertyName>a</XlinkPropertyName></Query>"),
        get_feature("<Query typeName='roads'><PropertyName>parcels/owner</PropertyName></Query>"),
        get_feature("<Query typeName='roads'/>text"),
        get_feature("<Query typeName='roads'><ogc:Filter><ogc:FeatureId fid='parcels.1'/></ogc:Filter></Query>"),
        get_feature("<query typeName='roads'/>"),
        get_feature("<Query typeName='roads' featureVersion='1'/>"),
        format!("<GetFeature {HEAD} version='1.1.0' traverseXlinkDepth='*'><Query typeName='roads'/></GetFeature>"),
        format!("<GetFeature {HEAD} version='1.1.0' outputFormat='text/JavaScript'><Query typeName='roads'/></GetFeature>"),
        format!("<GetFeature {HEAD_2} resolve='all'><Query typeNames='roads'/></GetFeature>"),
        format!("<GetFeature {HEAD_2}><Query typeNames='schema-element(roads)'/></GetFeature>"),
        format!("<GetFeature {HEAD_2}><StoredQuery id='other'><Parameter name='id'>roads.1</Parameter></StoredQuery></GetFeature>"),
        format!("<GetFeature {HEAD_2}><StoredQuery id='{BY_ID}'><Parameter name='id'>roads.1</Parameter></StoredQuery><Query typeNames='roads'/></GetFeature>"),
        format!("<GetFeature {HEAD_2} xmlns:xi='http://www.w3.org/2001/XInclude'><xi:include href='file:///etc/passwd'/></GetFeature>"),
        format!("<CreateStoredQuery {HEAD_2}/>"),
        transaction(""),
        transaction("<LockId>1</LockId>"),
        transaction("<Insert/>"),
        transaction("<Insert><gml:FeatureCollection/></Insert>"),
        transaction("<Insert><FeatureCollection/></Insert>"),
        transaction("<Insert><roads xmlns:xlink='http://www.w3.org/1999/xlink'><a xlink:href='http://x'/></roads></Insert>"),
        transaction("<Insert><roads><x:a xmlns:x='urn:x'>1</x:a></roads></Insert>"),
        transaction("<Insert><roads><a><parcels/></a></roads></Insert>"),
        transaction("<Delete typeName='roads'/>"),
        transaction("<Delete typeName='roads'><ogc:Filter><ogc:FeatureId fid='parcels.1'/></ogc:Filter></Delete>"),
        transaction(&format!("<Delete>{filter}</Delete>")),
        transaction(&format!("<Update typeName='roads'>{filter}</Update>")),
        transaction(&format!("<Update typeName='roads'><Property><Name>parcels/a</Name><Value>1</Value></Property>{filter}</Update>")),
        transaction(&format!("<Update typeName='roads'><Property><Name>a</Name><Value><ogc:Function name='f'/></Value></Property>{filter}</Update>")),
        transaction(&format!("<Native vendorId='x' safeToIgnore='true'>DROP</Native><Delete typeName='roads'>{filter}</Delete>")),
    ] {
        for role in [1, 3, 4] {
            assert!(matches!(forwarded(&body, role), Err(Refusal::Fault(_))), "{body}");
        }
    }
}

#[test]
fn t107_every_action_needs_the_right_to_write_its_type() {
    let filter = "<ogc:Filter><ogc:FeatureId fid='roads.1'/></ogc:Filter>";
    let actions = [
        "<Insert><roads><name>x</name><geometry><gml:Point srsName='EPSG:2056'><gml:pos>1 2</gml:pos></gml:Point></geometry></roads></Insert>".to_owned(),
        "<Insert><q:roads xmlns:q='http://www.qgis.org/gml' gml:id='roads.7'><q:name>x</q:name></q:roads></Insert>".to_owned(),
        format!("<Update typeName='qgs:roads'><Property><Name>name</Name><Value>x</Value></Property>{filter}</Update>"),
        format!("<Update typeName='roads'><Property><Name>name</Name></Property>{filter}</Update>"),
        format!("<Delete typeName='roads'>{filter}</Delete>"),
    ];
    for action in &actions {
        let forward =
            forwarded(&transaction(action), 3).unwrap_or_else(|error| panic!("{action}: {error:?}"));
        assert!(forward.layers.iter().all(|layer| layer.ends_with("roads")));
        for role in [1, 4] {
            let refused = forwarded(&transaction(action), role);
            assert!(matches!(refused, Err(Refusal::Forbidden(_))), "{action}");
        }
        for (other, role) in [("parcels", 3), ("owners", 3), ("nosuch", 3)] {
            let theirs = action.replace("roads", other);
            for batch in [
                theirs.clone(),
                format!("{action}{theirs}"),
                format!("{theirs}{action}"),
            ] {
                let refused = forwarded(&transaction(&batch), role);
                assert!(matches!(refused, Err(Refusal::Forbidden(_))), "{batch}");
            }
        }
    }
    let replace = format!(
        "<Transaction {HEAD_2} lockId='1' releaseAction='SOME'><LockId>1</LockId><Replace><roads><name>x</name></roads><fes:Filter><fes:ResourceId rid='roads.1'/></fes:Filter></Replace></Transaction>"
    );
    assert!(forwarded(&replace, 3).is_ok());
    assert!(matches!(forwarded(&replace, 1), Err(Refusal::Forbidden(_))));
    assert!(forwarded(&replace.replace("rid='roads.1'", "rid='parcels.1'"), 3).is_err());
    for lock in [
        format!("<LockFeature {HEAD} version='1.1.0'><Lock typeName='roads'>{filter}</Lock></LockFeature>"),
        format!("<GetFeatureWithLock {HEAD} version='1.1.0'><Query typeName='roads'/></GetFeatureWithLock>"),
    ] {
        assert!(forwarded(&lock, 3).is_ok(), "{lock}");
        assert!(
            matches!(forwarded(&lock, 1), Err(Refusal::Forbidden(_))),
            "{lock}"
        );
    }
}

#[test]
fn a_prefix_means_what_the_servers_capabilities_mean_by_it() {
    let capabilities = b"<WFS_Capabilities xmlns:topp='http://topp' xmlns:secret='http://secret'><FeatureTypeList><FeatureType><Name>topp:states</Name></FeatureType><FeatureType><Name>secret:states</Name></FeatureType></FeatureTypeList></WFS_Capabilities>";
    let tree = Tree::parse(Service::Wfs, capabilities).unwrap();
    let open = LayerRule {
        public: true,
        ..LayerRule::default()
    };
    let rules = Rules::new(DefaultAccess::Private, [("topp:states".to_owned(), open)].into());
    let asked = |prefix: &str, uri: &str, name: &str| {
        let body = format!(
            "<GetFeature {HEAD} version='1.1.0' xmlns:{prefix}='{uri}'><Query typeName='{name}'/></GetFeature>"
        );
        let asked = Asked::parse_xml(ServerType::GeoServer, &Params::default(), &body).unwrap();
        assert_eq!(asked.access, Access::Read);
        decide(&asked, &rules, &tree, &BTreeSet::from([1]))
    };
    assert!(asked("topp", "http://topp", "topp:states").is_ok());
    assert!(matches!(
        asked("topp", "http://secret", "topp:states"),
        Err(Refusal::Fault(_))
    ));
    // Nobody finds out what a closed layer's prefix stands for, or that there is none.
    let told = |prefix: &str, uri: &str| asked(prefix, uri, &format!("{prefix}:states")).unwrap_err();
    let forbidden = told("secret", "http://secret");
    assert!(matches!(forbidden, Refusal::Forbidden(_)));
    for (prefix, uri) in [
        ("secret", "http://guess"),
        ("none", "http://secret"),
        ("x", "http://topp"),
    ] {
        assert_eq!(told(prefix, uri), forbidden, "{prefix} {uri}");
    }
    // Without a prefix it may be either.
    assert!(matches!(
        asked("topp", "http://topp", "states"),
        Err(Refusal::Forbidden(_))
    ));
}

#[test]
fn a_url_beside_a_document_asks_the_same_or_nothing() {
    let body = get_feature("<Query typeName='roads'/>");
    let asked = |query: &str| Asked::parse_xml(ServerType::MapServer, &Params::parse(query).unwrap(), &body);
    for query in [
        "",
        "ogcserver=main",
        "service=wfs",
        "SERVICE=WFS&REQUEST=GetFeature&VERSION=1.1.0&REQUEST2=x",
    ] {
        assert!(asked(query).is_ok(), "{query}");
    }
    for query in [
        "SERVICE=WMS",
        "REQUEST=GetCapabilities",
        "VERSION=2.0.0",
        "TYPENAME=roads",
        "SERVICE=WFS&service=WFS",
    ] {
        assert!(asked(query).is_err(), "{query}");
    }
}

proptest! {
    #[test]
    fn nothing_panics_and_nothing_forbidden_arrives(
        inner in "(<(Query|Insert|Delete|Update|Filter|parcels|roads|PropertyName|Property|Name)( typeNames?='[roadspcel: ]{0,12}')?/?>|</(Query|Insert|Delete|Update|Filter|roads|Property|Name)>|[a-z]{0,3}|<!\\[CDATA\\[a]]>|&#112;){0,8}",
        operation in "(GetFeature|Transaction|GetPropertyValue|DescribeFeatureType)"
    ) {
        let body = format!("<{operation} {HEAD} version='1.1.0'>{inner}</{operation}>");
        if let Ok(forward) = forwarded(&body, 3) {
            prop_assert!(!forward.layers.iter().any(|layer| layer.contains("parcels")));
            if let Carrier::Xml(document) = forward.carrier {
                let named = ["typeName=\"parcels", "<parcels"].iter().any(|part| document.contains(part));
                prop_assert!(!named, "{}", document);
            }
        }
    }
}

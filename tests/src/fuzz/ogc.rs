//! A request to the map proxy: whatever is sent, nothing forbidden goes on, and what goes on is understood the same
//! way again.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::LazyLock;

use bytes::Bytes;
use futures_util::{FutureExt as _, stream};
use mapgate_core::ogc::{
    Asked, Carrier, DefaultAccess, ExceptionForm, Forward, LayerRule, OgcError, Params, Refusal, Rules,
    ServerType, Service, Tree, decide, read_tree,
};

mod foreign;

/// The first byte says of which program, the second how: `q` by GET, `f` as a form, `x` as XML.
pub(super) const SEEDS: &[&[u8]] = &[
    b"0qSERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=demo,roads&STYLES=,&CRS=EPSG:4326&BBOX=1,2,3,4&WIDTH=1&HEIGHT=1&\
      FORMAT=image/png&map=/x&role_ids=5&s_x=y",
    b"1qSERVICE=WMS&VERSION=1.3.0&REQUEST=GetPrint&TEMPLATE=A4&map0:LAYERS=roads&map0:EXTENT=1,2,3,4",
    b"1fSERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads&FILTER=roads:%22a%22%20=%201&SELECTION=roads:1&\
      HIGHLIGHT_GEOM=POINT(1%202)",
    b"0qWMTVER=1.0.0&REQUEST=map&LAYERS=roads&FORMAT=PNG",
    b"2qSERVICE=WMS&VERSION=1.1.1&REQUEST=GetMap&SLD_BODY=<StyledLayerDescriptor><NamedLayer><Name>roads</Name>\
      </NamedLayer></StyledLayerDescriptor>",
    b"1qSERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&SLD_BODY=<StyledLayerDescriptor><NamedLayer><Name>roads</Name><UserStyle>\
      <Name>places</Name><FeatureTypeStyle><Rule/></FeatureTypeStyle></UserStyle></NamedLayer></StyledLayerDescriptor>",
    b"0qSERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=(ms:roads)(places)&FILTER=(<Filter><PropertyIsNull>\
      <PropertyName>a</PropertyName></PropertyIsNull></Filter>)()",
    b"0qSERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&RESOURCEID=roads.1,places.2",
    b"0qSERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&STOREDQUERY_ID=urn:ogc:def:query:OGC-WFS::GetFeatureById&ID=roads.1",
    b"1x<GetFeature service='WFS' version='1.1.0' xmlns='http://www.opengis.net/wfs' xmlns:ogc='http://www.opengis.net/ogc'>\
      <Query typeName='q:roads'><ogc:Filter><ogc:FeatureId fid='roads.1'/></ogc:Filter></Query></GetFeature>",
    b"1x<Transaction service='WFS' version='1.1.0' xmlns='http://www.opengis.net/wfs' xmlns:gml='http://www.opengis.net/gml'>\
      <Insert><places><g><gml:Point><gml:pos>1 2</gml:pos></gml:Point></g></places></Insert></Transaction>",
    b"2x<w:DescribeFeatureType xmlns:w='http://www.opengis.net/wfs/2.0' service='WFS' version='2.0.0'>\
      <w:TypeName>roads</w:TypeName></w:DescribeFeatureType>",
];

pub(super) const WORDS: &[&[u8]] = &[
    b"&",
    b"=",
    b"%",
    b"%00",
    b"%ff",
    b"%2C",
    b"+",
    b",",
    b":",
    b";",
    b".",
    b"(",
    b")",
    b"'",
    b"\"",
    b"<",
    b">",
    b"/>",
    b"<!--",
    b"-->",
    b"<![CDATA[",
    b"]]>",
    b"&#112;",
    b"&amp;",
    b"<!DOCTYPE a>",
    b"xmlns",
    b"xmlns:ogc='urn:x'",
    b"xmlns:typeName='parcels' ",
    b"xmlns:Name='parcels' ",
    b" name='parcels'",
    b"<NamedLayer>",
    b"</NamedLayer>",
    b"<UserStyle>",
    b"</UserStyle>",
    b"<Name>parcels</Name>",
    b"SERVICE=WFS&",
    b"REQUEST=GetMap&",
    b"VERSION=1.0.0",
    b"LAYERS=",
    b"layers=parcels",
    b"QUERY_LAYERS=",
    b"LAYER=",
    b"STYLES=",
    b"TYPENAMES=",
    b"typename=parcels",
    b"FEATUREID=parcels.1",
    b"FILTER=",
    b"SLD_BODY=",
    b"SELECTION=",
    b"parcels",
    b"PARCELS",
    b"ms:parcels",
    b"cadastre",
    b"roads",
    b"places",
    b"demo",
    b"nosuch",
    b"typeName='parcels'",
    b"<Query typeName='parcels'/>",
    b"<Delete typeName='parcels'>",
    b"<Insert>",
    b"<parcels/>",
    b"<Function name='f'/>",
    b"GetCapabilities",
    b"GetFeatureInfo",
    b"GetStyles",
    b"DescribeLayer",
    b"Transaction",
    b"MAP=",
    b"role_ids=",
];

/// `roads` and `places` are everybody's to read, `places` to write as well; `cadastre` is a group of parcels, which are
/// role 3's.
static WORLD: LazyLock<(Tree, Tree, Rules)> = LazyLock::new(|| {
    let layer = |name: &str, inner: &str| format!("<Layer><Name>{name}</Name>{inner}</Layer>");
    let inner = ["roads", "places"].map(|name| layer(name, "")).concat();
    let root = layer("demo", &(inner + &layer("cadastre", &layer("parcels", ""))));
    let types =
        ["roads", "places", "parcels"].map(|name| format!("<FeatureType><Name>{name}</Name></FeatureType>"));
    let rule = |public: bool, read: &[i64], write: &[i64]| LayerRule {
        public,
        read: read.iter().copied().collect(),
        write: write.iter().copied().collect(),
    };
    let layers = [
        ("roads", rule(true, &[], &[])),
        ("places", rule(true, &[], &[1])),
        ("parcels", rule(false, &[3], &[3])),
    ];
    let layers = layers.map(|(name, rule)| (name.to_owned(), rule)).into();
    (
        tree(
            Service::Wms,
            format!("<WMS_Capabilities><Capability>{root}</Capability></WMS_Capabilities>"),
        ),
        tree(
            Service::Wfs,
            format!(
                "<WFS_Capabilities><FeatureTypeList>{}</FeatureTypeList></WFS_Capabilities>",
                types.concat()
            ),
        ),
        Rules::new(DefaultAccess::Private, layers),
    )
});

fn tree(service: Service, document: String) -> Tree {
    let body = stream::iter([Ok::<_, Infallible>(Bytes::from(document))]);
    read_tree(service, body).now_or_never().unwrap().unwrap()
}

/// What of a request goes on for a stranger.
fn forwarded(asked: Result<Asked, OgcError>) -> Option<Forward> {
    let asked = asked.ok()?;
    let (wms, wfs, rules) = &*WORLD;
    let tree = if asked.service == Service::Wms { wms } else { wfs };
    match decide(&asked, rules, tree, &BTreeSet::from([1])) {
        Ok(forward) => Some(forward),
        Err(Refusal::Forbidden(error) | Refusal::Fault(error)) => {
            let told = ExceptionForm::of(asked.service, asked.version).render(&error);
            assert!(told.body.contains(error.code.as_str()), "{}", told.body);
            None
        }
    }
}

/// Whatever is sent, by any way, to any program: see above.
///
/// # Panics
/// Where it does not hold.
pub fn ogc_request(input: &[u8]) {
    let (Some(program), Some(way), Some(Ok(text))) = (
        input.first(),
        input.get(1),
        input.get(2..).map(std::str::from_utf8),
    ) else {
        return;
    };
    let server = match program {
        b'0' => ServerType::MapServer,
        b'1' => ServerType::QgisServer,
        b'2' => ServerType::GeoServer,
        b'3' => ServerType::ArcGis,
        _ => ServerType::Other,
    };
    let _ = ExceptionForm::asked(&Params::parse_lossy(text));
    let _ = ExceptionForm::asked_by_document(text);
    let query = |text: &str| Params::parse(text).and_then(|params| Asked::parse(server, &params));
    let asked = match way {
        b'x' => Asked::parse_xml(server, &Params::default(), text),
        b'f' => Asked::parse_form(server, &Params::default(), text),
        _ => query(text),
    };
    let Some(forward) = forwarded(asked) else { return };
    holds(&forward);
    let again = |forward: &Forward| match &forward.carrier {
        Carrier::Xml(document) => Asked::parse_xml(server, &Params::default(), document),
        _ => query(&forward.query_string([])),
    };
    let second = forwarded(again(&forward)).expect("what goes on is understood");
    assert_eq!(second.layers, forward.layers);
    let third = forwarded(again(&second)).expect("what goes on is understood");
    match (&second.carrier, &third.carrier) {
        (Carrier::Xml(one), Carrier::Xml(other)) => assert_eq!(one, other),
        _ => assert_eq!(second.query_string([]), third.query_string([])),
    }
}

/// Nothing forbidden is in it, by the names that it gives and by the parameters that only the proxy may send.
fn holds(forward: &Forward) {
    for layer in &forward.layers {
        // A prefix is nobody's name.
        let local = layer.rsplit(':').next().unwrap_or_default();
        assert!(!local.to_lowercase().contains("parcels"), "{forward:?}");
    }
    for (parameter, value) in forward.query.iter() {
        if parameter == "SLD_BODY" {
            foreign::harmless(value, &["NamedLayer"]);
        }
    }
    if let Carrier::Xml(document) = &forward.carrier {
        foreign::harmless(document, &["Query", "Lock", "Update", "Delete"]);
    }
    let written = Params::parse_form(&forward.query_string([])).expect("it reads back");
    for (name, _) in written.iter() {
        let own = matches!(name, "MAP" | "ROLE_IDS" | "USER_ID" | "MODE") || name.starts_with("S_");
        assert!(!own, "{name} in {forward:?}");
    }
}

use super::super::rules::tests::rules;
use super::super::xml::walk_slice;
use super::super::{DefaultAccess, LayerRule, Tree};
use super::*;
use futures_util::TryStreamExt;
use proptest::prelude::*;

const PROXY: &str = "https://portal.example.com/mapserv_proxy/main?";
const BACKEND: &str = "http://10.0.0.1:8090/mapserv";

fn filter(service: Service, rules: Rules, ids: &[i64]) -> CapabilitiesFilter {
    let urls = UrlRewriter::new([BACKEND], PROXY);
    let ids = ids.iter().copied().collect();
    CapabilitiesFilter::new(service, ServerType::MapServer, Arc::new(rules), ids, urls)
}

fn demo() -> Rules {
    rules(
        DefaultAccess::Private,
        &[("roads", &[0]), ("water", &[0]), ("parcels", &[3])],
    )
}

fn filtered(document: &[u8], mut filter: CapabilitiesFilter) -> Result<String, XmlError> {
    walk_slice(document, &mut filter)?;
    Ok(String::from_utf8(filter.out).unwrap())
}

/// The same, as a stream of pieces.
async fn streamed(document: &[u8], size: usize, filter: CapabilitiesFilter) -> Result<String, XmlError> {
    let pieces: Vec<_> = document
        .chunks(size)
        .map(|piece| Ok::<_, std::io::Error>(Bytes::copy_from_slice(piece)))
        .collect();
    let out = filter_capabilities(futures_util::stream::iter(pieces), filter);
    let out: Vec<Bytes> = Box::pin(out).try_collect().await?;
    Ok(String::from_utf8(out.concat()).unwrap())
}

const DOCUMENTS: [(Service, &[u8]); 5] = [
    (Service::Wms, include_bytes!("../testdata/wms_1_3_0.xml")),
    (Service::Wms, include_bytes!("../testdata/wms_1_1_1.xml")),
    (Service::Wfs, include_bytes!("../testdata/wfs_1_0_0.xml")),
    (Service::Wfs, include_bytes!("../testdata/wfs_1_1_0.xml")),
    (Service::Wfs, include_bytes!("../testdata/wfs_2_0_0.xml")),
];

#[test]
fn mapservers_documents_keep_only_what_is_readable_and_no_backend() {
    for (service, document) in DOCUMENTS {
        let out = filtered(document, filter(service, demo(), &[1])).unwrap();
        for gone in [
            "parcels",
            "buildings",
            "forest",
            "cadastre",
            "backend.internal",
            "map=",
            "<!--",
            "DOCTYPE",
        ] {
            assert!(!out.contains(gone), "{gone} in {out}");
        }
        assert!(
            out.contains("roads") && out.contains("water") && out.contains(PROXY),
            "{out}"
        );
        assert!(out.contains("Demo &amp; &lt;test&gt;"), "{out}");
        let tree = Tree::parse(service, out.as_bytes()).unwrap();
        assert_eq!(
            tree.layers()
                .map(|name| name.replace("ms:", ""))
                .collect::<Vec<_>>(),
            ["roads", "water"]
        );
        assert!(tree.advertised().all(|url| url == PROXY));
        let out = filtered(document, filter(service, demo(), &[3])).unwrap();
        assert!(out.contains("parcels") && !out.contains("buildings"), "{out}");
        let everything = rules(DefaultAccess::Public, &[]);
        let all = Tree::parse(
            service,
            filtered(document, filter(service, everything, &[]))
                .unwrap()
                .as_bytes(),
        );
        assert_eq!(all.unwrap().layers().count(), 5);
        let nothing = filtered(document, filter(service, rules(DefaultAccess::Private, &[]), &[])).unwrap();
        assert!(Tree::parse(service, nothing.as_bytes()).unwrap().is_empty());
        for name in ["roads", "water", "demo<", "nature"] {
            assert!(!nothing.contains(name), "{name} in {nothing}");
        }
    }
}

#[test]
fn only_what_the_proxy_offers_is_shown() {
    for (service, document) in DOCUMENTS {
        let out = filtered(document, filter(service, demo(), &[1])).unwrap();
        for gone in [
            "Transaction\"",
            "LockFeature",
            "CreateStoredQuery",
            "SupportSLD",
            "INIMAGE",
            "application/x-pdf",
        ] {
            assert!(!out.contains(gone), "{gone} in {out}");
        }
        let kept: &[&str] = match service {
            Service::Wms => &[
                "GetMap",
                "GetFeatureInfo",
                "GetLegendGraphic",
                "DescribeLayer",
                "image/png",
            ],
            _ => &[
                "DescribeFeatureType",
                "GetFeature",
                "Filter_Capabilities",
                "roads.xml",
            ],
        };
        for kept in kept {
            assert!(out.contains(kept), "{kept} not in {out}");
        }
        let count = |what: &str| out.matches(what).count();
        let bindings = count("Get ") + count("<Get>") + count("Post ") + count("<Post>");
        assert!(count("<DCPType>") + count("<ows:DCP>") <= bindings, "{out}");
    }
}

#[test]
fn what_can_be_written_is_told_to_who_may() {
    let operations = "<Operations><Operation>Query</Operation><Operation>Insert</Operation><Operation>Lock</Operation></Operations>";
    let old = "<Operations><Query/><Insert/><Update/><Delete/></Operations>";
    let document = format!(
        "<WFS_Capabilities><OperationsMetadata><Operation name=\"GetFeature\"/><Operation name=\"Transaction\"/><Operation name=\"LockFeature\"/></OperationsMetadata><FeatureTypeList><Operations><Operation>Query</Operation></Operations><FeatureType><Name>roads</Name>{operations}</FeatureType><FeatureType><Name>water</Name>{old}</FeatureType><FeatureType><Name>forest</Name>{operations}{old}</FeatureType></FeatureTypeList></WFS_Capabilities>"
    );
    let rule = |write: &[i64]| LayerRule {
        public: true,
        read: BTreeSet::new(),
        write: write.iter().copied().collect(),
    };
    let layers = [
        ("roads", rule(&[3])),
        ("water", rule(&[4])),
        ("forest", rule(&[])),
    ];
    let layers = layers.map(|(name, rule)| (name.to_owned(), rule));
    let seen = |role: i64| {
        let rules = Rules::new(DefaultAccess::Private, layers.clone().into());
        filtered(document.as_bytes(), filter(Service::Wfs, rules, &[1, role])).unwrap()
    };
    let nobody = seen(1);
    for gone in ["Transaction", "Lock", "Insert", "Update", "Delete"] {
        assert!(!nobody.contains(gone), "{nobody}");
    }
    assert_eq!(nobody.matches("Query").count(), 7, "{nobody}");
    let editor = seen(3);
    assert!(
        editor.contains("Transaction") && editor.contains("LockFeature"),
        "{editor}"
    );
    assert_eq!(
        (editor.matches("Insert").count(), editor.matches("Update").count()),
        (1, 0),
        "{editor}"
    );
    let other = seen(4);
    assert_eq!(
        (
            other.matches("<Insert>").count(),
            other.matches(">Insert<").count()
        ),
        (1, 0),
        "{other}"
    );
}

#[test]
fn a_legend_link_keeps_its_layer() {
    let out = filtered(DOCUMENTS[0].1, filter(Service::Wms, demo(), &[1])).unwrap();
    let link = "mapserv_proxy/main?LANGUAGE=eng&amp;VERSION=1.3.0&amp;SERVICE=WMS&amp;REQUEST=GetLegendGraphic&amp;SLD_VERSION=1.1.0&amp;LAYER=roads&amp;FORMAT=image/png&amp;STYLE=default";
    assert!(out.contains(link), "{out}");
    assert!(
        out.contains("http://meta.example.com/roads.xml") && out.contains("http://office.example.com/"),
        "{out}"
    );
}

fn wms(layers: &str) -> String {
    format!("<WMS_Capabilities xmlns:x=\"y\"><Capability>{layers}</Capability></WMS_Capabilities>")
}

fn wms_filtered(layers: &str, rules: Rules) -> Result<String, XmlError> {
    filtered(wms(layers).as_bytes(), filter(Service::Wms, rules, &[1]))
}

#[test]
fn names_are_names_however_they_are_written() {
    for name in [
        "secret",
        "se<!-- -->cret",
        "<![CDATA[secret]]>",
        "se<![CDATA[cr]]>et",
        "s&#101;cret",
        "&#x73;ecret",
        "\n secret ",
        "SECRET",
        "ms:secret",
    ] {
        let document = wms(&format!(
            "<x:Layer><x:Title>t</x:Title><x:Name>{name}</x:Name></x:Layer>"
        ));
        let closed = rules(DefaultAccess::Public, &[("secret", &[3])]);
        let out = filtered(document.as_bytes(), filter(Service::Wms, closed, &[1])).unwrap();
        assert!(!out.contains("Layer"), "{name}: {out}");
        let open = rules(DefaultAccess::Private, &[("secret", &[1])]);
        let out = filtered(document.as_bytes(), filter(Service::Wms, open, &[1])).unwrap();
        let exact = !matches!(name, "SECRET" | "ms:secret");
        assert_eq!(out.contains("</x:Layer>"), exact, "{name}: {out}");
    }
    for layer in [
        "<Layer><Name>roads</Name><Name>secret</Name></Layer>",
        "<Layer><Name>ro<b/>ads</Name></Layer>",
        "<Layer><Name>&roads;</Name></Layer>",
    ] {
        assert!(wms_filtered(layer, demo()).is_err(), "{layer}");
    }
}

#[test]
fn groups_stay_where_something_in_them_does() {
    let layers = "<Layer><Title>root</Title><Layer><Name>g</Name><Title>G</Title><CRS>c</CRS>\
        <Layer><Name>roads</Name></Layer><Layer><Name>secret</Name></Layer><Abstract>late</Abstract></Layer>\
        <Layer><Name>h</Name><Layer><Name>secret</Name></Layer></Layer><Layer><Title>nameless</Title></Layer></Layer>";
    let out = wms_filtered(layers, demo()).unwrap();
    assert!(
        out.ends_with(
            "<Capability><Layer><Title>root</Title><Layer><Name>g</Name><Title>G</Title><CRS>c</CRS>\
         <Layer><Name>roads</Name></Layer></Layer></Layer></Capability></WMS_Capabilities>"
        ),
        "{out}"
    );
    let closed = rules(DefaultAccess::Private, &[("roads", &[0]), ("g", &[3])]);
    let out = wms_filtered(layers, closed).unwrap();
    assert!(out.contains(
        "<Layer><Title>root</Title><Layer><Title/><CRS>c</CRS><Layer><Name>roads</Name></Layer></Layer></Layer>"
    ), "{out}");
}

#[test]
fn vendor_extensions_and_layers_in_odd_places_go() {
    let out = filtered(
        b"<WMS_Capabilities><Service><Layer><Name>secret</Name></Layer></Service><WFSLayers><WFSLayer name='secret'/></WFSLayers>\
          <Capability><VendorSpecificCapabilities><TileSet><Layers>secret</Layers></TileSet></VendorSpecificCapabilities>\
          <x:ExtendedCapabilities xmlns:x='y'><x:MetadataUrl>m</x:MetadataUrl><x:SpatialDataSetIdentifier>secret</x:SpatialDataSetIdentifier></x:ExtendedCapabilities>\
          <Layer><Name>roads</Name><Style><Layer><Name>secret</Name></Layer></Style></Layer><?secret?></Capability></WMS_Capabilities>",
        filter(Service::Wms, demo(), &[1]),
    )
    .unwrap();
    assert!(
        !out.contains("secret") && out.contains("roads") && out.contains("<x:MetadataUrl>m<"),
        "{out}"
    );
    let out = filtered(
        b"<WFS_Capabilities><OperationsMetadata><Operation name='GetFeature'><Parameter name='typeName'><Value>secret</Value></Parameter>\
          <Parameter name='outputFormat'><Value>gml</Value></Parameter></Operation><Operation name='Transaction'/></OperationsMetadata>\
          <FeatureTypeList><Operations><Query/><Insert/><Operation>Query</Operation><Operation>Update</Operation></Operations>\
          <FeatureType><Name>topp:roads</Name><Operations><Operation>Insert</Operation></Operations></FeatureType>\
          <FeatureType><Title>secret</Title></FeatureType></FeatureTypeList></WFS_Capabilities>",
        filter(Service::Wfs, demo(), &[1]),
    )
    .unwrap();
    for gone in ["secret", "Insert", "Update", "Transaction"] {
        assert!(!out.contains(gone), "{gone} in {out}");
    }
    assert!(
        out.contains("<Operation>Query</Operation>") && out.contains("topp:roads") && out.contains("gml"),
        "{out}"
    );
}

#[tokio::test]
async fn exceptions_and_other_documents_come_first() {
    let exception = include_bytes!("../testdata/exception_1_3_0.xml");
    let error = streamed(exception, 7, filter(Service::Wms, demo(), &[1]))
        .await
        .unwrap_err();
    assert!(
        matches!(error, XmlError::Exception(OgcCode::LayerNotDefined)),
        "{error}"
    );
    for document in [
        "<html/>",
        "",
        "no xml",
        "<WMS_Capabilities>",
        "<WFS_Capabilities/>",
    ] {
        assert!(
            streamed(document.as_bytes(), 7, filter(Service::Wms, demo(), &[1]))
                .await
                .is_err(),
            "{document}"
        );
    }
}

#[tokio::test]
async fn pieces_make_no_difference() {
    for (service, document) in DOCUMENTS {
        let whole = filtered(document, filter(service, demo(), &[1])).unwrap();
        for size in [1, 2, 3, 7, 64, 1000] {
            assert_eq!(
                streamed(document, size, filter(service, demo(), &[1]))
                    .await
                    .unwrap(),
                whole
            );
        }
    }
}

#[tokio::test]
async fn a_large_document_streams_in_constant_memory() {
    let layer = |at: usize| {
        format!(
            "<Layer><Name>{}{at}</Name><Abstract>{}</Abstract></Layer>",
            if at.is_multiple_of(2) { "roads" } else { "secret" },
            "x".repeat(1000)
        )
    };
    let head = "<WMS_Capabilities><Capability><Layer><Title>t</Title>".to_owned();
    let pieces = std::iter::once(head)
        .chain((0..20_000).map(layer))
        .chain(["</Layer></Capability></WMS_Capabilities>".to_owned()]);
    let body = futures_util::stream::iter(pieces.map(|piece| Ok::<_, std::io::Error>(Bytes::from(piece))));
    let closed = (0..20_000)
        .filter(|at| at % 2 == 1)
        .map(|at| (format!("secret{at}"), super::super::LayerRule::default()));
    let rules = Rules::new(DefaultAccess::Public, closed.collect());
    let mut out = Box::pin(filter_capabilities(body, filter(Service::Wms, rules, &[1])));
    let (mut length, mut largest) = (0, 0);
    while let Some(piece) = out.try_next().await.unwrap() {
        length += piece.len();
        largest = largest.max(piece.len());
        assert!(!piece.windows(6).any(|part| part == b"secret"));
    }
    assert!(length > 10_000_000 && largest < 32 * 1024, "{length} {largest}");
}

/// A random tree of layers as a document, names being `open…` and `closed…`.
fn layer() -> impl Strategy<Value = String> {
    let name =
        ("(open|closed)[a-c]", "(<!--x-->|<!\\[CDATA\\[)?", "(x:|ms:)?").prop_map(|(name, split, prefix)| {
            let (head, tail) = name.split_at(2);
            match split.as_str() {
                "" => format!("<{prefix}Name>{name}</{prefix}Name>"),
                "<!--x-->" => format!("<{prefix}Name>{head}<!--{name}-->{tail}</{prefix}Name>"),
                _ => format!("<{prefix}Name>{head}<![CDATA[{tail}]]></{prefix}Name>"),
            }
        });
    let leaf = (name, "(x:)?", "<Title>[a-z &#;0-9]{0,0}t</Title>")
        .prop_map(|(name, prefix, title)| format!("<{prefix}Layer>{title}{name}</{prefix}Layer>"));
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop::collection::vec(inner, 1..4)
            .prop_map(|inner| format!("<Layer><Title>g</Title>{}</Layer>", inner.concat()))
    })
}

proptest! {
    #[test]
    fn no_forbidden_name_survives(layer in layer(), size in 1usize..40, cut in 0usize..600) {
        let rules = || rules(DefaultAccess::Public, &[("closeda", &[3]), ("closedb", &[3]), ("closedc", &[])]);
        let document = wms(&layer);
        let whole = filtered(document.as_bytes(), filter(Service::Wms, rules(), &[1])).unwrap();
        prop_assert!(!whole.contains("closed"), "{}", whole);
        prop_assert_eq!(whole.contains("open"), layer.replace("<!--", "").contains("open") || whole.contains("open"));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let piecewise = runtime.block_on(streamed(document.as_bytes(), size, filter(Service::Wms, rules(), &[1]))).unwrap();
        prop_assert_eq!(piecewise, whole);
        // What breaks off is an error, with nothing forbidden written before it.
        let mut broken = filter(Service::Wms, rules(), &[1]);
        let part = document.as_bytes().get(..cut.min(document.len() - 1)).unwrap();
        prop_assert!(walk_slice(part, &mut broken).is_err());
        prop_assert!(!String::from_utf8(broken.out).unwrap().contains("closed"));
    }

    #[test]
    fn nothing_panics(document in "(<(WMS_Capabilities|/?Capability|/?Layer|/?Name|a b='c'|!\\[CDATA\\[|\\?|!--|!DOCTYPE)>?|[a-z<>&;\"']{0,4}){0,20}") {
        let _ = filtered(document.as_bytes(), filter(Service::Wms, demo(), &[1]));
        let _ = Tree::parse(Service::Wms, document.as_bytes());
    }
}

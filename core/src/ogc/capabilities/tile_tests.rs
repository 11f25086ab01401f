//! Capabilities of WMTS and WCS: real ones of QGIS Server and `MapServer`, and what other programs write besides.

use super::super::rules::tests::rules;
use super::super::xml::walk_slice;
use super::super::{DefaultAccess, Tree};
use super::*;

const PROXY: &str = "https://portal.example.com/mapserv_proxy/main?";

const WMTS: &[u8] = include_bytes!("../testdata/wmts_1_0_0.xml");
const WCS: [&[u8]; 3] = [
    include_bytes!("../testdata/wcs_1_0_0.xml"),
    include_bytes!("../testdata/wcs_1_1_1.xml"),
    include_bytes!("../testdata/wcs_2_0_1.xml"),
];

/// What a document becomes for role 1, of these rules, over this tree of WMS.
fn filtered(
    (service, server): (Service, ServerType),
    document: &[u8],
    rules: Rules,
    tree: Tree,
) -> Result<String, XmlError> {
    let urls = UrlRewriter::new(["http://backend.internal:8090/mapserv?map=/srv/demo.map"], PROXY);
    let mut filter =
        CapabilitiesFilter::new(service, server, Arc::new(rules), [1].into(), urls).over(Arc::new(tree));
    walk_slice(document, &mut filter)?;
    Ok(String::from_utf8(filter.out).unwrap())
}

fn tiles(document: &[u8], rules: Rules) -> String {
    let tree = Tree::of(&[(
        "lindmatt",
        &[
            ("roads", &[]),
            ("cadastre", &[("parcels", &[]), ("owners", &[])]),
            ("nature", &[("water", &[])]),
            ("places", &[]),
        ],
    )]);
    filtered((Service::Wmts, ServerType::QgisServer), document, rules, tree).unwrap()
}

fn names(service: Service, document: &str) -> Vec<String> {
    let tree = Tree::parse(service, document.as_bytes()).unwrap();
    tree.layers().map(str::to_owned).collect()
}

#[test]
fn t99_tiles_of_hidden_layers_are_not_told() {
    let private = |layers: &[(&str, &[i64])]| rules(DefaultAccess::Private, layers);
    assert_eq!(
        names(Service::Wmts, std::str::from_utf8(WMTS).unwrap()),
        ["roads", "parcels", "places"]
    );
    let out = tiles(
        WMTS,
        private(&[("roads", &[0]), ("parcels", &[3]), ("places", &[1])]),
    );
    assert_eq!(names(Service::Wmts, &out), ["roads", "places"]);
    assert!(
        !out.contains("parcels") && !out.contains("backend.internal"),
        "{out}"
    );
    assert_eq!(out.matches(PROXY).count(), 3, "{out}");
    for kept in [
        "GetTile",
        "GetFeatureInfo",
        "<TileMatrixSet>",
        "ScaleDenominator",
        "KVP",
    ] {
        assert!(out.contains(kept), "{kept} in {out}");
    }
    assert!(names(Service::Wmts, &tiles(WMTS, private(&[]))).is_empty());
    let everything = tiles(WMTS, rules(DefaultAccess::Public, &[("parcels", &[3])]));
    assert_eq!(names(Service::Wmts, &everything), ["roads", "places"]);
}

/// What QGIS Server, `GeoServer` and others write, all in one document, under other prefixes.
const OTHER_TILES: &str = r#"<w:Capabilities xmlns:w="http://www.opengis.net/wmts/1.0" xmlns:o="http://www.opengis.net/ows/1.1" xmlns:xlink="http://www.w3.org/1999/xlink" version="1.0.0">
<o:ServiceProvider><o:ProviderSite xlink:href="http://backend.internal:8090/about"/></o:ServiceProvider>
<o:OperationsMetadata><o:Operation name="GetTile"><o:DCP><o:HTTP>
<o:Get xlink:href="http://backend.internal:8090/gwc/rest"><o:Constraint name="GetEncoding"><o:AllowedValues><o:Value>RESTful</o:Value></o:AllowedValues></o:Constraint></o:Get>
<o:Get xlink:href="http://backend.internal:8090/gwc?"><o:Constraint name="GetEncoding"><o:AllowedValues><o:Value>KVP</o:Value></o:AllowedValues></o:Constraint></o:Get>
</o:HTTP></o:DCP></o:Operation><o:Operation name="GetSecret"/>
<o:Parameter name="layer"><o:AllowedValues><o:Value>parcels</o:Value></o:AllowedValues></o:Parameter></o:OperationsMetadata>
<w:Contents>
<w:Layer><o:Title>the whole map</o:Title><o:Identifier>lindmatt</o:Identifier></w:Layer>
<w:Layer><o:Title>what only surveyors see</o:Title><o:Identifier>cadastre</o:Identifier></w:Layer>
<w:Layer><o:Title>all of it is public</o:Title><o:Identifier>nature</o:Identifier></w:Layer>
<w:Layer><o:Title>nobody named it</o:Title></w:Layer>
<w:Layer><o:Title>Roads</o:Title><o:Identifier><![CDATA[roads]]></o:Identifier><w:Style><o:Identifier>parcels-like</o:Identifier><o:LegendURL xlink:href="http://backend.internal:8090/mapserv?SERVICE=WMS&amp;REQUEST=GetLegendGraphic&amp;LAYER=roads&amp;map=x"/></w:Style>
<w:ResourceURL format="image/png" resourceType="tile" template="http://backend.internal:8090/gwc/rest/roads/{TileMatrix}.png"/></w:Layer>
</w:Contents>
<w:Themes>
<w:Theme><o:Title>cadastral</o:Title><o:Identifier>c</o:Identifier><w:LayerRef>parcels</w:LayerRef></w:Theme>
<w:Theme><o:Title>all</o:Title><o:Identifier>a</o:Identifier><w:Theme><o:Title>inner</o:Title><o:Identifier>i</o:Identifier><w:LayerRef>roads</w:LayerRef><w:LayerRef>parcels</w:LayerRef></w:Theme></w:Theme>
</w:Themes>
<w:ServiceMetadataURL xlink:href="http://backend.internal:8090/gwc/rest/WMTSCapabilities.xml"/>
<w:Vendor>parcels</w:Vendor></w:Capabilities>"#;

#[test]
fn t99_groups_themes_and_templates_of_tiles_show_nothing_hidden() {
    let demo = || {
        let layers: &[(&str, &[i64])] = &[
            ("roads", &[0]),
            ("water", &[0]),
            ("parcels", &[3]),
            ("owners", &[3]),
        ];
        rules(DefaultAccess::Private, layers)
    };
    let out = tiles(OTHER_TILES.as_bytes(), demo());
    // A group is drawn whole: it is told where all of it may be seen.
    assert_eq!(names(Service::Wmts, &out), ["nature", "roads"]);
    for gone in [
        ">parcels<",
        "cadastral",
        "surveyors",
        "whole map",
        "named it",
        "backend.internal",
        "RESTful",
        "ResourceURL",
        "ServiceMetadataURL",
        "GetSecret",
        "Vendor",
        "map=",
    ] {
        assert!(!out.contains(gone), "{gone} in {out}");
    }
    assert!(
        out.contains("<w:LayerRef>roads</w:LayerRef>") && out.contains("inner") && out.contains("KVP"),
        "{out}"
    );
    assert!(
        out.contains(&format!(
            "{PROXY}SERVICE=WMS&amp;REQUEST=GetLegendGraphic&amp;LAYER=roads"
        )),
        "{out}"
    );
    let nothing = tiles(OTHER_TILES.as_bytes(), rules(DefaultAccess::Private, &[]));
    assert!(
        !nothing.contains("Theme") && !nothing.contains("roads"),
        "{nothing}"
    );
}

#[test]
fn t99_hidden_coverages_are_not_told_in_any_version() {
    let of = (Service::Wcs, ServerType::MapServer);
    for document in WCS {
        let out = filtered(
            of,
            document,
            rules(DefaultAccess::Private, &[("height", &[0]), ("depth", &[3])]),
            Tree::default(),
        )
        .unwrap();
        assert_eq!(names(Service::Wcs, &out), ["height"]);
        for gone in ["depth", "backend.internal", "map=", "Post ", "post-xml", "<!--"] {
            assert!(!out.contains(gone), "{gone} in {out}");
        }
        assert!(out.contains(PROXY) && out.contains("GetCoverage"), "{out}");
        let none = filtered(of, document, rules(DefaultAccess::Private, &[]), Tree::default()).unwrap();
        assert!(!none.contains("height<") && !none.contains("depth"), "{none}");
        let open = rules(DefaultAccess::Public, &[("DEPTH", &[3])]);
        let open = filtered(of, document, open, Tree::default()).unwrap();
        assert_eq!(names(Service::Wcs, &open), ["height"]);
    }
}

#[test]
fn t101_geoservers_coverage_ids_are_names_with_a_prefix() {
    let document = r#"<wcs:Capabilities xmlns:wcs="http://www.opengis.net/wcs/2.0" version="2.0.1"><wcs:Contents>
<wcs:CoverageSummary><wcs:CoverageId>topp__heights</wcs:CoverageId></wcs:CoverageSummary>
<wcs:CoverageSummary><wcs:CoverageId>topp__depths</wcs:CoverageId></wcs:CoverageSummary>
<wcs:CoverageSummary><wcs:CoverageId>to__pp__depths</wcs:CoverageId></wcs:CoverageSummary>
<wcs:Extension><DatasetSeriesSummary>topp__depths</DatasetSeriesSummary></wcs:Extension></wcs:Contents></wcs:Capabilities>"#;
    let of = (Service::Wcs, ServerType::GeoServer);
    for default_access in [DefaultAccess::Private, DefaultAccess::Public] {
        let rules = rules(
            default_access,
            &[
                ("topp:heights", &[0]),
                ("topp:depths", &[3]),
                ("to__pp:depths", &[3]),
            ],
        );
        let out = filtered(of, document.as_bytes(), rules, Tree::default()).unwrap();
        assert!(
            out.contains(">topp__heights<") && !out.contains("depths"),
            "{out}"
        );
    }
}

#[test]
fn t101_two_names_of_one_layer_are_refused() {
    for (service, document) in [
        (
            Service::Wmts,
            "<Capabilities><Contents><Layer><Identifier>roads</Identifier><Identifier>water</Identifier></Layer></Contents></Capabilities>",
        ),
        (
            Service::Wmts,
            "<Capabilities><Contents><Layer><Identifier>roads<b/></Identifier></Layer></Contents></Capabilities>",
        ),
        (
            Service::Wcs,
            "<WCS_Capabilities><ContentMetadata><CoverageOfferingBrief><name>roads</name><name>x</name></CoverageOfferingBrief></ContentMetadata></WCS_Capabilities>",
        ),
    ] {
        let all = rules(DefaultAccess::Public, &[]);
        let result = filtered(
            (service, ServerType::Other),
            document.as_bytes(),
            all,
            Tree::default(),
        );
        assert!(matches!(result, Err(XmlError::Unexpected)), "{result:?}");
    }
}

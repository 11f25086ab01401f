use super::super::rules::tests::rules;
use super::super::xml::walk_slice;
use super::super::{DefaultAccess, LayerRule, Tree};
use super::*;
use proptest::prelude::*;

const DOCUMENT: &str = r#"<w:WFS_Capabilities version="2.0.0" xmlns:w="http://www.opengis.net/wfs/2.0" xmlns="http://www.opengis.net/wfs/2.0" xmlns:ows="http://www.opengis.net/ows/1.1" xmlns:topp="urn:open" xmlns:secret="urn:closed-workspace" xmlns:empty="urn:nothing-in-it" xmlns:v="urn:vendor" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" v:note="n" xsi:schemaLocation="http://www.opengis.net/wfs/2.0 b urn:closed-workspace http://backend/ows?typeName=secret:plans urn:open c http://www.opengis.net/wfs http://backend/ows?TypeName=secret:plans d"><ows:ServiceProvider><v:Sign><v:Inner secret:hint="h"/></v:Sign><v:Other v:a="b"/></ows:ServiceProvider><FeatureTypeList><FeatureType xmlns:secret="urn:closed-workspace"><Name>secret:plans</Name></FeatureType><FeatureType xmlns:topp="urn:open"><Name>topp:states</Name></FeatureType></FeatureTypeList></w:WFS_Capabilities>"#;

fn seen(document: &str, default_access: DefaultAccess, open: &[&str], closed: &[&str]) -> String {
    let open = open.iter().map(|name| (*name, &[0i64][..]));
    let layers: Vec<_> = open.chain(closed.iter().map(|name| (*name, &[3][..]))).collect();
    let rules = Arc::new(rules(default_access, &layers));
    let urls = UrlRewriter::new(["http://backend/ows"], "https://p/m?");
    let tree = Tree::parse(Service::Wfs, document.as_bytes()).unwrap();
    let mut filter = CapabilitiesFilter::new(Service::Wfs, ServerType::GeoServer, rules, [1].into(), urls)
        .over(Arc::new(tree));
    walk_slice(document.as_bytes(), &mut filter).unwrap();
    String::from_utf8(filter.out).unwrap()
}

#[test]
fn t99_the_root_tells_of_no_workspace_of_which_nothing_is_to_be_seen() {
    for out in [
        seen(DOCUMENT, DefaultAccess::Private, &["topp:states"], &[]),
        seen(DOCUMENT, DefaultAccess::Public, &[], &["secret:plans"]),
    ] {
        assert!(!out.contains("nothing-in-it") && !out.contains("plans"), "{out}");
        assert!(out.contains("xmlns:topp=\"urn:open\" xmlns:xsi="), "{out}");
        let (root, _) = out.split_once("<ows:ServiceProvider>").unwrap();
        assert!(!root.contains("secret"), "{root}");
    }
    let all = seen(DOCUMENT, DefaultAccess::Public, &[], &[]);
    let (root, _) = all.split_once("<ows:ServiceProvider>").unwrap();
    assert!(
        root.contains("xmlns:secret=\"urn:closed-workspace\" xmlns:xsi="),
        "{root}"
    );
}

#[test]
fn what_an_element_that_stays_is_called_by_is_declared_there() {
    let out = seen(DOCUMENT, DefaultAccess::Private, &["topp:states"], &[]);
    for kept in [
        "v:note=\"n\" xsi:schemaLocation=\"http://www.opengis.net/wfs/2.0 b urn:open c\" xmlns:v=\"urn:vendor\">",
        "<v:Sign><v:Inner secret:hint=\"h\" xmlns:secret=\"urn:closed-workspace\">",
        "<v:Other v:a=\"b\">",
    ] {
        assert!(out.contains(kept), "{kept} in {out}");
    }
    // One that is declared anew further in stands for that.
    let inner = "<WFS_Capabilities xmlns:v=\"urn:a\"><ServiceProvider><Sign xmlns:v=\"urn:b\"><v:In/></Sign><v:Out/></ServiceProvider></WFS_Capabilities>";
    let out = seen(inner, DefaultAccess::Private, &[], &[]);
    assert!(
        out.contains("<Sign><v:In xmlns:v=\"urn:b\"></v:In></Sign><v:Out xmlns:v=\"urn:a\"></v:Out>"),
        "{out}"
    );
}

#[test]
fn what_is_refused_by_get_is_not_told_as_offered_by_it() {
    let bindings =
        "<DCP><HTTP><Get href='http://backend/ows?'/><Post href='http://backend/ows?'/></HTTP></DCP>";
    let of = |name: &str| format!("<Operation name='{name}'>{bindings}</Operation>");
    let old = |name: &str| format!("<{name}>{}</{name}>", bindings.replace("DCP>", "DCPType>"));
    let names = ["GetFeature", "Transaction", "LockFeature", "GetFeatureWithLock"];
    let document = format!(
        "<WFS_Capabilities><OperationsMetadata>{}</OperationsMetadata><Capability><Request>{}</Request></Capability></WFS_Capabilities>",
        names.map(of).concat(),
        names.map(old).concat()
    );
    let rule = LayerRule {
        public: true,
        read: BTreeSet::new(),
        write: [1].into(),
    };
    let rules = Rules::new(DefaultAccess::Private, [("roads".to_owned(), rule)].into());
    let urls = UrlRewriter::new(["http://backend/ows"], "https://p/m?");
    let mut filter = CapabilitiesFilter::new(
        Service::Wfs,
        ServerType::GeoServer,
        Arc::new(rules),
        [1].into(),
        urls,
    );
    walk_slice(document.as_bytes(), &mut filter).unwrap();
    let out = String::from_utf8(filter.out).unwrap();
    assert_eq!(
        (out.matches("<Get ").count(), out.matches("<Post ").count()),
        (2, 8),
        "{out}"
    );
}

proptest! {
    /// Each prefix in what comes out is declared, once, and stands for what it stood for.
    #[test]
    fn names_keep_their_meaning(picks in prop::collection::vec((0usize..4, 0usize..3, any::<bool>()), 1..12)) {
        let mut document = "<WFS_Capabilities xmlns:a=\"urn:0\" xmlns:b=\"urn:1\" xmlns:c=\"urn:2\"><ServiceProvider>".to_owned();
        let mut ends = Vec::new();
        for (declares, uses, stays_open) in picks {
            let name = format!("{}:x", ["a", "b", "c"][uses]);
            let declared = ["a", "b", "c"].get(declares).map(|prefix| format!(" xmlns:{prefix}=\"urn:new{declares}\""));
            document.extend([format!("<{name}{}>", declared.unwrap_or_default())]);
            ends.push(format!("</{name}>"));
            if !stays_open {
                document.extend(ends.pop());
            }
        }
        document.extend(ends.into_iter().rev());
        document.push_str("</ServiceProvider></WFS_Capabilities>");
        let out = seen(&document, DefaultAccess::Private, &[], &[]);
        prop_assert_eq!(resolved(&out), resolved(&document), "{}\n{}", document, out);
    }
}

/// The names of a document's elements, by what their prefixes stand for.
fn resolved(document: &str) -> Vec<String> {
    let mut reader = quick_xml::NsReader::from_str(document);
    let mut names = Vec::new();
    loop {
        let (namespace, event) = reader.read_resolved_event().unwrap();
        match event {
            quick_xml::events::Event::Start(_) => names.push(format!("{namespace:?}")),
            quick_xml::events::Event::Eof => return names,
            _ => {}
        }
    }
}

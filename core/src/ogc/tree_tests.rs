use super::super::xml::walk_slice;
use super::*;

/// A tree as a test writes it; three levels are enough.
type Written<'a> = &'a [(&'a str, &'a [(&'a str, &'a [(&'a str, &'a [&'a str])])])];

impl Tree {
    pub(in crate::ogc) fn of(written: Written<'_>) -> Self {
        let mut tree = Self::default();
        for (name, below) in written {
            let at = tree.put(name, !below.is_empty());
            for (name, below) in *below {
                let at = tree.put(name, !below.is_empty());
                for (name, _) in *below {
                    tree.put(name, false);
                }
                tree.nodes[at].end = tree.nodes.len();
            }
            tree.nodes[at].end = tree.nodes.len();
        }
        tree.index()
    }

    fn put(&mut self, name: &str, group: bool) -> usize {
        let at = self.nodes.len();
        self.nodes.push(Node {
            name: Some(name.to_owned()),
            end: at + 1,
            group,
        });
        at
    }

    pub(in crate::ogc) fn parse(service: Service, document: &[u8]) -> Result<Self, XmlError> {
        let mut reader = TreeReader::new(service);
        walk_slice(document, &mut reader)?;
        Ok(reader.tree.index())
    }
}

#[test]
fn mapservers_wms_tree_has_groups_and_its_own_url() {
    for document in [
        &include_bytes!("testdata/wms_1_3_0.xml")[..],
        include_bytes!("testdata/wms_1_1_1.xml"),
    ] {
        let tree = Tree::parse(Service::Wms, document).unwrap();
        assert_eq!(
            tree.layers().collect::<Vec<_>>(),
            ["roads", "parcels", "buildings", "water", "forest"]
        );
        let root = tree.named("DEMO");
        assert_eq!(root, [0]);
        assert_eq!(
            tree.leaves(tree.named("cadastre")[0]).collect::<Vec<_>>(),
            ["parcels", "buildings"]
        );
        assert_eq!(
            tree.leaves(tree.named("nature")[0]).collect::<Vec<_>>(),
            ["water", "forest"]
        );
        assert!(
            tree.advertised()
                .any(|url| url.starts_with("http://backend.internal:8090/mapserv?map="))
        );
    }
}

#[test]
fn feature_types_are_found_in_each_version() {
    for document in [
        &include_bytes!("testdata/wfs_1_0_0.xml")[..],
        include_bytes!("testdata/wfs_1_1_0.xml"),
        include_bytes!("testdata/wfs_2_0_0.xml"),
    ] {
        let tree = Tree::parse(Service::Wfs, document).unwrap();
        assert_eq!(tree.len(), 5);
        assert_eq!(tree.named("Parcels").len(), 1);
        assert!(tree.advertised().next().is_some());
    }
}

#[test]
fn an_unprefixed_name_may_mean_each_prefixed_one() {
    let tree = Tree::of(&[("topp:states", &[]), ("sf:states", &[]), ("roads", &[])]);
    assert_eq!(tree.named("states"), [0, 1]);
    assert_eq!(tree.named("sf:STATES"), [1]);
    assert_eq!(tree.named("x:roads"), [0usize; 0]);
}

#[test]
fn what_is_no_capabilities_document_is_refused() {
    let exception = include_bytes!("testdata/exception_1_3_0.xml");
    let error = Tree::parse(Service::Wms, exception).unwrap_err();
    assert!(
        matches!(error, XmlError::Exception(OgcCode::LayerNotDefined)),
        "{error}"
    );
    for document in ["<html/>", "<WFS_Capabilities/>", "<WMS_Capabilities>"] {
        assert!(Tree::parse(Service::Wms, document.as_bytes()).is_err());
    }
    let two = "<WMS_Capabilities><Layer><Name>a</Name><Name>b</Name></Layer></WMS_Capabilities>";
    assert!(Tree::parse(Service::Wms, two.as_bytes()).is_err());
}

//! A last look at a descriptor, with the eyes of programs that read it in other ways.

use super::super::document::{Child, Node};

/// Whether every program finds these layers, in this order, and no other: those that take each `NamedLayer` at any
/// depth and in any letter case, and for its name the first `Name` at any depth in it (QGIS Server), or an attribute
/// of that name before an element, in any letter case (`MapServer`).
pub(super) fn agree(root: &Node, names: &[String]) -> bool {
    let mut found = Vec::new();
    collect(root, "NamedLayer", &mut found);
    found.len() == names.len()
        && found.iter().zip(names).all(|(layer, name)| {
            let mut inner = Vec::new();
            collect(layer, "Name", &mut inner);
            let deep = inner.first().and_then(|node| node.text().ok());
            let attribute = layer
                .attributes
                .iter()
                .any(|attribute| is(&attribute.name, "Name"));
            !attribute && deep.is_some_and(|deep| deep.trim() == name)
        })
}

/// The elements of a name below one, in document order.
fn collect<'n>(node: &'n Node, name: &str, found: &mut Vec<&'n Node>) {
    for child in &node.children {
        if let Child::Element(child) = child {
            if is(&child.name, name) {
                found.push(child);
            }
            collect(child, name, found);
        }
    }
}

/// Whether a name is that one, letter case and prefix aside.
fn is(name: &str, other: &str) -> bool {
    let local = name.rsplit(':').next().unwrap_or_default();
    local.eq_ignore_ascii_case(other)
}

//! The actions of a `Transaction` (OGC 02-058, 11; 04-094, 12; 09-025r2, 15), and the types that each changes.

use super::document::{Attribute, Node, XSI};
use super::exception::OgcError;
use super::fes::{self, Scope};
use super::request::LayerList;
use super::wfs_xml::{WFS_1, WFS_2, attributes, each_is_a_name, is_wfs, types_of, unread};
use super::xml::{XmlError, local_name};

const GML: &[&str] = &["http://www.opengis.net/gml", "http://www.opengis.net/gml/3.2"];
/// Attributes of an action.
const OF_ACTION: &[&str] = &["typeName", "handle", "srsName", "inputFormat", "idgen"];

/// An action of a transaction, and the types that it changes; `LockId` changes none.
pub(super) fn action(node: &Node) -> Result<Vec<LayerList>, OgcError> {
    let failed = |error: XmlError| unread(&error).about(node.local());
    if node.local() == "Native" {
        return Err(OgcError::unsupported("Native"));
    }
    if !is_wfs(node) {
        return Err(failed(XmlError::Unexpected));
    }
    let types = match node.local() {
        "LockId" => attributes(node, &[])
            .and_then(|()| node.text())
            .map(|_| Vec::new()),
        "Insert" => insert(node),
        "Replace" => replace(node),
        "Update" => update(node),
        "Delete" => delete(node),
        _ => Err(XmlError::Unexpected),
    };
    let types = types.map_err(failed)?;
    Ok(if types.is_empty() {
        Vec::new()
    } else {
        vec![types_of(types)]
    })
}

fn insert(node: &Node) -> Result<Vec<String>, XmlError> {
    attributes(node, OF_ACTION)?;
    let features = node.elements()?;
    if features.is_empty() || node.attribute("typeName").is_some() {
        return Err(XmlError::Unexpected);
    }
    features.into_iter().map(feature).collect()
}

fn replace(node: &Node) -> Result<Vec<String>, XmlError> {
    attributes(node, OF_ACTION)?;
    let parts = node.elements()?;
    let [new, filter] = parts.as_slice() else {
        return Err(XmlError::Unexpected);
    };
    if node.attribute("typeName").is_some() {
        return Err(XmlError::Unexpected);
    }
    let types = vec![feature(new)?];
    fes::check(filter, &Scope::of(&types))?;
    Ok(types)
}

fn update(node: &Node) -> Result<Vec<String>, XmlError> {
    let types = type_of(node)?;
    let scope = Scope::of(&types);
    let mut properties = 0;
    let mut filters = 0;
    for part in node.elements()? {
        match part.local() {
            "Property" if is_wfs(part) => {
                property(part, &scope)?;
                properties += 1;
            }
            "Filter" => {
                fes::check(part, &scope)?;
                filters += 1;
            }
            _ => return Err(XmlError::Unexpected),
        }
    }
    if properties == 0 || filters > 1 {
        return Err(XmlError::Unexpected);
    }
    Ok(types)
}

/// A property to change: its name, and the new value where it is not taken away.
fn property(node: &Node, scope: &Scope) -> Result<(), XmlError> {
    attributes(node, &[])?;
    let parts = node.elements()?;
    let (name, value) = match parts.as_slice() {
        [name] => (name, None),
        [name, value] => (name, Some(value)),
        _ => return Err(XmlError::Unexpected),
    };
    if !matches!(name.local(), "Name" | "ValueReference") || !is_wfs(name) {
        return Err(XmlError::Unexpected);
    }
    attributes(name, &["action"])?;
    fes::path(name.text()?, scope)?;
    match value {
        None => Ok(()),
        Some(value) if value.local() == "Value" && is_wfs(value) && value.attributes.is_empty() => {
            fes::value(value)
        }
        Some(_) => Err(XmlError::Unexpected),
    }
}

/// A `Delete` has a filter, or it would delete all there is.
fn delete(node: &Node) -> Result<Vec<String>, XmlError> {
    let types = type_of(node)?;
    match node.elements()?.as_slice() {
        [filter] => fes::check(filter, &Scope::of(&types))?,
        _ => return Err(XmlError::Unexpected),
    }
    Ok(types)
}

/// The type of an action that names it.
fn type_of(node: &Node) -> Result<Vec<String>, XmlError> {
    attributes(node, OF_ACTION)?;
    let types = vec![node.attribute("typeName").unwrap_or_default().to_owned()];
    each_is_a_name(&types)?;
    Ok(types)
}

/// A feature: properties with a text or a geometry each. Its name is its type's.
fn feature(node: &Node) -> Result<String, XmlError> {
    let namespace = node.namespace.as_deref();
    let reserved = |namespace: &str| namespace == WFS_1 || namespace == WFS_2 || GML.contains(&namespace);
    // Without a namespace of its own it is the document's: `<roads>` in a document of WFS, as QGIS Server's clients
    // write it. A name with a prefix of WFS or GML is no feature's.
    if node.name.contains(':') && namespace.is_none_or(reserved) || is_part(node.local()) {
        return Err(XmlError::Unexpected);
    }
    own_attributes(node, &["fid"])?;
    for property in node.elements()? {
        let foreign = property.namespace.as_deref() != namespace && !is_gml(property);
        if foreign {
            return Err(XmlError::Unexpected);
        }
        own_attributes(property, &[])?;
        if property.local() == "boundedBy" && is_gml(property) {
            property.elements()?.into_iter().try_for_each(fes::geometry)?;
        } else {
            fes::value(property)?;
        }
    }
    Ok(node.name.clone())
}

/// What can stand in an `Insert` and is no feature.
fn is_part(local: &str) -> bool {
    matches!(
        local,
        "FeatureCollection" | "featureMember" | "featureMembers" | "member" | "Filter" | "Tuple"
    )
}

fn is_gml(node: &Node) -> bool {
    node.namespace
        .as_deref()
        .is_some_and(|namespace| GML.contains(&namespace))
}

/// The same, with `gml:id` and `xsi:nil`.
fn own_attributes(node: &Node, known: &[&str]) -> Result<(), XmlError> {
    let good = |attribute: &Attribute| match attribute.namespace.as_deref() {
        None => known.contains(&attribute.name.as_str()),
        Some(XSI) => local_name(&attribute.name) == "nil",
        Some(namespace) => GML.contains(&namespace) && local_name(&attribute.name) == "id",
    };
    if node.attributes.iter().all(good) {
        Ok(())
    } else {
        Err(XmlError::Unexpected)
    }
}

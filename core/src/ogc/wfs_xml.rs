//! Requests of the Web Feature Service as XML documents: 1.0.0, 1.1.0 and 2.0.0, with transactions.
//!
//! A document is made of known elements and attributes, each in the namespaces of its version or in none, or it is
//! refused. Then it is written anew ([`super::document`]) and no server ever sees the client's bytes: handed on, they
//! would be read by parsers of which one takes a comment, a CDATA section or a second declaration for what another
//! does not. Some servers look at local names alone and others at namespaces, so both must tell the same. The
//! operations that fit into a query string go on as one, and so through the same reading as those that came as one.

use super::document::{Attribute, Document, Node, is_qualified};
use super::exception::{OgcCode, OgcError};
use super::fes::{self, Scope};
use super::params::Params;
use super::request::{Asked, Carrier, LayerList, ListForm, few, is_script};
use super::wfs::{self, GET_FEATURE_BY_ID};
use super::xml::XmlError;
use super::{Operation, ServerType, Service, transaction};
use std::collections::HashSet;

/// The namespaces of WFS, and of the OWS Common that its documents use.
pub(super) const WFS_1: &str = "http://www.opengis.net/wfs";
pub(super) const WFS_2: &str = "http://www.opengis.net/wfs/2.0";
const OWS: &[&str] = &["http://www.opengis.net/ows", "http://www.opengis.net/ows/1.1"];

const IN_A_QUERY_STRING: &[Operation] = &[
    Operation::GetCapabilities,
    Operation::DescribeFeatureType,
    Operation::ListStoredQueries,
    Operation::DescribeStoredQueries,
];
const AS_A_DOCUMENT: &[Operation] = &[
    Operation::GetFeature,
    Operation::GetFeatureWithLock,
    Operation::GetPropertyValue,
    Operation::LockFeature,
    Operation::Transaction,
];

/// Attributes of an operation.
#[rustfmt::skip]
const OF_OPERATION: &[&str] = &[
    "service", "version", "handle", "outputFormat", "maxFeatures", "count", "startIndex", "resultType", "updateSequence",
    "expiry", "lockId", "lockAction", "releaseAction", "srsName", "valueReference", "inputFormat",
];
/// Attributes of one query of it.
const OF_QUERY: &[&str] = &["typeName", "typeNames", "aliases", "handle", "srsName"];

/// Understands a document; see [`Asked::parse_xml`].
pub(super) fn parse(server: ServerType, body: &str) -> Result<Asked, OgcError> {
    let Document { mut root, namespaces } = Document::parse(body).map_err(|error| unread(&error))?;
    let local = root.local().to_owned();
    let offered = IN_A_QUERY_STRING.iter().chain(AS_A_DOCUMENT);
    let operation = offered.copied().find(|operation| operation.as_str() == local);
    let operation = operation.ok_or_else(|| OgcError::unsupported(&local))?;
    if !is_wfs(&root) {
        return Err(OgcError::unsupported(&local));
    }
    if root.attribute("service").is_some_and(|service| service != "WFS") {
        return Err(OgcError::invalid("service"));
    }
    if root.attribute("outputFormat").is_some_and(is_script) {
        return Err(OgcError::invalid("outputFormat"));
    }
    let version = version(&root, operation)?;
    wfs::of_version(operation, version)?;
    root.set("service", "WFS");
    root.set("version", version);
    let failed = |error: XmlError| unread(&error).about(operation.as_str());
    attributes(&root, OF_OPERATION).map_err(failed)?;
    if let Some(params) = pairs(&root, operation).map_err(failed)? {
        let mut asked = Asked::parse(server, &params)?;
        let names: Vec<String> = asked.names().map(str::to_owned).collect();
        asked.namespaces = used(&names, &namespaces);
        return Ok(asked);
    }
    let mut layers = Vec::new();
    for part in root.elements().map_err(failed)? {
        layers.extend(match operation {
            Operation::Transaction => transaction::action(part)?,
            _ => vec![query(part, operation, &root).map_err(failed)?],
        });
    }
    let names: Vec<String> = layers
        .iter()
        .flat_map(|list| list.names.iter().cloned())
        .collect();
    if names.is_empty() {
        let text = "There is no query and no action.";
        return Err(OgcError::at(
            OgcCode::MissingParameterValue,
            operation.as_str(),
            text,
        ));
    }
    wfs::proper("typeName", &names)?;
    few("typeName", &names)?;
    Ok(Asked {
        server,
        service: Service::Wfs,
        version,
        operation,
        access: wfs::access(operation),
        layers,
        rest: Params::default(),
        carrier: Carrier::Xml(format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}",
            root.write()
        )),
        namespaces: used(&names, &namespaces),
    })
}

pub(super) fn unread(error: &XmlError) -> OgcError {
    let text = match error {
        XmlError::Unexpected => "The document is not understood.".to_owned(),
        other => format!("The document is refused: {other}."),
    };
    OgcError::new(OgcCode::OperationParsingFailed, text)
}

/// The version: its own, else the one of its namespace.
fn version(root: &Node, operation: Operation) -> Result<&'static str, OgcError> {
    let of_namespace = root.namespace.as_deref().map(|namespace| namespace == WFS_2);
    let asked = root.attribute("version");
    let known = |asked: &str| {
        ["2.0.0", "1.1.0", "1.0.0"]
            .into_iter()
            .find(|version| *version == asked)
    };
    let version = match (asked, of_namespace) {
        // Capabilities are asked for in any version, or by AcceptVersions (OGC 04-094, 13.2).
        (Some(version), _) if operation == Operation::GetCapabilities => {
            return Ok(known(version).unwrap_or("2.0.0"));
        }
        (None, None) if operation == Operation::GetCapabilities => return Ok("2.0.0"),
        (Some(version), _) => known(version),
        (None, Some(true)) => Some("2.0.0"),
        (None, Some(false)) => Some("1.1.0"),
        (None, None) => None,
    };
    let version = version.filter(|version| of_namespace.is_none_or(|new| new == (*version == "2.0.0")));
    version.ok_or_else(|| {
        let text = "Of WFS, the versions 1.0.0, 1.1.0 and 2.0.0 are offered.";
        OgcError::at(OgcCode::VersionNegotiationFailed, "version", text)
    })
}

/// The parameters of an operation that fits into a query string.
fn pairs(root: &Node, operation: Operation) -> Result<Option<Params>, XmlError> {
    let mut pairs = Params::default();
    let mut add = |name: &str, value: &str| pairs.push_upper(name, value);
    let parts = root.elements()?;
    match operation {
        Operation::GetCapabilities => {
            for part in &parts {
                let parameter = match part.local() {
                    "AcceptVersions" => "ACCEPTVERSIONS",
                    "Sections" => "SECTIONS",
                    "AcceptFormats" => continue,
                    _ => return Err(XmlError::Unexpected),
                };
                if !part
                    .namespace
                    .as_deref()
                    .is_none_or(|namespace| OWS.contains(&namespace))
                    && !is_wfs(part)
                {
                    return Err(XmlError::Unexpected);
                }
                let values: Vec<&str> = part
                    .elements()?
                    .into_iter()
                    .map(Node::text)
                    .collect::<Result<_, _>>()?;
                add(parameter, &values.join(","));
            }
        }
        Operation::DescribeFeatureType | Operation::DescribeStoredQueries => {
            let (element, parameter) = match operation {
                Operation::DescribeFeatureType => ("TypeName", "TYPENAME"),
                _ => ("StoredQueryId", "STOREDQUERY_ID"),
            };
            let mut names = Vec::new();
            for part in &parts {
                if part.local() != element || !is_wfs(part) || !part.attributes.is_empty() {
                    return Err(XmlError::Unexpected);
                }
                names.push(part.text()?.trim());
            }
            add(parameter, &names.join(","));
        }
        Operation::ListStoredQueries if parts.is_empty() => {}
        Operation::GetFeature => {
            let [stored] = parts.as_slice() else {
                return Ok(None);
            };
            if stored.local() != "StoredQuery" {
                return Ok(None);
            }
            add("ID", stored_id(stored)?);
            add("STOREDQUERY_ID", stored.attribute("id").unwrap_or_default());
        }
        _ => {
            return if AS_A_DOCUMENT.contains(&operation) {
                Ok(None)
            } else {
                Err(XmlError::Unexpected)
            };
        }
    }
    let written = root
        .attributes
        .iter()
        .filter(|attribute| attribute.name != "handle");
    for attribute in written {
        add(&attribute.name, &attribute.value);
    }
    add("REQUEST", operation.as_str());
    Ok(Some(pairs))
}

/// The feature id of a `GetFeatureById`.
fn stored_id(stored: &Node) -> Result<&str, XmlError> {
    let known = stored
        .attribute("id")
        .is_some_and(|id| GET_FEATURE_BY_ID.contains(&id));
    attributes(stored, &["id", "handle"])?;
    match stored.elements()?.as_slice() {
        [parameter]
            if known
                && is_wfs(stored)
                && is_wfs(parameter)
                && parameter.local() == "Parameter"
                && parameter
                    .attribute("name")
                    .is_some_and(|name| name.eq_ignore_ascii_case("ID")) =>
        {
            attributes(parameter, &["name"])?;
            Ok(parameter.text()?.trim())
        }
        _ => Err(XmlError::Unexpected),
    }
}

/// A `Query` of `GetFeature` and `GetPropertyValue`, or a `Lock` of `LockFeature`, and the types in it.
fn query(node: &Node, operation: Operation, root: &Node) -> Result<LayerList, XmlError> {
    let new = root.attribute("version") == Some("2.0.0");
    let element = if operation == Operation::LockFeature && !new {
        "Lock"
    } else {
        "Query"
    };
    if node.local() != element || !is_wfs(node) {
        return Err(XmlError::Unexpected);
    }
    attributes(node, OF_QUERY)?;
    let (own, other) = if new {
        ("typeNames", "typeName")
    } else {
        ("typeName", "typeNames")
    };
    let split = |name: &str| -> Vec<String> {
        let listed = node.attribute(name).unwrap_or_default();
        listed.split_ascii_whitespace().map(str::to_owned).collect()
    };
    let (types, aliases) = (split(own), split("aliases"));
    if node.attribute(other).is_some() || types.is_empty() || !new && types.len() > 1 {
        return Err(XmlError::Unexpected);
    }
    each_is_a_name(types.iter().chain(&aliases))?;
    let scope = &Scope::of(types.iter().chain(&aliases));
    if let Some(path) = root.attribute("valueReference") {
        fes::path(path, scope)?;
    }
    for part in node.elements()? {
        match part.local() {
            "PropertyName" => fes::check_property(part, scope)?,
            "Filter" => fes::check(part, scope)?,
            "SortBy" => fes::check_sorting(part, scope)?,
            _ => return Err(XmlError::Unexpected),
        }
    }
    Ok(types_of(types))
}

pub(super) fn is_wfs(node: &Node) -> bool {
    node.namespace
        .as_deref()
        .is_none_or(|namespace| namespace == WFS_1 || namespace == WFS_2)
}

/// Refuses attributes that are not known here.
pub(super) fn attributes(node: &Node, known: &[&str]) -> Result<(), XmlError> {
    let good =
        |attribute: &Attribute| attribute.namespace.is_none() && known.contains(&attribute.name.as_str());
    if node.attributes.iter().all(good) {
        Ok(())
    } else {
        Err(XmlError::Unexpected)
    }
}

pub(super) fn each_is_a_name<'a>(names: impl IntoIterator<Item = &'a String>) -> Result<(), XmlError> {
    if names.into_iter().all(|name| is_qualified(name)) {
        Ok(())
    } else {
        Err(XmlError::Unexpected)
    }
}

/// A list of types, each once: a transaction brings many features of one.
pub(super) fn types_of(mut names: Vec<String>) -> LayerList {
    let mut known = HashSet::new();
    names.retain(|name| known.insert(name.clone()));
    LayerList {
        parameter: "typeName",
        names,
        form: ListForm::Types { brackets: None },
    }
}

/// What the prefixes of these names stand for.
fn used(names: &[String], namespaces: &std::collections::BTreeMap<String, String>) -> Vec<(String, String)> {
    let prefixes: std::collections::BTreeSet<&str> = names
        .iter()
        .filter_map(|name| Some(name.split_once(':')?.0))
        .collect();
    let declared = prefixes
        .into_iter()
        .filter_map(|prefix| Some((prefix.to_owned(), namespaces.get(prefix)?.clone())));
    declared.collect()
}

#[cfg(test)]
#[path = "wfs_xml_tests.rs"]
mod tests;

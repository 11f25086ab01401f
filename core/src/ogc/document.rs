//! An XML document that a client sent: read whole and strictly, and written anew.
//!
//! A server never sees the client's own bytes, but what was understood of them: elements, attributes and text, in the
//! plainest spelling there is. So comments, CDATA, character references, encodings and white space in tags, in which
//! parsers differ, cannot make a server read another document than the one that was checked.

use super::xml::{Element, Handler, XmlError, local_name, walk_slice};
use quick_xml::escape::escape;
use std::collections::{BTreeMap, BTreeSet};

/// More elements than a request has.
const MAX_ELEMENTS: usize = 200_000;
/// More attributes than an element of a request has.
const MAX_ATTRIBUTES: usize = 64;
/// More prefixes than a request has.
const MAX_PREFIXES: usize = 64;
/// No prefix is one of these, in any letter case: a program that strips prefixes (`MapServer`) takes
/// `xmlns:version="…"` for an attribute `version`.
#[rustfmt::skip]
const NO_PREFIX: &[&str] = &[
    "xml", "xmlns", "service", "version", "request", "name", "typeName", "typeNames", "aliases", "handle", "outputFormat",
    "maxFeatures", "count", "startIndex", "resultType", "updateSequence", "expiry", "lockId", "lockAction",
    "releaseAction", "srsName", "valueReference", "inputFormat", "propertyName", "query", "filter", "id", "storedQuery",
];
/// Bound to the prefix `xml`, always.
const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// Where `schemaLocation` and `nil` are from.
pub(super) const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// A document.
#[derive(Clone, Debug)]
pub(super) struct Document {
    /// Its root element.
    pub root: Node,
    /// What each prefix stands for, the same throughout.
    pub namespaces: BTreeMap<String, String>,
}

/// An element.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Its name as written, with its prefix.
    pub name: String,
    /// Its namespace; none where it has none, or its prefix is not declared.
    pub namespace: Option<String>,
    /// Its attributes, declarations of namespaces left out.
    pub attributes: Vec<Attribute>,
    /// Declarations of namespaces: their attributes' names and values. Those of prefixes are all the root's.
    declared: Vec<(String, String)>,
    /// What is in it.
    pub children: Vec<Child>,
}

/// An attribute.
#[derive(Clone, Debug)]
pub(super) struct Attribute {
    /// Its name as written, with its prefix.
    pub name: String,
    /// The namespace of its prefix.
    pub namespace: Option<String>,
    /// Its value.
    pub value: String,
}

/// What stands in an element.
#[derive(Clone, Debug)]
pub(super) enum Child {
    /// Another one.
    Element(Node),
    /// Text.
    Text(String),
}

impl Document {
    /// Reads a document in UTF-8. Refuses what is not well-formed, a document type, entities, names that are none, a
    /// prefix with two meanings, attributes given twice, and what is too large.
    pub fn parse(text: &str) -> Result<Self, XmlError> {
        let mut builder = Builder::default();
        walk_slice(text.as_bytes(), &mut builder)?;
        Ok(Self {
            root: builder.root.ok_or(XmlError::Unexpected)?,
            namespaces: builder.namespaces,
        })
    }
}

impl Node {
    /// Its name without the prefix.
    pub fn local(&self) -> &str {
        local_name(&self.name)
    }

    /// The value of an attribute that has no prefix.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name == name)
            .map(|attribute| attribute.value.as_str())
    }

    /// Gives an attribute without a prefix a value.
    pub fn set(&mut self, name: &str, value: &str) {
        self.attributes.retain(|attribute| attribute.name != name);
        self.attributes.push(Attribute {
            name: name.to_owned(),
            namespace: None,
            value: value.to_owned(),
        });
    }

    /// The elements in it; refuses text beside them.
    pub fn elements(&self) -> Result<Vec<&Node>, XmlError> {
        let mut elements = Vec::new();
        for child in &self.children {
            match child {
                Child::Element(node) => elements.push(node),
                Child::Text(text) if text.trim().is_empty() => {}
                Child::Text(_) => return Err(XmlError::Unexpected),
            }
        }
        Ok(elements)
    }

    /// The text in it; refuses elements.
    pub fn text(&self) -> Result<&str, XmlError> {
        match self.children.as_slice() {
            [] => Ok(""),
            [Child::Text(text)] => Ok(text),
            _ => Err(XmlError::Unexpected),
        }
    }

    /// Writes it, with all that is in it.
    pub fn write(&self) -> String {
        let mut out = String::new();
        self.write_to(&mut out);
        out
    }

    fn write_to(&self, out: &mut String) {
        out.push('<');
        out.push_str(&self.name);
        let own = self
            .attributes
            .iter()
            .map(|attribute| (&attribute.name, &attribute.value));
        for (name, value) in self.declared.iter().map(|(name, value)| (name, value)).chain(own) {
            let value = escape(value.as_str());
            // White space other than blanks would not survive reading an attribute again.
            let value = value
                .replace('\n', "&#10;")
                .replace('\t', "&#9;")
                .replace('\r', "&#13;");
            for piece in [" ", name, "=\"", &value, "\""] {
                out.push_str(piece);
            }
        }
        if self.children.is_empty() {
            out.push_str("/>");
            return;
        }
        out.push('>');
        for child in &self.children {
            match child {
                Child::Element(node) => node.write_to(out),
                Child::Text(text) => out.push_str(&escape(text.as_str()).replace('\r', "&#13;")),
            }
        }
        for piece in ["</", &self.name, ">"] {
            out.push_str(piece);
        }
    }
}

/// Makes the tree.
#[derive(Default)]
struct Builder {
    root: Option<Node>,
    open: Vec<Node>,
    /// The default namespace at each open element.
    defaults: Vec<Option<String>>,
    namespaces: BTreeMap<String, String>,
    /// Declarations that are to stand on the root.
    hoisted: Vec<(String, String)>,
    /// Prefixes of elements that no declaration preceded.
    undeclared: BTreeSet<String>,
    elements: usize,
}

impl Builder {
    /// Learns what is declared on an element, and keeps the declarations. That of a prefix, which means the same
    /// throughout, is the root's: so no element has an attribute that could be taken for another one.
    fn declare(&mut self, element: &Element<'_>) -> Result<Vec<(String, String)>, XmlError> {
        let mut default = self.defaults.last().cloned().flatten();
        let mut declared = Vec::new();
        for (name, value) in &element.attributes {
            if *name == "xmlns" {
                default = Some(value.clone()).filter(|uri| !uri.is_empty());
            } else if let Some(prefix) = name.strip_prefix("xmlns:") {
                let known = self.namespaces.get(prefix);
                let reserved = NO_PREFIX.iter().any(|word| word.eq_ignore_ascii_case(prefix));
                let early = self.undeclared.contains(prefix);
                if reserved || early || value.is_empty() || !is_name(prefix) {
                    return Err(XmlError::Unexpected);
                }
                match known {
                    Some(known) if known == value => {}
                    Some(_) => return Err(XmlError::Unexpected),
                    None if self.namespaces.len() == MAX_PREFIXES => return Err(XmlError::TooLarge),
                    None => {
                        self.namespaces.insert(prefix.to_owned(), value.clone());
                        self.hoisted.push(((*name).to_owned(), value.clone()));
                    }
                }
                continue;
            } else {
                continue;
            }
            declared.push(((*name).to_owned(), value.clone()));
        }
        self.defaults.push(default);
        Ok(declared)
    }

    /// The namespace of a prefix.
    fn namespace(&self, name: &str) -> Option<String> {
        match name.split_once(':') {
            Some(("xml", _)) => Some(XML.to_owned()),
            Some((prefix, _)) => self.namespaces.get(prefix).cloned(),
            None => None,
        }
    }
}

impl Handler for Builder {
    fn doctype(&mut self) -> Result<(), XmlError> {
        Err(XmlError::Entity)
    }

    fn open(&mut self, element: &Element<'_>) -> Result<(), XmlError> {
        self.elements += 1;
        if self.elements > MAX_ELEMENTS {
            return Err(XmlError::TooLarge);
        }
        if !is_qualified(element.name) {
            return Err(XmlError::Unexpected);
        }
        // Before they are compared, each with the others.
        if element.attributes.len() > MAX_ATTRIBUTES + MAX_PREFIXES {
            return Err(XmlError::TooLarge);
        }
        let declared = self.declare(element)?;
        let mut attributes: Vec<Attribute> = Vec::new();
        for (name, value) in &element.attributes {
            if *name == "xmlns" || name.starts_with("xmlns:") {
                continue;
            }
            let namespace = self.namespace(name);
            let twice = |other: &Attribute| {
                other.namespace == namespace && local_name(&other.name) == local_name(name)
            };
            if !is_qualified(name)
                || name.contains(':') && namespace.is_none()
                || attributes.iter().any(twice)
            {
                return Err(XmlError::Unexpected);
            }
            attributes.push(Attribute {
                name: (*name).to_owned(),
                namespace,
                value: value.clone(),
            });
        }
        if attributes.len() > MAX_ATTRIBUTES {
            return Err(XmlError::TooLarge);
        }
        // How a server finds the schemas is its own affair.
        attributes
            .retain(|attribute| attribute.namespace.as_deref() != Some(XSI) || !is_location(&attribute.name));
        let namespace = match element.name.split_once(':') {
            Some((prefix, _)) => {
                let namespace = self.namespace(element.name);
                if namespace.is_none() {
                    self.undeclared.insert(prefix.to_owned());
                }
                namespace
            }
            None => self.defaults.last().cloned().flatten(),
        };
        self.open.push(Node {
            name: element.name.to_owned(),
            namespace,
            attributes,
            declared,
            children: Vec::new(),
        });
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), XmlError> {
        if let Some(node) = self.open.last_mut() {
            node.children.push(Child::Text(text.to_owned()));
        }
        Ok(())
    }

    fn close(&mut self, _: &str) -> Result<(), XmlError> {
        self.defaults.pop();
        let Some(mut node) = self.open.pop() else {
            return Err(XmlError::Unexpected);
        };
        if let Some(parent) = self.open.last_mut() {
            parent.children.push(Child::Element(node));
        } else {
            node.declared.append(&mut self.hoisted);
            self.root = Some(node);
        }
        Ok(())
    }
}

fn is_location(name: &str) -> bool {
    matches!(local_name(name), "schemaLocation" | "noNamespaceSchemaLocation")
}

/// Whether a text is an XML name, with at most one prefix (Namespaces in XML, 4).
pub(super) fn is_qualified(name: &str) -> bool {
    match name.split_once(':') {
        Some((prefix, local)) => is_name(prefix) && is_name(local),
        None => is_name(name),
    }
}

/// Whether a text is a name without a colon.
pub(super) fn is_name(name: &str) -> bool {
    let starts = |c: char| c == '_' || c.is_alphabetic();
    let goes_on = |c: char| starts(c) || c.is_alphanumeric() || matches!(c, '-' | '.' | '\u{b7}');
    name.starts_with(starts) && name.chars().all(goes_on)
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;

//! An XML document that a client sent: read whole and strictly, and written anew.
//!
//! A server never sees the client's own bytes, but what was understood of them: elements, attributes and text, in the
//! plainest spelling there is. So comments, CDATA, character references, encodings and white space in tags, in which
//! parsers differ, cannot make a server read another document than the one that was checked.

use super::xml::{Element, Handler, XmlError, local_name, walk_slice};
use quick_xml::escape::escape;
use std::collections::BTreeMap;

/// More elements than a request has.
const MAX_ELEMENTS: usize = 200_000;
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
    /// Declarations of namespaces: their attributes' names and values.
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
    elements: usize,
}

impl Builder {
    /// Learns what is declared on an element, and keeps the declarations.
    fn declare(&mut self, element: &Element<'_>) -> Result<Vec<(String, String)>, XmlError> {
        let mut default = self.defaults.last().cloned().flatten();
        let mut declared = Vec::new();
        for (name, value) in &element.attributes {
            if *name == "xmlns" {
                default = Some(value.clone()).filter(|uri| !uri.is_empty());
            } else if let Some(prefix) = name.strip_prefix("xmlns:") {
                let known = self.namespaces.get(prefix).is_some_and(|known| known != value);
                if known || value.is_empty() || matches!(prefix, "xml" | "xmlns") || !is_name(prefix) {
                    return Err(XmlError::Unexpected);
                }
                self.namespaces.insert(prefix.to_owned(), value.clone());
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
        // How a server finds the schemas is its own affair.
        attributes
            .retain(|attribute| attribute.namespace.as_deref() != Some(XSI) || !is_location(&attribute.name));
        let namespace = if element.name.contains(':') {
            self.namespace(element.name)
        } else {
            self.defaults.last().cloned().flatten()
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
        let Some(node) = self.open.pop() else {
            return Err(XmlError::Unexpected);
        };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(Child::Element(node)),
            None => self.root = Some(node),
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
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_written_is_the_plainest_spelling() {
        let text = "<?xml version='1.0'?><!-- a --><a:b xmlns:a='urn:a' xmlns='urn:d' x = ' 1&#10;&quot; '\n>t<![CDATA[<&]]>&#65;<?p i?><c xmlns='' /></a:b>";
        let document = Document::parse(text).unwrap();
        assert_eq!(
            document.root.write(),
            "<a:b xmlns:a=\"urn:a\" xmlns=\"urn:d\" x=\" 1&#10;&quot; \">t&lt;&amp;A<c xmlns=\"\"/></a:b>"
        );
        assert_eq!(document.root.namespace.as_deref(), Some("urn:a"));
        let Some(Child::Element(inner)) = document.root.children.last() else {
            panic!("{document:?}")
        };
        assert_eq!(inner.namespace, None);
    }

    #[test]
    fn what_parsers_read_differently_is_refused() {
        for text in [
            "",
            "<a>",
            "<a/><b/>",
            "<a b='1' b='2'/>",
            "<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>",
            "<a p:b='1'/>",
            "<a xmlns:p='u'><b xmlns:p='v'/></a>",
            "<a xmlns:p=''/>",
            "<a:b:c xmlns:a='u'/>",
            "<1a/>",
            "<a\u{b}b/>",
            "<!DOCTYPE a><a/>",
            "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
            "<a>&nbsp;</a>",
            "<a>&#0;</a>",
            "<?xml version='1.0' encoding='ISO-8859-1'?><a/>",
        ] {
            assert!(Document::parse(text).is_err(), "{text}");
        }
        assert!(Document::parse(&format!("<a>{}</a>", "<b/>".repeat(MAX_ELEMENTS))).is_err());
        assert!(Document::parse(&"<a>".repeat(200)).is_err());
    }

    proptest! {
        #[test]
        fn nothing_panics_and_what_is_written_reads_the_same(
            text in "(<[ab]( xmlns(:p)?='[uv]?')?( (p:)?x='[^<]{0,3}')?/?>|</[ab]>|[a-z&;<]{0,3}|<!\\[CDATA\\[[<&a]{0,3}]]>|&#x?[0-9]{1,2};|&lt;){0,8}"
        ) {
            if let Ok(document) = Document::parse(&text) {
                let written = document.root.write();
                let again = Document::parse(&written).unwrap();
                prop_assert_eq!(again.root.write(), written);
                prop_assert_eq!(again.namespaces, document.namespaces);
            }
        }
    }
}

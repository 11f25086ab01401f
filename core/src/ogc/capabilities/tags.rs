//! Start tags, written anew.

use super::super::xml::{Element, local_name};
use super::CapabilitiesFilter;
use quick_xml::escape::escape;
use std::borrow::Cow;
use std::collections::BTreeSet;

impl CapabilitiesFilter {
    /// A start tag, its URLs replaced, its declarations of namespaces only those that something needs.
    pub(super) fn start_tag(&mut self, element: &Element<'_>) -> Vec<u8> {
        let mut tag = format!("<{}", element.name);
        let operations = self.shape.in_operations();
        let depth = self.shape.depth();
        let mut namespaces = std::mem::take(&mut self.namespaces);
        let held: Vec<bool> = element
            .attributes
            .iter()
            .map(|(name, value)| namespaces.holds(name, value, depth, || self.prefixes()))
            .collect();
        let needed = namespaces.needed(element, depth);
        let mut kept: Vec<(&str, Cow<'_, str>)> = Vec::new();
        for ((name, value), _) in element.attributes.iter().zip(held).filter(|(_, held)| !held) {
            if local_name(name) != "schemaLocation" {
                kept.push((name, Cow::Borrowed(value)));
                continue;
            }
            // A schema with a query is one that the server itself makes; others lie still at their authors'.
            let made = value.split_whitespace().filter(|url| url.contains('?'));
            made.for_each(|url| self.urls.learn(url));
            let told = namespaces.told_of(value);
            if !told.is_empty() {
                kept.push((name, told));
            }
        }
        self.namespaces = namespaces;
        let needed = needed
            .iter()
            .map(|(name, uri)| (name.as_str(), Cow::Borrowed(uri.as_str())));
        for (name, value) in kept.into_iter().chain(needed) {
            let value = match local_name(name) {
                "href" | "onlineResource" if operations && !value.is_empty() => {
                    self.urls.learn(&value);
                    self.urls.proxy().to_owned()
                }
                _ => self.urls.rewrite(&value).into_owned(),
            };
            // White space other than blanks would not survive reading an attribute again.
            let value = escape(value.as_str())
                .replace('\n', "&#10;")
                .replace('\t', "&#9;");
            for piece in [" ", name, "=\"", &value, "\""] {
                tag.push_str(piece);
            }
        }
        tag.push('>');
        tag.into_bytes()
    }

    /// The prefixes of the layers that stay.
    fn prefixes(&self) -> BTreeSet<String> {
        let mut found: BTreeSet<String> = BTreeSet::new();
        for name in self.tree.iter().flat_map(|tree| tree.layers()) {
            if let Some((prefix, _)) = name.split_once(':')
                && !found.contains(prefix)
                && self.may_read(name)
            {
                found.insert(prefix.to_owned());
            }
        }
        found
    }
}

//! Start tags, written anew.

use super::super::xml::{Element, local_name};
use super::CapabilitiesFilter;
use quick_xml::escape::escape;
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
        self.namespaces = namespaces;
        let kept = element.attributes.iter().zip(held).filter(|(_, held)| !held);
        let kept = kept.map(|((name, value), _)| (*name, value));
        for (name, value) in kept.chain(needed.iter().map(|(name, uri)| (name.as_str(), uri))) {
            if local_name(name) == "schemaLocation" {
                // A schema with a query is one that the server itself makes; others lie still at their authors'.
                value
                    .split_whitespace()
                    .filter(|url| url.contains('?'))
                    .for_each(|url| self.urls.learn(url));
            }
            let value = match local_name(name) {
                "href" | "onlineResource" if operations && !value.is_empty() => {
                    self.urls.learn(value);
                    self.urls.proxy().to_owned()
                }
                _ => self.urls.rewrite(value).into_owned(),
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

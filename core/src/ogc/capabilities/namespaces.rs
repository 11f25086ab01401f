//! Declarations of namespaces. `GeoServer` declares the prefix of each workspace there is at the root, those of closed
//! layers too, and `CapabilitiesFilter` learns only later which layers stay; so what is not known to be harmless is held
//! back, and written where something that stays needs it.

use super::super::xml::Element;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Where the namespaces lie that every server's documents are made of, or a program's own ones.
#[rustfmt::skip]
const COMMON: &[&str] = &[
    "http://www.w3.org/",
    "http://www.opengis.net/wfs", "http://www.opengis.net/wms", "http://www.opengis.net/wcs",
    "http://www.opengis.net/wmts", "http://www.opengis.net/ows", "http://www.opengis.net/ogc",
    "http://www.opengis.net/fes", "http://www.opengis.net/gml", "http://www.opengis.net/sld",
    "http://www.opengis.net/swe/", "http://mapserver.gis.umn.edu/mapserver", "http://www.qgis.org/",
    "http://inspire.ec.europa.eu/schemas/common/", "http://inspire.ec.europa.eu/schemas/inspire_",
];

fn is_common(uri: &str) -> bool {
    COMMON.iter().any(|common| {
        let rest = uri.strip_prefix(common);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || common.ends_with(['/', '_']))
    })
}

/// The declarations of the open elements.
#[derive(Default)]
pub(super) struct Namespaces {
    declared: Vec<Declared>,
    /// The prefixes of the layers' names that stay; read once something else is declared.
    of_layers: Option<BTreeSet<String>>,
}

struct Declared {
    /// Of the element.
    depth: usize,
    prefix: String,
    uri: String,
    written: bool,
}

impl Namespaces {
    /// Whether an attribute is one that is not written as it stands: a declaration that is held back. `of_layers` gives
    /// the prefixes of the layers that stay.
    pub fn holds(
        &mut self,
        name: &str,
        uri: &str,
        depth: usize,
        of_layers: impl FnOnce() -> BTreeSet<String>,
    ) -> bool {
        let Some(prefix) = name.strip_prefix("xmlns:") else {
            return false;
        };
        let written = is_common(uri) || self.of_layers.get_or_insert_with(of_layers).contains(prefix);
        self.declared.push(Declared {
            depth,
            prefix: prefix.to_owned(),
            uri: uri.to_owned(),
            written,
        });
        !written
    }

    /// What of an `xsi:schemaLocation` may be told: a namespace, and where its schema is, of what is common or declared. A
    /// schema that names types (`GeoServer`'s of a workspace) is told of none: they could be closed ones.
    pub fn told_of<'a>(&self, locations: &'a str) -> Cow<'a, str> {
        let tells = |uri: &str| {
            let mut declared = self.declared.iter();
            is_common(uri) || declared.any(|known| known.written && known.uri == uri)
        };
        let words: Vec<&str> = locations.split_whitespace().collect();
        let pairs = words.as_chunks::<2>().0.iter();
        let pairs = pairs.filter(|[uri, url]| tells(uri) && !url.to_ascii_uppercase().contains("TYPENAME"));
        let told: Vec<&str> = pairs.flatten().copied().collect();
        if told.len() == words.len() {
            return Cow::Borrowed(locations);
        }
        Cow::Owned(told.join(" "))
    }

    /// What an element needs of what was held back for its own name and those of its attributes, to be declared on it.
    pub fn needed(&mut self, element: &Element<'_>, depth: usize) -> Vec<(String, String)> {
        let names = element.attributes.iter().map(|(name, _)| *name);
        let mut needed = Vec::new();
        for name in std::iter::once(element.name).chain(names) {
            let Some((prefix, _)) = name.split_once(':') else {
                continue;
            };
            let found = self.declared.iter().rfind(|known| known.prefix == prefix);
            if let Some(uri) = found
                .filter(|known| !known.written)
                .map(|known| known.uri.clone())
            {
                self.declared.push(Declared {
                    depth,
                    prefix: prefix.to_owned(),
                    uri: uri.clone(),
                    written: true,
                });
                needed.push((format!("xmlns:{prefix}"), uri));
            }
        }
        needed
    }

    /// An element at this depth ends.
    pub fn leave(&mut self, depth: usize) {
        while self.declared.pop_if(|known| known.depth >= depth).is_some() {}
    }
}

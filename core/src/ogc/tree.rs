//! The tree of layers that a server's own capabilities show.

use super::document;
use super::exception::{code_of, is_exception_root};
use super::rules::{like, loose_key};
use super::urls::UrlRewriter;
use super::xml::{Element, Handler, Incoming, XmlError};
use super::{OgcCode, Service};
use bytes::Bytes;
use futures_util::Stream;
use std::collections::{BTreeMap, HashMap};

/// More layers than any server has.
const MAX_NODES: usize = 100_000;
/// How many URLs of its own a server may show.
const MAX_ADVERTISED: usize = 16;

/// The layers of a server, in document order: `Layer` elements of WMS, with their groups, or feature types of WFS.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    nodes: Vec<Node>,
    by_key: HashMap<String, Vec<usize>>,
    advertised: Vec<String>,
    /// What its prefixes stand for; nothing where that is told in two ways.
    namespaces: BTreeMap<String, Option<String>>,
}

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub name: Option<String>,
    /// Where the nodes below it end; they begin right after it.
    pub end: usize,
    /// Whether anything is below it.
    pub group: bool,
}

impl Tree {
    /// The URLs that the server gives as its own in the capabilities' operations.
    pub fn advertised(&self) -> impl Iterator<Item = &str> {
        self.advertised.iter().map(String::as_str)
    }

    /// What a prefix of a type's name stands for.
    pub(super) fn namespace(&self, prefix: &str) -> Option<&str> {
        self.namespaces.get(prefix)?.as_deref()
    }

    /// A tree without groups; `None` where there are too many layers.
    pub(super) fn flat(names: Vec<String>, advertised: Vec<String>) -> Option<Self> {
        let nodes = names.into_iter().enumerate().map(|(at, name)| Node {
            name: Some(name),
            end: at + 1,
            group: false,
        });
        let tree = Self {
            nodes: nodes.take(MAX_NODES + 1).collect(),
            advertised: advertised.into_iter().take(MAX_ADVERTISED).collect(),
            ..Self::default()
        };
        (tree.nodes.len() <= MAX_NODES).then(|| tree.index())
    }

    /// How many layers and groups there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The names of the layers, groups left out, in tree order.
    pub fn layers(&self) -> impl Iterator<Item = &str> {
        self.nodes
            .iter()
            .filter(|node| !node.group)
            .filter_map(|node| node.name.as_deref())
    }

    /// The names of all layers; a layer may have none.
    pub(super) fn every_leaf(&self) -> impl Iterator<Item = Option<&str>> {
        self.nodes
            .iter()
            .filter(|node| !node.group)
            .map(|node| node.name.as_deref())
    }

    /// The nodes that a server may mean by this name, whatever its letter case and, where the name has none, prefix.
    pub(super) fn named(&self, name: &str) -> Vec<usize> {
        let prefixed = name.contains(':');
        let spelt = |at: &usize| {
            self.nodes
                .get(*at)
                .and_then(|node| node.name.as_deref())
                .is_some_and(|known| {
                    if known == name {
                        true
                    } else if prefixed {
                        known.to_lowercase() == name.to_lowercase()
                    } else {
                        like(name, known)
                    }
                })
        };
        self.by_key
            .get(&loose_key(name))
            .into_iter()
            .flatten()
            .copied()
            .filter(spelt)
            .collect()
    }

    pub(super) fn node(&self, at: usize) -> Option<&Node> {
        self.nodes.get(at)
    }

    /// The names of the layers at or below a node, in tree order; a layer may have none.
    pub(super) fn all_leaves(&self, at: usize) -> impl Iterator<Item = Option<&str>> {
        let end = self.nodes.get(at).map_or(at, |node| node.end);
        let below = self.nodes.get(at..end).unwrap_or_default();
        below
            .iter()
            .filter(|node| !node.group)
            .map(|node| node.name.as_deref())
    }

    /// The same, without those that cannot be asked for.
    pub(super) fn leaves(&self, at: usize) -> impl Iterator<Item = &str> {
        self.all_leaves(at).flatten()
    }

    /// Every named node with the names of the groups above it, outermost first.
    pub(super) fn named_with_ancestors(&self) -> Vec<(&str, Vec<&str>)> {
        let mut open: Vec<(usize, &str)> = Vec::new();
        let mut all = Vec::new();
        for (at, node) in self.nodes.iter().enumerate() {
            open.retain(|(end, _)| at < *end);
            if let Some(name) = node.name.as_deref() {
                all.push((name, open.iter().map(|(_, group)| *group).collect()));
                open.push((node.end, name));
            }
        }
        all
    }

    fn index(mut self) -> Self {
        for (at, node) in self.nodes.iter().enumerate() {
            if let Some(name) = &node.name {
                self.by_key.entry(loose_key(name)).or_default().push(at);
            }
        }
        self
    }
}

/// Reads the tree out of capabilities as the server gives them, in any version of the service.
///
/// Refuses what is no capabilities document of the service; an exception gives [`XmlError::Exception`].
pub async fn read_tree<S, E>(service: Service, body: S) -> Result<Tree, XmlError>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: std::fmt::Display,
{
    let mut incoming = Incoming::new(body);
    let mut reader = TreeReader::new(service);
    while !incoming.step(&mut reader).await? {}
    Ok(reader.tree.index())
}

/// Whether a root element is that of the service's capabilities; an exception, or what is neither, is told.
pub(super) fn check_root(service: Service, local: &str) -> Result<bool, XmlError> {
    match (service, local) {
        (Service::Wms, "WMS_Capabilities" | "WMT_MS_Capabilities")
        | (Service::Wfs, "WFS_Capabilities")
        | (Service::Wmts, "Capabilities")
        | (Service::Wcs, "Capabilities" | "WCS_Capabilities") => Ok(true),
        (Service::Features, _) => Err(XmlError::Unexpected),
        _ if is_exception_root(local) => Ok(false),
        _ => Err(XmlError::Unexpected),
    }
}

/// Whether an element is a layer: `Layer` in WMS and WMTS; `FeatureType`, and GML objects in WFS 1.1.0; a coverage in
/// WCS 1.0.0, and in later versions.
pub(super) fn is_layer(service: Service, local: &str) -> bool {
    match service {
        Service::Wms | Service::Wmts => local == "Layer",
        Service::Wfs => matches!(local, "FeatureType" | "GMLObjectType"),
        Service::Wcs => matches!(local, "CoverageOfferingBrief" | "CoverageSummary"),
        Service::Features => false,
    }
}

/// Whether an element is a layer's name.
pub(super) fn is_name(service: Service, local: &str) -> bool {
    match service {
        Service::Wms | Service::Wfs | Service::Features => local == "Name",
        Service::Wmts => local == "Identifier",
        // WCS 1.0.0, 1.1 and 2.0.
        Service::Wcs => matches!(local, "name" | "Identifier" | "CoverageId"),
    }
}

struct TreeReader {
    service: Service,
    tree: Tree,
    path: Vec<String>,
    /// Open layers: their node and their depth in the path.
    open: Vec<(usize, usize)>,
    exception: Option<OgcCode>,
    failed: bool,
}

impl TreeReader {
    fn new(service: Service) -> Self {
        Self {
            service,
            tree: Tree::default(),
            path: Vec::new(),
            open: Vec::new(),
            exception: None,
            failed: false,
        }
    }

    fn add(&mut self) -> Result<(), XmlError> {
        if self.tree.nodes.len() == MAX_NODES {
            return Err(XmlError::TooLarge);
        }
        if let Some(parent) = self.open.last().and_then(|(at, _)| self.tree.nodes.get_mut(*at)) {
            parent.group = true;
        }
        self.open.push((self.tree.nodes.len(), self.path.len()));
        self.tree.nodes.push(Node {
            name: None,
            end: 0,
            group: false,
        });
        Ok(())
    }

    /// Whether the element that is open is the name of the innermost open layer.
    fn in_name(&self) -> bool {
        self.path.last().is_some_and(|local| is_name(self.service, local))
            && self
                .open
                .last()
                .is_some_and(|(_, depth)| depth + 1 == self.path.len())
    }

    fn learn(&mut self, element: &Element<'_>) {
        for (name, uri) in &element.attributes {
            if let Some(prefix) = name
                .strip_prefix("xmlns:")
                .filter(|prefix| document::is_name(prefix))
                && (self.tree.namespaces.len() < MAX_NODES || self.tree.namespaces.contains_key(prefix))
            {
                self.tree
                    .namespaces
                    .entry(prefix.to_owned())
                    .and_modify(|known| *known = known.take().filter(|known| known == uri))
                    .or_insert_with(|| Some(uri.clone()));
            }
        }
        let operation =
            matches!(element.local, "Get" | "Post") || self.path.iter().any(|local| local == "DCPType");
        let url = element
            .attribute("href")
            .or_else(|| element.attribute("onlineResource"));
        if let Some(url) = url.filter(|_| operation)
            && self.tree.advertised.len() < MAX_ADVERTISED
            && !self.tree.advertised.iter().any(|known| known == url)
        {
            self.tree.advertised.push(url.to_owned());
        }
    }
}

impl Handler for TreeReader {
    fn open(&mut self, element: &Element<'_>) -> Result<(), XmlError> {
        if self.path.is_empty() {
            self.failed = !check_root(self.service, element.local)?;
            self.learn(element);
        } else if self.failed {
            self.exception = self.exception.or_else(|| code_of(element));
        } else if self.in_name() {
            return Err(XmlError::Unexpected);
        } else {
            self.learn(element);
        }
        self.path.push(element.local.to_owned());
        if !self.failed && is_layer(self.service, element.local) {
            self.add()?;
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), XmlError> {
        if !self.failed && self.in_name() {
            let node = self.open.last().and_then(|(at, _)| self.tree.nodes.get_mut(*at));
            if let Some(node) = node.filter(|_| !text.trim().is_empty())
                && node.name.replace(text.trim().to_owned()).is_some()
            {
                return Err(XmlError::Unexpected);
            }
        }
        Ok(())
    }

    fn close(&mut self, _: &str) -> Result<(), XmlError> {
        if let Some((at, depth)) = self.open.last().copied()
            && depth == self.path.len()
        {
            let end = self.tree.nodes.len();
            if let Some(node) = self.tree.nodes.get_mut(at) {
                node.end = end;
            }
            self.open.pop();
        }
        self.path.pop();
        if self.failed && self.path.is_empty() {
            return Err(XmlError::Exception(
                self.exception.unwrap_or(OgcCode::NoApplicableCode),
            ));
        }
        Ok(())
    }
}

impl UrlRewriter {
    /// Takes the URLs that a server shows as its own.
    #[must_use]
    pub fn with_advertised(mut self, tree: &Tree) -> Self {
        for url in tree.advertised() {
            self.learn(url);
        }
        self
    }
}

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;

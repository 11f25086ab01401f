//! Capabilities as one user may see them.
//!
//! Kept is what the proxy knows and offers; what else a server tells (vendor extensions that list layers, operations
//! and bindings that the proxy refuses, comments) is left out, so that no name slips through where nobody looked.

mod layers;
mod namespaces;
mod shape;
mod tags;

use super::decide::may_tile;
use super::exception::code_of;
use super::rules::Rules;
use super::tree::{Tree, check_root, is_layer};
use super::urls::UrlRewriter;
use super::xml::{Element, Handler, Incoming, XmlError};
use super::{OgcCode, ServerType, Service, rule_name, wcs};
use bytes::Bytes;
use futures_util::Stream;
use layers::Layers;
use namespaces::Namespaces;
use quick_xml::escape::escape;
use shape::{Part, Shape};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Send what is ready in pieces of about this size.
const PIECE: usize = 16 * 1024;
/// More than the head of any layer; what is undecided is held in memory.
const MAX_HELD: usize = 4 * 1024 * 1024;

/// Filters a capabilities document as it streams.
///
/// - Layers (WMS and WMTS `Layer`, WFS `FeatureType`, WCS coverages, in any prefix) that the roles may not read are left
///   out, groups and themes of which nothing is left as well, and layers without a name.
/// - A group whose own rule keeps the user out, while something in it is readable, stays without its name, title and
///   description: only what the layers below inherit is kept.
/// - The URLs of the operations become the proxy's, whatever they were, and so does every other URL of the backend.
/// - Of the namespaces that the document declares, those of layers that are left out go too.
/// - Operations, bindings, templates of resources, formats and parameters that the proxy refuses are left out, those that
///   write for whoever may not, and so are vendor extensions, comments, processing instructions and the document type.
///
/// Refused are what [`XmlError`] tells, with nothing of a forbidden layer ever given out before.
pub struct CapabilitiesFilter {
    service: Service,
    server: ServerType,
    rules: Arc<Rules>,
    /// The tree by which tile layers are decided, and what layers there are.
    tree: Option<Arc<Tree>>,
    role_ids: BTreeSet<i64>,
    urls: UrlRewriter,
    shape: Shape,
    layers: Layers,
    namespaces: Namespaces,
    /// What may be given out, but for what lies after the first mark.
    out: Vec<u8>,
    marks: Vec<Mark>,
    /// How many elements are open inside of one that is left out, itself included.
    dropped: usize,
    /// Its code so far, where the document is an exception instead.
    exception: Option<OgcCode>,
    failed: bool,
}

/// An element of which it is only known at its end whether it stays.
struct Mark {
    /// Where it begins in `out`.
    at: usize,
    depth: usize,
    part: Part,
    keep: bool,
    name: Option<String>,
}

impl CapabilitiesFilter {
    /// Takes the service and program of the document, the rules and role ids to apply, and the URLs to replace, with the
    /// proxy's.
    #[must_use]
    pub fn new(
        service: Service,
        server: ServerType,
        rules: Arc<Rules>,
        role_ids: BTreeSet<i64>,
        urls: UrlRewriter,
    ) -> Self {
        let writes = rules.may_write_something(&role_ids);
        Self {
            service,
            server,
            rules,
            tree: None,
            role_ids,
            urls,
            shape: Shape::new(service, writes),
            layers: Layers::default(),
            namespaces: Namespaces::default(),
            out: b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_vec(),
            marks: Vec::new(),
            dropped: 0,
            exception: None,
            failed: false,
        }
    }

    /// Takes the tree by which requests for tiles are decided, so that what is told is what is given, and whose names tell
    /// which prefixes are used. Without it, no layer of WMTS is told.
    #[must_use]
    pub fn over(mut self, tree: Arc<Tree>) -> Self {
        self.tree = Some(tree);
        self
    }

    /// What is ready; nothing while an element is undecided.
    fn take(&mut self, at_least: usize) -> Option<Bytes> {
        (self.marks.is_empty() && !self.failed && self.out.len() >= at_least.max(1))
            .then(|| Bytes::from(std::mem::take(&mut self.out)))
    }

    fn may_read(&self, name: &str) -> bool {
        if self.service == Service::Wmts {
            return self
                .tree
                .as_ref()
                .is_some_and(|tree| may_tile(self.server, name, &self.rules, tree, &self.role_ids));
        }
        self.rules
            .may_read(rule_name(self.server, self.service, name), &self.role_ids)
    }

    /// Whether the user may change the feature type that is open; any, where none is.
    fn writes_here(&self) -> bool {
        let open = self.marks.iter().rfind(|mark| mark.part == Part::FeatureType);
        match open.map(|mark| mark.name.as_deref()) {
            None => self.rules.may_write_something(&self.role_ids),
            Some(name) => name.is_some_and(|name| {
                let name = rule_name(self.server, self.service, name);
                self.rules.may_write(name, &self.role_ids)
            }),
        }
    }

    /// Writes to wherever the open element belongs.
    fn write(&mut self, bytes: &[u8]) -> Result<(), XmlError> {
        if self.layers.is_open() {
            self.layers.write(bytes, self.shape.depth());
        } else {
            self.out.extend_from_slice(bytes);
        }
        let marked = self
            .marks
            .first()
            .map_or(0, |mark| self.out.len().saturating_sub(mark.at));
        if self.layers.held() + marked > MAX_HELD {
            Err(XmlError::TooLarge)
        } else {
            Ok(())
        }
    }

    /// Opens a layer of WMS: its head is held until something in it is known to be readable.
    fn open_layer(&mut self, tag: &[u8]) {
        self.layers.open(tag, self.shape.depth());
    }

    fn close_layer(&mut self, end_tag: &[u8]) {
        let (rules, role_ids, server, service) = (&self.rules, &self.role_ids, self.server, self.service);
        let name_of = |name: &str| rule_name(server, service, name).to_owned();
        self.layers.close(
            end_tag,
            &mut self.out,
            |name| rules.may_read(&name_of(name), role_ids),
            |name| rules.forbids(&name_of(name), role_ids),
        );
    }

    fn close_mark(&mut self, mark: &Mark) {
        let keep = match mark.part {
            Part::FeatureType | Part::LayerRef => {
                mark.name.as_deref().is_some_and(|name| self.may_read(name))
            }
            _ => mark.keep,
        };
        if !keep {
            self.out.truncate(mark.at);
        } else if let Some(part) = mark.part.holder()
            && let Some(holder) = self.marks.iter_mut().rfind(|mark| mark.part == part)
        {
            holder.keep = true;
        }
    }

    /// Takes text that tells whether the innermost mark stays.
    fn tell_mark(&mut self, text: &str) -> Result<(), XmlError> {
        let depth = self.shape.depth();
        let named = self.in_type_name();
        let name = if self.shape.is_coverage_id() {
            wcs::known(self.server, text).map(std::borrow::Cow::into_owned)
        } else {
            Some(text.to_owned())
        };
        let part = self.marks.last().map(|mark| mark.part);
        let may = part != Some(Part::TypeOperation) || text == "Query" || self.writes_here();
        let Some(mark) = self.marks.last_mut() else {
            return Ok(());
        };
        match (mark.part, name) {
            (Part::FeatureType, None) if named => mark.part = Part::Dropped,
            (Part::FeatureType, Some(name)) if named => {
                return match mark.name.replace(name) {
                    Some(_) => Err(XmlError::Unexpected),
                    None => Ok(()),
                };
            }
            (Part::LayerRef, Some(name)) if mark.depth == depth => mark.name = Some(name),
            (Part::Get, _) if text == "RESTful" => mark.keep = false,
            (part, _) if mark.depth == depth && may && part.keeps_by_text(text) => mark.keep = true,
            _ => {}
        }
        Ok(())
    }

    /// Whether the open element is the name of the innermost feature type.
    fn in_type_name(&self) -> bool {
        let depth = self.shape.depth();
        self.shape.is_name()
            && self
                .marks
                .last()
                .is_some_and(|mark| mark.part == Part::FeatureType && mark.depth + 1 == depth)
    }
}

impl Handler for CapabilitiesFilter {
    fn open(&mut self, element: &Element<'_>) -> Result<(), XmlError> {
        if self.dropped > 0 {
            self.dropped += 1;
            return Ok(());
        }
        if self.failed {
            self.exception = self.exception.or_else(|| code_of(element));
            self.shape.enter(element);
            return Ok(());
        }
        if self.shape.depth() == 0 && !check_root(self.service, element.local)? {
            self.failed = true;
            self.shape.enter(element);
            return Ok(());
        }
        let depth = self.shape.depth();
        if self.in_type_name() || self.layers.in_name(depth, self.shape.is_name()) {
            // A name is text alone, or it is not one.
            return Err(XmlError::Unexpected);
        }
        let part = match self.shape.part(element) {
            Part::WriteOperation if self.writes_here() => Part::Kept,
            Part::WriteOperation => Part::Dropped,
            other => other,
        };
        let layer = is_layer(self.service, element.local) && part == Part::Layer;
        if part == Part::Dropped || (!layer && self.layers.has_below(depth)) {
            self.dropped = 1;
            return Ok(());
        }
        self.shape.enter(element);
        self.layers.enter(element.local, self.shape.depth());
        let tag = self.start_tag(element);
        match part {
            Part::Layer => self.open_layer(&tag),
            Part::Kept => {
                if let Some(format) = self.marks.last_mut()
                    && format.part == Part::ExceptionFormat
                {
                    format.keep = true;
                }
                self.write(&tag)?;
            }
            marked => {
                let keep = matches!(marked, Part::Get);
                let depth = self.shape.depth();
                self.marks.push(Mark {
                    at: self.out.len(),
                    depth,
                    part: marked,
                    keep,
                    name: None,
                });
                self.write(&tag)?;
            }
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), XmlError> {
        if self.dropped > 0 || self.failed {
            return Ok(());
        }
        let depth = self.shape.depth();
        if !text.trim().is_empty() {
            self.tell_mark(text.trim())?;
            self.layers.text(text.trim(), depth, self.shape.is_name())?;
        }
        if self.layers.has_below(depth) && !text.trim().is_empty() {
            return Ok(());
        }
        let replaced = if self.shape.is_service_url() && text.contains("://") {
            self.urls.learn(text);
            self.urls.proxy().to_owned()
        } else {
            self.urls.rewrite(text).into_owned()
        };
        self.write(escape(replaced.as_str()).as_bytes())
    }

    fn close(&mut self, name: &str) -> Result<(), XmlError> {
        if self.dropped > 0 {
            self.dropped -= 1;
            return Ok(());
        }
        if self.failed {
            self.shape.leave();
            return if self.shape.depth() == 0 {
                Err(XmlError::Exception(
                    self.exception.unwrap_or(OgcCode::NoApplicableCode),
                ))
            } else {
                Ok(())
            };
        }
        let end_tag = format!("</{name}>");
        let depth = self.shape.depth();
        if self.layers.is_at(depth) {
            self.close_layer(end_tag.as_bytes());
        } else {
            self.write(end_tag.as_bytes())?;
            if let Some(mark) = self.marks.pop_if(|mark| mark.depth == depth) {
                self.close_mark(&mark);
            }
        }
        self.namespaces.leave(depth);
        self.shape.leave();
        Ok(())
    }
}

/// Filters a body as it streams. Where the document is refused at its beginning (an exception, say), that is the
/// stream's first item; later on the stream breaks off with the error.
pub fn filter_capabilities<S, E>(
    body: S,
    filter: CapabilitiesFilter,
) -> impl Stream<Item = Result<Bytes, XmlError>> + Send
where
    S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
    E: std::fmt::Display + Send,
{
    futures_util::stream::try_unfold(Some((Incoming::new(body), filter)), async |state| {
        let Some((mut incoming, mut filter)) = state else {
            return Ok(None);
        };
        loop {
            let done = incoming.step(&mut filter).await?;
            if let Some(piece) = filter.take(if done { 1 } else { PIECE }) {
                return Ok(Some((piece, (!done).then_some((incoming, filter)))));
            }
            if done {
                return Ok(None);
            }
        }
    })
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod namespace_tests;

#[cfg(test)]
mod tile_tests;

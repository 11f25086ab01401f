//! Open WMS layers, of which it is not yet known whether they stay.

use super::super::xml::XmlError;

/// What a group keeps where its own rule keeps the user out: what the layers below inherit (OGC 06-042, table 6).
const INHERITED: &[&str] = &[
    "CRS",
    "SRS",
    "EX_GeographicBoundingBox",
    "LatLonBoundingBox",
    "BoundingBox",
    "Dimension",
    "Extent",
    "MinScaleDenominator",
    "MaxScaleDenominator",
    "ScaleHint",
];

/// The open layers, outermost first.
#[derive(Default)]
pub(super) struct Layers(Vec<OpenLayer>);

struct OpenLayer {
    depth: usize,
    name: Option<String>,
    /// Everything before the first layer below, its start tag included.
    head: Vec<u8>,
    /// The same, of what is inherited only.
    bare: Vec<u8>,
    /// Whether the child element that is open is inherited.
    inherited: bool,
    has_below: bool,
    written: bool,
}

impl Layers {
    pub fn is_open(&self) -> bool {
        !self.0.is_empty()
    }

    /// How many bytes are held because they are undecided.
    pub fn held(&self) -> usize {
        self.0
            .iter()
            .map(|layer| layer.head.len() + layer.bare.len())
            .sum()
    }

    /// Whether the innermost layer is the element that is open at this depth.
    pub fn is_at(&self, depth: usize) -> bool {
        self.0.last().is_some_and(|layer| layer.depth == depth)
    }

    /// Whether the element open at this depth is a layer with other layers in it: nothing else comes after those.
    pub fn has_below(&self, depth: usize) -> bool {
        self.0
            .last()
            .is_some_and(|layer| layer.depth == depth && layer.has_below)
    }

    /// Whether the open element is the innermost layer's name.
    pub fn in_name(&self, depth: usize, is_name: bool) -> bool {
        is_name && self.0.last().is_some_and(|layer| layer.depth + 1 == depth)
    }

    /// A layer begins, with this start tag, at this depth.
    pub fn open(&mut self, tag: &[u8], depth: usize) {
        if let Some(parent) = self.0.last_mut() {
            parent.has_below = true;
        }
        self.0.push(OpenLayer {
            depth,
            name: None,
            head: tag.to_vec(),
            bare: [tag, b"<Title/>"].concat(),
            inherited: false,
            has_below: false,
            written: false,
        });
    }

    /// Tells that a child element of the innermost layer begins.
    pub fn enter(&mut self, local: &str, depth: usize) {
        if let Some(layer) = self.0.last_mut()
            && layer.depth + 1 == depth
        {
            layer.inherited = INHERITED.contains(&local);
        }
    }

    /// Adds to the innermost layer's head.
    pub fn write(&mut self, bytes: &[u8], depth: usize) {
        if let Some(layer) = self.0.last_mut()
            && !layer.has_below
        {
            layer.head.extend_from_slice(bytes);
            if layer.inherited && depth > layer.depth {
                layer.bare.extend_from_slice(bytes);
            }
        }
    }

    /// Takes text; refuses a second name.
    pub fn text(&mut self, text: &str, depth: usize, is_name: bool) -> Result<(), XmlError> {
        if self.in_name(depth, is_name)
            && let Some(layer) = self.0.last_mut()
            && layer.name.replace(text.to_owned()).is_some()
        {
            return Err(XmlError::Unexpected);
        }
        Ok(())
    }

    /// The innermost layer ends. Where it is readable, the heads of the groups above it are written first.
    pub fn close(
        &mut self,
        end_tag: &[u8],
        out: &mut Vec<u8>,
        may_read: impl Fn(&str) -> bool,
        forbids: impl Fn(&str) -> bool,
    ) {
        let Some(layer) = self.0.pop() else { return };
        if layer.written {
            out.extend_from_slice(end_tag);
        } else if !layer.has_below && layer.name.as_deref().is_some_and(may_read) {
            for group in &mut self.0 {
                if !std::mem::replace(&mut group.written, true) {
                    let kept_out = group.name.as_deref().is_some_and(&forbids);
                    out.extend_from_slice(if kept_out { &group.bare } else { &group.head });
                    group.head = Vec::new();
                    group.bare = Vec::new();
                }
            }
            out.extend_from_slice(&layer.head);
            out.extend_from_slice(end_tag);
        }
    }
}

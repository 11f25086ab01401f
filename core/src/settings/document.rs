//! A YAML document as a tree that knows its lines.
//!
//! Built from the parser's events without recursion, and within limits, so that no document can exhaust the stack
//! or the memory. Scalars stay as they are written: `0123` in a password is not a number.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::rc::Rc;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};

use super::Fault;

const MAX_BYTES: usize = 1 << 20;
const MAX_DEPTH: usize = 64;
/// Counted with aliases expanded, which is what bounds every later walk.
const MAX_NODES: usize = 100_000;

/// A file and a line in it.
#[derive(Debug, Clone)]
pub(super) struct Place {
    file: Rc<str>,
    line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.file, self.line)
    }
}

/// A value and where it starts.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) place: Place,
}

#[derive(Debug)]
pub(super) enum Value {
    Null,
    Scalar(String),
    List(Vec<Rc<Node>>),
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) place: Place,
    pub(super) node: Rc<Node>,
}

impl Node {
    /// The entries of a map; of anything else, none.
    pub(super) fn entries(&self) -> &[Entry] {
        if let Value::Map(entries) = &self.value {
            entries
        } else {
            &[]
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// What it is, in words; never the value itself.
    pub(super) fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Scalar(_) => "a single value",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}

/// Reads `text`; `file` names it in faults.
pub(super) fn parse(file: &str, text: &str) -> Result<Rc<Node>, Fault> {
    if text.len() > MAX_BYTES {
        return Err(Fault::new(file, format!("larger than {MAX_BYTES} bytes")));
    }
    let mut builder = Builder {
        file: file.into(),
        open: Vec::new(),
        anchors: BTreeMap::new(),
        nodes: 0,
        root: None,
    };
    let mut parser = Parser::new_from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            let place = Place {
                file: builder.file.clone(),
                line: error.marker().line(),
            };
            Fault::new(place.to_string(), format!("not valid YAML: {}", error.info()))
        })?;
        let place = builder.place(&span);
        builder
            .event(event, &place)
            .map_err(|problem| Fault::new(place.to_string(), problem))?;
    }
    let empty = Node {
        value: Value::Null,
        place: Place {
            file: builder.file,
            line: 1,
        },
    };
    Ok(builder.root.unwrap_or_else(|| Rc::new(empty)))
}

struct Builder {
    file: Rc<str>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, (Rc<Node>, usize)>,
    nodes: usize,
    root: Option<Rc<Node>>,
}

/// A list or map that has not ended yet.
struct Open {
    place: Place,
    anchor: usize,
    nodes_before: usize,
    content: Content,
}

enum Content {
    List(Vec<Rc<Node>>),
    Map(OpenMap),
}

#[derive(Default)]
struct OpenMap {
    entries: Vec<Entry>,
    keys: BTreeSet<String>,
    key: Option<(String, Place)>,
    merged: Vec<Rc<Node>>,
}

impl Builder {
    fn place(&self, span: &Span) -> Place {
        Place {
            file: self.file.clone(),
            line: span.start.line(),
        }
    }

    fn event(&mut self, event: Event<'_>, place: &Place) -> Result<(), String> {
        match event {
            Event::DocumentStart(_) if self.root.is_some() => Err("expected a single document".to_owned()),
            Event::SequenceStart(anchor, _) => self.start(place, anchor, Content::List(Vec::new())),
            Event::MappingStart(anchor, _) => self.start(place, anchor, Content::Map(OpenMap::default())),
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar(&text, style, tag.as_deref());
                let before = self.nodes;
                self.count(1)?;
                self.complete(
                    Rc::new(Node {
                        value,
                        place: place.clone(),
                    }),
                    anchor,
                    before,
                )
            }
            Event::Alias(id) => {
                let (node, size) = self
                    .anchors
                    .get(&id)
                    .cloned()
                    .ok_or("an alias must not hold itself")?;
                self.count(size)?;
                self.add(node)
            }
            _ => Ok(()),
        }
    }

    fn count(&mut self, nodes: usize) -> Result<(), String> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MAX_NODES {
            return Err(format!(
                "more than {MAX_NODES} values, aliases counted at each use"
            ));
        }
        Ok(())
    }

    fn start(&mut self, place: &Place, anchor: usize, content: Content) -> Result<(), String> {
        if self.open.len() >= MAX_DEPTH {
            return Err(format!("nested deeper than {MAX_DEPTH} levels"));
        }
        let nodes_before = self.nodes;
        self.count(1)?;
        self.open.push(Open {
            place: place.clone(),
            anchor,
            nodes_before,
            content,
        });
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        let Some(Open {
            place,
            anchor,
            nodes_before,
            content,
        }) = self.open.pop()
        else {
            return Ok(());
        };
        let value = match content {
            Content::List(items) => Value::List(items),
            Content::Map(map) => Value::Map(self.merge(map)?),
        };
        self.complete(Rc::new(Node { value, place }), anchor, nodes_before)
    }

    /// Adds what `<<` names, where the map has no such key itself.
    fn merge(&mut self, mut map: OpenMap) -> Result<Vec<Entry>, String> {
        for node in std::mem::take(&mut map.merged) {
            for entry in node.entries() {
                self.count(1)?;
                if map.keys.insert(entry.key.clone()) {
                    map.entries.push(entry.clone());
                }
            }
        }
        Ok(map.entries)
    }

    fn complete(&mut self, node: Rc<Node>, anchor: usize, nodes_before: usize) -> Result<(), String> {
        if anchor > 0 {
            self.anchors
                .insert(anchor, (node.clone(), self.nodes - nodes_before));
        }
        self.add(node)
    }

    fn add(&mut self, node: Rc<Node>) -> Result<(), String> {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open {
                content: Content::List(items),
                ..
            }) => items.push(node),
            Some(Open {
                content: Content::Map(map),
                ..
            }) => map.add(node)?,
        }
        Ok(())
    }
}

impl OpenMap {
    fn add(&mut self, node: Rc<Node>) -> Result<(), String> {
        let Some((key, place)) = self.key.take() else {
            let key = match &node.value {
                Value::Scalar(text) => text.clone(),
                Value::Null => String::new(),
                Value::List(_) | Value::Map(_) => return Err("a key must be a single value".to_owned()),
            };
            self.key = Some((key, node.place.clone()));
            return Ok(());
        };
        if key == "<<" {
            return self.add_merged(&node);
        }
        if !self.keys.insert(key.clone()) {
            return Err(format!(
                "{key:?} stands twice in the same map (again on line {})",
                place.line
            ));
        }
        self.entries.push(Entry { key, place, node });
        Ok(())
    }

    fn add_merged(&mut self, node: &Rc<Node>) -> Result<(), String> {
        match &node.value {
            Value::Map(_) => self.merged.push(node.clone()),
            Value::List(items) if items.iter().all(|item| matches!(item.value, Value::Map(_))) => {
                self.merged.extend(items.iter().cloned());
            }
            _ => return Err("\"<<\" takes a map or a list of maps".to_owned()),
        }
        Ok(())
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    let core = tag
        .filter(|tag| tag.is_yaml_core_schema())
        .map(|tag| tag.suffix.as_str());
    let plain = style == ScalarStyle::Plain && core != Some("str");
    if core == Some("null") || plain && matches!(text, "" | "~" | "null" | "Null" | "NULL") {
        return Value::Null;
    }
    Value::Scalar(text.to_owned())
}

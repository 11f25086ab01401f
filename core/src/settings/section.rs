//! Typed reading of a map of the settings file.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::rc::Rc;
use std::time::Duration;

use super::Secret;
use super::document::{Entry, Node, Place, Value};
use super::log::Log;
use super::reader::{NONE, REQUIRED, Reader, SECONDS, Text, boolean, number, seconds, whole};

/// A map of the settings file.
pub(super) struct Section<'a> {
    reader: &'a Reader<'a>,
    /// Where it is: `vars.headers.login`.
    path: String,
    /// How `docs/settings.md` names it: `vars.headers.<service>`.
    name: String,
    entries: &'a [Entry],
    asked: RefCell<BTreeSet<String>>,
}

impl<'a> Section<'a> {
    /// The map `vars`.
    pub(super) fn root(reader: &'a Reader<'a>, entries: &'a [Entry]) -> Self {
        let name = "vars".to_owned();
        Self {
            reader,
            path: name.clone(),
            name,
            entries,
            asked: RefCell::default(),
        }
    }

    pub(super) fn log(&self) -> &'a Log {
        self.reader.log
    }

    /// Whether anything but empty values stands in it.
    pub(super) fn is_present(&self) -> bool {
        self.entries
            .iter()
            .any(|entry| !matches!(entry.node.value, Value::Null))
    }

    /// Whether `key` has a value.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries
            .iter()
            .any(|entry| entry.key == key && !matches!(entry.node.value, Value::Null))
    }

    /// A fault of the section as a whole, or of a key that is missing in it.
    pub(super) fn fault(&self, key: &str, problem: &str) {
        let path = format!("{}.{key}", self.path);
        let entry = self
            .entries
            .iter()
            .find(|entry| entry.key == key)
            .or(self.entries.first());
        match entry {
            Some(entry) => self.log().fault(&entry.place, format!("{path}: {problem}")),
            None => self.log().fault(path, problem),
        }
    }

    fn ask(&self, key: &str) -> Option<&'a Rc<Node>> {
        self.asked.borrow_mut().insert(key.to_owned());
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        (!matches!(entry.node.value, Value::Null)).then_some(&entry.node)
    }

    fn ask_for(&self, key: &str, default: &str) -> Option<(String, &'a Rc<Node>)> {
        self.log().know(&format!("{}.{key}", self.name), default);
        Some((format!("{}.{key}", self.path), self.ask(key)?))
    }

    /// The map under `key`; empty where there is none.
    pub(super) fn section(&self, key: &str) -> Section<'a> {
        self.section_named(key, key)
    }

    /// The same, where the documentation says `name` for many keys.
    pub(super) fn section_named(&self, key: &str, name: &str) -> Section<'a> {
        let path = format!("{}.{key}", self.path);
        let node = self.ask(key);
        if let Some(node) = node.filter(|node| !matches!(node.value, Value::Map(_))) {
            self.unexpected(&node.place, &path, "a map", node.kind());
        }
        let entries = node.map_or(&[][..], |node| node.entries());
        let name = format!("{}.{name}", self.name);
        Section {
            reader: self.reader,
            path,
            name,
            entries,
            asked: RefCell::default(),
        }
    }

    /// A value; `parse` answers what it expects otherwise. Empty text counts as absent.
    pub(super) fn value<T>(
        &self,
        key: &str,
        default: &str,
        expected: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let found = self
            .ask_for(key, default)
            .and_then(|(path, node)| self.scalar(&path, node, expected));
        let (place, path, text) = found?;
        let problem = |expected: String| self.unexpected(place, &path, &expected, &text.shown);
        parse(&text.text).map_err(problem).ok()
    }

    /// A value that must be there where it `is_needed`.
    pub(super) fn required<T>(
        &self,
        key: &str,
        is_needed: bool,
        expected: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let faults = self.log().count();
        let value = self.value(key, REQUIRED, expected, parse);
        if value.is_none() && is_needed && self.log().count() == faults {
            self.fault(key, "must be set");
        }
        value
    }

    /// A value that is never shown; `parse` answers the whole problem.
    pub(super) fn secret(&self, key: &str, parse: impl FnOnce(&str) -> Result<(), String>) -> Option<Secret> {
        let (path, node) = self.ask_for(key, NONE)?;
        let (place, path, text) = self.scalar(&path, node, "text")?;
        let problem = |problem| self.log().fault(place, format!("{path}: {problem}"));
        parse(&text.text).map_err(problem).ok()?;
        Some(Secret::new(text.text))
    }

    fn scalar(&self, path: &str, node: &'a Node, expected: &str) -> Option<(&'a Place, String, Text)> {
        let Value::Scalar(text) = &node.value else {
            self.unexpected(&node.place, path, expected, node.kind());
            return None;
        };
        self.filled(path, node, text)
    }

    /// An item of a list. The chapter's own `- 2001:db00::0/ffff:ff00::` is, to YAML, a map with an empty value.
    fn item(&self, path: &str, node: &'a Node) -> Option<(&'a Place, String, Text)> {
        match node.entries() {
            [entry] if matches!(entry.node.value, Value::Null) => {
                self.filled(path, node, &format!("{}:", entry.key))
            }
            _ => self.scalar(path, node, "text"),
        }
    }

    fn filled(&self, path: &str, node: &'a Node, text: &str) -> Option<(&'a Place, String, Text)> {
        let text = self.reader.fill(path, &node.place, text)?;
        (!text.text.is_empty()).then(|| (&node.place, path.to_owned(), text))
    }

    fn unexpected(&self, place: &Place, path: &str, expected: &str, got: &str) {
        self.log()
            .fault(place, format!("{path}: expected {expected}, got {got}"));
    }

    pub(super) fn boolean(&self, key: &str, default: bool) -> bool {
        self.value(key, &default.to_string(), "a boolean", boolean)
            .unwrap_or(default)
    }

    pub(super) fn text(&self, key: &str, default: &str) -> Option<String> {
        self.value(key, default, "text", |text| Ok(text.to_owned()))
    }

    /// A whole number in `range`; `None` where it is absent (or faulty).
    pub(super) fn number(&self, key: &str, default: &str, range: &RangeInclusive<u32>) -> Option<u32> {
        let expected = whole(range);
        self.value(key, default, &expected, |text| number(text, range))
    }

    /// The same with a default.
    pub(super) fn number_or(&self, key: &str, default: u32, range: &RangeInclusive<u32>) -> u32 {
        self.number(key, &default.to_string(), range).unwrap_or(default)
    }

    /// Seconds, with decimals.
    pub(super) fn seconds(&self, key: &str, default: u32) -> Duration {
        let seconds = self.value(key, &default.to_string(), SECONDS, seconds);
        seconds.unwrap_or(Duration::from_secs(default.into()))
    }

    /// A list of values; `parse` answers what it expects otherwise.
    pub(super) fn list<T>(
        &self,
        key: &str,
        default: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<Vec<T>> {
        let (path, node) = self.ask_for(key, default)?;
        let Value::List(items) = &node.value else {
            self.unexpected(&node.place, &path, "a list", node.kind());
            return None;
        };
        let item = |(index, item): (usize, &'a Rc<Node>)| {
            let (place, path, text) = self.item(&format!("{path}[{index}]"), item)?;
            let problem = |expected: String| self.unexpected(place, &path, &expected, &text.shown);
            parse(&text.text).map_err(problem).ok()
        };
        Some(items.iter().enumerate().filter_map(item).collect())
    }

    /// A map of values; `parse` gets key and value and answers the whole problem, as a value may hold a secret.
    pub(super) fn pairs<T>(
        &self,
        key: &str,
        parse: impl Fn(&str, &str) -> Result<T, String>,
    ) -> Vec<(String, T)> {
        let Some((path, node)) = self.ask_for(key, "{}") else {
            return Vec::new();
        };
        let Value::Map(entries) = &node.value else {
            self.unexpected(&node.place, &path, "a map", node.kind());
            return Vec::new();
        };
        let pair = |entry: &'a Entry| {
            if matches!(entry.node.value, Value::Null) {
                return None;
            }
            let (place, path, text) = self.scalar(&format!("{path}.{}", entry.key), &entry.node, "text")?;
            let problem = |problem| self.log().fault(place, format!("{path}: {problem}"));
            parse(&entry.key, &text.text)
                .map_err(problem)
                .ok()
                .map(|value| (entry.key.clone(), value))
        };
        entries.iter().filter_map(pair).collect()
    }

    /// Looks at the keys that nobody asked for: those of `GeoMapFish` are noted, any other is a fault.
    pub(super) fn finish(self, is_geomapfish: impl Fn(&str) -> bool) {
        let asked = self.asked.borrow();
        for entry in self.entries.iter().filter(|entry| !asked.contains(&entry.key)) {
            let path = format!("{}.{}", self.path, entry.key);
            if is_geomapfish(&entry.key) {
                self.log().ignore(path);
            } else {
                self.log().fault(&entry.place, format!("{path}: unknown key"));
            }
        }
    }
}

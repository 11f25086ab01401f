//! Typed reading of variables and keys: each access notes the key and its default, and each fault its place.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::Environment;
use super::document::Place;
use super::extends::Document;
use super::log::Log;
use super::section::Section;

/// In place of a default: there is none.
pub(super) const NONE: &str = "none";
/// In place of a default: the key must be there.
pub(super) const REQUIRED: &str = "required";

/// Where everything is read from.
pub(super) struct Reader<'a> {
    pub(super) environment: &'a Environment,
    pub(super) document: &'a Document,
    pub(super) log: &'a Log,
}

impl<'a> Reader<'a> {
    /// The environment variable `name`; `parse` answers what it expects otherwise. Empty counts as absent.
    pub(super) fn variable<T>(
        &self,
        name: &str,
        default: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.hidden_variable(name, default, |text| {
            parse(text).map_err(|expected| format!("expected {expected}, got {}", shown(text)))
        })
    }

    /// The same for a value that must not be shown: `parse` answers the whole problem.
    pub(super) fn hidden_variable<T>(
        &self,
        name: &str,
        default: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.log.know(name, default);
        let text = self.environment.get(name).filter(|text| !text.trim().is_empty());
        let Some(text) = text else {
            if default == REQUIRED {
                self.log.fault(name, "must be set");
            }
            return None;
        };
        parse(text).map_err(|problem| self.log.fault(name, problem)).ok()
    }

    /// A boolean variable; here an empty one is false, as `GeoMapFish` has it.
    pub(super) fn flag(&self, name: &str, default: bool) -> bool {
        if self
            .environment
            .get(name)
            .is_some_and(|text| text.trim().is_empty())
        {
            self.log.know(name, default);
            return false;
        }
        self.variable(name, &default.to_string(), boolean)
            .unwrap_or(default)
    }

    /// The map `vars`.
    pub(super) fn vars(&'a self) -> Section<'a> {
        let entries = self.document.vars.as_ref().map_or(&[][..], |vars| vars.entries());
        Section::root(self, entries)
    }

    /// `text` with each `{NAME}` filled that the file lists.
    pub(super) fn fill(&self, path: &str, place: &Place, text: &str) -> Option<Text> {
        let interpreted = path
            .strip_prefix("vars.")
            .is_none_or(|path| !self.document.uninterpreted.contains(path));
        if !interpreted || !text.contains('{') {
            return Some(Text {
                text: text.to_owned(),
                shown: shown(text),
            });
        }
        let mut filled = String::new();
        let mut rest = text;
        while let Some(start) = rest.find('{') {
            let (before, after) = rest.split_at(start);
            filled.push_str(before);
            let name = after
                .get(1..)
                .and_then(|name| name.split_once('}'))
                .map_or("", |(name, _)| name);
            let Some(default) = self.document.variables.get(name) else {
                filled.push('{');
                rest = after.get(1..).unwrap_or_default();
                continue;
            };
            let Some(value) = self.environment.get(name).or(default.as_deref()) else {
                self.log
                    .fault(place, format!("{path}: {name} is not set and has no default"));
                return None;
            };
            filled.push_str(value);
            rest = after.get(name.len() + 2..).unwrap_or_default();
        }
        filled.push_str(rest);
        // A variable may hold a secret: faults then show the template.
        let shown = if filled == text {
            shown(text)
        } else {
            format!("what {} gives", shown(text))
        };
        Some(Text { text: filled, shown })
    }
}

/// A scalar's text, and how a fault may call it.
pub(super) struct Text {
    pub(super) text: String,
    pub(super) shown: String,
}

pub(super) const SECONDS: &str = "seconds, more than 0 and at most 3600";

/// `text` in a fault: quoted, on one line, not endless.
fn shown(text: &str) -> String {
    let short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        format!("{short:?}…")
    } else {
        format!("{short:?}")
    }
}

pub(super) fn boolean(text: &str) -> Result<bool, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err("a boolean".to_owned()),
    }
}

pub(super) fn whole(range: &RangeInclusive<u32>) -> String {
    format!("a whole number from {} to {}", range.start(), range.end())
}

/// A whole number in `range`, in digits only.
pub(super) fn number(text: &str, range: &RangeInclusive<u32>) -> Result<u32, String> {
    let text = text.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text
        .parse()
        .ok()
        .filter(|number| digits && range.contains(number));
    number.ok_or_else(|| whole(range))
}

pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text
        .trim()
        .parse::<f64>()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let sane = seconds.filter(|seconds| !seconds.is_zero() && *seconds <= Duration::from_hours(1));
    sane.ok_or_else(|| SECONDS.to_owned())
}

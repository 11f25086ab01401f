//! What loading finds, gathered so that everything is reported at once.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Fault;

/// Faults, warnings, and every key that was asked for, with its default.
#[derive(Default)]
pub(super) struct Log {
    faults: RefCell<Vec<Fault>>,
    warnings: RefCell<Vec<String>>,
    ignored: RefCell<Vec<String>>,
    known: RefCell<BTreeMap<String, String>>,
}

impl Log {
    pub(super) fn fault(&self, place: impl fmt::Display, problem: impl Into<String>) {
        self.faults
            .borrow_mut()
            .push(Fault::new(place.to_string(), problem));
    }

    pub(super) fn faults(&self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.borrow_mut().extend(faults);
    }

    pub(super) fn count(&self) -> usize {
        self.faults.borrow().len()
    }

    pub(super) fn warn(&self, warning: impl Into<String>) {
        self.warnings.borrow_mut().push(warning.into());
    }

    /// A key of `GeoMapFish` that has no effect here.
    pub(super) fn ignore(&self, path: String) {
        self.ignored.borrow_mut().push(path);
    }

    /// A key that the settings have, as `docs/settings.md` must have it.
    pub(super) fn know(&self, key: &str, default: impl fmt::Display) {
        self.known
            .borrow_mut()
            .insert(key.to_owned(), default.to_string());
    }

    /// The warnings, or the faults in the order of their place where there is any.
    pub(super) fn finish(self) -> Result<Vec<String>, Vec<Fault>> {
        let faults = self.faults.into_inner();
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut warnings = self.warnings.into_inner();
        let ignored = self.ignored.into_inner();
        if !ignored.is_empty() {
            warnings.push(format!(
                "keys of GeoMapFish that have no effect here: {}",
                ignored.join(", ")
            ));
        }
        Ok(warnings)
    }

    /// The variables and keys that were asked for.
    pub(super) fn known_names(&self) -> BTreeSet<String> {
        self.known.borrow().keys().cloned().collect()
    }

    #[cfg(test)]
    pub(super) fn known(&self) -> BTreeMap<String, String> {
        self.known.borrow().clone()
    }
}

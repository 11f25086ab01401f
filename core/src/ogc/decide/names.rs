//! How a server spells the names of its layers.

use super::super::exception::{OgcCode, OgcError};
use super::super::{ServerType, Service, wcs};
use super::{Judge, Refusal};
use std::collections::BTreeSet;

impl Judge<'_> {
    /// Refuses a document that gives a prefix another meaning than the server's capabilities do, where servers look at
    /// that: the name would be another type's.
    pub(super) fn namespaces(&self) -> Result<(), Refusal> {
        if matches!(self.asked.server, ServerType::MapServer | ServerType::QgisServer) {
            return Ok(());
        }
        for (prefix, uri) in &self.asked.namespaces {
            if self.tree.namespace(prefix) != Some(uri) {
                let text = format!("The prefix {prefix} stands for something else here.");
                let error = OgcError::at(OgcCode::InvalidParameterValue, "typeName", text);
                return Err(Refusal::Fault(error));
            }
        }
        Ok(())
    }

    /// What the prefixes of these names stand for.
    pub(super) fn namespaces_of(&self, layers: &[String]) -> Vec<(String, String)> {
        let prefixes: BTreeSet<&str> = layers
            .iter()
            .filter_map(|name| Some(name.split_once(':')?.0))
            .collect();
        let known = prefixes
            .into_iter()
            .filter_map(|prefix| Some((prefix.to_owned(), self.tree.namespace(prefix)?.to_owned())));
        known.collect()
    }

    /// A list of names, as the server spells them.
    pub(super) fn written(&self, names: &[String]) -> String {
        if self.asked.service != Service::Wcs {
            return names.join(",");
        }
        let (server, version) = (self.asked.server, self.asked.version);
        let names: Vec<_> = names
            .iter()
            .map(|name| wcs::written(server, version, name))
            .collect();
        names.join(",")
    }
}

//! The one place where a request is allowed or forbidden.

use super::exception::{OgcCode, OgcError};
use super::forward::Forward;
use super::params::Params;
use super::request::{Asked, Carrier, LayerList, ListForm};
use super::rules::{DefaultAccess, Rules};
use super::tree::Tree;
use super::{Access, Service, rule_name};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};

mod groups;
mod names;
mod seen;

use groups::Group;
pub(super) use seen::may_tile;
pub use seen::readable;

/// More layers than one request draws, groups expanded.
const MAX_LAYERS: usize = 2000;

/// Why a request does not go on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// It is understood, and not for this user.
    Forbidden(OgcError),
    /// It cannot be answered for anybody.
    Fault(OgcError),
}

/// Decides on a request: what is asked, by the rules of its server and the tree that its capabilities show (that of
/// the request's service), for a request with these roles.
///
/// A layer asked for by name must be readable, in every spelling that the server may understand, or the whole request
/// is forbidden. A group, or the root, becomes its readable layers in tree order, each with the default style; with
/// none it is forbidden, and so is a group whose own rule keeps the user out. A legend is that of one layer, so a
/// group's is asked for as such where all of it is readable, as its layer where one is, and refused otherwise. A name
/// that is not in the tree is forbidden where access is private by default, just as a forbidden one, else
/// `LayerNotDefined`.
pub fn decide(
    asked: &Asked,
    rules: &Rules,
    tree: &Tree,
    role_ids: &BTreeSet<i64>,
) -> Result<Forward, Refusal> {
    let judge = Judge::new(asked, rules, tree, role_ids);
    let mut query = Params::default();
    if asked.service != Service::Features {
        query.push("SERVICE", asked.service.as_str());
        query.push("VERSION", asked.version);
        query.push("REQUEST", asked.operation.as_str());
    }
    let mut layers: Vec<String> = Vec::new();
    for list in &asked.layers {
        let names = judge.list(list, &mut query)?;
        layers.extend(names);
    }
    // After the names: what a closed layer's prefix stands for is not for everybody.
    judge.namespaces()?;
    query.extend(asked.rest.iter());
    let public = !layers.is_empty() && judge.public(&layers);
    let Asked {
        service,
        version,
        operation,
        ..
    } = *asked;
    if matches!(asked.carrier, Carrier::Xml(_)) {
        query = Params::default();
    }
    Ok(Forward {
        service,
        version,
        operation,
        namespaces: judge.namespaces_of(&layers),
        layers,
        public,
        query,
        carrier: asked.carrier.clone(),
    })
}

struct Judge<'a> {
    asked: &'a Asked,
    rules: &'a Rules,
    tree: &'a Tree,
    role_ids: &'a BTreeSet<i64>,
    /// What was found in the groups asked for so far, by their nodes: one that is named again and again, in any spelling,
    /// is looked through once.
    groups: RefCell<HashMap<Vec<usize>, Group>>,
}

impl<'a> Judge<'a> {
    fn new(asked: &'a Asked, rules: &'a Rules, tree: &'a Tree, role_ids: &'a BTreeSet<i64>) -> Self {
        Self {
            asked,
            rules,
            tree,
            role_ids,
            groups: RefCell::default(),
        }
    }

    /// Checks one list, appends what the server is to see of it, and gives the layers' names.
    fn list(&self, list: &LayerList, query: &mut Params) -> Result<Vec<String>, Refusal> {
        let parameter = list.parameter;
        let mut push = |name: &str, value: &str| query.push(name, value);
        let names = match &list.form {
            ListForm::Drawn { styles } => {
                let (names, written) = self.drawn(parameter, &list.names, styles.as_deref())?;
                push(parameter, &names.join(","));
                if let Some(written) = written {
                    push("STYLES", &written.join(","));
                }
                names
            }
            ListForm::Printed { prefix, styles } => {
                let (names, written) = self.drawn(parameter, &list.names, styles.as_deref())?;
                push(&format!("{prefix}{parameter}"), &names.join(","));
                if let Some(written) = written {
                    push(&format!("{prefix}STYLES"), &written.join(","));
                }
                names
            }
            ListForm::Within { value } => {
                for name in &list.names {
                    self.whole(parameter, name)?;
                }
                push(parameter, value);
                list.names.clone()
            }
            ListForm::Whole => {
                if !self
                    .tree
                    .every_leaf()
                    .all(|leaf| leaf.is_some_and(|leaf| self.may(leaf)))
                {
                    let text = "The answer may show every layer, and not each is for this user.";
                    return Err(Refusal::Forbidden(OgcError::at(
                        OgcCode::LayerNotDefined,
                        parameter,
                        text,
                    )));
                }
                Vec::new()
            }
            ListForm::Queried => {
                let (names, _) = self.drawn(parameter, &list.names, None)?;
                push(parameter, &names.join(","));
                names
            }
            ListForm::Legend => {
                let mut names = Vec::new();
                for name in &list.names {
                    names.push(self.legend(parameter, name)?);
                }
                push(parameter, &names.join(","));
                names
            }
            ListForm::Types { brackets } => {
                for name in &list.names {
                    self.layer(parameter, name)?;
                }
                push(parameter, &write_types(&list.names, brackets.as_deref()));
                list.names.clone()
            }
            ListForm::EveryType => {
                let names: Vec<String> = self
                    .tree
                    .layers()
                    .filter(|name| self.safe(name))
                    .map(str::to_owned)
                    .collect();
                if names.is_empty() {
                    return Err(Refusal::Forbidden(self.undefined(parameter)));
                }
                push(parameter, &self.written(&names));
                names
            }
            ListForm::Tiled => {
                for name in &list.names {
                    self.whole(parameter, name)?;
                }
                push(parameter, &list.names.join(","));
                list.names.clone()
            }
            ListForm::Collection | ListForm::Coverages => {
                for name in &list.names {
                    self.layer(parameter, name)?;
                }
                if list.form == ListForm::Coverages {
                    push(parameter, &self.written(&list.names));
                }
                list.names.clone()
            }
        };
        if names.len() > MAX_LAYERS {
            return Err(Refusal::Fault(OgcError::at(
                OgcCode::InvalidParameterValue,
                parameter,
                "Too many layers.",
            )));
        }
        Ok(names)
    }

    /// Layers and groups of a map, groups expanded, and their styles.
    fn drawn(
        &self,
        parameter: &str,
        asked: &[String],
        styles: Option<&[String]>,
    ) -> Result<(Vec<String>, Option<Vec<String>>), Refusal> {
        let mut names = Vec::new();
        let mut written = Vec::new();
        for (at, name) in asked.iter().enumerate() {
            let style = styles
                .and_then(|styles| styles.get(at))
                .map(String::as_str)
                .unwrap_or_default();
            if self.is_group(name) {
                let leaves = self.group(parameter, name)?.leaves;
                if !matches!(style, "" | "default") {
                    let text = "A group has no style but the default one.";
                    return Err(Refusal::Fault(OgcError::at(
                        OgcCode::StyleNotDefined,
                        "STYLES",
                        text,
                    )));
                }
                written.extend(leaves.iter().map(|_| String::new()));
                names.extend(leaves.iter().cloned());
            } else {
                names.push(self.layer(parameter, name)?);
                written.push(style.to_owned());
            }
            if names.len() > MAX_LAYERS {
                break;
            }
        }
        Ok((names, styles.map(|_| written)))
    }

    /// A name that the server is to read as it stands: of a layer, or of a group that is readable as a whole.
    fn whole(&self, parameter: &str, name: &str) -> Result<(), Refusal> {
        if !self.is_group(name) {
            return self.layer(parameter, name).map(drop);
        }
        if self.group(parameter, name)?.whole {
            Ok(())
        } else {
            Err(Refusal::Forbidden(self.undefined(parameter)))
        }
    }

    /// The name to put in a legend request.
    fn legend(&self, parameter: &str, name: &str) -> Result<String, Refusal> {
        if !self.is_group(name) {
            return self.layer(parameter, name);
        }
        let group = self.group(parameter, name)?;
        if group.whole {
            return Ok(name.to_owned());
        }
        if let [only] = &*group.leaves {
            return Ok(only.clone());
        }
        let text = "The legend of a group is offered by its layers, one at a time.";
        Err(Refusal::Fault(OgcError::at(
            OgcCode::InvalidParameterValue,
            parameter,
            text,
        )))
    }

    /// One layer asked for by its name, as the server spells it where that is beyond doubt.
    fn layer(&self, parameter: &str, name: &str) -> Result<String, Refusal> {
        let found = self.named(name);
        if found.is_empty() {
            let refusal = self.undefined(parameter);
            return Err(match self.rules.default_access() {
                DefaultAccess::Public if !self.rules.forbids(self.bare(name), self.role_ids) => {
                    Refusal::Fault(refusal)
                }
                _ => Refusal::Forbidden(refusal),
            });
        }
        if !self.safe(name) {
            return Err(Refusal::Forbidden(self.undefined(parameter)));
        }
        match (self.asked.service, found.as_slice()) {
            (Service::Wms, [one]) => Ok(self
                .tree
                .node(*one)
                .and_then(|node| node.name.clone())
                .unwrap_or_else(|| name.to_owned())),
            _ => Ok(name.to_owned()),
        }
    }

    fn is_group(&self, name: &str) -> bool {
        self.named(name)
            .iter()
            .any(|at| self.tree.node(*at).is_some_and(|node| node.group))
    }

    /// Whether all that a server may draw for this name is readable: it may take a layer's name for a group's, and
    /// letter case for nothing.
    fn safe(&self, name: &str) -> bool {
        self.named(name)
            .iter()
            .flat_map(|at| self.tree.all_leaves(*at))
            .all(|leaf| leaf.is_some_and(|leaf| self.may(leaf)))
    }

    fn may(&self, leaf: &str) -> bool {
        let name = rule_name(self.asked.server, self.asked.service, leaf);
        match self.asked.access {
            Access::Read => self.rules.may_read(name, self.role_ids),
            Access::Write => self.rules.may_write(name, self.role_ids),
        }
    }

    fn public(&self, layers: &[String]) -> bool {
        let mut known = HashSet::new();
        let leaves = |name: &String| {
            let found = self.named(name);
            if known.contains(&found) {
                return true;
            }
            let mut leaves = found.iter().flat_map(|at| self.tree.all_leaves(*at)).peekable();
            // A group's own rule counts too, whatever those of its layers say.
            let closed = self.rules.forbids(self.bare(name), &BTreeSet::new());
            let public = !closed
                && leaves.peek().is_some()
                && leaves.all(|leaf| leaf.is_some_and(|leaf| self.rules.is_public(self.bare(leaf))));
            known.insert(found);
            public
        };
        layers.iter().all(leaves)
    }

    fn named(&self, name: &str) -> Vec<usize> {
        self.tree.named(self.bare(name))
    }

    /// The name without a prefix that the server ignores.
    fn bare<'n>(&self, name: &'n str) -> &'n str {
        rule_name(self.asked.server, self.asked.service, name)
    }

    /// What a forbidden layer and an unknown one are alike told.
    fn undefined(&self, parameter: &str) -> OgcError {
        let code = match (self.asked.service, self.asked.version) {
            (Service::Wms, _) => OgcCode::LayerNotDefined,
            (Service::Features, _) => OgcCode::NotFound,
            (Service::Wcs, "1.0.0") => OgcCode::CoverageNotDefined,
            (Service::Wcs, version) if version.starts_with("2.0") => OgcCode::NoSuchCoverage,
            _ => OgcCode::InvalidParameterValue,
        };
        OgcError::at(
            code,
            parameter,
            "A layer asked for does not exist, or is not for this user.",
        )
    }
}

/// Type names as they were grouped.
fn write_types(names: &[String], brackets: Option<&[usize]>) -> String {
    let Some(sizes) = brackets else {
        return names.join(",");
    };
    let mut rest = names;
    let mut written = String::new();
    for size in sizes {
        let (group, after) = rest.split_at((*size).min(rest.len()));
        written = format!("{written}({})", group.join(","));
        rest = after;
    }
    written
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tile_tests;

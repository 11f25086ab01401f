//! What may be seen of a list: that for which a request would be allowed.

use super::super::params::Params;
use super::super::request::{Asked, Carrier};
use super::super::rules::Rules;
use super::super::tree::Tree;
use super::super::{Access, Operation, ServerType, Service};
use super::Judge;
use std::collections::BTreeSet;

/// The layers of a tree that the roles may read, or change where the request changes something: those for which a
/// request by name would be allowed.
#[must_use]
pub fn readable(asked: &Asked, rules: &Rules, tree: &Tree, role_ids: &BTreeSet<i64>) -> BTreeSet<String> {
    let judge = Judge::new(asked, rules, tree, role_ids);
    let safe = tree.layers().filter(|name| judge.safe(name));
    safe.map(str::to_owned).collect()
}

/// Whether a tile layer may be seen: as a request for one of its tiles would be decided.
pub(in super::super) fn may_tile(
    server: ServerType,
    name: &str,
    rules: &Rules,
    tree: &Tree,
    role_ids: &BTreeSet<i64>,
) -> bool {
    let asked = Asked {
        server,
        service: Service::Wmts,
        version: "1.0.0",
        operation: Operation::GetTile,
        access: Access::Read,
        layers: Vec::new(),
        rest: Params::default(),
        carrier: Carrier::Query,
        namespaces: Vec::new(),
    };
    let judge = Judge::new(&asked, rules, tree, role_ids);
    judge.whole("LAYER", name).is_ok()
}

//! Which names of a server somebody may come across, and which not: what the doctor looks for in answers.

use super::rules::Rules;
use super::tree::Tree;
use super::{ServerType, Service, rule_name};
use std::collections::BTreeSet;

/// The names of a server's layers and groups, as somebody sees them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Names {
    /// Those that an answer must not hold.
    pub hidden: BTreeSet<String>,
    /// Those that it may hold.
    pub shown: BTreeSet<String>,
    /// Names of rules that fit nothing which the server lists.
    pub idle: BTreeSet<String>,
}

/// Sorts the names of the trees and of the rules by what these roles may read. A group is hidden where nothing below it is for
/// them; a name that is shown by one service is hidden by none.
#[must_use]
pub fn names(
    server: ServerType,
    trees: &[(Service, &Tree)],
    rules: &Rules,
    role_ids: &BTreeSet<i64>,
) -> Names {
    let mut names = Names::default();
    for (service, tree) in trees {
        for (at, node) in (0..tree.len()).filter_map(|at| Some((at, tree.node(at)?))) {
            let Some(name) = node.name.as_deref() else {
                continue;
            };
            let may = |name: &str| rules.may_read(rule_name(server, *service, name), role_ids);
            let is_shown = if node.group {
                tree.leaves(at).any(may)
            } else {
                may(name)
            };
            let name = rule_name(server, *service, name).to_owned();
            if is_shown {
                names.shown.insert(name);
            } else {
                names.hidden.insert(name);
            }
        }
    }
    let is_listed = |name: &&str| trees.iter().any(|(_, tree)| !tree.named(name).is_empty());
    for name in rules.names().filter(|name| !is_listed(name)) {
        names.idle.insert(name.to_owned());
        if !rules.may_read(name, role_ids) {
            names.hidden.insert(name.to_owned());
        }
    }
    names.hidden = &names.hidden - &names.shown;
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ogc::{DefaultAccess, LayerRule};
    use std::collections::BTreeMap;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn rule(public: bool, read: &[i64]) -> LayerRule {
        LayerRule {
            public,
            read: read.iter().copied().collect(),
            ..LayerRule::default()
        }
    }

    #[test]
    fn a_name_is_hidden_that_no_service_and_no_group_shows() {
        let wms = Tree::of(&[(
            "town",
            &[("roads", &[]), ("cadastre", &[("parcels", &[]), ("owners", &[])])],
        )]);
        let wfs = Tree::of(&[("ms:parcels", &[]), ("ms:pipes", &[])]);
        let trees = [(Service::Wms, &wms), (Service::Wfs, &wfs)];
        let rules = [
            ("roads", rule(true, &[])),
            ("parcels", rule(false, &[3])),
            ("gone", rule(false, &[3])),
            // It opens and closes nothing where all is private by default.
            ("town", rule(false, &[3])),
        ];
        let rules = rules.map(|(name, rule)| (name.to_owned(), rule)).into();
        let rules = Rules::new(DefaultAccess::Private, rules);
        let stranger = names(ServerType::MapServer, &trees, &rules, &BTreeSet::from([1]));
        assert_eq!(
            stranger.hidden,
            set(&["cadastre", "gone", "owners", "parcels", "pipes"])
        );
        assert_eq!(stranger.shown, set(&["roads", "town"]));
        assert_eq!(stranger.idle, set(&["gone"]));
        let editor = names(ServerType::MapServer, &trees, &rules, &BTreeSet::from([1, 3]));
        assert_eq!(editor.hidden, set(&["owners", "pipes"]));
    }

    #[test]
    fn a_closed_group_is_hidden_with_what_is_below_it() {
        let wms = Tree::of(&[("cadastre", &[("parcels", &[])]), ("roads", &[])]);
        let rules = BTreeMap::from([("cadastre".to_owned(), rule(false, &[3]))]);
        let rules = Rules::new(DefaultAccess::Public, rules).with_groups(&wms);
        let trees = [(Service::Wms, &wms)];
        let stranger = names(ServerType::QgisServer, &trees, &rules, &BTreeSet::from([1]));
        assert_eq!(stranger.hidden, set(&["cadastre", "parcels"]));
        assert_eq!(stranger.shown, set(&["roads"]));
    }
}

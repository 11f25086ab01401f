//! Which layers somebody may read and change, and why: each layer as [`decide`] would decide on a request for it.

use super::params::Params;
use super::request::{Asked, Carrier, LayerList, ListForm};
use super::rules::{LayerRule, Rules};
use super::tree::Tree;
use super::{Access, DefaultAccess, Operation, ServerType, Service, decide, rule_name};
use std::collections::{BTreeMap, BTreeSet};

/// What a server shows, and what some roles may do with it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AccessList {
    /// Each layer of the trees, in their order; one that several services have is one.
    pub layers: Vec<LayerAccess>,
    /// The names of rules that fit neither a layer nor a group: misspelt, or of a layer that is gone.
    pub idle_rules: Vec<String>,
}

/// What some roles may do with one layer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LayerAccess {
    /// The name by which rules know it.
    pub name: String,
    /// Reading it.
    pub read: Permission,
    /// Changing it.
    pub write: Permission,
}

/// Whether something is allowed, and why.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Permission {
    /// The services by which it is; none where it is not.
    pub services: Vec<Service>,
    /// Why it is, or is not.
    pub because: Because,
    /// The ids of the roles that this is owed to, or that would be needed.
    pub roles: BTreeSet<i64>,
}

impl Permission {
    /// Whether it is allowed by any service.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        !self.services.is_empty()
    }
}

/// Why something is allowed or not.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Because {
    /// Allowed: everybody may.
    Public,
    /// Allowed: the layer has no rule, and access is public by default.
    DefaultAccess,
    /// Allowed to one of the roles.
    Role,
    /// Not allowed: one of other roles would be needed.
    OtherRoles,
    /// Not allowed: no rule gives it to anybody.
    NoRule,
    /// Not allowed: a server may take the name for that of a closed layer.
    ClosedNamesake,
    /// Not allowed: no service that was read can do it.
    NoService,
}

impl Because {
    /// Its name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::DefaultAccess => "default_access",
            Self::Role => "role",
            Self::OtherRoles => "other_roles",
            Self::NoRule => "no_rule",
            Self::ClosedNamesake => "closed_namesake",
            Self::NoService => "no_service",
        }
    }
}

/// Which layers a request with these roles may read and change: of each service its tree, as its server's capabilities
/// show it, and the rules that hold for the server.
///
/// Every layer is decided on by [`decide`], as a request for it alone, so nothing here can differ from what the proxy
/// does.
#[must_use]
pub fn access(
    server: ServerType,
    trees: &[(Service, &Tree)],
    rules: &Rules,
    role_ids: &BTreeSet<i64>,
) -> AccessList {
    let mut found: Vec<Found> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (service, tree) in trees {
        for leaf in tree.layers() {
            let name = rule_name(server, *service, leaf);
            let place = *places.entry(name.to_owned()).or_insert_with(|| {
                found.push(Found::new(name));
                found.len() - 1
            });
            let Some(layer) = found.get_mut(place) else {
                continue;
            };
            let may = |access| {
                question(server, *service, access, leaf)
                    .is_some_and(|asked| decide(&asked, rules, tree, role_ids).is_ok())
            };
            if may(Access::Read) && !layer.read.contains(service) {
                layer.read.push(*service);
            }
            if *service == Service::Wfs {
                layer.writable = true;
                if may(Access::Write) && !layer.write.contains(service) {
                    layer.write.push(*service);
                }
            }
        }
    }
    let known = |name: &&str| {
        places.contains_key(*name) || trees.iter().any(|(_, tree)| !tree.named(name).is_empty())
    };
    let idle = rules.names().filter(|name| !known(name)).map(str::to_owned);
    AccessList {
        idle_rules: idle.collect(),
        layers: found
            .into_iter()
            .map(|layer| layer.explained(rules, role_ids))
            .collect(),
    }
}

/// A layer, and by which services it may be read and changed.
struct Found {
    name: String,
    read: Vec<Service>,
    write: Vec<Service>,
    /// Whether a service has it that can change something.
    writable: bool,
}

impl Found {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            read: Vec::new(),
            write: Vec::new(),
            writable: false,
        }
    }

    fn explained(self, rules: &Rules, role_ids: &BTreeSet<i64>) -> LayerAccess {
        let counting = rules.counting(&self.name);
        let (because, owed) = if self.read.is_empty() {
            why_not_read(&counting, rules.default_access(), role_ids)
        } else {
            why_read(&counting, role_ids)
        };
        let read = Permission {
            services: self.read,
            because,
            roles: owed,
        };
        let own = rules.rule(&self.name);
        let may_write = own.map(|rule| rule.write.clone()).unwrap_or_default();
        let (because, owed) = if !self.write.is_empty() {
            (Because::Role, &may_write & role_ids)
        } else if !self.writable {
            (Because::NoService, BTreeSet::new())
        } else if may_write.is_empty() {
            (Because::NoRule, BTreeSet::new())
        } else if !may_write.is_disjoint(role_ids) {
            // Who writes can read: what is missing is that.
            (read.because, read.roles.clone())
        } else {
            (Because::OtherRoles, may_write)
        };
        let write = Permission {
            services: self.write,
            because,
            roles: owed,
        };
        LayerAccess {
            name: self.name,
            read,
            write,
        }
    }
}

fn why_read(counting: &[&LayerRule], role_ids: &BTreeSet<i64>) -> (Because, BTreeSet<i64>) {
    let closed = || counting.iter().filter(|rule| !rule.public);
    let because = match counting {
        [] => Because::DefaultAccess,
        _ if closed().next().is_none() => Because::Public,
        _ => Because::Role,
    };
    (because, closed().flat_map(|rule| &rule.read & role_ids).collect())
}

fn why_not_read(
    counting: &[&LayerRule],
    default_access: DefaultAccess,
    role_ids: &BTreeSet<i64>,
) -> (Because, BTreeSet<i64>) {
    let closed = counting.iter().filter(|rule| !rule.may_read(role_ids));
    let roles: BTreeSet<i64> = closed.clone().flat_map(|rule| &rule.read).copied().collect();
    let because = match (counting, default_access) {
        ([], DefaultAccess::Private) => Because::NoRule,
        _ if closed.clone().next().is_none() => Because::ClosedNamesake,
        _ if roles.is_empty() => Because::NoRule,
        _ => Because::OtherRoles,
    };
    (because, roles)
}

/// The request that reads, or changes, one layer alone; none where the service has no such request.
fn question(server: ServerType, service: Service, access: Access, name: &str) -> Option<Asked> {
    let types = ListForm::Types { brackets: None };
    let (version, operation, parameter, form) = match (service, access) {
        (Service::Wms, Access::Read) => {
            let drawn = ListForm::Drawn { styles: None };
            ("1.3.0", Operation::GetMap, "LAYERS", drawn)
        }
        (Service::Wfs, Access::Read) => ("2.0.0", Operation::GetFeature, "TYPENAMES", types),
        (Service::Wfs, Access::Write) => ("2.0.0", Operation::Transaction, "TYPENAMES", types),
        // Told by WMS and WFS; tiles, coverages and collections follow the same rules.
        (Service::Wms, Access::Write) | (Service::Wmts | Service::Wcs | Service::Features, _) => return None,
    };
    Some(Asked {
        server,
        service,
        version,
        operation,
        access,
        layers: vec![LayerList {
            parameter,
            names: vec![name.to_owned()],
            form,
        }],
        rest: Params::default(),
        carrier: Carrier::Query,
        namespaces: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(ids: &[i64]) -> BTreeSet<i64> {
        ids.iter().copied().collect()
    }

    fn rule(public: bool, read: &[i64], write: &[i64]) -> LayerRule {
        LayerRule {
            public,
            read: ids(read),
            write: ids(write),
        }
    }

    fn told(permission: &Permission) -> (usize, &'static str, Vec<i64>) {
        let roles = permission.roles.iter().copied().collect();
        (permission.services.len(), permission.because.as_str(), roles)
    }

    fn wms() -> Tree {
        Tree::of(&[(
            "demo",
            &[("roads", &[]), ("cadastre", &[("parcels", &[]), ("owners", &[])])],
        )])
    }

    #[test]
    fn each_layer_is_told_with_the_roles_that_it_is_owed_to() {
        let (wms, wfs) = (wms(), Tree::of(&[("ms:roads", &[]), ("ms:parcels", &[])]));
        let rules = Rules::new(
            DefaultAccess::Private,
            BTreeMap::from([
                ("roads".to_owned(), rule(true, &[], &[9])),
                ("parcels".to_owned(), rule(false, &[3, 4, 5], &[4])),
                ("gone".to_owned(), rule(true, &[], &[])),
                ("cadastre".to_owned(), rule(true, &[], &[])),
            ]),
        );
        let trees = [(Service::Wms, &wms), (Service::Wfs, &wfs)];
        let list = access(ServerType::MapServer, &trees, &rules, &ids(&[1, 3, 4]));
        let layers: Vec<_> = list
            .layers
            .iter()
            .map(|layer| (layer.name.as_str(), told(&layer.read), told(&layer.write)))
            .collect();
        assert_eq!(
            layers,
            [
                ("roads", (2, "public", vec![]), (0, "other_roles", vec![9])),
                ("parcels", (2, "role", vec![3, 4]), (1, "role", vec![4])),
                ("owners", (0, "no_rule", vec![]), (0, "no_service", vec![])),
            ]
        );
        assert_eq!(list.idle_rules, ["gone"]);
        let list = access(ServerType::MapServer, &trees, &rules, &ids(&[1]));
        assert_eq!(told(&list.layers[1].read), (0, "other_roles", vec![3, 4, 5]));
        assert_eq!(told(&list.layers[1].write), (0, "other_roles", vec![4]));
    }

    #[test]
    fn what_a_closed_group_or_a_namesake_closes_is_told_as_closed() {
        let wms = wms();
        let rules = Rules::new(
            DefaultAccess::Public,
            BTreeMap::from([("cadastre".to_owned(), rule(false, &[3], &[]))]),
        )
        .with_groups(&wms);
        let list = access(ServerType::Other, &[(Service::Wms, &wms)], &rules, &ids(&[1]));
        let layers: Vec<_> = list.layers.iter().map(|layer| told(&layer.read)).collect();
        let closed = (0, "other_roles", vec![3]);
        assert_eq!(layers, [(1, "default_access", vec![]), closed.clone(), closed]);
        assert!(list.idle_rules.is_empty());
        let wms = Tree::of(&[("a", &[]), ("A", &[])]);
        let rules = Rules::new(
            DefaultAccess::Private,
            BTreeMap::from([("a".to_owned(), rule(true, &[], &[]))]),
        );
        let list = access(ServerType::MapServer, &[(Service::Wms, &wms)], &rules, &ids(&[1]));
        assert_eq!(told(&list.layers[0].read), (0, "closed_namesake", vec![]));
        assert_eq!(told(&list.layers[1].read), (0, "no_rule", vec![]));
    }

    #[test]
    fn writing_without_reading_is_not_writing() {
        let wfs = Tree::of(&[("parcels", &[])]);
        let rules = Rules::new(
            DefaultAccess::Private,
            BTreeMap::from([("parcels".to_owned(), rule(false, &[3], &[4]))]),
        );
        let list = access(ServerType::Other, &[(Service::Wfs, &wfs)], &rules, &ids(&[4]));
        assert_eq!(told(&list.layers[0].write), (0, "other_roles", vec![3]));
    }
}

//! Who may read and write which layer of one OGC server.

use super::tree::Tree;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What holds for a layer without a rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DefaultAccess {
    /// Nobody may read it.
    Private,
    /// Everybody may read it.
    Public,
}

/// What holds for one layer.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct LayerRule {
    /// Whether everybody may read it.
    pub public: bool,
    /// The ids of the roles that may.
    pub read: BTreeSet<i64>,
    /// The ids of the roles that may change it.
    pub write: BTreeSet<i64>,
}

impl LayerRule {
    /// Whether a request with these roles may read.
    #[must_use]
    pub fn may_read(&self, roles: &BTreeSet<i64>) -> bool {
        self.public || !self.read.is_disjoint(roles)
    }
}

/// The rules of one OGC server.
///
/// Names are allowed as they stand in the rules, and forbidden in every spelling that a server may take for them:
/// `MapServer` draws `parcels` for `PARCELS` and reads it for `ms:parcels`. So under public access by default a rule
/// for `parcels` also holds for those, and under private access by default only `parcels` itself is allowed.
#[derive(Clone, Debug)]
pub struct Rules {
    default_access: DefaultAccess,
    layers: BTreeMap<String, LayerRule>,
    /// Names by their loose key.
    spellings: HashMap<String, Vec<String>>,
}

impl Rules {
    /// Takes what holds by default and the layers' rules by name, as the server's capabilities spell it.
    #[must_use]
    pub fn new(default_access: DefaultAccess, layers: BTreeMap<String, LayerRule>) -> Self {
        let mut spellings: HashMap<String, Vec<String>> = HashMap::new();
        for name in layers.keys() {
            let keys = BTreeSet::from([loose_key(name), qgis_type_name(name)]);
            for key in keys {
                spellings.entry(key).or_default().push(name.clone());
            }
        }
        Self {
            default_access,
            layers,
            spellings,
        }
    }

    /// What holds for a layer without a rule.
    #[must_use]
    pub fn default_access(&self) -> DefaultAccess {
        self.default_access
    }

    /// Whether a request with these roles may read the layer.
    #[must_use]
    pub fn may_read(&self, name: &str, roles: &BTreeSet<i64>) -> bool {
        match (self.layers.get(name), self.default_access) {
            (Some(rule), _) => rule.may_read(roles),
            (None, DefaultAccess::Private) => false,
            (None, DefaultAccess::Public) => self.like(name).all(|rule| rule.may_read(roles)),
        }
    }

    /// Whether a request with these roles may change the layer: only where a rule says so, and who writes can read.
    #[must_use]
    pub fn may_write(&self, name: &str, roles: &BTreeSet<i64>) -> bool {
        self.may_read(name, roles)
            && self
                .layers
                .get(name)
                .is_some_and(|rule| !rule.write.is_disjoint(roles))
    }

    /// Whether a request with these roles may change any layer.
    #[must_use]
    pub fn may_write_something(&self, roles: &BTreeSet<i64>) -> bool {
        self.layers.keys().any(|name| self.may_write(name, roles))
    }

    /// Whether everybody may read the layer.
    #[must_use]
    pub fn is_public(&self, name: &str) -> bool {
        self.may_read(name, &BTreeSet::new())
    }

    /// Whether a rule for this very name, in any spelling, keeps the request out; no rule is none.
    #[must_use]
    pub fn forbids(&self, name: &str, roles: &BTreeSet<i64>) -> bool {
        match self.layers.get(name) {
            Some(rule) => !rule.may_read(roles),
            None => self.like(name).any(|rule| !rule.may_read(roles)),
        }
    }

    /// The rule of this very name.
    pub(super) fn rule(&self, name: &str) -> Option<&LayerRule> {
        self.layers.get(name)
    }

    /// The rules that [`Rules::may_read`] looks at.
    pub(super) fn counting(&self, name: &str) -> Vec<&LayerRule> {
        match (self.layers.get(name), self.default_access) {
            (Some(rule), _) => vec![rule],
            (None, DefaultAccess::Private) => Vec::new(),
            (None, DefaultAccess::Public) => self.like(name).collect(),
        }
    }

    /// The names that have a rule.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.layers.keys().map(String::as_str)
    }

    /// Rules of the names that a server may take for this one.
    fn like(&self, name: &str) -> impl Iterator<Item = &LayerRule> {
        let names = self
            .spellings
            .get(&loose_key(name))
            .map(Vec::as_slice)
            .unwrap_or_default();
        names
            .iter()
            .filter(move |known| like(name, known) || loose_key(name) == qgis_type_name(known))
            .filter_map(|known| self.layers.get(known))
    }

    /// The rules with those of groups spread over the layers below.
    ///
    /// Where access is public by default, a group's rule also holds for what is below it and has no rule of its own,
    /// since who closes a group means what is in it. A layer below two closed groups is for those who may read both.
    /// Where access is private by default nothing changes: what has no rule is closed, and an open group opens
    /// nothing. The tree is that of WMS, the only one with groups; the rules then hold for WFS as well.
    #[must_use]
    pub fn with_groups(self, tree: &Tree) -> Self {
        if self.default_access == DefaultAccess::Private {
            return self;
        }
        let mut spread: BTreeMap<String, LayerRule> = BTreeMap::new();
        for (name, ancestors) in tree.named_with_ancestors() {
            let closest = ancestors.iter().rev().find_map(|group| self.rule_of(group));
            let Some(rule) = closest.filter(|rule| !rule.public && self.rule_of(name).is_none()) else {
                continue;
            };
            spread
                .entry(name.to_owned())
                .and_modify(|other| {
                    other.read = &other.read & &rule.read;
                    other.write = &other.write & &rule.write;
                })
                .or_insert_with(|| rule.clone());
        }
        let mut layers = self.layers;
        layers.extend(spread);
        Self::new(self.default_access, layers)
    }

    /// The rule of this name, in any spelling; of several the first that is not public.
    fn rule_of(&self, name: &str) -> Option<&LayerRule> {
        self.layers
            .get(name)
            .or_else(|| self.like(name).min_by_key(|rule| rule.public))
    }

    /// Whether there is no rule at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }

    /// Whether any layer is closed to somebody.
    #[must_use]
    pub fn close_something(&self) -> bool {
        self.default_access == DefaultAccess::Private || self.layers.values().any(|rule| !rule.public)
    }
}

/// The spelling that QGIS Server gives a layer's name in WFS (`QgsMapLayerServerProperties::wfsTypeName`).
fn qgis_type_name(name: &str) -> String {
    name.replace(' ', "_")
        .replace([':', '\u{2014}'], "-")
        .to_lowercase()
}

/// A key under which every spelling of a name falls.
pub(super) fn loose_key(name: &str) -> String {
    name.rsplit_once(':')
        .map_or(name, |(_, local)| local)
        .replace(' ', "_")
        .to_lowercase()
}

/// A name, letter case aside; a blank is an underscore to some.
pub(super) fn fold(name: &str) -> String {
    name.replace(' ', "_").to_lowercase()
}

/// Whether a server may take one name for the other: letter case aside, equal, or equal but for a prefix that one of
/// them lacks.
pub(super) fn like(one: &str, other: &str) -> bool {
    let (one, other) = (fold(one), fold(other));
    let local = |name: &str| name.rsplit_once(':').map(|(_, local)| local.to_owned());
    one == other
        || match (local(&one), local(&other)) {
            (None, Some(local)) => local == one,
            (Some(local), None) => local == other,
            _ => false,
        }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Rules from `name=+` (public), `name=1,2` (roles), for tests.
    pub fn rules(default_access: DefaultAccess, layers: &[(&str, &[i64])]) -> Rules {
        let layers = layers.iter().map(|(name, roles)| {
            let rule = match roles {
                [0] => LayerRule {
                    public: true,
                    ..LayerRule::default()
                },
                roles => LayerRule {
                    read: roles.iter().copied().collect(),
                    ..LayerRule::default()
                },
            };
            ((*name).to_owned(), rule)
        });
        Rules::new(default_access, layers.collect())
    }

    fn roles(ids: &[i64]) -> BTreeSet<i64> {
        ids.iter().copied().collect()
    }

    #[test]
    fn private_by_default_allows_only_the_name_itself() {
        let rules = rules(
            DefaultAccess::Private,
            &[("roads", &[0]), ("parcels", &[3]), ("topp:states", &[0])],
        );
        assert!(rules.may_read("roads", &roles(&[])));
        assert!(rules.may_read("parcels", &roles(&[1, 3])));
        for (name, ids) in [
            ("parcels", vec![1]),
            ("ROADS", vec![3]),
            ("ms:roads", vec![3]),
            ("x", vec![3]),
            ("states", vec![3]),
        ] {
            assert!(!rules.may_read(name, &roles(&ids)), "{name}");
        }
        assert!(rules.is_public("roads") && !rules.is_public("parcels"));
    }

    #[test]
    fn public_by_default_forbids_every_spelling() {
        let rules = rules(
            DefaultAccess::Public,
            &[
                ("parcels", &[3]),
                ("topp:states", &[]),
                ("a b", &[]),
                ("Water: pipes \u{2014} main", &[]),
            ],
        );
        for name in [
            "parcels",
            "PARCELS",
            "ms:Parcels",
            "topp:states",
            "STATES",
            "a_b",
            "A B",
            "Water-_pipes_-_main",
        ] {
            assert!(!rules.may_read(name, &roles(&[1])), "{name}");
        }
        for name in ["roads", "sf:states", "parcels2"] {
            assert!(rules.may_read(name, &roles(&[1])), "{name}");
        }
        assert!(rules.may_read("Parcels", &roles(&[3])));
    }

    #[test]
    fn writing_needs_a_rule() {
        let rule = LayerRule {
            public: true,
            read: roles(&[]),
            write: roles(&[3]),
        };
        let rules = Rules::new(DefaultAccess::Public, BTreeMap::from([("a".to_owned(), rule)]));
        assert!(rules.may_write("a", &roles(&[3])));
        assert!(!rules.may_write("a", &roles(&[1])));
        assert!(!rules.may_write("b", &roles(&[3])));
    }

    #[test]
    fn a_closed_group_closes_what_is_in_it_unless_that_has_a_rule() {
        let tree = Tree::of(&[(
            "demo",
            &[
                ("roads", &[]),
                ("Cadastre", &[("parcels", &[]), ("buildings", &[])]),
            ],
        )]);
        let rules =
            rules(DefaultAccess::Public, &[("cadastre", &[3]), ("buildings", &[0])]).with_groups(&tree);
        assert!(!rules.may_read("parcels", &roles(&[1])));
        assert!(rules.may_read("parcels", &roles(&[3])));
        assert!(rules.is_public("buildings") && rules.is_public("roads"));
    }
}

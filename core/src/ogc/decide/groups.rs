//! Groups that a request names.

use super::{Judge, Refusal};
use std::collections::HashSet;
use std::rc::Rc;

/// A group asked for.
#[derive(Clone)]
pub(super) struct Group {
    /// Its readable layers, in tree order; none where its own rule keeps the user out.
    pub leaves: Rc<[String]>,
    /// Whether they are all of it.
    pub whole: bool,
}

impl Judge<'_> {
    /// What of a group is readable; refuses it where nothing is.
    pub(super) fn group(&self, parameter: &str, name: &str) -> Result<Group, Refusal> {
        let found = self.named(name);
        let known = self.groups.borrow().get(&found).cloned();
        let group = known.unwrap_or_else(|| {
            let group = self.look_through(name, &found);
            self.groups.borrow_mut().insert(found, group.clone());
            group
        });
        if group.leaves.is_empty() {
            return Err(Refusal::Forbidden(self.undefined(parameter)));
        }
        Ok(group)
    }

    fn look_through(&self, name: &str, found: &[usize]) -> Group {
        let group_name = |at: &usize| self.tree.node(*at).filter(|node| node.group)?.name.as_deref();
        let kept_out = found
            .iter()
            .filter_map(group_name)
            .any(|group| self.rules.forbids(self.bare(group), self.role_ids));
        let mut known: HashSet<&str> = HashSet::new();
        let leaves = found.iter().flat_map(|at| self.tree.leaves(*at));
        let leaves = leaves.filter(|leaf| known.insert(leaf) && self.safe(leaf));
        Group {
            leaves: leaves.filter(|_| !kept_out).map(str::to_owned).collect(),
            whole: self.safe(name),
        }
    }
}

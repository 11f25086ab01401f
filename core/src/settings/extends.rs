//! A settings file with all that it extends, as one: `vars`, the variables that fill it, and where they do not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use super::document::{Entry, Node, Value, parse};
use super::log::Log;

const MAX_FILES: usize = 10;
const SECRET: &str = "secretsmanager:";

/// What a chain of settings files says.
#[derive(Default)]
pub(super) struct Document {
    pub(super) vars: Option<Rc<Node>>,
    /// The variables that `{NAME}` may name, with their defaults.
    pub(super) variables: BTreeMap<String, Option<String>>,
    /// Dotted paths under `vars` whose text stays as it is.
    pub(super) uninterpreted: BTreeSet<String>,
}

/// Reads the file and, one after the other, what it extends; the extending file wins.
pub(super) fn gather(
    name: &str,
    text: &str,
    read: &dyn Fn(&str) -> Result<String, String>,
    log: &Log,
) -> Document {
    let files = chain(name, text, read, log);
    let mut document = Document::default();
    let mut lists = BTreeSet::new();
    for file in &files {
        collect_names(file, "update_paths", &mut lists, log);
        collect_names(file, "no_interpreted", &mut document.uninterpreted, log);
        collect_variables(file, "environment", &mut document.variables, log);
        collect_variables(file, "runtime_environment", &mut document.variables, log);
    }
    for file in files.iter().rev() {
        let Some(vars) = file.get("vars") else { continue };
        if !matches!(vars.node.value, Value::Map(_) | Value::Null) {
            log.fault(
                &vars.place,
                format!("vars: expected a map, got {}", vars.node.kind()),
            );
            continue;
        }
        document.vars = Some(match &document.vars {
            Some(base) => merge(base, &vars.node, "", &lists),
            None => vars.node.clone(),
        });
    }
    document
}

fn chain(name: &str, text: &str, read: &dyn Fn(&str) -> Result<String, String>, log: &Log) -> Vec<Rc<Node>> {
    let mut files: Vec<Rc<Node>> = Vec::new();
    let mut names = vec![PathBuf::from(name)];
    let mut text = text.to_owned();
    loop {
        let Some(name) = names.last().map(|name| name.display().to_string()) else {
            return files;
        };
        let file = match parse(&name, &text) {
            Ok(file) => file,
            Err(fault) => {
                log.faults([fault]);
                return files;
            }
        };
        if !matches!(file.value, Value::Map(_) | Value::Null) {
            log.fault(&file.place, format!("expected a map, got {}", file.kind()));
            return files;
        }
        files.push(file.clone());
        let Some(entry) = file.get("extends") else {
            return files;
        };
        match extended(&name, entry, &names, read) {
            Ok(Some((next, content))) => {
                names.push(next);
                text = content;
            }
            Ok(None) => return files,
            Err(problem) => {
                log.fault(&entry.place, format!("extends: {problem}"));
                return files;
            }
        }
    }
}

/// The path and text of what `entry` names, relative to the file that it stands in.
fn extended(
    name: &str,
    entry: &Entry,
    names: &[PathBuf],
    read: &dyn Fn(&str) -> Result<String, String>,
) -> Result<Option<(PathBuf, String)>, String> {
    let target = match &entry.node.value {
        Value::Null => return Ok(None),
        Value::Scalar(target) if !target.is_empty() => target,
        _ => return Err(format!("expected a file name, got {}", entry.node.kind())),
    };
    if name.starts_with(SECRET) {
        return Err("a secret can extend no file".to_owned());
    }
    let folder = Path::new(name).parent().unwrap_or(Path::new(""));
    let next = plain(&folder.join(target));
    if names.iter().any(|name| plain(name) == next) {
        return Err(format!("{} extends itself", next.display()));
    }
    if names.len() >= MAX_FILES {
        return Err(format!("more than {MAX_FILES} files"));
    }
    let path = next.display().to_string();
    let text = read(&path).map_err(|error| format!("{path} cannot be read: {error}"))?;
    Ok(Some((next, text)))
}

/// `a/./b/../c` as `a/c`, so that one file has one name.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(plain.components().next_back(), Some(Component::Normal(_))) => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

/// Maps merge, key by key; lists named by `update_paths` follow each other; else what extends wins.
fn merge(base: &Rc<Node>, over: &Rc<Node>, path: &str, lists: &BTreeSet<String>) -> Rc<Node> {
    let value = match (&base.value, &over.value) {
        (Value::Map(old), Value::Map(new)) => {
            let mut entries = old.clone();
            let mut index: BTreeMap<String, usize> = entries
                .iter()
                .enumerate()
                .map(|(index, entry)| (entry.key.clone(), index))
                .collect();
            for entry in new {
                let Some(known) = index.get(&entry.key).and_then(|index| entries.get_mut(*index)) else {
                    index.insert(entry.key.clone(), entries.len());
                    entries.push(entry.clone());
                    continue;
                };
                let path = if path.is_empty() {
                    entry.key.clone()
                } else {
                    format!("{path}.{}", entry.key)
                };
                let node = merge(&known.node, &entry.node, &path, lists);
                *known = Entry {
                    node,
                    ..entry.clone()
                };
            }
            Value::Map(entries)
        }
        (Value::List(old), Value::List(new)) if lists.contains(path) => {
            Value::List(old.iter().chain(new).cloned().collect())
        }
        _ => return over.clone(),
    };
    Rc::new(Node {
        value,
        place: over.place.clone(),
    })
}

fn items<'a>(file: &'a Node, key: &str, log: &Log) -> &'a [Rc<Node>] {
    let Some(entry) = file.get(key) else { return &[] };
    match &entry.node.value {
        Value::List(items) => items,
        Value::Null => &[],
        _ => {
            log.fault(
                &entry.place,
                format!("{key}: expected a list, got {}", entry.node.kind()),
            );
            &[]
        }
    }
}

fn collect_names(file: &Node, key: &str, names: &mut BTreeSet<String>, log: &Log) {
    for item in items(file, key, log) {
        if let Value::Scalar(name) = &item.value {
            names.insert(name.clone());
        }
    }
}

/// `[NAME, {name: NAME, default: VALUE}]`; the file that extends wins, so it comes first.
fn collect_variables(file: &Node, key: &str, variables: &mut BTreeMap<String, Option<String>>, log: &Log) {
    for item in items(file, key, log) {
        let text = |key: &str| match item.get(key).map(|entry| &entry.node.value) {
            Some(Value::Scalar(text)) => Some(text.clone()),
            _ => None,
        };
        let (name, default) = match &item.value {
            Value::Scalar(name) => (Some(name.clone()), None),
            _ => (text("name"), text("default")),
        };
        match name {
            Some(name) => {
                variables.entry(name).or_insert(default);
            }
            None => log.fault(
                &item.place,
                format!("{key}: expected a name, or a map with name and default"),
            ),
        }
    }
}

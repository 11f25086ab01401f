//! What a function asks of the table, against what its role in `infra/template.yaml` allows.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;
use std::pin::Pin;
use std::sync::OnceLock;

use mapgate_core::settings::Environment;
use serde_json::Value;

use crate::client::repository;
use crate::template::{Asked, template};

/// Names a file to which is added what was asked and allowed, a line each, for the test that looks for what nobody asks.
pub const NOTES: &str = "MAPGATE_TESTS_NOTES";

/// What stands for any function that asks who a request acts for: what it does, every one of them may do.
pub const IDENTIFYING: &str = "identifying";

tokio::task_local! {
    /// The function at work.
    static FUNCTION: String;
}

/// Does `work` as a function of that name, or as [`IDENTIFYING`], unless it is done as another one already. The table's
/// [`TestGate`](super::TestGate) fails the test at its end where the role in `infra/template.yaml` does not allow what was asked.
pub fn as_function<'a, T>(
    function: &str,
    work: impl Future<Output = T> + Send + 'a,
) -> Pin<Box<dyn Future<Output = T> + Send + 'a>> {
    let function = FUNCTION
        .try_with(Clone::clone)
        .unwrap_or_else(|_| function.to_owned());
    Box::pin(FUNCTION.scope(function, work))
}

/// The functions that ask who a request acts for, as their sources say.
///
/// # Panics
/// Where their sources cannot be read.
pub fn identifying() -> &'static [&'static str] {
    static FOUND: OnceLock<Vec<&'static str>> = OnceLock::new();
    FOUND.get_or_init(|| {
        let functions: BTreeSet<&str> = template().functions().into_values().collect();
        let folder = |function: &str| repository().join("functions").join(function).join("src");
        let identifies = |function: &&str| identifies(&folder(function));
        functions.into_iter().filter(identifies).collect()
    })
}

fn identifies(folder: &Path) -> bool {
    std::fs::read_dir(folder).expect("a folder").any(|entry| {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            return identifies(&path);
        }
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.contains(".identify(") || text.contains(".identify_at(")
    })
}

/// What of a request to the table the function at work may not ask. Where none is at work, the test itself asks.
pub(super) fn denied(operation: &str, body: &[u8]) -> BTreeSet<String> {
    let Ok(function) = FUNCTION.try_with(Clone::clone) else {
        return BTreeSet::new();
    };
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let asked = by_action(asked(operation, &body));
    assert!(!asked.is_empty(), "{operation} is no request that roles know");
    let functions = match function.as_str() {
        IDENTIFYING => identifying().to_vec(),
        function => vec![function],
    };
    let mut denied = BTreeSet::new();
    for asked in asked {
        for function in &functions {
            let mut grants = template().grants().iter();
            if !grants.any(|grant| grant.function == *function && grant.allows(&asked)) {
                denied.extend(lines(function, &asked));
            }
        }
        note(&function, &asked);
    }
    denied
}

/// A request's parts, those of one action together.
fn by_action(parts: Vec<(String, Option<String>, String)>) -> Vec<Asked> {
    let mut all: BTreeMap<(String, Option<String>), Vec<String>> = BTreeMap::new();
    for (action, index, key) in parts {
        all.entry((action, index)).or_default().push(key);
    }
    let asked = all
        .into_iter()
        .map(|((action, index), keys)| Asked { action, index, keys });
    asked.collect()
}

/// Action, index and partition key of all that a request asks: a transaction's parts count as what they are.
fn asked(operation: &str, body: &Value) -> Vec<(String, Option<String>, String)> {
    let of = |action: &str, item: &Value| (action.to_owned(), None, text(&item["pk"]["S"]));
    match operation {
        "GetItem" | "UpdateItem" | "DeleteItem" => vec![of(operation, &body["Key"])],
        "PutItem" => vec![of(operation, &body["Item"])],
        "Query" => {
            let condition = text(&body["KeyConditionExpression"]);
            // The partition key's condition comes first, as `pk = :pk`.
            let value = condition.split([' ', ')']).find(|word| word.starts_with(':'));
            let key = &body["ExpressionAttributeValues"][value.unwrap_or_default()]["S"];
            let index = body["IndexName"].as_str().map(str::to_owned);
            vec![(operation.to_owned(), index, text(key))]
        }
        "BatchGetItem" => {
            let tables = body["RequestItems"].as_object().into_iter().flatten();
            let keys = tables.filter_map(|(_, table)| table["Keys"].as_array());
            keys.flatten().map(|key| of(operation, key)).collect()
        }
        "TransactGetItems" => {
            let items = body["TransactItems"].as_array().into_iter().flatten();
            items.map(|item| of("GetItem", &item["Get"]["Key"])).collect()
        }
        "TransactWriteItems" => {
            let parts = [
                ("Put", "PutItem", "Item"),
                ("Update", "UpdateItem", "Key"),
                ("Delete", "DeleteItem", "Key"),
                ("ConditionCheck", "ConditionCheckItem", "Key"),
            ];
            let items = body["TransactItems"].as_array().into_iter().flatten();
            items
                .flat_map(|item| {
                    let there = parts.iter().filter(|(part, ..)| item[part].is_object());
                    there.map(|(part, action, key)| of(action, &item[part][key]))
                })
                .collect()
        }
        _ => Vec::new(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn lines(function: &str, asked: &Asked) -> Vec<String> {
    let index = asked.index.as_deref().unwrap_or_default();
    let line = |key: &String| {
        // Whatever stands behind the `#` is a name or a digest.
        let key = key.split_inclusive('#').next().unwrap_or_default();
        format!("{function}\t{}\t{index}\t{key}", asked.action)
    };
    asked.keys.iter().map(line).collect()
}

fn note(function: &str, asked: &Asked) {
    static FILE: OnceLock<Option<String>> = OnceLock::new();
    let file = FILE.get_or_init(|| Environment::of_process().get(NOTES).map(str::to_owned));
    let Some(file) = file else { return };
    let file = std::fs::OpenOptions::new().create(true).append(true).open(file);
    let lines: String = lines(function, asked)
        .into_iter()
        .map(|line| line + "\n")
        .collect();
    file.and_then(|mut file| file.write_all(lines.as_bytes()))
        .expect("the notes can be written");
}

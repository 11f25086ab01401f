//! What a server's own documents tell of its API: its collections, its addresses, the properties of its items.

use super::super::tree::Tree;
use super::json::{JsonError, Members, Splitter, Treat};
use super::resource::{Resource, split_query, suffix};
use super::{FILTERS, ITEMS};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use serde::Deserialize;
use std::collections::BTreeSet;

#[derive(Deserialize)]
struct Listed {
    id: String,
}

#[derive(Deserialize)]
struct Link {
    href: String,
}

/// The collections that a server's list shows, as it spells them, and the addresses that it gives its API.
#[derive(Debug, Default)]
struct Listing {
    ids: Vec<String>,
    bases: Vec<String>,
}

impl Members for Listing {
    fn treat(&mut self, key: &str) -> Treat {
        match key {
            "collections" | "links" => Treat::Each,
            _ => Treat::Drop,
        }
    }

    fn value(&mut self, key: &str, value: serde_json::Value) -> Result<Option<serde_json::Value>, JsonError> {
        if key == "collections" {
            let listed: Listed = serde_json::from_value(value).map_err(|_| JsonError::Malformed)?;
            self.ids.push(listed.id);
        } else if let Ok(link) = serde_json::from_value::<Link>(value) {
            let (place, _) = split_query(&link.href);
            let place = suffix(place).map_or(place, |(place, _)| place);
            if let Some(base) = place.strip_suffix("/collections") {
                self.bases.push(base.to_owned());
            }
        }
        Ok(None)
    }
}

/// Reads the collections of an API out of its own list of them.
pub async fn read_collections<S, E>(mut body: S) -> Result<Tree, JsonError>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: std::fmt::Display,
{
    let mut splitter = Splitter::new(Listing::default());
    while let Some(piece) = body.next().await {
        splitter.push(&piece.map_err(|error| JsonError::Read(error.to_string()))?)?;
    }
    splitter.finish()?;
    Tree::flat(splitter.members.ids, splitter.members.bases).ok_or(JsonError::TooLarge)
}

/// The properties by which a collection's items can be filtered, as the server's own `OpenAPI` document names them.
#[must_use]
pub fn properties_of(definition: &serde_json::Value, collection: &str) -> BTreeSet<String> {
    let end = Resource::Items(collection.to_owned()).path();
    let raw_end = format!("/collections/{collection}/items");
    let paths = definition.get("paths").and_then(|paths| paths.as_object());
    let operations = paths
        .into_iter()
        .flatten()
        .filter(|(path, _)| path.ends_with(&end) || path.ends_with(&raw_end));
    let parameters = operations
        .filter_map(|(_, path)| path.pointer("/get/parameters")?.as_array())
        .flatten()
        .filter(|parameter| parameter.get("in").and_then(|place| place.as_str()) == Some("query"));
    parameters
        .filter_map(|parameter| parameter.get("name")?.as_str())
        .filter(|name| {
            *name != "f" && !ITEMS.contains(name) && !FILTERS.contains(name) && !is_servers_own(name)
        })
        .map(str::to_owned)
        .collect()
}

/// Whether a parameter of that name, letter case aside, would be more to a server than a property: QGIS Server reads `MAP`
/// as the project on any path, and `role_ids`, `user_id` and `s_…` are the proxy's to say.
fn is_servers_own(name: &str) -> bool {
    let name = name.to_lowercase();
    let own = [
        "map", "service", "request", "version", "layer", "layers", "typename", "role_ids", "user_id",
    ];
    own.contains(&name.as_str()) || name.starts_with("s_")
}

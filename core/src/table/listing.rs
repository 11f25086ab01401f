//! Lists of what there are many of, in order, page by page, from an index: nothing is read through.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::item::{Item, Key, s};
use super::{Table, TableError, unavailable};

/// The partition key of the indexes: what kind of thing it is.
pub(super) const LIST: &str = "list";
pub(super) const NAME_KEY: &str = "name_key";
pub(super) const EMAIL_KEY: &str = "email_key";

/// The indexes, with their sort keys. Each holds keys only.
pub(super) const INDEXES: [(&str, &str); 2] = [("by-name", NAME_KEY), ("by-email", EMAIL_KEY)];

/// DynamoDB's limit of a sort key, in bytes.
const LONGEST: usize = 1024;

/// What the index of names needs of an item of `list`: `name`, cut off at what an index takes.
pub(super) fn listed(list: &str, name: &str) -> Item {
    let end = name.floor_char_boundary(LONGEST);
    let name = name.get(..end).unwrap_or_default();
    // No key is empty.
    let name = if name.is_empty() { " " } else { name };
    Item::from([(LIST.to_owned(), s(list)), (NAME_KEY.to_owned(), s(name))])
}

/// Which part of a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) list: &'a str,
    /// [`NAME_KEY`] or [`EMAIL_KEY`]: the order.
    pub(super) by: &'static str,
    pub(super) descending: bool,
    /// How the key begins.
    pub(super) prefix: &'a str,
    /// An earlier page's `next`; one that never was one begins anew.
    pub(super) after: Option<&'a str>,
    /// At most 100.
    pub(super) limit: usize,
}

impl Table {
    /// The items of a part of a list, read consistently, in the index's order, and behind what the next page begins.
    ///
    /// Two requests. The index follows the table within about a second: what was written just now may be missing, and
    /// what was deleted just now makes a page shorter.
    pub(super) async fn listed(&self, asked: Asked<'_>) -> Result<(Vec<Item>, Option<String>), TableError> {
        let limit = asked.limit.clamp(1, 100);
        let mut found = self.indexed(asked, limit + 1).await?;
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found
            .last()
            .filter(|_| more)
            .and_then(|item| token(item, asked.by));
        let keys: Vec<Key> = found.iter().filter_map(key_of).collect();
        if keys.is_empty() {
            return Ok((Vec::new(), next));
        }
        let read = self.batch(&keys.iter().collect::<Vec<_>>()).await?;
        let mut items: HashMap<String, Item> = read
            .into_iter()
            .filter_map(|item| Some((item.get("pk")?.as_s().ok()?.clone(), item)))
            .collect();
        Ok((
            keys.iter().filter_map(|key| items.remove(&key.pk)).collect(),
            next,
        ))
    }

    /// The entries of the index.
    pub(super) async fn indexed(&self, asked: Asked<'_>, limit: usize) -> Result<Vec<Item>, TableError> {
        let name = INDEXES
            .iter()
            .find(|(_, sort)| *sort == asked.by)
            .map(|(name, _)| *name);
        let mut query = self
            .client
            .query()
            .table_name(&self.name)
            .set_index_name(name.map(str::to_owned))
            .expression_attribute_names("#list", LIST)
            .expression_attribute_values(":list", s(asked.list))
            .scan_index_forward(!asked.descending)
            .set_limit(i32::try_from(limit).ok())
            .set_exclusive_start_key(asked.after.and_then(|after| start(after, asked)));
        query = if asked.prefix.is_empty() {
            query.key_condition_expression("#list = :list")
        } else {
            query
                .key_condition_expression("#list = :list AND begins_with(#sort, :prefix)")
                .expression_attribute_names("#sort", asked.by)
                .expression_attribute_values(":prefix", s(asked.prefix))
        };
        let answer = query.send().await.map_err(|error| unavailable(&error))?;
        Ok(answer.items.unwrap_or_default())
    }
}

fn text<'a>(item: &'a Item, name: &str) -> Option<&'a String> {
    item.get(name)?.as_s().ok()
}

pub(super) fn key_of(item: &Item) -> Option<Key> {
    Some(Key {
        pk: text(item, "pk")?.clone(),
        sk: text(item, "sk")?.clone(),
    })
}

/// The place of an entry in its index, for an address.
fn token(item: &Item, by: &str) -> Option<String> {
    let place = [text(item, by)?, text(item, "pk")?, text(item, "sk")?];
    Some(URL_SAFE_NO_PAD.encode(serde_json::to_vec(&place).ok()?))
}

/// The key behind which a page begins. None where `after` is no place in this list: DynamoDB would refuse it.
fn start(after: &str, asked: Asked<'_>) -> Option<Item> {
    let place = URL_SAFE_NO_PAD.decode(after).ok()?;
    let [sort, pk, sk]: [String; 3] = serde_json::from_slice(&place).ok()?;
    let fits = sort.starts_with(asked.prefix) && (1..=LONGEST).contains(&sort.len());
    let is_key = (1..=2048).contains(&pk.len()) && (1..=LONGEST).contains(&sk.len());
    (fits && is_key).then(|| {
        Item::from([
            (LIST.to_owned(), s(asked.list)),
            (asked.by.to_owned(), s(sort)),
            ("pk".to_owned(), s(pk)),
            ("sk".to_owned(), s(sk)),
        ])
    })
}

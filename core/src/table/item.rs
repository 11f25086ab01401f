//! Items: keys, and records to and from DynamoDB's attributes through serde.

use std::collections::HashMap;

use aws_lc_rs::digest::{SHA256, digest};
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem, Update};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Table, TableError, unavailable};
use crate::clock::Timestamp;

pub(super) type Item = HashMap<String, AttributeValue>;

/// The primary key of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) pk: String,
    pub(super) sk: String,
}

/// DynamoDB's limits, in bytes.
const LONGEST_PK: usize = 2048;
const LONGEST_SK: usize = 1024;

impl Key {
    /// A key of names that visitors may have given: what DynamoDB would refuse as too long stands under its digest, so
    /// that it is not found like any other unknown name.
    pub(super) fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        let fit = |text: String, longest: usize| {
            if text.len() <= longest {
                return text;
            }
            format!("long#{}", hex::encode(digest(&SHA256, text.as_bytes())))
        };
        Self {
            pk: fit(pk.into(), LONGEST_PK),
            sk: fit(sk.into(), LONGEST_SK),
        }
    }

    pub(super) fn attributes(&self) -> Item {
        HashMap::from([("pk".to_owned(), s(&self.pk)), ("sk".to_owned(), s(&self.sk))])
    }

    pub(super) fn is_of(&self, item: &Item) -> bool {
        let equals = |name: &str, value: &str| {
            item.get(name)
                .and_then(|v| v.as_s().ok())
                .is_some_and(|v| v == value)
        };
        equals("pk", &self.pk) && equals("sk", &self.sk)
    }
}

pub(super) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(super) fn n(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// `record` under `key`, with the moment after which DynamoDB may drop it.
pub(super) fn to_item<T: Serialize>(
    key: &Key,
    record: &T,
    ttl: Option<Timestamp>,
) -> Result<Item, TableError> {
    let mut item: Item =
        serde_dynamo::to_item(record).map_err(|error| TableError::Unreadable(error.to_string()))?;
    item.extend(key.attributes());
    if let Some(ttl) = ttl {
        item.insert("ttl".to_owned(), n(ttl.seconds()));
    }
    Ok(item)
}

pub(super) fn from_item<T: DeserializeOwned>(item: Item) -> Result<T, TableError> {
    let pk = item
        .get("pk")
        .and_then(|pk| pk.as_s().ok())
        .cloned()
        .unwrap_or_default();
    // serde_dynamo's messages name fields and types, not values.
    serde_dynamo::from_item(item).map_err(|error| TableError::Unreadable(format!("{pk}: {error}")))
}

/// A put of `item` on the condition that none is there.
pub(super) fn put_new(table: &str, item: Item) -> Result<TransactWriteItem, TableError> {
    put_if(table, item, "attribute_not_exists(pk)", &[])
}

/// A put of `item` on a condition; an empty one is none.
pub(super) fn put_if(
    table: &str,
    item: Item,
    condition: &str,
    values: &[(&str, AttributeValue)],
) -> Result<TransactWriteItem, TableError> {
    let condition = (!condition.is_empty()).then(|| condition.to_owned());
    let mut put = Put::builder()
        .table_name(table)
        .set_item(Some(item))
        .set_condition_expression(condition);
    for (name, value) in values {
        put = put.expression_attribute_values(*name, value.clone());
    }
    let put = put
        .build()
        .map_err(|error| TableError::Unavailable(error.to_string()))?;
    Ok(TransactWriteItem::builder().put(put).build())
}

/// An update of the item under `key`, to stand in a transaction. An empty condition is none.
pub(super) fn update(
    table: &str,
    key: &Key,
    update: &str,
    condition: &str,
    values: &[(&str, AttributeValue)],
) -> Result<TransactWriteItem, TableError> {
    let mut builder = Update::builder()
        .table_name(table)
        .set_key(Some(key.attributes()))
        .update_expression(update)
        .set_condition_expression((!condition.is_empty()).then(|| condition.to_owned()));
    for (name, value) in values {
        builder = builder.expression_attribute_values(*name, value.clone());
    }
    let update = builder
        .build()
        .map_err(|error| TableError::Unavailable(error.to_string()))?;
    Ok(TransactWriteItem::builder().update(update).build())
}

/// The item under `key` taken away, whether or not it is there.
pub(super) fn delete(table: &str, key: &Key) -> Result<TransactWriteItem, TableError> {
    let delete = Delete::builder()
        .table_name(table)
        .set_key(Some(key.attributes()))
        .build()
        .map_err(|error| TableError::Unavailable(error.to_string()))?;
    Ok(TransactWriteItem::builder().delete(delete).build())
}

/// A put of `after` on the condition that the item still holds what was read as `before`.
pub(super) fn put_over<T: Serialize>(
    table: &str,
    key: &Key,
    before: &T,
    after: Item,
) -> Result<TransactWriteItem, TableError> {
    let (condition, names, values) = as_read(&to_item(key, before, None)?);
    let put = Put::builder()
        .table_name(table)
        .set_item(Some(after))
        .condition_expression(condition)
        .set_expression_attribute_names(Some(names))
        .set_expression_attribute_values(Some(values))
        .build()
        .map_err(|error| TableError::Unavailable(error.to_string()))?;
    Ok(TransactWriteItem::builder().put(put).build())
}

/// The item under `key` taken away on the condition that it still holds what was read as `before`.
pub(super) fn delete_as_read<T: Serialize>(
    table: &str,
    key: &Key,
    before: &T,
) -> Result<TransactWriteItem, TableError> {
    let (condition, names, values) = as_read(&to_item(key, before, None)?);
    let delete = Delete::builder()
        .table_name(table)
        .set_key(Some(key.attributes()))
        .condition_expression(condition)
        .set_expression_attribute_names(Some(names))
        .set_expression_attribute_values(Some(values))
        .build()
        .map_err(|error| TableError::Unavailable(error.to_string()))?;
    Ok(TransactWriteItem::builder().delete(delete).build())
}

/// The condition that every attribute of `item` is as it stands there, with its names and values. An attribute that
/// an earlier version did not write counts as read too.
fn as_read(item: &Item) -> (String, HashMap<String, String>, Item) {
    let (mut conditions, mut names, mut values) = (Vec::new(), HashMap::new(), Item::new());
    for (at, (attribute, value)) in item.iter().enumerate() {
        let is_key = ["pk", "sk"].contains(&attribute.as_str());
        conditions.push(if is_key {
            format!("#a{at} = :a{at}")
        } else {
            format!("(#a{at} = :a{at} OR attribute_not_exists(#a{at}))")
        });
        names.insert(format!("#a{at}"), attribute.clone());
        values.insert(format!(":a{at}"), value.clone());
    }
    (conditions.join(" AND "), names, values)
}

impl Table {
    /// The item under `key`, read consistently.
    pub(super) async fn get(&self, key: &Key) -> Result<Option<Item>, TableError> {
        let read = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(key.attributes()));
        let answer = read
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| unavailable(&error))?;
        Ok(answer.item)
    }

    /// Every item of a partition whose sort key begins with `prefix`, read consistently, page by page.
    pub(super) async fn query(&self, pk: &str, prefix: &str) -> Result<Vec<Item>, TableError> {
        let mut items = Vec::new();
        let mut from = None;
        loop {
            let (page, next) = self.query_page(pk, prefix, from, None).await?;
            items.extend(page);
            from = next;
            if from.is_none() {
                return Ok(items);
            }
        }
    }

    /// At most `limit` items of a partition whose sort key begins with `prefix`, read consistently, from behind the key
    /// `from` on; and the key behind which more are, if there are more.
    pub(super) async fn query_page(
        &self,
        pk: &str,
        prefix: &str,
        from: Option<Item>,
        limit: Option<i32>,
    ) -> Result<(Vec<Item>, Option<Item>), TableError> {
        let mut read = self.client.query().table_name(&self.name).consistent_read(true);
        read = read.expression_attribute_values(":pk", s(pk));
        read = if prefix.is_empty() {
            read.key_condition_expression("pk = :pk")
        } else {
            read.key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
                .expression_attribute_values(":prefix", s(prefix))
        };
        let page = read
            .set_exclusive_start_key(from)
            .set_limit(limit)
            .send()
            .await
            .map_err(|error| unavailable(&error))?;
        Ok((page.items.unwrap_or_default(), page.last_evaluated_key))
    }

    /// The items under `keys`, in one consistent request, in any order; what is not there is left out.
    pub(super) async fn batch(&self, keys: &[&Key]) -> Result<Vec<Item>, TableError> {
        let mut wanted = aws_sdk_dynamodb::types::KeysAndAttributes::builder().consistent_read(true);
        for key in keys {
            wanted = wanted.keys(key.attributes());
        }
        let mut wanted = Some(
            wanted
                .build()
                .map_err(|error| TableError::Unavailable(error.to_string()))?,
        );
        let mut items = Vec::new();
        // DynamoDB may leave keys over when it throttles; a few more turns, then it counts as down.
        for _ in 0..4 {
            let Some(asked) = wanted.take() else {
                return Ok(items);
            };
            let read = self.client.batch_get_item().request_items(&self.name, asked);
            let answer = read.send().await.map_err(|error| unavailable(&error))?;
            items.extend(answer.responses.unwrap_or_default().into_values().flatten());
            wanted = answer.unprocessed_keys.unwrap_or_default().into_values().next();
        }
        match wanted {
            None => Ok(items),
            Some(_) => Err(TableError::Unavailable("it leaves keys over".to_owned())),
        }
    }
}

//! How often something may happen within a while, whoever asks. Each counter is one item, written on the condition that it
//! is as it was seen.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};

use super::item::{Item, Key, n};
use super::{CONFLICTS, Table, TableError, unavailable};
use crate::clock::Timestamp;

/// What is counted together: a keyed hash, so that the table tells nobody of whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter(pub String);

/// More turns than others can win in a row while one waits.
const TURNS: u32 = 64;

/// The moments that are noted.
fn moments(item: Option<&Item>) -> Vec<i64> {
    let list = item
        .and_then(|item| item.get("moments"))
        .and_then(|list| list.as_l().ok());
    let numbers = list.into_iter().flatten();
    numbers
        .filter_map(|moment| moment.as_n().ok()?.parse().ok())
        .collect()
}

fn list(moments: &[i64]) -> AttributeValue {
    AttributeValue::L(moments.iter().copied().map(n).collect())
}

impl Table {
    /// Notes that it happens now, where it happened less than `limit` times within the last `window`. Says whether it was
    /// noted. One request, unless old moments are to be forgotten.
    pub async fn count_within(
        &self,
        counter: &Counter,
        limit: usize,
        window: Duration,
        now: Timestamp,
    ) -> Result<bool, TableError> {
        // At first, as if nothing were there but fewer than the limit.
        let mut seen: Option<Vec<i64>> = None;
        for turn in 0..TURNS {
            let text;
            let mut values = vec![(":ttl", n(now.plus(window).seconds() + 1))];
            let condition = if let Some(seen) = &seen {
                let since = now.minus(window).millis();
                let mut fresh: Vec<i64> = seen.iter().copied().filter(|at| *at > since).collect();
                if fresh.len() >= limit {
                    return Ok(false);
                }
                fresh.push(now.millis());
                text = "SET moments = :moments, #ttl = :ttl";
                values.extend([(":moments", list(&fresh)), (":seen", list(seen))]);
                "moments = :seen"
            } else {
                text = "SET moments = list_append(if_not_exists(moments, :none), :one), #ttl = :ttl";
                let most = i64::try_from(limit).unwrap_or(i64::MAX);
                values.extend([
                    (":none", list(&[])),
                    (":one", list(&[now.millis()])),
                    (":limit", n(most)),
                ]);
                "attribute_not_exists(moments) OR size(moments) < :limit"
            };
            match self.count(counter, text, condition, &values).await? {
                Counted::Noted => return Ok(true),
                Counted::Other(found) => seen = found,
                Counted::Conflict if turn < CONFLICTS => self.part(turn).await,
                Counted::Conflict => break,
            }
        }
        Err(TableError::Unavailable("counters keep meeting".to_owned()))
    }

    async fn count(
        &self,
        counter: &Counter,
        text: &str,
        condition: &str,
        values: &[(&str, AttributeValue)],
    ) -> Result<Counted, TableError> {
        let key = Key::new(format!("count#{}", counter.0), "count");
        let mut update = self.client.update_item().table_name(&self.name);
        for (name, value) in values {
            update = update.expression_attribute_values(*name, value.clone());
        }
        let sent = update
            .set_key(Some(key.attributes()))
            .update_expression(text)
            .condition_expression(condition)
            .expression_attribute_names("#ttl", "ttl")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = sent else {
            return Ok(Counted::Noted);
        };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                // DynamoDB may have dropped it meanwhile: then as at first.
                let found = failed.item.as_ref().map(|item| moments(Some(item)));
                Ok(Counted::Other(found.filter(|found| !found.is_empty())))
            }
            Some(UpdateItemError::TransactionConflictException(_)) => Ok(Counted::Conflict),
            _ => Err(unavailable(&error)),
        }
    }
}

enum Counted {
    Noted,
    /// It is not as was seen, but so.
    Other(Option<Vec<i64>>),
    Conflict,
}

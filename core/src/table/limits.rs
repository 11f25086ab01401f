//! How often something may happen within a while, whoever asks. Each counter is one item, written on the condition that it
//! is as it was seen.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};

use super::item::{Item, Key, n};
use super::{CONFLICTS, Table, TableError, unavailable};
use crate::clock::Timestamp;

/// What is counted together: a keyed hash, so that the table tells nobody of whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter(pub String);

/// How often what a counter counts may happen within a window.
#[derive(Debug, Clone, Copy)]
pub struct Limit<'a> {
    /// What counts.
    pub counter: &'a Counter,
    /// So often.
    pub most: usize,
    /// Within so long.
    pub window: Duration,
}

impl Limit<'_> {
    /// How long it is until it may happen once more, the counter holding `seen`; `None` where it may now.
    #[must_use]
    pub fn wait(&self, seen: &Moments, now: Timestamp) -> Option<Duration> {
        seen.wait(self.most, self.window, now)
    }

    fn most(&self) -> AttributeValue {
        n(i64::try_from(self.most).unwrap_or(i64::MAX))
    }
}

/// The moments that a counter held when it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Moments(Vec<i64>);

impl Moments {
    /// How long it is until it may happen once more; `None` where it happened less than `limit` times within the last
    /// `window`.
    fn wait(&self, limit: usize, window: Duration, now: Timestamp) -> Option<Duration> {
        let since = now.minus(window).millis();
        let mut fresh: Vec<i64> = self.0.iter().copied().filter(|at| *at > since).collect();
        fresh.sort_unstable();
        // Once this one is too old to count, there are fewer.
        let last = fresh.get(fresh.len().checked_sub(limit)?)?;
        Some(Timestamp::from_millis(*last).plus(window).since(now))
    }
}

pub(super) fn key(counter: &Counter) -> Key {
    Key::new(format!("count#{}", counter.0), "count")
}

pub(super) fn read(item: Option<&Item>) -> Moments {
    Moments(moments(item))
}

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
    /// Notes that it happens now, where it happened less often than `limit` says. Says whether it was noted. One request,
    /// unless old moments are to be forgotten.
    pub async fn count_within(&self, limit: Limit<'_>, now: Timestamp) -> Result<bool, TableError> {
        let wait = self.count_or_wait(limit, now).await?;
        Ok(wait.is_none())
    }

    /// Like [`Table::count_within`]; where it is not noted, says how long it is until it would be.
    pub async fn count_or_wait(
        &self,
        limit: Limit<'_>,
        now: Timestamp,
    ) -> Result<Option<Duration>, TableError> {
        let Limit { counter, window, .. } = limit;
        // At first, as if nothing were there but fewer than the limit.
        let mut seen: Option<Vec<i64>> = None;
        for turn in 0..TURNS {
            let text;
            let mut values = vec![(":ttl", n(now.plus(window).seconds() + 1))];
            let condition = if let Some(seen) = &seen {
                let since = now.minus(window).millis();
                let mut fresh: Vec<i64> = seen.iter().copied().filter(|at| *at > since).collect();
                if let Some(wait) = limit.wait(&Moments(fresh.clone()), now) {
                    return Ok(Some(wait));
                }
                fresh.push(now.millis());
                text = "SET moments = :moments, #ttl = :ttl";
                values.extend([(":moments", list(&fresh)), (":seen", list(seen))]);
                "moments = :seen"
            } else {
                text = "SET moments = list_append(if_not_exists(moments, :none), :one), #ttl = :ttl";
                values.extend([
                    (":none", list(&[])),
                    (":one", list(&[now.millis()])),
                    (":limit", limit.most()),
                ]);
                "attribute_not_exists(moments) OR size(moments) < :limit"
            };
            match self.count(counter, text, condition, &values).await? {
                Counted::Noted => return Ok(None),
                Counted::Other(found) => seen = found,
                Counted::Conflict if turn < CONFLICTS => self.part(turn).await,
                Counted::Conflict => break,
            }
        }
        Err(TableError::Unavailable("counters keep meeting".to_owned()))
    }

    /// What a counter holds now, read consistently.
    pub async fn counted(&self, counter: &Counter) -> Result<Moments, TableError> {
        Ok(read(self.get(&key(counter)).await?.as_ref()))
    }

    /// The condition, to stand in a transaction, that it may still happen.
    pub(super) fn not_reached(
        &self,
        limit: Limit<'_>,
        now: Timestamp,
    ) -> Result<TransactWriteItem, TableError> {
        // No more than the limit are ever noted: where the first is too old to count, there are fewer.
        let condition = "attribute_not_exists(moments) OR size(moments) < :limit OR moments[0] <= :since";
        let check = ConditionCheck::builder()
            .table_name(&self.name)
            .set_key(Some(key(limit.counter).attributes()))
            .condition_expression(condition)
            .expression_attribute_values(":limit", limit.most())
            .expression_attribute_values(":since", n(now.minus(limit.window).millis()))
            .build()
            .map_err(|error| TableError::Unavailable(error.to_string()))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    async fn count(
        &self,
        counter: &Counter,
        text: &str,
        condition: &str,
        values: &[(&str, AttributeValue)],
    ) -> Result<Counted, TableError> {
        let mut update = self.client.update_item().table_name(&self.name);
        for (name, value) in values {
            update = update.expression_attribute_values(*name, value.clone());
        }
        let sent = update
            .set_key(Some(key(counter).attributes()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_waits_for_as_many_to_grow_old_as_are_too_many() {
        let (window, now) = (Duration::from_secs(100), Timestamp::from_seconds(1000));
        let seen = |seconds: &[i64]| Moments(seconds.iter().map(|second| second * 1000).collect());
        let wait = |seconds: &[i64], limit| seen(seconds).wait(limit, window, now).map(|wait| wait.as_secs());
        assert_eq!(wait(&[], 1), None);
        assert_eq!(wait(&[900], 1), None, "just too old");
        assert_eq!(wait(&[901], 1), Some(1));
        assert_eq!(wait(&[990, 950], 2), Some(50));
        assert_eq!(wait(&[990, 950], 3), None);
        assert_eq!(wait(&[920, 950, 990], 2), Some(50), "more than the limit");
        assert_eq!(wait(&[800, 990], 1), Some(90));
    }
}

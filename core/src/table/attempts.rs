//! Tries to log in. A try takes a place before its password is hashed, and gives it back with the outcome, in one
//! transaction with what the outcome changes and with its audit entry. Known and unknown names take the same steps:
//! the counters stand under a keyed hash of the name, whoever has it.
//!
//! A counter item has `used_places` (failures and places together, so that one condition keeps both within a limit),
//! `failures`, `failures_and_one` (DynamoDB's updates add and subtract two values, not three), `first_failed_at` and `failed_at`
//! (the first and the last failure) and `places`, each named by the moment it was taken.

use std::time::Duration;

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemOutput};
use aws_sdk_dynamodb::types::{
    AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};

use super::item::{Item, Key, n, s, update};
use super::{CONFLICTS, Table, TableError, unavailable};
use crate::clock::Timestamp;

/// How long counters stay after the last try.
const KEPT: Duration = Duration::from_hours(24 * 90);
/// A place not given back by then counts as a failure.
const ABANDONED: Duration = Duration::from_secs(10);
/// The most of them counted by one update: DynamoDB takes expressions of at most 4 KB.
const ABANDONED_AT_ONCE: usize = 50;

/// Whose tries are counted together: a keyed hash of the account's name, and of the network where that counts too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt(pub String);

/// A place taken by one try.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a place not given back counts as a failure"]
pub struct Place {
    key: Key,
    id: String,
    /// The failures at which the account locks; none where it does not.
    locks_at: Option<i64>,
}

/// How tries stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counters {
    /// Failures and places together.
    pub used: i64,
    /// Failures since the last success.
    pub failures: i64,
    /// The first of them.
    pub since: Option<Timestamp>,
    /// The last of them.
    pub failed_at: Option<Timestamp>,
    places: Vec<String>,
}

/// What became of asking for a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It is there.
    Place(Place),
    /// There is none, or the failures are too old to count; the counters as they stand.
    Refused(Counters),
}

impl Counters {
    fn read(item: &Item) -> Self {
        let number = |name: &str| item.get(name)?.as_n().ok()?.parse::<i64>().ok();
        let places = item.get("places").and_then(|places| places.as_ss().ok());
        Self {
            used: number("used_places").unwrap_or_default(),
            failures: number("failures").unwrap_or_default(),
            since: number("first_failed_at").map(Timestamp::from_millis),
            failed_at: number("failed_at").map(Timestamp::from_millis),
            places: places.cloned().unwrap_or_default(),
        }
    }

    /// The places of tries that never came back, as many as one update may count.
    fn abandoned(&self, now: Timestamp) -> Vec<String> {
        let is_old = |place: &&String| {
            let taken_at = place.split('.').next().and_then(|millis| millis.parse().ok());
            taken_at.is_none_or(|millis| Timestamp::from_millis(millis).plus(ABANDONED) <= now)
        };
        let old = self.places.iter().filter(is_old);
        old.take(ABANDONED_AT_ONCE).cloned().collect()
    }
}

impl Table {
    /// Takes a place for one try, where failures and places together stay within `limit` and the first failure is
    /// newer than `stale`. `locks_at` is the number of failures at which the account locks.
    pub async fn take_place(
        &self,
        attempt: &Attempt,
        limit: i64,
        stale: Option<Timestamp>,
        locks_at: Option<i64>,
        now: Timestamp,
    ) -> Result<Taken, TableError> {
        let condition = "(attribute_not_exists(used_places) OR used_places < :limit) AND (attribute_not_exists(first_failed_at) OR first_failed_at > :stale)";
        let stale = stale.map_or(i64::MIN >> 1, Timestamp::millis);
        let values = [(":limit", n(limit)), (":stale", n(stale))];
        self.take(attempt, condition, &values, locks_at, now).await
    }

    /// Takes a place where the counters still stand as `seen`, whatever the limit.
    pub async fn take_one_more(
        &self,
        attempt: &Attempt,
        seen: &Counters,
        now: Timestamp,
    ) -> Result<Taken, TableError> {
        let values = [(":seen", n(seen.used)), (":failures", n(seen.failures))];
        let condition = "used_places = :seen AND failures = :failures AND attribute_exists(first_failed_at)";
        self.take(attempt, condition, &values, None, now).await
    }

    async fn take(
        &self,
        attempt: &Attempt,
        condition: &str,
        values: &[(&str, AttributeValue)],
        locks_at: Option<i64>,
        now: Timestamp,
    ) -> Result<Taken, TableError> {
        let apart = self
            .random
            .token::<9>()
            .map_err(|error| TableError::Unavailable(error.to_string()))?;
        let place = Place {
            key: key(attempt),
            id: format!("{}.{apart}", now.millis()),
            locks_at,
        };
        let text = "SET used_places = if_not_exists(used_places, :zero) + :one, failures = if_not_exists(failures, :zero), \
                    failures_and_one = if_not_exists(failures_and_one, :one), #ttl = :ttl ADD places :place";
        let mut all = vec![
            (":zero", n(0)),
            (":one", n(1)),
            (":ttl", n(now.plus(KEPT).seconds())),
            (":place", set_of(&place)),
            (":id", s(&place.id)),
        ];
        all.extend_from_slice(values);
        // The SDK asks again where an answer is lost: the place must not count twice.
        let condition = format!("{condition} AND NOT contains(places, :id)");
        let counters = match self.update_attempt(attempt, text, &condition, &all).await? {
            Ok(item) => Counters::read(&item),
            Err(seen) if seen.places.contains(&place.id) => seen,
            Err(seen) => return Ok(Taken::Refused(seen)),
        };
        self.settle_abandoned(attempt, &counters, now).await?;
        Ok(Taken::Place(place))
    }

    /// Turns places of `seen` that were never given back into failures. Says whether there were any.
    pub async fn settle_abandoned(
        &self,
        attempt: &Attempt,
        seen: &Counters,
        now: Timestamp,
    ) -> Result<bool, TableError> {
        let abandoned = seen.abandoned(now);
        if !abandoned.is_empty() {
            self.count_abandoned(attempt, &abandoned, now).await?;
        }
        Ok(!abandoned.is_empty())
    }

    async fn count_abandoned(
        &self,
        attempt: &Attempt,
        places: &[String],
        now: Timestamp,
    ) -> Result<(), TableError> {
        let names: Vec<String> = (0..places.len()).map(|index| format!(":place{index}")).collect();
        let there: Vec<String> = names
            .iter()
            .map(|name| format!("contains(places, {name})"))
            .collect();
        let text = "SET failures = failures + :count, failures_and_one = failures_and_one + :count, failed_at = :now, \
                    first_failed_at = if_not_exists(first_failed_at, :now) DELETE places :places";
        let mut values = vec![
            (":count", n(i64::try_from(places.len()).unwrap_or(i64::MAX))),
            (":now", n(now.millis())),
            (":places", AttributeValue::Ss(places.to_vec())),
        ];
        values.extend(names.iter().map(String::as_str).zip(places.iter().map(s)));
        // Whoever came first counted them.
        self.update_attempt(attempt, text, &there.join(" AND "), &values)
            .await
            .map(drop)
    }

    /// Forgets failures that no longer count, where the counters still stand as `seen`.
    pub async fn forget_failures(&self, attempt: &Attempt, seen: &Counters) -> Result<(), TableError> {
        let text = "SET used_places = used_places - failures, failures = :zero, failures_and_one = :one REMOVE first_failed_at, failed_at";
        let condition = "used_places = :seen AND failures = :failures";
        let values = [
            (":zero", n(0)),
            (":one", n(1)),
            (":seen", n(seen.used)),
            (":failures", n(seen.failures)),
        ];
        self.update_attempt(attempt, text, condition, &values)
            .await
            .map(drop)
    }

    /// Updates the counters and gives them as they then are; or, where the condition fails, as they stand.
    async fn update_attempt(
        &self,
        attempt: &Attempt,
        text: &str,
        condition: &str,
        values: &[(&str, AttributeValue)],
    ) -> Result<Result<Item, Counters>, TableError> {
        for turn in 0.. {
            let mut update = self.client.update_item().table_name(&self.name);
            if text.contains("#ttl") {
                update = update.expression_attribute_names("#ttl", "ttl");
            }
            for (name, value) in values {
                update = update.expression_attribute_values(*name, value.clone());
            }
            let sent: Result<UpdateItemOutput, _> = update
                .set_key(Some(key(attempt).attributes()))
                .update_expression(text)
                .condition_expression(condition)
                .return_values(ReturnValue::AllNew)
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                .send()
                .await;
            let error = match sent {
                Ok(answer) => return Ok(Ok(answer.attributes.unwrap_or_default())),
                Err(error) => error,
            };
            match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    let item = failed.item.clone().unwrap_or_default();
                    return Ok(Err(Counters::read(&item)));
                }
                // Another try of this name is just giving its place back.
                _ if is_conflict(&error) && turn < CONFLICTS => self.part(turn).await,
                _ => return Err(unavailable(&error)),
            }
        }
        Err(TableError::Unavailable("tries keep meeting".to_owned()))
    }

    /// Nothing is left of earlier failures. `late`: this place was counted as one of them meanwhile, or is gone.
    pub(super) fn place_right(&self, place: &Place, late: bool) -> Result<TransactWriteItem, TableError> {
        let reset = "failures = :zero, failures_and_one = :one REMOVE first_failed_at, failed_at";
        let numbers = [(":zero", n(0)), (":one", n(1))];
        if late {
            let text = format!(
                "SET used_places = if_not_exists(used_places, :zero) - if_not_exists(failures, :zero), {reset}"
            );
            return update(&self.name, &place.key, &text, "", &numbers);
        }
        let text = format!("SET used_places = used_places - failures_and_one, {reset} DELETE places :place");
        let [zero, one] = numbers;
        let values = [zero, one, (":place", set_of(place)), (":id", s(&place.id))];
        update(&self.name, &place.key, &text, "contains(places, :id)", &values)
    }

    /// One failure more; `locks` says whether it is to be the one that reaches the limit.
    pub(super) fn place_wrong(
        &self,
        place: &Place,
        locks: bool,
        now: Timestamp,
    ) -> Result<TransactWriteItem, TableError> {
        let text = "SET failures = failures + :one, failures_and_one = failures_and_one + :one, failed_at = :now, \
                    first_failed_at = if_not_exists(first_failed_at, :now) DELETE places :place";
        let mut values = vec![
            (":one", n(1)),
            (":now", n(now.millis())),
            (":place", set_of(place)),
            (":id", s(&place.id)),
        ];
        let mut condition = "contains(places, :id)".to_owned();
        if let Some(limit) = place.locks_at {
            let reaches = if locks { ">=" } else { "<" };
            condition = format!("{condition} AND failures_and_one {reaches} :limit");
            values.push((":limit", n(limit)));
        }
        update(&self.name, &place.key, text, &condition, &values)
    }

    pub(super) fn place_left(&self, place: &Place) -> Result<TransactWriteItem, TableError> {
        let values = [(":one", n(1)), (":place", set_of(place)), (":id", s(&place.id))];
        let text = "SET used_places = used_places - :one DELETE places :place";
        update(&self.name, &place.key, text, "contains(places, :id)", &values)
    }

    pub(super) fn attempt_forgotten(&self, attempt: &Attempt) -> Result<TransactWriteItem, TableError> {
        let delete = aws_sdk_dynamodb::types::Delete::builder()
            .table_name(&self.name)
            .set_key(Some(key(attempt).attributes()))
            .build()
            .map_err(|error| TableError::Unavailable(error.to_string()))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }
}

fn key(attempt: &Attempt) -> Key {
    Key::new(format!("try#{}", attempt.0), "try")
}

fn set_of(place: &Place) -> AttributeValue {
    AttributeValue::Ss(vec![place.id.clone()])
}

fn is_conflict(error: &SdkError<UpdateItemError, HttpResponse>) -> bool {
    error
        .as_service_error()
        .is_some_and(UpdateItemError::is_transaction_conflict_exception)
}

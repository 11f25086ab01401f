//! Whether a table is made as it must be: for the harness before it takes one over, and for the doctor. It only reads.

use aws_sdk_dynamodb::types::{
    BillingMode, IndexStatus, KeySchemaElement, KeyType, PointInTimeRecoveryStatus, StreamViewType,
    TableDescription, TableStatus, TimeToLiveStatus,
};

use super::listing::{INDEXES, LIST};
use super::{Table, TableError, unavailable};

/// The partition key.
pub(super) const PARTITION: &str = "pk";
/// The sort key.
pub(super) const SORT: &str = "sk";
/// The attribute by which items end, in seconds.
pub const TIME_TO_LIVE: &str = "ttl";

/// How a table is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// What is not as it must be: keys, indexes, a table that is not in force.
    pub faults: Vec<String>,
    /// Whether it is paid by the request, so that it never refuses one for want of capacity that was bought.
    pub on_demand: bool,
    /// Whether it refuses to be deleted.
    pub deletion_protection: bool,
    /// Whether a stream tells the sender of mails at once.
    pub streams: bool,
}

impl Table {
    /// How it is made.
    pub async fn shape(&self) -> Result<Shape, TableError> {
        let described = self.client.describe_table().table_name(&self.name).send().await;
        let described = described.map_err(|error| unavailable(&error))?.table;
        let described = described.ok_or_else(|| TableError::Unavailable("it is not described".to_owned()))?;
        let billing = described.billing_mode_summary.as_ref();
        let stream = described.stream_specification.as_ref();
        let view = stream.filter(|stream| stream.stream_enabled);
        Ok(Shape {
            faults: faults(&described),
            on_demand: billing.and_then(|billing| billing.billing_mode.as_ref())
                == Some(&BillingMode::PayPerRequest),
            deletion_protection: described.deletion_protection_enabled == Some(true),
            // Keys are enough, and others can have no more than the sender needs.
            streams: view.is_some_and(|view| view.stream_view_type != Some(StreamViewType::OldImage)),
        })
    }

    /// The attribute by which its items end; none where they never do.
    pub async fn time_to_live(&self) -> Result<Option<String>, TableError> {
        let described = self.client.describe_time_to_live().table_name(&self.name);
        let described = described.send().await.map_err(|error| unavailable(&error))?;
        let told = described.time_to_live_description;
        let is_on = |status| matches!(status, TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling);
        Ok(told
            .filter(|told| told.time_to_live_status.clone().is_some_and(is_on))
            .and_then(|told| told.attribute_name))
    }

    /// Whether it can be had back as it was at any moment of the last weeks.
    pub async fn point_in_time_recovery(&self) -> Result<bool, TableError> {
        let described = self.client.describe_continuous_backups().table_name(&self.name);
        let described = described.send().await.map_err(|error| unavailable(&error))?;
        let told = described.continuous_backups_description;
        let recovery = told.and_then(|told| told.point_in_time_recovery_description);
        let status = recovery.and_then(|recovery| recovery.point_in_time_recovery_status);
        Ok(status == Some(PointInTimeRecoveryStatus::Enabled))
    }
}

fn faults(table: &TableDescription) -> Vec<String> {
    let mut faults = Vec::new();
    // Some emulators tell no status.
    if let Some(status) = &table.table_status
        && !matches!(status, TableStatus::Active | TableStatus::Updating)
    {
        faults.push(format!("it is {}", status.as_str()));
    }
    if !is_key(table.key_schema(), PARTITION, SORT) {
        faults.push(format!("its key is not {PARTITION} and {SORT}"));
    }
    for (name, sort) in INDEXES {
        let mut indexes = table.global_secondary_indexes().iter();
        match indexes.find(|index| index.index_name() == Some(name)) {
            None => faults.push(format!("the index {name} is missing")),
            Some(index) if !is_key(index.key_schema(), LIST, sort) => {
                faults.push(format!("the key of the index {name} is not {LIST} and {sort}"));
            }
            Some(index) => {
                if let Some(status @ (IndexStatus::Creating | IndexStatus::Deleting)) = &index.index_status {
                    faults.push(format!("the index {name} is {}", status.as_str()));
                }
            }
        }
    }
    faults
}

fn is_key(schema: &[KeySchemaElement], partition: &str, sort: &str) -> bool {
    let has = |name: &str, kind: &KeyType| {
        schema
            .iter()
            .any(|element| element.attribute_name == name && element.key_type == *kind)
    };
    schema.len() == 2 && has(partition, &KeyType::Hash) && has(sort, &KeyType::Range)
}

//! The table as it must be made.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TimeToLiveSpecification,
};

use super::listing::{INDEXES, LIST};
use super::shape::{PARTITION, SORT, TIME_TO_LIVE};
use super::{Table, TableError, unavailable};

impl Table {
    /// Makes the table where it is missing: for the harness; on AWS the template does it.
    pub async fn create_if_missing(&self) -> Result<(), TableError> {
        let mut create = self
            .client
            .create_table()
            .table_name(&self.name)
            .billing_mode(BillingMode::PayPerRequest)
            .set_key_schema(Some(key_schema(PARTITION, SORT).map_err(builds)?));
        let sort_keys = INDEXES.map(|(_, sort)| sort);
        for name in [PARTITION, SORT, LIST].into_iter().chain(sort_keys) {
            let attribute = AttributeDefinition::builder().attribute_name(name);
            let attribute = attribute.attribute_type(ScalarAttributeType::S).build();
            create = create.attribute_definitions(attribute.map_err(builds)?);
        }
        for (name, sort) in INDEXES {
            let keys_only = Projection::builder().projection_type(ProjectionType::KeysOnly);
            let index = GlobalSecondaryIndex::builder()
                .index_name(name)
                .set_key_schema(Some(key_schema(LIST, sort).map_err(builds)?))
                .projection(keys_only.build());
            create = create.global_secondary_indexes(index.build().map_err(builds)?);
        }
        match create.send().await {
            Ok(_) => {}
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(CreateTableError::is_resource_in_use_exception) =>
            {
                return self.is_as_it_must_be().await;
            }
            Err(error) => return Err(unavailable(&error)),
        }
        let ttl = TimeToLiveSpecification::builder()
            .enabled(true)
            .attribute_name(TIME_TO_LIVE)
            .build()
            .map_err(builds)?;
        let update = self
            .client
            .update_time_to_live()
            .table_name(&self.name)
            .time_to_live_specification(ttl);
        update.send().await.map(drop).map_err(|error| unavailable(&error))
    }

    /// Refuses a table that an earlier version made, in which nobody would be found by name or address.
    async fn is_as_it_must_be(&self) -> Result<(), TableError> {
        match self.shape().await?.faults.first() {
            None => Ok(()),
            Some(fault) => Err(TableError::Unavailable(format!(
                "it was made by an earlier version: {fault}"
            ))),
        }
    }

    /// Whether the table answers: one cheap read.
    pub async fn health(&self) -> Result<(), TableError> {
        self.get(&super::roles::key()).await.map(drop)
    }
}

fn builds(error: BuildError) -> TableError {
    TableError::Unavailable(error.to_string())
}

fn key_schema(partition: &str, sort: &str) -> Result<Vec<KeySchemaElement>, BuildError> {
    let element = |name: &str, kind| {
        let element = KeySchemaElement::builder().attribute_name(name);
        element.key_type(kind).build()
    };
    Ok(vec![
        element(partition, KeyType::Hash)?,
        element(sort, KeyType::Range)?,
    ])
}

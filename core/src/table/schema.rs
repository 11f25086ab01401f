//! The table as it must be made.

use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TimeToLiveSpecification,
};

use super::{Table, TableError, unavailable};

impl Table {
    /// Makes the table where it is missing: for the harness; on AWS the template does it.
    pub async fn create_if_missing(&self) -> Result<(), TableError> {
        let builds = |error: aws_sdk_dynamodb::error::BuildError| TableError::Unavailable(error.to_string());
        let mut create = self
            .client
            .create_table()
            .table_name(&self.name)
            .billing_mode(BillingMode::PayPerRequest);
        for (name, kind) in [("pk", KeyType::Hash), ("sk", KeyType::Range)] {
            let attribute = AttributeDefinition::builder().attribute_name(name);
            let attribute = attribute
                .attribute_type(ScalarAttributeType::S)
                .build()
                .map_err(builds)?;
            let element = KeySchemaElement::builder()
                .attribute_name(name)
                .key_type(kind)
                .build()
                .map_err(builds)?;
            create = create.attribute_definitions(attribute).key_schema(element);
        }
        match create.send().await {
            Ok(_) => {}
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(CreateTableError::is_resource_in_use_exception) =>
            {
                return Ok(());
            }
            Err(error) => return Err(unavailable(&error)),
        }
        let ttl = TimeToLiveSpecification::builder()
            .enabled(true)
            .attribute_name("ttl")
            .build()
            .map_err(builds)?;
        let update = self
            .client
            .update_time_to_live()
            .table_name(&self.name)
            .time_to_live_specification(ttl);
        update.send().await.map(drop).map_err(|error| unavailable(&error))
    }

    /// Whether the table answers: one cheap read.
    pub async fn health(&self) -> Result<(), TableError> {
        self.get(&super::roles::key()).await.map(drop)
    }
}

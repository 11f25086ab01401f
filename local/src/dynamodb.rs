//! `DynamoDB` in this process, by the embedded `dynoxide`, reached over HTTP by the real SDK.

use std::path::Path;

use anyhow::{Context as _, anyhow};
use dynoxide::{Database, server};

use crate::service::{Service, loopback};

/// The name of the database's file in the data folder.
const FILE: &str = "dynamodb.sqlite";

/// Starts `DynamoDB` on a free port of 127.0.0.1: in memory, or in a file of `folder`.
///
/// [`Service::url`] of what is returned is the SDK's endpoint URL.
pub async fn start(folder: Option<&Path>) -> anyhow::Result<Service> {
    let database = open(folder)?;
    let listener = loopback().await?;
    let address = listener.local_addr()?;
    Ok(Service::spawn(address, |stop| async move {
        if let Err(fault) = server::serve_with_shutdown(listener, database, stop.cancelled_owned()).await {
            tracing::error!(fault, "DynamoDB ended");
        }
    }))
}

fn open(folder: Option<&Path>) -> anyhow::Result<Database> {
    let Some(folder) = folder else {
        return Database::memory().map_err(|fault| anyhow!("cannot start DynamoDB: {fault}"));
    };
    let path = folder.join(FILE);
    let name = path
        .to_str()
        .with_context(|| format!("{} is not UTF-8", path.display()))?;
    let database =
        Database::new(name).map_err(|fault| anyhow!("cannot open DynamoDB's file {name}: {fault}"))?;
    // AWS deletes expired items some time after; here the next start does, or the file would only grow.
    database
        .sweep_ttl()
        .map_err(|fault| anyhow!("cannot sweep DynamoDB's file {name}: {fault}"))?;
    Ok(database)
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::Client;
    use aws_sdk_dynamodb::types::{
        AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    };

    use mapgate_core::aws::Aws;

    use super::*;

    async fn client(service: &Service) -> Client {
        Client::new(Aws::at(&service.url()).config().await)
    }

    async fn create_table(client: &Client) {
        let key = KeySchemaElement::builder()
            .attribute_name("pk")
            .key_type(KeyType::Hash)
            .build()
            .unwrap();
        let attribute = AttributeDefinition::builder()
            .attribute_name("pk")
            .attribute_type(ScalarAttributeType::S)
            .build()
            .unwrap();
        let request = client
            .create_table()
            .table_name("test")
            .key_schema(key)
            .attribute_definitions(attribute);
        request
            .billing_mode(BillingMode::PayPerRequest)
            .send()
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn keeps_items_in_memory_and_stops() {
        let service = start(None).await.unwrap();
        let sdk = client(&service).await;
        create_table(&sdk).await;
        let item = AttributeValue::S("a".into());
        sdk.put_item()
            .table_name("test")
            .item("pk", item.clone())
            .send()
            .await
            .unwrap();
        let found = sdk
            .get_item()
            .table_name("test")
            .key("pk", item)
            .send()
            .await
            .unwrap();
        assert!(found.item.is_some());

        let address = service.address();
        service.stop().await;
        assert!(
            tokio::net::TcpStream::connect(address).await.is_err(),
            "the port is free again"
        );
    }

    #[tokio::test]
    async fn a_file_survives_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let item = AttributeValue::S("a".into());
        let service = start(Some(folder.path())).await.unwrap();
        let sdk = client(&service).await;
        create_table(&sdk).await;
        sdk.put_item()
            .table_name("test")
            .item("pk", item.clone())
            .send()
            .await
            .unwrap();
        service.stop().await;

        let service = start(Some(folder.path())).await.unwrap();
        let found = client(&service)
            .await
            .get_item()
            .table_name("test")
            .key("pk", item)
            .send()
            .await
            .unwrap();
        assert!(found.item.is_some());
        service.stop().await;
    }
}

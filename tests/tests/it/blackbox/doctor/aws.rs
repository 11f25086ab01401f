//! What the doctor says of the table and of Amazon SES.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TimeToLiveSpecification,
};
use axum::Router;
use mapgate_core::aws::Aws;
use mapgate_local::service::{Service, loopback};
use mapgate_tests::Setup;

use super::world::{Variables, look, variables_of};
use super::{file, path, seed, site};

async fn client(variables: &Variables) -> aws_sdk_dynamodb::Client {
    let aws = Aws::at(&variables["AWS_ENDPOINT_URL_DYNAMODB"]);
    aws_sdk_dynamodb::Client::new(aws.config().await)
}

#[tokio::test]
async fn a_table_without_time_to_live_is_wrong() {
    let (_site, variables) = site().await;
    look(&variables, &[])
        .await
        .tells("ok", "table", "its time to live is on ttl", "")
        .tells(
            "warning",
            "table",
            "can be deleted",
            "--deletion-protection-enabled",
        )
        .tells(
            "warning",
            "table",
            "point-in-time recovery is unknown",
            "dynamodb:DescribeContinuousBackups",
        )
        .only(&[]);
    let off = TimeToLiveSpecification::builder()
        .enabled(false)
        .attribute_name("ttl");
    let update = client(&variables)
        .await
        .update_time_to_live()
        .table_name("mapgate");
    update
        .time_to_live_specification(off.build().unwrap())
        .send()
        .await
        .unwrap();
    look(&variables, &[])
        .await
        .tells(
            "wrong",
            "table",
            "it has no time to live",
            "aws dynamodb update-time-to-live --table-name mapgate",
        )
        .only(&["table"]);
}

#[tokio::test]
async fn a_table_that_is_missing_or_made_otherwise_is_wrong() {
    let (_site, mut variables) = site().await;
    variables.insert("MAPGATE_TABLE".to_owned(), "another".to_owned());
    look(&variables, &[])
        .await
        .tells("wrong", "table", "ResourceNotFoundException", "MAPGATE_TABLE")
        .tells("warning", "backends", "not looked at", "mend the table")
        .only(&["table"]);
    let key = |name: &str, kind| {
        KeySchemaElement::builder()
            .attribute_name(name)
            .key_type(kind)
            .build()
    };
    let attribute = |name: &str| {
        let attribute = AttributeDefinition::builder().attribute_name(name);
        attribute.attribute_type(ScalarAttributeType::S).build().unwrap()
    };
    let create = client(&variables).await.create_table().table_name("another");
    create
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(key("pk", KeyType::Hash).unwrap())
        .key_schema(key("name", KeyType::Range).unwrap())
        .attribute_definitions(attribute("pk"))
        .attribute_definitions(attribute("name"))
        .send()
        .await
        .unwrap();
    look(&variables, &[])
        .await
        .tells(
            "wrong",
            "table",
            "its key is not pk and sk",
            "infra/template.yaml",
        )
        .tells(
            "wrong",
            "table",
            "the index by-name is missing",
            "infra/template.yaml",
        )
        .tells("wrong", "table", "no time to live", "");
}

#[tokio::test]
async fn nobody_who_administers_is_wrong_and_a_second_factor_is_asked_for() {
    let seed = seed().replace("roles: [role_admin], ", "");
    let site = Setup::default().seed(seed).start().await;
    look(&variables_of(&site), &[])
        .await
        .tells(
            "wrong",
            "administrators",
            "of 0 nobody can log in",
            "manage-users --create",
        )
        .only(&["administrators"]);
    let (_site, variables) = super::site().await;
    let settings = file("vars: {authentication: {two_factor: true}}\n");
    look(&variables, &["--settings", path(&settings)]).await.tells(
        "warning",
        "administrators",
        "1 of 1 have no second factor yet",
        "enrol",
    );
}

/// What SES answers to the two questions (its query protocol).
async fn ses(status: &'static str, most: &'static str) -> Service {
    let answer = move |body: String| async move {
        let (operation, result) = if body.contains("Action=GetSendQuota") {
            (
                "GetSendQuota",
                format!(
                    "<Max24HourSend>{most}</Max24HourSend><MaxSendRate>1.0</MaxSendRate><SentLast24Hours>3.0</SentLast24Hours>"
                ),
            )
        } else {
            assert!(
                body.contains("Action=GetIdentityVerificationAttributes"),
                "{body}"
            );
            assert!(body.contains("example.com"), "{body}");
            (
                "GetIdentityVerificationAttributes",
                format!(
                    "<VerificationAttributes><entry><key>example.com</key><value>\
                     <VerificationStatus>{status}</VerificationStatus></value></entry></VerificationAttributes>"
                ),
            )
        };
        format!(
            "<{operation}Response xmlns=\"http://ses.amazonaws.com/doc/2010-12-01/\"><{operation}Result>{result}\
             </{operation}Result></{operation}Response>"
        )
    };
    let router = Router::new().fallback(answer);
    Service::http(loopback().await.unwrap(), router).unwrap()
}

#[tokio::test]
async fn ses_says_whether_senders_are_proved_and_how_much_may_go_out() {
    let (_site, mut variables) = site().await;
    let mails = "{email_from: 'Maps <a@maps.example.com>', email_subject: s, email_body: '{reset_url}'}";
    let settings = file(&format!("vars: {{reset_password: {mails}}}\n"));
    let arguments = ["--settings", path(&settings)];
    let good = ses("Success", "50000.0").await;
    variables.insert("AWS_ENDPOINT_URL_SES".to_owned(), good.url());
    look(&variables, &arguments)
        .await
        .tells("ok", "mail", "the senders as proved", "")
        .tells("ok", "mail", "3 mails in 24 hours, of 50000", "")
        .only(&[]);
    let bad = ses("Pending", "200.0").await;
    variables.insert("AWS_ENDPOINT_URL_SES".to_owned(), bad.url());
    look(&variables, &arguments)
        .await
        .tells("wrong", "mail", "no proof for a@maps.example.com", "DNS records")
        .tells("warning", "mail", "sandbox", "production access")
        .only(&["mail"]);
    variables.insert("AWS_ENDPOINT_URL_SES".to_owned(), "http://127.0.0.1:1".to_owned());
    look(&variables, &arguments)
        .await
        .tells(
            "warning",
            "mail",
            "whether SES knows the senders is unknown",
            "ses:GetIdentityVerificationAttributes",
        )
        .only(&[]);
}

#[tokio::test]
async fn without_credentials_it_says_so() {
    let (_site, mut variables) = site().await;
    variables.retain(|name, _| !name.ends_with("_KEY") && !name.ends_with("_KEY_ID"));
    look(&variables, &[])
        .await
        .tells(
            "wrong",
            "table",
            "mapgate: there are no credentials",
            "the credentials",
        )
        .tells("ok", "functions", "all 7", "")
        .only(&["table"]);
}

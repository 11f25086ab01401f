//! The ways in: routes, limits, logs, and what the functions find in their environment.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use mapgate_core::settings::{Environment, Fault, Settings, load};
use mapgate_core::table::is_key_of_open_mail;
use mapgate_local::harness::FUNCTIONS;
use mapgate_tests::gate::{TestGate, get};
use mapgate_tests::template::{template, texts};
use serde_json::{Value, json};

use super::list;

/// The settings file in a function's package.
const SETTINGS: &str = "mapgate.yaml";

#[test]
fn every_route_leads_to_its_function_and_what_is_none_to_login() {
    for (function, routes, _) in FUNCTIONS {
        for route in routes {
            let filled = route.split('/').map(|part| match part {
                rest if rest.starts_with("{*") => "a/b",
                name if name.starts_with('{') => "a",
                plain => plain,
            });
            let path = filled.collect::<Vec<_>>().join("/");
            assert_eq!(template().function_of(&path), function, "{route}");
        }
    }
    for path in ["/", "/unknown", "/mapserv_proxyy", "/adminn"] {
        assert_eq!(template().function_of(path), "login", "{path}");
    }
    for (id, route) in template().of_type("AWS::ApiGatewayV2::Route") {
        let key = route["Properties"]["RouteKey"].as_str().unwrap();
        assert!(
            key == "$default" || key.starts_with("ANY /"),
            "{id}: a wrong method is the function's to answer"
        );
    }
}

#[test]
fn the_gateway_waits_longer_than_the_function_and_the_function_longer_than_a_backend() {
    let globals = &template().globals["Function"];
    let function = Duration::from_secs(globals["Timeout"].as_u64().unwrap());
    let settings = settings("vars: {}").unwrap();
    assert!(settings.http_options.timeout < function);
    // A mail that is in hand longer counts as abandoned.
    assert!(function <= Duration::from_secs(29));
    let integrations: Vec<&Value> = template()
        .of_type("AWS::ApiGatewayV2::Integration")
        .map(|(_, integration)| &integration["Properties"])
        .collect();
    assert_eq!(integrations.len(), 7);
    for integration in integrations {
        let gateway = Duration::from_millis(integration["TimeoutInMillis"].as_u64().unwrap());
        // The most that an HTTP API can wait.
        assert!(function < gateway && gateway <= Duration::from_secs(30));
        assert_eq!(integration["PayloadFormatVersion"], "2.0");
    }
}

#[test]
fn the_access_log_tells_neither_path_nor_query() {
    let stage = &template().resources["Stage"]["Properties"];
    let format = stage["AccessLogSettings"]["Format"].as_str().unwrap();
    assert!(serde_json::from_str::<Value>(format).unwrap().is_object());
    let said: BTreeSet<&str> = format
        .split('"')
        .filter(|part| part.starts_with("$context."))
        .collect();
    assert!(said.contains("$context.routeKey"));
    for secret in ["$context.path", "$context.queryString", "$context.authorizer"] {
        assert!(
            !said.iter().any(|variable| variable.starts_with(secret)),
            "{secret}"
        );
    }
    assert!(stage["DefaultRouteSettings"]["ThrottlingRateLimit"].is_string());
}

/// The settings that a function has with the template's own defaults and this file.
fn settings(vars: &str) -> Result<Settings, Vec<Fault>> {
    loaded(vars, &|path| Err(format!("{path}: no other file")))
}

fn loaded(vars: &str, read: &dyn Fn(&str) -> Result<String, String>) -> Result<Settings, Vec<Fault>> {
    let variables = template().globals["Function"]["Environment"]["Variables"].clone();
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in variables.as_object().unwrap() {
        let value = match (name.as_str(), value.as_str()) {
            ("MAPGATE_BASE_URL", _) => "https://maps.example.com",
            ("MAPGATE_SECRETS", _) => "arn:aws:secretsmanager:eu-central-1:1:secret:mapgate/keys-abcdef",
            ("MAPGATE_SETTINGS", _) => SETTINGS,
            (_, Some(parameter)) => template().parameters[parameter]["Default"].as_str().unwrap(),
            _ => continue,
        };
        found.insert(name.clone(), value.to_owned());
    }
    let environment: Environment = found.into_iter().collect();
    assert!(Settings::source(&environment).is_some());
    load(&environment, Some((SETTINGS, vars)), read)
}

#[test]
fn the_environment_is_one_that_functions_start_with_and_says_nothing_for_nothing() {
    let settings = settings("vars: {}").unwrap();
    assert_eq!(settings.warnings(), [""; 0]);
    assert_eq!(settings.table.as_str(), "mapgate");
}

/// So a version keeps the settings it was tried with, and asks nobody before its first event.
#[test]
fn the_settings_are_in_the_package_unless_a_secret_is_named() {
    let settings = &template().globals["Function"]["Environment"]["Variables"]["MAPGATE_SETTINGS"];
    assert_eq!(
        texts(settings),
        ["HasSettingsSecret", "secretsmanager:${SettingsSecret}", SETTINGS]
    );
    assert_eq!(template().parameters["SettingsSecret"]["Default"], "");
    let build = std::fs::read_to_string(mapgate_tests::repository().join("infra/build")).unwrap();
    assert!(build.contains(&format!("put \"$settings\" {SETTINGS} \"$folder\"")));
}

/// `manage-users` and the doctor then judge as the functions do.
#[test]
fn an_operators_shell_has_the_functions_environment() {
    let told = &template().outputs["Environment"]["Value"];
    let told: BTreeMap<String, String> = serde_json::from_str(told[0].as_str().unwrap()).unwrap();
    let variables = &template().globals["Function"]["Environment"]["Variables"];
    for (name, value) in variables.as_object().unwrap() {
        match name.as_str() {
            "MAPGATE_BASE_URL" => assert!(template().outputs["BaseUrl"].is_object()),
            "MAPGATE_SETTINGS" => assert!(!told.contains_key(name)),
            "MAPGATE_SECRETS" => assert_eq!(told[name], "${Secret}"),
            _ => assert_eq!(told[name], format!("${{{}}}", value.as_str().unwrap()), "{name}"),
        }
    }
    assert_eq!(told.len() + 2, variables.as_object().unwrap().len(), "{told:?}");
}

#[test]
fn the_settings_of_the_deployed_tests_are_good() {
    let read = |path: &str| {
        let path = mapgate_tests::repository().join("tests/world").join(path);
        std::fs::read_to_string(path).map_err(|error| error.to_string())
    };
    let settings = loaded(&read("deployed.yaml").unwrap(), &read).unwrap();
    assert_eq!(settings.main_ogc_server.as_deref(), Some("main"));
    assert!(settings.reset_password.is_some());
}

/// Keys, indexes and time to live are those of the table that the code makes on a laptop.
#[tokio::test]
async fn the_table_is_the_one_that_the_code_makes() {
    let test = TestGate::new().await;
    let client = aws_sdk_dynamodb::Client::new(test.gate.aws.config().await);
    let made = client
        .describe_table()
        .table_name("mapgate")
        .send()
        .await
        .unwrap();
    let made = made.table.unwrap();
    let table = &template().resources["Table"]["Properties"];
    let keys = |schema: &[aws_sdk_dynamodb::types::KeySchemaElement]| {
        let keys = schema
            .iter()
            .map(|key| json!({"AttributeName": key.attribute_name(), "KeyType": key.key_type().as_str()}));
        keys.collect::<Value>()
    };
    assert_eq!(table["KeySchema"], keys(made.key_schema()));
    let mut indexes: Vec<Value> = made
        .global_secondary_indexes()
        .iter()
        .map(|index| {
            json!({
                "IndexName": index.index_name(),
                "KeySchema": keys(index.key_schema()),
                "Projection": {"ProjectionType": index.projection().and_then(|of| of.projection_type()).unwrap().as_str()},
            })
        })
        .collect();
    indexes.sort_by_key(|index| std::cmp::Reverse(index["IndexName"].to_string()));
    assert_eq!(table["GlobalSecondaryIndexes"], Value::from(indexes));
    let attributes = made
        .attribute_definitions()
        .iter()
        .map(|of| (of.attribute_name(), of.attribute_type().as_str()));
    let attributes: BTreeMap<&str, &str> = attributes.collect();
    let wanted = list(&table["AttributeDefinitions"]).iter().map(|of| {
        (
            of["AttributeName"].as_str().unwrap(),
            of["AttributeType"].as_str().unwrap(),
        )
    });
    assert_eq!(wanted.collect::<BTreeMap<_, _>>(), attributes);
    let ttl = client
        .describe_time_to_live()
        .table_name("mapgate")
        .send()
        .await
        .unwrap();
    let ttl = ttl.time_to_live_description.unwrap();
    assert_eq!(
        table["TimeToLiveSpecification"],
        json!({"AttributeName": ttl.attribute_name(), "Enabled": true})
    );
}

#[test]
fn the_table_outlives_the_stack_and_mistakes() {
    let table = &template().resources["Table"];
    assert_eq!(table["DeletionPolicy"], "RetainExceptOnCreate");
    let table = &table["Properties"];
    assert_eq!(table["BillingMode"], "PAY_PER_REQUEST");
    assert_eq!(
        table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"],
        true
    );
    assert_eq!(table["SSESpecification"]["SSEEnabled"], true);
    assert_eq!(table["DeletionProtectionEnabled"], "DeletionProtection");
    assert_eq!(template().parameters["DeletionProtection"]["Default"], "true");
}

#[test]
fn the_stream_wakes_the_sender_for_queued_mails_alone_and_the_schedule_each_minute() {
    assert_eq!(
        template().resources["Table"]["Properties"]["StreamSpecification"]["StreamViewType"],
        "KEYS_ONLY"
    );
    let stream = &template().resources["MailStream"]["Properties"];
    let filters = list(&stream["FilterCriteria"]["Filters"]);
    let filter: Value = serde_json::from_str(filters[0]["Pattern"].as_str().unwrap()).unwrap();
    let partition = filter["dynamodb"]["Keys"]["pk"]["S"][0].as_str().unwrap();
    assert!(is_key_of_open_mail(&json!({"pk": {"S": partition}})));
    assert_eq!(texts(&filter["eventName"]), ["INSERT", "MODIFY"]);
    let schedule = &template().resources["MailSchedule"]["Properties"];
    assert_eq!(schedule["ScheduleExpression"], "rate(1 minute)");
    for target in [&stream["FunctionName"], &schedule["Targets"][0]["Arn"]] {
        assert_eq!(target, "ResetPassword.Alias");
    }
}

/// The alarm counts what the function says in its log.
#[test]
fn the_alarm_for_refused_mails_looks_for_words_that_are_said() {
    let filter = &template().resources["MailRefusals"]["Properties"]["FilterPattern"];
    let words = filter.as_str().unwrap().split('"').nth(1).unwrap();
    let sender =
        std::fs::read_to_string(mapgate_tests::repository().join("functions/reset-password/src/sending.rs"));
    assert!(sender.unwrap().contains(&format!("\"{words}\")")), "{words}");
}

/// What the health check asks is a path that each function answers.
#[tokio::test]
async fn the_health_checks_path_is_answered() {
    let test = TestGate::new().await;
    for (function, routes, _) in FUNCTIONS {
        let path = format!("/health/{function}");
        assert!(routes.contains(&path.as_str()), "{path}");
    }
    let answer = test.send(mapgate_login::router(test.gate.clone()), get("/health/login"));
    assert_eq!(answer.await.status, 200);
}

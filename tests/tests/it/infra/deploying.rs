//! A version is published only where it starts, and goes back by itself where it fails.

use mapgate_tests::template::{template, texts};

use super::list;

#[test]
fn every_function_is_built_from_its_folder_and_called_by_its_alias() {
    let globals = &template().globals["Function"];
    assert_eq!(globals["Runtime"], "provided.al2023");
    assert_eq!(globals["AutoPublishAlias"], "live");
    assert_eq!(texts(&globals["Architectures"]), ["Architecture"]);
    assert_eq!(template().parameters["Architecture"]["Default"], "arm64");
    for id in template().functions().keys() {
        let function = &template().resources[*id];
        assert_eq!(function["Metadata"]["BuildMethod"], "rust-cargolambda", "{id}");
        assert!(function["Properties"]["MemorySize"].as_u64() >= Some(128), "{id}");
    }
    for (id, permission) in template().of_type("AWS::Lambda::Permission") {
        let called = permission["Properties"]["FunctionName"].as_str().unwrap();
        assert!(called.ends_with(".Alias"), "{id}");
    }
}

#[test]
fn a_new_version_comes_in_by_a_canary_that_its_own_alarms_take_back() {
    let shift = &template().globals["Function"]["DeploymentPreference"];
    assert_eq!(
        (shift["Enabled"].as_str(), shift["Type"].as_str()),
        (Some("SafeShift"), Some("Shift"))
    );
    assert_eq!(template().parameters["SafeShift"]["Default"], "true");
    let usual = template().parameters["Shift"]["Default"].as_str().unwrap();
    assert!(usual.starts_with("Canary10Percent"), "{usual}");
    assert_eq!(shift["Hooks"]["PreTraffic"], "HealthCheck");
    for id in template().functions().keys() {
        let alarms = [("Errors", "AWS/Lambda"), ("Faults", "mapgate")];
        let named = alarms.map(|(alarm, _)| format!("{id}{alarm}"));
        let told = texts(&template().resources[*id]["Properties"]["DeploymentPreference"]["Alarms"]);
        assert_eq!(told, named, "{id}");
        for ((_, namespace), name) in alarms.iter().zip(&named) {
            let alarm = &template().resources[name]["Properties"];
            assert_eq!(alarm["Namespace"], *namespace);
            let dimensions: Vec<(&str, &str)> = list(&alarm["Dimensions"])
                .iter()
                .map(|of| (of["Name"].as_str().unwrap(), of["Value"].as_str().unwrap()))
                .collect();
            let (alias, version) = (format!("${{{id}}}:live"), format!("{id}.Version.Version"));
            let wanted = match *namespace {
                "mapgate" => vec![("Function", *id), ("Version", version.as_str())],
                _ => vec![
                    ("FunctionName", *id),
                    ("Resource", alias.as_str()),
                    ("ExecutedVersion", version.as_str()),
                ],
            };
            assert_eq!(dimensions, wanted);
            assert_eq!(texts(&alarm["AlarmActions"]), ["AlarmTopic"]);
        }
    }
}

#[test]
fn the_health_check_calls_the_new_version_of_every_function_before_anybody_else_does() {
    let hook = &template().resources["HealthCheck"]["Properties"];
    // CodeDeploy's role may call no other name.
    assert!(
        hook["FunctionName"]
            .as_str()
            .unwrap()
            .starts_with("CodeDeployHook_")
    );
    let versions = texts(&hook["Environment"]["Variables"]["NEW_VERSIONS"]);
    for (id, function) in template().functions() {
        let wanted = format!("{function}=${{{id}.Version}}");
        assert!(versions.contains(&wanted.as_str()), "{wanted}: {versions:?}");
    }
    let code = hook["Code"]["ZipFile"].as_str().unwrap();
    assert!(
        code.contains("/health/{function}") && code.contains("put_lifecycle_event_hook_execution_status")
    );
    // CloudFormation takes 4 MB of code in a package, but 4096 characters in the template.
    assert!(code.len() <= 4096, "{}", code.len());
}

#[test]
fn every_alarm_tells_somebody_and_each_function_keeps_its_log_for_a_while() {
    let alarms: Vec<_> = template().of_type("AWS::CloudWatch::Alarm").collect();
    assert!(alarms.len() >= 7 + 5, "{}", alarms.len());
    for (id, alarm) in alarms {
        assert_eq!(
            texts(&alarm["Properties"]["AlarmActions"]),
            ["AlarmTopic"],
            "{id}"
        );
    }
    for (id, log) in template().of_type("AWS::Logs::LogGroup") {
        assert_eq!(log["Properties"]["RetentionInDays"], "LogDays", "{id}");
    }
    for together in ["Failing", "Throttles", "Slow"] {
        let metrics = list(&template().resources[together]["Properties"]["Metrics"]);
        for id in template().functions().keys().filter(|id| !id.ends_with("Stream")) {
            let is_its = |dimension: &serde_json::Value| dimension["Value"] == *id;
            let is_there = metrics.iter().any(|metric| {
                list(&metric["MetricStat"]["Metric"]["Dimensions"])
                    .iter()
                    .any(is_its)
            });
            assert!(is_there, "{together}: {id}");
        }
    }
}

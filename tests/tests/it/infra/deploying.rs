//! A version is published only where it starts, and goes back by itself where it fails.

use std::path::Path;
use std::process::Command;

use mapgate_tests::repository;
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
    let role = &template().resources["HealthCheckRole"]["Properties"]["Policies"][0]["PolicyDocument"];
    let may_call = list(&role["Statement"])
        .iter()
        .find(|statement| texts(&statement["Action"]) == ["lambda:InvokeFunction"]);
    let may_call = texts(&may_call.unwrap()["Resource"]);
    for (id, function) in template().functions() {
        let wanted = format!("{function}=${{{id}.Version}}");
        assert!(versions.contains(&wanted.as_str()), "{wanted}: {versions:?}");
        assert!(
            may_call.contains(&format!("${{{id}.Arn}}:*").as_str()),
            "{id}: {may_call:?}"
        );
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

/// Has `infra/build` put the file `prod.yaml` of these into a package, and returns what is in there, or nothing where it refuses.
fn packaged(files: &[(&str, &str)]) -> Option<Vec<String>> {
    let build = std::fs::read_to_string(repository().join("infra/build")).unwrap();
    let (_, function) = build.split_once("\nput() {").unwrap();
    let (function, _) = function.split_once("\n}\n").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (settings, package) = (folder.path().join("settings"), folder.path().join("package"));
    std::fs::create_dir(&package).unwrap();
    for (name, text) in files {
        let path = settings.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let script = format!("put() {{{function}\n}}\nsettings=$1\nput \"$settings\" mapgate.yaml \"$2\"");
    let done = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &script, "infra/build"])
        .args([&settings.join("prod.yaml"), &package])
        .output()
        .unwrap();
    done.status.success().then(|| {
        let mut names = Vec::new();
        below(&package, "", &mut names);
        names.sort();
        names
    })
}

fn below(folder: &Path, beginning: &str, names: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{beginning}{}", entry.file_name().into_string().unwrap());
        if entry.path().is_dir() {
            below(&entry.path(), &format!("{name}/"), names);
        } else {
            names.push(name);
        }
    }
}

#[test]
fn the_settings_go_into_a_package_with_what_they_name_and_never_one_over_another() {
    let found = packaged(&[
        (
            "prod.yaml",
            "extends: \"my base.yaml\"\nvars:\n  authentication:\n    ldap:\n      ca_file: ca/own.pem # ours\n",
        ),
        ("my base.yaml", "extends: sub/other.yaml\r\nvars: {}\r\n"),
        ("sub/other.yaml", "extends: third.yaml\n"),
        (
            "sub/third.yaml",
            "vars:\n  authentication:\n    ldap:\n      ca_file: 'other.pem'\n",
        ),
        ("other.pem", "-----BEGIN CERTIFICATE-----\n"),
        ("ca/own.pem", "-----BEGIN CERTIFICATE-----\n"),
    ]);
    let wanted = [
        "ca/own.pem",
        "mapgate.yaml",
        "my base.yaml",
        "other.pem",
        "sub/other.yaml",
        "sub/third.yaml",
    ];
    assert_eq!(found.unwrap(), wanted);
    let in_flow = "vars: {authentication: {ldap: {ca_file: own.pem}}}\n";
    assert_eq!(
        packaged(&[("prod.yaml", in_flow), ("own.pem", "")]),
        None,
        "it would not be seen"
    );
    for refused in ["mapgate.yaml", "../base.yaml", "/etc/hostname", "nowhere.yaml"] {
        let text = format!("extends: {refused}\n");
        let found = packaged(&[("prod.yaml", &text), ("mapgate.yaml", "vars: {}\n")]);
        assert_eq!(found, None, "{refused}");
    }
}

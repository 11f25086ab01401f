//! What the functions' roles allow is what the code asks. Whether it is enough, each test with a
//! [`TestGate`](mapgate_tests::gate::TestGate) sees: it refuses a function what its role does not allow. Whether it is too much, is seen here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use mapgate_tests::gate::{IDENTIFYING, NOTES, TestGate, as_function, get, identifying, post, with_header};
use mapgate_tests::repository;
use mapgate_tests::template::{Grant, fits, template, texts};
use serde_json::Value;

use super::list;

/// Tests that together ask the table for everything that a function may ask it for.
const ASKING: [&str; 24] = [
    "account::ldap_login::who_enters_by_basic_is_made_and_has_the_roles_of_the_directorys_groups",
    "admin::clients::a_client_is_changed_listed_and_deleted",
    "admin::pages::logging_out_ends_the_session",
    "admin::pages::others::a_role_is_made_changed_and_deleted_with_a_word_on_what_depends_on_it",
    "admin::pages::others::the_audit_log_is_read_by_day_and_filtered_by_a_text",
    "admin::pages::users::a_user_is_made_changed_copied_and_deleted",
    "admin::pages::users::users_are_found_sorted_and_paged",
    "admin::servers::a_server_and_its_layers_are_made_changed_and_deleted",
    "admin::users::whose_password_an_administrator_sets_is_told_by_mail",
    "http::health_names_what_is_not_there",
    "identity::authorization::an_unknown_scheme_is_absent_and_a_wrong_bearer_or_basic_never_falls_through",
    "identity::bearer::a_token_gives_its_user_and_asks_nothing_for_ten_seconds",
    "identity::url_login::it_sets_a_ticket_that_goes_on_without_the_token_and_can_be_logged_out",
    "infra::roles::a_name_that_is_too_long_for_a_key_is_asked_for_under_its_digest",
    "login::account::qgis::the_page_asks_the_table_for_clients_servers_and_each_closed_servers_layers",
    "login::logging_in::t70_whatever_is_wrong_answer_and_work_are_the_same_and_only_the_trail_knows",
    "login::oidc::accounts::an_address_finds_a_user_where_the_provider_vouches_for_it_and_one_has_it",
    "mapserver_proxy::a_readable_layer_passes_with_the_proxys_own_parameters_last",
    "oauth::authorize_login::hostile_logins_are_wrong_logins",
    "oauth::parameters::t55_a_resource_must_be_known",
    "oauth::sessions::a_second_qgis_with_the_same_client_ends_the_first_when_its_code_is_redeemed_and_not_before",
    "reset_password::asking::t88_known_and_unknown_get_the_same_answer_by_the_same_requests",
    "reset_password::crashes::a_killed_change_by_link_is_whole_or_has_not_begun",
    "reset_password::sending::t92_a_changed_password_is_told_by_mail",
];

#[tokio::test]
async fn a_name_that_is_too_long_for_a_key_is_asked_for_under_its_digest() {
    let test = TestGate::with(
        "  hide_capabilities: false\n  reset_password: {email_from: a@example.com, email_subject: s, email_body: '{password}'}",
        &[("BASICAUTH", "true")],
    )
    .await;
    let long = "x".repeat(3000);
    let (gate, form) = (
        &test.gate,
        [("login", long.as_str()), ("password", "any password")],
    );
    let login = test.send(mapgate_login::router(gate.clone()), post("/login", &form));
    assert_eq!(login.await.status, 401);
    let reset = mapgate_reset_password::router(gate.clone());
    let reset = test.send(reset, post("/loginresetpassword", &form));
    assert_eq!(reset.await.status, 200);
    let basic = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        format!("{long}:any password"),
    );
    let request = || with_header(get("/loginuser"), "authorization", &format!("Basic {basic}"));
    let basic = test.send(mapgate_login::router(gate.clone()), request());
    assert_eq!(as_function(IDENTIFYING, basic).await.status, 401);
}

/// What those tests asked, by function: action, index, and key up to its `#`.
fn asked() -> BTreeMap<String, BTreeSet<[String; 3]>> {
    let folder = tempfile::tempdir().unwrap();
    let notes = folder.path().join("notes");
    let tests = Command::new(std::env::current_exe().unwrap())
        .arg("--exact")
        .args(ASKING)
        .env(NOTES, &notes)
        .output()
        .unwrap();
    let said = String::from_utf8(tests.stdout).unwrap();
    assert!(
        tests.status.success() && said.contains(&format!("{} passed", ASKING.len())),
        "{said}"
    );
    let mut asked: BTreeMap<String, BTreeSet<[String; 3]>> = BTreeMap::new();
    for line in std::fs::read_to_string(notes).unwrap().lines() {
        let [function, action, index, key] =
            <[&str; 4]>::try_from(line.split('\t').collect::<Vec<_>>()).unwrap();
        asked
            .entry(function.to_owned())
            .or_default()
            .insert([action, index, key].map(str::to_owned));
    }
    asked
}

/// Which keys of a grant nobody of them asked for.
fn idle(grant: &Grant, asked: &BTreeMap<String, BTreeSet<[String; 3]>>) -> Vec<String> {
    let identifies = identifying().contains(&grant.function.as_str());
    let who = [Some(grant.function.as_str()), identifies.then_some(IDENTIFYING)];
    let by_them = || who.iter().flatten().filter_map(|who| asked.get(*who)).flatten();
    let is_asked = |pattern: &str| {
        by_them().any(|[action, index, key]| {
            *action == grant.action && *index == grant.index.clone().unwrap_or_default() && fits(pattern, key)
        })
    };
    let idle = grant.keys.iter().filter(|pattern| !is_asked(pattern));
    idle.map(|pattern| format!("{}: {} of {pattern}", grant.function, grant.action))
        .collect()
}

#[test]
fn nothing_is_allowed_that_nobody_asks() {
    let asked = asked();
    let idle: Vec<String> = template()
        .grants()
        .iter()
        .flat_map(|grant| idle(grant, &asked))
        .collect();
    assert!(
        idle.is_empty(),
        "no test of ASKING asks for this: name one that does, or take it out of the template: {idle:#?}"
    );
}

/// DynamoDB compares all keys of a request with one statement, so each action has one with all its keys.
#[test]
fn each_action_stands_in_one_statement_and_names_its_keys() {
    let mut seen = BTreeSet::new();
    let functions: BTreeSet<&str> = template().functions().into_values().collect();
    assert_eq!(functions.len(), 7, "{functions:?}");
    for grant in template().grants() {
        assert!(
            seen.insert((&grant.function, &grant.action, &grant.index)),
            "{grant:?}"
        );
        assert!(!grant.keys.is_empty(), "{grant:?}");
        // In an index there are keys only, of users or clients.
        let is_narrow = |key: &String| grant.index.is_some() || !key.starts_with('*');
        assert!(grant.keys.iter().all(is_narrow), "{grant:?}");
    }
    let with_grants: BTreeSet<&str> = template()
        .grants()
        .iter()
        .map(|grant| grant.function.as_str())
        .collect();
    assert_eq!(with_grants, functions);
}

fn holds(folder: &Path, text: &str) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            holds(&path, text)
        } else {
            std::fs::read_to_string(path).is_ok_and(|source| source.contains(text))
        }
    })
}

/// Every action of a role that is not the table's, with the resources it is for.
fn others(role: &Value) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    let policies = list(&role["Properties"]["Policies"]).iter();
    for statement in policies.flat_map(|policy| list(&policy["PolicyDocument"]["Statement"])) {
        // One with a condition of the stack's is a list: its name, the statement, nothing.
        let statement = statement.get(1).unwrap_or(statement);
        let resources: Vec<String> = texts(&statement["Resource"])
            .into_iter()
            .map(str::to_owned)
            .collect();
        if !resources.iter().any(|resource| resource.contains(":table/")) {
            for action in texts(&statement["Action"]) {
                found.insert(action.to_owned(), resources.clone());
            }
        }
    }
    found
}

#[test]
fn mail_is_sent_by_the_function_that_calls_ses_and_by_no_other() {
    for (id, function) in template().functions() {
        let role = &template().resources[id]["Properties"]["Role"];
        let role = role.as_str().unwrap().trim_end_matches(".Arn");
        let others = others(&template().resources[role]);
        let sends = holds(
            &repository().join("functions").join(function).join("src"),
            ".send_raw_email()",
        );
        let actions: Vec<&str> = others.keys().map(String::as_str).collect();
        if !sends {
            assert_eq!(actions, [""; 0], "{function}");
            continue;
        }
        // The function that sends has the table's stream besides.
        assert_eq!(
            actions,
            [
                "dynamodb:DescribeStream",
                "dynamodb:GetRecords",
                "dynamodb:GetShardIterator",
                "dynamodb:ListStreams",
                "ses:SendRawEmail"
            ]
        );
        let narrow =
            |resource: &String| resource.contains("${MailFrom}") || resource.contains("${AWS::StackName}");
        assert!(others["ses:SendRawEmail"].iter().all(narrow));
        assert_eq!(
            others["dynamodb:GetRecords"],
            ["OwnTable", "Table.StreamArn", "RestoredTableStream"]
        );
    }
}

#[test]
fn every_function_may_write_its_log_and_read_the_keys_and_nothing_else() {
    let policy = &template().resources["EveryFunction"]["Properties"]["PolicyDocument"];
    let [log, secrets, network, tracing] = list(&policy["Statement"]) else {
        panic!("four statements");
    };
    assert_eq!(
        texts(&log["Action"]),
        ["logs:CreateLogStream", "logs:PutLogEvents"]
    );
    assert!(
        log["Resource"]
            .as_str()
            .unwrap()
            .ends_with("log-group:/aws/lambda/${AWS::StackName}-*")
    );
    assert_eq!(texts(&secrets["Action"]), ["secretsmanager:GetSecretValue"]);
    assert_eq!(
        texts(&secrets["Resource"]),
        [
            "OwnKeys",
            "Keys",
            "KeysSecret",
            "HasSettingsSecret",
            "SettingsSecret",
            "AWS::NoValue"
        ]
    );
    assert!(holds(&repository().join("core/src"), ".get_secret_value()"));
    assert_eq!(tracing[0], "Traces");
    assert_eq!(
        texts(&tracing[1]["Action"]),
        ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
    );
    assert_eq!(template().parameters["Tracing"]["Default"], "PassThrough");
    assert_eq!(network[0], "InVpc");
    assert!(
        texts(&network[1]["Action"])
            .iter()
            .all(|action| action.starts_with("ec2:"))
    );
    for id in template().functions().keys() {
        let role = template().resources[*id]["Properties"]["Role"].as_str().unwrap();
        let role = &template().resources[role.trim_end_matches(".Arn")]["Properties"];
        assert_eq!(texts(&role["ManagedPolicyArns"]), ["EveryFunction"], "{id}");
    }
}

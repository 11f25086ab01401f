//! `extends`, `environment`, and where a fault is.

use super::super::{AllowedOrigin, Service};
use super::{faults, good, settings, settings_of};

#[test]
fn a_variable_that_is_listed_fills_text() {
    let yaml = "
environment:
  - ISSUER
  - {name: FAILURES, default: 7}
runtime_environment:
  - name: FACTOR
    default: 'false'
vars:
  authentication:
    two_factor: '{FACTOR}'
    two_factor_issuer_name: 'Portal {ISSUER} {OTHER}'
    max_consecutive_failures: '{FAILURES}'
";
    let settings = settings(
        yaml,
        &[("ISSUER", "of {FACTOR}"), ("FACTOR", "Yes"), ("OTHER", "x")],
    )
    .unwrap();
    let authentication = &settings.authentication;
    assert!(authentication.two_factor);
    assert_eq!(
        authentication.two_factor_issuer_name,
        "Portal of {FACTOR} {OTHER}"
    );
    assert_eq!(authentication.max_consecutive_failures, Some(7));
}

#[test]
fn a_variable_that_is_not_set_is_a_fault_only_where_it_is_used() {
    let yaml = "
environment: [PGHOST, FACTOR]
vars:
  sqlalchemy: {url: 'postgresql://{PGHOST}'}
  authentication:
    two_factor: '{FACTOR}'
";
    assert_eq!(
        faults(yaml),
        ["vars.yaml:6: vars.authentication.two_factor: FACTOR is not set and has no default"]
    );
}

#[test]
fn what_a_variable_holds_is_not_shown() {
    let yaml = "environment: [TOKEN]\nvars: {hide_capabilities: '{TOKEN}'}\n";
    let faults = settings(yaml, &[("TOKEN", "hunter2")]).unwrap_err();
    assert_eq!(
        faults,
        ["vars.yaml:2: vars.hide_capabilities: expected a boolean, got what \"{TOKEN}\" gives"]
    );
}

#[test]
fn fields_of_a_mail_stay() {
    let yaml = "
environment: [PORTAL, user]
no_interpreted: [welcome_email.email_body]
vars:
  reset_password:
    email_from: info@example.com
    email_subject: 'New password for {PORTAL}'
    email_body: |
      Hello {name}, {password} {
  welcome_email: {email_from: a@b, email_subject: s, email_body: 'Hello {user}'}
";
    let settings = settings(yaml, &[("PORTAL", "Demo"), ("user", "x")]).unwrap();
    let mail = settings.reset_password.unwrap();
    assert_eq!(mail.email_subject, "New password for Demo");
    assert_eq!(mail.email_body, "Hello {name}, {password} {\n");
    assert_eq!(settings.welcome_email.unwrap().email_body, "Hello {user}");
}

#[test]
fn what_extends_wins_key_by_key() {
    let child = "
extends: base/const.yaml
update_paths: [authorized_referers]
vars:
  authentication: {two_factor: true}
  intranet: {networks: [10.0.0.0/8]}
  authorized_referers: [child.example.com]
";
    let base = "
extends: ../root.yaml
environment: [{name: HOST, default: base.example.com}]
vars:
  authentication: {two_factor: false, max_consecutive_failures: 3}
  intranet: {networks: [192.168.0.0/16]}
  authorized_referers: ['{HOST}']
";
    let root = "vars: {hide_capabilities: true, authentication: {session_max_days: 2}}";
    let files = [("base/const.yaml", base), ("root.yaml", root)];
    let settings = settings_of(child, &[], &files).unwrap();
    assert!(settings.authentication.two_factor && settings.hide_capabilities);
    assert_eq!(settings.authentication.max_consecutive_failures, Some(3));
    assert_eq!(settings.authentication.session_max.as_secs(), 2 * 86_400);
    assert!(!settings.intranet.networks.contains([192, 168, 0, 1].into()));
    let referers: Vec<&str> = settings
        .authorized_referers
        .iter()
        .map(super::super::Referer::as_str)
        .collect();
    assert_eq!(referers, ["base.example.com", "child.example.com"]);
}

#[test]
fn a_fault_names_the_file_that_it_stands_in() {
    let base = "vars:\n\n  authentication:\n    two_factor: maybe\n";
    let child = "extends: base.yaml\nvars:\n  authentication:\n    argon2: {concurrent: 0}\n";
    assert_eq!(
        settings_of(child, &[], &[("base.yaml", base)]).unwrap_err(),
        [
            "base.yaml:4: vars.authentication.two_factor: expected a boolean, got \"maybe\"",
            "vars.yaml:4: vars.authentication.argon2.concurrent: expected a whole number from 1 to 64, got \"0\"",
        ]
    );
}

#[test]
fn a_file_that_extends_itself_or_nothing_is_a_fault() {
    assert_eq!(
        faults("extends: ./vars.yaml"),
        ["vars.yaml:1: extends: vars.yaml extends itself"]
    );
    assert_eq!(
        faults("\nextends: gone.yaml"),
        ["vars.yaml:2: extends: gone.yaml cannot be read: no such file"]
    );
    assert_eq!(
        faults("extends: [a]"),
        ["vars.yaml:1: extends: expected a file name, got a list"]
    );
    let files = [("a.yaml", "extends: b.yaml"), ("b.yaml", "extends: x/../a.yaml")];
    assert_eq!(
        settings_of("extends: a.yaml", &[], &files).unwrap_err(),
        ["b.yaml:1: extends: a.yaml extends itself"]
    );
}

#[test]
fn a_syntax_error_has_its_line() {
    let faults = faults("vars:\n  smtp:\n    password: [hunter2\n  x: }\n");
    assert!(
        faults.len() == 1 && faults[0].starts_with("vars.yaml:4: not valid YAML: "),
        "{faults:?}"
    );
    assert!(!faults[0].contains("hunter2"));
}

#[test]
fn a_key_that_stands_twice_is_a_fault() {
    assert_eq!(
        faults("vars:\n  hide_capabilities: true\n  smtp: {}\n  hide_capabilities: false\n"),
        ["vars.yaml:4: \"hide_capabilities\" stands twice in the same map (again on line 4)"]
    );
}

#[test]
fn aliases_and_merge_keys_are_followed() {
    let settings = good(
        "
vars:
  headers:
    index: &header {access_control_allow_origin: ['*'], access_control_max_age: 600}
    login:
      <<: *header
      access_control_allow_origin: [https://a.example.com/]
    print: *header
    mapserver:
      <<: [{access_control_max_age: 5}, *header]
",
    );
    let login = settings.headers.get(Service::Login);
    assert_eq!(login.access_control_max_age.as_secs(), 600);
    assert_eq!(
        login.access_control_allow_origin,
        [AllowedOrigin::Origin("https://a.example.com".to_owned())]
    );
    assert_eq!(
        settings.headers.get(Service::Print).access_control_allow_origin,
        [AllowedOrigin::Any]
    );
    assert_eq!(
        settings
            .headers
            .get(Service::Mapserver)
            .access_control_max_age
            .as_secs(),
        5
    );
    assert_eq!(
        settings
            .headers
            .get(Service::Admin)
            .access_control_max_age
            .as_secs(),
        3600
    );
}

#[test]
fn malformed_lists_of_variables_are_faults() {
    assert_eq!(
        faults("environment: X\nruntime_environment: [{default: 1}]\nvars: {}\n"),
        [
            "vars.yaml:1: environment: expected a list, got a single value",
            "vars.yaml:2: runtime_environment: expected a name, or a map with name and default",
        ]
    );
}

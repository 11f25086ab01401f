//! Every key: what it takes, and what it says where it is wrong.

use std::time::Duration;

use super::super::{SameSite, Secret, UserField, Validator};
use super::{faults, good, settings};

/// Each owned key with a wrong value, and how its fault starts.
fn wrong() -> Vec<(&'static str, &'static str)> {
    let lines = include_str!("wrong.txt")
        .lines()
        .filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split_once(" => ").unwrap()).collect()
}

#[test]
fn each_wrong_value_names_its_key_and_line() {
    for (yaml, expected) in wrong() {
        let faults = faults(&format!("vars:\n  {yaml}\n"));
        let expected = format!("vars.yaml:2: vars.{expected}");
        assert!(
            faults.iter().any(|fault| fault.starts_with(&expected)),
            "{yaml}: {faults:?}"
        );
        assert!(
            faults
                .iter()
                .all(|fault| !fault.contains("hunter2") && !fault.contains('\n')),
            "{faults:?}"
        );
    }
}

#[test]
fn every_key_is_tried_with_a_wrong_value() {
    let (known, wrong) = (super::documentation::known(), wrong());
    let free = [
        "attributes.email",
        "attributes.display_name",
        "attributes.groups",
        "user_info_fields.",
    ];
    for key in known.keys().filter_map(|key| key.strip_prefix("vars.")) {
        let key = key.replace("<service>", "login");
        let tried = wrong
            .iter()
            .any(|(_, fault)| fault.contains(&format!("{key}:")) || fault.contains(&format!("{key}[")));
        let same_kind = free.iter().any(|free| key.contains(free)) || key.starts_with("welcome_email.");
        assert!(tried || same_kind, "{key} has no entry in wrong.txt");
    }
}

#[test]
fn a_fault_has_the_line_of_its_value() {
    let yaml = "
vars:
  authentication:
    # a comment
    max_consecutive_failures:
      ten
    argon2:
      memory_kib: 8192

      iterations: 4
  intranet:
    networks:
      - 10.0.0.0/8
      - ten
";
    assert_eq!(
        faults(yaml),
        [
            "vars.yaml:6: vars.authentication.max_consecutive_failures: expected a whole number from 1 to 10000, got \"ten\"",
            "vars.yaml:10: vars.authentication.argon2.iterations: too few for this memory_kib; OWASP's least are 1 from \
             47104, 2 from 19456, 3 from 12288, 4 from 9216 and 5 from 7168",
            "vars.yaml:14: vars.intranet.networks[1]: expected a network, as 10.0.0.0/8 or 10.0.0.0/255.0.0.0, got \"ten\"",
        ]
    );
}

#[test]
fn owasp_s_parameter_sets_are_the_floor() {
    let argon2 = |memory: u32, iterations: u32| {
        let yaml = format!(
            "vars: {{authentication: {{argon2: {{memory_kib: {memory}, iterations: {iterations}}}}}}}"
        );
        settings(&yaml, &[]).is_ok()
    };
    for (memory, iterations) in [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)] {
        assert!(argon2(memory, iterations), "{memory} {iterations}");
        assert!(!argon2(memory - 1, iterations), "{memory} {iterations}");
        assert!(!argon2(memory, iterations - 1), "{memory} {iterations}");
    }
}

#[test]
fn scalars_may_be_strings() {
    let settings = good("
vars:
  authentication: {two_factor: 'True', max_consecutive_failures: '10', validators: ['directory'], lockout_minutes: ''}
  hide_capabilities: \"yes\"
  http_options: {timeout: '2.5'}
  smtp: {host: smtp.example.com, starttls: '1', user: 0123, password: 0123}
  audit: {retention_days: '7'}
");
    assert!(settings.authentication.two_factor && settings.hide_capabilities);
    assert_eq!(settings.authentication.max_consecutive_failures, Some(10));
    assert_eq!(settings.authentication.lockout, None);
    assert_eq!(settings.http_options.timeout, Duration::from_millis(2500));
    assert_eq!(settings.audit_retention_days, 7);
    let smtp = settings.smtp.unwrap();
    assert_eq!((smtp.port, smtp.user.as_deref()), (587, Some("0123")));
    assert_eq!(smtp.password.as_ref().map(Secret::expose), Some("0123"));
}

#[test]
fn null_is_absent() {
    let settings = good(
        "vars: {authentication: {ldap: ~, trusted_header: {header: ~}, max_consecutive_failures: null}, smtp: }",
    );
    assert!(settings.authentication.ldap.is_none() && settings.authentication.trusted_header.is_none());
    assert!(settings.smtp.is_none());
}

#[test]
fn targets_are_taken_apart() {
    let settings = good("vars: {resourceproxy: {targets: {a: 'https://x.example.com/100%%/%s?a=%s'}}}");
    let target = &settings.resourceproxy.targets["a"];
    assert_eq!(target.pieces(), ["https://x.example.com/100%/", "?a=", ""]);
    assert_eq!(target.values(), 2);
    assert_eq!(settings.resourceproxy.allowed_headers.len(), 5);
}

#[test]
fn referers_are_hosts() {
    let settings = good(
        "vars: {authorized_referers: [A.example.com, 'b:8080', 'https://c:443/p?q', 'd:80', 'http://[::1]:81/']}",
    );
    let hosts: Vec<&str> = settings
        .authorized_referers
        .iter()
        .map(super::super::Referer::as_str)
        .collect();
    assert_eq!(hosts, ["a.example.com", "b:8080", "c", "d", "[::1]:81"]);
    assert!(settings.authorized_referers[1].covers(&"http://B:8080/x".parse().unwrap()));
    assert!(!settings.authorized_referers[1].covers(&"http://b/x".parse().unwrap()));
}

#[test]
fn smtp_s_port_is_the_host_s_suffix() {
    for (smtp, host, port) in [
        ("host: a, ssl: true", "a", 465),
        ("host: a, starttls: true", "a", 587),
        ("host: a", "a", 25),
        ("host: 'a:2525', ssl: true", "a", 2525),
        ("host: '[::1]:26'", "::1", 26),
        ("host: '::1'", "::1", 25),
    ] {
        let settings = good(&format!("vars: {{smtp: {{{smtp}}}}}"));
        let smtp = settings.smtp.unwrap();
        assert_eq!((smtp.host.as_str(), smtp.port), (host, port));
    }
}

#[test]
fn other_sources_of_users_are_read() {
    let settings = good(
        "
vars:
  authentication:
    validators: [ldap, directory]
    ldap:
      url: LDAPS://Dir.example.com
      base_dn: ou=people,dc=example,dc=com
      bind_dn: cn=reader
      bind_password: hunter2
      group_roles: {'cn=editors,dc=example,dc=com': editor}
    trusted_header: {header: X-Remote-User, proxies: [10.0.0.0/8]}
    openid_connect:
      enabled: true
      url: https://sso.example.com/realms/map/
      client_id: map
      client_secret: hunter2
      match_field: email
      login_extra_params: {prompt: login}
",
    );
    let authentication = &settings.authentication;
    assert_eq!(authentication.validators, [Validator::Ldap, Validator::Directory]);
    let ldap = authentication.ldap.as_ref().unwrap();
    assert_eq!(
        (ldap.filter.as_str(), ldap.attributes.groups.as_str()),
        ("(uid={username})", "memberOf")
    );
    assert_eq!(ldap.group_roles["cn=editors,dc=example,dc=com"], "editor");
    let header = authentication.trusted_header.as_ref().unwrap();
    assert!(
        header.header == "x-remote-user"
            && header.proxies.contains([10, 1, 1, 1].into())
            && !header.create_user
    );
    let openid_connect = authentication.openid_connect.as_ref().unwrap();
    assert_eq!(openid_connect.url, "https://sso.example.com/realms/map/");
    assert_eq!(openid_connect.match_field, UserField::Email);
    assert_eq!(openid_connect.scopes, ["openid", "profile", "email"]);
    assert_eq!(openid_connect.user_info_fields.username, "sub");
    assert!(!format!("{settings:?}").contains("hunter2"));
    assert_eq!(settings.authtkt.same_site, SameSite::Lax);
}

#[test]
fn a_file_without_vars_is_said_to_have_no_effect() {
    for (yaml, warned) in [
        ("authentication: {two_factor: true}\n", true),
        ("vars:\n  authentication: {two_factor: false}\n", false),
    ] {
        let warnings = settings(yaml, &[]).unwrap().warnings();
        assert_eq!(
            warnings.iter().any(|warning| warning.contains("no vars")),
            warned,
            "{warnings:?}"
        );
    }
}

#[test]
fn doubtful_settings_are_warnings() {
    let yaml = "
vars:
  authentication:
    two_factor: true
    lockout_minutes: 5
    ldap: {url: 'ldap://a', base_dn: x}
  http_options: {verify: false, proxies: x}
  intranet: {trusted_proxies: ['::/0']}
  smtp: {host: a, user: b, password: c}
";
    let warnings = settings(yaml, &[("BASICAUTH", "true")]).unwrap().warnings();
    for start in [
        "BASICAUTH with vars.authentication.two_factor",
        "vars.authentication.lockout_minutes: no effect",
        "vars.authentication.ldap: neither",
        "vars.authentication.ldap: not used",
        "vars.http_options.verify is false",
        "vars.intranet.trusted_proxies holds everyone",
        "vars.smtp: neither",
        "keys of GeoMapFish that have no effect here: vars.http_options.proxies",
    ] {
        assert!(
            warnings.iter().any(|warning| warning.starts_with(start)),
            "{start}: {warnings:#?}"
        );
    }
    assert_eq!(warnings.len(), 8);
}

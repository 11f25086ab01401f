//! The environment.

use std::path::PathBuf;
use std::time::Duration;

use super::super::{
    BaseUrl, Environment, InvokeMode, SameSite, SecretsSource, Settings, SettingsSource, load,
};
use super::{REQUIRED, environment};

const LONG: &str = "0123456789012345678901234567890123456789012345678901234567890123";

fn of(more: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
    load(&environment(more), None, &|_| Err("none".to_owned()))
        .map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

#[test]
fn defaults_are_those_of_the_chapter() {
    let settings = of(&[]).unwrap();
    let ticket = &settings.authtkt;
    assert_eq!(ticket.timeout.map(|age| age.as_secs()), Some(86_400));
    assert_eq!(ticket.reissue_time.map(|age| age.as_secs()), Some(9_000));
    assert_eq!(ticket.max_age.map(|age| age.as_secs()), Some(86_400));
    assert_eq!(
        (ticket.cookie_name.as_str(), ticket.http_only, ticket.secure),
        ("auth_tkt", true, true)
    );
    assert_eq!(ticket.same_site, SameSite::Lax);
    assert!(!settings.basicauth && settings.authtkt_secret.is_none());
    assert_eq!(settings.identity_cache, Duration::from_secs(10));
    assert_eq!(
        settings.secrets,
        SecretsSource::SecretsManager("mapgate/keys".to_owned())
    );
    assert!(settings.warnings().is_empty(), "{:?}", settings.warnings());
}

#[test]
fn each_required_variable_is_asked_for_at_once() {
    let faults = load(&Environment::default(), None, &|_| Err("none".to_owned())).unwrap_err();
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    let expected: Vec<String> = REQUIRED
        .iter()
        .map(|(name, _)| format!("{name}: must be set"))
        .collect();
    assert_eq!(lines, expected);
}

#[test]
fn booleans_are_true_yes_1_in_any_case() {
    for text in ["true", "True", "TRUE", "yes", "Yes", "1"] {
        assert!(of(&[("BASICAUTH", text)]).unwrap().basicauth, "{text}");
    }
    for text in ["false", "False", "no", "NO", "0", ""] {
        assert!(!of(&[("BASICAUTH", text)]).unwrap().basicauth, "{text}");
        assert!(
            !of(&[("AUTHTKT_HTTP_ONLY", text)]).unwrap().authtkt.http_only,
            "{text}"
        );
    }
    assert_eq!(
        of(&[("BASICAUTH", "maybe")]).unwrap_err(),
        ["BASICAUTH: expected a boolean, got \"maybe\""]
    );
}

#[test]
fn lifetimes_are_seconds_or_none() {
    let settings = of(&[("AUTHTKT_TIMEOUT", "None"), ("AUTHTKT_MAXAGE", "60")]).unwrap();
    assert_eq!(settings.authtkt.timeout, None);
    assert_eq!(settings.authtkt.max_age, Some(Duration::from_mins(1)));
    for text in ["0", "-1", "1.5", "soon", "+5", "99999999999999999999"] {
        let faults = of(&[("AUTHTKT_REISSUE_TIME", text)]).unwrap_err();
        assert_eq!(
            faults,
            [format!(
                "AUTHTKT_REISSUE_TIME: expected a whole number from 1 to 315360000 (seconds), or none, got {text:?}"
            )]
        );
    }
}

#[test]
fn the_invoke_mode_has_lambdas_names() {
    assert_eq!(of(&[]).unwrap().invoke_mode, InvokeMode::Buffered);
    let streams = of(&[("MAPGATE_INVOKE_MODE", "RESPONSE_STREAM")]).unwrap();
    assert_eq!(streams.invoke_mode, InvokeMode::ResponseStream);
    let faults = of(&[("MAPGATE_INVOKE_MODE", "STREAM")]).unwrap_err();
    assert_eq!(
        faults,
        ["MAPGATE_INVOKE_MODE: expected BUFFERED or RESPONSE_STREAM, got \"STREAM\""]
    );
}

#[test]
fn a_short_ticket_secret_is_refused_and_not_shown() {
    let settings = of(&[("AUTHTKT_SECRET", LONG)]).unwrap();
    assert_eq!(settings.authtkt_secret.as_ref().unwrap().expose(), LONG);
    assert!(!format!("{settings:?}").contains(LONG));
    let faults = of(&[("AUTHTKT_SECRET", "hunter2hunter")]).unwrap_err();
    assert_eq!(faults, ["AUTHTKT_SECRET: at least 64 characters, got 13"]);
}

#[test]
fn every_fault_is_reported_at_once() {
    let faults = of(&[
        ("AUTHTKT_SECRET", "short"),
        ("AUTHTKT_SAMESITE", "Sometimes"),
        ("AUTHTKT_COOKIENAME", "a b"),
        ("MAPGATE_IDENTITY_CACHE_SECONDS", "301"),
        ("MAPGATE_TABLE", "a table"),
    ]);
    assert_eq!(faults.unwrap_err().len(), 5);
}

#[test]
fn same_site_none_needs_secure() {
    let faults = of(&[("AUTHTKT_SAMESITE", "none"), ("AUTHTKT_SECURE", "no")]).unwrap_err();
    assert_eq!(
        faults,
        ["AUTHTKT_SAMESITE: None needs AUTHTKT_SECURE, or browsers refuse the cookie"]
    );
}

#[test]
fn secrets_and_settings_name_their_source() {
    let settings = of(&[("MAPGATE_SECRETS", "file:/run/keys.json")]).unwrap();
    assert_eq!(
        settings.secrets,
        SecretsSource::File(PathBuf::from("/run/keys.json"))
    );
    let source = |text| Settings::source(&environment(&[("MAPGATE_SETTINGS", text)]));
    assert_eq!(source(""), None);
    assert_eq!(
        source("vars.yaml"),
        Some(SettingsSource::Path(PathBuf::from("vars.yaml")))
    );
    for (text, path) in [
        ("vars.yaml", "/var/task/vars.yaml"),
        ("/opt/vars.yaml", "/opt/vars.yaml"),
    ] {
        let lambda = environment(&[("MAPGATE_SETTINGS", text), ("LAMBDA_TASK_ROOT", "/var/task")]);
        assert_eq!(
            Settings::source(&lambda),
            Some(SettingsSource::Path(PathBuf::from(path)))
        );
    }
    assert_eq!(
        source("secretsmanager:a/b"),
        Some(SettingsSource::SecretsManager("a/b".to_owned()))
    );
    assert_eq!(
        source("secretsmanager:a/b").unwrap().to_string(),
        "secretsmanager:a/b"
    );
}

#[test]
fn the_base_url_is_taken_apart() {
    let url = BaseUrl::parse("HTTPS://Map.Example.com:443/portal/").unwrap();
    assert_eq!(url.as_str(), "https://map.example.com/portal");
    assert_eq!(url.origin(), "https://map.example.com");
    assert_eq!(
        (url.host_with_port(), url.path_prefix()),
        ("map.example.com", "/portal")
    );
    assert!(url.is_https());
    assert_eq!(
        url.join("/oauth/token"),
        "https://map.example.com/portal/oauth/token"
    );
    let url = BaseUrl::parse("http://127.0.0.1:8080").unwrap();
    assert_eq!(
        (url.as_str(), url.host_with_port()),
        ("http://127.0.0.1:8080", "127.0.0.1:8080")
    );
    assert!(!url.is_https() && url.path_prefix().is_empty());
}

#[test]
fn a_faulty_base_url_is_refused_and_not_shown() {
    for text in [
        "map.example.com",
        "ftp://a/",
        "https://a/?x",
        "https://a/#x",
        "https://u:hunter2@a/",
        "https://",
        "mailto:a@b",
    ] {
        let faults = of(&[("MAPGATE_BASE_URL", text)]).unwrap_err();
        assert!(
            faults.len() == 1 && faults[0].starts_with("MAPGATE_BASE_URL: "),
            "{faults:?}"
        );
        assert!(!faults[0].contains("hunter2"));
    }
}

#[test]
fn what_is_seldom_meant_is_a_warning() {
    let warnings = of(&[
        ("AUTHTKT_REISSUE_TIME", "86400"),
        ("MAPGATE_BASE_URL", "http://map.example.com"),
        ("MAPGATE_TABEL", "x"),
    ]);
    let warnings = warnings.unwrap().warnings();
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    assert!(warnings.contains(&"MAPGATE_TABEL: unknown, has no effect".to_owned()));
}

#[test]
fn the_environment_is_printed_without_values() {
    let environment = environment(&[("AUTHTKT_SECRET", LONG)]);
    let printed = format!("{environment:?}");
    assert!(printed.contains("AUTHTKT_SECRET") && !printed.contains(LONG));
}

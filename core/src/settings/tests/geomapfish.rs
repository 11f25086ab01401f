//! A settings file as an integrator brings it from `GeoMapFish`.

use super::super::{AllowedOrigin, Service};
use super::settings_of;

const CONST_VARS: &str = include_str!("const_vars.yaml");
const VARS: &str = include_str!("vars.yaml");

#[test]
fn it_is_accepted_whole() {
    let settings = settings_of(
        VARS,
        &[("VISIBLE_WEB_HOST", "map.example.com")],
        &[("CONST_vars.yaml", CONST_VARS)],
    );
    let settings = settings.unwrap();
    let authentication = &settings.authentication;
    assert!(authentication.two_factor && authentication.openid_connect.is_none());
    assert_eq!(authentication.max_consecutive_failures, Some(10));
    assert_eq!(settings.main_ogc_server.as_deref(), Some("MapServer"));
    assert!(settings.enable_admin_interface && !settings.hide_capabilities && settings.urllogin.is_none());
    let smtp = settings.smtp.as_ref().unwrap();
    assert_eq!(
        (smtp.host.as_str(), smtp.port, smtp.ssl),
        ("smtp.example.com", 465, true)
    );
    assert_eq!(smtp.password.as_ref().unwrap().expose(), "<password>");
    assert!(
        settings
            .reset_password
            .as_ref()
            .unwrap()
            .email_body
            .contains("{password}")
    );
    assert!(
        settings
            .intranet
            .networks
            .contains("2001:db42::1".parse().unwrap())
    );
    assert_eq!(settings.resourceproxy.targets["rfinfoplu"].values(), 2);
    let login = settings.headers.get(Service::Login);
    assert_eq!(
        login.access_control_allow_origin,
        [AllowedOrigin::Origin("https://map.example.com".to_owned())]
    );
    assert_eq!(login.headers[0].0, "strict-transport-security");
    assert!(!settings.http_options.verify);
}

#[test]
fn what_has_no_effect_is_said_once() {
    let settings = settings_of(VARS, &[], &[("CONST_vars.yaml", CONST_VARS)]).unwrap();
    let warnings = settings.warnings();
    assert_eq!(warnings.len(), 2, "{warnings:#?}");
    assert!(warnings[0].contains("vars.http_options.verify is false"));
    for key in [
        "vars.headers.dynamic",
        "vars.headers.login.cache_control_max_age",
        "vars.authentication.oauth2",
    ] {
        assert!(warnings[1].contains(key), "{key}");
    }
    assert!(
        !warnings[1].contains("sqlalchemy"),
        "someone else's keys are not looked at"
    );
}

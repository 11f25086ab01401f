//! The settings: what no function would start with, and what is possible but unwise.

use mapgate_core::settings::{Authtkt, BaseUrl, Environment, SameSite, Settings};
use url::{Host, Url};

use super::Report;

const SUBJECT: &str = "settings";

/// What no function would start with, fault by fault.
pub fn faults(faults: &[String], report: &mut Report) {
    for fault in faults {
        report.wrong(SUBJECT, fault.as_str(), advice_on_fault(fault));
    }
}

fn advice_on_fault(fault: &str) -> &'static str {
    let is_variable = |name: &str| fault.starts_with(name);
    if is_variable("MAPGATE_SETTINGS") {
        "correct MAPGATE_SETTINGS: a path, or secretsmanager:ID with rights to read it, which manage-users settings FILE writes"
    } else if is_variable("MAPGATE_") || is_variable("AUTHTKT_") || is_variable("BASICAUTH") {
        "set the variable: infra/environment STACK prints a deployment's, the harness prints where its own are; docs/settings.md has each"
    } else {
        "correct it in the settings file, which docs/settings.md describes, before it is deployed"
    }
}

/// Settings that functions start with.
pub fn look(settings: &Settings, environment: &Environment, report: &mut Report) {
    let source = Settings::source(environment);
    let told = match source {
        None => "no settings file (MAPGATE_SETTINGS), all keys at their defaults".to_owned(),
        Some(source) => format!("{source} is good"),
    };
    report.ok(SUBJECT, told);
    for warning in settings.warnings() {
        if warning.starts_with("keys of GeoMapFish") {
            report.ok(SUBJECT, warning);
        } else {
            let to_do = advice_on_warning(&warning);
            report.warning(SUBJECT, warning, to_do);
        }
    }
    let is_local = is_local(&settings.base_url);
    unwise(settings, is_local, report);
    ticket(&settings.authtkt, &settings.base_url, is_local, report);
}

fn advice_on_warning(warning: &str) -> &'static str {
    for (beginning, advice) in [
        (
            "BASICAUTH with",
            "set BASICAUTH to false; desktop GIS can use OAuth2",
        ),
        (
            "vars.http_options.verify",
            "remove it; an authority of your own is trusted by SSL_CERT_FILE",
        ),
        (
            "vars.intranet.trusted_proxies",
            "list your proxies' own addresses alone",
        ),
        (
            "AUTHTKT_SECURE",
            "serve mapgate under https and say so in MAPGATE_BASE_URL; AUTHTKT_SECURE=false is for tests alone",
        ),
        ("AUTHTKT_REISSUE_TIME", "make it a tenth of AUTHTKT_TIMEOUT"),
        ("vars.smtp", "set ssl or starttls"),
        (
            "vars.authentication.ldap: neither",
            "write ldaps://, or set starttls",
        ),
    ] {
        if warning.starts_with(beginning) {
            return advice;
        }
    }
    "correct or remove it; docs/settings.md says what each key and variable does"
}

fn unwise(settings: &Settings, is_local: bool, report: &mut Report) {
    if !is_local && !settings.base_url.is_https() {
        report.warning(
            SUBJECT,
            format!(
                "MAPGATE_BASE_URL is {}: passwords and tickets cross the network in the clear",
                settings.base_url.as_str()
            ),
            "serve mapgate under https and say so in MAPGATE_BASE_URL",
        );
    }
    if settings.intranet.networks.is_everyone() {
        report.warning(
            SUBJECT,
            "vars.intranet.networks holds everyone: every stranger has the role intranet",
            "list the networks of your offices alone",
        );
    }
    if !is_local
        && settings.resourceproxy.allow_private_addresses
        && !settings.resourceproxy.targets.is_empty()
    {
        report.warning(
            SUBJECT,
            "vars.resourceproxy.allow_private_addresses: everybody can have private addresses called by the targets",
            "remove it where no target is on a private network",
        );
    }
    if settings.authentication.ldap.is_some() || settings.authentication.openid_connect.is_some() {
        report.warning(
            SUBJECT,
            "the LDAP directory or the OpenID provider was not asked: that takes somebody's login",
            "log in once as one of its users",
        );
    }
}

fn ticket(ticket: &Authtkt, base_url: &BaseUrl, is_local: bool, report: &mut Report) {
    const SUBJECT: &str = "ticket";
    let mut is_good = true;
    let mut warn = |found: &str, to_do: &str| {
        is_good = false;
        report.warning(SUBJECT, found, to_do);
    };
    if !ticket.secure && (base_url.is_https() || !is_local) {
        warn(
            "AUTHTKT_SECURE is false: browsers send the ticket over plain http too",
            "set AUTHTKT_SECURE to true",
        );
    }
    if !ticket.http_only {
        warn(
            "AUTHTKT_HTTP_ONLY is false: any script in a page of this host can read the ticket",
            "set AUTHTKT_HTTP_ONLY to true",
        );
    }
    if ticket.same_site == SameSite::None {
        warn(
            "AUTHTKT_SAMESITE is None: browsers send the ticket with requests from any page of the web",
            "set AUTHTKT_SAMESITE to Lax, unless pages of another site use these tickets",
        );
    }
    if ticket.timeout.is_none() {
        warn(
            "AUTHTKT_TIMEOUT is none: only vars.authentication.session_max_days ends a ticket",
            "set AUTHTKT_TIMEOUT, say to 86400",
        );
    }
    if let (Some(max_age), Some(reissue)) = (ticket.max_age, ticket.reissue_time)
        && max_age <= reissue
    {
        warn(
            "AUTHTKT_MAXAGE is not above AUTHTKT_REISSUE_TIME: browsers drop the ticket of who works before it is issued anew",
            "set AUTHTKT_MAXAGE as AUTHTKT_TIMEOUT",
        );
    }
    if is_good {
        let found = format!(
            "{} is host-only, SameSite={}{}",
            ticket.cookie_name,
            ticket.same_site,
            if ticket.secure { ", Secure" } else { "" }
        );
        report.ok(SUBJECT, found);
    }
}

/// Whether the base URL is one of this machine, where plain http goes nowhere.
fn is_local(base_url: &BaseUrl) -> bool {
    let url = Url::parse(base_url.as_str());
    url.is_ok_and(|url| match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use mapgate_core::settings::load;

    use super::*;

    fn look_at(variables: &[(&str, &str)], vars: &str) -> Report {
        let environment: Environment = [
            ("MAPGATE_BASE_URL", "https://map.example.com"),
            ("MAPGATE_TABLE", "mapgate"),
            ("MAPGATE_SECRETS", "keys"),
        ]
        .iter()
        .chain(variables)
        .copied()
        .collect();
        let text = format!("vars: {vars}\n");
        let settings = load(
            &environment,
            Some(("vars.yaml", &text)),
            &|_| Err("no".to_owned()),
        );
        let mut report = Report::default();
        look(&settings.unwrap(), &environment, &mut report);
        report
    }

    fn warned(report: &Report, part: &str) -> bool {
        let mut findings = report.findings().iter();
        findings.any(|finding| finding.state == super::super::State::Warning && finding.found.contains(part))
    }

    #[test]
    fn good_settings_are_good() {
        let report = look_at(&[], "{}");
        assert_eq!(
            report.count(super::super::State::Ok),
            report.findings().len(),
            "{report}"
        );
    }

    #[test]
    fn what_is_unwise_is_told_by_its_name() {
        for (variables, vars, part) in [
            (
                &[
                    ("MAPGATE_BASE_URL", "http://map.example.com"),
                    ("AUTHTKT_SECURE", "false"),
                ][..],
                "{}",
                "in the clear",
            ),
            (
                &[
                    ("MAPGATE_BASE_URL", "http://map.example.com"),
                    ("AUTHTKT_SECURE", "false"),
                ][..],
                "{}",
                "AUTHTKT_SECURE is false",
            ),
            (
                &[("MAPGATE_BASE_URL", "http://map.example.com")][..],
                "{}",
                "will not keep",
            ),
            (
                &[("AUTHTKT_SECURE", "false")][..],
                "{}",
                "AUTHTKT_SECURE is false",
            ),
            (&[("AUTHTKT_HTTP_ONLY", "false")][..], "{}", "AUTHTKT_HTTP_ONLY"),
            (&[("AUTHTKT_SAMESITE", "None")][..], "{}", "AUTHTKT_SAMESITE"),
            (&[("AUTHTKT_TIMEOUT", "none")][..], "{}", "AUTHTKT_TIMEOUT"),
            (&[("AUTHTKT_MAXAGE", "600")][..], "{}", "AUTHTKT_MAXAGE"),
            (&[("AUTHTKT_COOKIE", "x")][..], "{}", "AUTHTKT_COOKIE: unknown"),
            (
                &[][..],
                "{intranet: {networks: [0.0.0.0/0]}}",
                "intranet.networks",
            ),
            (
                &[][..],
                "{intranet: {trusted_proxies: [0.0.0.0/0]}}",
                "trusted_proxies",
            ),
            (&[][..], "{http_options: {verify: false}}", "http_options.verify"),
            (
                &[][..],
                "{resourceproxy: {targets: {a: 'http://b/%s'}, allow_private_addresses: true}}",
                "allow_private_addresses",
            ),
        ] {
            let report = look_at(variables, vars);
            assert!(warned(&report, part), "{part}: {report}");
        }
    }

    #[test]
    fn on_a_laptop_plain_http_is_no_matter() {
        for url in [
            "http://127.0.0.1:8080",
            "http://localhost:8080",
            "http://[::1]:8080",
        ] {
            let report = look_at(&[("MAPGATE_BASE_URL", url), ("AUTHTKT_SECURE", "false")], "{}");
            assert_eq!(report.count(super::super::State::Warning), 0, "{report}");
        }
    }
}

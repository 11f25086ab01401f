//! mapgate before a map server, asked as a stranger asks: whether it gets through, and whether it keeps names to itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::StatusCode;
use futures_util::future::join_all;
use mapgate_core::gate::Gate;
use mapgate_core::map_server::layers_question;
use mapgate_core::ogc::{DefaultAccess, Names, Service};
use mapgate_core::outbound::CallError;
use mapgate_core::table::Roles;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::Report;
use super::asking::{Answer, Asker, advice};
use super::backends::Backend;
use super::names::{Place, found};
use super::site::Site;

/// So many names are told.
const TOLD: usize = 10;

/// Looks at a server through mapgate. Says whether mapgate got through to it; none where that cannot be seen.
pub async fn look(
    gate: &Gate,
    asker: Asker<'_>,
    site: &Site,
    backend: &Backend,
    roles: &Arc<Roles>,
    report: &mut Report,
) -> Option<bool> {
    let record = &backend.server.record;
    let subject = format!("proxy {}", record.name);
    let names = backend.names(roles, site.is_intranet);
    let answers = services(backend).into_iter().map(|service| async move {
        let (query, headers) = layers_question(service);
        (
            service,
            asker.get(&url(site, backend, service), &query, headers).await,
        )
    });
    let (mut clean, mut leaks, mut faults) = (Vec::new(), Vec::new(), Vec::new());
    for (service, answer) in join_all(answers).await {
        if let Ok(answer) = &answer {
            leaks.extend(
                found(&answer.body, &names)
                    .into_iter()
                    .map(|(name, place)| (service, name, place)),
            );
        }
        match fault(gate, backend, service, &answer).await {
            None => clean.push(service),
            Some(fault) => faults.push((service, fault)),
        }
    }
    let is_certain = !backend.listed.is_empty();
    let some_got_through = !clean.is_empty();
    // Where nothing is known of the server, it may well lack one of the services.
    if is_certain || !some_got_through {
        tell_faults(&subject, faults, report);
    }
    if leaks.is_empty() && some_got_through {
        kept(&subject, &clean, &names, site, is_certain, report);
    }
    tell_leaks(&subject, leaks, site, report);
    rules(backend, &names, report);
    if gate.settings.hide_capabilities {
        return None;
    }
    Some(some_got_through)
}

/// What the server lists from here, or what it may have.
fn services(backend: &Backend) -> Vec<Service> {
    if backend.listed.is_empty() {
        return vec![Service::Wms, Service::Wfs];
    }
    backend.listed.iter().map(|(service, _)| *service).collect()
}

fn url(site: &Site, backend: &Backend, service: Service) -> String {
    let name = utf8_percent_encode(&backend.server.record.name, NON_ALPHANUMERIC).to_string();
    let path = match (service, backend.api()) {
        (Service::Features, Some(api)) => format!("/mapserv_proxy/{name}/{}/collections", api.segment()),
        _ => format!("/mapserv_proxy/{name}"),
    };
    site.url.join(&path)
}

/// What is wrong with an answer, and what to do.
async fn fault(
    gate: &Gate,
    backend: &Backend,
    service: Service,
    answer: &Result<Answer, CallError>,
) -> Option<(String, &'static str)> {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return Some((error.to_string(), advice(error))),
    };
    let hides = gate.settings.hide_capabilities;
    let to_do = match answer.status {
        StatusCode::OK => match answer.layers(service).await {
            Ok(_) => return None,
            Err(_) => "what answers there is not mapgate: have MAPGATE_BASE_URL lead to it",
        },
        StatusCode::NOT_FOUND if hides => return None,
        StatusCode::NOT_FOUND => "have /mapserv_proxy and all below it lead to the function mapserver-proxy",
        StatusCode::BAD_REQUEST if backend.listed.is_empty() => "mend the map server first",
        StatusCode::BAD_REQUEST => {
            "name the same MAPGATE_TABLE here and in the functions; else see the proxy's log"
        }
        StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT if backend.listed.is_empty() => {
            "mend the map server first; where it is in a private network, give the functions SubnetIds and SecurityGroupIds there"
        }
        StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => {
            "it answers from here, so let the functions' network reach it too (SubnetIds, SecurityGroupIds, its firewall); the proxy's log has the reason"
        }
        _ => "see the log of the function mapserver-proxy",
    };
    Some((answer.told(), to_do))
}

fn tell_faults(subject: &str, faults: Vec<(Service, (String, &'static str))>, report: &mut Report) {
    // Often it is one reason for all.
    let mut by_reason: BTreeMap<(String, &'static str), Vec<&'static str>> = BTreeMap::new();
    for (service, fault) in faults {
        by_reason.entry(fault).or_default().push(service.as_str());
    }
    for ((found, to_do), services) in by_reason {
        report.wrong(
            subject,
            format!("to {} it answers {found}", services.join(", ")),
            to_do,
        );
    }
}

fn kept(
    subject: &str,
    services: &[Service],
    names: &Names,
    site: &Site,
    is_certain: bool,
    report: &mut Report,
) {
    let services: Vec<&str> = services.iter().map(|service| service.as_str()).collect();
    let hidden = names.hidden.len();
    let mut found = format!(
        "a stranger's {} show none of {hidden} private names",
        services.join(", ")
    );
    if !is_certain {
        found.push_str(
            "; what only the map server itself lists was not looked for, since it lists nothing from here",
        );
    }
    if site.is_intranet {
        found.push_str(
            "; this machine counts as one of the intranet, so what that may see was not looked for",
        );
        let to_do = "ask once more from outside the intranet";
        return report.warning(subject, found, to_do);
    }
    report.ok(subject, found);
}

fn tell_leaks(subject: &str, leaks: Vec<(Service, String, Place)>, site: &Site, report: &mut Report) {
    let (prose, shown): (Vec<_>, Vec<_>) = leaks
        .into_iter()
        .partition(|(_, _, place)| *place == Place::Prose);
    let told = |leaks: &[(Service, String, Place)]| {
        let mut by_name: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (service, name, _) in leaks {
            by_name.entry(name).or_default().push(service.as_str());
        }
        let count = by_name.len();
        let names = by_name.iter().take(TOLD);
        let mut names: Vec<String> = names
            .map(|(name, by)| format!("{name} ({})", by.join(", ")))
            .collect();
        if count > TOLD {
            names.push(format!("and {} more", count - TOLD));
        }
        names.join(", ")
    };
    if !shown.is_empty() {
        report.wrong(
            subject,
            format!("a stranger is shown private names: {}", told(&shown)),
            format!(
                "have {} lead to mapgate and not to the map server itself; where it does, take the server away at /admin/ and report this",
                site.url.as_str()
            ),
        );
    }
    if !prose.is_empty() {
        report.warning(
            subject,
            format!(
                "private names stand in titles or descriptions that a stranger reads: {}",
                told(&prose)
            ),
            "see whether they mean the layers; if so, write that text of the map server anew",
        );
    }
}

/// Rules that do nothing, and a server that nobody sees anything of.
fn rules(backend: &Backend, names: &Names, report: &mut Report) {
    if backend.listed.is_empty() {
        return;
    }
    let server = &backend.server;
    let subject = format!("rules {}", server.record.name);
    let has_no_rule = server.rules(None).is_empty();
    if has_no_rule && server.rules(None).default_access() == DefaultAccess::Private {
        let found = "no layer has a rule and the default is private: nobody sees anything";
        report.warning(
            subject,
            found,
            "give layers to roles or to everybody at /admin/, or by manage-users import",
        );
    } else if !names.idle.is_empty() {
        let idle: Vec<&str> = names.idle.iter().map(String::as_str).take(TOLD).collect();
        let found = format!(
            "{} fit nothing that the server lists: {}",
            names.idle.len(),
            idle.join(", ")
        );
        report.warning(
            subject,
            found,
            "correct their spelling at /admin/, or take them away",
        );
    } else {
        report.ok(subject, "each fits a layer or a group that the server lists");
    }
}

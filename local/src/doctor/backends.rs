//! The map servers of the table: each is asked for its capabilities as mapgate asks it, from here.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use futures_util::future::join_all;
use mapgate_core::gate::Gate;
use mapgate_core::identity::Identity;
use mapgate_core::map_server::{Server, layers_question, place};
use mapgate_core::ogc::ogcapi::Api;
use mapgate_core::ogc::{Names, Service, Tree, names, without_operation};
use mapgate_core::outbound::{Addresses, CallError};
use mapgate_core::table::{OgcServer, Roles};
use url::Url;

use super::Report;
use super::asking::{Answer, Asker, advice};
use super::proxy;
use super::site::Site;

const SERVICES: [Service; 5] = [
    Service::Wms,
    Service::Wfs,
    Service::Wmts,
    Service::Wcs,
    Service::Features,
];
/// A server that takes longer to list its layers makes the first map after a quiet minute late.
const LATE: Duration = Duration::from_secs(5);

/// A server, and what it lists from here.
#[derive(Debug)]
pub struct Backend {
    /// The server with its rules.
    pub server: Server,
    /// What it lists, by service.
    pub listed: Vec<(Service, Arc<Tree>)>,
    /// Why it lists nothing; none where it lists something.
    pub trouble: Option<Trouble>,
}

/// Why a server gave nothing that can be used, and what to do.
#[derive(Debug, Clone)]
pub struct Trouble {
    found: String,
    to_do: String,
}

impl Backend {
    /// What of its names a stranger may come across.
    pub fn names(&self, roles: &Arc<Roles>, is_intranet: bool) -> Names {
        let stranger = Identity {
            is_intranet,
            ..Identity::stranger(roles)
        };
        let role_ids: BTreeSet<i64> = stranger.role_ids().into_iter().map(|role| role.0).collect();
        let wms = self.listed.iter().find(|(service, _)| *service == Service::Wms);
        let trees: Vec<(Service, &Tree)> = self
            .listed
            .iter()
            .map(|(service, tree)| (*service, tree.as_ref()))
            .collect();
        let in_force = self.server.rules(wms.map(|(_, tree)| tree));
        names(self.server.program(), &trees, &in_force, &role_ids)
    }

    /// The API of its kind; none where it has none that mapgate knows.
    pub fn api(&self) -> Option<Api> {
        [Api::OgcApi, Api::Wfs3]
            .into_iter()
            .find(|api| api.is_of(self.server.program()))
    }
}

/// Looks at every server of the table, and at mapgate before it where `site` is there.
pub async fn look(gate: &Gate, proxy: Asker<'_>, site: Option<&Site>, report: &mut Report) {
    const SUBJECT: &str = "backends";
    let table = gate.table().await;
    let (servers, roles) = match (table.ogc_servers().await, table.roles().await) {
        (Ok(servers), Ok(roles)) => (servers, Arc::new(roles)),
        (Err(error), _) | (_, Err(error)) => {
            let found = format!("not looked at, since the table does not list them: {error}");
            return report.warning(SUBJECT, found, "mend the table, then ask again");
        }
    };
    if servers.is_empty() {
        let to_do = "make them at /admin/, or bring them by manage-users import";
        return report.warning(SUBJECT, "the table has no OGC server", to_do);
    }
    if let Some(main) = &gate.settings.main_ogc_server
        && !servers.iter().any(|server| server.name == *main)
    {
        let found = format!("vars.main_ogc_server is {main}, which is none of the table's");
        report.wrong(
            SUBJECT,
            found,
            "write the name of one of them, or make it at /admin/",
        );
    }
    for record in servers {
        let backend = match table.layers(&record.name).await {
            Ok(layers) => ask(gate, Server::new(record, layers), report).await,
            Err(error) => {
                let found = format!("the layers of {} cannot be read: {error}", record.name);
                report.wrong(SUBJECT, found, "mend the table, then ask again");
                continue;
            }
        };
        reachable_by_others(&backend, report).await;
        let reached = match site {
            Some(site) => proxy::look(gate, proxy, site, &backend, &roles, report).await,
            None => None,
        };
        if let Some(trouble) = &backend.trouble {
            unreached(&backend.server.record, trouble, reached, report);
        }
    }
}

/// Asks a server by all services at once, and tells what it lists.
async fn ask(gate: &Gate, server: Server, report: &mut Report) -> Backend {
    let mut backend = Backend {
        server,
        listed: Vec::new(),
        trouble: None,
    };
    let asker = Asker {
        outbound: &gate.outbound,
        clock: &gate.clock,
    };
    let server = &backend.server;
    let services = SERVICES
        .into_iter()
        .filter(|service| *service != Service::Features || backend.api().is_some());
    let answers = services.map(|service| async move {
        let (query, headers) = layers_question(service);
        let url = server.tree_url(service);
        let answer = asker.get(&without_operation(&url), &query, headers).await;
        (service, listed(service, answer).await)
    });
    let (mut told, mut late) = (Vec::new(), false);
    for (service, answer) in join_all(answers).await {
        match answer {
            Ok((tree, took)) => {
                late |= took > LATE;
                told.push(format!(
                    "{} {} names in {} ms",
                    service.as_str(),
                    tree.len(),
                    took.as_millis()
                ));
                backend.listed.push((service, Arc::new(tree)));
            }
            // What it says of WMS is told, where it lists nothing at all.
            Err(trouble) => backend.trouble = backend.trouble.or(Some(trouble)),
        }
    }
    let record = &backend.server.record;
    let subject = format!("backend {}", record.name);
    let found = format!("{} lists {}", place(&record.url), told.join(", "));
    let wms = backend.listed.iter().any(|(service, _)| *service == Service::Wms);
    if backend.listed.is_empty() {
        return backend;
    }
    if !wms && backend.server.groups_matter() {
        let trouble = backend
            .trouble
            .take()
            .map_or_else(String::new, |trouble| trouble.found);
        let found =
            format!("{found}, but no WMS ({trouble}): without its groups nobody knows what a rule closes");
        report.wrong(
            subject,
            found,
            "turn its WMS on, or make its default access private",
        );
    } else if late {
        let to_do = "see what keeps it: the first map after a quiet minute waits for that";
        report.warning(subject, found, to_do);
    } else {
        report.ok(subject, found);
    }
    backend.trouble = None;
    backend
}

/// What an answer lists, and how long it took.
async fn listed(service: Service, answer: Result<Answer, CallError>) -> Result<(Tree, Duration), Trouble> {
    let trouble = |found: String, to_do: &str| Trouble {
        found,
        to_do: to_do.to_owned(),
    };
    let answer = answer.map_err(|error| trouble(error.to_string(), advice(&error)))?;
    let unlike = match answer.layers(service).await {
        Ok(tree) if answer.status.is_success() => return Ok((tree, answer.took)),
        Ok(_) => String::new(),
        Err(reason) => format!(" ({reason})"),
    };
    let to_do = match answer.status {
        status if status.is_redirection() => {
            "write the URL that it redirects to: mapgate follows no redirect"
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            "let mapgate in: by its address, or by a name and a password in the server's URL"
        }
        StatusCode::NOT_FOUND => "correct the path of its URL",
        status if status.is_success() => {
            "correct its URL, for MapServer with map=; what the server itself complains of is in its answer and its log"
        }
        _ => "see the server's own log",
    };
    Err(trouble(
        format!("to {} it answers {}{unlike}", service.as_str(), answer.told()),
        to_do,
    ))
}

/// A server that lists nothing from here. `reached` says whether mapgate itself got through to it.
fn unreached(record: &OgcServer, trouble: &Trouble, reached: Option<bool>, report: &mut Report) {
    let subject = format!("backend {}", record.name);
    let found = format!("{}: {}", place(&record.url), trouble.found);
    match reached {
        Some(true) => report.ok(
            subject,
            format!("from here {found}; mapgate reaches it, and that is enough"),
        ),
        Some(false) => report.wrong(subject, found, format!("{}, at /admin/", trouble.to_do)),
        None => report.wrong(
            subject,
            found,
            format!(
                "{}, at /admin/; where only mapgate's network reaches it, ask from there",
                trouble.to_do
            ),
        ),
    }
}

/// Whether anybody could ask the server itself.
async fn reachable_by_others(backend: &Backend, report: &mut Report) {
    if backend.listed.is_empty() {
        return;
    }
    let record = &backend.server.record;
    for url in std::iter::once(&record.url).chain(&record.url_wfs) {
        let Ok(url) = Url::parse(url) else { continue };
        if !is_public(&url).await {
            continue;
        }
        let subject = format!("backend {}", record.name);
        let to_do = "let only mapgate's addresses in, by the server's firewall or a password in its URL";
        // With a password, whoever has none is let in nowhere, as far as one can see from here.
        if url.password().is_none() {
            let found = format!(
                "anybody can reach {} past mapgate: its address is public",
                place(url.as_str())
            );
            report.warning(subject.as_str(), found, to_do);
        }
        if url.scheme() == "http" {
            let found = format!("{} is asked over the internet in the clear", place(url.as_str()));
            report.warning(subject, found, "write an https URL");
        }
    }
}

async fn is_public(url: &Url) -> bool {
    let (Some(host), port) = (url.host_str(), url.port_or_known_default().unwrap_or(80)) else {
        return false;
    };
    let host = host.trim_matches(['[', ']']);
    let found = tokio::net::lookup_host((host, port)).await;
    found.is_ok_and(|mut found| found.any(|found| Addresses::Public.allow(found.ip())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_an_address_of_the_internet_is_public() {
        for (url, expected) in [
            ("https://1.1.1.1/ows", true),
            ("http://[2606:4700::1111]:8080/ows", true),
            ("http://10.0.0.1/ows", false),
            ("http://127.0.0.1:8080/ows", false),
            ("http://localhost/ows", false),
            ("http://[::1]/ows", false),
        ] {
            assert_eq!(is_public(&Url::parse(url).unwrap()).await, expected, "{url}");
        }
    }
}

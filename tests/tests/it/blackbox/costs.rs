//! What AWS asks for a million of each flow: computed from the table requests that the flow makes, and told in `infra/README.md`.

use mapgate_tests::template::template;
use mapgate_tests::{Grant, Site, Units, code_of};

use super::table_requests::site;

const README: &str = include_str!("../../../../infra/README.md");

/// US dollars, in us-east-1, for a million: of read units, write units, calls of a function, requests of an HTTP API.
const READS: f64 = 0.125;
const WRITES: f64 = 0.625;
const CALLS: f64 = 0.20;
const REQUESTS: f64 = 1.00;
/// For a GB and a second of a function on arm64, and for a GB of log.
const COMPUTING: f64 = 0.000_013_333_4;
const LOG: f64 = 0.50;
/// Two lines a request: the function's and the gateway's.
const LOGGED_KB: f64 = 1.0;

/// The README's line of a flow: what it is called, what it asks of the table, and each function it calls with the time that takes,
/// in milliseconds.
fn line(flow: &str, units: Units, calls: &[(&str, f64)]) -> String {
    let table = units.reads * READS + units.writes * WRITES;
    let count: f64 = calls.iter().map(|_| 1.0).sum();
    let computing: f64 = calls
        .iter()
        .map(|(function, milliseconds)| {
            let memory = template().resources[*function]["Properties"]["MemorySize"].as_f64();
            memory.expect("a size") / 1024.0 * milliseconds * 1000.0 * COMPUTING
        })
        .sum();
    let lambda = count * CALLS + computing;
    let gateway = count * REQUESTS;
    let log = count * LOGGED_KB * LOG;
    format!(
        "| {flow} | {} | {} | {table:.2} | {lambda:.2} | {gateway:.2} | {log:.2} | {:.2} |",
        units.reads,
        units.writes,
        table + lambda + gateway + log
    )
}

#[tokio::test]
async fn what_a_million_of_each_flow_costs_is_told() {
    let (site, relay) = site().await;
    let fields = [("login", "jane"), ("password", "lindmatt-jane")];
    site.anonymous().post("/login", &fields).await.is(200, "jane");
    drop(relay.asked());
    let jane = site.anonymous();
    jane.post("/login", &fields).await.is(200, "jane");
    let login = line("login", relay.units(), &[("Login", 60.0)]);

    let map = "/mapserv_proxy?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=parcels&STYLES=&CRS=EPSG:2056\
               &BBOX=2599940,1199940,2601480,1201020&WIDTH=20&HEIGHT=14&FORMAT=image/png";
    jane.get(map).await.is(200, "");
    let first = line(
        "map request, first in ten seconds",
        relay.units(),
        &[("MapserverProxy", 250.0)],
    );
    let next = line(
        "map request, after it",
        Units::default(),
        &[("MapserverProxy", 250.0)],
    );

    let code = code_of(&jane.get(&Site::authorize("qgis")).await);
    let grant = Grant::of(&site.exchange("qgis", &code).await);
    let calls = [("OauthAuthorize", 20.0), ("OauthToken", 30.0)];
    let connect = line("QGIS connects, of somebody logged in", relay.units(), &calls);
    site.refresh("qgis", &grant.refresh_token)
        .await
        .is(200, "access_token");
    let refresh = line("QGIS refreshes its token", relay.units(), &[("OauthToken", 30.0)]);
    let table = [login, first, next, connect, refresh].join("\n");
    assert!(README.contains(&table), "infra/README.md does not say\n{table}");
}

//! DynamoDB requests of each flow, against the budgets. A transaction counts as one.

use mapgate_tests::{Setup, Site, TableRelay, code_of};

/// A site whose table's requests are noted.
pub async fn site() -> (Site, TableRelay) {
    let relay = TableRelay::start().await;
    let mut setup = Setup::default();
    for (name, value) in relay.variables() {
        setup = setup.variable(name, &value);
    }
    let site = setup.start_program().await;
    drop(relay.asked());
    (site, relay)
}

#[track_caller]
fn within(relay: &TableRelay, budget: usize, flow: &str) {
    let asked = relay.asked();
    assert!(
        asked.len() <= budget,
        "{flow}: {} requests, {budget} are allowed: {asked:?}",
        asked.len()
    );
    assert!(
        !asked.iter().any(|operation| operation == "Scan"),
        "{flow}: {asked:?}"
    );
}

#[tokio::test]
async fn a_login_takes_at_most_three() {
    let (site, relay) = site().await;
    let fields = [("login", "jane"), ("password", "lindmatt-jane")];
    // The first on a fresh process, and those after it.
    for _ in 0..3 {
        site.anonymous().post("/login", &fields).await.is(200, "jane");
        within(&relay, 3, "a login");
    }
    site.anonymous()
        .post("/login", &[("login", "jane"), ("password", "wrong")])
        .await
        .is(401, "error");
    within(&relay, 3, "a wrong login");
    site.anonymous()
        .post("/login", &[("login", "nobody"), ("password", "wrong")])
        .await
        .is(401, "error");
    within(&relay, 3, "an unknown user");
}

#[tokio::test]
async fn authorize_and_exchange_take_at_most_six_and_a_refresh_two() {
    let (site, relay) = site().await;
    let jane = site.user("jane").await;
    drop(relay.asked());
    for client in ["many", "qgis"] {
        let code = code_of(&jane.get(&Site::authorize(client)).await);
        let grant = mapgate_tests::Grant::of(&site.exchange(client, &code).await);
        within(&relay, 6, client);
        site.refresh(client, &grant.refresh_token)
            .await
            .is(200, "access_token");
        within(&relay, 2, "a refresh");
    }
}

#[tokio::test]
async fn a_map_request_in_steady_state_takes_none() {
    let (site, relay) = site().await;
    let map = "/mapserv_proxy?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=parcels&STYLES=&CRS=EPSG:2056\
               &BBOX=2599940,1199940,2601480,1201020&WIDTH=20&HEIGHT=14&FORMAT=image/png";
    let public = map.replace("parcels", "roads");
    let (jane, qgis) = (site.user("jane").await, site.qgis("jane").await);
    for (actor, map) in [(&jane, map), (&qgis, map), (&site.anonymous(), public.as_str())] {
        actor.get(map).await.is(200, "");
        drop(relay.asked());
        actor.get(map).await.is(200, "");
        // The cache lasts 10 seconds; a run that was held up that long reads once more.
        let first = relay.asked().len();
        actor.get(map).await.is(200, "");
        assert_eq!(first.min(relay.asked().len()), 0);
    }
}

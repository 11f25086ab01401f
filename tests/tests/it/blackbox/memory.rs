//! The map proxy's memory stays flat, whatever passes. Growth is measured, since code and table take memory too.

use futures_util::StreamExt as _;
use mapgate_tests::{Function, LARGE, LargeServer, Setup, Site, http_api};

/// In MB. A proxy that gathered would need 50 or 100.
const FLAT: f64 = 20.0;
const VARS: &str = "vars: {http_options: {timeout: 120}}\n";

/// Asks for a large answer and throws it away as it comes. Gives its length, in MB.
#[expect(clippy::cast_precision_loss, reason = "some hundred million")]
async fn drain(site: &Site, megabytes: usize, query: &str) -> f64 {
    let url = format!("{}/mapserv_proxy/mb{megabytes}?{query}", site.url);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{query}");
    let mut pieces = answer.bytes_stream();
    let mut length = 0;
    while let Some(piece) = pieces.next().await {
        length += piece.unwrap().len();
    }
    length as f64 / 1024.0 / 1024.0
}

#[tokio::test]
#[expect(clippy::cast_precision_loss, reason = "a hundred")]
async fn t101_memory_stays_flat_for_capabilities_of_50_mb_and_answers_of_100() {
    let server = LargeServer::start().await;
    let setup = Setup::default().seed(server.seed(&[1, 50, 100])).vars(VARS);
    let mut site = setup.start_program().await;
    for (query, _) in LARGE {
        drain(&site, 1, query).await;
    }
    let mut before = site.program().peak_memory();
    for (query, share) in LARGE {
        let megabytes = if query.contains("GetCapabilities") {
            50
        } else {
            100
        };
        // The map's own server is another: its tree is small.
        let length = drain(&site, megabytes, query).await;
        assert!(length >= share * megabytes as f64, "{query}: {length} MB");
        let after = site.program().peak_memory();
        println!("{megabytes} MB {query:.50}: {:.1} MB more", after - before);
        assert!(after - before < FLAT, "{query}: {before} MB, then {after} MB");
        before = after;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_stays_flat_under_64_connections() {
    let server = LargeServer::start().await;
    let setup = Setup::default().seed(server.seed(&[1, 8])).vars(VARS);
    let mut site = setup.start_program().await;
    let (map, _) = LARGE[2];
    drain(&site, 1, map).await;
    // The tree of that server is read before.
    drain(&site, 8, map).await;
    let before = site.program().peak_memory();
    let all = futures_util::future::join_all((0..64).map(|_| drain(&site, 8, map))).await;
    assert!(all.iter().all(|length| (length - 8.0).abs() < 0.01), "{all:?}");
    let after = site.program().peak_memory();
    println!("64 connections, 8 MB each: {:.1} MB more", after - before);
    // Gathered, they would be 512 MB.
    assert!(after - before < 100.0, "{before} MB, then {after} MB");
}

#[tokio::test]
#[expect(clippy::cast_precision_loss, reason = "a hundred million")]
async fn t112_the_function_itself_streams_100_mb_in_flat_memory() {
    let server = LargeServer::start().await;
    let setup = Setup::default().seed(server.seed(&[1, 100])).vars(VARS);
    let variables = [("MAPGATE_INVOKE_MODE", "RESPONSE_STREAM")];
    let mut function = Function::start("mapserver-proxy", setup, &variables).await;
    for at in [2, 3] {
        let small = function.invoke(http_api("/mapserv_proxy/mb1", LARGE[at].0)).await;
        assert!(small.streamed && small.whole);
    }
    let before = function.program().peak_memory();
    for at in [2, 3] {
        let (query, share) = LARGE[at];
        let large = function.invoke(http_api("/mapserv_proxy/mb100", query)).await;
        assert!(large.streamed && large.whole);
        assert_eq!(large.prelude()["statusCode"], 200);
        let least = share * 100.0 * 1024.0 * 1024.0;
        assert!(large.body_length() as f64 >= least, "{}", large.body_length());
        let after = function.program().peak_memory();
        println!(
            "the function, {query:.50}: {after:.1} MB in all, {:.1} MB more",
            after - before
        );
        assert!(after - before < FLAT, "{query}: {before} MB, then {after} MB");
    }
}

//! Map servers that take their time: who waits for what, and how long.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::{RawQuery, State};
use futures_util::future::join_all;
use mapgate_core::table::OgcServer;
use tokio::time::Instant;

use super::backend::{WFS, WMS};
use super::*;

/// A map server that takes its time for each answer.
struct Slow {
    world: World,
    reads: Arc<AtomicUsize>,
}

/// How long for capabilities, and for all else; and how often the former were asked for.
type Pace = (Duration, Duration, Arc<AtomicUsize>);

async fn answer(State((capabilities, rest, reads)): State<Pace>, RawQuery(query): RawQuery) -> String {
    let query = query.unwrap_or_default();
    if !query.contains("GetCapabilities") {
        tokio::time::sleep(rest).await;
        return "features".to_owned();
    }
    reads.fetch_add(1, Ordering::SeqCst);
    tokio::time::sleep(capabilities).await;
    let document = if query.contains("SERVICE=WFS") { WFS } else { WMS };
    document.to_owned()
}

impl Slow {
    /// It answers after so many milliseconds; the limit is one second. Groups matter for it, so that two trees are read.
    async fn start(capabilities: u64, rest: u64) -> Self {
        let world = World::new("  http_options: {timeout: 1}").await;
        let reads = Arc::new(AtomicUsize::new(0));
        let (capabilities, rest) = (Duration::from_millis(capabilities), Duration::from_millis(rest));
        let router = Router::new()
            .fallback(answer)
            .with_state((capabilities, rest, reads.clone()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let server = OgcServer {
            url: format!("http://{}/ows", listener.local_addr().expect("an address")),
            default_access: DefaultAccess::Public,
            ..world.record("slow", "")
        };
        tokio::spawn(async move { axum::serve(listener, router).await });
        world.server(&server).await;
        Self { world, reads }
    }

    fn reads(&self) -> usize {
        self.reads.load(Ordering::SeqCst)
    }
}

const FEATURES: &str = "/mapserv_proxy/slow?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=ms:roads";

#[tokio::test]
async fn who_leaves_makes_nobody_begin_anew() {
    let slow = Slow::start(700, 0).await;
    let first = slow.world.ask(FEATURES);
    let left = tokio::time::timeout(Duration::from_millis(300), first).await;
    assert!(left.is_err(), "it left before there was an answer");
    let others = join_all((0..5).map(|_| slow.world.ask(FEATURES))).await;
    for answer in others {
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }
    assert_eq!(slow.reads(), 2, "one for WMS, one for WFS");
}

#[tokio::test]
async fn who_comes_late_to_a_server_that_hangs_waits_no_longer_than_the_first() {
    let slow = Slow::start(60_000, 0).await;
    let begin = Instant::now();
    let ask = async |after: u64| {
        tokio::time::sleep(Duration::from_millis(after)).await;
        slow.world.ask(FEATURES).await.status
    };
    let leaves = tokio::time::timeout(Duration::from_millis(200), ask(0));
    let all = join_all([100, 300, 500, 700].map(ask));
    let (left, statuses) = tokio::join!(leaves, all);
    assert!(left.is_err());
    assert_eq!(statuses, [StatusCode::GATEWAY_TIMEOUT; 4]);
    // One limit from the first on, and not one for each of them.
    assert!(
        begin.elapsed() < Duration::from_millis(1500),
        "{:?}",
        begin.elapsed()
    );
    assert_eq!(slow.reads(), 2, "one for WMS, one for WFS");
}

/// As one that a function left when Lambda froze it.
#[tokio::test]
async fn a_reading_that_goes_on_for_longer_than_it_may_is_shared_by_nobody() {
    let slow = Slow::start(700, 0).await;
    let first = slow.world.ask(FEATURES);
    let left = tokio::time::timeout(Duration::from_millis(200), first).await;
    assert!(left.is_err(), "it left before there was an answer");
    slow.world.test.clock.advance(Duration::from_millis(1001));
    let answer = slow.world.ask(FEATURES).await;
    assert_eq!((answer.status, slow.reads()), (StatusCode::OK, 4));
}

#[tokio::test]
async fn both_trees_are_read_at_once_and_within_the_limit_of_the_request() {
    let begin = Instant::now();
    let slow = Slow::start(700, 0).await;
    let asked = Instant::now();
    let answer = slow.world.ask(FEATURES).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert!(
        asked.elapsed() < Duration::from_millis(1300),
        "{:?} of {:?}",
        asked.elapsed(),
        begin.elapsed()
    );
    // Neither alone is too slow.
    let slow = Slow::start(700, 700).await;
    let asked = Instant::now();
    let answer = slow.world.ask(FEATURES).await;
    assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT, "{}", answer.body);
    assert!(
        asked.elapsed() < Duration::from_millis(1350),
        "{:?}",
        asked.elapsed()
    );
    // What was read by then is kept.
    let answer = slow.world.ask(FEATURES).await;
    assert_eq!((answer.status, slow.reads()), (StatusCode::OK, 2));
}

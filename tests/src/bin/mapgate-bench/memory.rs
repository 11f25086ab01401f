//! The map proxy's memory, alone and within the harness: at rest, while one answer of 100 MB passes, with 64 clients at a
//! time, and with 64 that read theirs slowly.

use std::time::Duration;

use mapgate_tests::{LARGE, LargeServer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::alone::Alone;
use crate::site::Site;

const MEGABYTES: usize = 100;
/// Of a smaller answer, and how many of them each client reads.
const SMALL: usize = 1;
const ROUNDS: usize = 5;
const CLIENTS: usize = 64;
/// Of a slow client: so many bytes, and so long between them.
const SIP: usize = 16 * 1024;
const PAUSE: Duration = Duration::from_millis(100);
/// Until every buffer on the way is full.
const SETTLED: Duration = Duration::from_secs(10);

pub async fn memory() {
    let server = LargeServer::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let seed = folder.path().join("seed.yaml");
    let servers = server.seed(&[SMALL, MEGABYTES]);
    std::fs::write(&seed, &servers).expect("written");
    measure("the map proxy alone", &Alone::start(&servers).await.proxy).await;
    let harness = Site::start(&["--seed", seed.to_str().expect("a path")]);
    measure("harness and table", &harness).await;
}

async fn measure(what: &str, site: &Site) {
    // What the first answers leave behind is no answer's.
    for megabytes in [SMALL, MEGABYTES] {
        drain(ask(&site.url, megabytes).await).await;
    }
    let idle = site.resident();
    println!("memory: {what}: {idle:.0} MB resident at rest");
    site.forget_peak();
    drain(ask(&site.url, MEGABYTES).await).await;
    println!(
        "memory: {what}: at most {:.1} MB more while an answer of {MEGABYTES} MB passes",
        site.peak() - idle
    );
    site.forget_peak();
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let url = site.url.clone();
        clients.spawn(async move {
            for _ in 0..ROUNDS {
                drain(ask(&url, SMALL).await).await;
            }
        });
    }
    clients.join_all().await;
    println!(
        "memory: {what}: at most {:.0} MB resident with {CLIENTS} clients at a time, each reading answers of {SMALL} MB",
        site.peak()
    );
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(sip(ask(&site.url, MEGABYTES).await));
    }
    tokio::time::sleep(SETTLED).await;
    println!(
        "memory: {what}: {:.0} MB resident with {CLIENTS} clients, each slowly reading an answer of {MEGABYTES} MB",
        site.resident()
    );
}

/// A connection on which a map of this size was asked for.
async fn ask(site: &str, megabytes: usize) -> TcpStream {
    let host = site.trim_start_matches("http://");
    let mut connection = TcpStream::connect(host).await.expect("it listens");
    let (map, _) = LARGE[2];
    let request = format!(
        "GET /mapserv_proxy/mb{megabytes}?{map} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    );
    connection.write_all(request.as_bytes()).await.expect("sent");
    connection
}

/// Reads all, as fast as it comes.
async fn drain(mut connection: TcpStream) {
    let mut piece = vec![0; 256 * 1024];
    let mut head = [0; 12];
    connection.read_exact(&mut head).await.expect("an answer");
    assert_eq!(&head, b"HTTP/1.1 200");
    while connection.read(&mut piece).await.expect("it goes on") > 0 {}
}

/// Reads slowly, until the bench ends.
async fn sip(mut connection: TcpStream) {
    let mut piece = vec![0; SIP];
    while connection.read(&mut piece).await.is_ok_and(|read| read > 0) {
        tokio::time::sleep(PAUSE).await;
    }
}

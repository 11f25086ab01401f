//! The map proxy over nginx's `proxy_pass`: `MapServer` under `FastCGI` behind one nginx, both contenders before it, the
//! client on one core and all else on the other, each figure the median of five.

use std::path::{Path, PathBuf};
use std::time::Duration;

use mapgate_tests::free_port;

use crate::client::Client;
use crate::site::{Running, SERVER_CORE, Site, pinned};
use crate::wrk::{self, Load};
use crate::{median, missing};

const MAPSERV: &str = "/usr/lib/cgi-bin/mapserv";
const TURNS: usize = 5;

pub async fn proxy() {
    if let Some(program) = missing(&[MAPSERV, "nginx", "spawn-fcgi", "wrk", "taskset"]) {
        println!("map proxy: SKIPPED, {program} is missing");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (mapserver, nginx, within) = (free_port(), free_port(), free_port());
    let _running = start(folder.path(), mapserver, nginx, within);
    let seed = seed(folder.path(), mapserver);
    let site = Site::start(&["--seed", seed.to_str().expect("a path")]);
    let client = Client::new();
    let cookie = client.cookie(&site.url).await;
    let token = client.flow(&site.url, &cookie).await;
    // One private layer of a few features, so that it is not MapServer alone that takes the time.
    let map = "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=gas_pipes&STYLES=&CRS=EPSG:2056\
               &BBOX=2600300,1200300,2600400,1200400&WIDTH=64&HEIGHT=64&FORMAT=image/png";
    let through = |port| format!("http://127.0.0.1:{port}/mapserv_proxy?{map}&role_ids=102&user_id=1002");
    let (through_nginx, within_nginx) = (through(nginx), through(within));
    let through_mapgate = format!("{}/mapserv_proxy?ogcserver=main&{map}", site.url);
    let contenders = [
        ("nginx", &through_nginx, String::new()),
        ("nginx within the map server's own", &within_nginx, String::new()),
        (
            "mapgate with bearer",
            &through_mapgate,
            format!("Authorization: Bearer {token}"),
        ),
        (
            "mapgate with cookie",
            &through_mapgate,
            format!("Cookie: {cookie}"),
        ),
    ];
    let mut figures = vec![(Vec::new(), Vec::new()); contenders.len()];
    for turn in 0..=TURNS {
        for ((_, url, header), (rates, tails)) in contenders.iter().zip(&mut figures) {
            let (rate, tail) = wrk::load(&Load {
                url,
                header,
                form: None,
                seconds: 3,
            });
            // The first turn warms up.
            if turn > 0 {
                rates.push(rate);
                tails.push(tail);
            }
        }
    }
    let medians: Vec<(f64, f64)> = figures
        .into_iter()
        .map(|(rates, tails)| (median(rates), median(tails)))
        .collect();
    let (base, tail) = medians[0];
    println!("map proxy: nginx {base:.0} maps a second, p99 {tail:.1} ms");
    for ((name, ..), (rate, tail)) in contenders.iter().zip(&medians).skip(1) {
        println!(
            "map proxy: {name} {rate:.0} a second, {:.2} of nginx, p99 {tail:.1} ms",
            rate / base
        );
    }
    println!(
        "map proxy: {:.0} MB resident, harness and its table included",
        site.resident()
    );
}

/// `MapServer` under `FastCGI` behind one nginx, and another before that one.
fn start(folder: &Path, mapserver: u16, nginx: u16, within: u16) -> Running {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let demo = here.parent().expect("the repository").join("local/demo");
    let replaced = |text: &str| {
        text.replace("@DIR@", &folder.display().to_string())
            .replace("@URL@", &format!("http://127.0.0.1:{mapserver}/mapserv"))
            .replace("@MAPSERVER_PORT@", &mapserver.to_string())
            .replace("@PROXY_PORT@", &nginx.to_string())
            .replace("@WITHIN_PORT@", &within.to_string())
    };
    for entry in std::fs::read_dir(&demo).expect("the demo") {
        let path = entry.expect("a file").path();
        let text = std::fs::read_to_string(&path).expect("text");
        std::fs::write(folder.join(path.file_name().expect("a name")), replaced(&text)).expect("written");
    }
    let map = folder.join("lindmatt.map");
    let config = folder.join("mapserver.conf");
    // Under FastCGI the map's path must stand in the ENV block.
    let text = format!(
        "CONFIG\n  ENV\n    MS_MAPFILE \"{}\"\n    MS_MAP_PATTERN \".\"\n  END\nEND\n",
        map.display()
    );
    std::fs::write(&config, text).expect("written");
    let fastcgi = pinned(SERVER_CORE, "spawn-fcgi")
        .args(["-n", "-s"])
        .arg(folder.join("mapserv.sock"))
        .args(["-M", "0666", "--", MAPSERV])
        .env("MAPSERVER_CONFIG_FILE", config)
        .spawn();
    let nginx = |name: &str| {
        let text = std::fs::read_to_string(here.join("benches").join(name)).expect("nginx's configuration");
        let path = folder.join(name);
        std::fs::write(&path, replaced(&text)).expect("written");
        let nginx = pinned(SERVER_CORE, "nginx")
            .arg("-p")
            .arg(folder)
            .arg("-c")
            .arg(path)
            .spawn();
        nginx.expect("nginx starts")
    };
    let running = Running(vec![
        fastcgi.expect("spawn-fcgi starts"),
        nginx("nginx.conf"),
        nginx("proxy.conf"),
    ]);
    std::thread::sleep(Duration::from_secs(1));
    running
}

/// The demo's seed, with the bench's MapServer.
fn seed(folder: &Path, mapserver: u16) -> PathBuf {
    let text = std::fs::read_to_string(folder.join("seed.yaml")).expect("the seed");
    let server = "- name: main\n";
    assert!(text.contains(server), "the demo's seed has the server main");
    let url = format!("{server}    url: http://127.0.0.1:{mapserver}/mapserv\n");
    let path = folder.join("bench.yaml");
    std::fs::write(&path, text.replace(server, &url)).expect("written");
    path
}

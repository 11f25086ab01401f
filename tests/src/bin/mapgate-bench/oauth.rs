//! mapgate as an OAuth2 server beside others, in one run: code flows, introspections and verifications of a bearer token
//! a second. The servers run on one core, and what asks them on the other; each figure is the median of three.

use std::time::{Duration, Instant};

use crate::contender::{self, Contender};
use crate::wrk::{self, Load};
use crate::{median, missing};

const TURNS: usize = 3;
const TURN: Duration = Duration::from_secs(2);

/// The figures of one contender: flows, introspections and verifications a second.
#[derive(Default)]
struct Figures([Vec<f64>; 3]);

pub async fn oauth() {
    if let Some(program) = missing(&["wrk", "taskset"]) {
        println!("oauth: SKIPPED, {program} is missing");
        return;
    }
    let mut contenders = vec![(contender::mapgate().await, Figures::default())];
    for (name, started) in [
        ("glewlwyd", contender::glewlwyd().await),
        ("oidc-provider", contender::oidc_provider().await),
    ] {
        match started {
            Ok(contender) => contenders.push((contender, Figures::default())),
            Err(missing) => println!("oauth: {name} SKIPPED, {missing} is missing"),
        }
    }
    for turn in 0..=TURNS {
        for (contender, figures) in &mut contenders {
            let measured = measure(contender).await;
            // The first turn warms up.
            if turn > 0 {
                for (figures, figure) in figures.0.iter_mut().zip(measured) {
                    figures.push(figure);
                }
            }
        }
    }
    print(contenders);
}

async fn measure(contender: &Contender) -> [f64; 3] {
    let flows = flows(contender).await;
    let token = contender.flow().await;
    contender.check(&token).await;
    let introspections = wrk::load(&Load {
        url: &contender.introspect,
        header: &Contender::basic(),
        form: Some(&format!("token={token}")),
        seconds: TURN.as_secs(),
    });
    let verifications = wrk::load(&Load {
        url: &contender.userinfo,
        header: &format!("Authorization: Bearer {token}"),
        form: None,
        seconds: TURN.as_secs(),
    });
    [flows, introspections.0, verifications.0]
}

/// One user after another would measure the waiting, so four flows go on at a time.
async fn flows(contender: &Contender) -> f64 {
    let start = Instant::now();
    let until = start + TURN;
    let one = async || {
        let mut done = 0_u32;
        while Instant::now() < until {
            contender.flow().await;
            done += 1;
        }
        done
    };
    let (a, b, c, d) = tokio::join!(one(), one(), one(), one());
    f64::from(a + b + c + d) / start.elapsed().as_secs_f64()
}

fn print(contenders: Vec<(Contender, Figures)>) {
    let names: Vec<&str> = contenders.iter().map(|(contender, _)| contender.name).collect();
    let mut medians = contenders.into_iter().map(|(_, figures)| figures.0.map(median));
    let Some(own) = medians.next() else { return };
    let others: Vec<[f64; 3]> = medians.collect();
    let kinds = ["code flows", "introspections", "bearer verifications (userinfo)"];
    for ((kind, own), at) in kinds.iter().zip(own).zip(0..) {
        print!("oauth: {kind} a second: mapgate {own:.0}");
        for (name, figures) in names.iter().skip(1).zip(&others) {
            let other = figures.get(at).copied().unwrap_or(f64::NAN);
            print!(", {name} {other:.0} (mapgate {:.2} times as many)", own / other);
        }
        println!();
    }
    println!(
        "oauth: mapgate keeps its state in the harness's DynamoDB, asked over HTTP; glewlwyd in SQLite; oidc-provider in \
         memory, its access tokens opaque and without refresh tokens"
    );
}

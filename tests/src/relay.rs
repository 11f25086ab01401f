//! A relay before the embedded `DynamoDB`: it notes what is asked, and can play dead.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use mapgate_local::service::{Service, loopback};
use serde_json::Value;

/// What requests cost by `DynamoDB`'s price list, for items of up to 1 KB written and 4 KB read. Index entries are left out: they
/// cost only where a user's name or address changes.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Units {
    /// Read request units.
    pub reads: f64,
    /// Write request units.
    pub writes: f64,
}

impl Units {
    fn of(operation: &str, request: &Value) -> Self {
        let count = |list: &Value| list.as_array().map_or(0.0, |list| list.iter().map(|_| 1.0).sum());
        let read = |consistent: &Value| if consistent == true { 1.0 } else { 0.5 };
        let (reads, writes) = match operation {
            "GetItem" | "Query" => (read(&request["ConsistentRead"]), 0.0),
            "BatchGetItem" => {
                let tables = request["RequestItems"].as_object().into_iter().flatten();
                let of_table = |(_, keys): (_, &Value)| count(&keys["Keys"]) * read(&keys["ConsistentRead"]);
                (tables.map(of_table).sum(), 0.0)
            }
            "PutItem" | "UpdateItem" | "DeleteItem" => (0.0, 1.0),
            "TransactWriteItems" => (0.0, 2.0 * count(&request["TransactItems"])),
            other => panic!("what does {other} cost?"),
        };
        Self { reads, writes }
    }
}

/// A table behind a relay. It ends with its value.
#[derive(Debug)]
pub struct TableRelay {
    relay: Service,
    _dynamodb: Service,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    to: String,
    http: reqwest::Client,
    asked: Mutex<Vec<(String, Units)>>,
    dead: AtomicBool,
}

impl TableRelay {
    /// Starts an empty table and its relay.
    ///
    /// # Panics
    /// Where there is no port for them.
    pub async fn start() -> Self {
        let dynamodb = mapgate_local::dynamodb::start(None).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let shared = Arc::new(Shared {
            to: dynamodb.url(),
            http,
            asked: Mutex::default(),
            dead: AtomicBool::new(false),
        });
        let router = Router::new().fallback(pass).with_state(shared.clone());
        let relay = Service::http(loopback().await.unwrap(), router).unwrap();
        Self {
            relay,
            _dynamodb: dynamodb,
            shared,
        }
    }

    /// The endpoint to give to a site: variables for [`crate::Setup::variable`].
    #[must_use]
    pub fn variables(&self) -> [(&'static str, String); 4] {
        let local = || "local".to_owned();
        [
            ("AWS_ENDPOINT_URL_DYNAMODB", self.relay.url()),
            ("AWS_REGION", local()),
            ("AWS_ACCESS_KEY_ID", local()),
            ("AWS_SECRET_ACCESS_KEY", local()),
        ]
    }

    /// The operations asked for since the last call, in order.
    ///
    /// # Panics
    /// Where a test has panicked while it held them.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        let asked = std::mem::take(&mut *self.shared.asked.lock().unwrap());
        asked.into_iter().map(|(operation, _)| operation).collect()
    }

    /// What was asked for since the last call costs.
    ///
    /// # Panics
    /// Where a test has panicked while it held them.
    #[must_use]
    pub fn units(&self) -> Units {
        let asked = std::mem::take(&mut *self.shared.asked.lock().unwrap());
        asked.into_iter().fold(Units::default(), |sum, (_, units)| Units {
            reads: sum.reads + units.reads,
            writes: sum.writes + units.writes,
        })
    }

    /// From now on every request fails, or again none.
    pub fn play_dead(&self, dead: bool) {
        self.shared.dead.store(dead, Ordering::SeqCst);
    }
}

async fn pass(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let operation = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok())
        .unwrap_or_default();
    let operation = operation.rsplit('.').next().unwrap_or_default();
    // What makes the table is nobody's request.
    let units = match operation {
        "CreateTable" | "DescribeTable" | "UpdateTimeToLive" => Units::default(),
        _ => Units::of(operation, &serde_json::from_slice(&body).unwrap()),
    };
    shared.asked.lock().unwrap().push((operation.to_owned(), units));
    if shared.dead.load(Ordering::SeqCst) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let mut request = shared.http.post(&shared.to).body(body);
    for (name, value) in headers
        .iter()
        .filter(|(name, _)| *name != "host" && *name != "content-length")
    {
        request = request.header(name, value);
    }
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = answer.bytes().await.unwrap();
    let kept = headers
        .into_iter()
        .filter_map(|(name, value)| Some((name?, value)));
    let kept = kept.filter(|(name, _)| *name != "content-length" && *name != "transfer-encoding");
    (status, kept.collect::<HeaderMap>(), body).into_response()
}

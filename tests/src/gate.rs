//! A gate on an embedded DynamoDB of its own, reached through the real SDK, with time and randomness that a test sets
//! and a record of the requests sent to the table.

mod access;
mod table;

pub use access::{IDENTIFYING, NOTES, as_function, identifying};
pub use table::Held;

use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use axum::Router;
use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use mapgate_core::account::Hashing;
use mapgate_core::aws::Aws;
use mapgate_core::clock::{Clock, Timestamp};
use mapgate_core::gate::Gate;
use mapgate_core::http::front;
use mapgate_core::identity::Peer;
use mapgate_core::random::Random;
use mapgate_core::settings::{Environment, Secret, Settings, load};
use mapgate_core::table::{AuditEntry, CreateUser, Event, NewUser, RoleId, Source, UserId};
use table::{Way, embedded_dynamodb};
use tempfile::TempDir;
use tower::ServiceExt as _;

use crate::template::template;

/// The moment at which a test's clock stands when it begins.
pub const START: Timestamp = Timestamp::from_seconds(1_790_000_000);
/// The base URL of a test's gate.
pub const BASE: &str = "http://maps.example.com";

const SECRETS: &str = "secrets.json";

/// A gate for one test. Its DynamoDB goes with it.
pub struct TestGate {
    /// The gate.
    pub gate: Arc<Gate>,
    /// Its clock, which the test moves.
    pub clock: Clock,
    way: Arc<Way>,
    folder: TempDir,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: String,
}

impl Answer {
    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The one value of a header; empty without it.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("a header in ASCII"))
    }

    /// `name=value` of each cookie set, as a browser would send them back.
    #[must_use]
    pub fn cookies(&self) -> String {
        let set = self
            .headers
            .get_all("set-cookie")
            .iter()
            .filter_map(|value| value.to_str().ok());
        let pairs = set.filter(|cookie| !cookie.contains("Max-Age=0"));
        pairs
            .map(|cookie| cookie.split(';').next().unwrap_or_default())
            .collect::<Vec<_>>()
            .join("; ")
    }
}

impl TestGate {
    /// A gate whose `vars.yaml` has `vars` (indented by two spaces, without the line `vars:`), and whose environment
    /// has `variables` on top of the usual ones.
    pub async fn with(vars: &str, variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let secrets = folder.path().join(SECRETS);
        std::fs::write(&secrets, secrets_document()).expect("the secrets are written");
        let secrets = format!("file:{}", secrets.display());
        let mut environment = vec![
            ("MAPGATE_BASE_URL", BASE),
            ("MAPGATE_TABLE", "mapgate"),
            ("MAPGATE_SECRETS", secrets.as_str()),
            ("AUTHTKT_SECURE", "false"),
        ];
        environment.extend(variables);
        let environment: Environment = environment.into_iter().collect();
        // The cheapest parameters that the settings allow.
        let vars = format!("vars:\n{vars}\n");
        let read = |path: &str| Err(format!("{path}: no other file in a test"));
        let settings = load(&environment, Some(("vars.yaml", &vars)), &read);
        let settings = settings.unwrap_or_else(|faults| panic!("{faults:?}"));
        Self::of(settings, folder).await
    }

    /// A gate with the default settings.
    pub async fn new() -> Self {
        Self::with("  hide_capabilities: false", &[]).await
    }

    async fn of(settings: Settings, folder: TempDir) -> Self {
        let way = Arc::new(Way::default());
        let aws = Aws::with(way.config(embedded_dynamodb().await));
        let clock = Clock::standing_at(START);
        let gate = Gate::new(settings, aws, clock.clone(), Random::system()).expect("a gate");
        gate.table().await.create_if_missing().await.expect("the table");
        drop(way.requests());
        Self {
            gate: Arc::new(gate),
            clock,
            way,
            folder,
        }
    }

    /// A second function's gate on the same table and keys, with empty caches and the same clock.
    #[must_use]
    pub fn another(&self) -> Arc<Gate> {
        let gate = Gate::new(
            (*self.gate.settings).clone(),
            self.gate.aws.clone(),
            self.clock.clone(),
            Random::system(),
        );
        Arc::new(gate.expect("a gate"))
    }

    /// Makes a user with that password, who chose it unless `must_change`.
    pub async fn user(&self, username: &str, password: &str, roles: &[RoleId], must_change: bool) -> UserId {
        let hashing =
            Hashing::new(self.gate.settings.authentication.argon2, Random::system()).expect("Argon2");
        let hash = hashing.hash(&Secret::new(password)).await.expect("a hash");
        let new = NewUser {
            username: username.to_owned(),
            id: None,
            display_name: username.to_owned(),
            email: Some(format!("{username}@example.com")),
            roles: roles.iter().copied().collect(),
            password: Some(hash),
            is_password_changed: !must_change,
            deactivated: false,
            expire_on: None,
            source: Source::Directory,
        };
        let now = self.clock.now();
        let audit = AuditEntry::new(Event::UserCreated, now, 1).of(username);
        let created = self
            .gate
            .table()
            .await
            .create_user(new, now, &audit)
            .await
            .expect("the table answers");
        // A ticket made in the second of the account's own making would count as older.
        self.clock.advance(Duration::from_secs(2));
        match created {
            CreateUser::Created(id) => id,
            other => panic!("{username}: {other:?}"),
        }
    }

    /// Makes a role and gives its number.
    pub async fn role(&self, name: &str) -> RoleId {
        let table = self.gate.table().await;
        let mut roles = table.roles().await.expect("the roles");
        let id = roles
            .set(name, None, std::collections::BTreeMap::new())
            .expect("a free number");
        table
            .save_roles(&roles)
            .await
            .expect("the table answers")
            .expect("nobody else writes");
        id
    }

    /// Sends a request to `router` through the front, as from 203.0.113.7, and reads the answer whole.
    pub async fn send(&self, router: Router, request: Request<Body>) -> Answer {
        self.send_from(router, request, IpAddr::from([203, 0, 113, 7]))
            .await
    }

    /// Like [`TestGate::send`], from another address.
    pub async fn send_from(&self, router: Router, mut request: Request<Body>, address: IpAddr) -> Answer {
        request.extensions_mut().insert(Peer {
            address,
            https: false,
        });
        let path = request.uri().path();
        let prefix = self.gate.settings.base_url.path_prefix();
        let function = template().function_of(path.strip_prefix(prefix).unwrap_or(path));
        let front = front(router, &self.gate.settings);
        let answering = async {
            let (parts, body) = front.oneshot(request).await.expect("an answer").into_parts();
            (parts, body.collect().await.expect("the body").to_bytes())
        };
        let (parts, body) = as_function(function, answering).await;
        let body = String::from_utf8(body.to_vec()).expect("a body in UTF-8");
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    /// The secret's document as it is now.
    #[must_use]
    pub fn secrets(&self) -> serde_json::Value {
        let text = std::fs::read(self.folder.path().join(SECRETS)).expect("the secrets");
        serde_json::from_slice(&text).expect("JSON")
    }

    /// Puts another document in the secret's place, as an operator does who rotates keys.
    pub fn write_secrets(&self, document: &serde_json::Value) {
        std::fs::write(self.folder.path().join(SECRETS), document.to_string()).expect("written");
    }

    /// The requests sent to the table since the last call, by operation.
    #[must_use]
    pub fn table_requests(&self) -> Vec<String> {
        self.way.requests()
    }

    /// Drives `work` until it has sent so many requests to the table and drops it there, as a function that dies; what it
    /// gives where it ends before.
    pub async fn killed_at<T>(&self, requests: usize, work: impl Future<Output = T>) -> Option<T> {
        let _ = self.table_requests();
        let mut made = 0;
        let outcome = {
            let mut work = pin!(work);
            poll_fn(|context| {
                let polled = work.as_mut().poll(context);
                made += self.table_requests().len();
                if polled.is_pending() && made >= requests {
                    return Poll::Ready(None);
                }
                polled.map(Some)
            })
            .await
        };
        // What has gone out is done by the table, or is not, before the test goes on.
        tokio::time::sleep(Duration::from_millis(50)).await;
        outcome
    }

    /// The table's next answer is lost on the way back: it did what was asked, and the SDK asks again.
    pub fn lose_next_answer(&self) {
        self.way.lose_next_answer();
    }

    /// The next request of `operation` does not reach the table.
    pub fn refuse_next(&self, operation: &str) {
        self.way.refuse_next(operation);
    }

    /// Holds the `nth` request of `operation` from now on, counted from 0, back from the table until the test lets it go.
    #[must_use]
    pub fn hold(&self, operation: &str, nth: usize) -> Held {
        self.way.hold(operation, nth)
    }
}

/// Looks at what functions asked of the table: a role that is too narrow would show on AWS alone.
impl Drop for TestGate {
    fn drop(&mut self) {
        let denied = self.way.denied();
        assert!(
            denied.is_empty() || std::thread::panicking(),
            "the roles in infra/template.yaml do not allow what the code asks: {denied:#?}"
        );
    }
}

/// A GET of `path`.
#[must_use]
pub fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).expect("a request")
}

/// A POST of an urlencoded form.
#[must_use]
pub fn post(path: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
    request.body(Body::from(body)).expect("a request")
}

/// The request with one more header.
#[must_use]
pub fn with_header(mut request: Request<Body>, name: &'static str, value: &str) -> Request<Body> {
    request
        .headers_mut()
        .append(name, value.parse().expect("a header's value"));
    request
}

/// The JSON of `MAPGATE_SECRETS`, with keys made for this call.
#[must_use]
pub fn secrets_document() -> String {
    let random = Random::system();
    let key = STANDARD.encode(random.bytes::<32>().expect("randomness"));
    let ticket = random.token::<64>().expect("randomness");
    serde_json::json!({
        "authtkt": [{ "secret": ticket }],
        "jwt": [jwt_key("test", Timestamp::from_seconds(0))],
        "data_keys": [{ "id": "test", "key": key }],
    })
    .to_string()
}

/// An entry of `jwt` in that document, with a key made for this call.
#[must_use]
pub fn jwt_key(kid: &str, sign_from: Timestamp) -> serde_json::Value {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
    let der = pair.to_pkcs8v1().expect("PKCS#8");
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(der.as_ref())
    );
    serde_json::json!({ "kid": kid, "pem": pem, "sign_from": sign_from.rfc3339() })
}

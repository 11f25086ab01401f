//! Being a client of another OpenID provider (contract, section 3), before a provider that the test makes say anything.

mod accounts;
mod answers;
mod hostile;
mod fresh;
mod passwords;
mod second_factor;

use std::sync::{Arc, Mutex};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use mapgate_tests::gate::{Answer, START, TestGate, get as ask, with_header};
use serde_json::{Value, json};
use url::Url;

const SECRET: &str = "the client's secret";

/// A provider that says what the test tells it to.
struct Peer {
    url: String,
    says: Arc<Mutex<Says>>,
    key: Key,
}

/// What it says. `None`: what a good provider would.
#[derive(Default)]
struct Says {
    discovery: Option<(u16, Value)>,
    metadata: Value,
    token: Option<(u16, Value)>,
    id_token: Option<String>,
    /// Id tokens by the code that gets them.
    by_code: std::collections::HashMap<String, String>,
    userinfo: Value,
    keys: Vec<Value>,
    slow: bool,
    asked: Vec<&'static str>,
    /// The last token request's body and `Authorization`.
    exchange: (String, String),
}

/// A signing key (ES256).
struct Key {
    kid: String,
    private: EncodingKey,
    public: Value,
}

impl Key {
    fn new(kid: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        let der = pair.to_pkcs8v1().expect("PKCS#8");
        let point = pair.public_key().as_ref();
        let coordinate = |from: usize| URL_SAFE_NO_PAD.encode(&point[from..from + 32]);
        Self {
            kid: kid.to_owned(),
            private: EncodingKey::from_ec_der(der.as_ref()),
            public: json!({
                "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid,
                "x": coordinate(1), "y": coordinate(33),
            }),
        }
    }

    fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.kid.clone());
        encode(&header, claims, &self.private).expect("a token")
    }
}

impl Peer {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let key = Key::new("one");
        let says = Arc::new(Mutex::new(Says {
            metadata: json!({
                "issuer": url,
                "authorization_endpoint": format!("{url}/authorize"),
                "token_endpoint": format!("{url}/token"),
                "userinfo_endpoint": format!("{url}/me"),
                "jwks_uri": format!("{url}/jwks"),
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
                "authorization_response_iss_parameter_supported": true,
            }),
            keys: vec![key.public.clone()],
            ..Says::default()
        }));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/jwks", get(jwks))
            .route("/token", post(token))
            .route("/me", get(userinfo))
            .with_state(says.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, says, key }
    }

    fn say<T>(&self, change: impl FnOnce(&mut Says) -> T) -> T {
        change(&mut self.says.lock().expect("no test panicked"))
    }

    /// The claims of a good id token for the subject `sub`.
    fn claims(&self, sub: &str, login: &Login) -> Value {
        json!({
            "iss": self.url, "aud": "mapgate", "sub": sub, "nonce": login.nonce,
            "iat": START.seconds(), "exp": START.seconds() + 300,
        })
    }
}

async fn answer(
    says: &Arc<Mutex<Says>>,
    name: &'static str,
    of: impl FnOnce(&mut Says) -> (u16, Value),
) -> Response {
    let ((status, body), slow) = {
        let mut says = says.lock().expect("no test panicked");
        says.asked.push(name);
        (of(&mut says), says.slow)
    };
    if slow {
        std::future::pending::<()>().await;
    }
    let status = StatusCode::from_u16(status).expect("a status");
    let mut response = (status, Json(body)).into_response();
    if status.is_redirection() {
        response
            .headers_mut()
            .insert("location", http::HeaderValue::from_static("/jwks"));
    }
    response
}

async fn discovery(State(says): State<Arc<Mutex<Says>>>) -> Response {
    answer(&says, "discovery", |says| {
        says.discovery
            .clone()
            .unwrap_or_else(|| (200, says.metadata.clone()))
    })
    .await
}

async fn jwks(State(says): State<Arc<Mutex<Says>>>) -> Response {
    answer(&says, "jwks", |says| (200, json!({ "keys": says.keys }))).await
}

async fn token(State(says): State<Arc<Mutex<Says>>>, headers: http::HeaderMap, body: String) -> Response {
    let sent = headers.get("authorization").and_then(|value| value.to_str().ok());
    let sent = sent.unwrap_or_default().to_owned();
    answer(&says, "token", |says| {
        says.exchange = (body, sent);
        let body: Vec<_> = url::form_urlencoded::parse(says.exchange.0.as_bytes()).collect();
        let code = body
            .iter()
            .find(|(name, _)| name == "code")
            .map(|(_, code)| code.as_ref());
        let by_code = code.and_then(|code| says.by_code.get(code));
        let id_token = by_code.or(says.id_token.as_ref());
        let good =
            json!({"access_token": "at", "token_type": "Bearer", "expires_in": 60, "id_token": id_token});
        says.token.clone().unwrap_or((200, good))
    })
    .await
}

async fn userinfo(State(says): State<Arc<Mutex<Says>>>) -> Response {
    answer(&says, "userinfo", |says| (200, says.userinfo.clone())).await
}

/// A gate that is the peer's client; `more` is added to `openid_connect`, in YAML.
async fn client_of(peer: &Peer, more: &str) -> TestGate {
    client_with(peer, more, "two_factor: false").await
}

/// Like [`client_of`], with keys of `authentication` besides.
async fn client_with(peer: &Peer, more: &str, authentication: &str) -> TestGate {
    let vars = format!(
        "  http_options: {{timeout: 1}}\n  reset_password: {{email_from: a@example.com, email_subject: s, email_body: '{{password}}'}}\n  \
         authentication:\n    {}\n    openid_connect: {{enabled: true, url: '{}', client_id: mapgate, client_secret: \"{SECRET}\"{more}}}",
        authentication.replace(", ", "\n    "),
        peer.url
    );
    TestGate::with(&vars, &[("BASICAUTH", "true")]).await
}

/// A login that a browser began.
struct Login {
    location: Url,
    state: String,
    nonce: String,
    cookies: String,
}

fn routes(test: &TestGate) -> Router {
    mapgate_login::router(test.gate.clone())
}

/// A browser's visits to one function, which keeps what it knows of the provider.
struct Browser<'a> {
    test: &'a TestGate,
    login: Router,
}

impl<'a> Browser<'a> {
    fn of(test: &'a TestGate) -> Self {
        Self {
            test,
            login: routes(test),
        }
    }

    async fn get(&self, path: &str, cookies: &str) -> Answer {
        let asked = with_header(ask(path), "cookie", cookies);
        self.test.send(self.login.clone(), asked).await
    }

    async fn begin(&self, query: &str) -> Login {
        let answer = self.get(&format!("/oidc/login{query}"), "").await;
        assert_eq!(answer.status, StatusCode::FOUND, "{}", answer.body);
        let location = Url::parse(answer.header("location")).expect("a URL");
        let value = |name: &str| {
            let mut pairs = location.query_pairs();
            pairs
                .find(|(found, _)| found == name)
                .map(|(_, value)| value.into_owned())
        };
        Login {
            state: value("state").expect("a state"),
            nonce: value("nonce").expect("a nonce"),
            cookies: answer.cookies(),
            location,
        }
    }

    /// Comes back from the peer with a code.
    async fn back(&self, peer: &Peer, login: &Login) -> Answer {
        let query = format!("code=c&state={}&iss={}", login.state, peer.url);
        self.get(&format!("/oidc/callback?{query}"), &login.cookies).await
    }

    /// Logs in at the peer, whose id token has these claims besides the usual.
    async fn log_in(&self, peer: &Peer, sub: &str, claims: &Value) -> Answer {
        let login = self.begin("").await;
        let mut all = peer.claims(sub, &login);
        for (name, value) in claims.as_object().into_iter().flatten() {
            all[name] = value.clone();
        }
        let token = peer.key.sign(&all);
        peer.say(|says| says.id_token = Some(token));
        self.back(peer, &login).await
    }

    /// The name of who the cookies of `answer` are; empty for nobody.
    async fn who(&self, answer: &Answer) -> String {
        let told = self.get("/loginuser", &answer.cookies()).await.json();
        told["username"].as_str().unwrap_or_default().to_owned()
    }
}

/// Nobody was let in, and the page says `text` and no more.
#[track_caller]
fn assert_refused(answer: &Answer, status: u16, text: &str) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
    assert!(answer.body.contains(text), "{}", answer.body);
    assert!(!answer.cookies().contains("auth_tkt"), "a ticket was given");
    assert!(answer.header("content-type").starts_with("text/html"));
}

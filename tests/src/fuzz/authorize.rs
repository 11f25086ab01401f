//! The query of an authorization request, through the whole router.

use std::sync::LazyLock;

use http::{Request, StatusCode};
use mapgate_core::oauth::{check_client, client_secret_hash};
use mapgate_core::settings::Secret;
use mapgate_core::table::Client;
use tokio::runtime::{Builder, Runtime};
use url::{Host, Url};

use crate::gate::{Answer, BASE, TestGate, get, with_header};

/// What QGIS and others send. The first byte says who asks.
pub(super) const SEEDS: &[&[u8]] = &[
    b"0response_type=code&client_id=qgis&redirect_uri=http://127.0.0.1:7070/",
    b"1response_type=code&client_id=qgis&redirect_uri=http%3A%2F%2F127.0.0.1%3A51004&state=a%20b+c&api_key=",
    b"1response_type=code&client_id=web&redirect_uri=https://a.example/cb?x=1&scope=openid%20map&nonce=n&prompt=none&\
      max_age=60",
    b"1response_type=code&client_id=public&redirect_uri=http://[::1]:7070/&response_mode=fragment&\
      code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256",
    b"0response_type=code&client_id=web&response_mode=form_post&login_hint=jane&ui_locales=de-CH%20fr&lang=it",
    b"1response_type=code&client_id=qgis&redirect_uri=http://127.0.0.1:0/&prompt=login%20consent",
    b"1response_type=code&client_id=web&resource=http://maps.example.com/mapserv_proxy/main&request=e30.e30.&\
      request_uri=https://a.example/r&registration={}",
];

pub(super) const WORDS: &[&[u8]] = &[
    b"&",
    b"=",
    b"%",
    b"%00",
    b"%0d%0a",
    b"%ff",
    b"%c3%a9",
    b"+",
    b"#",
    b"?",
    b"/",
    b"\\",
    b"@",
    b":",
    b"..",
    b"\"><script>",
    b"client_id",
    b"qgis",
    b"public",
    b"web",
    b"redirect_uri",
    b"http://127.0.0.1",
    b":0/",
    b":7070",
    b"http://[::1]:1/",
    b"http://localhost/",
    b"https://a.example/cb?x=1",
    b"https://evil.example/",
    b"org.example.app:/cb",
    b"javascript:",
    b"response_type=code",
    b"response_mode",
    b"query",
    b"fragment",
    b"form_post",
    b"state",
    b"scope",
    b"openid",
    b"admin",
    b"nonce",
    b"prompt",
    b"none",
    b"login",
    b"consent",
    b"select_account",
    b"max_age",
    b"0",
    b"-1",
    b"99999999999999999999",
    b"login_hint",
    b"lang=de",
    b"auth=00",
    b"code_challenge",
    b"code_challenge_method=S256",
    b"plain",
    b"resource",
    b"id_token_hint",
    b"request_uri",
    b"\xc3\xa9",
    b"\xff",
];

struct World {
    runtime: Runtime,
    test: TestGate,
    /// The cookie of a user who is logged in.
    ticket: String,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let (test, ticket) = runtime.block_on(async {
        let test = TestGate::new().await;
        for (client_id, secret, redirect_uris) in [
            ("qgis", Some("1234"), &["http://127.0.0.1:7070/"][..]),
            ("public", None, &["http://[::1]/", "org.example.app:/cb"]),
            ("web", Some("5678"), &["https://a.example/cb?x=1"]),
        ] {
            register(&test, client_id, secret, redirect_uris).await;
        }
        test.user("jane", "correct horse battery", &[], false).await;
        let ticket = ticket(&test).await;
        (test, ticket)
    });
    World {
        runtime,
        test,
        ticket,
    }
});

async fn register(test: &TestGate, client_id: &str, secret: Option<&str>, redirect_uris: &[&str]) {
    let secrets = test.gate.secrets().await.unwrap();
    let hash =
        |secret| client_secret_hash(&secrets, test.clock.now(), client_id, &Secret::new(secret)).unwrap();
    let client = Client {
        client_id: client_id.to_owned(),
        secret_hash: secret.map(hash),
        redirect_uris: redirect_uris.iter().map(|uri| (*uri).to_owned()).collect(),
        state_required: false,
        pkce_required: secret.is_none(),
        single_session: true,
        scopes: Vec::new(),
        made_at: test.clock.now(),
    };
    let client = check_client(client).unwrap();
    test.gate.table().await.put_client(&client).await.unwrap();
}

async fn ticket(test: &TestGate) -> String {
    let user = test.gate.table().await.user("jane").await.unwrap().unwrap();
    let (parts, _) = get("/").into_parts();
    let secrets = test.gate.secrets().await.unwrap();
    let cookies = test.gate.log_in(&parts, &secrets, &user).unwrap();
    let cookie = cookies.last().unwrap().to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

/// A browser asks `/oauth/authorize?…`; with a ticket where the first byte is odd.
///
/// # Panics
/// Where the answer is neither a safe page nor a redirect to where a client is registered, with a code or an error.
pub fn authorize_query(input: &[u8]) {
    let Some((who, query)) = input.split_first() else {
        return;
    };
    let path = format!("/oauth/authorize?{}", in_a_request(query));
    let Ok(request) = Request::get(path.as_str()).body(axum::body::Body::empty()) else {
        return;
    };
    let world = &*WORLD;
    let request = if who % 2 == 1 {
        with_header(request, "cookie", &world.ticket)
    } else {
        request
    };
    let router = mapgate_oauth_authorize::router(world.test.gate.clone());
    let answer = world.runtime.block_on(world.test.send(router, request));
    match answer.status {
        StatusCode::FOUND => is_sent_back(&answer),
        // 401 and 429 are for a URL login.
        StatusCode::OK
        | StatusCode::BAD_REQUEST
        | StatusCode::UNAUTHORIZED
        | StatusCode::TOO_MANY_REQUESTS => {
            is_a_page(&answer);
        }
        status => panic!("{status} {}", answer.body),
    }
}

/// What no HTTP library lets through is encoded, so that the input reaches the router.
fn in_a_request(query: &[u8]) -> String {
    use std::fmt::Write as _;
    query.iter().fold(String::new(), |mut path, byte| {
        match byte {
            b'#' | b' ' | b'"' | b'<' | b'>' | 0..=0x1f | 0x7f.. => write!(path, "%{byte:02x}").unwrap(),
            byte => path.push(char::from(*byte)),
        }
        path
    })
}

fn is_sent_back(answer: &Answer) {
    let location = Url::parse(answer.header("location")).unwrap();
    let registered = match (location.scheme(), location.host()) {
        ("http", Some(Host::Ipv4(host))) => host.is_loopback(),
        ("http", Some(Host::Ipv6(host))) => host.is_loopback(),
        ("https", host) => host == Some(Host::Domain("a.example")) && location.path() == "/cb",
        (scheme, _) => scheme == "org.example.app",
    };
    assert!(registered && location.username().is_empty(), "{location}");
    let told = location.fragment().or(location.query()).unwrap_or_default();
    let mut told = url::form_urlencoded::parse(told.as_bytes());
    let count = |wanted: &str| told.filter(|(name, _)| name == wanted).count();
    assert_eq!(count("code") + count("error"), 1, "{location}");
    assert!(
        told.any(|(name, value)| name == "iss" && value == BASE),
        "{location}"
    );
}

fn is_a_page(answer: &Answer) {
    assert!(
        answer.header("content-type").starts_with("text/html"),
        "{}",
        answer.body
    );
    assert_eq!(answer.header("location"), "");
    assert_eq!(answer.header("x-frame-options"), "DENY");
    let policy = answer.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; ") && !policy.contains("script-src"),
        "{policy}"
    );
    assert!(!answer.body.contains("<script"), "{}", answer.body);
}

//! Servers of others, which note what reaches them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use http::{HeaderMap, StatusCode, header};
use mapgate_local::service::{Service, loopback};
use mapgate_tests::gate::{Answer, TestGate, get, with_header};

const MIB: usize = 1024 * 1024;

/// A request that reached a server.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    pub target: String,
    pub headers: HeaderMap,
}

type Log = Arc<Mutex<Vec<Seen>>>;

/// A gate whose targets lead to a server, and another server to which none does.
pub struct World {
    pub test: TestGate,
    router: Router,
    seen: Log,
    elsewhere: Log,
    pub url: String,
    _servers: [Service; 2],
}

impl World {
    /// The targets, and further settings of the resource proxy.
    pub async fn with(resourceproxy: &str, vars: &str, variables: &[(&str, &str)]) -> Self {
        let (seen, elsewhere) = (Log::default(), Log::default());
        let other = serve(elsewhere.clone(), String::new()).await;
        let server = serve(seen.clone(), other.url()).await;
        let url = server.url();
        let port = server.address().port();
        let targets = [
            ("parcel", format!("{url}/rf?commune=%s&parcelle=%s")),
            ("one", format!("{url}/one/%s/end?own=1")),
            ("query", format!("{url}/query?q=%s&own=1")),
            ("glued", format!("{url}/.%s/end")),
            ("free", format!("{url}/free")),
            ("answer", format!("{url}/%s")),
            ("name", format!("http://localhost:{port}/one/%s")),
            ("dot", format!("http://localhost.:{port}/one/%s")),
            ("down", "http://127.0.0.1:9/%s".to_owned()),
            ("metadata", "http://169.254.169.254/%s".to_owned()),
        ];
        let targets: Vec<String> = targets
            .iter()
            .map(|(name, url)| format!("{name}: '{url}'"))
            .collect();
        let vars = format!(
            "  resourceproxy: {{targets: {{{}}}{resourceproxy}}}\n  http_options: {{timeout: 1}}\n{vars}",
            targets.join(", ")
        );
        let test = Box::pin(TestGate::with(&vars, variables)).await;
        let router = mapgate_resourceproxy::router(test.gate.clone());
        Self {
            test,
            router,
            seen,
            elsewhere,
            url,
            _servers: [server, other],
        }
    }

    /// One that may call this machine.
    pub async fn new() -> Self {
        Self::with(", allow_private_addresses: true", "", &[]).await
    }

    pub async fn ask(&self, target: &str, values: &str) -> Answer {
        self.send(get(&path(target, values))).await
    }

    pub async fn send(&self, request: http::Request<Body>) -> Answer {
        self.test.send(self.router.clone(), request).await
    }

    pub async fn with_header(&self, path: &str, name: &'static str, value: &str) -> Answer {
        self.send(with_header(get(path), name, value)).await
    }

    /// The function's routes, for answers that do not end well.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// What reached the server since the last call: method, path and query.
    pub fn seen(&self) -> Vec<String> {
        let all = self.requests();
        all.iter()
            .map(|seen| format!("{} {}", seen.method, seen.target))
            .collect()
    }

    pub fn requests(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What reached the other server, ever.
    pub fn elsewhere(&self) -> usize {
        self.elsewhere
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }
}

/// The resource proxy's path for a target and values.
pub fn path(target: &str, values: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("target", target).append_pair("values", values);
    format!("/resourceproxy?{}", query.finish())
}

async fn serve(log: Log, elsewhere: String) -> Service {
    let router = Router::new().fallback(answer).with_state((log, elsewhere));
    Service::http(loopback().await.expect("a port"), router).expect("a server")
}

async fn answer(State((log, elsewhere)): State<(Log, String)>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let path = parts.uri.path().to_owned();
    log.lock().unwrap_or_else(PoisonError::into_inner).push(Seen {
        method: parts.method.to_string(),
        target: parts.uri.to_string(),
        headers: parts.headers.clone(),
    });
    let to = |location: String| (StatusCode::FOUND, [(header::LOCATION, location)]).into_response();
    let own = |host: &str| {
        let port = parts.headers["host"]
            .to_str()
            .unwrap()
            .rsplit(':')
            .next()
            .unwrap()
            .to_owned();
        format!("http://{host}:{port}/landed")
    };
    match path.as_str() {
        "/redirect" => to("/landed".to_owned()),
        "/absolute" => to(own("127.0.0.1")),
        "/loop" => to("/loop".to_owned()),
        "/other-name" => to(own("localhost")),
        "/other-port" => to(format!("{elsewhere}/landed")),
        "/user" => to(own("user:pass@127.0.0.1")),
        "/metadata" => to("http://169.254.169.254/latest/meta-data/".to_owned()),
        "/file" => to("file:///etc/passwd".to_owned()),
        "/late" => to("/other-port".to_owned()),
        "/nowhere" => StatusCode::FOUND.into_response(),
        "/exact" => vec![b'x'; 10 * MIB].into_response(),
        "/large" => vec![b'x'; 10 * MIB + 1].into_response(),
        "/chunked" => chunked(10 * MIB),
        "/chunked-large" => chunked(10 * MIB + 1),
        "/endless" => {
            let piece = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>("x".repeat(MIB)));
            Body::from_stream(piece).into_response()
        }
        "/drips" => {
            let piece = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>("x"));
            Body::from_stream(piece.then(async |piece| {
                tokio::time::sleep(Duration::from_millis(100)).await;
                piece
            }))
            .into_response()
        }
        "/breaks-off" => broken(None),
        "/breaks-off-told" => broken(Some("1000")),
        "/slow" => {
            tokio::time::sleep(Duration::from_secs(30)).await;
            StatusCode::OK.into_response()
        }
        "/boom" => (StatusCode::INTERNAL_SERVER_ERROR, "secret SQL").into_response(),
        "/forbidden" => (StatusCode::FORBIDDEN, [(header::WWW_AUTHENTICATE, "Basic")], "no").into_response(),
        "/gone" => (StatusCode::NOT_FOUND, "secret path").into_response(),
        "/partial" => (StatusCode::PARTIAL_CONTENT, "par").into_response(),
        "/empty" => StatusCode::NO_CONTENT.into_response(),
        "/gzip" => ([(header::CONTENT_ENCODING, "gzip")], "\u{1f}").into_response(),
        "/untyped" => Body::from("x").into_response(),
        "/etag" if parts.headers.contains_key(header::IF_NONE_MATCH) => {
            (StatusCode::NOT_MODIFIED, [(header::ETAG, "\"a\"")]).into_response()
        }
        _ => {
            let headers = [
                ("content-type", "text/html; charset=utf-8"),
                ("cache-control", "public, max-age=60"),
                ("etag", "\"a\""),
                ("last-modified", "Mon, 01 Jan 2024 00:00:00 GMT"),
                ("set-cookie", "auth_tkt=evil"),
                ("server", "secret/1.0"),
                ("x-powered-by", "secret"),
                ("access-control-allow-origin", "*"),
                ("content-security-policy", "default-src *"),
                ("strict-transport-security", "max-age=0"),
                ("location", "/x"),
                ("www-authenticate", "Basic"),
                ("link", "</x>; rel=preload"),
            ];
            (
                headers.map(|(name, value)| (http::HeaderName::from_static(name), value)),
                "<p>hello</p>",
            )
                .into_response()
        }
    }
}

fn chunked(mut left: usize) -> Response {
    let pieces = std::iter::from_fn(move || {
        let size = left.min(MIB);
        left -= size;
        (size > 0).then(|| Ok::<_, std::io::Error>("x".repeat(size)))
    });
    Body::from_stream(futures_util::stream::iter(pieces)).into_response()
}

fn broken(length: Option<&'static str>) -> Response {
    let pieces = futures_util::stream::iter([Ok("x".to_owned()), Err(std::io::Error::other("gone"))]);
    let pieces = pieces.then(async |piece| {
        // What came before has to be on its way when the connection ends.
        tokio::time::sleep(Duration::from_millis(100)).await;
        piece
    });
    let mut response = Body::from_stream(pieces).into_response();
    if let Some(length) = length {
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, http::HeaderValue::from_static(length));
    }
    response
}

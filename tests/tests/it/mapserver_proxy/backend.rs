//! A map server that notes what reaches it, and the world of a test around it.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use http::{HeaderMap, Method, StatusCode, header};
use mapgate_core::http::front;
use mapgate_core::identity::{Peer, sign_ticket};
use mapgate_core::table::{Auth, DefaultAccess, Layer, OgcServer, RoleId, ServerType, UserChange};
use mapgate_tests::gate::{Answer, TestGate, get, with_header};
use tower::ServiceExt as _;

pub const WMS: &str = include_str!("../../../../core/src/ogc/testdata/wms_1_3_0.xml");
const WMS_1_1_1: &str = include_str!("../../../../core/src/ogc/testdata/wms_1_1_1.xml");
pub const WFS: &str = include_str!("../../../../core/src/ogc/testdata/wfs_2_0_0.xml");
/// Services that advertise themselves under a name of their own, and tell it before their operations do.
const ELSEWHERE_WFS: &str = r#"<WFS_Capabilities version="2.0.0" xmlns="http://www.opengis.net/wfs/2.0" xmlns:ows="http://www.opengis.net/ows/1.1" xmlns:xlink="http://www.w3.org/1999/xlink"><ows:ServiceProvider><ows:ProviderName/><ows:ProviderSite xlink:href="http://elsewhere.internal/ows"/></ows:ServiceProvider><ows:OperationsMetadata><ows:Operation name="GetFeature"><ows:DCP><ows:HTTP><ows:Get xlink:href="http://elsewhere.internal/ows?"/></ows:HTTP></ows:DCP></ows:Operation></ows:OperationsMetadata><FeatureTypeList><FeatureType><Name>roads</Name></FeatureType></FeatureTypeList></WFS_Capabilities>"#;
const ELSEWHERE_WMS: &str = r#"<WMS_Capabilities version="1.3.0" xmlns="http://www.opengis.net/wms" xmlns:xlink="http://www.w3.org/1999/xlink"><Service><Name>WMS</Name><Abstract>(see http://elsewhere.internal/ows).</Abstract></Service><Capability><Request><GetMap><Format>image/png</Format><DCPType><HTTP><Get><OnlineResource xlink:href="http://elsewhere.internal/ows?"/></Get></HTTP></DCPType></GetMap></Request><Layer><Title/><Layer><Name>roads</Name><Title/></Layer></Layer></Capability></WMS_Capabilities>"#;
const WMTS: &str = include_str!("../../../../core/src/ogc/testdata/wmts_1_0_0.xml");
const WCS: &str = include_str!("../../../../core/src/ogc/testdata/wcs_1_1_1.xml");
const WCS_2_0_1: &str = include_str!("../../../../core/src/ogc/testdata/wcs_2_0_1.xml");
const FEATURES: &str = include_str!("../../../../core/src/ogc/testdata/getfeature_2_0_0.xml");
/// One action done, one failed, and more said of it than anybody should hear.
const TRANSACTION: &str = r#"<wfs:TransactionResponse version="1.1.0" xmlns:wfs="http://www.opengis.net/wfs" xmlns:ogc="http://www.opengis.net/ogc"><wfs:TransactionSummary><wfs:totalInserted>1</wfs:totalInserted></wfs:TransactionSummary><wfs:TransactionResults><wfs:Action locator="2"><wfs:Message>secret SQL at http://backend.internal:8090/mapserv</wfs:Message></wfs:Action></wfs:TransactionResults><wfs:InsertResults><wfs:Feature><ogc:FeatureId fid="parcels.9"/></wfs:Feature></wfs:InsertResults></wfs:TransactionResponse>"#;
pub const EXCEPTION: &str = include_str!("../../../../core/src/ogc/testdata/exception_1_3_0.xml");

/// A request that reached the map server.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: Method,
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    /// What was posted; empty for a GET.
    pub body: String,
}

type Log = Arc<Mutex<Vec<Seen>>>;

/// A gate with OGC servers, the map server behind them, and Jane, who is an editor.
pub struct World {
    pub test: TestGate,
    router: Router,
    seen: Log,
    pub cookie: String,
    pub editor: RoleId,
    pub url: String,
}

impl World {
    pub async fn new(vars: &str) -> Self {
        Self::with(vars, &[]).await
    }

    pub async fn with(vars: &str, variables: &[(&str, &str)]) -> Self {
        let test = TestGate::with(&format!("  main_ogc_server: main\n{vars}"), variables).await;
        let editor = test.role("editor").await;
        test.user("jane", "correct horse", &[editor], false).await;
        let seen = Log::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let backend = Router::new().fallback(answer).with_state(seen.clone());
        tokio::spawn(async move { axum::serve(listener, backend).await });
        let router = mapgate_mapserver_proxy::router(test.gate.clone());
        let cookie = ticket(&test, "jane").await;
        let world = Self {
            test,
            router,
            seen,
            cookie,
            editor,
            url,
        };
        for (name, path) in [
            ("main", "/mapserv?map=/srv/demo.map"),
            ("html", "/html"),
            ("page", "/page"),
            ("exception", "/exception"),
            ("slow", "/slow"),
            ("redirect", "/redirect"),
            ("boom", "/boom"),
            ("broken", "/broken"),
            ("endless", "/endless"),
            ("elsewhere", "/elsewhere"),
            ("latin1", "/latin1"),
        ] {
            world.server(&world.record(name, path)).await;
        }
        world
    }

    pub fn record(&self, name: &str, path: &str) -> OgcServer {
        OgcServer {
            name: name.to_owned(),
            url: format!("{}{path}", self.url),
            url_wfs: None,
            r#type: ServerType::Mapserver,
            auth: Auth::Standard,
            default_access: DefaultAccess::Private,
        }
    }

    /// Writes a server: everybody reads roads, editors read and write parcels.
    pub async fn server(&self, record: &OgcServer) {
        let layer = |name: &str, public: bool, roles: &[RoleId]| Layer {
            name: name.to_owned(),
            public,
            roles: roles.iter().copied().collect(),
            write_roles: roles.iter().copied().collect(),
        };
        let layers = [layer("roads", true, &[]), layer("parcels", false, &[self.editor])];
        let table = self.test.gate.table().await;
        table
            .put_ogc_server(record, &layers)
            .await
            .expect("the server is written");
    }

    /// A user's ticket, as a `Cookie` header.
    pub async fn ticket(&self, username: &str) -> String {
        ticket(&self.test, username).await
    }

    /// Deactivates a user.
    pub async fn deactivate(&self, username: &str) {
        let table = self.test.gate.table().await;
        let user = table.user(username).await.expect("an answer").expect("the user");
        let change = UserChange {
            deactivated: Some(true),
            ..UserChange::default()
        };
        let written = table.transaction().change(&user, &change).commit().await;
        written.expect("the table answers").expect("nobody else writes");
    }

    /// An anonymous request.
    pub async fn ask(&self, path: &str) -> Answer {
        self.test.send(self.router.clone(), get(path)).await
    }

    /// Jane's request, by ticket.
    pub async fn jane(&self, path: &str) -> Answer {
        self.with_header(path, "cookie", &self.cookie).await
    }

    pub async fn with_header(&self, path: &str, name: &'static str, value: &str) -> Answer {
        self.send(with_header(get(path), name, value)).await
    }

    pub async fn send(&self, request: http::Request<Body>) -> Answer {
        self.test.send(self.router.clone(), request).await
    }

    /// A stranger's request from this address.
    pub async fn from(&self, request: http::Request<Body>, address: IpAddr) -> Answer {
        self.test.send_from(self.router.clone(), request, address).await
    }

    /// The answer to a stranger, its body not read yet.
    pub async fn response(&self, mut request: http::Request<Body>) -> Response {
        request.extensions_mut().insert(Peer {
            address: IpAddr::from([203, 0, 113, 7]),
            https: false,
        });
        let router = front(self.router.clone(), &self.test.gate.settings);
        router.oneshot(request).await.expect("an answer")
    }

    /// What reached the map server since the last call, its own capabilities left out.
    pub fn seen(&self) -> Vec<Seen> {
        self.noted(true)
    }

    /// What the proxy read of the map server for itself since the last call of either.
    pub fn read(&self) -> Vec<Seen> {
        self.noted(false)
    }

    fn noted(&self, for_a_client: bool) -> Vec<Seen> {
        let all = std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        all.into_iter()
            .filter(|seen| seen.headers.contains_key("forwarded") == for_a_client)
            .collect()
    }
}

async fn ticket(test: &TestGate, username: &str) -> String {
    let secrets = test.gate.secrets().await.expect("keys");
    let user = test
        .gate
        .table()
        .await
        .user(username)
        .await
        .expect("an answer")
        .expect("the user");
    let ticket = sign_ticket(&secrets, &test.gate.random, test.clock.now(), &user, None);
    format!("auth_tkt={}", ticket.expect("randomness").expect("a key"))
}

async fn answer(State(log): State<Log>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let headers = request.headers().clone();
    let method = request.method().clone();
    let body = to_bytes(request.into_body(), usize::MAX).await.expect("a body");
    let body = String::from_utf8(body.into()).expect("UTF-8");
    let xml = |text: &'static str| {
        (
            [
                (header::CONTENT_TYPE, "text/xml; charset=UTF-8"),
                (header::ETAG, "\"x\""),
            ],
            text,
        )
            .into_response()
    };
    let asks = |part: &str| query.contains(part) || body.contains(part);
    let response = match path.as_str() {
        _ if path.contains("/ogcapi") || path.contains("/wfs3") => super::ogcapi::backend(&method, &path),
        "/broken" => xml("<html/>"),
        "/endless" => {
            let piece = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>("<x>y</x>"));
            let slow = piece.then(async |piece| {
                tokio::time::sleep(Duration::from_millis(50)).await;
                piece
            });
            let head = futures_util::stream::iter([Ok("<WMS_Capabilities><Service>")]);
            Body::from_stream(head.chain(Box::pin(slow))).into_response()
        }
        _ if asks("REQUEST=GetCapabilities") && path == "/slow" => {
            tokio::time::sleep(Duration::from_secs(30)).await;
            StatusCode::OK.into_response()
        }
        "/elsewhere" if asks("SERVICE=WFS") => xml(ELSEWHERE_WFS),
        "/elsewhere" if asks("GetCapabilities") => xml(ELSEWHERE_WMS),
        "/latin1" if !asks("GetCapabilities") => (
            [(header::CONTENT_TYPE, "text/xml")],
            &b"<?xml version='1.0' encoding='ISO-8859-1'?><ServiceExceptionReport><ServiceException>SQL \xe9"
                [..],
        )
            .into_response(),
        _ if asks("REQUEST=GetCapabilities") && asks("SERVICE=WFS") => xml(WFS),
        _ if asks("REQUEST=GetCapabilities") && asks("SERVICE=WMTS") => xml(WMTS),
        _ if asks("REQUEST=GetCapabilities") && asks("SERVICE=WCS&VERSION=2") => xml(WCS_2_0_1),
        _ if asks("REQUEST=GetCapabilities") && asks("SERVICE=WCS") && asks("map=/srv/demo.map") => {
            let parcels = "<CoverageSummary><Identifier>parcels</Identifier></CoverageSummary></Contents>";
            WCS.replace("</Contents>", parcels).into_response()
        }
        _ if asks("REQUEST=GetCapabilities") && asks("SERVICE=WCS") => xml(WCS),
        _ if asks("REQUEST=GetCapabilities") && asks("VERSION=1.1.1") => xml(WMS_1_1_1),
        _ if asks("REQUEST=GetCapabilities") || asks("REQUEST=GetProjectSettings") => xml(WMS),
        "/html" => ([(header::CONTENT_TYPE, "text/html")], "<p>secret SQL</p>").into_response(),
        // A page that calls itself something else.
        "/page" => (
            [(header::CONTENT_TYPE, "text/xml")],
            "\u{feff}\n<!doctype HTML><p>secret SQL at http://backend.internal/</p>",
        )
            .into_response(),
        "/exception" => xml(EXCEPTION),
        "/boom" => (StatusCode::INTERNAL_SERVER_ERROR, "secret SQL").into_response(),
        "/redirect" => (StatusCode::FOUND, [(header::LOCATION, "http://127.0.0.1:1/")]).into_response(),
        "/slow" => {
            tokio::time::sleep(Duration::from_secs(30)).await;
            StatusCode::OK.into_response()
        }
        _ if body.contains("<Transaction ") => xml(TRANSACTION),
        _ if asks("REQUEST=GetFeature&") || body.contains("<GetFeature ") => xml(FEATURES),
        _ => (
            [
                (header::CONTENT_TYPE, "image/png"),
                (header::SET_COOKIE, "a=b"),
                (header::SERVER, "x"),
            ],
            "PNG",
        )
            .into_response(),
    };
    log.lock().unwrap_or_else(PoisonError::into_inner).push(Seen {
        method,
        path,
        query,
        headers,
        body,
    });
    response
}

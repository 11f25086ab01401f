//! The map proxy's own program under Lambda's runtime API: what a gateway is handed (T112).

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use http::header;
use mapgate_local::service::{Service, loopback};
use mapgate_tests::{Function, LARGE, LargeServer, Setup, http_api};

const WMS: &str = include_str!("../../../../core/src/ogc/testdata/wms_1_3_0.xml");
/// A picture in which every byte stands, larger than what is waited for.
fn picture() -> Vec<u8> {
    (0..=255).cycle().take(40 * 1024).collect()
}

/// A map server whose maps are those bytes, or with `STYLES=broken` the first of them.
async fn map_server() -> Service {
    let router = Router::new().fallback(async |request: axum::extract::Request| -> Response {
        let query = request.uri().query().unwrap_or_default();
        if query.contains("GetCapabilities") {
            return ([(header::CONTENT_TYPE, "text/xml")], WMS).into_response();
        }
        let body = if query.contains("STYLES=broken") {
            // Else the server breaks off before it has sent what came before.
            let end = async {
                tokio::time::sleep(Duration::from_millis(300)).await;
                Err(std::io::Error::other("broken"))
            };
            let beginning = futures_util::stream::iter([Ok(picture())]);
            Body::from_stream(beginning.chain(futures_util::stream::once(end)))
        } else {
            Body::from(picture())
        };
        ([(header::CONTENT_TYPE, "image/png")], body).into_response()
    });
    Service::http(loopback().await.unwrap(), router).unwrap()
}

fn seed(server: &Service) -> String {
    format!(
        "roles: []\nusers: []\noauth2_clients: []\nogc_servers:\n  - {{name: main, url: \"{}/\", type: mapserver, \
         auth: none, default_access: public, layers: []}}\n",
        server.url()
    )
}

fn map(style: &str) -> String {
    format!(
        "SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads&STYLES={style}&CRS=EPSG:4326&BBOX=1,2,3,4&WIDTH=1&HEIGHT=1&FORMAT=image/png"
    )
}

#[tokio::test]
async fn t112_a_picture_is_handed_over_in_base64_and_a_broken_one_as_an_exception() {
    let server = map_server().await;
    let mut function = Function::start("mapserver-proxy", Setup::default().seed(seed(&server)), &[]).await;
    let whole = function.invoke(http_api("/mapserv_proxy/main", &map(""))).await;
    assert_eq!(
        (whole.json()["statusCode"].as_u64(), whole.body()),
        (Some(200), picture())
    );
    assert!(!whole.streamed && whole.json()["isBase64Encoded"] == true);
    let broken = function
        .invoke(http_api("/mapserv_proxy/main", &map("broken")))
        .await;
    let said = String::from_utf8(broken.body()).unwrap();
    assert_eq!(broken.json()["statusCode"], 502, "{said}");
    assert!(said.contains("ServiceExceptionReport"), "{said}");
}

#[tokio::test]
async fn t112_what_is_too_large_for_a_buffered_function_is_told_with_a_hint() {
    let server = LargeServer::start().await;
    let setup = Setup::default()
        .seed(server.seed(&[4, 5]))
        .vars("vars: {http_options: {timeout: 60}}\n");
    let mut function = Function::start("mapserver-proxy", setup, &[]).await;
    let map = LARGE[2].0;
    let fits = function.invoke(http_api("/mapserv_proxy/mb4", map)).await;
    assert!(fits.length > 5 * 1024 * 1024 && fits.length < 6 * 1024 * 1024);
    let large = function.invoke(http_api("/mapserv_proxy/mb5", map)).await;
    let said = String::from_utf8(large.body()).unwrap();
    assert_eq!(large.json()["statusCode"], 413, "{said}");
    assert!(
        said.contains("ServiceExceptionReport") && said.contains("MAPGATE_INVOKE_MODE"),
        "{said}"
    );
}

#[tokio::test]
async fn t112_a_streamed_answer_that_breaks_off_does_not_look_whole() {
    let server = map_server().await;
    let variables = [("MAPGATE_INVOKE_MODE", "RESPONSE_STREAM")];
    let setup = Setup::default().seed(seed(&server));
    let mut function = Function::start("mapserver-proxy", setup, &variables).await;
    let whole = function.invoke(http_api("/mapserv_proxy/main", &map(""))).await;
    assert!(whole.streamed && whole.whole);
    assert_eq!(whole.prelude()["headers"]["content-type"], "image/png");
    assert_eq!(whole.body_length(), picture().len());
    assert!(whole.beginning.ends_with(&picture()));
    let broken = function
        .invoke(http_api("/mapserv_proxy/main", &map("broken")))
        .await;
    assert!(broken.streamed && !broken.whole);
    assert!(broken.beginning.ends_with(&picture()), "nothing is added");
    let ended = tokio::time::timeout(Duration::from_secs(20), function.program().child.wait());
    assert!(!ended.await.expect("the program ends").unwrap().success());
}

#[tokio::test]
async fn each_request_is_one_line_of_the_log_with_its_metrics_and_nothing_of_its_query() {
    let server = map_server().await;
    let mut function = Function::start("mapserver-proxy", Setup::default().seed(seed(&server)), &[]).await;
    function
        .invoke(http_api("/mapserv_proxy/main", &format!("{}&KEY=hush", map(""))))
        .await;
    let line = function.program().line_with("\"_aws\"").await.expect("a line");
    assert!(!line.contains("hush") && !line.contains("roads"), "{line}");
    let told: serde_json::Value = serde_json::from_str(&line).expect("JSON and nothing else");
    assert_eq!(told["Function"], "mapserver-proxy");
    assert_eq!(
        (&told["requestId"], &told["route"], &told["status"]),
        (&"r".into(), &"/mapserv_proxy/{ogcserver}".into(), &200.into())
    );
    // The layers' list, and the map.
    assert_eq!(told["ProxiedRequests"], 2, "{told}");
    for metric in ["Latency", "BackendTime", "TableTime", "TableRequests"] {
        assert!(told[metric].as_f64() > Some(0.0), "{metric}: {told}");
    }
}

//! The way there and back: headers, conditions, ranges, compression, and what is posted.

use axum::body::Body;
use http::{Request, StatusCode, header};
use mapgate_tests::gate::{get, with_header};

use super::backend::World;
use super::raw::{RawServer, Sent};
use super::{is_sandboxed, map};

pub const LEGEND: &str =
    "/mapserv_proxy/raw?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&LAYER=roads&FORMAT=image/png";
pub const FEATURE_INFO: &str = "/mapserv_proxy/raw?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetFeatureInfo&LAYERS=roads&QUERY_LAYERS=roads&STYLES=&CRS=EPSG:4326&BBOX=1,2,3,4&WIDTH=1&HEIGHT=1&I=0&J=0&INFO_FORMAT=text/plain";
pub const CAPABILITIES: &str = "/mapserv_proxy/raw?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetCapabilities";
/// What a client may ask of pictures, and of nothing else.
const CONDITIONS: [(&str, &str); 5] = [
    ("accept-encoding", "gzip"),
    ("if-none-match", "\"a\""),
    ("if-modified-since", "Wed, 01 Jul 2026 00:00:00 GMT"),
    ("if-range", "\"a\""),
    ("range", "bytes=0-1"),
];

pub async fn raw() -> (World, RawServer) {
    let world = World::new("  http_options: {timeout: 1}").await;
    let server = RawServer::start().await;
    let mut record = world.record("raw", "/");
    record.url.clone_from(&server.url);
    world.server(&record).await;
    (world, server)
}

pub fn raw_map() -> String {
    map("roads").replace("main", "raw")
}

fn with_headers(path: &str, headers: &[(&'static str, &str)]) -> Request<Body> {
    headers.iter().fold(get(path), |request, (name, value)| {
        with_header(request, name, value)
    })
}

fn png(head: &str, body: &str) -> Sent {
    Sent::ok(
        &format!("Content-Type: image/png\r\nContent-Length: {}{head}", body.len()),
        body,
    )
}

/// Whether a server was asked with this header.
fn line<'a>(seen: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = seen.lines();
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[tokio::test]
async fn t113_hop_by_hop_headers_and_credentials_go_neither_there_nor_back() {
    let (world, server) = raw().await;
    server.answers(png(
        "\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\n\
         Trailer: X\r\nUpgrade: h2c\r\nVia: 1.1 backend.internal\r\nServer: x\r\nX-Powered-By: y\r\nSet-Cookie: a=b\r\n\
         Strict-Transport-Security: max-age=1\r\nAccess-Control-Allow-Origin: *\r\nAlt-Svc: x\r\nRefresh: 0\r\nLink: <x>",
        "PNG",
    ));
    let sent = [
        ("connection", "close, X-Hop, Accept"),
        ("x-hop", "1"),
        ("keep-alive", "timeout=5"),
        ("te", "trailers"),
        ("trailer", "x"),
        ("upgrade", "h2c"),
        ("proxy-authorization", "Basic x"),
        ("proxy-connection", "keep-alive"),
        ("cookie", world.cookie.as_str()),
        ("authorization", "Bearer x"),
        ("sec-username", "admin"),
        ("sec-roles", "admin"),
        ("x-qgis-service-url", "http://evil.example/"),
        ("forwarded", "for=10.0.0.1"),
        ("x-forwarded-for", "10.0.0.1"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("origin", "https://evil.example"),
        ("referer", "https://maps.example.com/x"),
        ("x-http-method-override", "DELETE"),
    ];
    // A bad token is 401, so it goes another time.
    let request = with_headers(
        &raw_map(),
        &sent
            .iter()
            .copied()
            .filter(|(name, _)| *name != "authorization")
            .collect::<Vec<_>>(),
    );
    let answer = world.send(request).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "PNG"));
    let seen = server.seen();
    for (name, value) in sent {
        let got = line(&seen, name);
        assert!(
            got.is_none() || !got.is_some_and(|got| got.contains(&value.to_ascii_lowercase())),
            "{name}: {seen}"
        );
    }
    assert_eq!(
        line(&seen, "forwarded"),
        Some("for=203.0.113.7;host=\"maps.example.com\";proto=http")
    );
    assert_eq!(line(&seen, "x-forwarded-for"), Some("203.0.113.7"));
    assert_eq!(line(&seen, "x-forwarded-host"), Some("maps.example.com"));
    assert_eq!(line(&seen, "x-forwarded-proto"), Some("http"));
    let ours = [
        "cache-control",
        "content-length",
        "content-security-policy",
        "content-type",
        "vary",
        "x-content-type-options",
    ];
    let mut names: Vec<&str> = answer.headers.keys().map(header::HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ours);
}

#[tokio::test]
async fn t098_an_ipv6_client_is_quoted_in_forwarded() {
    let (world, server) = raw().await;
    server.answers(png("", "PNG"));
    let address = "2001:db8::7".parse().expect("an address");
    assert_eq!(world.from(get(&raw_map()), address).await.status, StatusCode::OK);
    let seen = server.seen();
    assert_eq!(
        line(&seen, "forwarded"),
        Some("for=\"[2001:db8::7]\";host=\"maps.example.com\";proto=http")
    );
}

#[tokio::test]
async fn one_connection_serves_one_request_after_the_other() {
    let (world, server) = raw().await;
    server.answers(png("", "PNG"));
    for _ in 0..10 {
        assert_eq!(world.ask(&raw_map()).await.body, "PNG");
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn conditions_and_ranges_pass_for_pictures_alone() {
    let (world, server) = raw().await;
    for path in [raw_map(), LEGEND.to_owned()] {
        server.answers(png(
            "\r\nETag: \"a\"\r\nLast-Modified: x\r\nAccept-Ranges: bytes",
            "PNG",
        ));
        let answer = world.send(with_headers(&path, &CONDITIONS)).await;
        let seen = server.seen();
        for (name, value) in CONDITIONS {
            assert_eq!(
                line(&seen, name),
                Some(value.to_ascii_lowercase().as_str()),
                "{path}"
            );
        }
        for (name, value) in [
            ("etag", "\"a\""),
            ("last-modified", "x"),
            ("accept-ranges", "bytes"),
        ] {
            assert_eq!(answer.header(name), value, "{path}");
        }
    }
    // Several ranges come as another type.
    let several = with_header(get(&raw_map()), "range", "bytes=0-1,3-4");
    assert_eq!(world.send(several).await.status, StatusCode::OK);
    assert_eq!(line(&server.seen(), "range"), None);
    let svg = raw_map().replace("image/png", "image/svg%2Bxml");
    for path in [FEATURE_INFO, CAPABILITIES, &svg] {
        server.answers(Sent::ok("Content-Type: text/plain\r\nContent-Length: 1\r\nETag: \"a\"\r\nAccept-Ranges: bytes\r\nLast-Modified: x", "x"));
        let answer = world.send(with_headers(path, &CONDITIONS)).await;
        let seen = server.seen();
        for (name, _) in CONDITIONS.iter().skip(1) {
            assert_eq!(line(&seen, name), None, "{path}");
            assert!(!answer.headers.contains_key(*name));
        }
        assert_eq!(line(&seen, "accept-encoding"), Some("identity"), "{path}");
        for name in ["etag", "last-modified", "accept-ranges"] {
            assert!(!answer.headers.contains_key(name), "{path}");
        }
    }
}

#[tokio::test]
async fn a_copy_that_is_still_good_and_a_part_of_a_picture_come_as_such() {
    let (world, server) = raw().await;
    let asked = || with_header(get(LEGEND), "if-none-match", "\"a\"");
    server.answers(Sent::of(
        "304 Not Modified",
        "ETag: \"a\"\r\nVary: Accept-Encoding\r\nX-Hop: 1",
        "",
    ));
    let answer = world.send(asked()).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (StatusCode::NOT_MODIFIED, "")
    );
    assert_eq!(answer.header("etag"), "\"a\"");
    assert_eq!(answer.header("cache-control"), "public, max-age=3600");
    assert_eq!(
        answer.header("vary"),
        "Cookie, Authorization, Accept-Encoding, Origin"
    );
    assert!(!answer.headers.contains_key("x-hop") && !answer.headers.contains_key("content-type"));
    is_sandboxed(&answer);

    let range = || with_header(get(&raw_map()), "range", "bytes=0-1");
    server.answers(Sent::of(
        "206 Partial Content",
        "Content-Type: image/png\r\nContent-Range: bytes 0-1/3\r\nContent-Length: 2",
        "PN",
    ));
    let answer = world.send(range()).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (StatusCode::PARTIAL_CONTENT, "PN")
    );
    assert_eq!(answer.header("content-range"), "bytes 0-1/3");
    server.answers(Sent::of(
        "416 Range Not Satisfiable",
        "Content-Type: text/html\r\nContent-Range: bytes */3\r\nContent-Length: 6",
        "secret",
    ));
    let answer = world.send(range()).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (StatusCode::RANGE_NOT_SATISFIABLE, "")
    );
    assert_eq!(answer.header("content-range"), "bytes */3");
    // A legend for everybody is kept by everybody, and nothing else in its place.
    let answer = world.send(with_header(get(LEGEND), "range", "bytes=9-10")).await;
    assert_eq!(answer.status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(answer.header("cache-control"), "private, no-store");
}

#[tokio::test]
async fn what_was_not_asked_for_is_a_fault_of_the_server() {
    let (world, server) = raw().await;
    let head = "Content-Type: text/plain\r\nContent-Length: 6";
    for sent in [
        Sent::of("206 Partial Content", head, "secret"),
        Sent::of("304 Not Modified", "ETag: \"a\"", ""),
        Sent::of("416 Range Not Satisfiable", head, "secret"),
        Sent::ok(&format!("{head}\r\nContent-Encoding: gzip"), "secret"),
        Sent::of("500 Internal Server Error", head, "secret"),
    ] {
        for path in [FEATURE_INFO, CAPABILITIES] {
            server.answers(sent.clone());
            let answer = world.ask(path).await;
            assert!(
                answer.status == 502 || answer.status == 400,
                "{path}: {}",
                answer.status
            );
            assert!(
                answer.body.contains("ServiceExceptionReport"),
                "{path}: {}",
                answer.body
            );
            assert!(!answer.body.contains("secret"), "{path}");
        }
    }
}

#[tokio::test]
async fn compression_passes_with_a_picture_and_caches_are_told() {
    let (world, server) = raw().await;
    server.answers(png("\r\nContent-Encoding: gzip", "PNG"));
    let answer = world
        .send(with_header(get(&raw_map()), "accept-encoding", "gzip"))
        .await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "PNG"));
    assert_eq!(answer.header("content-encoding"), "gzip");
    assert_eq!(
        answer.header("vary"),
        "Cookie, Authorization, Accept-Encoding, Origin"
    );
    // A picture that is a text is read.
    server.answers(Sent::ok(
        "Content-Type: image/svg+xml\r\nContent-Length: 3\r\nContent-Encoding: gzip",
        "PNG",
    ));
    let answer = world
        .send(with_header(get(&raw_map()), "accept-encoding", "gzip"))
        .await;
    assert!(!answer.status.is_success());
}

#[tokio::test]
async fn a_body_that_is_too_large_is_413_in_the_form_asked() {
    let world = World::new("  hide_capabilities: false").await;
    let limit = 6 * 1024 * 1024;
    let form = "application/x-www-form-urlencoded";
    let document = |version: &str| format!("<GetFeature service=\"WFS\" version=\"{version}\"><!--");
    for (path, kind, beginning, said) in [
        (
            "/mapserv_proxy/main",
            form,
            "SERVICE=WMS&VERSION=1.1.1&X=".to_owned(),
            "ServiceExceptionReport version=\"1.1.1\"",
        ),
        (
            "/mapserv_proxy/main",
            form,
            "SERVICE=WFS&VERSION=2.0.0&X=".to_owned(),
            "xmlns:ows=\"http://www.opengis.net/ows/1.1\"",
        ),
        (
            "/mapserv_proxy/main",
            "text/xml",
            document("1.0.0"),
            "ServiceExceptionReport version=\"1.2.0\"",
        ),
        (
            "/mapserv_proxy/main",
            "text/xml",
            document("1.1.0"),
            "xmlns:ows=\"http://www.opengis.net/ows\"",
        ),
        (
            "/mapserv_proxy?ogcserver=main",
            "application/gml+xml",
            document("2.0.0"),
            "xmlns:ows=\"http://www.opengis.net/ows/1.1\"",
        ),
    ] {
        let text = format!("{beginning}{}", "x".repeat(limit + 1 - beginning.len()));
        for announced in [true, false] {
            let mut request = Request::post(path).header("content-type", kind);
            if announced {
                request = request.header("content-length", text.len());
            }
            let pieces = text.clone().into_bytes();
            let pieces = pieces
                .chunks(64 * 1024)
                .map(|piece| Ok::<_, std::io::Error>(piece.to_vec()));
            let body = Body::from_stream(futures_util::stream::iter(pieces.collect::<Vec<_>>()));
            let answer = world.send(request.body(body).expect("a request")).await;
            assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", answer.body);
            assert!(answer.body.contains(said), "{kind} {said}: {}", answer.body);
            is_sandboxed(&answer);
        }
    }
    assert!(world.seen().is_empty());
}

//! Requests by POST: forms, XML, and what they may change.

use super::backend::Seen;
use super::raw::{RawServer, Sent};
use super::*;

const FORM: &str = "application/x-www-form-urlencoded";
const TRANSACTION: &str = r#"<Transaction service="WFS" version="1.1.0" xmlns="http://www.opengis.net/wfs" xmlns:ogc="http://www.opengis.net/ogc"><Delete typeName="parcels"><ogc:Filter><ogc:FeatureId fid="parcels.1"/></ogc:Filter></Delete></Transaction>"#;

fn post(path: &str, kind: &str, body: &str) -> Request<Body> {
    let request = Request::post(path).header("content-type", kind);
    request.body(Body::from(body.to_owned())).expect("a request")
}

#[tokio::test]
async fn a_form_goes_on_as_a_form_with_the_proxys_own_parameters_in_the_url() {
    let world = world().await;
    let form = format!("{MAP}&LAYERS=demo&role_ids=5&map=/other&mode=map");
    let answer = world
        .send(post("/mapserv_proxy?ogcserver=main", FORM, &form))
        .await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "PNG"));
    is_sandboxed(&answer);
    let seen = world.seen().pop().expect("a request");
    assert_eq!(seen.query, "map=/srv/demo.map&role_ids=1&user_id=-1");
    assert_eq!(
        seen.body,
        format!("SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads&STYLES=&{SENT}")
    );
    assert_eq!(seen.headers["content-type"], FORM);
    for (query, body) in [
        ("?LAYERS=parcels", format!("{MAP}&LAYERS=roads")),
        (
            "?SERVICE=WMS&REQUEST=GetCapabilities",
            format!("{MAP}&LAYERS=roads"),
        ),
        (
            "?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=roads",
            String::new(),
        ),
        ("", String::new()),
    ] {
        let answer = world
            .send(post(&format!("/mapserv_proxy{query}"), FORM, &body))
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}: {}", answer.body);
    }
    let private = world
        .send(post("/mapserv_proxy", FORM, &format!("{MAP}&LAYERS=parcels")))
        .await;
    assert_eq!(private.status, StatusCode::UNAUTHORIZED);
    assert!(private.body.contains("LayerNotDefined"), "{}", private.body);
    assert!(world.seen().is_empty());
}

#[tokio::test]
async fn a_document_goes_on_as_it_was_understood() {
    let world = world().await;
    let document = |name: &str| {
        format!(
            "<!-- a --><w:GetFeature xmlns:w='http://www.opengis.net/wfs/2.0' service='WFS' version='2.0.0'><w:Query typeNames='x:{name}'/></w:GetFeature>"
        )
    };
    let answer = world
        .send(post(
            "/mapserv_proxy/main",
            "text/xml; charset=UTF-8",
            &document("roads"),
        ))
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let seen = world.seen().pop().expect("a request");
    assert_eq!(seen.query, "map=/srv/demo.map&role_ids=1&user_id=-1");
    assert_eq!(
        seen.body,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<w:GetFeature xmlns:w=\"http://www.opengis.net/wfs/2.0\" service=\"WFS\" version=\"2.0.0\"><w:Query typeNames=\"x:roads\"/></w:GetFeature>"
    );
    // As much as a body may have, and one past it.
    let padded = |size: usize| {
        let body = document("parcels");
        format!("{body}<!--{}-->", " ".repeat(size - body.len() - 7))
    };
    for (kind, body, status, said) in [
        (
            "text/xml",
            document("parcels"),
            401,
            "http://www.opengis.net/ows/1.1",
        ),
        (
            "application/gml+xml",
            document("parcels"),
            401,
            "InvalidParameterValue",
        ),
        (
            "text/xml",
            "<GetFeature".to_owned(),
            400,
            "OperationParsingFailed",
        ),
        (
            "text/xml",
            document("roads").replace("2.0.0", "1.0.0"),
            400,
            "ServiceExceptionReport",
        ),
        ("text/plain", document("roads"), 415, "Exception"),
        ("application/json", "{}".to_owned(), 415, "Exception"),
        (
            "multipart/form-data; boundary=x",
            "--x--".to_owned(),
            400,
            "Exception",
        ),
        // It is a form, of which more was read than 1 MiB.
        (
            FORM,
            format!("{MAP}&LAYERS=parcels&x={}", "x".repeat(3 * 1024 * 1024)),
            401,
            "LayerNotDefined",
        ),
        (
            FORM,
            format!("{MAP}&LAYERS=roads&x={}", "x".repeat(6 * 1024 * 1024)),
            413,
            "ServiceExceptionReport version=\"1.3.0\"",
        ),
        ("text/xml", padded(6 * 1024 * 1024), 401, "Exception"),
        ("text/xml", padded(6 * 1024 * 1024 + 1), 413, "Exception"),
    ] {
        let answer = world.send(post("/mapserv_proxy/main", kind, &body)).await;
        assert_eq!(answer.status.as_u16(), status, "{kind}: {}", answer.body);
        assert!(answer.body.contains(said), "{kind}: {}", answer.body);
        is_sandboxed(&answer);
    }
    assert!(world.seen().is_empty());
}

#[tokio::test]
async fn t107_a_transaction_is_for_who_may_write_and_its_answer_tells_no_secrets() {
    let world = world().await;
    let sent = || post("/mapserv_proxy/main", "text/xml", TRANSACTION);
    assert_eq!(world.send(sent()).await.status, StatusCode::UNAUTHORIZED);
    let jane = || with_header(sent(), "cookie", &world.cookie);
    for (name, value) in [
        ("origin", "null"),
        ("origin", "https://evil.example"),
        ("referer", "https://evil.example/"),
    ] {
        let foreign = world.send(with_header(jane(), name, value)).await;
        assert_eq!(foreign.status, StatusCode::UNAUTHORIZED, "{name}: {value}");
    }
    let of_roads = TRANSACTION.replace("parcels", "roads");
    let mixed = TRANSACTION.replace(
        "</Transaction>",
        "<Insert><roads><name>x</name></roads></Insert></Transaction>",
    );
    for body in [of_roads, mixed] {
        let request = with_header(
            post("/mapserv_proxy/main", "text/xml", &body),
            "cookie",
            &world.cookie,
        );
        assert_eq!(world.send(request).await.status, StatusCode::FORBIDDEN, "{body}");
    }
    assert!(world.seen().is_empty());
    let answer = world.send(jane()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert!(answer.body.contains("fid=\"parcels.9\""), "{}", answer.body);
    assert!(
        !answer.body.contains("SQL") && !answer.body.contains("backend"),
        "{}",
        answer.body
    );
    is_sandboxed(&answer);
    assert_eq!(world.seen().len(), 1);
}

#[tokio::test]
async fn stored_queries_are_told_with_the_types_that_the_user_may_read() {
    let world = world().await;
    for operation in ["ListStoredQueries", "DescribeStoredQueries"] {
        let path = format!("/mapserv_proxy/main?SERVICE=WFS&VERSION=2.0.0&REQUEST={operation}");
        let (stranger, jane) = (world.ask(&path).await, world.jane(&path).await);
        assert_eq!(stranger.status, StatusCode::OK, "{}", stranger.body);
        assert!(stranger.body.contains("ms:roads") && stranger.body.contains("GetFeatureById"));
        assert!(!stranger.body.contains("parcels") && jane.body.contains("ms:parcels"));
        assert!(
            jane.body
                .contains("xmlns:ms=\"http://mapserver.gis.umn.edu/mapserver\""),
            "{}",
            jane.body
        );
    }
    assert!(world.seen().is_empty());
}

#[tokio::test]
async fn a_form_in_parts_is_a_form() {
    let world = world().await;
    let parts = |layers: &str| {
        let fields = format!("{MAP}&LAYERS={layers}&role_ids=5");
        let parts = url::form_urlencoded::parse(fields.as_bytes()).map(|(name, value)| {
            format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        });
        parts.collect::<String>() + "--x--\r\n"
    };
    let kind = "multipart/form-data; boundary=x";
    let answer = world
        .send(post("/mapserv_proxy/main", kind, &parts("demo")))
        .await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "PNG"));
    let seen = world.seen().pop().expect("a request");
    assert_eq!(seen.query, "map=/srv/demo.map&role_ids=1&user_id=-1");
    assert_eq!(seen.headers["content-type"], FORM);
    assert!(seen.body.contains("LAYERS=roads&"), "{}", seen.body);
    for (kind, body, status) in [
        (kind, parts("parcels"), StatusCode::UNAUTHORIZED),
        (kind, parts("roads%26LAYERS%3Dparcels"), StatusCode::UNAUTHORIZED),
        (
            kind,
            parts("roads").replace("--x--", "--x"),
            StatusCode::BAD_REQUEST,
        ),
        (kind, "x".to_owned(), StatusCode::BAD_REQUEST),
        (
            "multipart/form-data",
            parts("roads"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
        (
            "multipart/mixed; boundary=x",
            parts("roads"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
    ] {
        let answer = world.send(post("/mapserv_proxy/main", kind, &body)).await;
        assert_eq!(answer.status, status, "{kind} {body}: {}", answer.body);
        assert!(answer.body.contains("Exception"), "{}", answer.body);
        is_sandboxed(&answer);
    }
    assert!(world.seen().is_empty());
}

/// A link on anybody's page is a GET.
#[tokio::test]
async fn t107_nothing_is_locked_by_a_get() {
    let world = world().await;
    for (operation, own) in [("LockFeature", ""), ("GetFeatureWithLock", "&EXPIRY=5")] {
        let query = format!("SERVICE=WFS&VERSION=1.1.0&REQUEST={operation}&TYPENAME=parcels{own}");
        let answer = world.jane(&format!("/mapserv_proxy/main?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(answer.body.contains("OperationNotSupported"), "{}", answer.body);
        assert!(world.seen().is_empty());
        let form = with_header(post("/mapserv_proxy/main", FORM, &query), "cookie", &world.cookie);
        assert_eq!(world.send(form).await.status, StatusCode::OK, "{operation}");
        assert_eq!(world.seen().len(), 1);
    }
}

#[tokio::test]
async fn what_is_too_long_for_a_url_goes_on_as_a_form() {
    let world = world().await;
    let types = vec!["ms:roads"; 1000].join(",");
    let path = format!(
        "/mapserv_proxy/main?SERVICE=WFS&VERSION=2.0.0&REQUEST=DescribeFeatureType&TYPENAMES={types}"
    );
    assert_eq!(world.ask(&path).await.status, StatusCode::OK);
    let seen = world.seen().pop().expect("a request");
    assert_eq!(seen.query, "map=/srv/demo.map&role_ids=1&user_id=-1");
    assert_eq!(seen.headers["content-type"], FORM);
    let start = "SERVICE=WFS&VERSION=2.0.0&REQUEST=DescribeFeatureType&TYPENAMES=ms:roads,ms:roads";
    assert!(seen.body.starts_with(start), "{}", seen.body);
    // The server's URL and the proxy's own parameters are part of the address.
    let path = |length: usize| {
        let name = "x".repeat(length);
        format!("/mapserv_proxy/main?{MAP}&LAYERS=roads&TIME={name}")
    };
    let longest = |seen: &Seen| world.url.len() + seen.path.len() + 1 + seen.query.len();
    assert_eq!(world.ask(&path(1)).await.status, StatusCode::OK);
    let room = 6 * 1024 - longest(&world.seen().pop().expect("a request"));
    for (more, method) in [(0, "GET"), (1, "GET"), (2, "POST"), (100, "POST")] {
        assert_eq!(world.ask(&path(room + more)).await.status, StatusCode::OK);
        let seen = world.seen().pop().expect("a request");
        assert_eq!(seen.method.as_str(), method, "{more}: {}", longest(&seen));
    }
}

#[tokio::test]
async fn what_is_too_long_for_the_map_server_is_told_as_such() {
    let world = world().await;
    let server = RawServer::start().await;
    let mut record = world.record("raw", "");
    record.url.clone_from(&server.url);
    world.server(&record).await;
    let wms = format!("/mapserv_proxy/raw?{MAP}&LAYERS=roads");
    let wfs = "/mapserv_proxy/raw?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=ms:roads";
    for (status, expected) in [
        ("414 URI Too Long", StatusCode::URI_TOO_LONG),
        ("431 Request Header Fields Too Large", StatusCode::URI_TOO_LONG),
        ("413 Content Too Large", StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        server.answers(Sent::of(
            status,
            "Content-Type: text/html\r\nContent-Length: 6",
            "secret",
        ));
        for path in [wms.as_str(), wfs] {
            let answer = world.ask(path).await;
            assert_eq!(answer.status, expected, "{path}: {}", answer.body);
            assert!(answer.body.contains("too long for the map server") && !answer.body.contains("secret"));
            assert!(answer.body.contains("Exception"), "{}", answer.body);
        }
    }
}

#[tokio::test]
async fn t112_a_form_in_parts_has_the_limit_of_all_bodies_and_is_refused_as_it_arrives() {
    let world = world().await;
    let part = |name: &str, value: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let asked = |layer: &str| {
        let pairs = MAP.split('&').filter_map(|pair| pair.split_once('='));
        let parts: String = pairs.map(|(name, value)| part(name, value)).collect();
        parts + &part("LAYERS", layer)
    };
    let limit = 6 * 1024 * 1024;
    let piece = "x".repeat(64 * 1024);
    for (layer, pieces, announced, status) in [
        ("roads", 48, None, StatusCode::OK),
        ("parcels", 48, None, StatusCode::UNAUTHORIZED),
        ("roads", 97, None, StatusCode::PAYLOAD_TOO_LARGE),
        ("roads", 3, Some(limit + 1), StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let begin = format!(
            "{}--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n",
            asked(layer)
        );
        let read = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let counted = read.clone();
        let body = std::iter::once(begin)
            .chain(std::iter::repeat_n(piece.clone(), pieces))
            .chain(["\r\n--b--\r\n".to_owned()])
            // Nobody reads this of what is too large.
            .chain(std::iter::repeat_n(
                piece.clone(),
                if status == 413 { 1000 } else { 0 },
            ))
            .inspect(move |piece| {
                counted.fetch_add(piece.len(), std::sync::atomic::Ordering::SeqCst);
            })
            .map(Ok::<_, std::io::Error>);
        let mut request =
            Request::post("/mapserv_proxy/main").header("content-type", "multipart/form-data; boundary=b");
        if let Some(length) = announced {
            request = request.header("content-length", length);
        }
        let request = request.body(Body::from_stream(futures_util::stream::iter(body)));
        let answer = world.send(request.expect("a request")).await;
        assert_eq!(answer.status, status, "{layer} {pieces}: {}", answer.body);
        let form = if status == 200 {
            "PNG"
        } else {
            "ServiceExceptionReport version=\"1.3.0\""
        };
        assert!(answer.body.contains(form), "{}", answer.body);
        let read = read.load(std::sync::atomic::Ordering::SeqCst);
        let most = if announced.is_some() {
            256 * 1024
        } else {
            limit + 256 * 1024
        };
        assert!(read < most, "{pieces}: {read} bytes were read");
    }
}

/// Who is told that it failed sends it again.
#[tokio::test]
async fn t107_a_transaction_whose_answer_is_too_long_is_not_told_as_failed() {
    let world = world().await;
    let server = RawServer::start().await;
    let mut record = world.record("raw", "/");
    record.url.clone_from(&server.url);
    world.server(&record).await;
    let inserted = r#"<Feature><FeatureId fid="parcels.1"/></Feature>"#.repeat(400_000);
    let body = format!(
        "<TransactionResponse version=\"1.1.0\"><InsertResults>{inserted}</InsertResults></TransactionResponse>"
    );
    server.answers(Sent::ok(
        &format!("Content-Type: text/xml\r\nContent-Length: {}", body.len()),
        body,
    ));
    let sent = TRANSACTION.replace("parcels", "ms:parcels");
    let request = with_header(
        post("/mapserv_proxy/raw", "text/xml", &sent),
        "cookie",
        &world.cookie,
    );
    let answer = world.send(request).await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
    assert!(
        answer.body.contains("The transaction was sent"),
        "{}",
        answer.body
    );
}

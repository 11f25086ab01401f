use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lambda_http::Adapter;
use lambda_http::lambda_runtime::{Context as LambdaContext, LambdaEvent};
use serde_json::{Value, json};

use super::super::Sane;
use super::*;
use crate::ogc::Service as OgcService;
use crate::settings::{Environment, load};

const TEXT: &str = "text/xml; charset=UTF-8";
const IMAGE: &str = "image/png";

/// An HTTP API event (payload 2.0) for `/`.
fn http_api() -> Value {
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": "/", "rawQueryString": "",
        "headers": {"host": "maps.example.com"},
        "requestContext": {
            "accountId": "1", "apiId": "x", "domainName": "maps.example.com", "requestId": "r", "routeKey": "$default",
            "stage": "$default", "time": "12/Mar/2026:19:03:58 +0000", "timeEpoch": 1,
            "http": {"method": "GET", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "x"}
        },
        "isBase64Encoded": false
    })
}

/// A REST API event (payload 1.0) for `/`.
fn rest_api() -> Value {
    json!({
        "resource": "/", "path": "/", "httpMethod": "GET", "headers": {"host": "maps.example.com"},
        "multiValueHeaders": {"host": ["maps.example.com"]},
        "queryStringParameters": null, "multiValueQueryStringParameters": null, "pathParameters": null,
        "stageVariables": null, "body": null, "isBase64Encoded": false,
        "requestContext": {
            "accountId": "1", "resourceId": "r", "stage": "$default", "requestId": "r", "resourcePath": "/", "httpMethod": "GET",
            "apiId": "x", "protocol": "HTTP/1.1", "path": "/",
            "identity": {"sourceIp": "203.0.113.7"}
        }
    })
}

/// An ALB event for `/`.
fn alb() -> Value {
    json!({
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/x/1"}},
        "httpMethod": "GET", "path": "/", "queryStringParameters": {},
        "headers": {"host": "maps.example.com", "x-forwarded-for": "198.51.100.4"}, "body": "", "isBase64Encoded": false
    })
}

fn whole(bytes: Vec<u8>) -> axum::body::Body {
    axum::body::Body::from(bytes)
}

/// The same bytes without a length told before.
fn streamed(bytes: Vec<u8>) -> axum::body::Body {
    let pieces: Vec<_> = bytes
        .chunks(64 * 1024)
        .map(|piece| Ok::<_, std::io::Error>(piece.to_vec()))
        .collect();
    axum::body::Body::from_stream(futures_util::stream::iter(pieces))
}

/// What Lambda is handed for an answer with this body.
async fn handed(
    event: Value,
    content_type: &'static str,
    form: Option<ExceptionForm>,
    body: impl Fn() -> axum::body::Body + Clone + Send + Sync + 'static,
) -> Value {
    let answer = move || {
        let mut response = Response::new(body());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(header::ETAG, HeaderValue::from_static("\"x\""));
        headers.insert(header::VARY, HeaderValue::from_static("Cookie"));
        if let Some(form) = form {
            response.extensions_mut().insert(form);
        }
        response
    };
    let router = Router::new().route("/", get(async move || answer()));
    invoked(event, LambdaContext::default(), router).await
}

async fn invoked(event: Value, context: LambdaContext, router: Router) -> Value {
    let mut service = Sane(Adapter::from(Buffered(Peers::of(router))));
    let event = LambdaEvent::new(serde_json::from_value(event).unwrap(), context);
    serde_json::to_value(service.call(event).await.unwrap()).unwrap()
}

/// The bytes that a gateway makes of what it is handed.
fn given(answer: &Value) -> Vec<u8> {
    let body = answer["body"].as_str().unwrap_or_default();
    if answer["isBase64Encoded"] == true {
        STANDARD.decode(body).unwrap()
    } else {
        body.as_bytes().to_vec()
    }
}

fn noise(length: usize) -> Vec<u8> {
    // 0xff is in no UTF-8.
    (0..length).map(|at| [0xff, 0, b'"', 0x8b][at % 4]).collect()
}

#[tokio::test]
async fn t112_every_byte_comes_back_from_each_kind_of_event() {
    let all: Vec<u8> = (0..=255).collect();
    for event in [http_api(), rest_api(), alb()] {
        for (content_type, bytes) in [
            (IMAGE, all.clone()),
            (IMAGE, b"\x89PNG\r\n\x1a\n".to_vec()),
            (IMAGE, b"only ASCII".to_vec()),
            (TEXT, "<a>\u{0}\"\\ é\u{1f600}</a>".into()),
            (
                TEXT,
                b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>".to_vec(),
            ),
            ("text/html; charset=ISO-8859-1", b"\xe9".to_vec()),
            (TEXT, Vec::new()),
        ] {
            for body in [whole, streamed] {
                let sent = bytes.clone();
                let answer = handed(event.clone(), content_type, None, move || body(sent.clone())).await;
                assert_eq!(answer["statusCode"], 200);
                assert_eq!(given(&answer), bytes, "{content_type}");
            }
        }
    }
}

fn tells_of_the_limit(answer: &Value) {
    let said = String::from_utf8(given(answer)).unwrap();
    assert_eq!(answer["statusCode"], 413, "{said}");
    assert!(
        said.contains("ServiceExceptionReport") && said.contains("MAPGATE_INVOKE_MODE"),
        "{said}"
    );
    let headers = answer["headers"].to_string() + &answer["multiValueHeaders"].to_string();
    assert!(
        headers.contains("text/xml") && headers.contains("no-store"),
        "{headers}"
    );
    assert!(
        headers.contains("Cookie") && !headers.contains("etag"),
        "{headers}"
    );
}

#[tokio::test]
async fn t112_what_lambda_does_not_carry_is_told_with_a_hint() {
    let form = Some(ExceptionForm::of(OgcService::Wms, "1.3.0"));
    let text = |length: usize| vec![b'x'; length];
    let quotes = |length: usize| vec![b'"'; length];
    let headers =
        2 * (("content-type".len() + 2 * IMAGE.len() + 8) + ("etag".len() + 6 + 8) + ("vary".len() + 12 + 8));
    let texts =
        2 * (("content-type".len() + 2 * TEXT.len() + 8) + ("etag".len() + 6 + 8) + ("vary".len() + 12 + 8));
    for (event, limit) in [(http_api(), LIMIT), (rest_api(), LIMIT), (alb(), ALB_LIMIT)] {
        let room = limit - ENVELOPE - headers;
        let binary = room / 4 * 3;
        let text_room = limit - ENVELOPE - texts;
        for (content_type, bytes, fits) in [
            (IMAGE, noise(binary), true),
            (IMAGE, noise(binary + 1), false),
            (IMAGE, noise(room + 1), false),
            (IMAGE, noise(2 * limit), false),
            (TEXT, text(text_room), true),
            (TEXT, text(text_room + 1), false),
            // Two bytes each as text, four thirds in base64.
            (TEXT, quotes(text_room / 4 * 3), true),
            (TEXT, quotes(text_room / 4 * 3 + 3), false),
        ] {
            let sent = bytes.clone();
            let answer = handed(event.clone(), content_type, form, move || streamed(sent.clone())).await;
            assert!(answer.to_string().len() <= limit, "{}", bytes.len());
            assert_eq!(
                answer["statusCode"] == 200,
                fits,
                "{content_type} {}",
                bytes.len()
            );
            if fits {
                assert_eq!(given(&answer), bytes);
            } else {
                tells_of_the_limit(&answer);
            }
        }
        tells_of_the_limit(&handed(event, IMAGE, form, move || whole(noise(limit))).await);
    }
    let json = handed(http_api(), IMAGE, None, || whole(noise(LIMIT))).await;
    assert!(
        json["body"].as_str().unwrap().starts_with("{\"error\":"),
        "{json}"
    );
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_502_in_its_form() {
    let broken = || {
        let pieces = [
            Ok("<a>"),
            Err(std::io::Error::other("http://backend.internal/ is gone")),
        ];
        axum::body::Body::from_stream(futures_util::stream::iter(pieces))
    };
    let form = Some(ExceptionForm::of(OgcService::Wfs, "2.0.0"));
    let answer = handed(http_api(), TEXT, form, broken).await;
    assert_eq!(answer["statusCode"], 502);
    let said = String::from_utf8(given(&answer)).unwrap();
    assert!(
        said.contains("ExceptionReport") && !said.contains("backend"),
        "{said}"
    );
}

/// What each function has before its router; a panic in it, and then a request that goes well.
#[tokio::test]
async fn a_panic_is_one_requests_end_and_the_next_is_answered() {
    let router = Router::new()
        .route("/", get(async || "well"))
        .route("/panic", get(async || -> &'static str { panic!("a test's own") }));
    let variables = [
        ("MAPGATE_BASE_URL", "https://maps.example.com"),
        ("MAPGATE_TABLE", "mapgate"),
        ("MAPGATE_SECRETS", "file:keys.json"),
    ];
    let environment =
        Environment::from_iter(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let settings = Arc::new(load(&environment, None, &|_| Err("none".to_owned())).unwrap());
    let mut service = Sane(Adapter::from(Buffered(Peers::of(crate::http::front(
        router, &settings,
    )))));
    for (path, status) in [("/", 200), ("/panic", 500), ("/", 200)] {
        let mut event = http_api();
        event["rawPath"] = path.into();
        event["headers"]["x-forwarded-proto"] = "https".into();
        let event = LambdaEvent::new(serde_json::from_value(event).unwrap(), LambdaContext::default());
        let answer = serde_json::to_value(service.call(event).await.unwrap()).unwrap();
        assert_eq!(answer["statusCode"], status, "{path}: {answer}");
    }
}

/// A body that never ends, a byte every five seconds.
fn dripping() -> axum::body::Body {
    let drops = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>("x"));
    axum::body::Body::from_stream(drops.then(async |drop| {
        tokio::time::sleep(Duration::from_secs(5)).await;
        drop
    }))
}

#[tokio::test(start_paused = true)]
async fn t112_what_is_not_there_before_lambda_ends_the_function_is_504_in_its_form() {
    let form = ExceptionForm::of(OgcService::Wfs, "2.0.0");
    let drips = async move || {
        let mut response = Response::new(dripping());
        response.extensions_mut().insert(form);
        response
    };
    let hangs = async || {
        tokio::time::sleep(Duration::from_hours(1)).await;
        "late"
    };
    let in_ten_seconds = crate::clock::Clock::system().now().millis() + 10_000;
    for router in [
        Router::new().route("/", get(drips)),
        Router::new().route("/", get(hangs)),
    ] {
        for (deadline, millis) in [
            (u64::try_from(in_ten_seconds).unwrap(), 9_000),
            // None is told, or none that can be.
            (0, 28_000),
            (600_000, 28_000),
        ] {
            let mut event = http_api();
            event["rawQueryString"] = "SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature".into();
            let mut context = LambdaContext::default();
            context.deadline = deadline;
            let begin = Instant::now();
            let answer = invoked(event, context, router.clone()).await;
            let took = begin.elapsed().as_millis();
            assert!((millis - 500..=millis + 5).contains(&took), "{took} of {millis}");
            assert_eq!(answer["statusCode"], 504, "{answer}");
            let said = String::from_utf8(given(&answer)).unwrap();
            assert!(said.contains("http://www.opengis.net/ows/1.1"), "{said}");
            let headers = answer["headers"].to_string();
            assert!(headers.contains("no-store"), "{headers}");
        }
    }
    let hanging = invoked(
        http_api(),
        LambdaContext::default(),
        Router::new().route("/", get(hangs)),
    )
    .await;
    assert_eq!(hanging["statusCode"], 504);
    assert!(
        hanging["body"].as_str().unwrap().starts_with("{\"error\":"),
        "{hanging}"
    );
}

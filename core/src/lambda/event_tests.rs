use lambda_http::request::from_str;
use serde_json::{Value, json};

use super::*;

/// An HTTP API event, as API Gateway sends it (payload 2.0).
fn http_api() -> Value {
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": "/login", "rawQueryString": "a=1&a=2",
        "headers": {"host": "maps.example.com", "x-forwarded-for": "10.9.9.9, 203.0.113.7", "x-forwarded-proto": "https"},
        "requestContext": {
            "accountId": "1", "apiId": "x", "domainName": "maps.example.com", "requestId": "r", "routeKey": "$default",
            "stage": "$default", "time": "12/Mar/2026:19:03:58 +0000", "timeEpoch": 1,
            "http": {"method": "GET", "path": "/login", "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "x"}
        },
        "isBase64Encoded": false
    })
}

/// An ALB event.
fn alb() -> Value {
    json!({
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/x/1"}},
        "httpMethod": "GET", "path": "/login", "queryStringParameters": {},
        "headers": {"host": "maps.example.com", "x-forwarded-for": "10.9.9.9, 198.51.100.4", "x-forwarded-proto": "http"},
        "body": "", "isBase64Encoded": false
    })
}

fn sane(event: &Value) -> Request {
    let mut event: LambdaRequest = serde_json::from_value(event.clone()).unwrap();
    make_sane(&mut event);
    event.into()
}

#[test]
fn the_peer_is_the_contexts_or_what_the_balancer_appended() {
    let peer_of = |event: &Value| peer(&from_str(&event.to_string()).unwrap());
    assert_eq!(
        peer_of(&http_api()),
        Peer {
            address: "203.0.113.7".parse().unwrap(),
            https: true
        }
    );
    assert_eq!(
        peer_of(&alb()),
        Peer {
            address: "198.51.100.4".parse().unwrap(),
            https: false
        }
    );
}

#[test]
fn a_good_event_stays_as_it_is() {
    let request = sane(&http_api());
    assert_eq!(request.uri().path_and_query().unwrap().as_str(), "/login?a=1&a=2");
    assert_eq!(request.headers()[header::HOST], "maps.example.com");
}

#[test]
fn what_lambda_http_would_panic_on_becomes_a_request_that_the_front_refuses() {
    for (field, pointer, value) in [
        ("host", "/headers/host", "a b"),
        ("host", "/headers/host", "[::"),
        ("host", "/headers/host", "user@host:port"),
        ("proto", "/headers/x-forwarded-proto", ":"),
        ("query", "/rawQueryString", "a=\u{7f} <"),
    ] {
        let mut event = http_api();
        *event.pointer_mut(pointer).unwrap() = value.into();
        let request = sane(&event);
        assert_eq!(
            request.headers().get_all(header::HOST).iter().count(),
            2,
            "{field} {value}"
        );
        assert_eq!(request.uri().path(), "/");
    }
    let mut event = alb();
    event["headers"]["host"] = "a b".into();
    assert_eq!(sane(&event).headers().get_all(header::HOST).iter().count(), 2);
}

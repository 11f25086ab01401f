use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::routing::get;
use lambda_http::Adapter;
use lambda_http::lambda_runtime::Context as LambdaContext;

use super::super::{Buffered, Peers, Sane};
use super::*;

/// A record of the table's stream, as DynamoDB Streams has it.
fn record(name: &str, pk: &str) -> Value {
    json!({
        "eventID": "c4ca4238a0b923820dcc509a6f75849b", "eventName": name, "eventVersion": "1.1",
        "eventSource": "aws:dynamodb", "awsRegion": "eu-central-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_790_000_000,
            "Keys": {"pk": {"S": pk}, "sk": {"S": "001790000000000#x"}},
            "SequenceNumber": "4421584500000000017450439091", "SizeBytes": 26, "StreamViewType": "KEYS_ONLY"
        },
        "eventSourceARN": "arn:aws:dynamodb:eu-central-1:1:table/mapgate/stream/2026-09-21T00:00:00.000"
    })
}

/// `EventBridge`'s rule `rate(1 minute)`.
fn schedule() -> Value {
    json!({
        "version": "0", "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "detail-type": "Scheduled Event",
        "source": "aws.events", "account": "1", "time": "2026-09-21T00:00:00Z", "region": "eu-central-1",
        "resources": ["arn:aws:events:eu-central-1:1:rule/mapgate-mail"], "detail": {}
    })
}

/// An HTTP API event, payload 2.0.
fn http_api() -> Value {
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": "/here", "rawQueryString": "mapgate=send-mail",
        "headers": {"host": "maps.example.com"},
        "requestContext": {
            "accountId": "1", "apiId": "x", "domainName": "maps.example.com", "requestId": "r",
            "routeKey": "$default", "stage": "$default", "time": "12/Mar/2026:19:03:58 +0000", "timeEpoch": 1,
            "http": {"method": "GET", "path": "/here", "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "x"}
        },
        "isBase64Encoded": false
    })
}

#[test]
fn only_a_queued_mail_and_the_schedule_ask_to_send() {
    let stream = |records: Vec<Value>| json!({ "Records": records });
    let user = record("MODIFY", "user#jane");
    for (event, expected) in [
        (stream(vec![user.clone(), record("INSERT", "mail")]), Asks::ToSend),
        (stream(vec![user, record("INSERT", "mail-done")]), Asks::Nothing),
        (stream(vec![record("REMOVE", "mail")]), Asks::Nothing),
        (stream(vec![]), Asks::Nothing),
        (
            stream(vec![json!({"eventSource": "aws:sqs", "body": "mail"})]),
            Asks::Nothing,
        ),
        (schedule(), Asks::ToSend),
        (json!({"mapgate": "send-mail"}), Asks::ToSend),
        (http_api(), Asks::Http),
        (json!({}), Asks::Http),
    ] {
        assert_eq!(asks(&event), expected, "{event}");
    }
}

#[tokio::test]
async fn each_event_takes_its_own_way() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let send = move || {
        let counted = counted.clone();
        async move {
            counted.fetch_add(1, Ordering::SeqCst);
            Ok::<(), Infallible>(())
        }
    };
    let router = Router::new().route("/here", get(|| async { "hello" }));
    let mut service = Either::new(Sane(Adapter::from(Buffered(Peers::of(router)))), send);
    let mut call = |payload: Value| service.call(LambdaEvent::new(payload, LambdaContext::default()));
    let answer = call(http_api()).await.unwrap();
    assert_eq!(
        (&answer["statusCode"], &answer["body"]),
        (&json!(200), &json!("hello"))
    );
    assert_eq!(count.load(Ordering::SeqCst), 0);
    call(schedule()).await.unwrap();
    call(json!({"Records": [record("INSERT", "mail")]}))
        .await
        .unwrap();
    call(json!({"Records": [record("INSERT", "audit#2026-09-21")]}))
        .await
        .unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 2);
    assert!(call(json!({"password": "secret"})).await.is_err());
}

#[tokio::test]
async fn a_failed_sender_fails_its_invocation() {
    let send = || async { Err(std::io::Error::other("no table")) };
    let mut service = Either::new(Sane(Adapter::from(Buffered(Peers::of(Router::new())))), send);
    let failed = service.call(LambdaEvent::new(schedule(), LambdaContext::default()));
    assert!(failed.await.unwrap_err().to_string().contains("no table"));
}

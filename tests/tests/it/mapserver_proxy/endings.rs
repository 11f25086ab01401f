//! Answers that break off, and those that do not come.

use std::time::Duration;

use http::StatusCode;
use http_body_util::BodyExt as _;
use mapgate_tests::gate::get;

use super::backend::World;
use super::is_sandboxed;
use super::raw::Sent;
use super::transport::{CAPABILITIES, FEATURE_INFO, LEGEND, raw, raw_map};

/// The status, and whether the body came to a proper end.
async fn whole(world: &World, path: &str) -> (StatusCode, bool) {
    let response = world.response(get(path)).await;
    (response.status(), response.into_body().collect().await.is_ok())
}

#[tokio::test]
async fn an_answer_that_breaks_off_does_not_look_whole() {
    let (world, server) = raw().await;
    let long = "x ".repeat(32 * 1024);
    for (path, kind, body) in [
        (raw_map(), "image/png", long.as_str()),
        (LEGEND.to_owned(), "image/png", long.as_str()),
        (FEATURE_INFO.to_owned(), "text/plain", long.as_str()),
        (FEATURE_INFO.to_owned(), "application/octet-stream", long.as_str()),
    ] {
        for head in [
            format!("Content-Type: {kind}\r\nContent-Length: 99999"),
            format!("Content-Type: {kind}\r\nTransfer-Encoding: chunked"),
        ] {
            let body = if head.contains("chunked") {
                format!("{:x}\r\n{body}\r\n", body.len())
            } else {
                body.to_owned()
            };
            server.answers(Sent::ok(&head, &body).then_closes());
            assert_eq!(
                whole(&world, &path).await,
                (StatusCode::OK, false),
                "{path} {head}"
            );
        }
    }
    // At its very beginning there is still an answer to give.
    let map = raw_map();
    for (path, kind) in [
        (map.as_str(), "image/png"),
        (FEATURE_INFO, "text/plain"),
        (CAPABILITIES, "text/xml"),
    ] {
        server.answers(
            Sent::ok(
                &format!("Content-Type: {kind}\r\nContent-Length: 999"),
                "<WMS_Capabilities>",
            )
            .then_closes(),
        );
        let answer = world.ask(path).await;
        assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "{path}");
        assert!(answer.body.contains("ServiceExceptionReport"), "{}", answer.body);
    }
    // More than was told is no part of the answer, nor of the next one.
    server.answers(Sent::ok(
        "Content-Type: image/png\r\nContent-Length: 3",
        "PNGsmuggled",
    ));
    for _ in 0..3 {
        assert_eq!(world.ask(&raw_map()).await.body, "PNG");
    }
}

#[tokio::test]
async fn a_server_that_drips_is_504_at_the_beginning_and_broken_off_later() {
    let (world, server) = raw().await;
    let drips = |sent: Sent, pause: u64| Sent {
        dripping: Duration::from_millis(pause),
        ..sent
    };
    let cases = [
        // A head that does not end, a picture and a text that do not begin, capabilities that do not end.
        (
            raw_map(),
            drips(
                Sent {
                    bytes: b"HTTP/1.1 200 OK\r\nX:".to_vec(),
                    ..Sent::default()
                },
                200,
            ),
        ),
        (
            raw_map(),
            drips(
                Sent::ok("Content-Type: image/png\r\nContent-Length: 99", "PNG"),
                200,
            ),
        ),
        (
            FEATURE_INFO.to_owned(),
            drips(Sent::ok("Content-Type: text/plain", "x"), 200),
        ),
        (
            FEATURE_INFO.to_owned(),
            drips(Sent::ok("Content-Type: text/plain", "x"), 3000),
        ),
        (
            CAPABILITIES.to_owned(),
            drips(Sent::ok("Content-Type: text/xml", "<WMS_Capabilities>"), 200),
        ),
    ];
    for (path, sent) in cases {
        server.answers(sent);
        let answer = world.ask(&path).await;
        assert_eq!(
            answer.status,
            StatusCode::GATEWAY_TIMEOUT,
            "{path}: {}",
            answer.body
        );
        assert!(answer.body.contains("ServiceExceptionReport"), "{}", answer.body);
        is_sandboxed(&answer);
    }
    let head = "Content-Type: image/png\r\nContent-Length: 99999";
    server.answers(drips(Sent::ok(head, "x ".repeat(32 * 1024)), 3000));
    assert_eq!(whole(&world, &raw_map()).await, (StatusCode::OK, false));
}

use std::os::unix::fs::PermissionsExt as _;

use axum::body::to_bytes;

use super::*;
use crate::service::{Service, loopback};

/// A server whose program is a shell script.
async fn serve(folder: &Path, script: &str) -> Service {
    let program = folder.join("cgi");
    std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let listener = loopback().await.unwrap();
    let mapserv = MapServ {
        program,
        version: String::new(),
    };
    let router = router(
        &mapserv,
        Path::new("/none"),
        "/mapserv",
        listener.local_addr().unwrap(),
    );
    Service::http(listener, router).unwrap()
}

/// Sends `request` as it is and reads to the end of the connection.
async fn exchange(service: &Service, request: &str) -> String {
    let mut socket = tokio::net::TcpStream::connect(service.address()).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn the_program_gets_the_request_and_its_status_counts() {
    let folder = tempfile::tempdir().unwrap();
    let script = "/usr/bin/printf 'Status: 404 Gone astray\\nContent-Type: text/plain\\nX-A: b\\n\\n'; \
                  /usr/bin/env; /bin/cat";
    let service = serve(folder.path(), script).await;
    let answer = exchange(
        &service,
        "POST /mapserv?a=b%20c HTTP/1.1\r\nHost: maps.example\r\nContent-Type: text/xml\r\nProxy: evil\r\n\
         Cookie: secret\r\nContent-Length: 5\r\nConnection: close\r\n\r\n<a/>\n",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    for line in [
        "REQUEST_METHOD=POST",
        "QUERY_STRING=a=b%20c",
        "CONTENT_TYPE=text/xml",
        "CONTENT_LENGTH=5",
    ] {
        assert!(answer.contains(line), "{line} in {answer}");
    }
    assert!(
        answer.contains("HTTP_HOST=maps.example") && answer.contains("x-a: b"),
        "{answer}"
    );
    assert!(answer.contains("<a/>"), "{answer}");
    assert!(!answer.contains("evil") && !answer.contains("secret"), "{answer}");
    service.stop().await;
}

#[tokio::test]
async fn a_program_without_a_head_is_a_bad_gateway() {
    let folder = tempfile::tempdir().unwrap();
    let service = serve(folder.path(), "exit 3").await;
    let answer = exchange(
        &service,
        "GET /mapserv HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
    service.stop().await;
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_process_along() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("pid");
    let script = format!(
        "echo $$ > {0}.new; /bin/mv {0}.new {0}; exec /bin/sleep 60",
        mark.display()
    );
    let service = serve(folder.path(), &script).await;
    let mut socket = tokio::net::TcpStream::connect(service.address()).await.unwrap();
    socket
        .write_all(b"GET /mapserv HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .unwrap();
    let pid = loop {
        match std::fs::read_to_string(&mark) {
            Ok(pid) => break pid.trim().to_owned(),
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    };
    drop(socket);
    let process = PathBuf::from("/proc").join(pid).join("exe");
    for _ in 0..500 {
        if std::fs::read_link(&process).is_err() {
            return service.stop().await;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the process outlived its client");
}

#[tokio::test]
async fn a_head_may_come_in_pieces_and_the_body_streams() {
    let folder = tempfile::tempdir().unwrap();
    let script = "/usr/bin/printf 'Content-Type: text/pl'; /bin/sleep 0.05; /usr/bin/printf 'ain\\r\\n\\r\\nab'; \
                  /usr/bin/head -c 200000 /dev/zero";
    let service = serve(folder.path(), script).await;
    let mut socket = tokio::net::TcpStream::connect(service.address()).await.unwrap();
    socket.write_all(b"GET /mapserv HTTP/1.0\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.unwrap();
    let start = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    assert_eq!(answer.len() - start, 200_002);
    service.stop().await;
}

#[tokio::test]
async fn heads_are_limited() {
    let folder = tempfile::tempdir().unwrap();
    let service = serve(
        folder.path(),
        "/usr/bin/head -c 100000 /dev/zero | /usr/bin/tr '\\0' a",
    )
    .await;
    let answer = exchange(
        &service,
        "GET /mapserv HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
    service.stop().await;
}

#[tokio::test]
async fn a_status_needs_a_code() {
    assert!(parse_head(b"Status: x\n\n").is_err());
    assert!(parse_head(b"Status: 200").unwrap().is_none());
    let (response, length) = parse_head(b"Content-Type: a/b\r\n\r\nrest").unwrap().unwrap();
    assert_eq!((response.status(), length), (StatusCode::OK, 21));
    assert!(to_bytes(response.into_body(), 1).await.unwrap().is_empty());
}

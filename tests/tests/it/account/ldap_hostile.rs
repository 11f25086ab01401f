//! What answers in the LDAP directory's place: nothing of it may hang, panic, or let anybody in.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use mapgate_core::account::{DirectoryAnswer, DirectoryDown};
use mapgate_core::settings::Ldap;
use mapgate_tests::free_port;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::{BIND, DOWN, SEARCH, operation, pretend, searching, template, verify};

/// For what hasty settings end in less than half a second.
const PATIENCE: Duration = Duration::from_secs(5);
const START_TLS: u8 = 0x77;
const BIND_RESPONSE: u8 = 0x61;
const SEARCH_ENTRY: u8 = 0x64;
const SEARCH_DONE: u8 = 0x65;
const EXTENDED_RESPONSE: u8 = 0x78;

/// Serves each connection by `serve`; gives the port.
async fn server<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> u16
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    port
}

/// Answers each request.
async fn answering(answer: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static) -> u16 {
    let answer = Arc::new(answer);
    server(move |mut stream| {
        let answer = answer.clone();
        async move {
            let mut request = vec![0; 4096];
            while let Ok(length @ 1..) = stream.read(&mut request).await {
                if stream.write_all(&answer(&request[..length])).await.is_err() {
                    break;
                }
            }
        }
    })
    .await
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x84], &length[..], content].concat()
}

fn message(id: u8, said: &[u8]) -> Vec<u8> {
    tlv(0x30, &[&tlv(0x02, &[id]), said].concat())
}

fn result(tag: u8, code: u8, more: &[u8]) -> Vec<u8> {
    tlv(
        tag,
        &[&tlv(0x0a, &[code]), &tlv(0x04, b"")[..], &tlv(0x04, b""), more].concat(),
    )
}

/// An entry whose name is `jane`.
fn entry(dn: &str) -> Vec<u8> {
    let attribute = [tlv(0x04, b"uid"), tlv(0x31, &tlv(0x04, b"jane"))].concat();
    tlv(
        SEARCH_ENTRY,
        &[tlv(0x04, dn.as_bytes()), tlv(0x30, &tlv(0x30, &attribute))].concat(),
    )
}

fn id(request: &[u8]) -> u8 {
    let header = if request[1] > 0x80 {
        2 + usize::from(request[1] & 0x7f)
    } else {
        2
    };
    request[header + 2]
}

/// A directory that takes everything, with `found` for an answer to a search.
fn taking(request: &[u8], found: &[u8]) -> Vec<u8> {
    let id = id(request);
    match operation(request) {
        BIND => message(id, &result(BIND_RESPONSE, 0, &[])),
        SEARCH => {
            let found = if found.is_empty() {
                Vec::new()
            } else {
                message(id, found)
            };
            [found, message(id, &result(SEARCH_DONE, 0, &[]))].concat()
        }
        START_TLS => message(id, &result(EXTENDED_RESPONSE, 0, &[])),
        _ => Vec::new(),
    }
}

fn url(port: u16) -> String {
    format!("ldap://127.0.0.1:{port}")
}

fn hasty(settings: Ldap) -> Ldap {
    Ldap {
        timeout: Duration::from_millis(400),
        ..settings
    }
}

/// Every way in which settings may speak to a port.
fn ways(port: u16) -> [Ldap; 4] {
    let plain = searching(&url(port));
    [
        Ldap {
            starttls: true,
            ..plain.clone()
        },
        searching(&format!("ldaps://127.0.0.1:{port}")),
        template(&url(port)),
        plain,
    ]
}

async fn is_down(settings: &Ldap) {
    assert_eq!(verify(settings, "jane", "word").await, DOWN, "{settings:?}");
    assert_eq!(
        pretend(settings, "jane").await,
        Err(DirectoryDown),
        "{settings:?}"
    );
}

#[tokio::test]
async fn nobody_listens() {
    for settings in ways(free_port()) {
        is_down(&settings).await;
    }
}

#[tokio::test]
async fn a_server_that_never_answers_is_left_in_time() {
    let (left, mut leaving) = mpsc::unbounded_channel();
    let port = server(move |mut stream| {
        let left = left.clone();
        async move {
            let mut heard = Vec::new();
            // Until the client closes, however it does.
            let _ = stream.read_to_end(&mut heard).await;
            left.send(()).unwrap();
        }
    })
    .await;
    for settings in ways(port).map(hasty) {
        let answer = timeout(PATIENCE, verify(&settings, "jane", "word")).await;
        assert_eq!(answer.expect("in time"), DOWN, "{settings:?}");
        // Its connection is closed with the answer.
        timeout(PATIENCE, leaving.recv()).await.unwrap();
    }
}

#[tokio::test]
async fn a_server_that_answers_drop_by_drop_is_left_in_time() {
    let port = server(|mut stream| async move {
        let answer = message(1, &result(BIND_RESPONSE, 0, &[]));
        for byte in answer.into_iter().cycle() {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if stream.write_all(&[byte]).await.is_err() {
                break;
            }
        }
    })
    .await;
    for settings in ways(port).map(hasty) {
        timeout(PATIENCE, is_down(&settings)).await.expect("in time");
    }
}

#[tokio::test]
async fn a_server_that_closes_is_down() {
    let at_once = server(|_| async {}).await;
    let after_one = server(|mut stream| async move {
        let _ = stream.read(&mut [0; 100]).await;
    })
    .await;
    for settings in ways(at_once).into_iter().chain(ways(after_one)) {
        is_down(&settings).await;
    }
}

#[tokio::test]
async fn what_is_no_answer_is_not_understood() {
    let mut deep = tlv(0x04, b"");
    for _ in 0..30_000 {
        deep = tlv(0x30, &deep);
    }
    let bound = result(BIND_RESPONSE, 0, &[]);
    let answers = [
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".to_vec(),
        vec![0xff; 100_000],
        b"\x30\x80".to_vec(),
        // 2 GB are promised.
        b"\x30\x84\x7f\xff\xff\xff".to_vec(),
        // More than there may be, and there.
        tlv(0x30, &vec![0; 2 << 20]),
        // ldap3 alone would follow to the end of the stack.
        deep.clone(),
        message(1, &tlv(BIND_RESPONSE, &deep)),
        message(1, &[bound.clone(), tlv(0xa0, &deep)].concat()),
        // ldap3 alone would panic.
        tlv(0x30, b""),
        message(1, b""),
        message(1, &tlv(BIND_RESPONSE, b"")),
        message(
            1,
            &tlv(BIND_RESPONSE, &[tlv(0x0a, &[0]), tlv(0x04, b"\xff")].concat()),
        ),
        message(
            1,
            &[bound.clone(), tlv(0xa0, &tlv(0x30, &tlv(0x01, b"")))].concat(),
        ),
        message(1, &entry("uid=jane")),
        // To another question, and the notice of disconnection.
        message(2, &bound),
        message(
            0,
            &result(EXTENDED_RESPONSE, 52, &tlv(0x8a, b"1.3.6.1.4.1.1466.20036")),
        ),
        message(1, &result(SEARCH_DONE, 0, &[])),
    ];
    for answer in answers {
        let port = answering(move |_| answer.clone()).await;
        for settings in ways(port) {
            is_down(&settings).await;
        }
    }
}

#[tokio::test]
async fn an_odd_answer_to_a_search_is_not_understood() {
    let odd = [
        tlv(SEARCH_ENTRY, b""),
        tlv(SEARCH_ENTRY, &tlv(0x04, b"uid=jane")),
        tlv(SEARCH_ENTRY, &[tlv(0x04, b"\xff"), tlv(0x30, b"")].concat()),
        tlv(
            SEARCH_ENTRY,
            &[tlv(0x04, b"uid=jane"), tlv(0x30, &tlv(0x30, b""))].concat(),
        ),
        // IntermediateResponse (RFC 4511, section 4.13): nothing was asked that has one.
        tlv(0x79, b""),
        result(BIND_RESPONSE, 0, &[]),
        // The empty DN is nobody's: a bind as such is anonymous.
        entry(""),
    ];
    for found in odd {
        let port = answering(move |request| taking(request, &found)).await;
        assert_eq!(verify(&searching(&url(port)), "jane", "word").await, DOWN);
    }
    let port = answering(|request| taking(request, &entry("uid=jane"))).await;
    let known = verify(&searching(&url(port)), "jane", "word").await;
    assert!(matches!(known, Ok(DirectoryAnswer::Right(_))), "{known:?}");
}

#[tokio::test]
async fn a_reference_to_elsewhere_is_not_followed() {
    let elsewhere = answering(|request| taking(request, &entry("uid=jane"))).await;
    let reference = tlv(0x73, &tlv(0x04, format!("{}/dc=x", url(elsewhere)).as_bytes()));
    let port = answering(move |request| match operation(request) {
        BIND if id(request) > 1 => message(id(request), &result(BIND_RESPONSE, 49, &[])),
        _ => taking(request, &reference),
    })
    .await;
    assert_eq!(
        verify(&searching(&url(port)), "jane", "word").await,
        Ok(DirectoryAnswer::Unknown)
    );
    let referral = answering(move |request| {
        let to = tlv(0xa3, &tlv(0x04, url(elsewhere).as_bytes()));
        message(id(request), &result(BIND_RESPONSE, 10, &to))
    })
    .await;
    assert_eq!(verify(&template(&url(referral)), "jane", "word").await, DOWN);
}

#[tokio::test]
async fn a_directory_that_takes_anybody_is_down() {
    let port = answering(|request| taking(request, &[])).await;
    for settings in [searching(&url(port)), template(&url(port))] {
        is_down(&settings).await;
    }
}

#[tokio::test]
async fn tls_is_not_left_out_where_it_is_asked_for() {
    let refusing = answering(|request| message(id(request), &result(EXTENDED_RESPONSE, 2, &[]))).await;
    // TLS is granted, and then there is none.
    let pretending = answering(|request| match request.first() {
        Some(0x30) => taking(request, &[]),
        _ => message(1, &result(BIND_RESPONSE, 0, &[])),
    })
    .await;
    // What comes with the grant, before TLS, is not taken for an answer within it.
    let early = answering(|request| {
        let bound = message(1, &result(BIND_RESPONSE, 0, &[]));
        [message(id(request), &result(EXTENDED_RESPONSE, 0, &[])), bound].concat()
    })
    .await;
    for port in [refusing, pretending, early] {
        is_down(&Ldap {
            starttls: true,
            ..searching(&url(port))
        })
        .await;
    }
}

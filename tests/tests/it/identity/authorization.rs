//! Which `Authorization` counts (contract, section 3): one that is present but wrong never falls through, and one that is
//! for someone else is as good as absent.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Request};
use mapgate_core::clock::Timestamp;
use mapgate_core::gate::Gate;
use mapgate_core::http::{Failure, Reach};
use mapgate_core::identity::{Peer, sign_ticket};
use mapgate_core::random::Random;
use mapgate_tests::gate::{IDENTIFYING, TestGate, as_function};

/// Who a request is.
const NOBODY: Result<&str, Failure> = Ok("");
const JANE: Result<&str, Failure> = Ok("jane");
const PROXYS: Result<&str, Failure> = Ok("sue");

const TRUSTED: &str = "  authentication:\n    trusted_header: {header: X-Remote-User, proxies: [203.0.113.0/24], create_user: true}";

async fn who(gate: &Gate, headers: &[(&str, &[u8])]) -> Result<String, Failure> {
    let mut request = Request::get("/loginuser");
    for (name, value) in headers {
        request = request.header(*name, HeaderValue::from_bytes(value).unwrap());
    }
    let peer = Peer {
        address: [203, 0, 113, 7].into(),
        https: false,
    };
    let (parts, ()) = request.extension(peer).body(()).unwrap().into_parts();
    let identity = as_function(IDENTIFYING, gate.identify(&parts, Reach::Own)).await?;
    Ok(identity.user.map(|user| user.username).unwrap_or_default())
}

/// Jane's ticket, as a cookie.
async fn ticket(test: &TestGate) -> String {
    let jane = test.gate.table().await.user("jane").await.unwrap().unwrap();
    let (secrets, now): (_, Timestamp) = (test.gate.secrets().await.unwrap(), test.clock.now());
    let value = sign_ticket(&secrets, &Random::system(), now, &jane, None);
    format!("auth_tkt={}", value.unwrap().unwrap())
}

/// What an `Authorization` makes of an anonymous request, of one with jane's ticket, and of one of whom a front proxy says
/// that it is sue's.
struct Row {
    value: &'static [u8],
    off: Option<Failure>,
    on: Option<Failure>,
}

/// Ignored, wherever.
const fn absent(value: &'static [u8]) -> Row {
    let (off, on) = (None, None);
    Row { value, off, on }
}

/// Wrong, wherever.
const fn bearer(value: &'static [u8]) -> Row {
    let (off, on) = (Some(Failure::InvalidToken), Some(Failure::InvalidToken));
    Row { value, off, on }
}

/// Wrong where Basic counts.
const fn basic(value: &'static [u8]) -> Row {
    let (off, on) = (None, Some(Failure::WrongBasic));
    Row { value, off, on }
}

const ROWS: &[Row] = &[
    absent(b""),
    absent(b"Negotiate YIIJvwYGKwYBBQUCoIIJszCCCa8="),
    absent(b"NTLM TlRMTVNTUAABAAAA"),
    absent(b"Digest username=\"jane\", realm=\"x\""),
    absent(b"AWS4-HMAC-SHA256 Credential=x"),
    absent(b"Negotiate \xe9"),
    absent(b"\xe9\xff"),
    absent(b"Bearers x"),
    absent(b"jane"),
    bearer(b"Bearer"),
    bearer(b"bearer x"),
    bearer(b"Bearer a.b.c"),
    bearer(b"Bearer \xe9"),
    bearer(b"Bearer,x"),
    bearer(b"Bearer\tx"),
    basic(b"Basic"),
    basic(b"basic ???"),
    basic(b"Basic \xe9\xff"),
    basic(b"Basic amFuZQ=="),
    basic(b"Basic amFuZTp3cm9uZw=="),
    basic(b"Basic\tamFuZTp3cm9uZw=="),
];

#[tokio::test]
async fn an_unknown_scheme_is_absent_and_a_wrong_bearer_or_basic_never_falls_through() {
    for (basicauth, is_on) in [("false", false), ("true", true)] {
        let test = TestGate::with(TRUSTED, &[("BASICAUTH", basicauth)]).await;
        test.user("jane", "correct horse", &[], false).await;
        let ticket = ticket(&test).await;
        for row in ROWS {
            let refused = if is_on { &row.on } else { &row.off };
            for (more, otherwise) in [
                (None, NOBODY),
                (Some(("cookie", ticket.as_bytes())), JANE),
                (Some(("x-remote-user", &b"sue"[..])), PROXYS),
            ] {
                let mut headers = vec![("authorization", row.value)];
                headers.extend(more);
                let expected = match refused {
                    Some(failure) => Err(failure.clone()),
                    None => otherwise.map(str::to_owned),
                };
                let value = row.value.escape_ascii();
                assert_eq!(
                    who(&test.gate, &headers).await,
                    expected,
                    "{value}, Basic {basicauth}, {more:?}"
                );
            }
        }
        let right = format!("Basic {}", STANDARD.encode("jane:correct horse"));
        let headers = [("authorization", right.as_bytes()), ("x-remote-user", b"sue")];
        let expected = if is_on { JANE } else { PROXYS };
        assert_eq!(who(&test.gate, &headers).await.as_deref(), expected.as_deref());
    }
}

#[tokio::test]
async fn two_headers_are_refused_where_one_of_them_counts() {
    let test = TestGate::with(TRUSTED, &[("BASICAUTH", "false")]).await;
    let two = async |first: &[u8], second: &[u8]| {
        who(&test.gate, &[("authorization", first), ("authorization", second)]).await
    };
    for (first, second) in [
        ("Bearer x", "Bearer x"),
        ("Negotiate x", "Bearer x"),
        ("Bearer x", "Basic x"),
    ] {
        let verdict = two(first.as_bytes(), second.as_bytes()).await;
        assert!(
            matches!(verdict, Err(Failure::Unauthorized(_))),
            "{first}, {second}: {verdict:?}"
        );
    }
    assert_eq!(two(b"Negotiate x", b"Basic x").await.as_deref(), Ok(""));
}

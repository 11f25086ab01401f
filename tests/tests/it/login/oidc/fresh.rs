//! How long ago the user logged in at the provider, and how often the provider is asked what it says of itself.

use std::time::Duration;

use futures_util::future::join_all;
use http::StatusCode;
use mapgate_core::http::Reach;
use mapgate_core::identity::{Peer as Address, Scheme};
use mapgate_tests::gate::{START, TestGate, get, with_header};
use serde_json::json;

use super::{Browser, Login, Peer, assert_refused, client_of, client_with};

/// The asked parameters of the authorization request: `prompt` and `max_age`.
fn asked(login: &Login) -> [Option<String>; 2] {
    ["prompt", "max_age"].map(|name| {
        let mut pairs = login.location.query_pairs().filter(|(found, _)| found == name);
        let value = pairs.next().map(|(_, value)| value.into_owned());
        assert!(pairs.next().is_none(), "{name} twice");
        value
    })
}

/// When the session began to which the cookies belong, in seconds.
async fn session_since(test: &TestGate, cookies: &str) -> Option<i64> {
    let (mut parts, _) = with_header(get("/loginuser"), "cookie", cookies).into_parts();
    parts.extensions.insert(Address {
        address: [203, 0, 113, 7].into(),
        https: false,
    });
    let identity = test.gate.identify(&parts, Reach::Own).await.expect("an identity");
    match identity.scheme {
        Scheme::Ticket {
            session: Some(session),
            ..
        } => Some(session.started_at.seconds()),
        _ => None,
    }
}

#[tokio::test]
async fn a_fresh_login_is_asked_for_and_what_the_provider_says_of_it_is_checked() {
    let peer = Peer::start().await;
    let more = ", create_user: true, login_extra_params: {prompt: consent, max_age: '7', ui_locales: de}";
    let test = client_of(&peer, more).await;
    let browser = Browser::of(&test);
    let said = |value: &str| Some(value.to_owned());
    for (query, expected) in [
        ("", [said("consent"), said("7")]),
        ("?prompt=login", [said("login"), said("0")]),
        ("?max_age=600", [said("consent"), said("600")]),
        ("?max_age=0", [said("consent"), said("0")]),
        ("?prompt=login&max_age=600", [said("login"), said("0")]),
        // Half of a session's longest time.
        (
            "?max_age=18446744073709551615",
            [said("consent"), said("1296000")],
        ),
    ] {
        assert_eq!(asked(&browser.begin(query).await), expected, "{query}");
    }
    for bad in ["-1", "x", "", "18446744073709551616"] {
        let answer = browser.get(&format!("/oidc/login?max_age={bad}"), "").await;
        let expected = if bad.is_empty() {
            StatusCode::FOUND
        } else {
            StatusCode::BAD_REQUEST
        };
        assert_eq!(answer.status, expected, "{bad}");
    }
    for (query, ago, is_good) in [
        ("", Some(86_400), true),
        ("", None, true),
        ("?max_age=600", Some(600), true),
        ("?max_age=600", Some(661), false),
        ("?max_age=600", None, false),
        ("?max_age=0", Some(0), true),
        ("?max_age=0", Some(100), false),
        ("?prompt=login", Some(0), true),
        ("?prompt=login", Some(100), false),
        // It has shown its form, as far as we know.
        ("?prompt=login", None, true),
    ] {
        let login = browser.begin(query).await;
        let mut claims = peer.claims("jane", &login);
        if let Some(ago) = ago {
            claims["auth_time"] = json!(START.seconds() - ago);
        }
        let token = peer.key.sign(&claims);
        peer.say(|says| says.id_token = Some(token));
        let back = browser.back(&peer, &login).await;
        if is_good {
            assert_eq!(back.status, StatusCode::FOUND, "{query} {ago:?}: {}", back.body);
            // The session is as old as the login there.
            let since = START.seconds() - ago.unwrap_or_default();
            assert_eq!(
                session_since(&test, &back.cookies()).await,
                Some(since),
                "{query} {ago:?}"
            );
        } else {
            assert_refused(&back, 403, "did not log you in");
        }
    }
    // A clock that is ahead makes nobody's login later than it is.
    let ahead = browser
        .log_in(&peer, "jane", &json!({"auth_time": START.seconds() + 300}))
        .await;
    assert_eq!(
        session_since(&test, &ahead.cookies()).await,
        Some(START.seconds())
    );
}

#[tokio::test]
async fn whom_the_provider_remembers_for_longer_than_a_session_lasts_is_asked_anew() {
    let peer = Peer::start().await;
    let test = client_of(&peer, ", create_user: true").await;
    let browser = Browser::of(&test);
    let login = browser.begin("?came_from=%2Fmap").await;
    let month = json!(START.seconds() - 30 * 86_400);
    let mut claims = peer.claims("jane", &login);
    claims["auth_time"] = month.clone();
    let token = peer.key.sign(&claims);
    peer.say(|says| says.id_token = Some(token));
    let back = browser.back(&peer, &login).await;
    assert_eq!(
        back.header("location"),
        "/oidc/login?max_age=1296000&came_from=%2Fmap"
    );
    assert!(!back.cookies().contains("auth_tkt"));
    // A provider that does not listen lets nobody in, and nobody goes round in circles.
    let login = browser.begin("?max_age=1296000&came_from=%2Fmap").await;
    let mut claims = peer.claims("jane", &login);
    claims["auth_time"] = month;
    let token = peer.key.sign(&claims);
    peer.say(|says| says.id_token = Some(token));
    assert_refused(&browser.back(&peer, &login).await, 403, "did not log you in");
}

#[tokio::test]
async fn the_time_of_the_login_there_outlasts_the_second_factor() {
    let peer = Peer::start().await;
    let test = client_with(&peer, ", create_user: true", "two_factor: true").await;
    let browser = Browser::of(&test);
    let since = START.seconds() - 100;
    let back = browser.log_in(&peer, "jane", &json!({"auth_time": since})).await;
    let post = async |path: &str, fields: &[(&str, &str)]| {
        let asked = with_header(mapgate_tests::gate::post(path, fields), "cookie", &back.cookies());
        test.send(super::routes(&test), asked).await
    };
    let told = post("/login", &[]).await.json();
    let secret = told["two_factor_totp_secret"].as_str().expect("a secret");
    let code = mapgate_tests::totp(secret, test.clock.now().seconds());
    let done = post("/loginchangepassword", &[("otp", &code)]).await;
    assert_eq!(session_since(&test, &done.cookies()).await, Some(since));
}

#[tokio::test]
async fn fifty_visitors_at_once_ask_the_provider_once() {
    let peer = Peer::start().await;
    let test = client_of(&peer, "").await;
    let browser = Browser::of(&test);
    join_all((0..50).map(|_| browser.begin(""))).await;
    assert_eq!(peer.say(|says| says.asked.clone()), ["discovery", "jwks"]);
}

#[tokio::test]
async fn a_provider_that_is_down_is_not_asked_at_each_request() {
    let peer = Peer::start().await;
    let test = client_of(&peer, "").await;
    let browser = Browser::of(&test);
    let good = peer.say(|says| says.metadata.clone());
    peer.say(|says| says.discovery = Some((500, good)));
    let answers = join_all((0..50).map(|_| browser.get("/oidc/login", ""))).await;
    for answer in &answers {
        assert_refused(answer, 503, "does not answer");
    }
    assert_eq!(peer.say(|says| says.asked.len()), 1);
    test.clock.advance(Duration::from_secs(4));
    peer.say(|says| says.discovery = None);
    assert_refused(&browser.get("/oidc/login", "").await, 503, "does not answer");
    test.clock.advance(Duration::from_secs(1));
    browser.begin("").await;
}

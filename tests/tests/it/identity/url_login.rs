//! `auth=` in the query (contract, section 3, point 1).

use std::time::Duration;

use axum::body::Body;
use http::{Method, Request, StatusCode};
use mapgate_core::clock::Timestamp;
use mapgate_core::gate::Gate;
use mapgate_core::http::{Failure, Reach};
use mapgate_core::identity::{Peer, Scheme};
use mapgate_core::random::Random;
use mapgate_core::session::UrlLogin;
use mapgate_core::settings::Secret;
use mapgate_tests::gate::{IDENTIFYING, TestGate, as_function, get, post, with_header};

const KEY: &str = "lindmatt-lindmatt-lindmatt-32byt";

async fn gate(more: &str, variables: &[(&str, &str)]) -> TestGate {
    let test = TestGate::with(&format!("  urllogin: {{aes_key: {KEY}}}\n{more}"), variables).await;
    test.user("jane", "correct horse", &[], false).await;
    test.user("new", "from the admin", &[], true).await;
    test
}

fn token_until(username: &str, password: &str, expires_at: Timestamp) -> String {
    let login = UrlLogin {
        username: username.to_owned(),
        password: Secret::new(password),
        expires_at,
    };
    let token = login.encode(&Secret::new(KEY), &Random::system());
    token.expect("a token").expose().to_owned()
}

fn token(test: &TestGate, username: &str, password: &str) -> String {
    token_until(
        username,
        password,
        test.clock.now().plus(Duration::from_hours(24)),
    )
}

/// The user's name, empty for an anonymous request, and the scheme.
async fn ask(
    gate: &Gate,
    method: Method,
    target: &str,
    header: Option<(&str, &str)>,
) -> Result<(String, Scheme), Failure> {
    let mut request = Request::builder().method(method).uri(target);
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    let peer = Peer {
        address: [203, 0, 113, 7].into(),
        https: false,
    };
    let request = request.extension(peer).body(Body::empty()).expect("a request");
    let (parts, _) = request.into_parts();
    let identity = as_function(IDENTIFYING, gate.identify(&parts, Reach::Own)).await?;
    let username = identity.user.map(|user| user.username);
    Ok((username.unwrap_or_default(), identity.scheme))
}

async fn enter(test: &TestGate, token: &str) -> Result<String, Failure> {
    let asked = ask(&test.gate, Method::GET, &format!("/loginuser?auth={token}"), None).await;
    asked.map(|(username, _)| username)
}

fn refused() -> Failure {
    Failure::Unauthorized("the URL login token is not valid".to_owned())
}

async fn audit(test: &TestGate) -> Vec<(String, String)> {
    let day = test.clock.now().rfc3339();
    let entries = test
        .gate
        .table()
        .await
        .audit(&day[..10])
        .await
        .expect("the audit trail");
    let of_url = entries
        .iter()
        .filter(|entry| entry.details.get("way").is_some_and(|way| way == "url"));
    let told = of_url.map(|entry| {
        (
            format!("{:?}", entry.event),
            entry.details.get("reason").cloned().unwrap_or_default(),
        )
    });
    told.collect()
}

#[tokio::test]
async fn a_genuine_token_is_the_user_and_comes_before_every_other_scheme() {
    let test = gate("", &[("BASICAUTH", "true")]).await;
    let target = format!(
        "/loginuser?lang=de&auth={}",
        token(&test, "jane", "correct horse")
    );
    let jane = Ok(("jane".to_owned(), Scheme::UrlLogin));
    for header in [
        None,
        Some(("authorization", "Bearer nonsense")),
        Some(("authorization", "Basic ???")),
    ] {
        assert_eq!(ask(&test.gate, Method::GET, &target, header).await, jane);
        assert_eq!(ask(&test.gate, Method::HEAD, &target, header).await, jane);
    }
    // It is for reading: a POST is who its headers say.
    let posted = ask(&test.gate, Method::POST, &target, None).await;
    assert_eq!(posted, Ok((String::new(), Scheme::Anonymous)));
    let posted = ask(
        &test.gate,
        Method::POST,
        &target,
        Some(("authorization", "Bearer nonsense")),
    )
    .await;
    assert_eq!(posted, Err(Failure::InvalidToken));
}

#[tokio::test]
async fn one_that_is_wrong_is_refused_and_never_falls_through() {
    let test = gate("", &[("BASICAUTH", "true")]).await;
    let right = token(&test, "jane", "correct horse");
    let mut tampered = right.clone();
    let last = if tampered.ends_with('0') { "1" } else { "0" };
    tampered.replace_range(right.len() - 1.., last);
    let before = test.gate.hashing.evaluated();
    let now = test.clock.now();
    let untried = [
        String::new(),
        "zz".to_owned(),
        tampered,
        right[..64].to_owned(),
        format!("{right}&auth={right}"),
        token_until("jane", "correct horse", now),
        token_until("jane", "correct horse", now.minus(Duration::from_hours(1))),
    ];
    for wrong in &untried {
        let basic = Some(("authorization", "Basic amFuZTpjb3JyZWN0IGhvcnNl"));
        for header in [None, basic] {
            let verdict = ask(&test.gate, Method::GET, &format!("/x?auth={wrong}"), header).await;
            assert_eq!(verdict, Err(refused()), "{wrong}");
        }
    }
    assert_eq!(test.gate.hashing.evaluated(), before, "no password was tried");
    assert_eq!(audit(&test).await, []);
    for (username, password, reason) in [
        ("jane", "wrong", "wrong_password"),
        ("nobody", "correct horse", "unknown_user"),
        ("new", "from the admin", "not_this_way"),
    ] {
        assert_eq!(
            enter(&test, &token(&test, username, password)).await,
            Err(refused()),
            "{username}"
        );
        let told = audit(&test).await;
        assert!(
            told.contains(&("LoginFailed".to_owned(), reason.to_owned())),
            "{told:?}"
        );
    }
    assert_eq!(enter(&test, &right).await.as_deref(), Ok("jane"));
}

#[tokio::test]
async fn without_the_key_in_the_settings_the_parameter_is_ignored() {
    let test = TestGate::new().await;
    test.user("jane", "correct horse", &[], false).await;
    let of_another = token(&test, "jane", "correct horse");
    for token in [of_another.as_str(), "zz", ""] {
        assert_eq!(enter(&test, token).await.as_deref(), Ok(""));
    }
}

#[tokio::test]
async fn with_two_factors_it_is_no_way_in() {
    let test = gate("  authentication: {two_factor: true}", &[]).await;
    assert_eq!(
        enter(&test, &token(&test, "jane", "correct horse")).await,
        Err(refused())
    );
    assert_eq!(
        audit(&test).await,
        [("LoginFailed".to_owned(), "not_this_way".to_owned())]
    );
}

#[tokio::test]
async fn a_page_of_images_with_one_token_costs_one_argon2() {
    let test = gate("", &[]).await;
    let token = token(&test, "jane", "correct horse");
    let before = test.gate.hashing.evaluated();
    let target = format!("/mapserv_proxy?auth={token}");
    let many = (0..20).map(|_| {
        let (gate, target) = (test.gate.clone(), target.clone());
        tokio::spawn(async move { ask(&gate, Method::GET, &target, None).await })
    });
    for one in many.collect::<Vec<_>>() {
        assert_eq!(
            one.await.expect("no panic"),
            Ok(("jane".to_owned(), Scheme::UrlLogin))
        );
    }
    let _ = test.table_requests();
    assert_eq!(enter(&test, &token).await.as_deref(), Ok("jane"));
    assert_eq!(test.table_requests(), Vec::<String>::new());
    assert_eq!(test.gate.hashing.evaluated() - before, 1);
}

#[tokio::test]
async fn an_identical_wrong_token_counts_once_and_others_lock_the_account() {
    let test = gate("  authentication: {max_consecutive_failures: 3}", &[]).await;
    let before = test.gate.hashing.evaluated();
    for _ in 0..5 {
        // Each has a nonce of its own: it is the credential that counts.
        let wrong = token(&test, "jane", "wrong");
        assert_eq!(enter(&test, &wrong).await, Err(refused()));
    }
    assert_eq!(test.gate.hashing.evaluated() - before, 1);
    for password in ["wrong 2", "wrong 3"] {
        assert_eq!(
            enter(&test, &token(&test, "jane", password)).await,
            Err(refused())
        );
    }
    let right = token(&test, "jane", "correct horse");
    assert_eq!(
        enter(&test, &right).await,
        Err(refused()),
        "the account is locked"
    );
    let form = post("/login", &[("login", "jane"), ("password", "correct horse")]);
    let answer = test.send(mapgate_login::router(test.gate.clone()), form).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "for every way in");
}

#[tokio::test]
async fn it_sets_a_ticket_that_goes_on_without_the_token_and_can_be_logged_out() {
    let test = gate("", &[]).await;
    let router = || mapgate_login::router(test.gate.clone());
    let token = token(&test, "jane", "correct horse");
    let answer = test
        .send(router(), get(&format!("/loginuser?auth={token}")))
        .await;
    assert_eq!(
        (answer.status, answer.json()["username"].as_str()),
        (StatusCode::OK, Some("jane"))
    );
    let set: Vec<&str> = answer
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|set| set.to_str().expect("ASCII"))
        .collect();
    assert_eq!(set.len(), 2, "{set:?}");
    assert!(
        set[0].contains("Max-Age=0") && set[0].contains("Domain=maps.example.com"),
        "{set:?}"
    );
    let ticket = answer.cookies();
    assert!(ticket.starts_with("auth_tkt="), "{ticket}");
    let known = async || {
        let asked = with_header(get("/loginuser"), "cookie", &ticket);
        test.send(router(), asked).await.json()["username"].as_str() == Some("jane")
    };
    assert!(known().await);
    let out = with_header(get(&format!("/logout?auth={token}")), "cookie", &ticket);
    assert_eq!(test.send(router(), out).await.status, StatusCode::OK);
    test.clock.advance(Duration::from_secs(11));
    assert!(
        !known().await,
        "the session ended, whoever asked for it in the query"
    );
    let alone = test.send(router(), get(&format!("/logout?auth={token}"))).await;
    assert_eq!(
        alone.status,
        StatusCode::UNAUTHORIZED,
        "a token cannot be logged out"
    );
}

#[tokio::test]
async fn a_refused_token_is_401_without_a_password_dialog_and_sets_no_ticket() {
    let test = gate("", &[("BASICAUTH", "true")]).await;
    let answer = test
        .send(
            mapgate_login::router(test.gate.clone()),
            get("/loginuser?auth=00"),
        )
        .await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.json()["error"], "the URL login token is not valid");
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    assert!(!answer.headers.contains_key("set-cookie"));
}

#[tokio::test]
async fn logging_in_and_the_token_route_look_at_no_token_in_the_query() {
    let test = gate("", &[]).await;
    let fields = [("login", "jane"), ("password", "correct horse")];
    let answer = test
        .send(
            mapgate_login::router(test.gate.clone()),
            post("/login?auth=00", &fields),
        )
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    let jwks = get("/oauth/jwks?auth=00");
    let answer = test
        .send(mapgate_oauth_token::router(test.gate.clone()), jwks)
        .await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn a_page_does_not_repeat_the_token() {
    let test = gate("", &[]).await;
    let secret = token(&test, "jane", "correct horse");
    for (router, path) in [
        (mapgate_login::router(test.gate.clone()), "/login.html"),
        (mapgate_login::router(test.gate.clone()), "/loginchangepassword"),
    ] {
        let answer = test.send(router, get(&format!("{path}?auth={secret}"))).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(!answer.body.contains(&secret), "{path}");
    }
}

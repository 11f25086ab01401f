//! `GET /logout`.

use std::time::Duration;

use mapgate_core::session::Ticket;
use mapgate_core::table::Event;
use mapgate_tests::gate::{get, with_header};

use super::{jane, jane_with, router, send, ticket, trail, who};

#[tokio::test]
async fn logout_clears_both_forms_of_the_cookie_and_is_in_the_trail() {
    let test = jane().await;
    let cookies = ticket(&test).await;
    let request = with_header(get("/logout"), "cookie", &cookies);
    let answer = send(&test, with_header(request, "host", "maps.example.com:80")).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "true"));
    assert_eq!(answer.header("cache-control"), "private, no-store");
    let set: Vec<&str> = answer
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|value| value.to_str().expect("ASCII"))
        .collect();
    assert_eq!(set.len(), 2);
    for cookie in &set {
        assert!(
            cookie.starts_with("auth_tkt=;") && cookie.contains("Max-Age=0") && cookie.contains("Path=/"),
            "{cookie}"
        );
    }
    assert!(
        !set[0].contains("Domain") && set[1].contains("Domain=maps.example.com;"),
        "{set:?}"
    );
    let trail = trail(&test).await;
    let entry = trail
        .iter()
        .find(|entry| entry.event == Event::LoggedOut)
        .expect("an entry");
    assert_eq!(entry.username.as_deref(), Some("jane"));
    assert_eq!(entry.address, Some([203, 0, 113, 7].into()));
}

#[tokio::test]
async fn head_logs_nobody_out() {
    let test = jane().await;
    let cookies = ticket(&test).await;
    let mut head = with_header(get("/logout"), "cookie", &cookies);
    *head.method_mut() = http::Method::HEAD;
    let answer = send(&test, head).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, ""));
    assert_eq!(answer.header("set-cookie"), "");
    assert!(
        !trail(&test)
            .await
            .iter()
            .any(|entry| entry.event == Event::LoggedOut)
    );
    test.clock.advance(Duration::from_secs(10));
    assert_eq!(who(&test, &test.another(), &cookies).await, "jane");
}

#[tokio::test]
async fn t68_every_copy_is_dead_within_ten_seconds_on_every_function() {
    let test = jane().await;
    let other = test.another();
    let (copy, elsewhere) = (ticket(&test).await, ticket(&test).await);
    for gate in [&test.gate, &other] {
        assert_eq!(who(&test, gate, &copy).await, "jane");
        assert_eq!(who(&test, gate, &elsewhere).await, "jane");
    }
    assert_eq!(
        send(&test, with_header(get("/logout"), "cookie", &copy))
            .await
            .status,
        200
    );
    test.clock.advance(Duration::from_secs(10));
    for gate in [&test.gate, &other, &test.another()] {
        assert_eq!(who(&test, gate, &copy).await, "", "the copy is dead");
        assert_eq!(
            who(&test, gate, &elsewhere).await,
            "jane",
            "another session goes on"
        );
    }
    let again = send(&test, with_header(get("/logout"), "cookie", &copy)).await;
    assert_eq!(again.status, 401);
}

#[tokio::test]
async fn a_reissued_ticket_dies_with_its_session() {
    let test = jane().await;
    let first = ticket(&test).await;
    test.clock.advance(Duration::from_secs(9001));
    let reissued = send(&test, with_header(get("/loginuser"), "cookie", &first))
        .await
        .cookies();
    assert!(!reissued.is_empty() && reissued != first);
    assert_eq!(
        send(&test, with_header(get("/logout"), "cookie", &first))
            .await
            .status,
        200
    );
    test.clock.advance(Duration::from_secs(10));
    assert_eq!(who(&test, &test.gate, &reissued).await, "");
}

#[tokio::test]
async fn nobody_is_logged_out_who_is_not_logged_in() {
    let test = jane_with("  hide_capabilities: false", &[("BASICAUTH", "true")]).await;
    let basic = with_header(get("/logout"), "authorization", "Basic amFuZTpjb3JyZWN0IGhvcnNl");
    for request in [
        get("/logout"),
        with_header(get("/logout"), "cookie", "auth_tkt=x"),
        basic,
    ] {
        let answer = send(&test, request).await;
        assert_eq!((answer.status.as_u16(), answer.header("set-cookie")), (401, ""));
        assert_eq!(answer.json()["error"], "nobody is logged in");
    }
    // Nor from a stranger's page.
    let cookies = ticket(&test).await;
    let request = with_header(get("/logout"), "cookie", &cookies);
    let answer = send(&test, with_header(request, "referer", "https://evil.com/")).await;
    assert_eq!(answer.status, 401);
    // An Authorization header does not keep the ticket from ending.
    let request = with_header(get("/logout"), "cookie", &cookies);
    let answer = send(&test, with_header(request, "authorization", "Bearer x")).await;
    assert_eq!(answer.status, 200);
    test.clock.advance(Duration::from_secs(10));
    assert_eq!(who(&test, &test.gate, &cookies).await, "");
}

#[tokio::test]
async fn a_ticket_of_pyramids_own_has_its_cookies_cleared() {
    let test = jane().await;
    let now = test.clock.now();
    let secrets = test.gate.secrets().await.expect("keys");
    let ticket = Ticket {
        username: "jane".to_owned(),
        issued_at: now,
        session: None,
    };
    let cookies = format!(
        "auth_tkt={}",
        ticket.sign(secrets.authtkt_signing(now).expect("a key"))
    );
    let answer = test
        .send(
            router(&test.gate),
            with_header(get("/logout"), "cookie", &cookies),
        )
        .await;
    assert_eq!(
        (
            answer.status.as_u16(),
            answer.headers.get_all("set-cookie").iter().count()
        ),
        (200, 2)
    );
    assert_eq!(
        who(&test, &test.gate, &cookies).await,
        "jane",
        "there is no session to end"
    );
}

//! How long a ticket holds, by the clock.

use std::time::Duration;

use mapgate_core::session::Ticket;
use mapgate_tests::gate::{get, with_header};

use super::{jane, jane_with, send, ticket, who};

#[tokio::test]
async fn t67_a_ticket_is_reissued_when_it_grows_old_and_refused_past_its_time() {
    let test = jane().await;
    let first = ticket(&test).await;
    let ask = async |cookies: &str| send(&test, with_header(get("/loginuser"), "cookie", cookies)).await;
    test.clock.advance(Duration::from_mins(150));
    assert_eq!(ask(&first).await.header("set-cookie"), "", "not yet");
    test.clock.advance(Duration::from_secs(1));
    let answer = ask(&first).await;
    assert_eq!(answer.header("cache-control"), "private, no-store");
    let second = answer.cookies();
    assert_eq!(
        second.split('!').nth(1),
        first.split('!').nth(1),
        "the same session"
    );
    test.clock.advance(Duration::from_secs(86_400 - 9001));
    assert_eq!(who(&test, &test.gate, &first).await, "jane");
    test.clock.advance(Duration::from_secs(1));
    assert_eq!(who(&test, &test.gate, &first).await, "", "past its time");
    assert_eq!(who(&test, &test.gate, &second).await, "jane");
}

#[tokio::test]
async fn t67_no_reissue_outlives_the_longest_session() {
    let test = jane_with("  authentication: {session_max_days: 2}", &[]).await;
    let mut cookies = ticket(&test).await;
    let mut hours = 0;
    while hours < 47 {
        test.clock.advance(Duration::from_hours(1));
        hours += 1;
        let answer = send(&test, with_header(get("/loginuser"), "cookie", &cookies)).await;
        assert_eq!(answer.json()["username"], "jane", "after {hours} hours");
        if !answer.cookies().is_empty() {
            cookies = answer.cookies();
        }
    }
    test.clock.advance(Duration::from_hours(1));
    assert_eq!(who(&test, &test.gate, &cookies).await, "");
}

#[tokio::test]
async fn with_no_timeout_and_no_reissue_a_ticket_holds_as_it_is() {
    let variables = [
        ("AUTHTKT_TIMEOUT", "none"),
        ("AUTHTKT_REISSUE_TIME", "none"),
        ("AUTHTKT_MAXAGE", "none"),
    ];
    let test = jane_with("  hide_capabilities: false", &variables).await;
    let answer = super::log_in(&test, "jane", super::PASSWORD).await;
    assert!(!answer.header("set-cookie").contains("Max-Age"));
    test.clock.advance(Duration::from_hours(24 * 29));
    let user = send(&test, with_header(get("/loginuser"), "cookie", &answer.cookies())).await;
    assert_eq!(
        (&user.json()["username"], user.header("set-cookie")),
        (&"jane".into(), "")
    );
}

#[tokio::test]
async fn t74_of_two_cookies_of_the_name_any_valid_one_counts() {
    let test = jane().await;
    let good = ticket(&test).await;
    for cookies in [
        format!("auth_tkt=stale; {good}"),
        format!("{good}; auth_tkt=stale"),
        format!("a=b;auth_tkt=\"\";{good};c=d"),
    ] {
        assert_eq!(who(&test, &test.gate, &cookies).await, "jane", "{cookies}");
    }
    let bad = good.replace("auth_tkt=", "auth_tkt=0");
    assert_eq!(who(&test, &test.gate, &bad).await, "");
}

#[tokio::test]
async fn a_ticket_of_pyramids_own_becomes_one_of_mapgates_at_its_reissue() {
    let test = jane().await;
    let now = test.clock.now();
    let secrets = test.gate.secrets().await.expect("keys");
    let plain = |issued_at| {
        let ticket = Ticket {
            username: "jane".to_owned(),
            issued_at,
            session: None,
        };
        format!(
            "auth_tkt={}",
            ticket.sign(secrets.authtkt_signing(now).expect("a key"))
        )
    };
    assert_eq!(who(&test, &test.gate, &plain(now)).await, "jane");
    let before = mapgate_core::clock::Timestamp::from_seconds(now.seconds() - 60);
    assert_eq!(
        who(&test, &test.gate, &plain(before)).await,
        "",
        "older than the account"
    );
    let cookies = plain(now);
    test.clock.advance(Duration::from_hours(3));
    let answer = send(&test, with_header(get("/loginuser"), "cookie", &cookies)).await;
    assert!(answer.cookies().contains("!m"), "{}", answer.cookies());
    assert_eq!(who(&test, &test.gate, &answer.cookies()).await, "jane");
}

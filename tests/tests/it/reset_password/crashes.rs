//! Who dies between any two steps: no mail is lost, none goes out twice, and where nobody knows, it says so. A link is
//! spent with its password or not at all.

use std::time::Duration;

use mapgate_core::table::{Event, MailKind, MailStage};
use mapgate_reset_password::send_due;
use mapgate_tests::gate::post;
use mapgate_tests::{Does, Step};

use super::{LINK, OLD, PASSWORD, Portal, given, portal};

/// Lets the time pass after which a mail counts as left, and the schedule run.
async fn later(portal: &Portal) {
    portal.server.at(None);
    for _ in 0..3 {
        portal.test.clock.advance(Duration::from_mins(6));
        portal.send_due().await;
    }
    assert!(portal.open().await.is_empty(), "{:?}", portal.open().await);
}

#[tokio::test]
async fn killed_at_any_step_before_the_message_it_is_sent_later_once() {
    for step in [Step::Greeting, Step::Ehlo, Step::Mail, Step::Rcpt, Step::Data] {
        let portal = portal(PASSWORD).await;
        portal.server.at(Some((step, Does::Stalls)));
        portal.ask("jane").await;
        let gate = portal.test.gate.clone();
        let sender = tokio::spawn(async move { send_due(&gate).await });
        portal.server.reached().await;
        sender.abort();
        assert!(sender.await.unwrap_err().is_cancelled());
        later(&portal).await;
        let delivered = portal.server.delivered();
        assert_eq!(delivered.len(), 1, "{step:?}");
        assert!(
            matches!(portal.done().await[0].stage, MailStage::Sent { .. }),
            "{step:?}"
        );
        assert_eq!(portal.log_in(&given(&delivered[0])).await.status, 200, "{step:?}");
    }
}

#[tokio::test]
async fn killed_after_the_message_it_is_uncertain_and_not_sent_again() {
    let portal = portal(PASSWORD).await;
    portal.server.at(Some((Step::Dot, Does::Stalls)));
    portal.ask("jane").await;
    let gate = portal.test.gate.clone();
    let sender = tokio::spawn(async move { send_due(&gate).await });
    portal.server.reached().await;
    sender.abort();
    assert!(sender.await.unwrap_err().is_cancelled());
    later(&portal).await;
    let delivered = portal.server.delivered();
    assert_eq!(delivered.len(), 1);
    assert!(matches!(
        portal.done().await[0].stage,
        MailStage::Uncertain { .. }
    ));
    assert_eq!(
        portal.log_in(&given(&delivered[0])).await.status,
        200,
        "what went out holds"
    );
}

#[tokio::test]
async fn killed_at_any_request_to_the_table_no_mail_is_lost_or_sent_twice() {
    let mut ended = Vec::new();
    // One past the last request: then nobody is killed.
    for killed_at in 1..=6 {
        let portal = portal(LINK).await;
        portal.ask("jane").await;
        let sender = Box::pin(send_due(&portal.test.gate));
        let was_killed = portal.test.killed_at(killed_at, sender).await.is_none();
        later(&portal).await;
        let done = portal.done().await;
        assert_eq!(done.len(), 1, "killed at request {killed_at}");
        match done[0].stage {
            MailStage::Sent { .. } => assert_eq!(portal.server.delivered().len(), 1, "{killed_at}"),
            MailStage::Uncertain { .. } => assert!(portal.server.delivered().len() <= 1, "{killed_at}"),
            ref other => panic!("killed at request {killed_at}: {other:?}"),
        }
        ended.push(was_killed);
    }
    assert!(ended[..5].iter().all(|killed| *killed), "{ended:?}");
    assert!(!ended[5], "the sender makes five requests: {ended:?}");
}

#[tokio::test]
async fn a_request_that_is_killed_queues_its_mail_with_its_entry_or_neither() {
    let mut killed = 0;
    // One past the last request: then nobody is killed.
    for killed_at in 1..=6 {
        let portal = portal(LINK).await;
        let asked = portal.send(post("/loginresetpassword", &[("login", "jane")]));
        killed += usize::from(portal.test.killed_at(killed_at, asked).await.is_none());
        portal.ask("jane").await;
        portal.send_due().await;
        let delivered = portal.server.delivered();
        let requested = portal.events().await;
        let requested = requested.iter().filter(|event| **event == Event::ResetRequested);
        assert_eq!(requested.count(), delivered.len(), "{killed_at}");
        let newest = given(delivered.last().expect("a mail"));
        let page = portal
            .send(mapgate_tests::gate::get(&format!("/loginresetpassword/{newest}")))
            .await;
        assert_eq!(page.status, 200, "{killed_at}");
    }
    assert_eq!(killed, 5, "a request for a mail makes five requests");
}

#[tokio::test]
async fn a_killed_change_by_link_is_whole_or_has_not_begun() {
    const NEW: &str = "an entirely new one";
    let mut killed = 0;
    for killed_at in 1..=4 {
        let portal = portal(LINK).await;
        let token = given(&portal.mailed("jane").await);
        let before = portal.jane().await.generation;
        let path = format!("/loginresetpassword/{token}");
        let fields = [("newPassword", NEW), ("confirmNewPassword", NEW)];
        let set = portal.send(post(&path, &fields));
        killed += usize::from(portal.test.killed_at(killed_at, set).await.is_none());
        // Where it was not spent, it still works.
        let again = portal.send(post(&path, &fields)).await.status.as_u16();
        assert!([200, 404].contains(&again), "{killed_at}: {again}");
        assert_eq!(portal.log_in(NEW).await.status, 200, "{killed_at}");
        assert_eq!(portal.log_in(OLD).await.status, 401, "{killed_at}");
        assert_eq!(
            portal.jane().await.generation,
            before + 1,
            "{killed_at}: changed once"
        );
        let open = portal.open().await;
        let kinds: Vec<MailKind> = open.iter().map(|mail| mail.kind).collect();
        assert_eq!(kinds, [MailKind::PasswordChanged], "{killed_at}: told once");
    }
    assert_eq!(killed, 3, "a change by link makes three requests");
}

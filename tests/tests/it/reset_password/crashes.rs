//! A sender that dies between any two steps: no mail is lost, none goes out twice, and where nobody knows, it says so.

use std::time::Duration;

use mapgate_core::table::MailStage;
use mapgate_reset_password::send_due;
use mapgate_tests::{Does, Step};

use super::{LINK, PASSWORD, Portal, given, portal};

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
        let _ = portal.test.table_requests();
        let gate = portal.test.gate.clone();
        let mut sender = Box::pin(send_due(&gate));
        let mut made = 0;
        // Polled by hand, so that it dies right after a request has gone out.
        let outcome = std::future::poll_fn(|context| {
            let polled = sender.as_mut().poll(context);
            made += portal.test.table_requests().len();
            if polled.is_pending() && made >= killed_at {
                return std::task::Poll::Ready(None);
            }
            polled.map(Some)
        })
        .await;
        drop(sender);
        let was_killed = outcome.is_none();
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

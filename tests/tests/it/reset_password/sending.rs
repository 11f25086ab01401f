//! What goes out, to whom, when again, and never twice.

use std::time::Duration;

use mapgate_core::table::{AuditEntry, CreateUser, Event, MailStage, NewUser, Source, UserChange};
use mapgate_reset_password::send_due;
use mapgate_tests::{Does, Step};

use super::{LINK, OLD, PASSWORD, given, portal};

#[tokio::test]
async fn t92_a_mailed_password_holds_beside_the_old_one_until_it_is_used() {
    let portal = portal(PASSWORD).await;
    let mail = portal.mailed("jane").await;
    assert_eq!(
        (mail.to.as_str(), mail.from.as_str()),
        ("jane@example.com", "maps@example.com")
    );
    assert_eq!(mail.subject, "Forgotten");
    assert!(
        mail.text
            .contains(" for http://maps.example.com at http://maps.example.com/login.html"),
        "{}",
        mail.text
    );
    for header in ["Auto-Submitted: auto-generated", "Message-ID: <", "Date: "] {
        assert!(mail.raw.contains(header), "{header} in {}", mail.raw);
    }
    assert_eq!(portal.log_in(OLD).await.status, 200, "the old one still holds");
    let first = portal.log_in(&given(&mail)).await;
    assert_eq!(
        (first.status.as_u16(), &first.json()["is_password_changed"]),
        (200, &false.into())
    );
    assert_eq!(portal.log_in(OLD).await.status, 401, "the new one was used");
}

#[tokio::test]
async fn a_mailed_password_dies_after_a_day_and_by_a_newer_one() {
    let portal = portal(PASSWORD).await;
    let first = given(&portal.mailed("jane").await);
    let second = given(&portal.mailed("jane@example.com").await);
    assert_ne!(first, second);
    assert_eq!(
        portal.log_in(&first).await.status,
        401,
        "a newer one took its place"
    );
    portal.test.clock.advance(Duration::from_hours(24));
    assert_eq!(portal.log_in(&second).await.status, 401, "its time is over");
}

#[tokio::test]
async fn a_refused_mail_is_tried_five_times_within_a_day_and_then_given_up() {
    let portal = portal(PASSWORD).await;
    portal.server.at(Some((Step::Mail, Does::Answers("451 not now"))));
    portal.ask("jane").await;
    let begun = portal.now();
    for minutes in [0, 1, 15, 180, 1200] {
        if minutes > 0 {
            portal
                .test
                .clock
                .advance(Duration::from_millis(minutes * 60_000 - 1));
            let before = portal.server.connections();
            portal.send_due().await;
            assert_eq!(
                portal.server.connections(),
                before,
                "{minutes} minutes were not over"
            );
            portal.test.clock.advance(Duration::from_millis(1));
        }
        portal.send_due().await;
    }
    assert_eq!(portal.server.connections(), 5);
    assert!(portal.now().since(begun) < Duration::from_hours(24));
    assert!(matches!(portal.done().await[0].stage, MailStage::Failed { .. }));
    assert!(portal.open().await.is_empty() && portal.server.delivered().is_empty());
    assert!(portal.events().await.contains(&Event::MailFailed));
}

#[tokio::test]
async fn a_refused_mail_goes_out_later_with_a_password_of_its_own() {
    let portal = portal(PASSWORD).await;
    for (step, does) in [
        (Step::Greeting, Does::Leaves),
        (Step::Rcpt, Does::Answers("450 later")),
        (Step::Data, Does::Answers("421 busy")),
        (Step::Dot, Does::Answers("452 full")),
    ] {
        portal.server.at(Some((step, does)));
        portal.ask("jane").await;
        portal.send_due().await;
        portal.server.at(None);
        portal.test.clock.advance(Duration::from_hours(1));
        portal.send_due().await;
    }
    let delivered = portal.server.delivered();
    assert_eq!(delivered.len(), 4);
    assert!(portal.open().await.is_empty());
    let newest = given(delivered.last().expect("a mail"));
    assert_eq!(portal.log_in(&newest).await.status, 200);
}

#[tokio::test]
async fn a_mailbox_that_does_not_exist_is_given_up_at_once() {
    let portal = portal(PASSWORD).await;
    portal.server.at(Some((
        Step::Rcpt,
        Does::Answers("550 jane@example.com is unknown"),
    )));
    portal.ask("jane").await;
    portal.send_due().await;
    assert!(matches!(portal.done().await[0].stage, MailStage::Failed { .. }));
    let trail = format!("{:?}", portal.trail().await);
    assert!(
        trail.contains("SMTP 550") && !trail.contains("jane@example.com"),
        "{trail}"
    );
}

#[tokio::test]
async fn an_answer_that_never_comes_makes_a_mail_uncertain_and_it_is_not_sent_again() {
    let portal = portal(PASSWORD).await;
    portal.server.at(Some((Step::Dot, Does::Leaves)));
    portal.ask("jane").await;
    portal.send_due().await;
    portal.server.at(None);
    portal.test.clock.advance(Duration::from_hours(2));
    portal.send_due().await;
    assert_eq!(portal.server.delivered().len(), 1);
    assert!(matches!(
        portal.done().await[0].stage,
        MailStage::Uncertain { .. }
    ));
    assert!(portal.open().await.is_empty());
}

#[tokio::test]
async fn fifty_senders_at_once_send_each_mail_once() {
    let portal = portal(LINK).await;
    for name in ["a", "b", "c"] {
        portal.test.user(name, OLD, &[], false).await;
        portal.ask(name).await;
    }
    let senders = (0..50).map(|_| {
        let gate = portal.test.another();
        async move { send_due(&gate).await }
    });
    for sent in futures_util::future::join_all(senders).await {
        sent.unwrap();
    }
    let mut to: Vec<String> = portal
        .server
        .delivered()
        .into_iter()
        .map(|mail| mail.to)
        .collect();
    to.sort();
    assert_eq!(to, ["a@example.com", "b@example.com", "c@example.com"]);
    assert_eq!((portal.done().await.len(), portal.open().await.len()), (3, 0));
}

#[tokio::test]
async fn who_is_not_to_get_mail_gets_none() {
    let portal = portal(PASSWORD).await;
    let table = portal.test.gate.table().await;
    for (change, reason) in [
        (
            UserChange {
                deactivated: Some(true),
                ..UserChange::default()
            },
            "deactivated",
        ),
        (
            UserChange {
                expire_on: Some(Some(portal.now())),
                ..UserChange::default()
            },
            "expired",
        ),
        (
            UserChange {
                email: Some(None),
                ..UserChange::default()
            },
            "no_address",
        ),
    ] {
        let name = reason.replace('_', "-");
        portal.test.user(&name, OLD, &[], false).await;
        let user = table.user(&name).await.unwrap().expect("the user");
        table
            .transaction()
            .change(&user, &change)
            .commit()
            .await
            .unwrap()
            .unwrap();
        portal.ask(&name).await;
        portal.send_due().await;
        let told = format!("{:?}", portal.trail().await);
        assert!(told.contains("MailDropped") && told.contains(reason), "{told}");
        assert!(
            table
                .user(&name)
                .await
                .unwrap()
                .expect("the user")
                .reset
                .is_none()
        );
    }
    assert!(portal.open().await.is_empty() && portal.server.delivered().is_empty());
    assert_eq!(portal.server.connections(), 0);
}

#[tokio::test]
async fn whose_password_is_kept_elsewhere_gets_no_mail_and_a_name_of_nobody_leaves_no_trace() {
    let portal = portal(LINK).await;
    let table = portal.test.gate.table().await;
    let lena = NewUser {
        username: "lena".to_owned(),
        id: None,
        display_name: "Lena".to_owned(),
        email: Some("lena@example.com".to_owned()),
        roles: std::collections::BTreeSet::new(),
        password: None,
        is_password_changed: true,
        deactivated: false,
        expire_on: None,
        source: Source::Ldap,
    };
    let audit = AuditEntry::new(Event::UserCreated, portal.now(), 1);
    let made = table.create_user(lena, portal.now(), &audit).await.unwrap();
    assert!(matches!(made, CreateUser::Created(_)));
    for login in ["lena", "lena@example.com", "nobody"] {
        portal.ask(login).await;
    }
    assert_eq!(portal.open().await.len(), 3);
    portal.send_due().await;
    assert!(portal.open().await.is_empty() && portal.done().await.is_empty());
    assert_eq!(portal.server.connections(), 0);
    let trail = portal.trail().await;
    let dropped: Vec<_> = trail
        .iter()
        .filter(|entry| entry.event == Event::MailDropped)
        .map(|entry| entry.details["reason"].as_str())
        .collect();
    assert_eq!(dropped, ["password_elsewhere"; 2]);
}

#[tokio::test]
async fn neither_the_queue_nor_the_trail_says_what_a_mail_says() {
    let portal = portal(PASSWORD).await;
    portal.ask("jane").await;
    let queued = format!("{:?}", portal.open().await);
    assert!(!queued.contains("jane"), "{queued}");
    portal.send_due().await;
    let password = given(&portal.server.delivered()[0]);
    let kept = format!(
        "{:?}{:?}{:?}",
        portal.done().await,
        portal.trail().await,
        portal.jane().await.reset
    );
    for secret in [password.as_str(), "jane@example.com"] {
        assert!(!kept.contains(secret), "{kept}");
    }
}

#[tokio::test]
async fn t92_a_changed_password_is_told_by_mail() {
    let portal = portal(PASSWORD).await;
    let fields = [
        ("login", "jane"),
        ("oldPassword", OLD),
        ("newPassword", "an entirely new one"),
        ("confirmNewPassword", "an entirely new one"),
    ];
    let request = mapgate_tests::gate::post("/loginchangepassword?lang=de", &fields);
    let router = mapgate_login::router(portal.test.gate.clone());
    assert_eq!(portal.test.send(router, request).await.status, 200);
    portal.send_due().await;
    let mail = &portal.server.delivered()[0];
    assert_eq!(mail.to, "jane@example.com");
    assert!(
        mail.text.contains("jane") && mail.text.contains("http://maps.example.com"),
        "{}",
        mail.text
    );
    assert_ne!(mail.subject, "Your password was changed", "it is in German");
    assert!(!mail.subject.contains("notice"), "{}", mail.subject);
}

#[tokio::test]
async fn a_mail_that_this_version_cannot_read_keeps_no_other_back() {
    let portal = portal(PASSWORD).await;
    let client = aws_sdk_dynamodb::Client::new(portal.test.gate.aws.config().await);
    let text = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.to_owned());
    let put = client
        .put_item()
        .table_name(&portal.test.gate.settings.table)
        .item("pk", text("mail"))
        .item("sk", text("000000000000001#x"))
        .item("kind", text("of a later version"));
    put.send().await.expect("the table takes it");
    assert_eq!(portal.mailed("jane").await.to, "jane@example.com");
}

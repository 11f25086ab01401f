//! The function reset-password (contract, section 10).

mod asking;
mod crashes;
mod link;
mod sending;

use axum::body::Body;
use http::Request;
use mapgate_core::clock::Timestamp;
use mapgate_core::table::{AuditEntry, Event, Mail, User};
use mapgate_reset_password::send_due;
use mapgate_tests::gate::{Answer, TestGate, as_function, post};
use mapgate_tests::{Delivered, MailServer};

pub(crate) const OLD: &str = "correct horse";

/// A template with a password, and one with a link.
pub(crate) const PASSWORD: &str = "{user}: {password} for {application_url} at {current_url}";
pub(crate) const LINK: &str = "{user}: {reset_url}";

/// A gate whose mail goes to a mail server of the test's own, with Jane.
pub(crate) struct Portal {
    pub(crate) test: TestGate,
    pub(crate) server: MailServer,
}

pub(crate) async fn portal(body: &str) -> Portal {
    portal_with(body, "").await
}

pub(crate) async fn portal_with(body: &str, more: &str) -> Portal {
    let server = MailServer::start().await;
    let vars = format!(
        "  smtp: {{host: '127.0.0.1:{}'}}\n  reset_password: {{email_from: 'Maps <maps@example.com>', \
         email_subject: Forgotten, email_body: '{body}'}}\n{more}",
        server.port()
    );
    let test = TestGate::with(&vars, &[]).await;
    test.user("jane", OLD, &[], false).await;
    let _ = test.table_requests();
    Portal { test, server }
}

impl Portal {
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        self.test
            .send(mapgate_reset_password::router(self.test.gate.clone()), request)
            .await
    }

    /// Asks for a mail, as the API does.
    pub(crate) async fn ask(&self, login: &str) {
        let answer = self.send(post("/loginresetpassword", &[("login", login)])).await;
        assert_eq!(
            (answer.status.as_u16(), answer.body.as_str()),
            (200, r#"{"success":true}"#)
        );
    }

    pub(crate) async fn send_due(&self) {
        let sending = send_due(&self.test.gate);
        as_function("reset-password", sending).await.unwrap();
    }

    /// Asks, sends, and gives the mail.
    pub(crate) async fn mailed(&self, login: &str) -> Delivered {
        self.ask(login).await;
        self.send_due().await;
        self.server.delivered().pop().expect("a mail")
    }

    pub(crate) async fn log_in(&self, password: &str) -> Answer {
        let request = post("/login", &[("login", "jane"), ("password", password)]);
        let router = mapgate_login::router(self.test.gate.clone());
        self.test.send(router, request).await
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.test.clock.now()
    }

    pub(crate) async fn jane(&self) -> User {
        let table = self.test.gate.table().await;
        table.user("jane").await.unwrap().expect("jane")
    }

    pub(crate) async fn open(&self) -> Vec<Mail> {
        self.test.gate.table().await.open_mails().await.unwrap()
    }

    pub(crate) async fn done(&self) -> Vec<Mail> {
        self.test.gate.table().await.done_mails().await.unwrap()
    }

    pub(crate) async fn trail(&self) -> Vec<AuditEntry> {
        let day = self.now().rfc3339();
        self.test.gate.table().await.audit(&day[..10]).await.unwrap()
    }

    pub(crate) async fn events(&self) -> Vec<Event> {
        self.trail().await.into_iter().map(|entry| entry.event).collect()
    }
}

/// The mailed password, or the token of the mailed link.
pub(crate) fn given(mail: &Delivered) -> String {
    let text = mail.text.trim();
    let given = text.strip_prefix("jane: ").expect("the template");
    let first = given.split(' ').next().expect("what was given");
    first.rsplit('/').next().expect("a token").to_owned()
}

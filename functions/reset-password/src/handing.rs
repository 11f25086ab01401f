//! Handing a mail over: by SMTP where `smtp` is set, else by SES. In two parts, so that the sender can mark a mail between
//! them: up to the first, the mail server has nothing that it could deliver.

use std::time::Duration;

use lettre::Message;
use mapgate_core::gate::Gate;
use mapgate_core::secrets::Secrets;
use mapgate_core::settings::Smtp;

use crate::checking::MailWay;
use crate::ses::Ses;
use crate::smtp::{self, Connection};

/// How long a mail server may take to get as far as the message, and again for its answer to it: both fit into the
/// function's 29 seconds, with what the sender writes between them.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// The mail server did not take a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Whether another try is in vain.
    pub(crate) is_final: bool,
    /// Why, for the log and the administrator; without what the server said, which can quote the mail.
    pub(crate) reason: String,
}

impl Refusal {
    pub(crate) fn for_now(reason: impl Into<String>) -> Self {
        Self {
            is_final: false,
            reason: reason.into(),
        }
    }

    pub(crate) fn for_good(reason: impl Into<String>) -> Self {
        Self {
            is_final: true,
            reason: reason.into(),
        }
    }
}

/// What became of a mail.
pub(crate) enum Delivery {
    /// The mail server has taken it.
    Taken(Farewell),
    /// It has not.
    Refused(Refusal),
    /// Nobody knows.
    Unanswered,
}

/// What is left to say to a mail server, once all is written down.
pub(crate) struct Farewell(pub(crate) Option<Connection>);

impl Farewell {
    pub(crate) async fn say(self) {
        if let Some(connection) = self.0 {
            connection.quit().await;
        }
    }
}

/// The way that mails take.
pub(crate) enum Post {
    Smtp { server: Smtp, own_host: String },
    Ses(Ses),
}

/// A mail server that waits for the message.
pub(crate) enum Open {
    Smtp(Connection),
    Ses(Ses),
}

impl Post {
    /// The way that the settings name.
    pub(crate) async fn of(gate: &Gate) -> Self {
        match &gate.settings.smtp {
            Some(server) => Self::Smtp {
                server: server.clone(),
                own_host: gate.settings.base_url.host_with_port().to_owned(),
            },
            None => Self::Ses(Ses::of(gate.aws.config().await)),
        }
    }

    /// Whether mails could go this way, without sending one.
    pub(crate) async fn check(&self, senders: &[String], secrets: &Secrets) -> MailWay {
        match self {
            Self::Smtp { server, own_host } => {
                let greeting = tokio::time::timeout(PATIENCE, smtp::greet(server, own_host, secrets));
                let greeted = match greeting.await {
                    Ok(Ok(connection)) => {
                        connection.quit().await;
                        Ok(())
                    }
                    Ok(Err(refusal)) => Err(refusal.reason),
                    Err(_) => Err("the mail server did not answer in time".to_owned()),
                };
                MailWay::Smtp(greeted)
            }
            Self::Ses(ses) => MailWay::Ses(ses.account(senders).await),
        }
    }

    /// Brings the mail server as far as it goes without the message.
    pub(crate) async fn open(&self, message: &Message, secrets: &Secrets) -> Result<Open, Refusal> {
        match self {
            Self::Smtp { server, own_host } => {
                let opening = smtp::open(server, own_host, message.envelope(), secrets);
                match tokio::time::timeout(PATIENCE, opening).await {
                    Ok(opened) => opened.map(Open::Smtp),
                    Err(_) => Err(Refusal::for_now("the mail server did not answer in time")),
                }
            }
            Self::Ses(ses) => Ok(Open::Ses(ses.clone())),
        }
    }
}

impl Open {
    /// Hands the message over.
    pub(crate) async fn hand_over(self, message: &Message) -> Delivery {
        match self {
            Self::Smtp(connection) => {
                let handing = connection.hand_over(message);
                tokio::time::timeout(PATIENCE, handing)
                    .await
                    .unwrap_or(Delivery::Unanswered)
            }
            Self::Ses(ses) => ses.hand_over(message).await,
        }
    }
}

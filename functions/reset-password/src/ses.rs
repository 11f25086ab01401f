//! Amazon SES.

use std::error::Error;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_ses::Client;
use aws_sdk_ses::config::retry::RetryConfig;
use aws_sdk_ses::config::timeout::TimeoutConfig;
use aws_sdk_ses::error::SdkError;
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::RawMessage;
use lettre::Message;

use crate::handing::{Delivery, Farewell, PATIENCE, Refusal};

/// SES, as this account reaches it.
#[derive(Debug, Clone)]
pub(crate) struct Ses(Client);

impl Ses {
    /// A client that asks once: what the SDK tries again by itself could go out twice.
    pub(crate) fn of(config: &SdkConfig) -> Self {
        let patience = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(2))
            .operation_timeout(PATIENCE)
            .build();
        let config = aws_sdk_ses::config::Builder::from(config)
            .retry_config(RetryConfig::disabled())
            .timeout_config(patience);
        Self(Client::from_conf(config.build()))
    }

    /// `SendRawEmail`.
    pub(crate) async fn hand_over(self, message: &Message) -> Delivery {
        let envelope = message.envelope();
        let raw = RawMessage::builder().data(Blob::new(message.formatted()));
        let Ok(raw) = raw.build() else {
            return Delivery::Refused(Refusal::for_good("the message cannot be sent"));
        };
        let mut request = self.0.send_raw_email().raw_message(raw);
        for to in envelope.to() {
            request = request.destinations(to.to_string());
        }
        let sent = request
            .set_source(envelope.from().map(ToString::to_string))
            .send()
            .await;
        let Err(error) = sent else {
            return Delivery::Taken(Farewell(None));
        };
        match &error {
            SdkError::ConstructionFailure(_) => {
                Delivery::Refused(Refusal::for_now("the request to SES cannot be made"))
            }
            SdkError::ServiceError(answer) if answer.raw().status().is_client_error() => {
                let code = answer.err().meta().code().unwrap_or("no code");
                Delivery::Refused(Refusal::for_now(format!("SES: {code}")))
            }
            SdkError::DispatchFailure(failure)
                if failure
                    .as_connector_error()
                    .is_some_and(|error| was_not_reached(error)) =>
            {
                Delivery::Refused(Refusal::for_now("SES cannot be reached"))
            }
            _ => Delivery::Unanswered,
        }
    }
}

/// Whether there was no connection to send anything on. hyper-util's type for that is none of ours, so that its words are
/// asked; with other words a mail would count as uncertain, which is the safe side.
fn was_not_reached(error: &(dyn Error + 'static)) -> bool {
    std::iter::successors(Some(error), |&error| error.source())
        .any(|error| error.to_string() == "client error (Connect)")
}

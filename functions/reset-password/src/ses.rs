//! Amazon SES.

use std::collections::BTreeSet;
use std::error::Error;

use aws_config::SdkConfig;
use aws_sdk_ses::Client;
use aws_sdk_ses::config::retry::RetryConfig;
use aws_sdk_ses::config::timeout::TimeoutConfig;
use aws_sdk_ses::error::SdkError;
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::{RawMessage, VerificationStatus};
use lettre::Message;
use mapgate_core::aws::reason;

use crate::checking::MailAccount;
use crate::handing::{Delivery, Farewell, PATIENCE, Refusal};

/// SES, as this account reaches it.
#[derive(Debug, Clone)]
pub(crate) struct Ses(Client);

impl Ses {
    /// A client that asks once: what the SDK tries again by itself could go out twice.
    pub(crate) fn of(config: &SdkConfig) -> Self {
        let patience = TimeoutConfig::builder().operation_timeout(PATIENCE).build();
        let config = aws_sdk_ses::config::Builder::from(config)
            .retry_config(RetryConfig::disabled())
            .timeout_config(patience);
        Self(Client::from_conf(config.build()))
    }

    /// What the account may send, and from whom: `GetSendQuota` and `GetIdentityVerificationAttributes`.
    pub(crate) async fn account(&self, senders: &[String]) -> MailAccount {
        let identities: BTreeSet<String> = senders.iter().flat_map(|sender| identities_of(sender)).collect();
        let asked = self.0.get_identity_verification_attributes();
        let asked = asked.set_identities(Some(identities.into_iter().collect()));
        let verified = asked.send().await.map(|answer| {
            let proved = answer
                .verification_attributes
                .iter()
                .filter(|(_, told)| told.verification_status == VerificationStatus::Success);
            let proved: BTreeSet<&str> = proved.map(|(identity, _)| identity.as_str()).collect();
            let lacks = |sender: &&String| !identities_of(sender).any(|identity| proved.contains(&*identity));
            senders.iter().filter(lacks).cloned().collect()
        });
        let quota = self.0.get_send_quota().send().await;
        MailAccount {
            unproved: verified.map_err(|error| reason(&error)),
            quota: quota
                .map(|quota| (quota.max24_hour_send, quota.sent_last24_hours))
                .map_err(|error| reason(&error)),
        }
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

/// By what an address can be proved to SES: itself, its domain, or a domain above that.
fn identities_of(address: &str) -> impl Iterator<Item = String> {
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
    let above = std::iter::successors(Some(domain), |domain| {
        domain.split_once('.').map(|(_, above)| above)
    });
    let domains = above.filter(|domain| domain.contains('.'));
    std::iter::once(address.to_owned()).chain(domains.map(str::to_ascii_lowercase).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_proved_by_itself_or_a_domain_above_it() {
        let identities: Vec<String> = identities_of("a@maps.Example.com").collect();
        assert_eq!(
            identities,
            ["a@maps.Example.com", "maps.example.com", "example.com"]
        );
    }
}

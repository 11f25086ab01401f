//! The DynamoDB table: keys, items, conditional writes. The only room that names an AWS attribute.
//!
//! One table, a string partition key `pk`, a string sort key `sk`, time to live on `ttl` (seconds). One file an
//! entity. Every state change is one conditional write or one transaction, and an audit entry is written in the
//! transaction of what it tells of.

mod attempts;
mod audit;
mod changes;
mod clients;
mod credentials;
mod grants;
mod identity;
mod item;
mod limits;
mod listing;
mod mails;
mod measured;
mod members;
mod roles;
mod schema;
mod servers;
mod sessions;
mod shape;
mod subjects;
mod transaction;
mod users;

pub use attempts::{Attempt, Counters, Place, Taken};
pub use audit::{AuditEntry, AuditPage, Event};
pub use changes::UserChange;
pub use clients::{CheckedClient, Client, ClientPage, MAX_CLIENT_ID};
pub use credentials::{FactorStage, Reset, ResetKind, SecondFactor};
pub use grants::{Code, CodeStage, Grant, GrantKey, GrantPage, KnownClient, Redemption, Rotation};
pub use identity::{Holder, IdentityRecord};
pub use limits::{Counter, Limit, Moments};
pub use mails::{Mail, MailKind, MailStage, is_key_of_open_mail};
pub use members::{LastAdministrator, Witness};
pub use roles::{
    ANONYMOUS, CannotAdopt, ChangedMeanwhile, INTRANET, REGISTERED, ROLE_ADMIN, Role, RoleId, Roles,
};
pub use servers::{Auth, DefaultAccess, Layer, OgcServer, ServerType};
pub use shape::{Shape, TIME_TO_LIVE};
pub use subjects::Subject;
pub use transaction::{Refused, Transaction};
pub use users::{CreateUser, MAX_ROLES, NewUser, Source, User, UserId, UserOrder, UserPage, normalized};

use std::time::Duration;

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem};

use crate::aws::reason;
use crate::random::Random;

/// The table could not do what was asked. What is wrong goes to the log, never to a visitor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// No answer, or an answer that the table is not there or is overloaded.
    #[error("the table cannot be reached: {0}")]
    Unavailable(String),
    /// An item that this version cannot read.
    #[error("an item of the table cannot be read: {0}")]
    Unreadable(String),
}

/// The table of a deployment.
#[derive(Debug, Clone)]
pub struct Table {
    client: aws_sdk_dynamodb::Client,
    name: String,
    random: Random,
}

/// How often a transaction that met another one is tried again before the table counts as overloaded.
const CONFLICTS: u32 = 8;

impl Table {
    /// The table `name` as `client` reaches it; what it is asked is measured. Asks nothing yet. `random` makes audit entries' keys and waits differ.
    #[must_use]
    pub fn new(client: aws_sdk_dynamodb::Client, name: impl Into<String>, random: Random) -> Self {
        let measured = client.config().to_builder().interceptor(measured::Measured);
        Self {
            client: aws_sdk_dynamodb::Client::from_conf(measured.build()),
            name: name.into(),
            random,
        }
    }

    /// Writes all of `writes` or nothing; a write whose condition fails gives the reasons, in the writes' order.
    ///
    /// One that only meets another transaction is tried again after a short wait: of 50 right logins at once, all
    /// must succeed.
    async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<Result<(), Reasons>, TableError> {
        for turn in 0.. {
            let sent = self
                .client
                .transact_write_items()
                .set_transact_items(Some(writes.clone()))
                .send()
                .await;
            let Err(error) = sent else { return Ok(Ok(())) };
            let Some(cancelled) = error.as_service_error().and_then(|error| match error {
                aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(cancelled) => Some(cancelled),
                _ => None,
            }) else {
                return Err(unavailable(&error));
            };
            let reasons = Reasons(cancelled.cancellation_reasons().to_vec());
            if reasons.any("ConditionalCheckFailed") {
                return Ok(Err(reasons));
            }
            if !reasons.any("TransactionConflict") || turn >= CONFLICTS {
                return Err(unavailable(&error));
            }
            self.part(turn).await;
        }
        Err(TableError::Unavailable("transactions keep meeting".to_owned()))
    }
}

impl Table {
    /// Waits after meeting another transaction; different waits part those who met.
    async fn part(&self, turn: u32) {
        let jitter = self.random.bytes::<1>().map_or(0, |[byte]| u64::from(byte % 16));
        tokio::time::sleep(Duration::from_millis((5 << turn) + jitter)).await;
    }
}

/// Why a transaction was cancelled, write by write.
#[derive(Debug)]
struct Reasons(Vec<CancellationReason>);

impl Reasons {
    fn any(&self, code: &str) -> bool {
        self.0.iter().any(|reason| reason.code() == Some(code))
    }

    /// Whether the condition of the write at `index` is what failed.
    fn failed(&self, index: usize) -> bool {
        self.0.get(index).and_then(CancellationReason::code) == Some("ConditionalCheckFailed")
    }
}

/// An SDK error in words for the log.
fn unavailable<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> TableError {
    TableError::Unavailable(reason(error))
}

//! One AWS configuration for a process, read on first use: region, credentials and endpoints
//! (`AWS_ENDPOINT_URL…`) come from the environment as every AWS SDK reads them.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_secretsmanager::config::http::HttpResponse;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use tokio::sync::OnceCell;

/// The shared AWS configuration. Clones share it.
#[derive(Clone, Default)]
pub struct Aws(Arc<OnceCell<SdkConfig>>);

impl Aws {
    /// A configuration made elsewhere: by the harness, which knows its own endpoints.
    #[must_use]
    pub fn with(config: SdkConfig) -> Self {
        Self(Arc::new(OnceCell::new_with(Some(config))))
    }

    /// The configuration, read from the environment the first time.
    pub async fn config(&self) -> &SdkConfig {
        // Within a gateway's 29 seconds a visitor must have an answer, be it a 503.
        let patience = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(1))
            .operation_attempt_timeout(Duration::from_secs(3))
            .operation_timeout(Duration::from_secs(8))
            .build();
        let load = aws_config::defaults(BehaviorVersion::latest()).timeout_config(patience);
        self.0.get_or_init(|| load.load()).await
    }
}

impl fmt::Debug for Aws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Aws")
    }
}

/// What went wrong with a request to any service of AWS, in words for the log and the operator: the service's code and
/// message, or why it was not reached. Never the answer itself, which can hold what was asked for.
pub fn reason<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> String {
    match error {
        SdkError::ServiceError(service) => {
            let meta = service.err().meta();
            format!(
                "{}: {}",
                meta.code().unwrap_or("no code"),
                meta.message().unwrap_or("no message")
            )
        }
        SdkError::DispatchFailure(failure) => failure
            .as_connector_error()
            .map_or_else(|| "no connection".to_owned(), |error| not_reached(error)),
        SdkError::TimeoutError(_) => "no answer in time".to_owned(),
        SdkError::ResponseError(_) => "an answer that is not AWS's".to_owned(),
        _ => "a request that cannot be made: AWS_REGION or the credentials are missing".to_owned(),
    }
}

/// An error and its reasons.
fn not_reached(error: &(dyn Error + 'static)) -> String {
    let reasons = std::iter::successors(Some(error), |error| (*error).source());
    let reasons = reasons.map(ToString::to_string).collect::<Vec<_>>().join(": ");
    // The SDK then tells of all six places where it looked.
    if reasons.contains("no credentials found") {
        "there are no credentials".to_owned()
    } else {
        reasons
    }
}

//! One AWS configuration for a process, read on first use: region, credentials and endpoints
//! (`AWS_ENDPOINT_URL…`) come from the environment as every AWS SDK reads them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
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

//! One AWS configuration for a process, read on first use: region, credentials and endpoints
//! (`AWS_ENDPOINT_URL…`) come from the environment as every AWS SDK reads them.

use std::fmt;
use std::sync::Arc;

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
        self.0
            .get_or_init(|| aws_config::load_defaults(BehaviorVersion::latest()))
            .await
    }
}

impl fmt::Debug for Aws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Aws")
    }
}

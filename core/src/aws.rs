//! One AWS configuration for a process, read on first use: region, credentials and endpoints come from the environment, as Lambda
//! has them and `aws configure export-credentials --format env` prints them. Profiles are not read: what the SDK brings for them
//! would be a part of each function.

mod client;

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_config::environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider};
use aws_config::meta::region::ProvideRegion as _;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_secretsmanager::config::http::HttpResponse;
use aws_sdk_secretsmanager::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use aws_types::sdk_config::Builder;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use tokio::sync::OnceCell;

pub use client::http_client;

use crate::settings::Environment;

/// The shared AWS configuration. Clones share it.
#[derive(Clone, Default)]
pub struct Aws(Arc<OnceCell<SdkConfig>>);

impl Aws {
    /// A configuration made elsewhere.
    #[must_use]
    pub fn with(config: SdkConfig) -> Self {
        Self(Arc::new(OnceCell::new_with(Some(config))))
    }

    /// An AWS of this machine at `endpoint`, which asks for keys and checks none: nothing reaches a real account by mistake.
    #[must_use]
    pub fn at(endpoint: &str) -> Self {
        let keys = Credentials::new("local", "local", None, None, "mapgate");
        let config = usual()
            .endpoint_url(endpoint)
            .region(Region::from_static("local"))
            .credentials_provider(SharedCredentialsProvider::new(keys));
        Self::with(config.build())
    }

    /// The configuration, read from the environment the first time.
    pub async fn config(&self) -> &SdkConfig {
        self.0.get_or_init(of_environment).await
    }
}

/// `AWS_REGION` or `AWS_DEFAULT_REGION`, the keys, `AWS_ENDPOINT_URL` or one service's, as `AWS_ENDPOINT_URL_DYNAMODB`,
/// `AWS_USE_FIPS_ENDPOINT`, `AWS_USE_DUALSTACK_ENDPOINT`.
async fn of_environment() -> SdkConfig {
    let region = EnvironmentVariableRegionProvider::new().region().await;
    let credentials = EnvironmentVariableCredentialsProvider::new();
    let mut config = usual()
        .region(region)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .service_config(OfEnvironment);
    let is_set = |name: &str| variable(name).map(|value| value.eq_ignore_ascii_case("true"));
    config.set_use_fips(is_set("AWS_USE_FIPS_ENDPOINT"));
    config.set_use_dual_stack(is_set("AWS_USE_DUALSTACK_ENDPOINT"));
    config.set_endpoint_url(variable("AWS_ENDPOINT_URL"));
    config.build()
}

fn usual() -> Builder {
    // Within a gateway's 29 seconds a visitor must have an answer, be it a 503.
    let patience = TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(8))
        .build();
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .timeout_config(patience)
        // It watches bodies that stream. Ours are whole, so that it would see none of them move and break off what takes six seconds.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .http_client(http_client())
}

/// What only one service has: `NAME_SERVICE`.
#[derive(Debug)]
struct OfEnvironment;

impl LoadServiceConfig for OfEnvironment {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_uppercase().replace(' ', "_");
        variable(&format!("{}_{service}", key.env()))
    }
}

fn variable(name: &str) -> Option<String> {
    let environment = Environment::of_process();
    environment
        .get(name)
        .filter(|value| !value.is_empty())
        .map(str::to_owned)
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
    // The SDK does not say of which variable it speaks.
    if reasons.contains("credential provider was not enabled") {
        "there are no credentials".to_owned()
    } else {
        reasons
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_body_is_not_taken_for_one_that_stalls() {
        let stalled = usual().build().stalled_stream_protection().unwrap();
        assert!(!stalled.upload_enabled() && !stalled.download_enabled());
    }

    #[tokio::test]
    async fn a_failure_of_the_service_is_tried_again_on_another_connection() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let aws = Aws::at(&format!("http://{}", listener.local_addr().unwrap()));
        let client = aws_sdk_secretsmanager::Client::new(aws.config().await);
        let asked = tokio::spawn(async move { client.get_secret_value().secret_id("a").send().await });
        for answer in [
            "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 2\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{\"SecretString\":\"s\"} ",
        ] {
            // Each answer goes to a connection of its own, which stays open.
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut request = [0; 8192];
            assert!(connection.read(&mut request).await.unwrap() > 0);
            connection.write_all(answer.as_bytes()).await.unwrap();
            tokio::spawn(async move {
                let mut rest = [0; 8192];
                while connection.read(&mut rest).await.is_ok_and(|length| length > 0) {}
            });
        }
        let answer = asked.await.unwrap().unwrap();
        assert_eq!(answer.secret_string(), Some("s"));
    }
}

//! The HTTP client towards others: certificate checks, time limits, no redirects. Made on first use.

use std::sync::OnceLock;

use crate::settings::HttpOptions;

/// The client towards backends.
#[derive(Debug)]
pub struct Outbound {
    options: HttpOptions,
    client: OnceLock<Result<reqwest::Client, String>>,
}

/// The client cannot be made: the machine has no usable certificates. The log has the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the HTTP client cannot be made: {0}")]
pub struct NoClient(String);

impl Outbound {
    /// A client that is made when it is first asked for.
    #[must_use]
    pub fn new(options: HttpOptions) -> Self {
        Self {
            options,
            client: OnceLock::new(),
        }
    }

    /// The client: keeps connections, follows no redirects, decodes nothing, and gives up after
    /// `http_options.timeout` without an answer or without further bytes.
    pub fn client(&self) -> Result<&reqwest::Client, NoClient> {
        let made = self.client.get_or_init(|| {
            reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(self.options.timeout)
                .read_timeout(self.options.timeout)
                .danger_accept_invalid_certs(!self.options.verify)
                .no_proxy()
                .build()
                .map_err(|error| error.to_string())
        });
        made.as_ref().map_err(|error| NoClient(error.clone()))
    }
}

//! How others are called: `vars.resourceproxy`, `vars.http_options`.

use std::collections::BTreeMap;
use std::time::Duration;

use http::HeaderName;

/// The resource proxy.
#[derive(Debug, Clone)]
pub struct Resourceproxy {
    /// Name → URL template.
    pub targets: BTreeMap<String, Target>,
    /// The answer's headers that are passed on.
    pub allowed_headers: Vec<HeaderName>,
    /// Whether private, loopback and link-local addresses may be called.
    pub allow_private_addresses: bool,
}

/// A URL template: literal pieces with one value between each two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pieces: Vec<String>,
}

impl Target {
    /// The literal pieces, one more than there are values; `%%` is already a `%`.
    #[must_use]
    pub fn pieces(&self) -> &[String] {
        &self.pieces
    }

    /// How many values (`%s`) the template takes.
    #[must_use]
    pub fn values(&self) -> usize {
        self.pieces.len().saturating_sub(1)
    }
}

/// How backends are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpOptions {
    /// Whether certificates are checked.
    pub verify: bool,
    /// The longest wait for an answer.
    pub timeout: Duration,
}

//! Environment and `vars.yaml` → one typed, validated [`Settings`].
//!
//! `docs/settings.md` documents every variable and every key with its default; a test keeps it complete.

mod authentication;
mod base_url;
mod document;
mod environment;
mod extends;
mod fault;
mod headers;
mod ldap;
mod load;
mod log;
mod mail;
mod networks;
mod openid_connect;
mod outward;
mod reader;
mod referer;
mod secret;
mod section;
#[cfg(test)]
mod tests;
mod ticket;

use std::path::PathBuf;
use std::time::Duration;

pub use authentication::{Argon2, Authentication, TrustedHeader, Validator};
pub use base_url::BaseUrl;
pub use environment::Environment;
pub use fault::Fault;
pub use headers::{AllowedOrigin, Headers, Service, ServiceHeaders};
pub use ldap::{Ldap, LdapAttributes};
pub use load::load;
pub use mail::{MailTemplate, ResetPassword, Smtp, is_email_address};
pub use networks::Networks;
pub use openid_connect::{OpenidConnect, UserField, UserInfoFields};
pub use outward::{HttpOptions, Resourceproxy, Target};
pub use referer::Referer;
pub use secret::Secret;
pub use ticket::{Authtkt, SameSite};

/// Everything that an operator can set, checked as a whole before anything is served.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The auth ticket: `AUTHTKT_…`.
    pub authtkt: Authtkt,
    /// Whether `Authorization: Basic` is looked at: `BASICAUTH`.
    pub basicauth: bool,
    /// The public URL: `MAPGATE_BASE_URL`.
    pub base_url: BaseUrl,
    /// The `DynamoDB` table: `MAPGATE_TABLE`.
    pub table: String,
    /// Where the keys are: `MAPGATE_SECRETS`.
    pub secrets: SecretsSource,
    /// The ticket secret from the environment, which wins over the secret's: `AUTHTKT_SECRET`.
    pub authtkt_secret: Option<Secret>,
    /// How old a remembered identity may be; zero reads each time: `MAPGATE_IDENTITY_CACHE_SECONDS`.
    pub identity_cache: Duration,
    /// How a Lambda function hands out its answers: `MAPGATE_INVOKE_MODE`.
    pub invoke_mode: InvokeMode,
    /// Passwords, second factor, lockout, validators: `vars.authentication`.
    pub authentication: Authentication,
    /// Whose addresses get the role `intranet`, and whose forwarding headers are believed: `vars.intranet`.
    pub intranet: Intranet,
    /// Targets and limits of the resource proxy: `vars.resourceproxy`.
    pub resourceproxy: Resourceproxy,
    /// How backends are called: `vars.http_options`.
    pub http_options: HttpOptions,
    /// The mail server; without one, mail goes by SES: `vars.smtp`.
    pub smtp: Option<Smtp>,
    /// The mail of a password reset; without it there is no reset: `vars.reset_password`.
    pub reset_password: Option<ResetPassword>,
    /// The mail to a new user; without it none is sent: `vars.welcome_email`.
    pub welcome_email: Option<MailTemplate>,
    /// Whether `GetCapabilities` is 404: `vars.hide_capabilities`.
    pub hide_capabilities: bool,
    /// Whether there is an administration interface: `vars.enable_admin_interface`.
    pub enable_admin_interface: bool,
    /// The OGC server of a map request that names none: `vars.main_ogc_server`.
    pub main_ogc_server: Option<String>,
    /// CORS and additional headers by service: `vars.headers`.
    pub headers: ServiceHeaders,
    /// Other hosts from which a browser may use a ticket: `vars.authorized_referers`.
    pub authorized_referers: Vec<Referer>,
    /// URL login tokens; without it `auth=` is ignored: `vars.urllogin`.
    pub urllogin: Option<Urllogin>,
    /// Days for which an audit entry is kept: `vars.audit.retention_days`.
    pub audit_retention_days: u32,
    warnings: Vec<String>,
}

/// Where the keys are read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretsSource {
    /// The id or ARN of a Secrets Manager secret.
    SecretsManager(String),
    /// A JSON file of the same form (`file:PATH`), for development and the local harness.
    File(PathBuf),
}

/// How a Lambda function hands out its answers, by the names that function URLs have for it. Under anything but Lambda it
/// has no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvokeMode {
    /// `BUFFERED`: gathered, up to 6 MB.
    Buffered,
    /// `RESPONSE_STREAM`: piece by piece.
    ResponseStream,
}

/// Where the settings file is read from: `MAPGATE_SETTINGS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingsSource {
    /// A file.
    Path(PathBuf),
    /// The id or ARN of a Secrets Manager secret (`secretsmanager:<id>`).
    SecretsManager(String),
}

/// Address-based trust.
#[derive(Debug, Clone, Default)]
pub struct Intranet {
    /// Client addresses that get the role `intranet`.
    pub networks: Networks,
    /// Proxies whose `Forwarded`, `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Https` are believed.
    pub trusted_proxies: Networks,
}

/// URL login tokens.
#[derive(Debug, Clone)]
pub struct Urllogin {
    /// The AES key: 16, 24 or 32 bytes.
    pub aes_key: Secret,
}

impl Settings {
    /// What an operator should read once at start: doubtful combinations, and keys that are `GeoMapFish`'s and
    /// have no effect here.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        self.warnings.clone()
    }
}

//! `vars.authentication`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use http::HeaderName;

use super::{Networks, OpenidConnect, Secret};

/// Passwords, second factor, lockout, validators, OAuth2 lifetimes.
#[derive(Debug, Clone)]
pub struct Authentication {
    /// Whether every user needs a second factor.
    pub two_factor: bool,
    /// The issuer shown by the authenticator app.
    pub two_factor_issuer_name: String,
    /// Failures in a row after which an account is locked; `None`: no lockout, a throttle instead.
    pub max_consecutive_failures: Option<u32>,
    /// How long a lockout lasts; `None`: until an administrator ends it.
    pub lockout: Option<Duration>,
    /// Other hosts (`host` or `host:port`, lower case) to which a login may lead back.
    pub allowed_hosts: Vec<String>,
    /// Lifetime of an authorization code.
    pub oauth2_authorization_expire: Duration,
    /// Lifetime of an access token.
    pub oauth2_token_expire: Duration,
    /// Lifetime of a refresh token, from its last use.
    pub oauth2_refresh_expire: Duration,
    /// The longest session, however often its ticket is reissued.
    pub session_max: Duration,
    /// The cost of a password hash.
    pub argon2: Argon2,
    /// Who checks passwords, in this order; never empty, none twice.
    pub validators: Vec<Validator>,
    /// The LDAP directory; present where `validators` lists `ldap`.
    pub ldap: Option<Ldap>,
    /// Single sign-on by a front proxy.
    pub trusted_header: Option<TrustedHeader>,
    /// Another provider that logs users in; present only where it is enabled.
    pub openid_connect: Option<OpenidConnect>,
}

/// Argon2id's parameters, at or above OWASP's sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argon2 {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
    /// How many hashes one instance computes at a time.
    pub concurrent: u32,
}

/// Who checks a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validator {
    /// The user table.
    Directory,
    /// The LDAP directory.
    Ldap,
}

/// The LDAP directory.
#[derive(Debug, Clone)]
pub struct Ldap {
    /// `ldap://host[:port]` or `ldaps://host[:port]`.
    pub url: String,
    /// Whether `ldap://` is upgraded before anything is sent.
    pub starttls: bool,
    /// PEM certificates to trust in place of the system's.
    pub ca_file: Option<PathBuf>,
    /// The longest wait for each answer.
    pub timeout: Duration,
    /// The DN to bind as, with `{username}`; `None`: search for it, then bind.
    pub bind_dn_template: Option<String>,
    /// Who searches; `None`: anonymously.
    pub bind_dn: Option<String>,
    /// The searcher's password, unless the secret has it.
    pub bind_password: Option<Secret>,
    /// Where users are searched.
    pub base_dn: Option<String>,
    /// How users are searched, with `{username}`.
    pub filter: String,
    /// What an entry says about its user.
    pub attributes: LdapAttributes,
    /// Group DN → role name.
    pub group_roles: BTreeMap<String, String>,
}

/// Attribute names of an LDAP entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LdapAttributes {
    /// The mail address.
    pub email: String,
    /// The name shown.
    pub display_name: String,
    /// The groups' DNs.
    pub groups: String,
}

/// Single sign-on by a front proxy.
#[derive(Debug, Clone)]
pub struct TrustedHeader {
    /// The header that holds the user name.
    pub header: HeaderName,
    /// The peers from which it is believed; never empty.
    pub proxies: Networks,
    /// Whether an unknown user is created.
    pub create_user: bool,
}

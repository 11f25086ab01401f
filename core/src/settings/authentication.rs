//! `vars.authentication`.

use std::ops::RangeInclusive;
use std::time::Duration;

use http::HeaderName;

use super::networks::network;
use super::outward::header_name;
use super::reader::{NONE, REQUIRED};
use super::referer::referer;
use super::section::Section;
use super::{Ldap, Networks, OpenidConnect};

/// Passwords, second factor, lockout, validators, `OAuth2` lifetimes.
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

const MINUTES_OF_A_YEAR: u32 = 525_600;

impl Authentication {
    pub(super) fn read(section: Section<'_>) -> Self {
        let minutes = |minutes: u32| Duration::from_secs(60 * u64::from(minutes));
        let days = |days: u32| Duration::from_secs(86_400 * u64::from(days));
        let year = 1..=MINUTES_OF_A_YEAR;
        let authentication = Self {
            two_factor: section.boolean("two_factor", false),
            two_factor_issuer_name: section
                .value(
                    "two_factor_issuer_name",
                    ISSUER,
                    "a name without colon",
                    issuer_name,
                )
                .unwrap_or_else(|| ISSUER.to_owned()),
            max_consecutive_failures: section.number("max_consecutive_failures", NONE, &(1..=10_000)),
            lockout: section.number("lockout_minutes", NONE, &year).map(minutes),
            allowed_hosts: section.list("allowed_hosts", "[]", host).unwrap_or_default(),
            oauth2_authorization_expire: minutes(section.number_or(
                "oauth2_authorization_expire_minutes",
                10,
                &(1..=1440),
            )),
            oauth2_token_expire: minutes(section.number_or("oauth2_token_expire_minutes", 60, &year)),
            oauth2_refresh_expire: days(section.number_or("oauth2_refresh_expire_days", 30, &(1..=90))),
            session_max: days(section.number_or("session_max_days", 30, &(1..=3650))),
            argon2: Argon2::read(section.section("argon2")),
            validators: validators(&section),
            ldap: Ldap::read(section.section("ldap")),
            trusted_header: TrustedHeader::read(section.section("trusted_header")),
            openid_connect: OpenidConnect::read(section.section("openid_connect")),
        };
        authentication.check(&section);
        section.finish(|key| key == "oauth2");
        authentication
    }

    fn check(&self, section: &Section<'_>) {
        let asked = self.validators.contains(&Validator::Ldap);
        if asked && self.ldap.is_none() {
            section.fault("ldap", "must be set, since validators lists ldap");
        }
        if !asked && self.ldap.is_some() {
            section
                .log()
                .warn("vars.authentication.ldap: not used, since validators does not list ldap");
        }
        if self.lockout.is_some() && self.max_consecutive_failures.is_none() {
            section
                .log()
                .warn("vars.authentication.lockout_minutes: no effect without max_consecutive_failures");
        }
    }
}

const ISSUER: &str = "mapgate";

/// An `otpauth:` label separates issuer and account by a colon.
fn issuer_name(text: &str) -> Result<String, String> {
    let is_name = !text.contains(|c: char| c == ':' || c.is_control());
    if is_name {
        Ok(text.trim().to_owned())
    } else {
        Err("a name without colon".to_owned())
    }
}

fn host(text: &str) -> Result<String, String> {
    referer(text).map(|host| host.as_str().to_owned())
}

fn validators(section: &Section<'_>) -> Vec<Validator> {
    let parse = |text: &str| match text {
        "directory" => Ok(Validator::Directory),
        "ldap" => Ok(Validator::Ldap),
        _ => Err("directory or ldap".to_owned()),
    };
    let Some(validators) = section.list("validators", "[directory]", parse) else {
        return vec![Validator::Directory];
    };
    let count = |validator| validators.iter().filter(|other| **other == validator).count();
    if validators.is_empty() {
        section.fault("validators", "must list at least one");
    } else if count(Validator::Directory) > 1 || count(Validator::Ldap) > 1 {
        section.fault("validators", "lists one twice");
    }
    validators
}

impl Argon2 {
    fn read(section: Section<'_>) -> Self {
        let argon2 = Self {
            memory_kib: section.number_or("memory_kib", 19_456, &MEMORY),
            iterations: section.number_or("iterations", 2, &(1..=100)),
            parallelism: section.number_or("parallelism", 1, &(1..=64)),
            concurrent: section.number_or("concurrent", 4, &(1..=64)),
        };
        if argon2.is_below_floor() {
            section.fault("iterations", FLOOR);
        }
        section.finish(|_| false);
        argon2
    }

    /// OWASP's sets, all of the same strength: less memory takes more passes.
    fn is_below_floor(self) -> bool {
        let least = match self.memory_kib {
            47_104.. => 1,
            19_456.. => 2,
            12_288.. => 3,
            9_216.. => 4,
            _ => 5,
        };
        self.iterations < least
    }
}

/// OWASP's least, and what any function could have.
const MEMORY: RangeInclusive<u32> = 7_168..=2_097_152;
const FLOOR: &str = "too few for this memory_kib; OWASP's least are 1 from 47104, 2 from 19456, 3 from 12288, 4 from \
                     9216 and 5 from 7168";

impl TrustedHeader {
    /// `None` where the section is empty.
    fn read(section: Section<'_>) -> Option<Self> {
        let is_present = section.is_present();
        let expected = "the name of a header of its own";
        let header = section.required("header", is_present, expected, |text| {
            let taken = ["authorization", "cookie", "host", "origin", "referer"];
            header_name(text)
                .ok()
                .filter(|name| !taken.contains(&name.as_str()))
                .ok_or(expected.to_owned())
        });
        let proxies: Option<Networks> = section
            .list("proxies", REQUIRED, network)
            .map(|list| list.into_iter().collect());
        let create_user = section.boolean("create_user", false);
        if is_present && !section.has("proxies") {
            section.fault("proxies", "must be set");
        }
        if proxies.as_ref().is_some_and(Networks::is_empty) {
            section.fault("proxies", "must list at least one network");
        }
        if proxies.as_ref().is_some_and(Networks::is_everyone) {
            section.fault("proxies", "a network of everyone would let anyone be any user");
        }
        section.finish(|_| false);
        Some(Self {
            header: header?,
            proxies: proxies?,
            create_user,
        })
    }
}

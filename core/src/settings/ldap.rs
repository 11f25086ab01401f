//! `vars.authentication.ldap`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::Secret;
use super::reader::NONE;
use super::section::Section;

/// The LDAP directory.
#[derive(Debug, Clone)]
pub struct Ldap {
    /// `ldap://host[:port]` or `ldaps://host[:port]`.
    pub url: String,
    /// Whether `ldap://` is upgraded before anything is sent.
    pub starttls: bool,
    /// PEM certificates to trust in place of the system's.
    pub ca_file: Option<PathBuf>,
    /// The longest that one password may take to be checked; at most eight seconds.
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

/// A try to log in that has not ended after ten seconds counts as a failure: the directory's part must be over before.
const LONGEST: Duration = Duration::from_secs(8);
const FILTER: &str = "(uid={username})";

impl Ldap {
    /// `None` where the section is empty.
    pub(super) fn read(section: Section<'_>) -> Option<Self> {
        let is_present = section.is_present();
        let url = section.required("url", is_present, URL, ldap_url);
        let named = "text that holds {username}";
        let ldap = Self {
            url: url.unwrap_or_default(),
            starttls: section.boolean("starttls", false),
            ca_file: section.text("ca_file", NONE).map(PathBuf::from),
            timeout: section.seconds("timeout", 5),
            bind_dn_template: section.value("bind_dn_template", NONE, named, with_username),
            bind_dn: section.text("bind_dn", NONE),
            bind_password: section.secret("bind_password", |_| Ok(())),
            base_dn: section.text("base_dn", NONE),
            filter: section
                .value("filter", FILTER, named, with_username)
                .unwrap_or_else(|| FILTER.to_owned()),
            attributes: LdapAttributes::read(section.section("attributes")),
            group_roles: section
                .pairs("group_roles", |_, role| Ok(role.to_owned()))
                .into_iter()
                .collect(),
        };
        if is_present {
            ldap.check(&section);
        }
        section.finish(|_| false);
        is_present.then_some(ldap)
    }

    fn check(&self, section: &Section<'_>) {
        if self.bind_dn_template.is_none() && self.base_dn.is_none() {
            section.fault("base_dn", "must be set, or bind_dn_template");
        }
        if self.timeout > LONGEST {
            section.fault("timeout", "must be at most 8 seconds");
        }
        if self.starttls && self.url.starts_with("ldaps:") {
            section.fault("starttls", "cannot go with ldaps://");
        }
        if self.bind_password.is_some() && self.bind_dn.is_none() {
            section.fault("bind_password", "needs bind_dn");
        }
        if !self.starttls && self.url.starts_with("ldap:") {
            section.log().warn(
                "vars.authentication.ldap: neither ldaps:// nor starttls: passwords go over the network in the clear",
            );
        }
    }
}

impl LdapAttributes {
    fn read(section: Section<'_>) -> Self {
        let name =
            |key: &str, default: &str| section.text(key, default).unwrap_or_else(|| default.to_owned());
        let attributes = Self {
            email: name("email", "mail"),
            display_name: name("display_name", "cn"),
            groups: name("groups", "memberOf"),
        };
        section.finish(|_| false);
        attributes
    }
}

const URL: &str = "ldap:// or ldaps:// and a host";

fn ldap_url(text: &str) -> Result<String, String> {
    let text = text.trim();
    let is_ldap = |url: &Url| {
        matches!(url.scheme(), "ldap" | "ldaps")
            && url.host_str().is_some_and(|host| !host.is_empty())
            && matches!(url.path(), "" | "/")
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    };
    Url::parse(text)
        .ok()
        .filter(is_ldap)
        .map(|url| url.to_string())
        .ok_or_else(|| URL.to_owned())
}

fn with_username(text: &str) -> Result<String, String> {
    if text.contains("{username}") {
        Ok(text.to_owned())
    } else {
        Err("text that holds {username}".to_owned())
    }
}

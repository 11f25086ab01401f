//! The LDAP directory (RFC 4511, RFC 4513): whether a password is a user's, and what the directory knows of that user.
//! One connection a question; nothing is remembered in between.

mod connection;
mod names;
mod wire;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use ldap3::{Scope, SearchEntry};
use tokio::sync::OnceCell;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::rustls::ClientConfig;
use url::Url;

use self::connection::{Address, Connection, Fault, Found, SUCCESS};
use self::names::Dn;
use crate::outbound::tls;
use crate::random::Random;
use crate::settings::{self, Secret};

/// The most bytes of a name that is asked for; a longer one is nobody's (RFC 4524's `uid` has 256 characters).
const LONGEST_NAME: usize = 1024;

/// What its certificate is checked with.
async fn certificates(ca_file: Option<PathBuf>) -> Result<Arc<ClientConfig>, String> {
    let made = tokio::task::spawn_blocking(move || tls::trusting(ca_file.as_deref())).await;
    made.map_err(|error| error.to_string())?.map(Arc::new)
}

/// What a directory knows of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryEntry {
    /// The first mail address.
    pub email: Option<String>,
    /// The first name shown.
    pub display_name: Option<String>,
    /// Names of roles, by the settings' `group_roles`.
    pub roles: BTreeSet<String>,
}

/// What became of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DirectoryAnswer {
    /// The password is that entry's.
    Right(DirectoryEntry),
    /// There is such an entry, and the password is not its own.
    Wrong,
    /// The directory does not know the name.
    Unknown,
}

/// The directory could not be asked: it is down or slow, its certificate is refused, it refuses the reader, or its
/// answer is not understood. Counts for nobody; the log has the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the LDAP directory cannot be asked")]
pub struct DirectoryDown;

/// Asks the directory of the settings.
#[derive(Debug)]
pub struct Directory {
    settings: settings::Ldap,
    random: Random,
    /// The attributes of which one must be the name itself.
    tied: Vec<String>,
    roles: Vec<(Dn, String)>,
    /// What certificates are checked with, made on first use.
    tls: OnceCell<Arc<ClientConfig>>,
}

impl Directory {
    /// Reads nothing and connects to nothing yet. What the settings have wrong goes to the log.
    #[must_use]
    pub fn new(settings: &settings::Ldap, random: Random) -> Self {
        let tied = match &settings.bind_dn_template {
            Some(template) => names::tied_by_template(template),
            None => names::tied_by_filter(&settings.filter),
        };
        if tied.is_empty() {
            tracing::error!(
                "vars.authentication.ldap: no attribute is compared with {{username}} alone, so nobody is known"
            );
        }
        let roles = settings.group_roles.iter().filter_map(|(group, role)| {
            let dn = Dn::parse(group);
            if dn.is_none() {
                tracing::error!(group, "vars.authentication.ldap.group_roles: not a DN");
            }
            Some((dn?, role.clone()))
        });
        Self {
            tied,
            roles: roles.collect(),
            settings: settings.clone(),
            random,
            tls: OnceCell::new(),
        }
    }

    /// Asks whether `password` is `username`'s. `reader_password` is the secret document's `ldap_bind_password`, for
    /// settings without `bind_password`. An empty password is wrong and never sent: a directory takes it for an
    /// anonymous bind, which succeeds (RFC 4513, section 5.1.2).
    pub async fn verify(
        &self,
        username: &str,
        password: &Secret,
        reader_password: Option<&Secret>,
    ) -> Result<DirectoryAnswer, DirectoryDown> {
        if password.expose().is_empty() {
            self.pretend(username, reader_password).await?;
            return Ok(DirectoryAnswer::Wrong);
        }
        self.ask(username, Some(password), reader_password).await
    }

    /// The same work without asking for anyone, for a try that must look like the others though another validator
    /// decides. No typed password is sent.
    pub async fn pretend(
        &self,
        username: &str,
        reader_password: Option<&Secret>,
    ) -> Result<(), DirectoryDown> {
        self.ask(username, None, reader_password).await.map(|_| ())
    }

    async fn ask(
        &self,
        username: &str,
        password: Option<&Secret>,
        reader_password: Option<&Secret>,
    ) -> Result<DirectoryAnswer, DirectoryDown> {
        // Never with the name: it may be a password typed into the wrong field.
        tracing::debug!("asking the LDAP directory");
        // A directory hangs up on a request that is too long, which would look as if it were down.
        let (username, password) = match username.len() {
            ..=LONGEST_NAME => (username, password),
            _ => ("", None),
        };
        let asking = async {
            let mut connection = self.connect().await?;
            let answer = if let Some(template) = &self.settings.bind_dn_template {
                self.bind_then_read(&mut connection, template, username, password)
                    .await?
            } else {
                let reader = self.settings.bind_password.as_ref().or(reader_password);
                self.search_then_bind(&mut connection, reader, username, password)
                    .await?
            };
            Ok((answer, connection))
        };
        let deadline = Instant::now() + self.settings.timeout;
        match timeout_at(deadline, asking).await {
            Ok(Ok((answer, connection))) => {
                // The answer stands, whether or not the directory listens on.
                let _ = timeout_at(deadline, connection.close()).await;
                Ok(answer)
            }
            Ok(Err::<_, Fault>(fault)) => {
                tracing::error!(%fault, url = self.settings.url, "the LDAP directory cannot be asked");
                Err(DirectoryDown)
            }
            Err(_) => {
                tracing::error!(
                    url = self.settings.url,
                    "the LDAP directory did not answer in time"
                );
                Err(DirectoryDown)
            }
        }
    }

    async fn connect(&self) -> Result<Connection, Fault> {
        let url = Url::parse(&self.settings.url).map_err(|error| Fault::Url(error.to_string()))?;
        let tls = url.scheme() == "ldaps";
        let address = Address {
            host: url
                .host_str()
                .unwrap_or_default()
                .trim_matches(['[', ']'])
                .to_owned(),
            port: url.port().unwrap_or(if tls { 636 } else { 389 }),
            tls,
            starttls: self.settings.starttls,
        };
        let config = if address.tls || address.starttls {
            let made = self
                .tls
                .get_or_try_init(|| certificates(self.settings.ca_file.clone()))
                .await;
            Some(made.map_err(Fault::Certificates)?.clone())
        } else {
            None
        };
        Connection::open(&address, config).await
    }

    /// Looks for the entry as the reader, then tries the password on it; or a made-up one on nobody.
    async fn search_then_bind(
        &self,
        connection: &mut Connection,
        reader_password: Option<&Secret>,
        username: &str,
        password: Option<&Secret>,
    ) -> Result<DirectoryAnswer, Fault> {
        if let Some(reader) = &self.settings.bind_dn {
            let password = reader_password
                .map(Secret::expose)
                .filter(|password| !password.is_empty());
            match connection
                .bind(reader, password.ok_or(Fault::NoPassword)?)
                .await?
            {
                SUCCESS => {}
                code => return Err(Fault::Code("the bind as bind_dn", code)),
            }
        }
        let base = self.settings.base_dn.as_deref().unwrap_or_default();
        let filter = names::filter_for(&self.settings.filter, username);
        let found = connection
            .search(base, Scope::Subtree, &filter, self.attributes())
            .await?;
        let (Some(entry), Some(password)) = (self.known(found, username), password) else {
            let attribute = self.tied.first().map_or("cn", String::as_str);
            let nobody = self.random.token::<16>()?;
            let comma = if base.is_empty() { "" } else { "," };
            self.try_nobody(connection, &format!("{attribute}={nobody}{comma}{base}"))
                .await?;
            return Ok(DirectoryAnswer::Unknown);
        };
        if entry.dn.is_empty() {
            return Err(Fault::Absurd("the entry found has no DN"));
        }
        Ok(
            if is_right(connection.bind(&entry.dn, password.expose()).await?)? {
                DirectoryAnswer::Right(self.entry(&entry))
            } else {
                DirectoryAnswer::Wrong
            },
        )
    }

    /// Tries the password on the entry that the template names, then reads it as its own user.
    async fn bind_then_read(
        &self,
        connection: &mut Connection,
        template: &str,
        username: &str,
        password: Option<&Secret>,
    ) -> Result<DirectoryAnswer, Fault> {
        // An empty value is no name, and some directories would bind the entry above.
        let Some(password) = password.filter(|_| !username.is_empty()) else {
            let nobody = self.random.token::<16>()?;
            self.try_nobody(connection, &names::dn_for(template, &nobody))
                .await?;
            return Ok(DirectoryAnswer::Unknown);
        };
        let dn = names::dn_for(template, username);
        if !is_right(connection.bind(&dn, password.expose()).await?)? {
            return Ok(DirectoryAnswer::Wrong);
        }
        let own = connection
            .search(&dn, Scope::Base, "(objectClass=*)", self.attributes())
            .await?;
        if matches!(own, Found::Nobody) {
            return Err(Fault::Absurd("a user cannot read the own entry"));
        }
        let entry = self.known(own, username);
        Ok(entry.map_or(DirectoryAnswer::Unknown, |entry| {
            DirectoryAnswer::Right(self.entry(&entry))
        }))
    }

    /// A bind that fails, for the time that it takes.
    async fn try_nobody(&self, connection: &mut Connection, dn: &str) -> Result<(), Fault> {
        let password = self.random.token::<24>()?;
        if is_right(connection.bind(dn, &password).await?)? {
            return Err(Fault::Absurd("it takes any password for anybody"));
        }
        Ok(())
    }

    /// What is asked of an entry.
    fn attributes(&self) -> Vec<String> {
        let named = &self.settings.attributes;
        let others = [&named.email, &named.display_name, &named.groups];
        self.tied.iter().chain(others).cloned().collect()
    }

    /// The one entry found, where it has the very name.
    fn known(&self, found: Found, username: &str) -> Option<SearchEntry> {
        match found {
            Found::Nobody => None,
            Found::Several => {
                tracing::warn!("the LDAP directory has several entries for one name: none counts");
                None
            }
            Found::One(entry) => {
                let held: Vec<&str> = self.tied.iter().flat_map(|tied| values(&entry, tied)).collect();
                if held.is_empty() {
                    tracing::warn!(attributes = ?self.tied, "the entry found does not show the name's attribute");
                }
                let is_known = held.iter().any(|value| names::is_same(value, username));
                is_known.then_some(entry)
            }
        }
    }

    fn entry(&self, entry: &SearchEntry) -> DirectoryEntry {
        let named = &self.settings.attributes;
        let first = |attribute| values(entry, attribute).next().map(str::to_owned);
        let groups: Vec<Dn> = values(entry, &named.groups).filter_map(Dn::parse).collect();
        let roles = self.roles.iter().filter(|(group, _)| groups.contains(group));
        DirectoryEntry {
            email: first(&named.email),
            display_name: first(&named.display_name),
            roles: roles.map(|(_, role)| role.clone()).collect(),
        }
    }
}

/// Whether a user's bind was right, by its result code (RFC 4511, appendix A).
fn is_right(code: u32) -> Result<bool, Fault> {
    match code {
        SUCCESS => Ok(true),
        // invalidCredentials
        49 => Ok(false),
        // constraintViolation, noSuchObject, invalidDNSyntax, inappropriateAuthentication, insufficientAccessRights,
        // unwillingToPerform: an entry locked, without a password, or none at all.
        19 | 32 | 34 | 48 | 50 | 53 => {
            tracing::info!(
                code,
                "the LDAP directory refused a bind for another reason than its password"
            );
            Ok(false)
        }
        code => Err(Fault::Code("a user's bind", code)),
    }
}

/// The values of an attribute that are text, its name in any case.
fn values<'a>(entry: &'a SearchEntry, attribute: &str) -> impl Iterator<Item = &'a str> {
    let held = entry
        .attrs
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(attribute));
    held.into_iter()
        .flat_map(|(_, values)| values)
        .map(String::as_str)
}

//! One line of an export, and what is right in itself.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use anyhow::{anyhow, bail, ensure};
use mapgate_core::clock::Timestamp;
use mapgate_core::oauth::{BadClient, check_client};
use mapgate_core::ogc::without_operation;
use mapgate_core::settings::Secret;
use mapgate_core::table::{
    ANONYMOUS, Auth, CheckedClient, Client, DefaultAccess, INTRANET, OgcServer, REGISTERED, ServerType,
};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::manage_users::{check_email, check_username};
use crate::seed::no_request;

/// What GeoMapFish exported. Unknown keys are refused.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Line {
    Role(RoleLine),
    User(UserLine),
    Oauth2Client(ClientLine),
    OgcServer(ServerLine),
    Layer(LayerLine),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RoleLine {
    pub(super) id: i64,
    pub(super) name: String,
    #[serde(default)]
    pub(super) functionalities: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UserLine {
    pub(super) id: i64,
    pub(super) username: String,
    #[serde(default)]
    pub(super) display_name: Option<String>,
    #[serde(default)]
    pub(super) email: Option<String>,
    #[serde(deserialize_with = "secret")]
    pub(super) password: Option<Secret>,
    pub(super) is_password_changed: bool,
    pub(super) deactivated: bool,
    #[serde(default, deserialize_with = "moment")]
    pub(super) expire_on: Option<Timestamp>,
    pub(super) roles: BTreeSet<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClientLine {
    pub(super) client_id: String,
    #[serde(deserialize_with = "secret")]
    pub(super) secret: Option<Secret>,
    pub(super) redirect_uris: Vec<String>,
    #[serde(default)]
    pub(super) state_required: bool,
    #[serde(default)]
    pub(super) pkce_required: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServerLine {
    pub(super) name: String,
    url: String,
    #[serde(default)]
    url_wfs: Option<String>,
    server_type: ServerType,
    auth: GeoMapFishAuth,
    default_access: DefaultAccess,
    /// Whether a URL asked for an operation by itself, which is left out.
    #[serde(skip)]
    pub(super) had_operation: bool,
}

/// GeoMapFish's own names.
#[derive(Debug, Clone, Copy, Deserialize)]
enum GeoMapFishAuth {
    #[serde(rename = "No auth")]
    None,
    #[serde(rename = "Standard auth")]
    Standard,
    #[serde(rename = "Geoserver auth")]
    Geoserver,
    #[serde(rename = "Proxy")]
    Proxy,
}

/// What one tree item says of one layer of a server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LayerLine {
    pub(super) ogc_server: String,
    pub(super) name: String,
    pub(super) public: bool,
    #[serde(default)]
    pub(super) roles: BTreeSet<String>,
    #[serde(default)]
    pub(super) write_roles: BTreeSet<String>,
}

/// A value that no fault may repeat.
fn secret<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Secret>, D::Error> {
    match serde_json::Value::deserialize(value)? {
        serde_json::Value::Null => Ok(None),
        serde_json::Value::String(text) => Ok(Some(Secret::new(text))),
        _ => Err(D::Error::custom("a secret or hash that is no text")),
    }
}

fn moment<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Timestamp>, D::Error> {
    let Some(text) = Option::<String>::deserialize(value)? else {
        return Ok(None);
    };
    let moment = Timestamp::parse_rfc3339(&text);
    moment
        .map(Some)
        .ok_or_else(|| D::Error::custom("a moment that is not RFC 3339"))
}

/// The name that a role of GeoMapFish has here: those that hold for many are without the prefix.
pub(super) fn role_name(name: &str) -> String {
    let bare = name.strip_prefix("role_").unwrap_or_default();
    if [ANONYMOUS, INTRANET, REGISTERED].contains(&bare) {
        bare.to_owned()
    } else {
        name.to_owned()
    }
}

impl Line {
    /// Reads a line, with what must hold of it alone.
    pub(super) fn parse(text: &[u8]) -> anyhow::Result<Self> {
        let mut line: Self = serde_json::from_slice(text).map_err(|fault| anyhow!("{fault}"))?;
        line.rename_roles();
        match &mut line {
            Self::Role(role) => {
                ensure!(role.id >= 1, "role {}: an id is at least 1", role.name);
                ensure!(
                    is_plain(&role.name),
                    "a role needs a name, without control characters"
                );
            }
            Self::User(user) => user.check()?,
            Self::Oauth2Client(client) => client.check()?,
            Self::OgcServer(server) => server.check()?,
            Self::Layer(layer) => ensure!(
                is_plain(&layer.name),
                "a layer needs a name, without control characters"
            ),
        }
        Ok(line)
    }

    fn rename_roles(&mut self) {
        let renamed = |names: &BTreeSet<String>| names.iter().map(|name| role_name(name)).collect();
        match self {
            Self::Role(role) => role.name = role_name(&role.name),
            Self::User(user) => user.roles = renamed(&user.roles),
            Self::Layer(layer) => {
                layer.roles = renamed(&layer.roles);
                layer.write_roles = renamed(&layer.write_roles);
            }
            Self::Oauth2Client(_) | Self::OgcServer(_) => {}
        }
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.len() <= 255 && !name.chars().any(char::is_control)
}

impl UserLine {
    fn check(&mut self) -> anyhow::Result<()> {
        check_username(&self.username)?;
        ensure!(self.id >= 1, "user {}: an id is at least 1", self.username);
        self.email = self.email.take().filter(|email| !email.is_empty());
        if let Some(email) = &self.email {
            check_email(email)?;
        }
        let hash = self.password.as_ref().map(Secret::expose);
        if !hash.is_some_and(is_hash) {
            bail!(
                "user {}: the password is neither SHA-512-crypt ($6$) nor 40 hexadecimal digits",
                self.username
            );
        }
        Ok(())
    }
}

/// Whether a password's hash is one of GeoMapFish's kinds.
fn is_hash(hash: &str) -> bool {
    let is_sha1 = hash.len() == 40 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let crypt = |rest: &str| {
        let rounds = rest.strip_prefix("rounds=").and_then(|rest| rest.split_once('$'));
        let (rounds, rest) = rounds.map_or((Some(5000), rest), |(rounds, rest)| (rounds.parse().ok(), rest));
        let alphabet = |text: &str| {
            text.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"./".contains(&byte))
        };
        // More rounds would make each try of this account a burden for the others.
        rounds.is_some_and(|rounds: u32| (1000..=1_000_000).contains(&rounds))
            && rest.split_once('$').is_some_and(|(salt, hash)| {
                (1..=16).contains(&salt.len()) && hash.len() == 86 && alphabet(salt) && alphabet(hash)
            })
    };
    is_sha1 || hash.strip_prefix("$6$").is_some_and(crypt)
}

impl ClientLine {
    fn check(&mut self) -> anyhow::Result<()> {
        let id = self.client_id.clone();
        self.secret = self.secret.take().filter(|secret| !secret.expose().is_empty());
        ensure!(
            !self.redirect_uris.is_empty(),
            "client {id}: there is no redirect URI"
        );
        // Whatever the hash will be, and the moment.
        let hash = self.secret.as_ref().map(|_| String::new());
        let record = self.record(hash, Timestamp::from_millis(0));
        record.map(drop).map_err(|fault| anyhow!("client {id}: {fault}"))
    }

    /// As the table is to have it; refuses what must not be stored.
    pub(super) fn record(
        &self,
        secret_hash: Option<String>,
        made_at: Timestamp,
    ) -> Result<CheckedClient, BadClient> {
        check_client(Client {
            client_id: self.client_id.clone(),
            redirect_uris: self.redirect_uris.clone(),
            state_required: self.state_required,
            pkce_required: self.pkce_required || secret_hash.is_none(),
            single_session: true,
            scopes: Vec::new(),
            secret_hash,
            made_at,
        })
    }
}

impl ServerLine {
    fn check(&mut self) -> anyhow::Result<()> {
        ensure!(
            is_plain(&self.name),
            "an OGC server needs a name, without control characters"
        );
        self.url_wfs = self.url_wfs.take().filter(|url| !url.is_empty());
        for url in std::iter::once(&mut self.url).chain(&mut self.url_wfs) {
            if let Cow::Owned(left) = without_operation(url) {
                (*url, self.had_operation) = (left, true);
            }
            let parsed = url::Url::parse(url).ok();
            if !parsed.is_some_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
                bail!(
                    "OGC server {}: {url} is no http URL (write out what config:// stands for)",
                    self.name
                );
            }
            if let Err(fault) = no_request(url) {
                bail!("OGC server {}: {fault}", self.name);
            }
        }
        Ok(())
    }

    /// As the table has it.
    pub(super) fn record(&self) -> OgcServer {
        OgcServer {
            name: self.name.clone(),
            url: self.url.clone(),
            url_wfs: self.url_wfs.clone(),
            r#type: self.server_type,
            auth: match self.auth {
                GeoMapFishAuth::None => Auth::None,
                GeoMapFishAuth::Standard => Auth::Standard,
                GeoMapFishAuth::Geoserver => Auth::Geoserver,
                GeoMapFishAuth::Proxy => Auth::Proxy,
            },
            default_access: self.default_access,
        }
    }
}

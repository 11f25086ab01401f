//! The seed file: the roles, users, `OAuth2` clients and OGC servers that the harness starts with.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use anyhow::{Context as _, anyhow};
use mapgate_core::clock::Timestamp;
use mapgate_core::oauth::{BadClient, check_client};
use mapgate_core::ogc::asks_of_its_own;
use mapgate_core::settings::Secret;
use mapgate_core::table::{
    ANONYMOUS, Auth, CheckedClient, Client, DefaultAccess, INTRANET, REGISTERED, ROLE_ADMIN, ServerType,
};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_saphyr::Spanned;

/// The demo data, in the seed file's own form.
const DEMO: &str = include_str!("../demo/seed.yaml");
/// Roles that exist without being named.
const BUILT_IN: [&str; 4] = [ANONYMOUS, INTRANET, REGISTERED, ROLE_ADMIN];

/// A whole seed file; unknown keys are refused, and absent lists are empty.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Seed {
    /// Roles, made before all else.
    pub roles: Vec<Spanned<SeedRole>>,
    /// Users.
    pub users: Vec<Spanned<SeedUser>>,
    /// `OAuth2` clients.
    pub oauth2_clients: Vec<Spanned<SeedClient>>,
    /// OGC servers with their layers.
    pub ogc_servers: Vec<Spanned<SeedServer>>,
}

/// A role.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedRole {
    /// Its name.
    pub name: String,
    /// Its id; absent: the next free one.
    #[serde(default)]
    pub id: Option<i64>,
    /// Values by the functionality's name.
    #[serde(default)]
    pub functionalities: BTreeMap<String, Vec<String>>,
}

/// A user.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedUser {
    /// The name at login.
    pub username: String,
    /// Its id; absent: the next free one.
    #[serde(default)]
    pub id: Option<i64>,
    /// The name for people; absent: the user name.
    #[serde(default)]
    pub display_name: Option<String>,
    /// The password, in clear; this or `password_hash`, or neither where the user logs in elsewhere.
    #[serde(default, deserialize_with = "secret")]
    pub password: Option<Secret>,
    /// A hash, also one of `GeoMapFish`'s; this or `password`.
    #[serde(default, deserialize_with = "secret")]
    pub password_hash: Option<Secret>,
    /// Where mails go.
    #[serde(default)]
    pub email: Option<String>,
    /// The user's roles by name.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Whether the user has chosen the password.
    #[serde(default)]
    pub is_password_changed: bool,
    /// Whether the account is deactivated.
    #[serde(default)]
    pub deactivated: bool,
    /// When the account expires, RFC 3339 or a date.
    #[serde(default, deserialize_with = "moment")]
    pub expire_on: Option<Timestamp>,
}

/// An `OAuth2` client.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedClient {
    /// Its id.
    pub client_id: String,
    /// Its secret; absent: a public client.
    #[serde(default, deserialize_with = "secret")]
    pub secret: Option<Secret>,
    /// Where codes may go.
    pub redirect_uris: Vec<String>,
    /// Whether a request must carry `state`.
    #[serde(default)]
    pub state_required: bool,
    /// Whether a request must carry a PKCE challenge; a public client's always must.
    #[serde(default)]
    pub pkce_required: bool,
    /// Whether a user has one session at a time.
    #[serde(default = "yes")]
    pub single_session: bool,
    /// The scopes that it may ask for; absent: `map openid profile email`.
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
}

/// An OGC server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedServer {
    /// Its name.
    pub name: String,
    /// Its address; absent: the harness's map server.
    #[serde(default)]
    pub url: Option<String>,
    /// Its address for WFS, where that differs.
    #[serde(default)]
    pub url_wfs: Option<String>,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: ServerType,
    /// How it learns who asks.
    pub auth: Auth,
    /// What holds for layers that are not listed.
    pub default_access: DefaultAccess,
    /// Its layers.
    #[serde(default)]
    pub layers: Vec<SeedLayer>,
}

/// A layer of an OGC server: public, or for some roles.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedLayer {
    /// Its name.
    pub name: String,
    /// Whether everybody may read it.
    #[serde(default)]
    pub public: bool,
    /// The roles that may read it.
    #[serde(default)]
    pub roles: Vec<String>,
    /// The roles that may write it.
    #[serde(default)]
    pub write_roles: Vec<String>,
}

impl SeedClient {
    /// As the table is to have it; refuses what must not be stored.
    pub(crate) fn record(
        &self,
        secret_hash: Option<String>,
        made_at: Timestamp,
    ) -> Result<CheckedClient, BadClient> {
        check_client(Client {
            client_id: self.client_id.clone(),
            redirect_uris: self.redirect_uris.clone(),
            state_required: self.state_required,
            pkce_required: self.pkce_required || secret_hash.is_none(),
            single_session: self.single_session,
            scopes: self.scopes.clone().unwrap_or_default(),
            secret_hash,
            made_at,
        })
    }
}

const fn yes() -> bool {
    true
}

/// A value that must not be printed.
fn secret<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Secret>, D::Error> {
    Ok(Option::<String>::deserialize(value)?.map(Secret::new))
}

/// RFC 3339, or a date, which is its start in UTC.
fn moment<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Timestamp>, D::Error> {
    let Some(text) = Option::<String>::deserialize(value)? else {
        return Ok(None);
    };
    let moment = Timestamp::parse_rfc3339(&text);
    let moment = moment.or_else(|| Timestamp::parse_rfc3339(&format!("{text}T00:00:00Z")));
    moment
        .map(Some)
        .ok_or_else(|| D::Error::custom("neither a date nor RFC 3339"))
}

impl Seed {
    /// Reads a seed file, or takes the demo data where there is none.
    pub fn read(file: Option<&Path>) -> anyhow::Result<Self> {
        let Some(file) = file else {
            return Self::parse(DEMO);
        };
        let text =
            std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        Self::parse(&text).with_context(|| file.display().to_string())
    }

    /// Reads the text of a seed file; a fault names its line.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let seed: Self =
            serde_saphyr::from_str(text).map_err(|fault| anyhow!("{}", fault.without_snippet()))?;
        seed.check()?;
        Ok(seed)
    }

    /// The name of the first OGC server, which stands for the others where one is enough.
    #[must_use]
    pub fn main_server(&self) -> Option<&str> {
        self.ogc_servers.first().map(|server| server.value.name.as_str())
    }

    /// What the types alone do not say: names are unique and roles exist.
    fn check(&self) -> anyhow::Result<()> {
        unique("role", &self.roles, |role| &role.name)?;
        unique("user", &self.users, |user| &user.username)?;
        unique("OAuth2 client", &self.oauth2_clients, |client| &client.client_id)?;
        unique("OGC server", &self.ogc_servers, |server| &server.name)?;
        let mut roles: HashSet<&str> = self.roles.iter().map(|role| role.value.name.as_str()).collect();
        roles.extend(BUILT_IN);
        for user in &self.users {
            known(user, &user.value.roles, &roles)?;
            if user.value.password.is_some() && user.value.password_hash.is_some() {
                return Err(at(
                    user,
                    "a user has either password or password_hash, or neither",
                ));
            }
        }
        for client in &self.oauth2_clients {
            if client
                .value
                .secret
                .as_ref()
                .is_some_and(|secret| secret.expose().is_empty())
            {
                return Err(at(
                    client,
                    "an empty secret is none: leave it out for a public client",
                ));
            }
            // Whatever the hash will be, and the moment.
            let hash = client.value.secret.as_ref().map(|_| String::new());
            let record = client.value.record(hash, Timestamp::from_millis(0));
            record.map_err(|fault| at(client, &fault.to_string()))?;
        }
        for server in &self.ogc_servers {
            for url in [&server.value.url, &server.value.url_wfs].into_iter().flatten() {
                no_request(url).map_err(|fault| at(server, &fault))?;
            }
            for layer in &server.value.layers {
                known(server, &layer.roles, &roles)?;
                known(server, &layer.write_roles, &roles)?;
                if layer.public && !layer.roles.is_empty() {
                    return Err(at(
                        server,
                        &format!("layer {} is public, so it needs no roles", layer.name),
                    ));
                }
            }
        }
        Ok(())
    }
}

fn unique<T>(kind: &str, entries: &[Spanned<T>], name: impl Fn(&T) -> &str) -> anyhow::Result<()> {
    let mut seen = HashSet::new();
    for entry in entries {
        if !seen.insert(name(&entry.value)) {
            return Err(at(
                entry,
                &format!("{kind} {} is there twice", name(&entry.value)),
            ));
        }
    }
    Ok(())
}

fn known<T>(entry: &Spanned<T>, named: &[String], roles: &HashSet<&str>) -> anyhow::Result<()> {
    match named.iter().find(|role| !roles.contains(role.as_str())) {
        Some(role) => Err(at(entry, &format!("there is no role {role} in this file"))),
        None => Ok(()),
    }
}

/// Refuses a map server's URL that asks something by itself: the proxy answers 502 for such a server.
pub(crate) fn no_request(url: &str) -> Result<(), String> {
    match asks_of_its_own(url) {
        Some(parameter) => Err(format!("a map server's URL must not hold {parameter}")),
        None => Ok(()),
    }
}

/// A fault of an entry, with its line.
pub(crate) fn at<T>(entry: &Spanned<T>, problem: &str) -> anyhow::Error {
    anyhow!("{problem} at line {}", entry.referenced.line())
}

#[cfg(test)]
mod tests;

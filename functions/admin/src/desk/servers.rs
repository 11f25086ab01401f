//! OGC servers.

use mapgate_core::ogc::asks_of_its_own;
use mapgate_core::table::{Auth, DefaultAccess, Event, OgcServer, ServerType};
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

use super::{Desk, LayerShown, Listed, NAME_FAULT, Tagged, is_name};
use crate::fault::{Fault, Wrongs};

/// The most bytes of a list in the trail: an item of DynamoDB has 400 KB.
const LONGEST_LIST: usize = 100_000;

/// Layers that are taken away in one transaction.
const AT_ONCE: usize = 90;

/// An OGC server: the same to show and to ask for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServerShown {
    /// The name, as in `ogcserver=NAME`. It cannot be changed.
    #[schema(min_length = 1, max_length = 255)]
    pub(crate) name: String,
    /// The URL.
    #[schema(format = "uri")]
    pub(crate) url: String,
    /// The URL of its WFS, where that is another.
    #[serde(default)]
    #[schema(format = "uri")]
    pub(crate) url_wfs: Option<String>,
    /// What program it is.
    #[serde(rename = "type")]
    #[schema(value_type = ServerKind)]
    pub(crate) kind: ServerType,
    /// What it is told of the user.
    #[schema(value_type = AuthKind)]
    pub(crate) auth: Auth,
    /// Who may read a layer that is not listed.
    #[schema(value_type = AccessKind)]
    pub(crate) default_access: DefaultAccess,
}

/// What is asked of a server.
pub(crate) type ServerAsked = ServerShown;

/// What program an OGC server is.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "for the OpenAPI document, in place of the table's type")]
pub(crate) enum ServerKind {
    Mapserver,
    Qgisserver,
    Geoserver,
    Arcgis,
    Other,
}

/// What an OGC server is told of the user.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "for the OpenAPI document, in place of the table's type")]
pub(crate) enum AuthKind {
    None,
    Standard,
    Geoserver,
    Proxy,
}

/// Who may read a layer that is not listed.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "for the OpenAPI document, in place of the table's type")]
pub(crate) enum AccessKind {
    Private,
    Public,
}

impl Tagged for ServerShown {}

impl From<&OgcServer> for ServerShown {
    fn from(server: &OgcServer) -> Self {
        Self {
            name: server.name.clone(),
            url: server.url.clone(),
            url_wfs: server.url_wfs.clone(),
            kind: server.r#type,
            auth: server.auth,
            default_access: server.default_access,
        }
    }
}

impl ServerShown {
    fn record(&self) -> Result<OgcServer, Fault> {
        let mut wrongs = Wrongs::default();
        wrongs.unless(is_name(&self.name), "name", NAME_FAULT);
        let url_wfs = self
            .url_wfs
            .as_deref()
            .map(str::trim)
            .filter(|url| !url.is_empty());
        wrongs.check("url", backend(&self.url));
        wrongs.check("url_wfs", url_wfs.map_or(Ok(()), backend));
        wrongs.done()?;
        Ok(OgcServer {
            name: self.name.clone(),
            url: self.url.clone(),
            url_wfs: url_wfs.map(str::to_owned),
            r#type: self.kind,
            auth: self.auth,
            default_access: self.default_access,
        })
    }

    /// What the trail has of a change.
    fn changes(before: Option<&Self>, after: Option<&Self>) -> [(&'static str, String, String); 5] {
        let word = |word: fn(&Self) -> String| {
            let of = |server: Option<&Self>| server.map(word).unwrap_or_default();
            (of(before), of(after))
        };
        [
            ("url", word(|server| server.url.clone())),
            (
                "url_wfs",
                word(|server| server.url_wfs.clone().unwrap_or_default()),
            ),
            ("type", word(|server| format!("{:?}", server.kind).to_lowercase())),
            ("auth", word(|server| format!("{:?}", server.auth).to_lowercase())),
            (
                "default_access",
                word(|server| format!("{:?}", server.default_access).to_lowercase()),
            ),
        ]
        .map(|(field, (before, after))| (field, before, after))
    }
}

/// Refuses what cannot be the URL of a backend. A password has no place in it: it would stand in logs and in the trail. Nor
/// has a parameter of a request: a server may read it in place of what was checked.
fn backend(url: &str) -> Result<(), &'static str> {
    let fits = Url::parse(url).is_ok_and(|url| {
        let plain = url.username().is_empty() && url.password().is_none();
        matches!(url.scheme(), "http" | "https") && url.has_host() && plain
    });
    match asks_of_its_own(url) {
        _ if !fits => Err("wrong-url"),
        Some(_) => Err("asking-url"),
        None => Ok(()),
    }
}

/// One a line, as many as an entry of the trail can hold, and how many are left out.
fn lines(texts: impl ExactSizeIterator<Item = String>) -> String {
    let (mut lines, mut left) = (String::new(), texts.len());
    for text in texts {
        if lines.len() + text.len() > LONGEST_LIST {
            break;
        }
        lines.extend([text.as_str(), "\n"]);
        left -= 1;
    }
    if left > 0 {
        lines.extend(["and ", &left.to_string(), " more"]);
    }
    lines.trim_end().to_owned()
}

impl Desk<'_> {
    /// All servers, by name.
    pub(crate) async fn servers(&self) -> Result<Listed<ServerShown>, Fault> {
        let servers = self.table.ogc_servers().await?;
        Ok(Listed {
            items: servers.iter().map(ServerShown::from).collect(),
            next: None,
        })
    }

    /// One server.
    pub(crate) async fn server(&self, name: &str) -> Result<ServerShown, Fault> {
        Ok(ServerShown::from(&self.read_server(name).await?))
    }

    pub(super) async fn read_server(&self, name: &str) -> Result<OgcServer, Fault> {
        self.table
            .ogc_server(name)
            .await?
            .ok_or(Fault::NotFound("OGC server"))
    }

    /// Makes a server, without layers.
    pub(crate) async fn create_server(&self, asked: &ServerAsked) -> Result<ServerShown, Fault> {
        let server = asked.record()?;
        let shown = ServerShown::from(&server);
        let audit = self
            .audit(Event::ServerCreated)
            .detail("ogc_server", server.name.as_str());
        let audit = audit.changes(ServerShown::changes(None, Some(&shown)));
        if self.table.create_ogc_server(&server, &[], &audit).await? {
            return Ok(shown);
        }
        Err(Fault::Conflict("taken-server".into()))
    }

    /// Changes a server; its layers stay.
    pub(crate) async fn change_server(
        &self,
        name: &str,
        asked: &ServerAsked,
        if_match: Option<&str>,
    ) -> Result<ServerShown, Fault> {
        let before = self.read_server(name).await?;
        let shown = ServerShown::from(&before);
        shown.check(if_match)?;
        let mut wrongs = Wrongs::default();
        wrongs.unless(asked.name == before.name, "name", "fixed");
        wrongs.done()?;
        let after = asked.record()?;
        let after_shown = ServerShown::from(&after);
        let audit = self.audit(Event::ServerChanged).detail("ogc_server", name);
        let audit = audit.changes(ServerShown::changes(Some(&shown), Some(&after_shown)));
        let writes = self
            .table
            .transaction()
            .change_ogc_server(&before, &after)
            .audit(&audit);
        writes.commit().await?.map_err(|_| Fault::ChangedMeanwhile)?;
        Ok(after_shown)
    }

    /// Takes a server away, and then its layers: without their server they show nothing.
    pub(crate) async fn delete_server(&self, name: &str, if_match: Option<&str>) -> Result<(), Fault> {
        let before = self.read_server(name).await?;
        let shown = ServerShown::from(&before);
        shown.check(if_match)?;
        let roles = self.table.roles().await?;
        let layers = self.table.layers(name).await?;
        let layers = layers
            .iter()
            .map(|layer| LayerShown::of(layer, &roles).to_string());
        let audit = self.audit(Event::ServerDeleted).detail("ogc_server", name);
        let audit = audit.changes(ServerShown::changes(Some(&shown), None));
        let audit = audit.changes([("layers", lines(layers), String::new())]);
        let writes = self.table.transaction().delete_ogc_server(&before).audit(&audit);
        writes.commit().await?.map_err(|_| Fault::ChangedMeanwhile)?;
        for chunk in self.table.layers(name).await?.chunks(AT_ONCE) {
            let writes = self.table.transaction();
            let writes = chunk.iter().fold(writes, |writes, layer| {
                writes.change_layer(name, Some(layer), None)
            });
            // What someone else changed meanwhile shows nothing either; making the server anew takes it away.
            let _ = writes.commit().await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_in_the_trail_ends_in_time_and_says_how_many_it_leaves_out() {
        let many = |count: usize, long: usize| lines((0..count).map(|_| "x".repeat(long)));
        assert_eq!(many(0, 1), "");
        assert_eq!(many(2, 1), "x\nx");
        let longest = many(1000, 999);
        assert!(longest.len() <= LONGEST_LIST + 99, "{}", longest.len());
        assert!(longest.ends_with("x\nand 900 more"));
    }
}

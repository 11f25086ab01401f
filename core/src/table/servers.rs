//! OGC servers and their layers. A server is one item, each of its layers another, so that a server with thousands
//! of layers stays under DynamoDB's size of an item.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::TransactWriteItem;
use serde::{Deserialize, Serialize};

use super::audit::AuditEntry;
use super::item::{Key, delete, delete_as_read, from_item, put_if, put_new, put_over, to_item};
use super::{RoleId, Table, TableError, Transaction};

/// What program a backend is; it decides what its requests mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServerType {
    /// MapServer.
    Mapserver,
    /// QGIS Server.
    Qgisserver,
    /// GeoServer.
    Geoserver,
    /// ArcGIS Server.
    Arcgis,
    /// Any other WMS or WFS.
    Other,
}

/// What a backend is told of the user (GeoMapFish's kinds).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    /// Nothing.
    None,
    /// `role_ids`, `user_id` and `s_…` parameters, for MapServer's run-time substitution.
    Standard,
    /// The headers `sec-username` and `sec-roles`.
    Geoserver,
    /// Nothing; the backend is a proxy with its own ways.
    Proxy,
}

/// Who may read a layer that is not listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DefaultAccess {
    /// Nobody.
    Private,
    /// Everybody.
    Public,
}

/// A WMS or WFS backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OgcServer {
    /// Its name, as in `ogcserver=NAME`.
    pub name: String,
    /// Its URL.
    pub url: String,
    /// The URL of its WFS, where that is another.
    pub url_wfs: Option<String>,
    /// What program it is.
    #[serde(rename = "server_type")]
    pub r#type: ServerType,
    /// What it is told of the user.
    pub auth: Auth,
    /// Who may read a layer that is not listed.
    pub default_access: DefaultAccess,
}

/// A layer of a server, and who may do what with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// Its name in the server's capabilities.
    pub name: String,
    /// Whether everybody may read it.
    pub public: bool,
    /// The roles that may read it.
    pub roles: BTreeSet<RoleId>,
    /// The roles that may write it.
    pub write_roles: BTreeSet<RoleId>,
}

const SERVERS: &str = "ogc-servers";

fn layers_pk(server: &str) -> String {
    format!("ogc-server#{server}")
}

impl Table {
    /// All servers, by name.
    pub async fn ogc_servers(&self) -> Result<Vec<OgcServer>, TableError> {
        self.query(SERVERS, "")
            .await?
            .into_iter()
            .map(from_item)
            .collect()
    }

    /// Whether there is a server of that name, read consistently.
    pub async fn has_ogc_server(&self, name: &str) -> Result<bool, TableError> {
        Ok(self.ogc_server(name).await?.is_some())
    }

    /// The server of that name, read consistently.
    pub async fn ogc_server(&self, name: &str) -> Result<Option<OgcServer>, TableError> {
        // No key is empty.
        if name.is_empty() {
            return Ok(None);
        }
        let item = self.get(&Key::new(SERVERS, name)).await?;
        item.map(from_item).transpose()
    }

    /// The layer of a server, read consistently.
    pub async fn layer(&self, server: &str, name: &str) -> Result<Option<Layer>, TableError> {
        if name.is_empty() {
            return Ok(None);
        }
        let item = self.get(&Key::new(layers_pk(server), name)).await?;
        item.map(from_item).transpose()
    }

    /// The layers of the server `name`.
    pub async fn layers(&self, name: &str) -> Result<Vec<Layer>, TableError> {
        self.query(&layers_pk(name), "")
            .await?
            .into_iter()
            .map(from_item)
            .collect()
    }

    /// Makes a server with its layers, with `audit` in the transaction of the server; `false` where there is one of this
    /// name.
    ///
    /// One transaction up to 98 layers. Beyond it the others go first: without their server they show nothing, and where
    /// that was all that was written, the next time takes away what it does not list.
    pub async fn create_ogc_server(
        &self,
        server: &OgcServer,
        layers: &[Layer],
        audit: &AuditEntry,
    ) -> Result<bool, TableError> {
        let pk = layers_pk(&server.name);
        let mut writes = Vec::new();
        for layer in layers {
            let item = to_item(&Key::new(pk.as_str(), layer.name.as_str()), layer, None)?;
            writes.push(put_if(&self.name, item, "", &[])?);
        }
        if !self.has_ogc_server(&server.name).await? {
            writes.splice(0..0, self.layers_but(&server.name, layers).await?);
        }
        let last = writes.split_off(writes.len().saturating_sub(98));
        for chunk in writes.chunks(100) {
            let written = self.transact(chunk.to_vec()).await?;
            written.map_err(|_| TableError::Unavailable("a write without a condition failed".to_owned()))?;
        }
        let item = to_item(&Key::new(SERVERS, server.name.as_str()), server, None)?;
        let mut writes = vec![put_new(&self.name, item)?, self.audit_put(audit)?];
        writes.extend(last);
        Ok(self.transact(writes).await?.is_ok())
    }

    /// Writes a server with its layers, in place of one of the same name.
    ///
    /// One transaction up to 100 items, DynamoDB's limit. Beyond it private layers go first, then the server, and
    /// layers no longer listed last, so that no moment in between shows more than the old or the new state does.
    pub async fn put_ogc_server(&self, server: &OgcServer, layers: &[Layer]) -> Result<(), TableError> {
        let pk = layers_pk(&server.name);
        let mut ordered: Vec<&Layer> = layers.iter().collect();
        ordered.sort_by_key(|layer| layer.public);
        let mut writes = Vec::new();
        for layer in ordered {
            let item = to_item(&Key::new(pk.as_str(), layer.name.as_str()), layer, None)?;
            writes.push(put_if(&self.name, item, "", &[])?);
        }
        let item = to_item(&Key::new(SERVERS, server.name.as_str()), server, None)?;
        writes.push(put_if(&self.name, item, "", &[])?);
        writes.extend(self.layers_but(&server.name, layers).await?);
        for chunk in writes.chunks(100) {
            let written = self.transact(chunk.to_vec()).await?;
            written.map_err(|_| TableError::Unavailable("a write without a condition failed".to_owned()))?;
        }
        Ok(())
    }

    /// Takes away the server's layers that are not among `listed`.
    async fn layers_but(&self, server: &str, listed: &[Layer]) -> Result<Vec<TransactWriteItem>, TableError> {
        let listed: BTreeSet<&str> = listed.iter().map(|layer| layer.name.as_str()).collect();
        let mut deletes = Vec::new();
        for gone in self.layers(server).await? {
            if !listed.contains(gone.name.as_str()) {
                deletes.push(delete(&self.name, &Key::new(layers_pk(server), gone.name))?);
            }
        }
        Ok(deletes)
    }
}

impl Transaction<'_> {
    /// Changes a server, whose name stays, where it still is as read.
    pub fn change_ogc_server(self, before: &OgcServer, after: &OgcServer) -> Self {
        let (table, key) = (self.table(), Key::new(SERVERS, before.name.as_str()));
        let put = to_item(&key, after, None).and_then(|item| put_over(&table.name, &key, before, item));
        self.with_other(put)
    }

    /// Takes a server away, where it still is as read. Its layers are to be taken away afterwards: without their server
    /// they show nothing.
    pub fn delete_ogc_server(self, server: &OgcServer) -> Self {
        let key = Key::new(SERVERS, server.name.as_str());
        let delete = delete_as_read(&self.table().name, &key, server);
        self.with_other(delete)
    }

    /// Changes a layer of the server `server`, where it still is as read: makes it (`before` none), changes it, or takes
    /// it away (`after` none).
    pub fn change_layer(self, server: &str, before: Option<&Layer>, after: Option<&Layer>) -> Self {
        let Some(name) = after.or(before).map(|layer| layer.name.as_str()) else {
            return self;
        };
        let (table, key) = (self.table(), Key::new(layers_pk(server), name));
        let item = after.map(|after| to_item(&key, after, None)).transpose();
        let write = item.and_then(|item| match (before, item) {
            (None, Some(item)) => put_new(&table.name, item),
            (Some(before), Some(item)) => put_over(&table.name, &key, before, item),
            (Some(before), None) => delete_as_read(&table.name, &key, before),
            (None, None) => delete(&table.name, &key),
        });
        self.with_other(write)
    }
}

//! OGC servers and their rules, read from the table and kept as long as an identity is.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use mapgate_core::clock::Timestamp;
use mapgate_core::gate::Gate;
use mapgate_core::ogc::ogcapi::{Api, Resource};
use mapgate_core::ogc::{self, LayerRule, OgcCode, OgcError, Rules, Tree};
use mapgate_core::table::{DefaultAccess, Layer, OgcServer, RoleId, ServerType, TableError};

use crate::Proxy;
use crate::fault::Fault;

/// A server and who may do what with its layers.
#[derive(Debug)]
pub struct Server {
    /// Its record.
    pub record: OgcServer,
    rules: Arc<Rules>,
    /// The rules with those of groups spread, for the tree they were spread over.
    spread: Mutex<Option<(Arc<Tree>, Arc<Rules>)>>,
}

impl Server {
    fn new(record: OgcServer, layers: Vec<Layer>) -> Self {
        let ids = |roles: &BTreeSet<RoleId>| roles.iter().map(|role| role.0).collect();
        let layers: BTreeMap<String, LayerRule> = layers
            .into_iter()
            .map(|layer| {
                let rule = LayerRule {
                    public: layer.public,
                    read: ids(&layer.roles),
                    write: ids(&layer.write_roles),
                };
                (layer.name, rule)
            })
            .collect();
        let default_access = match record.default_access {
            DefaultAccess::Private => ogc::DefaultAccess::Private,
            DefaultAccess::Public => ogc::DefaultAccess::Public,
        };
        Self {
            rules: Arc::new(Rules::new(default_access, layers)),
            record,
            spread: Mutex::new(None),
        }
    }

    /// The program that answers.
    pub fn program(&self) -> ogc::ServerType {
        match self.record.r#type {
            ServerType::Mapserver => ogc::ServerType::MapServer,
            ServerType::Qgisserver => ogc::ServerType::QgisServer,
            ServerType::Geoserver => ogc::ServerType::GeoServer,
            ServerType::Arcgis => ogc::ServerType::ArcGis,
            ServerType::Other => ogc::ServerType::Other,
        }
    }

    /// The URL of a service.
    pub fn url(&self, service: ogc::Service) -> &str {
        match service {
            ogc::Service::Wfs | ogc::Service::Features => {
                self.record.url_wfs.as_deref().unwrap_or(&self.record.url)
            }
            ogc::Service::Wms | ogc::Service::Wmts | ogc::Service::Wcs => &self.record.url,
        }
    }

    /// Where a service's layers are listed.
    pub fn tree_url(&self, service: ogc::Service) -> Cow<'_, str> {
        match service {
            ogc::Service::Features => Cow::Owned(self.api_url(&Resource::Collections)),
            _ => Cow::Borrowed(self.url(service)),
        }
    }

    /// The address of a resource of the server's API.
    pub fn api_url(&self, resource: &Resource) -> String {
        let api = if self.record.r#type == ServerType::Qgisserver {
            Api::Wfs3
        } else {
            Api::OgcApi
        };
        api.url(self.url(ogc::Service::Features), resource)
    }

    /// Whether a tile layer can be a group of WMS, so that the tree of WMS tells what it shows.
    pub fn tiles_groups(&self) -> bool {
        matches!(self.record.r#type, ServerType::Qgisserver | ServerType::Geoserver)
    }

    /// Whether the rules of groups matter, and so the tree of WMS for any request.
    pub fn groups_matter(&self) -> bool {
        self.rules.default_access() == ogc::DefaultAccess::Public && self.rules.close_something()
    }

    /// The rules, those of groups spread over the tree of WMS where they matter.
    pub fn rules(&self, wms: Option<&Arc<Tree>>) -> Arc<Rules> {
        let Some(tree) = wms.filter(|_| self.groups_matter()) else {
            return self.rules.clone();
        };
        let mut spread = self.spread.lock().unwrap_or_else(PoisonError::into_inner);
        match spread.as_ref() {
            Some((known, rules)) if Arc::ptr_eq(known, tree) => rules.clone(),
            _ => {
                let rules = Arc::new(Rules::clone(&self.rules).with_groups(tree));
                *spread = Some((tree.clone(), rules.clone()));
                rules
            }
        }
    }
}

/// The servers read lately.
#[derive(Debug, Default)]
pub struct Servers(Mutex<HashMap<String, (Timestamp, Arc<Server>)>>);

/// A name that no server has.
#[derive(Debug)]
pub struct Unknown {
    /// The names there are.
    pub known: Vec<String>,
}

impl Servers {
    /// The server of that name, or the names there are. That a name is unknown is not kept.
    pub async fn find(
        &self,
        gate: &Gate,
        name: Option<&str>,
    ) -> Result<Result<Arc<Server>, Unknown>, TableError> {
        let now = gate.clock.now();
        if let Some(name) = name {
            let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let fresh = known
                .get(name)
                .filter(|(read_at, _)| now.since(*read_at) < gate.settings.identity_cache);
            if let Some((_, server)) = fresh {
                return Ok(Ok(server.clone()));
            }
        }
        let table = gate.table().await;
        let servers = table.ogc_servers().await?;
        let names = servers.iter().map(|server| server.name.clone()).collect();
        let asked = servers
            .into_iter()
            .find(|server| Some(server.name.as_str()) == name);
        let Some(record) = asked else {
            self.forget(name);
            return Ok(Err(Unknown { known: names }));
        };
        let layers = table.layers(&record.name).await?;
        let server = Arc::new(Server::new(record, layers));
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(server.record.name.clone(), (now, server.clone()));
        Ok(Ok(server))
    }

    fn forget(&self, name: Option<&str>) {
        if let Some(name) = name {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        }
    }
}

impl Proxy {
    /// The server of that name. Refuses an unknown one, naming those there are.
    pub async fn server(&self, name: Option<&str>) -> Result<Arc<Server>, Fault> {
        self.servers.find(&self.gate, name).await?.map_err(|unknown| {
            let text = format!(
                "The OGC server is unknown; there are: {}.",
                unknown.known.join(", ")
            );
            Fault::bad_request(OgcError::at(OgcCode::InvalidParameterValue, "ogcserver", text))
        })
    }
}

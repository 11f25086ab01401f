//! An OGC server and its rules, as the table has them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use crate::ogc::ogcapi::{Api, Resource};
use crate::ogc::{self, DefaultAccess as RulesDefault, LayerRule, Rules, Tree};
use crate::table::{DefaultAccess, Layer, OgcServer, RoleId, ServerType};

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
    /// A server as the table has it, and its layers.
    #[must_use]
    pub fn new(record: OgcServer, layers: Vec<Layer>) -> Self {
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
            DefaultAccess::Private => RulesDefault::Private,
            DefaultAccess::Public => RulesDefault::Public,
        };
        Self {
            rules: Arc::new(Rules::new(default_access, layers)),
            record,
            spread: Mutex::new(None),
        }
    }

    /// The program that answers.
    #[must_use]
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
    #[must_use]
    pub fn url(&self, service: ogc::Service) -> &str {
        match service {
            ogc::Service::Wfs | ogc::Service::Features => {
                self.record.url_wfs.as_deref().unwrap_or(&self.record.url)
            }
            ogc::Service::Wms | ogc::Service::Wmts | ogc::Service::Wcs => &self.record.url,
        }
    }

    /// Where a service's layers are listed.
    #[must_use]
    pub fn tree_url(&self, service: ogc::Service) -> Cow<'_, str> {
        match service {
            ogc::Service::Features => Cow::Owned(self.api_url(&Resource::Collections)),
            _ => Cow::Borrowed(self.url(service)),
        }
    }

    /// The address of a resource of the server's API.
    #[must_use]
    pub fn api_url(&self, resource: &Resource) -> String {
        let api = if self.record.r#type == ServerType::Qgisserver {
            Api::Wfs3
        } else {
            Api::OgcApi
        };
        api.url(self.url(ogc::Service::Features), resource)
    }

    /// Whether a tile layer can be a group of WMS, so that the tree of WMS tells what it shows.
    #[must_use]
    pub fn tiles_groups(&self) -> bool {
        matches!(self.record.r#type, ServerType::Qgisserver | ServerType::Geoserver)
    }

    /// Whether the rules of groups matter, and so the tree of WMS for any request.
    #[must_use]
    pub fn groups_matter(&self) -> bool {
        self.rules.default_access() == RulesDefault::Public && self.rules.close_something()
    }

    /// The rules, those of groups spread over the tree of WMS where they matter.
    #[must_use]
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

//! What an OGC server itself lists, asked of it now: the layers to take over, and what somebody may do with each.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::join_all;
use mapgate_core::map_server::{LOOKED_AT, Seen, Server, Shown, UnknownName, look, read_layers};
use mapgate_core::ogc::{LayerAccess, Permission, Service};
use mapgate_core::table::{DefaultAccess, Event, Layer, OgcServer, RoleId, Roles};
use serde::Serialize;
use utoipa::ToSchema;

use super::layers::{LayerAsked, LayerShown};
use super::{Desk, Listed, role_names};
use crate::fault::Fault;

/// How many layers can be made at once: with an audit entry each, they fit into one transaction.
pub(crate) const MADE_AT_ONCE: usize = 50;

/// A layer that the server's own capabilities list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct OfferedShown {
    /// The name by which rules know it.
    pub(crate) name: String,
    /// The services that list it: `WMS`, `WFS`.
    pub(crate) services: Vec<&'static str>,
    /// Whether it is among the server's layers here.
    pub(crate) listed: bool,
}

/// Whose access is asked for: a user's, or that of whoever has these roles; without either, a stranger's.
#[derive(Debug, Default)]
pub(crate) struct Whose<'a> {
    pub(crate) user: Option<&'a str>,
    pub(crate) roles: Vec<&'a str>,
}

/// What somebody may do with the layers of a server.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccessShown {
    /// The user's name; null for a set of roles.
    pub(crate) username: Option<String>,
    /// False for an account that is deactivated or has expired: it is treated as a stranger.
    pub(crate) active: bool,
    /// The names of the roles that count.
    pub(crate) roles: Vec<String>,
    /// The layers that the server lists, in its order.
    pub(crate) layers: Vec<LayerAccessShown>,
    /// Layers here that the server does not list: misspelt, or gone.
    pub(crate) idle_rules: Vec<String>,
    /// Services whose layers could not be read: `WMS`, `WFS`.
    pub(crate) unread_services: Vec<&'static str>,
}

/// What somebody may do with a layer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LayerAccessShown {
    /// The name by which rules know it.
    pub(crate) name: String,
    pub(crate) read: PermissionShown,
    pub(crate) write: PermissionShown,
}

/// Whether something is allowed, and why.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PermissionShown {
    pub(crate) allowed: bool,
    /// The services by which it is: `WMS`, `WFS`.
    pub(crate) services: Vec<&'static str>,
    /// `public`, `default_access` or `role` where it is allowed; else `other_roles`, `no_rule`, `closed_namesake` or `no_service`.
    pub(crate) because: &'static str,
    /// The names of the roles that it is owed to, or that would be needed.
    pub(crate) roles: Vec<String>,
}

impl PermissionShown {
    fn of(permission: &Permission, roles: &Roles) -> Self {
        let ids: BTreeSet<RoleId> = permission.roles.iter().copied().map(RoleId).collect();
        Self {
            allowed: permission.is_allowed(),
            services: permission.services.iter().copied().map(Service::as_str).collect(),
            because: permission.because.as_str(),
            roles: role_names(&ids, roles),
        }
    }
}

/// Why layers are not made.
#[derive(Debug)]
pub(crate) struct LayersRefused {
    /// The layer that it is about.
    pub(crate) layer: Option<String>,
    pub(crate) fault: Fault,
}

impl From<Fault> for LayersRefused {
    fn from(fault: Fault) -> Self {
        Self { layer: None, fault }
    }
}

impl From<UnknownName> for Fault {
    fn from(unknown: UnknownName) -> Self {
        match unknown {
            UnknownName::User => Self::invalid("user", "no-such-user"),
            UnknownName::Role(name) => {
                Self::invalid("roles", crate::fault::Said::with("no-such-role", "role", name))
            }
        }
    }
}

impl Desk<'_> {
    /// The layers that the server lists, in its order. Refuses where it cannot be read.
    pub(crate) async fn offered(&self, server: &str) -> Result<Listed<OfferedShown>, Fault> {
        let mut record = self.read_server(server).await?;
        let layers = self.table.layers(server).await?;
        let known: BTreeSet<&str> = layers.iter().map(|layer| layer.name.as_str()).collect();
        // Without rules, and public, each layer is told with the services that have it.
        record.default_access = DefaultAccess::Public;
        let stranger = Seen::roles(&Arc::new(self.table.roles().await?), [])?;
        let shown = self.looked_at(record, Vec::new(), &stranger).await?;
        let items = shown.list.layers.into_iter().map(|layer| OfferedShown {
            services: layer.read.services.into_iter().map(Service::as_str).collect(),
            listed: known.contains(layer.name.as_str()),
            name: layer.name,
        });
        Ok(Listed {
            items: items.collect(),
            next: None,
        })
    }

    /// What somebody may do with the layers that the server lists. Refuses where it cannot be read, and unknown names.
    pub(crate) async fn access(&self, server: &str, whose: &Whose<'_>) -> Result<AccessShown, Fault> {
        let record = self.read_server(server).await?;
        let roles = Arc::new(self.table.roles().await?);
        let seen = match whose.user {
            Some(user) => Seen::user(self.table, self.now(), &roles, user).await??,
            None => Seen::roles(&roles, whose.roles.iter().copied())?,
        };
        let layers = self.table.layers(server).await?;
        let Shown { list, unread } = self.looked_at(record, layers, &seen).await?;
        let layer = |layer: &LayerAccess| LayerAccessShown {
            name: layer.name.clone(),
            read: PermissionShown::of(&layer.read, &roles),
            write: PermissionShown::of(&layer.write, &roles),
        };
        Ok(AccessShown {
            roles: role_names(&seen.identity.role_ids(), &roles),
            username: seen.username,
            active: seen.active,
            layers: list.layers.iter().map(layer).collect(),
            idle_rules: list.idle_rules,
            unread_services: unread.into_iter().map(Service::as_str).collect(),
        })
    }

    async fn looked_at(&self, record: OgcServer, layers: Vec<Layer>, seen: &Seen) -> Result<Shown, Fault> {
        let server = Server::new(record, layers);
        let limit = self.gate.settings.http_options.timeout;
        // At once: one after the other, a server that hangs would outlast the function.
        let read = LOOKED_AT.map(async |service| {
            let tree = read_layers(&self.gate.outbound, limit, server.url(service), service).await;
            (service, tree.map(Arc::new))
        });
        Ok(look(&server, seen, &join_all(read).await)?)
    }

    /// Makes layers, all of them or none; at most [`MADE_AT_ONCE`]. A refusal names the layer that it is about.
    pub(crate) async fn create_layers(
        &self,
        server: &str,
        asked: &[LayerAsked],
    ) -> Result<(), LayersRefused> {
        self.read_server(server).await?;
        let roles = self.table.roles().await.map_err(Fault::from)?;
        let (mut writes, mut names) = (self.table.transaction(), BTreeSet::new());
        for asked in asked {
            let of = |fault| LayersRefused {
                layer: Some(asked.name.clone()),
                fault,
            };
            let layer = asked.record(&roles).map_err(of)?;
            if !names.insert(&asked.name) {
                return Err(of(Fault::Conflict("taken-layer".into())));
            }
            let shown = LayerShown::of(&layer, &roles);
            let audit = self.of_layer(Event::LayerCreated, server, None, Some(&shown));
            writes = writes.change_layer(server, None, Some(&layer)).audit(&audit);
        }
        let written = writes.commit().await.map_err(Fault::from)?;
        written.map_err(|_| Fault::Conflict("taken-meanwhile".into()).into())
    }
}

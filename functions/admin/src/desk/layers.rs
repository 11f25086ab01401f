//! The layers of an OGC server, and who may do what with them.

use mapgate_core::table::{AuditEntry, Event, Layer, Roles};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Desk, Listed, NAME_FAULT, Tagged, is_name, line, role_ids, role_names};
use crate::fault::{Fault, Wrongs};

/// A layer: the same to show and to ask for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LayerShown {
    /// The name in the server's capabilities. It cannot be changed.
    #[schema(min_length = 1, max_length = 255)]
    pub(crate) name: String,
    /// Whether everybody may read it; then it needs no roles.
    #[serde(default)]
    pub(crate) public: bool,
    /// The names of the roles that may read it.
    #[serde(default)]
    pub(crate) roles: Vec<String>,
    /// The names of the roles that may write it.
    #[serde(default)]
    pub(crate) write_roles: Vec<String>,
}

/// What is asked of a layer.
pub(crate) type LayerAsked = LayerShown;

impl Tagged for LayerShown {}

impl std::fmt::Display for LayerShown {
    /// In one line, for the trail.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            name,
            public,
            roles,
            write_roles,
        } = self;
        write!(
            formatter,
            "{name}: public={public}, roles={}, write_roles={}",
            roles.join(";"),
            write_roles.join(";")
        )
    }
}

impl LayerShown {
    pub(super) fn of(layer: &Layer, roles: &Roles) -> Self {
        Self {
            name: layer.name.clone(),
            public: layer.public,
            roles: role_names(&layer.roles, roles),
            write_roles: role_names(&layer.write_roles, roles),
        }
    }

    pub(super) fn record(&self, roles: &Roles) -> Result<Layer, Fault> {
        let mut wrongs = Wrongs::default();
        wrongs.unless(is_name(&self.name), "name", NAME_FAULT);
        let clear = !self.public || self.roles.is_empty();
        wrongs.unless(clear, "roles", "wrong-layer-roles");
        let layer = Layer {
            name: self.name.clone(),
            public: self.public,
            roles: role_ids(&mut wrongs, "roles", &self.roles, roles),
            write_roles: role_ids(&mut wrongs, "write_roles", &self.write_roles, roles),
        };
        wrongs.done()?;
        Ok(layer)
    }
}

impl Desk<'_> {
    /// The layers of a server, by name.
    pub(crate) async fn layers(&self, server: &str) -> Result<Listed<LayerShown>, Fault> {
        self.read_server(server).await?;
        let roles = self.table.roles().await?;
        let layers = self.table.layers(server).await?;
        Ok(Listed {
            items: layers.iter().map(|layer| LayerShown::of(layer, &roles)).collect(),
            next: None,
        })
    }

    /// The layers that name a role, with their servers: server, layer.
    pub(crate) async fn layers_of_role(&self, role: &str) -> Result<Vec<(String, String)>, Fault> {
        let mut found = Vec::new();
        for server in self.servers().await?.items {
            let layers = self.layers(&server.name).await?.items;
            let named = layers.into_iter().filter(|layer| {
                let mut roles = layer.roles.iter().chain(&layer.write_roles);
                roles.any(|name| name == role)
            });
            found.extend(named.map(|layer| (server.name.clone(), layer.name)));
        }
        Ok(found)
    }

    /// One layer.
    pub(crate) async fn layer(&self, server: &str, name: &str) -> Result<LayerShown, Fault> {
        let layer = self.read_layer(server, name).await?;
        Ok(LayerShown::of(&layer, &self.table.roles().await?))
    }

    async fn read_layer(&self, server: &str, name: &str) -> Result<Layer, Fault> {
        self.read_server(server).await?;
        self.table
            .layer(server, name)
            .await?
            .ok_or(Fault::NotFound("layer"))
    }

    /// Makes a layer.
    pub(crate) async fn create_layer(&self, server: &str, asked: &LayerAsked) -> Result<LayerShown, Fault> {
        self.read_server(server).await?;
        let roles = self.table.roles().await?;
        let layer = asked.record(&roles)?;
        let shown = LayerShown::of(&layer, &roles);
        let audit = self.of_layer(Event::LayerCreated, server, None, Some(&shown));
        let writes = self.table.transaction().change_layer(server, None, Some(&layer));
        let written = writes.audit(&audit).commit().await?;
        written.map_err(|_| Fault::Conflict("taken-layer".into()))?;
        Ok(shown)
    }

    /// Changes a layer.
    pub(crate) async fn change_layer(
        &self,
        server: &str,
        name: &str,
        asked: &LayerAsked,
        if_match: Option<&str>,
    ) -> Result<LayerShown, Fault> {
        let (before, roles) = (self.read_layer(server, name).await?, self.table.roles().await?);
        let shown = LayerShown::of(&before, &roles);
        shown.check(if_match)?;
        let mut wrongs = Wrongs::default();
        wrongs.unless(asked.name == before.name, "name", "fixed");
        wrongs.done()?;
        let after = asked.record(&roles)?;
        let after_shown = LayerShown::of(&after, &roles);
        let audit = self.of_layer(Event::LayerChanged, server, Some(&shown), Some(&after_shown));
        let writes = self
            .table
            .transaction()
            .change_layer(server, Some(&before), Some(&after));
        let written = writes.audit(&audit).commit().await?;
        written.map_err(|_| Fault::ChangedMeanwhile)?;
        Ok(after_shown)
    }

    /// Takes a layer away: then the server's `default_access` holds for it.
    pub(crate) async fn delete_layer(
        &self,
        server: &str,
        name: &str,
        if_match: Option<&str>,
    ) -> Result<(), Fault> {
        let (before, roles) = (self.read_layer(server, name).await?, self.table.roles().await?);
        let shown = LayerShown::of(&before, &roles);
        shown.check(if_match)?;
        let audit = self.of_layer(Event::LayerDeleted, server, Some(&shown), None);
        let writes = self.table.transaction().change_layer(server, Some(&before), None);
        let written = writes.audit(&audit).commit().await?;
        written.map_err(|_| Fault::ChangedMeanwhile)
    }

    pub(super) fn of_layer(
        &self,
        event: Event,
        server: &str,
        before: Option<&LayerShown>,
        after: Option<&LayerShown>,
    ) -> AuditEntry {
        let name = after.or(before).map_or("", |layer| layer.name.as_str());
        let word = |word: fn(&LayerShown) -> String| {
            let of = |layer: Option<&LayerShown>| layer.map(word).unwrap_or_default();
            (of(before), of(after))
        };
        let fields = [
            ("public", word(|layer| layer.public.to_string())),
            ("roles", word(|layer| line(&layer.roles))),
            ("write_roles", word(|layer| line(&layer.write_roles))),
        ];
        let changes = fields.map(|(field, (before, after))| (field, before, after));
        let audit = self
            .audit(event)
            .detail("ogc_server", server)
            .detail("layer", name);
        audit.changes(changes)
    }
}

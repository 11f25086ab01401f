//! Puts a seed into the table: what is missing is made, what is there stays as it is.

use std::collections::BTreeSet;

use anyhow::{Context as _, anyhow};
use mapgate_core::gate::Gate;
use mapgate_core::oauth::client_secret_hash;
use mapgate_core::secrets::Secrets;
use mapgate_core::settings::Secret;
use mapgate_core::table::{
    AuditEntry, CreateUser, Event, Layer, NewUser, OgcServer, RoleId, Roles, Source, Table, UserId,
};
use serde_saphyr::Spanned;

use crate::seed::{Seed, SeedClient, SeedLayer, SeedServer, SeedUser, at};

/// Makes what is missing of the seed, with `map_url` as the address of servers that name none.
pub async fn sow(seed: &Seed, gate: &Gate, map_url: String) -> anyhow::Result<()> {
    let table = gate.table().await;
    let secrets = gate
        .secrets()
        .await
        .map_err(|_| anyhow!("the keys cannot be read"))?;
    let roles = sow_roles(seed, table).await?;
    for user in &seed.users {
        sow_user(user, gate, table, &roles).await?;
    }
    for client in &seed.oauth2_clients {
        sow_client(&client.value, gate, table, &secrets).await?;
    }
    let there = table.ogc_servers().await?;
    for server in &seed.ogc_servers {
        let known = there.iter().find(|known| known.name == server.value.name);
        sow_server(&server.value, known, table, &roles, &map_url).await?;
    }
    Ok(())
}

async fn sow_roles(seed: &Seed, table: &Table) -> anyhow::Result<Roles> {
    loop {
        let mut roles = table.roles().await?;
        let before = roles.clone();
        for entry in &seed.roles {
            let role = &entry.value;
            let id = role.id.map(RoleId);
            // A role that is there from the start has nothing that could be overwritten.
            let to_make = roles
                .named(&role.name)
                .is_none_or(|known| known.functionalities.is_empty());
            let kept = roles.named(&role.name).map(|known| known.id);
            if id.is_some() && kept.is_some() && id != kept {
                return Err(at(
                    entry,
                    &format!("role {} is there already, with another id", role.name),
                ));
            }
            if to_make && roles.set(&role.name, id, role.functionalities.clone()).is_none() {
                return Err(at(
                    entry,
                    &format!("role {}: the id is another role's, or below 1", role.name),
                ));
            }
        }
        if roles == before || table.save_roles(&roles).await?.is_ok() {
            return Ok(roles);
        }
    }
}

fn ids(names: &[String], roles: &Roles) -> anyhow::Result<BTreeSet<RoleId>> {
    let id = |name: &String| {
        roles
            .named(name)
            .map(|role| role.id)
            .with_context(|| format!("no role {name}"))
    };
    names.iter().map(id).collect()
}

async fn sow_user(
    entry: &Spanned<SeedUser>,
    gate: &Gate,
    table: &Table,
    roles: &Roles,
) -> anyhow::Result<()> {
    let user = &entry.value;
    // Looked up first, since hashing takes its time at each start.
    if table.user(&user.username).await?.is_some() {
        return Ok(());
    }
    let password = match &user.password {
        Some(password) => Some(gate.hashing.hash(password).await?),
        None => user.password_hash.clone(),
    };
    let new = NewUser {
        username: user.username.clone(),
        id: user.id.map(UserId),
        display_name: user.display_name.clone().unwrap_or_else(|| user.username.clone()),
        email: user.email.clone(),
        roles: ids(&user.roles, roles)?,
        password,
        is_password_changed: user.is_password_changed,
        deactivated: user.deactivated,
        expire_on: user.expire_on,
        source: Source::Directory,
    };
    let now = gate.clock.now();
    let audit = AuditEntry::new(Event::UserCreated, now, gate.settings.audit_retention_days);
    let audit = audit.of(&user.username).detail("by", "seed file");
    match table.create_user(new, now, &audit).await? {
        CreateUser::Created(_) => Ok(()),
        CreateUser::NameTaken => Err(at(entry, &format!("user {}: the name is taken", user.username))),
        CreateUser::IdTaken => Err(at(entry, &format!("user {}: the id is taken", user.username))),
    }
}

async fn sow_client(
    client: &SeedClient,
    gate: &Gate,
    table: &Table,
    secrets: &Secrets,
) -> anyhow::Result<()> {
    if table.client(&client.client_id).await?.is_some() {
        return Ok(());
    }
    let now = gate.clock.now();
    let hash = |secret: &Secret| {
        let hash = client_secret_hash(secrets, now, &client.client_id, secret);
        hash.context("no data key is in force")
    };
    let client = client.record(client.secret.as_ref().map(hash).transpose()?, now)?;
    Ok(table.put_client(&client).await?)
}

async fn sow_server(
    server: &SeedServer,
    known: Option<&OgcServer>,
    table: &Table,
    roles: &Roles,
    map_url: &str,
) -> anyhow::Result<()> {
    let layer = |layer: &SeedLayer| {
        anyhow::Ok(Layer {
            name: layer.name.clone(),
            public: layer.public,
            roles: ids(&layer.roles, roles)?,
            write_roles: ids(&layer.write_roles, roles)?,
        })
    };
    let (server, layers) = match (known, &server.url) {
        (Some(_), Some(_)) => return Ok(()),
        // The map server has another port at each start; the rest stays.
        (Some(known), None) => {
            let moved = OgcServer {
                url: map_url.to_owned(),
                ..known.clone()
            };
            (moved, table.layers(&known.name).await?)
        }
        (None, url) => {
            let new = OgcServer {
                name: server.name.clone(),
                url: url.clone().unwrap_or_else(|| map_url.to_owned()),
                url_wfs: server.url_wfs.clone(),
                r#type: server.kind,
                auth: server.auth,
                default_access: server.default_access,
            };
            (new, server.layers.iter().map(layer).collect::<Result<_, _>>()?)
        }
    };
    Ok(table.put_ogc_server(&server, &layers).await?)
}

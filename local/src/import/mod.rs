//! `manage-users import`: what GeoMapFish's database held goes into the table.

mod line;
mod plan;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use futures_util::{StreamExt as _, stream};
use mapgate_core::gate::Gate;
use mapgate_core::oauth::client_secret_hash;
use mapgate_core::table::{AuditEntry, CreateUser, Event, Layer, NewUser, RoleId, Roles, Source, UserId};

use crate::manage_users::secrets;
use line::{ClientLine, Line, ServerLine, UserLine};
use plan::{At, Merged, Plan, lines};

/// How many users are written at once.
const AT_ONCE: usize = 16;
/// The most conflicts told line by line.
const MOST_CONFLICTS: usize = 20;
/// How often roles are written that met another change.
const TURNS: u32 = 8;

/// What became of one kind of thing.
#[derive(Debug, Default)]
struct Count {
    new: usize,
    unchanged: usize,
    conflicts: usize,
}

/// An import under way.
struct Import<'a> {
    gate: &'a Gate,
    conflicts: Vec<String>,
    more: usize,
}

/// What became of one entry: whether it is new, or why it cannot be there.
type Outcome = anyhow::Result<Result<bool, String>>;

/// Brings what the file holds. What cannot be brought is told by its line once the rest is done.
pub(crate) async fn import(gate: &Gate, file: &Path, output: &mut impl Write) -> anyhow::Result<()> {
    let plan = Plan::read(file)?;
    let mut import = Import {
        gate,
        conflicts: Vec::new(),
        more: 0,
    };
    let (roles, counted) = import.roles(&plan).await?;
    tell(output, "roles", &counted)?;
    let counted = import.users(file, &plan, &roles).await?;
    tell(output, "users", &counted)?;
    let mut counted = Count::default();
    for client in &plan.clients {
        let outcome = import.client(&client.value).await?;
        import.note(client.line, outcome, &mut counted);
    }
    tell(output, "OAuth2 clients", &counted)?;
    let mut counted = Count::default();
    for server in &plan.servers {
        let layers = plan.layers.get(&server.value.name);
        let outcome = import
            .server(&server.value, layers.into_iter().flatten(), &roles)
            .await?;
        if server.value.had_operation && matches!(outcome, Ok(true)) {
            writeln!(
                output,
                "line {}: OGC server {}: its URL is taken without SERVICE, REQUEST and VERSION",
                server.line, server.value.name
            )?;
        }
        import.note(server.line, outcome, &mut counted);
    }
    tell(output, "OGC servers with their layers", &counted)?;
    if import.conflicts.is_empty() {
        return Ok(());
    }
    let more = match import.more {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    bail!(
        "not everything was imported: {}{more}",
        import.conflicts.join("; ")
    )
}

fn tell(output: &mut impl Write, kind: &str, count: &Count) -> anyhow::Result<()> {
    let Count {
        new,
        unchanged,
        conflicts,
    } = count;
    let conflicts = match conflicts {
        0 => String::new(),
        conflicts => format!(", {conflicts} in conflict"),
    };
    Ok(writeln!(
        output,
        "{kind}: {new} new, {unchanged} unchanged{conflicts}"
    )?)
}

impl Import<'_> {
    fn note(&mut self, line: usize, outcome: Result<bool, String>, count: &mut Count) {
        match outcome {
            Ok(true) => count.new += 1,
            Ok(false) => count.unchanged += 1,
            Err(conflict) => {
                count.conflicts += 1;
                if self.conflicts.len() < MOST_CONFLICTS {
                    self.conflicts.push(format!("line {line}: {conflict}"));
                } else {
                    self.more += 1;
                }
            }
        }
    }

    fn audit(&self, event: Event) -> AuditEntry {
        let days = self.gate.settings.audit_retention_days;
        let entry = AuditEntry::new(event, self.gate.clock.now(), days);
        entry.detail("by", "manage-users import")
    }

    /// All roles in one write. Refuses the file where something names a role that is then not there.
    async fn roles(&mut self, plan: &Plan) -> anyhow::Result<(Roles, Count)> {
        let table = self.gate.table().await;
        let brought: Vec<_> = plan.roles.iter().map(|role| role.value.clone()).collect();
        for _ in 0..TURNS {
            let before = table.roles().await?;
            let mut roles = before.clone();
            // Only a conflict makes it worth to look whether any role is in use.
            let clash = roles.clone().adopt(&brought, false).iter().any(Result::is_err);
            let unused = clash && !table.has_users_or_servers().await?;
            let outcomes = roles.adopt(&brought, unused);
            let missing = plan.named.iter().find(|(role, _)| roles.named(role).is_none());
            if let Some((role, line)) = missing
                && !brought.iter().any(|brought| brought.name == *role)
            {
                bail!("nothing was imported: line {line}: there is no role {role}");
            }
            if roles != before {
                let audit = self
                    .audit(Event::Imported)
                    .detail("roles", brought.len().to_string());
                if table.save_roles_audited(&roles, &audit).await?.is_err() {
                    continue;
                }
            }
            let mut count = Count::default();
            for (role, outcome) in plan.roles.iter().zip(outcomes) {
                let At { line, value } = role;
                let moved = before
                    .named(&value.name)
                    .is_some_and(|known| known.id != value.id);
                let outcome = outcome
                    .map(|new| new || moved)
                    .map_err(|conflict| format!("role {}: {conflict}", value.name));
                self.note(*line, outcome, &mut count);
            }
            return Ok((roles, count));
        }
        bail!("nothing was imported: the roles keep changing meanwhile")
    }

    async fn users(&mut self, file: &Path, plan: &Plan, roles: &Roles) -> anyhow::Result<Count> {
        let mut count = Count::default();
        if plan.users == 0 {
            return Ok(count);
        }
        self.gate
            .table()
            .await
            .number_users_beyond(UserId(plan.last_user))
            .await?;
        let users = lines(file)?.filter_map(|line| match line {
            Err(fault) => Some(Err(fault)),
            Ok((number, text)) => match Line::parse(&text) {
                Ok(Line::User(user)) => Some(Ok((number, user))),
                Ok(_) => None,
                Err(fault) => Some(Err(
                    fault.context(format!("line {number}: the file was changed meanwhile"))
                )),
            },
        });
        let this = &*self;
        let mut written = stream::iter(users)
            .map(|user| async move {
                let (line, user) = user?;
                let outcome = this.user(user, roles).await;
                let outcome = outcome.with_context(|| format!("the import stopped at line {line}"))?;
                anyhow::Ok((line, outcome))
            })
            .buffer_unordered(AT_ONCE);
        let mut conflicts = Vec::new();
        while let Some(user) = written.next().await {
            match user? {
                (_, Ok(true)) => count.new += 1,
                (_, Ok(false)) => count.unchanged += 1,
                (line, Err(conflict)) => conflicts.push((line, conflict)),
            }
        }
        drop(written);
        conflicts.sort();
        for (line, conflict) in conflicts {
            self.note(line, Err(conflict), &mut count);
        }
        Ok(count)
    }

    async fn user(&self, line: UserLine, roles: &Roles) -> Outcome {
        let (username, id) = (line.username.clone(), UserId(line.id));
        let table = self.gate.table().await;
        let there = async || {
            let known = table.user(&username).await?;
            anyhow::Ok(known.map(|known| {
                if known.id == id {
                    Ok(false)
                } else {
                    Err(format!(
                        "user {username} is there already, with the id {}",
                        known.id.0
                    ))
                }
            }))
        };
        if let Some(outcome) = there().await? {
            return Ok(outcome);
        }
        let ids = match ids(&line.roles, roles) {
            Ok(ids) => ids,
            Err(role) => return Ok(Err(format!("user {username}: there is no role {role}"))),
        };
        let new = NewUser {
            display_name: line.display_name.unwrap_or_else(|| username.clone()),
            username: line.username,
            id: Some(id),
            email: line.email,
            roles: ids,
            password: line.password,
            is_password_changed: line.is_password_changed,
            deactivated: line.deactivated,
            expire_on: line.expire_on,
            source: Source::Directory,
        };
        let audit = self.audit(Event::UserCreated).of(&username);
        Ok(
            match table.create_user(new, self.gate.clock.now(), &audit).await? {
                CreateUser::Created(_) => Ok(true),
                CreateUser::IdTaken => Err(format!(
                    "user {username}: the id {} is or was another user's",
                    id.0
                )),
                CreateUser::NameTaken => there()
                    .await?
                    .unwrap_or_else(|| Err(format!("user {username}: a user has this name in another case"))),
            },
        )
    }

    async fn client(&self, line: &ClientLine) -> Outcome {
        let table = self.gate.table().await;
        if table.client(&line.client_id).await?.is_some() {
            return Ok(Ok(false));
        }
        let keys = secrets(self.gate).await?;
        let now = self.gate.clock.now();
        let hash = line.secret.as_ref().map(|secret| {
            let hash = client_secret_hash(&keys, now, &line.client_id, secret);
            hash.ok_or_else(|| anyhow!("no data key is in force"))
        });
        let client = line.record(hash.transpose()?, now)?;
        let audit = self
            .audit(Event::Imported)
            .detail("oauth2_client", &line.client_id);
        Ok(Ok(table.create_client(&client, &audit).await?))
    }

    async fn server(
        &self,
        line: &ServerLine,
        merged: impl Iterator<Item = (&String, &Merged)>,
        roles: &Roles,
    ) -> Outcome {
        let table = self.gate.table().await;
        if table
            .ogc_servers()
            .await?
            .iter()
            .any(|known| known.name == line.name)
        {
            return Ok(Ok(false));
        }
        let mut layers = Vec::new();
        for (name, merged) in merged {
            let read = ids(&merged.roles, roles);
            let write = ids(&merged.write_roles, roles);
            let (read, write) = match (read, write) {
                (Ok(read), Ok(write)) => (read, write),
                (Err(role), _) | (_, Err(role)) => {
                    return Ok(Err(format!(
                        "OGC server {}: layer {name}: there is no role {role}",
                        line.name
                    )));
                }
            };
            layers.push(Layer {
                name: name.clone(),
                public: merged.public,
                roles: read,
                write_roles: write,
            });
        }
        let audit = self.audit(Event::Imported).detail("ogc_server", &line.name);
        let audit = audit.detail("layers", layers.len().to_string());
        Ok(Ok(table
            .create_ogc_server(&line.record(), &layers, &audit)
            .await?))
    }
}

/// The numbers of roles; or the name of one that is not there.
fn ids<'a>(names: &'a BTreeSet<String>, roles: &Roles) -> Result<BTreeSet<RoleId>, &'a str> {
    let id = |name: &'a String| roles.named(name).map(|role| role.id).ok_or(name.as_str());
    names.iter().map(id).collect()
}

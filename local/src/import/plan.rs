//! A whole export, read through once: that it fits together, and all of it but the users, who may be many.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use mapgate_core::table::{Role, RoleId, normalized};

use super::line::{ClientLine, LayerLine, Line, ServerLine};

/// Longer than any line of an export.
const LONGEST_LINE: u64 = 1024 * 1024;
/// The most faults told; who has more has another problem.
const MOST_FAULTS: usize = 20;

/// An entry, and its line.
#[derive(Debug)]
pub(super) struct At<T> {
    pub(super) line: usize,
    pub(super) value: T,
}

/// What several tree items say of one layer.
#[derive(Debug)]
pub(super) struct Merged {
    pub(super) public: bool,
    pub(super) roles: BTreeSet<String>,
    pub(super) write_roles: BTreeSet<String>,
}

/// What is to be brought.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) roles: Vec<At<Role>>,
    pub(super) clients: Vec<At<ClientLine>>,
    pub(super) servers: Vec<At<ServerLine>>,
    /// By server and name.
    pub(super) layers: BTreeMap<String, BTreeMap<String, Merged>>,
    pub(super) users: usize,
    /// The greatest number of a user.
    pub(super) last_user: i64,
    /// Roles that something refers to, with the first line that does.
    pub(super) named: BTreeMap<String, usize>,
    layers_of: BTreeMap<String, usize>,
    seen: HashMap<(&'static str, String), usize>,
}

/// The lines of an export that are not empty, with their numbers.
pub(super) fn lines(path: &Path) -> anyhow::Result<impl Iterator<Item = anyhow::Result<(usize, Vec<u8>)>>> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let mut reader = BufReader::new(file);
    let mut number = 0;
    let next = move || {
        number += 1;
        let mut line = Vec::new();
        match reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
            Ok(0) => None,
            Ok(_) if !line.ends_with(b"\n") && line.len() as u64 == LONGEST_LINE => {
                Some(Err(anyhow!("line {number}: it is too long")))
            }
            Ok(_) => Some(Ok((number, line))),
            Err(fault) => Some(Err(anyhow!("line {number}: {fault}"))),
        }
    };
    let lines = std::iter::from_fn(next);
    Ok(lines.filter(|line| !matches!(line, Ok((_, text)) if text.trim_ascii().is_empty())))
}

impl Plan {
    /// Reads a file through. Refuses it as a whole, naming the lines.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let mut plan = Self::default();
        let mut faults = Vec::new();
        for line in lines(path)? {
            let (number, text) = line?;
            let taken = Line::parse(&text).and_then(|line| plan.take(number, line));
            if let Err(fault) = taken {
                faults.push(format!("line {number}: {fault:#}"));
            }
            if faults.len() > MOST_FAULTS {
                break;
            }
        }
        let servers: BTreeSet<&str> = plan
            .servers
            .iter()
            .map(|server| server.value.name.as_str())
            .collect();
        let homeless = plan
            .layers_of
            .iter()
            .filter(|(server, _)| !servers.contains(server.as_str()));
        faults.extend(
            homeless
                .map(|(server, line)| format!("line {line}: there is no OGC server {server} in this file")),
        );
        if faults.is_empty() {
            return Ok(plan);
        }
        let more = if faults.len() > MOST_FAULTS {
            "; and more"
        } else {
            ""
        };
        faults.truncate(MOST_FAULTS);
        bail!("nothing was imported: {}{more}", faults.join("; "))
    }

    fn take(&mut self, line: usize, entry: Line) -> anyhow::Result<()> {
        match entry {
            Line::Role(role) => {
                self.once("role", &role.name, line)?;
                self.once("role id", &role.id.to_string(), line)?;
                let value = Role {
                    id: RoleId(role.id),
                    name: role.name,
                    functionalities: role.functionalities,
                };
                self.roles.push(At { line, value });
            }
            Line::User(user) => {
                // Names that differ only in case cannot both exist.
                self.once("user", &normalized(&user.username).to_lowercase(), line)?;
                self.once("user id", &user.id.to_string(), line)?;
                self.name_roles(&user.roles, line);
                self.users += 1;
                self.last_user = self.last_user.max(user.id);
            }
            Line::Oauth2Client(value) => {
                self.once("OAuth2 client", &value.client_id, line)?;
                self.clients.push(At { line, value });
            }
            Line::OgcServer(value) => {
                self.once("OGC server", &value.name, line)?;
                self.servers.push(At { line, value });
            }
            Line::Layer(layer) => {
                self.name_roles(&layer.roles, line);
                self.name_roles(&layer.write_roles, line);
                self.layers_of.entry(layer.ogc_server.clone()).or_insert(line);
                self.merge(layer);
            }
        }
        Ok(())
    }

    fn once(&mut self, kind: &'static str, name: &str, line: usize) -> anyhow::Result<()> {
        match self.seen.insert((kind, name.to_owned()), line) {
            None => Ok(()),
            Some(before) => bail!("{kind} {name} is there twice, first in line {before}"),
        }
    }

    fn name_roles(&mut self, roles: &BTreeSet<String>, line: usize) {
        for role in roles {
            self.named.entry(role.clone()).or_insert(line);
        }
    }

    /// A layer is public where every tree item that names it is; else a role must be let in by each private one, as
    /// GeoMapFish hides a layer that any private item keeps from the user.
    fn merge(&mut self, layer: LayerLine) {
        let new = Merged {
            public: layer.public,
            roles: if layer.public {
                BTreeSet::new()
            } else {
                layer.roles
            },
            write_roles: layer.write_roles,
        };
        let layers = self.layers.entry(layer.ogc_server).or_default();
        let Some(known) = layers.get_mut(&layer.name) else {
            layers.insert(layer.name, new);
            return;
        };
        match (known.public, new.public) {
            (_, true) => {}
            (true, false) => (known.public, known.roles) = (false, new.roles),
            (false, false) => known.roles.retain(|role| new.roles.contains(role)),
        }
        known.write_roles.extend(new.write_roles);
    }
}

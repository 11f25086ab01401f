//! The work itself, which pages and API share: what an administrator asks is checked, written with its audit entry, and
//! given back as it then is.

mod audit;
mod clients;
mod layers;
mod offered;
mod roles;
mod servers;
mod users;

use std::collections::BTreeSet;

use aws_lc_rs::digest::{SHA256, digest};
use mapgate_core::clock::Timestamp;
use mapgate_core::gate::Gate;
use mapgate_core::table::{AuditEntry, Event, RoleId, Roles, Table};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::entering::Administrator;
use crate::fault::{Fault, Said, Wrongs};

pub(crate) use audit::{EntryShown, MailShown};
pub(crate) use clients::{ClientAsked, ClientMade, ClientShown};
pub(crate) use layers::{LayerAsked, LayerShown};
pub(crate) use offered::{AccessShown, LayersRefused, MADE_AT_ONCE, OfferedShown, PermissionShown, Whose};
pub(crate) use roles::{RoleAsked, RoleShown};
pub(crate) use servers::{ServerAsked, ServerShown};
pub(crate) use users::{Order, PasswordAsked, SessionShown, UserAsked, UserExport, UserShown};

/// How often a change is tried that meets another one, before the table counts as overloaded.
const TURNS: u32 = 6;

/// The longest name of anything, in bytes, as in GeoMapFish's tables.
const LONGEST_NAME: usize = 255;

/// An administrator's desk.
pub(crate) struct Desk<'a> {
    pub(crate) gate: &'a Gate,
    pub(crate) table: &'a Table,
    pub(crate) administrator: &'a Administrator,
}

/// A part of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Listed<T> {
    /// In the order asked for.
    pub(crate) items: Vec<T>,
    /// What to ask for as `after` to get the next ones; null at the end.
    pub(crate) next: Option<String>,
}

/// Which part of a list is asked for.
#[derive(Debug, Default)]
pub(crate) struct Part<'a> {
    pub(crate) prefix: &'a str,
    pub(crate) descending: bool,
    pub(crate) after: Option<&'a str>,
    pub(crate) limit: usize,
}

impl Desk<'_> {
    fn now(&self) -> Timestamp {
        self.gate.clock.now()
    }

    /// An entry of the trail that says who did it and from where.
    fn audit(&self, event: Event) -> AuditEntry {
        let days = self.gate.settings.audit_retention_days;
        AuditEntry::new(event, self.now(), days)
            .from(self.administrator.address)
            .detail("by", self.administrator.username.as_str())
    }
}

/// Something with an entity tag (RFC 9110 §8.8.3): it changes with all that can be changed.
pub(crate) trait Tagged: Serialize {
    /// The names of members that change by themselves, and count for nothing.
    const PASSING: &'static [&'static str] = &[];

    /// The tag, with its quotes.
    fn etag(&self) -> String {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        if let Some(members) = value.as_object_mut() {
            members.retain(|name, _| !Self::PASSING.contains(&name.as_str()));
        }
        let digest = digest(&SHA256, value.to_string().as_bytes());
        let short = digest.as_ref().get(..16).unwrap_or_default();
        format!("\"{}\"", hex::encode(short))
    }

    /// Refuses where the tags that the client knows are others. `*` is any (RFC 9110 §13.1.1).
    fn check(&self, if_match: Option<&str>) -> Result<(), Fault> {
        let Some(known) = if_match else { return Ok(()) };
        let etag = self.etag();
        let fits = known.trim() == "*" || known.split(',').any(|known| known.trim() == etag);
        if fits {
            Ok(())
        } else {
            Err(Fault::ChangedMeanwhile)
        }
    }
}

/// Whether it can be a name: something, not too long, without control characters or space around it, and nothing that a
/// URL's path could not hold (RFC 3986 §5.2.4).
fn is_name(name: &str) -> bool {
    let plain = !name.chars().any(char::is_control) && name.trim() == name;
    plain && (1..=LONGEST_NAME).contains(&name.len()) && ![".", ".."].contains(&name)
}

const NAME_FAULT: &str = "wrong-name";

/// The numbers of roles, by name.
fn role_ids(wrongs: &mut Wrongs, field: &'static str, names: &[String], roles: &Roles) -> BTreeSet<RoleId> {
    let id = |name: &String| {
        let role = roles.named(name);
        wrongs.unless(role.is_some(), field, Said::with("no-such-role", "role", name));
        role.map(|role| role.id)
    };
    names.iter().filter_map(id).collect()
}

/// The names of roles, by number; what is no role any more has none.
fn role_names(ids: &BTreeSet<RoleId>, roles: &Roles) -> Vec<String> {
    let names = ids.iter().filter_map(|id| roles.get(*id));
    names.map(|role| role.name.clone()).collect()
}

/// A list of names in one line, for the audit trail.
fn line(names: &[String]) -> String {
    names.join(", ")
}

/// What a form leaves out is what most want.
pub(crate) const fn yes() -> bool {
    true
}

/// A moment of RFC 3339, as JSON and forms have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = DateTime)]
pub(crate) struct Moment(pub(crate) String);

impl From<Timestamp> for Moment {
    fn from(moment: Timestamp) -> Self {
        Self(moment.rfc3339())
    }
}

//! Roles, and the functionalities that they bring.

use std::collections::BTreeMap;

use mapgate_core::table::{ANONYMOUS, Event, INTRANET, REGISTERED, Role, RoleId, Roles};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Desk, Listed, TURNS, Tagged, is_name};
use crate::fault::{Fault, Said, Wrongs};

/// GeoMapFish's functionalities: name → values.
type Functionalities = BTreeMap<String, Vec<String>>;

/// A role.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoleShown {
    /// The number, which MapServer knows from `%role_ids%`. Never used again.
    pub(crate) id: i64,
    /// The name.
    pub(crate) name: String,
    /// Functionalities: name → values.
    pub(crate) functionalities: Functionalities,
    /// Whether mapgate itself refers to the role: it can neither be renamed nor deleted.
    pub(crate) built_in: bool,
}

impl Tagged for RoleShown {}

/// What is asked of a role.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleAsked {
    /// The name; no comma or semicolon, which separate names where servers are told of them.
    #[schema(min_length = 1, max_length = 255, pattern = "^[^,;]+$")]
    pub(crate) name: String,
    /// Functionalities: name, without `=`, → values, at least one.
    #[serde(default)]
    pub(crate) functionalities: Functionalities,
}

impl From<&Role> for RoleShown {
    fn from(role: &Role) -> Self {
        Self {
            id: role.id.0,
            name: role.name.clone(),
            functionalities: role.functionalities.clone(),
            built_in: role.is_built_in(),
        }
    }
}

impl RoleShown {
    /// Whether nobody is given it: who a request acts for and where it comes from give it.
    pub(crate) fn is_implied(&self) -> bool {
        [ANONYMOUS, INTRANET, REGISTERED].contains(&self.name.as_str())
    }
}

impl RoleAsked {
    fn check(&self) -> Result<(), Fault> {
        let mut wrongs = Wrongs::default();
        let right = is_name(&self.name) && !self.name.contains([',', ';']);
        wrongs.unless(right, "name", "wrong-role-name");
        for (name, values) in &self.functionalities {
            // The page has them as lines of `name=value`: what such lines cannot say, saving it would change.
            let right = is_name(name) && !name.contains('=');
            wrongs.unless(right, "functionalities", "wrong-functionality-name");
            let plain = |value: &String| !value.chars().any(char::is_control) && value.trim() == value;
            let right = !values.is_empty() && values.iter().all(plain);
            wrongs.unless(right, "functionalities", "wrong-functionality-value");
        }
        wrongs.done()
    }
}

/// The functionalities in one line, for the audit trail.
fn line(functionalities: &Functionalities) -> String {
    let pairs = functionalities.iter().flat_map(|(name, values)| {
        let pair = move |value: &String| format!("{name}={value}");
        values.iter().map(pair)
    });
    pairs.collect::<Vec<_>>().join(", ")
}

impl Desk<'_> {
    /// All roles, in the order they were made.
    pub(crate) async fn roles(&self) -> Result<Listed<RoleShown>, Fault> {
        let roles = self.table.roles().await?;
        Ok(Listed {
            items: roles.iter().map(RoleShown::from).collect(),
            next: None,
        })
    }

    /// One role.
    pub(crate) async fn role(&self, id: i64) -> Result<RoleShown, Fault> {
        let roles = self.table.roles().await?;
        found(&roles, id).map(RoleShown::from)
    }

    /// Makes a role.
    pub(crate) async fn create_role(&self, asked: &RoleAsked) -> Result<RoleShown, Fault> {
        asked.check()?;
        for _ in 0..TURNS {
            let mut roles = self.table.roles().await?;
            if roles.named(&asked.name).is_some() {
                return Err(taken());
            }
            let id = roles.set(&asked.name, None, asked.functionalities.clone());
            let id = id.ok_or_else(taken)?;
            let audit = self.audit(Event::RoleCreated).changes([
                ("name", String::new(), asked.name.clone()),
                ("functionalities", String::new(), line(&asked.functionalities)),
            ]);
            let audit = audit.detail("id", id.0.to_string());
            if self.table.save_roles_audited(&roles, &audit).await?.is_ok() {
                return found(&roles, id.0).map(RoleShown::from);
            }
        }
        Err(Fault::ChangedMeanwhile)
    }

    /// Changes a role. One that is built in keeps its name.
    pub(crate) async fn change_role(
        &self,
        id: i64,
        asked: &RoleAsked,
        if_match: Option<&str>,
    ) -> Result<RoleShown, Fault> {
        asked.check()?;
        for _ in 0..TURNS {
            let mut roles = self.table.roles().await?;
            let before = found(&roles, id)?.clone();
            RoleShown::from(&before).check(if_match)?;
            if before.is_built_in() && before.name != asked.name {
                return Err(Fault::Conflict(Said::with("built-in-name", "role", before.name)));
            }
            if !roles.change(RoleId(id), &asked.name, asked.functionalities.clone()) {
                return Err(taken());
            }
            let audit = self.audit(Event::RoleChanged).changes([
                ("name", before.name.clone(), asked.name.clone()),
                (
                    "functionalities",
                    line(&before.functionalities),
                    line(&asked.functionalities),
                ),
            ]);
            let audit = audit.detail("id", id.to_string()).detail("role", before.name);
            if self.table.save_roles_audited(&roles, &audit).await?.is_ok() {
                return found(&roles, id).map(RoleShown::from);
            }
        }
        Err(Fault::ChangedMeanwhile)
    }

    /// Takes a role away: from then on nobody has it, and layers that name it are open to one role less.
    pub(crate) async fn delete_role(&self, id: i64, if_match: Option<&str>) -> Result<(), Fault> {
        for _ in 0..TURNS {
            let mut roles = self.table.roles().await?;
            let before = found(&roles, id)?.clone();
            RoleShown::from(&before).check(if_match)?;
            if !roles.remove(RoleId(id)) {
                return Err(Fault::Conflict(Said::with("built-in", "role", before.name)));
            }
            let audit = self.audit(Event::RoleDeleted).changes([
                ("name", before.name.clone(), String::new()),
                ("functionalities", line(&before.functionalities), String::new()),
            ]);
            let audit = audit.detail("id", id.to_string());
            if self.table.save_roles_audited(&roles, &audit).await?.is_ok() {
                return Ok(());
            }
        }
        Err(Fault::ChangedMeanwhile)
    }

    /// The users who have a role, by name. Those of `anonymous`, `intranet` and `registered` are nowhere written.
    pub(crate) async fn members(
        &self,
        id: i64,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listed<super::UserShown>, Fault> {
        let roles = self.table.roles().await?;
        let role = found(&roles, id)?.id;
        let page = self.table.members(role, after, limit).await?;
        Ok(Listed {
            items: self.show_users(&page.users, &roles).await?,
            next: page.next,
        })
    }
}

fn found(roles: &Roles, id: i64) -> Result<&Role, Fault> {
    roles.get(RoleId(id)).ok_or(Fault::NotFound("role"))
}

fn taken() -> Fault {
    Fault::Conflict("taken-role".into())
}

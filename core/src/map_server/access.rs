//! Which layers of a server somebody may read and change, asked by themselves or by an administrator who looks as them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{NotAnswered, Server};
use crate::clock::Timestamp;
use crate::identity::Identity;
use crate::ogc::{AccessList, Service, Tree, access};
use crate::table::{Roles, Table, TableError};

/// Whose access is looked at.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Who a request of theirs would act for. An inactive account has no identity: it acts for nobody.
    pub identity: Identity,
    /// The user name, unless it is a set of roles.
    pub username: Option<String>,
    /// False for an account that is deactivated or has expired.
    pub active: bool,
}

/// A name that no user, or no role, has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownName {
    /// A user's.
    #[error("the user is unknown")]
    User,
    /// A role's.
    #[error("the role {0} is unknown")]
    Role(String),
}

impl Seen {
    /// Who asks.
    #[must_use]
    pub fn own(identity: &Identity) -> Self {
        Self {
            identity: identity.clone(),
            username: identity.user.as_ref().map(|user| user.username.clone()),
            active: true,
        }
    }

    /// A user, as seen from outside the intranet. `all` are the roles there are.
    pub async fn user(
        table: &Table,
        now: Timestamp,
        all: &Arc<Roles>,
        username: &str,
    ) -> Result<Result<Self, UnknownName>, TableError> {
        let Some(user) = table.user(username).await? else {
            return Ok(Err(UnknownName::User));
        };
        let (username, active) = (user.username.clone(), user.is_active(now));
        Ok(Ok(Self {
            identity: Identity {
                user: Some(user).filter(|_| active),
                ..Identity::stranger(all)
            },
            username: Some(username),
            active,
        }))
    }

    /// A set of roles, and `anonymous`, which every request has.
    pub fn roles<'a>(
        all: &Arc<Roles>,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, UnknownName> {
        let id = |name: &str| {
            let role = all.named(name);
            role.map(|role| role.id)
                .ok_or_else(|| UnknownName::Role(name.to_owned()))
        };
        let ids: BTreeSet<_> = names.into_iter().map(id).collect::<Result<_, _>>()?;
        Ok(Self {
            identity: Identity {
                looked_through: ids,
                ..Identity::stranger(all)
            },
            username: None,
            active: true,
        })
    }
}

/// What [`look`] found.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The layers, and what may be done with them.
    pub list: AccessList,
    /// The services whose layers could not be read.
    pub unread: Vec<Service>,
}

/// The services that [`look`] looks at, in the order in which they are told.
pub const LOOKED_AT: [Service; 2] = [Service::Wms, Service::Wfs];

/// Which layers somebody may read and change, from what the services of [`LOOKED_AT`] list.
///
/// Refuses where none could be read, and where groups matter that are unknown: without them nobody knows what a rule closes.
pub fn look(
    server: &Server,
    seen: &Seen,
    read: &[(Service, Result<Arc<Tree>, NotAnswered>)],
) -> Result<Shown, NotAnswered> {
    let (mut trees, mut unread, mut failed) = (Vec::new(), Vec::new(), None);
    let mut wms = None;
    for (service, tree) in read {
        match tree {
            Ok(tree) => {
                if *service == Service::Wms {
                    wms = Some(tree);
                }
                trees.push((*service, tree.as_ref()));
            }
            Err(error) if *service == Service::Wms && server.groups_matter() => return Err(*error),
            Err(error) => {
                unread.push(*service);
                failed = Some(*error);
            }
        }
    }
    if let Some(error) = failed.filter(|_| trees.is_empty()) {
        return Err(error);
    }
    let role_ids = seen.identity.role_ids().into_iter().map(|role| role.0);
    Ok(Shown {
        list: access(server.program(), &trees, &server.rules(wms), &role_ids.collect()),
        unread,
    })
}

//! `GET /mapserv_proxy/{ogcserver}/access`: which layers somebody may read and change, and through which role.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use http::request;
use mapgate_core::gate::Gate;
use mapgate_core::http::{Failure, Reach, json_error, private};
use mapgate_core::identity::{Identity, Scheme};
use mapgate_core::oauth::{ADMIN, MAP, has_scope};
use mapgate_core::ogc::{AccessList, LayerAccess, OgcError, Params, Permission, Service, Tree, access};
use mapgate_core::table::{ROLE_ADMIN, Role, RoleId, Roles};
use serde_json::{Value, json};

use crate::Proxy;
use crate::fault::Fault;
use crate::servers::Server;

/// The services that are looked at, in the order in which they are told.
const SERVICES: [Service; 2] = [Service::Wms, Service::Wfs];

/// Whose access is told.
struct Of {
    username: Option<String>,
    /// False for an account that is deactivated or has expired: it has no identity.
    active: bool,
    role_ids: BTreeSet<RoleId>,
}

/// Tells a user of their own access: the layers that they may read, nothing of others. An administrator is told of every
/// layer, and may ask for another user (`user`) or for a set of roles (`roles`, separated by commas or repeated).
pub async fn get(
    State(proxy): State<Arc<Proxy>>,
    name: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Failure> {
    let (parts, _) = request.into_parts();
    // One that is not UTF-8 is no server's.
    let name = name.map_or_else(|_| String::new(), |Path(name)| name);
    let identity = proxy.gate.identify_at(&parts, Reach::Own, Some(&name)).await?;
    let response = match told(&proxy, &name, &parts, &identity).await {
        Ok(told) => Json(told).into_response(),
        Err(Fault::Failure(failure)) => failure.into_response(),
        Err(Fault::Ogc(status, error)) => json_error(status, &error.text),
    };
    Ok(proxy.gate.reissue(&identity, private(response)).await)
}

async fn told(
    proxy: &Proxy,
    name: &str,
    parts: &request::Parts,
    identity: &Identity,
) -> Result<Value, Fault> {
    let admin = administers(identity)?;
    let of = asked_for(&proxy.gate, parts, identity, admin).await?;
    let server = proxy.server(Some(name)).await?;
    let mut trees: Vec<(Service, Arc<Tree>)> = Vec::new();
    let mut unread = Vec::new();
    let mut fault = None;
    for service in SERVICES {
        match proxy.trees.read(&proxy.gate, server.url(service), service).await {
            Ok(tree) => trees.push((service, tree)),
            // Without its groups nobody knows what a rule closes.
            Err(fault) if service == Service::Wms && server.groups_matter() => return Err(fault),
            Err(error) => {
                unread.push(service.as_str());
                fault = Some(error);
            }
        }
    }
    if let Some(fault) = fault.filter(|_| trees.is_empty()) {
        return Err(fault);
    }
    let list = of.list(&server, &trees);
    let layers = list
        .layers
        .iter()
        .filter(|layer| admin || layer.read.is_allowed());
    let layers: Vec<Value> = layers.map(|each| layer(each, &identity.roles, admin)).collect();
    let mut told = json!({
        "ogcserver": server.record.name,
        "username": of.username,
        "active": of.active,
        "roles": roles(of.role_ids.iter().map(|role| role.0), &identity.roles),
        "layers": layers,
        "unread_services": unread,
    });
    if admin && let Some(told) = told.as_object_mut() {
        told.insert("idle_rules".to_owned(), json!(list.idle_rules));
    }
    Ok(told)
}

impl Of {
    fn list(&self, server: &Server, trees: &[(Service, Arc<Tree>)]) -> AccessList {
        let wms = trees.iter().find(|(service, _)| *service == Service::Wms);
        let rules = server.rules(wms.map(|(_, tree)| tree));
        let trees: Vec<(Service, &Tree)> = trees
            .iter()
            .map(|(service, tree)| (*service, tree.as_ref()))
            .collect();
        let role_ids = self.role_ids.iter().map(|role| role.0).collect();
        access(server.program(), &trees, &rules, &role_ids)
    }
}

/// Whether the request is an administrator's; with an access token it needs the scope `admin` as well. Refuses strangers,
/// and tokens that are not for maps.
fn administers(identity: &Identity) -> Result<bool, Failure> {
    let is_admin = identity.has_role(ROLE_ADMIN);
    let granted = match &identity.scheme {
        Scheme::Bearer { scope, .. } if !has_scope(scope, MAP) => {
            return Err(Failure::InsufficientScope(MAP));
        }
        Scheme::Bearer { scope, .. } => has_scope(scope, ADMIN),
        _ => true,
    };
    if identity.user.is_none() {
        return Err(Failure::Unauthorized("nobody is logged in".to_owned()));
    }
    Ok(is_admin && granted)
}

/// Whose access is asked for. Refuses, with the same 403, to tell anybody but an administrator of others.
async fn asked_for(
    gate: &Gate,
    parts: &request::Parts,
    identity: &Identity,
    admin: bool,
) -> Result<Of, Failure> {
    let bad = |error: OgcError| Failure::BadRequest(error.text);
    let params = Params::parse(parts.uri.query().unwrap_or_default()).map_err(bad)?;
    if !admin && params.iter().any(|(name, _)| matches!(name, "USER" | "ROLES")) {
        let text = "only an administrator may ask for others";
        return Err(Failure::Forbidden(text.to_owned()));
    }
    let user = params.filled("USER").map_err(bad)?;
    let names = params.iter().filter(|(name, _)| *name == "ROLES");
    let names = names.flat_map(|(_, value)| value.split(','));
    let names: Vec<&str> = names.map(str::trim).filter(|name| !name.is_empty()).collect();
    match (user, names.as_slice()) {
        (None, []) => Ok(Of {
            username: identity.user.as_ref().map(|user| user.username.clone()),
            active: true,
            role_ids: identity.role_ids(),
        }),
        (Some(username), []) => other_user(gate, identity, username).await,
        (None, names) => some_roles(identity, names),
        (Some(_), _) => Err(Failure::BadRequest("either user or roles".to_owned())),
    }
}

/// A user, as seen from outside the intranet.
async fn other_user(gate: &Gate, identity: &Identity, username: &str) -> Result<Of, Failure> {
    let user = gate.table().await.user(username).await?;
    let user = user.ok_or_else(|| Failure::BadRequest("the user is unknown".to_owned()))?;
    let (username, active) = (user.username.clone(), user.is_active(gate.clock.now()));
    let as_them = Identity {
        user: Some(user).filter(|_| active),
        scheme: Scheme::Anonymous,
        is_intranet: false,
        roles: identity.roles.clone(),
    };
    Ok(Of {
        username: Some(username),
        active,
        role_ids: as_them.role_ids(),
    })
}

/// These roles, and `anonymous`, which every request has.
fn some_roles(identity: &Identity, names: &[&str]) -> Result<Of, Failure> {
    let stranger = Identity {
        user: None,
        scheme: Scheme::Anonymous,
        is_intranet: false,
        roles: identity.roles.clone(),
    };
    let mut role_ids = stranger.role_ids();
    for name in names {
        let role = identity.roles.named(name);
        let role = role.ok_or_else(|| Failure::BadRequest(format!("the role {name} is unknown")))?;
        role_ids.insert(role.id);
    }
    Ok(Of {
        username: None,
        active: true,
        role_ids,
    })
}

/// A layer; why something is refused is for administrators.
fn layer(layer: &LayerAccess, all: &Roles, admin: bool) -> Value {
    let permission = |permission: &Permission| {
        if !admin && !permission.is_allowed() {
            return json!({ "allowed": false });
        }
        let services = permission.services.iter().map(|service| service.as_str());
        json!({
            "allowed": permission.is_allowed(),
            "services": services.collect::<Vec<_>>(),
            "because": permission.because.as_str(),
            "roles": roles(permission.roles.iter().copied(), all),
        })
    };
    json!({ "name": layer.name, "read": permission(&layer.read), "write": permission(&layer.write) })
}

fn roles(ids: impl Iterator<Item = i64>, all: &Roles) -> Vec<Value> {
    let known = ids.filter_map(|id| all.get(RoleId(id)));
    known
        .map(|Role { id, name, .. }| json!({ "name": name, "id": id.0 }))
        .collect()
}

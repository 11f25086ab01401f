//! `GET /mapserv_proxy/{ogcserver}/access`: which layers somebody may read and change, and through which role.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use futures_util::future::join_all;
use http::{Uri, request};
use mapgate_core::gate::Gate;
use mapgate_core::http::{Failure, Reach, json_error, private};
use mapgate_core::identity::{Identity, Scheme};
use mapgate_core::map_server::{LOOKED_AT, Seen, Shown, UnknownName, look};
use mapgate_core::oauth::{ADMIN, MAP, has_scope};
use mapgate_core::ogc::{LayerAccess, OgcError, Params, Permission};
use mapgate_core::table::{ROLE_ADMIN, Role, RoleId, Roles};
use serde_json::{Value, json};

use crate::Proxy;
use crate::fault::Fault;
use crate::mapserv_proxy::proxied;
use crate::sent::Sent;

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

/// `GET /mapserv_proxy/{ogcserver}/access/{service}`: the capabilities of `wms` or `wfs` as another user gets them (`user`), or
/// whoever has a set of roles (`roles`); through the proxy as any request of theirs. For administrators alone.
pub async fn capabilities(
    State(proxy): State<Arc<Proxy>>,
    path: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Result<Response, Failure> {
    let (mut parts, _) = request.into_parts();
    let Ok(Path((name, service))) = path else {
        return Err(Failure::NotFound);
    };
    let identity = proxy.gate.identify_at(&parts, Reach::Own, Some(&name)).await?;
    if !administers(&identity)? {
        let text = "only an administrator may look as others";
        return Err(Failure::Forbidden(text.to_owned()));
    }
    let seen = asked_for(&proxy.gate, parts.uri.query(), &identity, true).await?;
    let query = match service.as_str() {
        "wms" => "/?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetCapabilities",
        "wfs" => "/?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetCapabilities",
        _ => return Err(Failure::NotFound),
    };
    parts.uri = Uri::from_static(query);
    let sent = Sent::query(&parts);
    let answered = proxied(&proxy, Some(&name), &parts, &seen.identity, &sent).await;
    let response = answered.unwrap_or_else(|fault| fault.into_response(sent.form()));
    // It is the administrator's answer, whatever the capabilities of those looked as allow.
    Ok(proxy.gate.reissue(&identity, private(response)).await)
}

async fn told(
    proxy: &Proxy,
    name: &str,
    parts: &request::Parts,
    identity: &Identity,
) -> Result<Value, Fault> {
    let admin = administers(identity)?;
    let seen = asked_for(&proxy.gate, parts.uri.query(), identity, admin).await?;
    let server = proxy.server(Some(name)).await?;
    // At once: one after the other, a server that hangs would outlast the function.
    let trees = LOOKED_AT.map(async |service| {
        let tree = proxy.trees.read(&proxy.gate, server.url(service), service).await;
        (service, tree)
    });
    let Shown { list, unread } = look(&server, &seen, &join_all(trees).await)?;
    let role_ids = seen.identity.role_ids();
    let layers = list
        .layers
        .iter()
        .filter(|layer| admin || layer.read.is_allowed());
    let layers: Vec<Value> = layers.map(|each| layer(each, &identity.roles, admin)).collect();
    let mut told = json!({
        "ogcserver": server.record.name,
        "username": seen.username,
        "active": seen.active,
        "roles": roles(role_ids.iter().map(|role| role.0), &identity.roles),
        "layers": layers,
        "unread_services": unread.iter().map(|service| service.as_str()).collect::<Vec<_>>(),
    });
    if admin && let Some(told) = told.as_object_mut() {
        told.insert("idle_rules".to_owned(), json!(list.idle_rules));
    }
    Ok(told)
}

/// Whether the request is an administrator's, by the administration's own rule: an access token needs the scope `admin`, and
/// Basic and a URL login open maps, not this. Refuses strangers, and tokens that are not for maps.
fn administers(identity: &Identity) -> Result<bool, Failure> {
    let is_admin = identity.has_role(ROLE_ADMIN);
    let granted = match &identity.scheme {
        Scheme::Bearer { scope, .. } if !has_scope(scope, MAP) => {
            return Err(Failure::InsufficientScope(MAP));
        }
        Scheme::Bearer { scope, .. } => has_scope(scope, ADMIN),
        Scheme::Basic | Scheme::UrlLogin => false,
        Scheme::Ticket { .. } | Scheme::TrustedHeader | Scheme::Anonymous => true,
    };
    if identity.user.is_none() {
        return Err(Failure::Unauthorized("nobody is logged in".to_owned()));
    }
    Ok(is_admin && granted)
}

/// Whose access is asked for. Refuses, with the same 403, to tell anybody but an administrator of others.
async fn asked_for(
    gate: &Gate,
    query: Option<&str>,
    identity: &Identity,
    admin: bool,
) -> Result<Seen, Failure> {
    let bad = |error: OgcError| Failure::BadRequest(error.text);
    let unknown = |error: UnknownName| Failure::BadRequest(error.to_string());
    let params = Params::parse(query.unwrap_or_default()).map_err(bad)?;
    if !admin && params.iter().any(|(name, _)| matches!(name, "USER" | "ROLES")) {
        let text = "only an administrator may ask for others";
        return Err(Failure::Forbidden(text.to_owned()));
    }
    let user = params.filled("USER").map_err(bad)?;
    let names = params.iter().filter(|(name, _)| *name == "ROLES");
    let names = names.flat_map(|(_, value)| value.split(','));
    let names: Vec<&str> = names.map(str::trim).filter(|name| !name.is_empty()).collect();
    match (user, names.as_slice()) {
        (None, []) => Ok(Seen::own(identity)),
        (Some(username), []) => {
            let (table, now) = (gate.table().await, gate.clock.now());
            let seen = Seen::user(table, now, &identity.roles, username).await?;
            seen.map_err(unknown)
        }
        (None, names) => Seen::roles(&identity.roles, names.iter().copied()).map_err(unknown),
        (Some(_), _) => Err(Failure::BadRequest("either user or roles".to_owned())),
    }
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

//! What a map server is told of the user: parameters or headers, as its kind of `auth` has it.

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use mapgate_core::identity::Identity;
use mapgate_core::map_server::Server;
use mapgate_core::ogc::{OgcCode, OgcError, Params};
use mapgate_core::table::Auth;

use crate::fault::Fault;

/// The parameters that a server's run-time substitution reads. They come last, since there the last one wins.
pub fn own_parameters(server: &Server, identity: &Identity) -> Params {
    let mut own = Params::default();
    if server.record.auth != Auth::Standard {
        return own;
    }
    let ids: Vec<String> = identity
        .role_ids()
        .iter()
        .map(|role| role.0.to_string())
        .collect();
    let user_id = identity.user.as_ref().map_or(-1, |user| user.id.0);
    let mut substitutions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in identity.functionality("mapserver_substitution") {
        if let Some((name, value)) = entry.split_once('=') {
            let values = substitutions.entry(format!("s_{name}")).or_default();
            values.push(value.to_owned());
        } else {
            tracing::warn!(entry, "mapserver_substitution needs name=value");
        }
    }
    for (name, values) in substitutions {
        own.push(&name, &values.join(","));
    }
    own.push("role_ids", &ids.join(","));
    own.push("user_id", &user_id.to_string());
    own
}

/// The headers by which `GeoServer` knows a user (`auth: geoserver`); none for a stranger.
///
/// A servlet reads a header as ISO-8859-1, so that is what it gets. A user whose name cannot be written so is refused with
/// 403: told by other bytes, or by roles alone, they would be somebody else there. A role that cannot is left out, which
/// only takes rights away, and so is one with a separator in it, which would be two.
pub fn own_headers(server: &Server, identity: &Identity) -> Result<HeaderMap, Fault> {
    let mut headers = HeaderMap::new();
    let Some(user) = identity
        .user
        .as_ref()
        .filter(|_| server.record.auth == Auth::Geoserver)
    else {
        return Ok(headers);
    };
    let username = latin1(&user.username).and_then(|name| HeaderValue::from_bytes(&name).ok());
    let Some(username) = username else {
        tracing::error!(
            user = user.username,
            server = server.record.name,
            "a user name that GeoServer's headers cannot carry (ISO-8859-1)"
        );
        let text = "This map server cannot be told your user name.";
        let error = OgcError::new(OgcCode::NoApplicableCode, text);
        return Err(Fault::Ogc(StatusCode::FORBIDDEN, error));
    };
    let ids = identity.role_ids();
    let roles = ids.iter().filter_map(|id| identity.roles.get(*id));
    let roles: Vec<Vec<u8>> = roles
        .filter_map(|role| {
            let written = latin1(&role.name).filter(|_| !role.name.contains([';', ',']));
            if written.is_none() {
                tracing::warn!(role = role.name, "a role that GeoServer's headers cannot carry");
            }
            written
        })
        .collect();
    let roles = HeaderValue::from_bytes(&roles.join(&b';')).map_err(|_| {
        let text = "The map server cannot be told who asks.";
        Fault::backend(StatusCode::BAD_GATEWAY, text)
    })?;
    headers.insert(HeaderName::from_static("sec-username"), username);
    headers.insert(HeaderName::from_static("sec-roles"), roles);
    Ok(headers)
}

/// A name in ISO-8859-1; none where that has no such characters, or where a reader would drop some of it: white space at
/// its ends, control characters.
fn latin1(name: &str) -> Option<Vec<u8>> {
    let plain = !name.is_empty() && name.trim() == name && !name.contains(char::is_control);
    let bytes: Option<Vec<u8>> = name.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    bytes.filter(|_| plain)
}

//! Scopes (RFC 6749 §3.3).

use std::collections::BTreeSet;

/// Opens map routes.
pub const MAP: &str = "map";
/// Asks for an `id_token` (OpenID Connect Core §3.1.2.1).
pub const OPENID: &str = "openid";
/// Opens `/admin/api`.
pub const ADMIN: &str = "admin";

/// What a client has where none are registered on it.
const USUAL: [&str; 4] = [MAP, OPENID, "profile", "email"];
const KNOWN: [&str; 5] = [MAP, OPENID, "profile", "email", ADMIN];

/// A scope that nobody knows, or that the client may not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the client may not have this scope")]
pub struct InvalidScope;

/// The scopes to grant, separated by spaces: those asked for, or without a request the client's own less `admin`.
///
/// `registered` is empty for a client with the usual ones. Refuses a scope that is unknown or not the client's.
pub fn grant_scope(requested: Option<&str>, registered: &[String]) -> Result<String, InvalidScope> {
    let own: Vec<&str> = if registered.is_empty() {
        USUAL.to_vec()
    } else {
        registered
            .iter()
            .map(String::as_str)
            .filter(|scope| KNOWN.contains(scope))
            .collect()
    };
    let Some(requested) = requested.filter(|scopes| !scopes.trim_matches(' ').is_empty()) else {
        return Ok(own
            .into_iter()
            .filter(|scope| *scope != ADMIN)
            .collect::<Vec<_>>()
            .join(" "));
    };
    let mut seen = BTreeSet::new();
    let mut granted = Vec::new();
    for scope in requested.split(' ').filter(|scope| !scope.is_empty()) {
        if !own.contains(&scope) {
            return Err(InvalidScope);
        }
        if seen.insert(scope) {
            granted.push(scope);
        }
    }
    Ok(granted.join(" "))
}

/// Whether `scope` stands in `granted`.
#[must_use]
pub fn has_scope(granted: &str, scope: &str) -> bool {
    granted.split(' ').any(|one| one == scope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_request_it_is_the_clients_own_less_admin() {
        assert_eq!(grant_scope(None, &[]).unwrap(), "map openid profile email");
        assert_eq!(
            grant_scope(Some(" "), &["admin".into(), "map".into()]).unwrap(),
            "map"
        );
    }

    #[test]
    fn what_is_not_the_clients_is_refused() {
        assert_eq!(grant_scope(Some("map email map"), &[]).unwrap(), "map email");
        assert_eq!(grant_scope(Some("admin"), &["admin".into()]).unwrap(), "admin");
        for scope in ["admin", "maps", "map,openid", "map\topenid"] {
            assert_eq!(grant_scope(Some(scope), &[]), Err(InvalidScope), "{scope}");
        }
    }
}

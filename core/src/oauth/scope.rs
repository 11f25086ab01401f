//! Scopes (RFC 6749 §3.3).

use std::collections::BTreeSet;

/// Opens map routes.
pub const MAP: &str = "map";
/// Asks for an `id_token` (OpenID Connect Core §3.1.2.1).
pub const OPENID: &str = "openid";
/// Opens the user's names and roles at the userinfo endpoint (OpenID Connect Core §5.4) and at `/loginuser`.
pub const PROFILE: &str = "profile";
/// Opens the e-mail address there (the same).
pub const EMAIL: &str = "email";
/// Opens `/admin/api`.
pub const ADMIN: &str = "admin";

/// What a client has where none are registered on it.
const USUAL: [&str; 4] = [MAP, OPENID, PROFILE, EMAIL];
/// Every scope there is.
pub const KNOWN_SCOPES: [&str; 5] = [MAP, OPENID, PROFILE, EMAIL, ADMIN];

/// A scope that nobody knows, or that the client may not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the client may not have this scope")]
pub struct InvalidScope;

/// The scopes to grant, separated by spaces: those asked for, or without a request the client's own less `admin`.
///
/// `registered` is empty for a client with the usual ones. Refuses a scope that is unknown or not the client's, and
/// a request that would get none at all (RFC 6749 §3.3).
pub fn grant_scope(requested: Option<&str>, registered: &[String]) -> Result<String, InvalidScope> {
    let own = own(registered);
    match names(requested) {
        None => joined(own.into_iter().filter(|scope| *scope != ADMIN).collect()),
        Some(requested) => within(requested, &own),
    }
}

/// The scopes of a refreshed access token: those asked for, or all that were granted, as far as the client still has
/// them registered.
///
/// Refuses a scope that was not granted (RFC 6749 §6), and a request that would get none at all.
pub fn narrow_scope(
    requested: Option<&str>,
    granted: &str,
    registered: &[String],
) -> Result<String, InvalidScope> {
    let own = own(registered);
    let granted: Vec<&str> = granted.split(' ').filter(|scope| own.contains(scope)).collect();
    match names(requested) {
        None => joined(granted),
        Some(requested) => within(requested, &granted),
    }
}

/// A client's own scopes, as far as anyone knows them.
fn own(registered: &[String]) -> Vec<&str> {
    if registered.is_empty() {
        return USUAL.to_vec();
    }
    let registered = registered.iter().map(String::as_str);
    registered.filter(|scope| KNOWN_SCOPES.contains(scope)).collect()
}

/// The scopes named; `None` where none is.
fn names(requested: Option<&str>) -> Option<Vec<&str>> {
    let names: Vec<&str> = requested?.split(' ').filter(|scope| !scope.is_empty()).collect();
    (!names.is_empty()).then_some(names)
}

fn within(requested: Vec<&str>, allowed: &[&str]) -> Result<String, InvalidScope> {
    let mut seen = BTreeSet::new();
    let mut granted = Vec::new();
    for scope in requested {
        if !allowed.contains(&scope) {
            return Err(InvalidScope);
        }
        if seen.insert(scope) {
            granted.push(scope);
        }
    }
    joined(granted)
}

fn joined(scopes: Vec<&str>) -> Result<String, InvalidScope> {
    if scopes.is_empty() {
        return Err(InvalidScope);
    }
    Ok(scopes.join(" "))
}

/// Whether anyone knows `scope`.
pub(super) fn is_known(scope: &str) -> bool {
    KNOWN_SCOPES.contains(&scope)
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

    #[test]
    fn a_token_without_any_scope_is_not_given() {
        assert_eq!(grant_scope(None, &["admin".into()]), Err(InvalidScope));
        assert_eq!(grant_scope(None, &["unheard-of".into()]), Err(InvalidScope));
    }

    #[test]
    fn a_refresh_narrows_and_never_widens() {
        assert_eq!(narrow_scope(None, "map email", &[]).unwrap(), "map email");
        assert_eq!(narrow_scope(Some("email"), "map email", &[]).unwrap(), "email");
        assert_eq!(narrow_scope(Some("openid"), "map email", &[]), Err(InvalidScope));
        assert_eq!(narrow_scope(Some("map"), "", &[]), Err(InvalidScope));
        // What an administrator took from the client since is gone.
        let registered = ["map".to_owned()];
        assert_eq!(narrow_scope(None, "map admin", &registered).unwrap(), "map");
        assert_eq!(
            narrow_scope(Some("admin"), "map admin", &registered),
            Err(InvalidScope)
        );
    }
}

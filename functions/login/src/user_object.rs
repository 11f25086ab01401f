//! The object by which a portal knows who one is, as GeoMapFish has it.

use mapgate_core::identity::Identity;
use mapgate_core::oauth::{EMAIL, PROFILE};
use mapgate_core::settings::Settings;
use mapgate_core::table::{Roles, User};
use serde_json::{Value, json};

/// The object for `user`, who just logged in.
pub(crate) fn user_object(settings: &Settings, user: &User, roles: &Roles, is_intranet: bool) -> Value {
    object(settings, Some(user), roles, is_intranet, &|_| true)
}

/// The object for who the request acts for, or for an anonymous one. A program with an access token sees what the
/// token's scopes open, as at the userinfo endpoint, and the user's name, by which backends know him.
pub(crate) fn identity_object(settings: &Settings, identity: &Identity) -> Value {
    let (user, roles) = (identity.user.as_ref(), &identity.roles);
    let may_know = |scope: &str| identity.may_know(scope);
    object(settings, user, roles, identity.is_intranet, &may_know)
}

/// It names the user's own roles only; the functionalities are those of these roles, with the fallbacks of the implied
/// ones. They are the portal's settings for the request, so that no scope hides them.
fn object(
    settings: &Settings,
    user: Option<&User>,
    roles: &Roles,
    is_intranet: bool,
    may_know: &dyn Fn(&str) -> bool,
) -> Value {
    let authentication = &settings.authentication;
    let by_provider = authentication.openid_connect.is_some();
    let own = user.map(|user| user.roles.clone()).unwrap_or_default();
    let mut object = json!({
        "functionalities": roles.functionalities(&own, user.is_some(), is_intranet),
        "is_intranet": is_intranet,
        "login_type": if by_provider { "oidc" } else { "local" },
        "two_factor_enable": authentication.two_factor,
    });
    let Some(user) = user else { return object };
    object["username"] = json!(user.username);
    if may_know(PROFILE) {
        let own = own.iter().filter_map(|id| roles.get(*id));
        object["display_name"] = json!(user.display_name);
        object["roles"] = own
            .map(|role| json!({ "name": role.name, "id": role.id }))
            .collect();
    }
    if may_know(EMAIL) {
        object["email"] = json!(user.email);
    }
    object
}

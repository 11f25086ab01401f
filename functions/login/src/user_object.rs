//! The object by which a portal knows who one is, as GeoMapFish has it.

use mapgate_core::settings::Settings;
use mapgate_core::table::{Roles, User};
use serde_json::{Value, json};

/// The object for `user`, or for an anonymous request. It names the user's own roles only; the functionalities are
/// those of these roles, with the fallbacks of the implied ones.
pub(crate) fn user_object(
    settings: &Settings,
    user: Option<&User>,
    roles: &Roles,
    is_intranet: bool,
) -> Value {
    let authentication = &settings.authentication;
    let by_provider = authentication.openid_connect.is_some();
    let own = user.map(|user| user.roles.clone()).unwrap_or_default();
    let mut object = json!({
        "functionalities": roles.functionalities(&own, user.is_some(), is_intranet),
        "is_intranet": is_intranet,
        "login_type": if by_provider { "oidc" } else { "local" },
        "two_factor_enable": authentication.two_factor && !by_provider,
    });
    if let Some(user) = user {
        let own = own.iter().filter_map(|id| roles.get(*id));
        object["username"] = json!(user.username);
        object["display_name"] = json!(user.display_name);
        object["email"] = json!(user.email);
        object["roles"] = own
            .map(|role| json!({ "name": role.name, "id": role.id }))
            .collect();
    }
    object
}

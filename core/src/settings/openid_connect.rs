//! `vars.authentication.openid_connect`.

use std::collections::BTreeMap;

use super::Secret;

/// Another provider that logs users in, with `GeoMapFish`'s keys.
#[derive(Debug, Clone)]
pub struct OpenidConnect {
    /// The issuer; its metadata is at `<url>/.well-known/openid-configuration`.
    pub url: String,
    /// This gatekeeper's client id there.
    pub client_id: String,
    /// The client's secret; `None`: a public client.
    pub client_secret: Option<Secret>,
    /// The scopes asked for.
    pub scopes: Vec<String>,
    /// Whether claims are read from the userinfo endpoint rather than the id token.
    pub query_user_info: bool,
    /// Whether an unknown user is created.
    pub create_user: bool,
    /// Whether roles come from the provider.
    pub provide_roles: bool,
    /// Which field finds the user.
    pub match_field: UserField,
    /// Which fields are overwritten at each login.
    pub update_fields: Vec<UserField>,
    /// Which claim fills which field.
    pub user_info_fields: UserInfoFields,
    /// Further parameters of the authorization request.
    pub login_extra_params: BTreeMap<String, String>,
    /// Further audiences that an id token may name.
    pub trusted_audiences: Vec<String>,
}

/// A field of a user that a provider can fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum UserField {
    /// `username`
    Username,
    /// `display_name`
    DisplayName,
    /// `email`
    Email,
}

/// The claim that fills each field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserInfoFields {
    /// By default `sub`.
    pub username: String,
    /// By default `name`.
    pub display_name: String,
    /// By default `email`.
    pub email: String,
}

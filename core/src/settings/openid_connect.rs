//! `vars.authentication.openid_connect`.

use std::collections::BTreeMap;

use url::Url;

use super::Secret;
use super::section::Section;

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
    /// Which fields are overwritten at each login; `username` never is.
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
    /// The role names, with `provide_roles`; by default `roles`.
    pub roles: String,
}

impl OpenidConnect {
    /// `None` unless `enabled`; the keys are checked either way.
    pub(super) fn read(section: Section<'_>) -> Option<Self> {
        let enabled = section.boolean("enabled", false);
        let text = |text: &str| Ok(text.to_owned());
        let url = section.required("url", enabled, "an https URL", issuer);
        let client_id = section.required("client_id", enabled, "text", text);
        let openid_connect = Self {
            url: url.unwrap_or_default(),
            client_id: client_id.unwrap_or_default(),
            client_secret: section.secret("client_secret", |_| Ok(())),
            scopes: section
                .list("scopes", "[openid, profile, email]", text)
                .unwrap_or_else(|| ["openid", "profile", "email"].map(str::to_owned).to_vec()),
            query_user_info: section.boolean("query_user_info", false),
            create_user: section.boolean("create_user", false),
            provide_roles: section.boolean("provide_roles", false),
            match_field: section
                .value("match_field", "username", MATCH_FIELDS, match_field)
                .unwrap_or(UserField::Username),
            update_fields: section
                .list("update_fields", "[]", user_field)
                .unwrap_or_default(),
            user_info_fields: UserInfoFields::read(section.section("user_info_fields")),
            login_extra_params: section
                .pairs("login_extra_params", |_, value| text(value))
                .into_iter()
                .collect(),
            trusted_audiences: section.list("trusted_audiences", "[]", text).unwrap_or_default(),
        };
        if enabled && !openid_connect.scopes.iter().any(|scope| scope == "openid") {
            section.fault("scopes", "must hold openid");
        }
        if let Some(own) = OWN_PARAMS
            .iter()
            .find(|own| openid_connect.login_extra_params.contains_key(**own))
        {
            section.fault("login_extra_params", &format!("{own} is mapgate's own to set"));
        }
        if openid_connect.update_fields.contains(&UserField::Username) {
            section
                .log()
                .warn("vars.authentication.openid_connect.update_fields: username has no effect, since a user's name never changes");
        }
        openid_connect.check_matching(&section, enabled);
        section.finish(|key| key == "ignore_unknown_roles");
        enabled.then_some(openid_connect)
    }
}

impl OpenidConnect {
    /// What finds an account must be what the provider vouches for.
    fn check_matching(&self, section: &Section<'_>, enabled: bool) {
        let fields = &self.user_info_fields;
        if self.match_field == UserField::Email && fields.email != "email" {
            section.fault(
                "match_field",
                "email needs user_info_fields.email: email, the one claim that email_verified speaks of",
            );
        }
        if enabled && self.match_field == UserField::Username && fields.username != "sub" {
            section.log().warn(format!(
                "vars.authentication.openid_connect.user_info_fields.username: accounts are found by the claim {}; be \
                 sure that no user of the provider can choose it",
                fields.username
            ));
        }
    }
}

impl UserInfoFields {
    fn read(section: Section<'_>) -> Self {
        let claim =
            |field: &str, default: &str| section.text(field, default).unwrap_or_else(|| default.to_owned());
        let fields = Self {
            username: claim("username", "sub"),
            display_name: claim("display_name", "name"),
            email: claim("email", "email"),
            roles: claim("roles", "roles"),
        };
        section.finish(|key| key == "settings_role");
        fields
    }
}

/// What an authorization request says itself (OpenID Connect Core 1.0 §3.1.2.1, RFC 7636 §4.3).
const OWN_PARAMS: [&str; 10] = [
    "client_id",
    "client_secret",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "redirect_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
];

const MATCH_FIELDS: &str = "username or email";

fn match_field(text: &str) -> Result<UserField, String> {
    user_field(text)
        .ok()
        .filter(|field| *field != UserField::DisplayName)
        .ok_or_else(|| MATCH_FIELDS.to_owned())
}

fn user_field(text: &str) -> Result<UserField, String> {
    match text {
        "username" => Ok(UserField::Username),
        "display_name" => Ok(UserField::DisplayName),
        "email" => Ok(UserField::Email),
        _ => Err("username, display_name or email".to_owned()),
    }
}

/// An issuer as `OpenID` Connect Discovery 1.0 has it; plain http only on this machine.
fn issuer(text: &str) -> Result<String, String> {
    let text = text.trim();
    let is_issuer = |url: &Url| {
        let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        (url.scheme() == "https" || url.scheme() == "http" && local)
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    };
    // Kept as it is written: an issuer is compared byte by byte.
    Url::parse(text)
        .ok()
        .filter(is_issuer)
        .map(|_| text.to_owned())
        .ok_or_else(|| "an https URL".to_owned())
}

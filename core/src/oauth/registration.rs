//! What must hold of a client before it is stored: the table takes only one that was checked here.

use super::redirect_uri::valid_redirect_uri;
use super::scope;
use crate::table::{CheckedClient, Client, MAX_CLIENT_ID};

/// Why a client cannot be registered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadClient {
    /// Its identifier is empty, too long, or has other than printable characters.
    #[error("a client's id has 1 to {MAX_CLIENT_ID} bytes, and no control characters")]
    Id,
    /// It is public and has nowhere to send a code to. One with a secret may be a resource server, which needs none.
    #[error("there is no redirect URI")]
    NoRedirectUri,
    /// A code must not go there: see [`valid_redirect_uri`].
    #[error("the redirect URI {0} is neither https nor of this machine")]
    RedirectUri(String),
    /// Nobody knows it.
    #[error("there is no scope {0}")]
    Scope(String),
    /// A public client without PKCE (RFC 9700 §2.1.1).
    #[error("a client without a secret must use PKCE")]
    Pkce,
}

impl BadClient {
    /// The name of the field that is wrong.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Id => "client_id",
            Self::NoRedirectUri | Self::RedirectUri(_) => "redirect_uris",
            Self::Scope(_) => "scopes",
            Self::Pkce => "pkce_required",
        }
    }
}

/// `client`, to be stored; the first reason where it may not be.
pub fn check_client(client: Client) -> Result<CheckedClient, BadClient> {
    let id = client.client_id.as_str();
    // `.` and `..` are no segments of a path (RFC 3986 §5.2.4), where the administration has it.
    let plain = !id.chars().any(char::is_control) && id.trim() == id && ![".", ".."].contains(&id);
    if !(1..=MAX_CLIENT_ID).contains(&id.len()) || !plain {
        return Err(BadClient::Id);
    }
    if client.is_public() && client.redirect_uris.is_empty() {
        return Err(BadClient::NoRedirectUri);
    }
    if let Some(uri) = client.redirect_uris.iter().find(|uri| !valid_redirect_uri(uri)) {
        return Err(BadClient::RedirectUri(uri.clone()));
    }
    if let Some(scope) = client.scopes.iter().find(|scope| !scope::is_known(scope)) {
        return Err(BadClient::Scope(scope.clone()));
    }
    if client.is_public() && !client.pkce_required {
        return Err(BadClient::Pkce);
    }
    Ok(CheckedClient::of(client))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    fn checked(change: impl FnOnce(&mut Client)) -> Result<(), BadClient> {
        let mut client = Client {
            client_id: "qgis".to_owned(),
            secret_hash: Some("hash".to_owned()),
            redirect_uris: vec!["http://127.0.0.1:7070/".to_owned()],
            state_required: false,
            pkce_required: false,
            single_session: true,
            scopes: Vec::new(),
            made_at: Timestamp::from_seconds(1),
        };
        change(&mut client);
        check_client(client).map(drop)
    }

    #[test]
    fn t10_what_could_not_be_used_safely_is_not_registered() {
        assert_eq!(checked(|_| {}), Ok(()));
        for id in [
            "",
            "a\0b",
            "a\n",
            " a",
            "a ",
            ".",
            "..",
            &"x".repeat(MAX_CLIENT_ID + 1),
        ] {
            assert_eq!(
                checked(|client| client.client_id = id.to_owned()),
                Err(BadClient::Id),
                "{id}"
            );
        }
        let id = "x".repeat(MAX_CLIENT_ID);
        assert_eq!(checked(|client| client.client_id = id), Ok(()));
        for uri in [
            "http://maps.example.com/",
            "javascript:alert(1)",
            "https://a/#f",
            "",
        ] {
            let refused = checked(|client| client.redirect_uris.push(uri.to_owned()));
            assert_eq!(refused, Err(BadClient::RedirectUri(uri.to_owned())));
        }
        for scope in ["maps", "", "map openid", "Map"] {
            let refused = checked(|client| client.scopes = vec!["map".to_owned(), scope.to_owned()]);
            assert_eq!(refused, Err(BadClient::Scope(scope.to_owned())));
        }
        let public = |pkce_required| {
            checked(|client| {
                client.secret_hash = None;
                client.pkce_required = pkce_required;
            })
        };
        assert_eq!((public(true), public(false)), (Ok(()), Err(BadClient::Pkce)));
    }

    #[test]
    fn only_a_client_with_a_secret_can_do_without_a_redirect_uri() {
        assert_eq!(checked(|client| client.redirect_uris.clear()), Ok(()));
        let public = checked(|client| {
            client.redirect_uris.clear();
            (client.secret_hash, client.pkce_required) = (None, true);
        });
        assert_eq!(public, Err(BadClient::NoRedirectUri));
    }
}

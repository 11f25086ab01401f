//! What more than one function knows of OAuth2: redirect URIs, PKCE, scopes, resources, codes, refresh tokens, keys and
//! the verification of access tokens. Signing is oauth-token's alone.

mod access_token;
mod client_secret;
mod code;
mod keys;
pub mod pkce;
mod redirect_uri;
mod refresh_token;
mod resource;
mod registration;
mod scope;

pub use access_token::{Claims, InvalidToken, TokenVerifier, id_token_subject};
pub use client_secret::{client_secret_hash, client_secret_verifies};
pub use code::{CodeToken, code_hash, code_verifies};
pub use keys::{BadKey, PublicKey, key_pair};
pub use redirect_uri::{RedirectMatch, is_loopback, match_redirect_uri, valid_redirect_uri};
pub use refresh_token::RefreshToken;
pub use registration::{BadClient, check_client};
pub use resource::{Resource, is_known_resource};
pub use scope::{
    ADMIN, EMAIL, InvalidScope, KNOWN_SCOPES, MAP, OPENID, PROFILE, grant_scope, has_scope, narrow_scope,
};

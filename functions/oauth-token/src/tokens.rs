//! The tokens handed out: signing, and the answer's form (RFC 6749 §5.1, RFC 9068, OpenID Connect Core 1.0).

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use axum::Json;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use mapgate_core::clock::Timestamp;
use mapgate_core::gate::Gate;
use mapgate_core::http::{Failure, uncached};
use mapgate_core::measure::{self, Count};
use mapgate_core::oauth::{Claims, OPENID, RefreshToken, has_scope, key_pair};
use mapgate_core::secrets::Secrets;
use mapgate_core::settings::Secret;
use mapgate_core::table::Grant;
use serde::Serialize;
use serde_json::json;

use crate::error::TokenError;

/// The longest life of a token family, however often it is refreshed.
const FAMILY: Duration = Duration::from_hours(90 * 24);

/// When a family begun at `created_at` dies unless refreshed after `now`.
pub(crate) fn family_expires_at(gate: &Gate, created_at: Timestamp, now: Timestamp) -> Timestamp {
    let sliding = gate.settings.authentication.oauth2_refresh_expire;
    now.plus(sliding).min(created_at.plus(FAMILY))
}

/// What signs tokens at one moment.
pub(crate) struct Signer<'a> {
    gate: &'a Gate,
    secrets: &'a Secrets,
    now: Timestamp,
    kid: &'a str,
    key: EncodingKey,
}

/// What a client is given.
#[derive(Debug)]
pub(crate) struct Tokens {
    access_token: Secret,
    expires_in: i64,
    refresh_token: Secret,
    scope: String,
    id_token: Option<Secret>,
}

/// The claims of an id token (OpenID Connect Core 1.0, 2). Its audience is the client alone, so that it needs no `azp`.
#[derive(Serialize)]
struct IdToken<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    exp: i64,
    iat: i64,
    auth_time: i64,
    at_hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
}

/// Binds an id token to the access token beside it: the left half of its hash (OpenID Connect Core 1.0, 3.1.3.6).
fn at_hash(access_token: &Secret) -> String {
    let hash = digest(&SHA256, access_token.expose_bytes());
    let (left, _) = hash.as_ref().split_at(16);
    URL_SAFE_NO_PAD.encode(left)
}

impl<'a> Signer<'a> {
    /// With the key that signs at `now`; unavailable where none is in force or it is none.
    pub(crate) fn new(gate: &'a Gate, secrets: &'a Secrets, now: Timestamp) -> Result<Self, Failure> {
        let key = secrets
            .jwt_signing(now)
            .ok_or_else(|| missing("no jwt key is in force"))?;
        let der = key_pair(key).map_err(|error| missing(&format!("{}: {error}", key.kid)))?;
        Ok(Self {
            gate,
            secrets,
            now,
            kid: &key.kid,
            key: EncodingKey::from_ec_der(der.secret_pkcs8_der()),
        })
    }

    /// The tokens of a family as it stands, the access token with `scope`; with `openid` in it an id token too, which
    /// repeats `nonce`.
    pub(crate) fn tokens(
        &self,
        grant: &Grant,
        scope: String,
        nonce: Option<&str>,
    ) -> Result<Tokens, TokenError> {
        // A token must not outlive its family, or `expires_in` would promise too much.
        let lifetime = self.gate.settings.authentication.oauth2_token_expire;
        let expires_at = self.now.plus(lifetime).min(grant.expires_at).seconds();
        let base_url = self.gate.settings.base_url.as_str();
        let claims = Claims {
            iss: base_url.to_owned(),
            sub: grant.user_id.0.to_string(),
            aud: grant.resource.clone().unwrap_or_else(|| base_url.to_owned()),
            exp: expires_at,
            iat: self.now.seconds(),
            auth_time: grant.auth_time.seconds(),
            jti: self.gate.random.token::<16>()?,
            client_id: grant.key.client_id.clone(),
            scope: scope.clone(),
            username: grant.key.username.clone(),
            sid: grant.key.family.clone(),
            single: grant.key.single,
        };
        let refresh = RefreshToken {
            grant: grant.key.clone(),
            counter: grant.counter,
        };
        let refresh = refresh.sign(self.secrets, self.now);
        let access_token = self.sign("at+jwt", &claims)?;
        let id_token = has_scope(&scope, OPENID).then(|| {
            let id = IdToken {
                iss: &claims.iss,
                sub: &claims.sub,
                aud: &claims.client_id,
                exp: claims.exp,
                iat: claims.iat,
                auth_time: claims.auth_time,
                at_hash: at_hash(&access_token),
                nonce,
            };
            self.sign("JWT", &id)
        });
        measure::count(Count::Tokens);
        Ok(Tokens {
            id_token: id_token.transpose()?,
            access_token,
            expires_in: expires_at - self.now.seconds(),
            refresh_token: refresh.ok_or_else(|| missing("no data key is in force"))?,
            scope,
        })
    }

    /// `typ` keeps the kinds of tokens apart (RFC 8725 §3.11).
    fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<Secret, Failure> {
        let header = Header {
            typ: Some(typ.to_owned()),
            kid: Some(self.kid.to_owned()),
            ..Header::new(Algorithm::ES256)
        };
        let signed = jsonwebtoken::encode(&header, claims, &self.key);
        signed
            .map(Secret::new)
            .map_err(|error| missing(&error.to_string()))
    }
}

fn missing(reason: &str) -> Failure {
    tracing::error!(reason, "tokens cannot be signed");
    Failure::Unavailable
}

impl IntoResponse for Tokens {
    fn into_response(self) -> Response {
        let mut body = json!({
            "access_token": self.access_token.expose(),
            "token_type": "Bearer",
            "expires_in": self.expires_in,
            "refresh_token": self.refresh_token.expose(),
            "scope": self.scope,
        });
        if let Some(id_token) = self.id_token {
            body["id_token"] = id_token.expose().into();
        }
        uncached(Json(body).into_response())
    }
}

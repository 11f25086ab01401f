//! Access tokens in `Authorization: Bearer` (RFC 6750 §2.1). One in the query string is no token.

use std::sync::Arc;

use super::{Known, Parts, Refused, Scheme, secrets_again};
use crate::clock::Timestamp;
use crate::oauth::{Claims, InvalidToken, Resource};
use crate::settings::Secret;
use crate::table::{Holder, IdentityRecord};

/// The user for whom the token was issued, where its family still stands and it is for this route: at `ogc_server`'s, or
/// at one that is no server's.
pub(super) async fn identify(
    parts: Parts<'_>,
    token: &Secret,
    ogc_server: Option<&str>,
) -> Result<Known, Refused> {
    let claims = access_token(parts, token).await?.ok_or(Refused::Bearer)?;
    let now = parts.clock.now();
    if !Resource::of(&claims.aud, &parts.settings.base_url).counts_at(ogc_server) {
        tracing::info!(aud = claims.aud, "an access token for something else was refused");
        return Err(Refused::Bearer);
    }

    let grant = claims.grant();
    let stands = |record: &IdentityRecord| {
        let holder = record.holder(&grant, parts.settings.authentication.two_factor, now);
        holder.is_some_and(|(user, _)| user.id.0.to_string() == claims.sub)
    };
    // The token's seconds are rounded down: it may have been made just after the cached read.
    let made_at = Timestamp::from_seconds(claims.iat.saturating_add(1));
    let cache = &parts.memory.cache;
    let record = cache
        .record(parts, &claims.username, Holder::Grant(&grant), made_at, stands)
        .await?;
    let scheme = Scheme::Bearer {
        scope: claims.scope.clone(),
        client_id: claims.client_id.clone(),
    };
    record.map(|record| (record, scheme)).ok_or(Refused::Bearer)
}

/// The claims of an access token that is genuine and in time, whatever it is for. Says nothing of user and family.
pub async fn access_token(parts: Parts<'_>, token: &Secret) -> Result<Option<Arc<Claims>>, Refused> {
    let secrets = parts.keyring.current().await?;
    let (base, now) = (parts.settings.base_url.as_str(), parts.clock.now());
    let tokens = &parts.memory.tokens;
    let mut claims = tokens.verify(token.expose(), &secrets, base, now);
    if claims == Err(InvalidToken::UnknownKey)
        && let Some(secrets) = secrets_again(parts, &secrets).await?
    {
        claims = tokens.verify(token.expose(), &secrets, base, now);
    }
    Ok(claims
        .inspect_err(|reason| tracing::info!(%reason, "an access token was refused"))
        .ok())
}

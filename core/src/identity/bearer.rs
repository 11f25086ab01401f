//! Access tokens in `Authorization: Bearer` (RFC 6750 §2.1). One in the query string is no token.

use super::{Known, Parts, Refused, Scheme, secrets_again};
use crate::clock::Timestamp;
use crate::oauth::InvalidToken;
use crate::settings::Secret;
use crate::table::{Holder, IdentityRecord};

/// The user for whom the token was issued, where its family still stands.
pub(super) async fn identify(parts: Parts<'_>, token: &Secret) -> Result<Known, Refused> {
    let secrets = parts.keyring.current().await?;
    let (base, now) = (parts.settings.base_url.as_str(), parts.clock.now());
    let tokens = &parts.memory.tokens;
    let mut claims = tokens.verify(token.expose(), &secrets, base, now);
    if claims == Err(InvalidToken::UnknownKey)
        && let Some(secrets) = secrets_again(parts, &secrets).await?
    {
        claims = tokens.verify(token.expose(), &secrets, base, now);
    }
    let claims = claims.map_err(|reason| {
        tracing::info!(%reason, "an access token was refused");
        Refused::Bearer
    })?;

    let grant = claims.grant();
    let stands = |record: &IdentityRecord| {
        let user = record
            .user
            .as_ref()
            .filter(|user| user.is_active(now) && user.is_password_changed);
        let grant = record
            .grant
            .as_ref()
            .filter(|grant| grant.key == claims.grant() && !grant.revoked);
        user.zip(grant).is_some_and(|(user, grant)| {
            user.id == grant.user_id
                && user.generation == grant.generation
                && user.id.0.to_string() == claims.sub
        })
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

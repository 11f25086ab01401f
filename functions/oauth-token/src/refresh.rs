//! `grant_type=refresh_token` (RFC 6749 §6), with rotation (RFC 9700 §4.14.2).

use std::time::Duration;

use mapgate_core::clock::Timestamp;
use mapgate_core::oauth::{RefreshToken, narrow_scope};
use mapgate_core::table::{Client, Event, Grant, Rotation};

use crate::call::Call;
use crate::error::TokenError;
use crate::token::check_resource;
use crate::tokens::{Signer, Tokens, family_expires_at};

/// Nothing more is said of a token that is unknown, used, expired, another client's, or whose user changed.
const NOT_VALID: TokenError = TokenError::InvalidGrant("the refresh token is not valid, or no longer");

/// How long a used token still gives its successor: a client that lost the reply must not be logged out.
const GRACE: Duration = Duration::from_secs(10);

/// How often a refresh that others overtook looks again. Each turn means that another one got through.
const TURNS: usize = 4;

/// How a token stands to its family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It is the one in force.
    InForce,
    /// It was the one before, a moment ago, and its successor has not been used.
    JustUsed,
    /// It was used long since, or never given out.
    Reused,
}

/// Exchanges a refresh token for the next one of its family.
///
/// Refuses one that is unknown, expired or another client's, and a scope beyond the one granted. One that was used
/// before ends the family.
pub(crate) async fn refresh(call: &Call<'_>, signer: &Signer<'_>) -> Result<Tokens, TokenError> {
    let text = call.form.get("refresh_token");
    let text = text.ok_or(TokenError::InvalidRequest("refresh_token is missing"))?;
    let Some(token) = RefreshToken::verify(text, &call.secrets) else {
        call.client().await?;
        return Err(NOT_VALID);
    };
    for _ in 0..TURNS {
        if let Some(tokens) = turn(call, signer, &token).await? {
            return Ok(tokens);
        }
    }
    Err(NOT_VALID)
}

/// One look at the family; `None` where another refresh came between look and rotation.
async fn turn(
    call: &Call<'_>,
    signer: &Signer<'_>,
    token: &RefreshToken,
) -> Result<Option<Tokens>, TokenError> {
    let (client, mut grant) = client_and_grant(call, token).await?;
    check_resource(call, grant.resource.as_deref())?;
    let scope = narrow_scope(call.form.get("scope"), &grant.scope, &client.scopes)?;
    let (table, username) = (call.gate.table().await, grant.key.username.clone());
    let two_factor = call.gate.settings.authentication.two_factor;
    match standing(token.counter, &grant, call.now) {
        Standing::InForce => {
            let expires_at = family_expires_at(call.gate, grant.created_at, call.now);
            let audit = call.audit(Event::TokenRefreshed, &username);
            let limit = call.limit();
            let rotated = table.rotate_grant(&grant, two_factor, expires_at, limit, call.now, &audit);
            match rotated.await? {
                Rotation::Rotated => {
                    grant.counter += 1;
                    grant.expires_at = expires_at;
                }
                Rotation::UserChanged => return Err(NOT_VALID),
                Rotation::Overtaken => return Ok(None),
                Rotation::TooMany => return Err(call.reached().await),
            }
        }
        Standing::JustUsed => match table
            .repeat_rotation(&grant, two_factor, call.limit(), call.now)
            .await?
        {
            Rotation::Rotated => {}
            Rotation::UserChanged | Rotation::Overtaken => return Err(NOT_VALID),
            Rotation::TooMany => return Err(call.reached().await),
        },
        Standing::Reused => {
            let audit = call.audit(Event::RefreshTokenReused, &username);
            table.revoke_grant(&grant.key, &audit).await?;
            return Err(NOT_VALID);
        }
    }
    // The nonce was for the answer to the code (OpenID Connect Core 1.0, 12.2).
    signer.tokens(&grant, scope, None).map(Some)
}

/// The client, authenticated, and the family of its token, where that still lives.
async fn client_and_grant(call: &Call<'_>, token: &RefreshToken) -> Result<(Client, Grant), TokenError> {
    let table = call.gate.table().await;
    let (client, grant) = table
        .client_and_grant(&call.credentials.client_id, &call.wrong_secrets, &token.grant)
        .await?;
    let client = call.authenticated(client).await?;
    // With one session a user, another family may have taken the place.
    let grant =
        grant.filter(|grant| grant.key == token.grant && grant.is_given_to(&client) && grant.lives(call.now));
    Ok((client, grant.ok_or(NOT_VALID)?))
}

fn standing(counter: i64, grant: &Grant, now: Timestamp) -> Standing {
    if counter == grant.counter {
        Standing::InForce
    } else if counter + 1 == grant.counter && now.since(grant.rotated_at) < GRACE {
        Standing::JustUsed
    } else {
        Standing::Reused
    }
}

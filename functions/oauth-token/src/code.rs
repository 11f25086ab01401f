//! `grant_type=authorization_code` (RFC 6749 §4.1.3, RFC 7636 §4.5).

use mapgate_core::oauth::{CodeToken, code_verifies, pkce};
use mapgate_core::table::{Client, Code, CodeStage, Event, Grant, GrantKey, Redemption};

use crate::call::Call;
use crate::error::TokenError;
use crate::token::check_resource;
use crate::tokens::{Signer, Tokens, family_expires_at};

/// Nothing more is said of a code that is unknown, used, expired or another client's.
const NOT_VALID: TokenError = TokenError::InvalidGrant("the code is not valid, or no longer");

/// How a request does not fit the code it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Misfit {
    /// Something is missing or too late, which tells nothing of who asks: the code is left as it is.
    Lacking(&'static str),
    /// Something is wrong, as when a stranger has the code: it is burnt.
    Wrong(&'static str),
}

/// Exchanges a code for a token family.
///
/// Refuses a code that is unknown, expired, dead, or does not fit the request. A code's second use ends the family
/// that the first one gave.
pub(crate) async fn exchange(call: &Call<'_>, signer: &Signer<'_>) -> Result<Tokens, TokenError> {
    let text = call
        .form
        .get("code")
        .ok_or(TokenError::InvalidRequest("code is missing"))?;
    let verifier = call.form.get("code_verifier");
    if verifier.is_some_and(|verifier| !pkce::is_verifier(verifier)) {
        return Err(TokenError::InvalidRequest(
            "code_verifier has not the form of one",
        ));
    }
    let (client, code) = client_and_code(call, text).await?;
    match &code.stage {
        CodeStage::Issued => {}
        CodeStage::Redeemed(grant) => return Err(replayed(call, grant).await?),
        CodeStage::Revoked => return Err(NOT_VALID),
    }
    match fits(call, &client, &code, verifier) {
        Ok(()) => {
            check_resource(call, code.resource.as_deref())?;
            redeem(call, signer, &client, &code, text).await
        }
        Err(Misfit::Lacking(what)) => Err(TokenError::InvalidGrant(what)),
        Err(Misfit::Wrong(what)) => {
            burn(call, &code, what).await?;
            Err(TokenError::InvalidGrant(what))
        }
    }
}

/// The client, authenticated, and the code that `text` is.
async fn client_and_code(call: &Call<'_>, text: &str) -> Result<(Client, Code), TokenError> {
    let (table, client_id) = (call.gate.table().await, call.credentials.client_id.as_str());
    let token = CodeToken::parse(text);
    let (client, code) = match &token {
        Some(token) => {
            let asked = table.client_and_code(client_id, &call.wrong_secrets, &token.lookup);
            asked.await?
        }
        None => (table.known_client(client_id, &call.wrong_secrets).await?, None),
    };
    let client = call.authenticated(client).await?;
    let code = token
        .zip(code)
        .filter(|(token, code)| code_verifies(token, &call.secrets, &code.hash));
    Ok((client, code.ok_or(NOT_VALID)?.1))
}

/// Whether the request repeats what the code is bound to.
fn fits(call: &Call<'_>, client: &Client, code: &Code, verifier: Option<&str>) -> Result<(), Misfit> {
    if code.client_id != client.client_id || code.client_made_at != client.made_at {
        return Err(Misfit::Wrong("the code is not valid, or no longer"));
    }
    if code.expires_at <= call.now {
        return Err(Misfit::Lacking("the code has expired"));
    }
    match (&code.redirect_uri, call.form.get("redirect_uri")) {
        (None, None) => {}
        (Some(asked), Some(repeated)) if asked == repeated => {}
        // Left out of the authorization request, it was the only one registered.
        (None, Some(repeated)) if client.redirect_uris == [repeated] => {}
        (Some(_), None) => return Err(Misfit::Lacking("redirect_uri is missing")),
        _ => {
            return Err(Misfit::Wrong(
                "redirect_uri is not that of the authorization request",
            ));
        }
    }
    match (&code.challenge, verifier) {
        (None, None) => Ok(()),
        (Some(challenge), Some(verifier)) if pkce::verifies(verifier, challenge) => Ok(()),
        (Some(_), None) => Err(Misfit::Lacking("code_verifier is missing")),
        (Some(_), Some(_)) => Err(Misfit::Wrong("code_verifier does not give the challenge")),
        // The challenge may have been taken out on the way (RFC 9700 §4.8.2).
        (None, Some(_)) => Err(Misfit::Wrong("code_verifier without a challenge before it")),
    }
}

async fn redeem(
    call: &Call<'_>,
    signer: &Signer<'_>,
    client: &Client,
    code: &Code,
    text: &str,
) -> Result<Tokens, TokenError> {
    let grant = Grant {
        key: GrantKey {
            username: code.username.clone(),
            client_id: client.client_id.clone(),
            family: call.gate.random.token::<16>()?,
            single: client.single_session,
        },
        user_id: code.user_id,
        generation: code.generation,
        client_made_at: code.client_made_at,
        scope: code.scope.clone(),
        resource: code.resource.clone(),
        auth_time: code.auth_time,
        created_at: call.now,
        expires_at: family_expires_at(call.gate, call.now, call.now),
        counter: 0,
        rotated_at: call.now,
        revoked: false,
    };
    let tokens = signer.tokens(&grant, grant.scope.clone(), code.nonce.as_deref())?;
    let audit = call.audit(Event::CodeRedeemed, &code.username);
    let table = call.gate.table().await;
    let two_factor = call.gate.settings.authentication.two_factor;
    match table
        .redeem_code(code, &grant, two_factor, call.limit(), call.now, &audit)
        .await?
    {
        Redemption::Redeemed => Ok(tokens),
        Redemption::TooMany => Err(call.reached().await),
        Redemption::UserChanged => {
            burn(call, code, "the user changed").await?;
            Err(NOT_VALID)
        }
        // Overtaken by another exchange of the same code: then this is its second use.
        Redemption::AlreadyUsed => match client_and_code(call, text).await?.1.stage {
            CodeStage::Redeemed(grant) => Err(replayed(call, &grant).await?),
            CodeStage::Issued | CodeStage::Revoked => Err(NOT_VALID),
        },
    }
}

/// Ends what the code's first use gave (RFC 6749 §4.1.2), and gives the refusal.
async fn replayed(call: &Call<'_>, grant: &GrantKey) -> Result<TokenError, TokenError> {
    let audit = call.audit(Event::CodeReplayed, &grant.username);
    call.gate.table().await.revoke_grant(grant, &audit).await?;
    Ok(NOT_VALID)
}

async fn burn(call: &Call<'_>, code: &Code, reason: &str) -> Result<(), TokenError> {
    let audit = call
        .audit(Event::CodeRefused, &code.username)
        .detail("reason", reason);
    Ok(call.gate.table().await.revoke_code(code, &audit).await?)
}
